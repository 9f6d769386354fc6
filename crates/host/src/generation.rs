//! A generation of the vault, mounted to be read: what a recovery compares a system with where no snapshot has its state.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zshield_golden::{EntryPath, PathError};
use zshield_linux::IoError;
use zshield_messages::say;
use zshield_plan::appliance::VaultRoom;
use zshield_plan::id::DiskName;
use zshield_plan::policy::GroupName;
use zshield_plan::saved::{self, BootSetMeta};
use zshield_plan::volumes::{MOUNTS, ROOT, VAULT, named};
use zshield_vault::read::{Limits, ReadError, Trees};
use zshield_vault::store::{Directory, ObjectStore};
use zshield_vault::{Generation, MasterKey, Opener, Vault, VaultError, fuse};

use crate::boot_backup;
use crate::vault::{self, Access, VaultMount};

/// The directory of the repository on the vault's volume.
pub const REPOSITORY: &str = "repository";

/// The machine's key on the vault's volume. It lies beside what it opens, so that the HDD alone brings the machine back; whoever
/// holds the HDD has the customer's data in clear anyway. Off the machine nobody has it.
pub const KEY: &str = "machine.key";

/// The directory on the vault's volume with a generation that was brought from elsewhere: a repository of its own, and its key beside
/// it, as those of the machine.
pub const FETCHED: &str = "fetched";

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

/// Whose repository on the vault's volume it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The machine's.
    Own,
    /// Brought from elsewhere, of this machine or of another.
    Fetched,
}

/// The generations in a vault.
#[derive(Debug)]
pub struct Listed {
    /// Those that can be read, the newest first.
    pub generations: Vec<(Whose, Generation)>,
    /// The names of the others.
    pub damaged: Vec<String>,
    /// Why a repository is not among them that is there: there may be more.
    pub closed: Vec<(Whose, String)>,
}

/// The vault on the HDD, open to be read for as long as this lives.
pub struct OpenVault {
    repositories: Vec<(Whose, Vault)>,
    closed: Vec<(Whose, GenerationError)>,
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

    /// Opens the vault of a running appliance, beside all other operations.
    pub fn beside(group: &GroupName) -> Result<Self, GenerationError> {
        if !Path::new(&group.device(&named(VAULT))).exists() {
            return Err(GenerationError::NoVolume);
        }
        Self::of(VaultMount::of(group, &vault::beside()?, Access::Write)?)
    }

    /// One that can't be opened keeps the other from nothing; where there is no other, it is the error.
    fn of(mount: VaultMount) -> Result<Self, GenerationError> {
        let root = mount.root();
        let found =
            [(Whose::Own, repository(root)), (Whose::Fetched, repository(&root.join(FETCHED)))];
        let (mut repositories, mut closed) = (Vec::new(), Vec::new());
        for (whose, repository) in found {
            match repository {
                Ok(vault) => repositories.extend(vault.map(|vault| (whose, vault))),
                Err(why) => closed.push((whose, why)),
            }
        }
        if repositories.is_empty() {
            let why = closed.into_iter().next().map(|(_, why)| why);
            return Err(why.unwrap_or(GenerationError::Empty));
        }
        for (whose, why) in &closed {
            tracing::warn!("{whose:?}: {why}");
        }
        Ok(Self { repositories, closed, mount })
    }

    /// Its generations, the newest first. What can't be read is left out.
    pub fn generations(&self) -> Result<Vec<(Whose, Generation)>, GenerationError> {
        Ok(self.listed()?.generations)
    }

    /// Its generations, the newest first, and the names of those that can't be read.
    pub fn listed(&self) -> Result<Listed, GenerationError> {
        let mut all: Vec<(Whose, Generation)> = Vec::new();
        let mut damaged = Vec::new();
        let said = |(whose, why): &(Whose, GenerationError)| (*whose, why.to_string());
        let mut closed: Vec<_> = self.closed.iter().map(said).collect();
        for (whose, vault) in &self.repositories {
            let (whole, unread) = match (whose, vault.generations()) {
                (Whose::Fetched, Err(why)) => {
                    closed.push((*whose, why.to_string()));
                    continue;
                }
                (Whose::Own | Whose::Fetched, listed) => listed?,
            };
            for one in whole {
                if !all.iter().any(|(_, known)| known.id == one.id) {
                    all.push((*whose, one));
                }
            }
            damaged.extend(unread);
        }
        all.sort_by(|(_, a), (_, b)| b.taken.cmp(&a.taken).then_with(|| b.id.cmp(&a.id)));
        Ok(Listed { generations: all, damaged, closed })
    }

    /// The machine's own repository; nothing where there is none yet.
    pub fn own(&self) -> Option<&Vault> {
        let own = self.repositories.iter().find(|(whose, _)| *whose == Whose::Own);
        own.map(|(_, vault)| vault)
    }

    /// How much room there is.
    pub fn room(&self) -> Result<VaultRoom, GenerationError> {
        Ok(self.mount.room().map_err(IoError::at(self.mount.root()))?)
    }

    /// Closes it: what went wrong with that is told.
    pub fn close(self) -> Result<(), GenerationError> {
        Ok(self.mount.close()?)
    }

    /// The generation of this name, or the only one whose name begins so.
    pub fn find(&self, name: &str) -> Result<(Whose, Generation), GenerationError> {
        let mut found = self.generations()?.into_iter().filter(|(_, it)| it.has_name(name));
        match (found.next(), found.next()) {
            (Some(found), None) => Ok(found),
            (None | Some(_), _) => Err(VaultError::NoGeneration(name.to_owned()).into()),
        }
    }

    /// The repository that has a generation. Where both have it, it was fetched for a reason.
    pub fn repository_of(&self, generation: &Generation) -> Result<&Vault, GenerationError> {
        let has = |vault: &&Vault| {
            let has = vault.has(generation);
            has.inspect_err(|error| tracing::warn!("{error}")).unwrap_or(false)
        };
        let mut vaults = self.repositories.iter().rev().map(|(_, vault)| vault);
        Ok(vaults.find(has).ok_or_else(|| VaultError::NoGeneration(generation.id.clone()))?)
    }

    /// Mounts a generation.
    pub fn mounted(
        self,
        generation: &Generation,
        at: &Path,
    ) -> Result<GenerationMount, GenerationError> {
        let vault = self.repository_of(generation)?;
        let trees = Arc::new(Trees::new(vault.contents(Limits::NEAR)?));
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

/// The repository in a directory, by the key beside it; nothing where there is none.
fn repository(directory: &Path) -> Result<Option<Vault>, GenerationError> {
    let path = directory.join(KEY);
    let key = match MasterKey::load(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        key => key.map_err(IoError::at(&path))?,
    };
    let store: Arc<dyn ObjectStore> = Arc::new(Directory::new(directory.join(REPOSITORY)));
    match Vault::open(&store, Opener::Machine(&key)) {
        Err(VaultError::NoRepository(_)) => Ok(None),
        vault => Ok(Some(vault?)),
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
