//! A generation of the vault, mounted to be read: what a recovery compares a system with where no snapshot has its state.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zshield_golden::{EntryPath, PathError};
use zshield_linux::IoError;
use zshield_messages::say;
use zshield_plan::id::DiskName;
use zshield_plan::policy::GroupName;
use zshield_plan::saved::{self, BootSetMeta};
use zshield_plan::volumes::{MOUNTS, ROOT, VAULT, named};
use zshield_vault::read::{Limits, ReadError, Trees};
use zshield_vault::store::{Directory, ObjectStore};
use zshield_vault::{Generation, MasterKey, Opener, Vault, VaultError, fuse};

use crate::boot_backup;
use crate::vault::{Access, VaultMount};

/// The directory of the repository on the vault's volume.
pub const REPOSITORY: &str = "repository";

/// The machine's key on the vault's volume. It lies beside what it opens, so that the HDD alone brings the machine back; whoever
/// holds the HDD has the customer's data in clear anyway. Off the machine nobody has it.
pub const KEY: &str = "machine.key";

/// Where the vault's volume is mounted meanwhile, below the directory of mounts.
const VOLUME: &str = "vault";

/// Why a generation can't be read.
#[derive(Debug, thiserror::Error)]
pub enum GenerationError {
    /// There is no volume for a vault.
    #[error("{}", say::host::no_vault())]
    NoVolume,
    /// Nothing was copied to it yet.
    #[error("{}", say::vault::empty())]
    Empty,
    /// Its volume, its key or the place of the mount can't be used.
    #[error(transparent)]
    Io(#[from] IoError),
    /// The repository can't be opened, or has no such generation.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Its index or its topmost directory is damaged.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A name in it is longer than can be dealt with.
    #[error(transparent)]
    Path(#[from] PathError),
}

/// The vault on the HDD, open to be read for as long as this lives.
pub struct OpenVault {
    vault: Vault,
    mount: VaultMount,
}

impl OpenVault {
    /// Opens the vault of this group, by its volume where that is active, else on the HDD alone.
    pub fn open(group: &GroupName, hdd: &DiskName) -> Result<Self, GenerationError> {
        let at = Path::new(MOUNTS).join(VOLUME);
        let is_active = |volume| Path::new(&group.device(&named(volume))).exists();
        let mount = if is_active(VAULT) {
            // The kernel mounts no filesystem in two ways, and whoever sends copies off the machine writes.
            VaultMount::of(group, &at, Access::Write)?
        } else if is_active(ROOT) {
            return Err(GenerationError::NoVolume);
        } else {
            VaultMount::on_hdd_alone(hdd, group, &at)?
        };
        Self::of(mount)
    }

    fn of(mount: VaultMount) -> Result<Self, GenerationError> {
        let path = mount.root().join(KEY);
        let key = match MasterKey::load(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(GenerationError::Empty);
            }
            key => key.map_err(IoError::at(&path))?,
        };
        let store = Directory::new(mount.root().join(REPOSITORY));
        let store: Arc<dyn ObjectStore> = Arc::new(store);
        let vault = match Vault::open(&store, Opener::Machine(&key)) {
            Err(VaultError::NoRepository(_)) => return Err(GenerationError::Empty),
            vault => vault?,
        };
        Ok(Self { vault, mount })
    }

    /// Its generations, the newest first. What can't be read is left out.
    pub fn generations(&self) -> Result<Vec<Generation>, GenerationError> {
        Ok(self.vault.generations()?.0)
    }

    /// The generation of this name, or the only one whose name begins so.
    pub fn find(&self, name: &str) -> Result<Generation, GenerationError> {
        Ok(self.vault.generation(name)?)
    }

    /// Mounts a generation.
    pub fn mounted(
        self,
        generation: &Generation,
        at: &Path,
    ) -> Result<GenerationMount, GenerationError> {
        let trees = Arc::new(Trees::new(self.vault.contents(Limits::NEAR)?));
        let root = trees.root(generation)?;
        std::fs::create_dir_all(at).map_err(IoError::at(at))?;
        zshield_linux::mount::detach(at)?;
        let mut damaged = Vec::new();
        for (path, entry) in trees.walk(&root) {
            if let Err(error) = entry {
                tracing::warn!("{}: {error}", path.escape_ascii());
                damaged.push(EntryPath::new(path)?);
            }
        }
        let files = fuse::Mounted::new(trees, root, at).map_err(IoError::at(at))?;
        Ok(GenerationMount { files, damaged, _volume: self.mount })
    }
}

/// A generation's files.
#[derive(Debug)]
pub struct GenerationMount {
    // Unmounted before the volume is.
    files: fuse::Mounted,
    damaged: Vec<EntryPath>,
    _volume: VaultMount,
}

impl GenerationMount {
    /// Where they are.
    pub fn root(&self) -> &Path {
        self.files.root()
    }

    /// The directories that are damaged, and the files that somebody has wanted and not got until now.
    pub fn damaged(&self) -> Result<Vec<EntryPath>, PathError> {
        let found = self.files.damaged();
        let wanted = found.iter().map(|one| EntryPath::new(one.path.clone()));
        self.damaged.iter().cloned().map(Ok).chain(wanted).collect()
    }

    /// Whether its boot set is whole: a system that starts can come of it.
    pub fn starts(&self) -> bool {
        let checked = boot_backup::check(&self.root().join(saved::DIRECTORY));
        checked.inspect_err(|error| tracing::warn!("{error}")).is_ok()
    }

    /// What it says of itself; nothing where its boot set can't be read.
    pub fn says_of_itself(&self) -> Option<BootSetMeta> {
        let set = boot_backup::read(&self.root().join(saved::DIRECTORY));
        set.inspect_err(|error| tracing::warn!("{error}")).ok().map(|set| set.saved)
    }
}

/// Where a generation is mounted to be looked into.
pub fn place() -> PathBuf {
    Path::new(MOUNTS).join("snapshot")
}
