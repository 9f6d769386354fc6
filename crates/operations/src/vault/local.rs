//! The repository on the HDD: mounted, opened, and made where there is none.

use std::io;
use std::path::Path;
use std::sync::Arc;

use zshield_host::generation::KEY;
pub(super) use zshield_host::generation::REPOSITORY;
use zshield_host::vault::{Access, VaultMount};
use zshield_linux::IoError;
use zshield_plan::appliance::VaultRoom;
use zshield_plan::policy::GroupName;
use zshield_plan::volumes::{VAULT, named};
use zshield_units::Bytes;
use zshield_vault::store::{Directory, ObjectKind, ObjectStore};
use zshield_vault::{MasterKey, Opener, Vault, VaultError, create};

use super::trouble::{Trouble, told};
use crate::error::{Refusal, Result};

/// Where the volume is mounted.
const AT: &str = "/run/zshield/mnt/vault";

/// So large a part of the volume is kept for whoever makes room in it, and this much at most: an index is written before anything
/// is removed, and packs that are needed in part are made anew before.
const RESERVED: u64 = 16;
const MOST_RESERVED: Bytes = Bytes::mib(256);

/// The repository on the HDD, for as long as this lives.
pub(super) struct Local {
    mounted: VaultMount,
    store: Arc<dyn ObjectStore>,
    key: MasterKey,
}

impl Local {
    /// Opens it to be read. Refuses where there is none.
    pub(super) fn open(group: &GroupName) -> Result<Self> {
        Self::open_at(group, Path::new(AT))
    }

    /// The same in a place of one's own.
    pub(super) fn open_at(group: &GroupName, at: &Path) -> Result<Self> {
        let mounted = mounted(group, at)?;
        let at = mounted.root();
        let store: Arc<dyn ObjectStore> = Arc::new(Directory::new(at.join(REPOSITORY)));
        let key = loaded(&at.join(KEY))?.ok_or_else(|| Refusal::operation(Trouble::Empty))?;
        Ok(Self { mounted, store, key })
    }

    /// Opens it to be written to. A volume without a repository gets one, with a key of its own.
    pub(super) fn open_or_make(group: &GroupName) -> Result<Self> {
        let mounted = mounted(group, Path::new(AT))?;
        let at = mounted.root();
        let repository = at.join(REPOSITORY);
        if !repository.is_dir() {
            std::fs::create_dir(&repository).map_err(IoError::at(&repository))?;
        }
        let room = mounted.room().map_err(IoError::at(at))?;
        let store = Directory::new(repository).reserving(reserve(&room));
        let store: Arc<dyn ObjectStore> = Arc::new(store);
        let is_empty = || store.list(ObjectKind::Config).map(|found| found.is_empty());
        let key = match loaded(&at.join(KEY))? {
            Some(key) => key,
            None if is_empty().map_err(VaultError::from).map_err(told)? => made(&at.join(KEY))?,
            // Another key would open nothing of what is there.
            None => return Err(anyhow::anyhow!(Trouble::KeyLost).into()),
        };
        // Its `config` comes last: until then it is none, and the next try makes it.
        match Vault::open(&store, Opener::Machine(&key)) {
            Err(VaultError::NoRepository(_)) => create(&store, &key).map_err(told)?,
            opened => drop(opened.map_err(told)?),
        }
        Ok(Self { mounted, store, key })
    }

    pub(super) fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    pub(super) const fn opener(&self) -> Opener<'_> {
        Opener::Machine(&self.key)
    }

    /// Opens the repository for whoever makes room: what is reserved is his.
    pub(super) fn without_reserve(&self) -> Result<Vault, VaultError> {
        let whole: Arc<dyn ObjectStore> =
            Arc::new(Directory::new(self.mounted.root().join(REPOSITORY)));
        Vault::open(&whole, self.opener())
    }

    pub(super) fn vault(&self) -> Result<Vault, VaultError> {
        Vault::open(&self.store, self.opener())
    }

    pub(super) fn room(&self) -> io::Result<VaultRoom> {
        self.mounted.room()
    }

    /// Closes it: all that was written is on the disk then.
    pub(super) fn close(self) -> Result<(), IoError> {
        self.mounted.close()
    }
}

/// What is kept of this room, in bytes.
pub(super) fn reserve(room: &VaultRoom) -> u64 {
    (room.size.0 / RESERVED).min(MOST_RESERVED.0)
}

/// Mounts the volume. Refuses where there is none. It is mounted to be written to by whoever sends copies off the machine, and
/// the kernel mounts no filesystem in two ways.
pub(super) fn mounted(group: &GroupName, at: &Path) -> Result<VaultMount> {
    if !Path::new(&group.device(&named(VAULT))).exists() {
        return Err(Refusal::operation(Trouble::NoVolume).into());
    }
    Ok(VaultMount::of(group, at, Access::Write)?)
}

fn loaded(path: &Path) -> Result<Option<MasterKey>, IoError> {
    match MasterKey::load(path) {
        Ok(key) => Ok(Some(key)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(IoError::at(path)(error)),
    }
}

fn made(path: &Path) -> Result<MasterKey, IoError> {
    let key = MasterKey::random();
    key.save(path).map_err(IoError::at(path))?;
    Ok(key)
}
