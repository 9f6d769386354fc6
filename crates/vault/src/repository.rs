//! A repository: made, opened, listed.

use std::error::Error;
use std::sync::Arc;

use rustic_core::repofile::{KeyId, MasterKey as Parts, SnapshotFile};
use rustic_core::{
    ConfigOptions, Credentials, IndexedFullStatus, KeyOptions, OpenStatus, Repository,
    RepositoryBackends, RepositoryOptions, RusticError, WriteBackend,
};

use crate::backend::Backend;
use crate::error::{VaultError, sources};
use crate::generation::{self, Generation};
use crate::key::{MasterKey, RecoveryKey};
use crate::store::{Object, ObjectKind, ObjectStore, StoreProblem};

/// Packs of files. A restore holds some of them in memory, so they are half as large as the library's.
const DATA_PACK: &str = "16 MiB";

/// Packs of directories.
const TREE_PACK: &str = "4 MiB";

/// Who opens a repository.
#[derive(Debug, Clone, Copy)]
pub enum Opener<'a> {
    /// The machine itself.
    Machine(&'a MasterKey),
    /// A person, on any machine.
    Person(&'a RecoveryKey),
}

/// An open repository.
pub struct Vault {
    pub(crate) repository: Repository<OpenStatus>,
    pub(crate) store: Arc<dyn ObjectStore>,
}

/// Makes a repository in an empty place. Until its `config` is written, the place holds none.
pub fn create(store: &Arc<dyn ObjectStore>, key: &MasterKey) -> Result<(), VaultError> {
    store.prepare()?;
    if !store.list(ObjectKind::Config)?.is_empty() {
        return Err(VaultError::Exists(store.location()));
    }
    let mut options = ConfigOptions::default();
    options.set_version = Some(2);
    options.set_datapack_size = DATA_PACK.parse().ok();
    options.set_treepack_size = TREE_PACK.parse().ok();
    // They would grow with the repository, and with them what a restore holds in memory.
    options.set_datapack_growfactor = Some(0);
    options.set_treepack_growfactor = Some(0);
    let repository = unopened(Arc::new(Backend::of(Arc::clone(store))))?;
    repository.init(&key.credentials(), &KeyOptions::default(), &options)?;
    Ok(())
}

impl Vault {
    /// Opens a repository. A person's key is tried with each of its keys: one that is damaged keeps nobody out.
    pub fn open(store: &Arc<dyn ObjectStore>, opener: Opener<'_>) -> Result<Self, VaultError> {
        let keys = match opener {
            Opener::Machine(_) => Vec::new(),
            Opener::Person(_) => store.list(ObjectKind::Key)?,
        };
        let mut refused = None;
        for key in keys {
            let backend = Backend::with_key(Arc::clone(store), key.name);
            match Self::through(store, Arc::new(backend), opener) {
                Err(error) if error.store_problem().is_some_and(StoreProblem::passes) => {
                    return Err(error);
                }
                Err(error) => refused = Some(error),
                Ok(vault) => return Ok(vault),
            }
        }
        match refused {
            Some(refused) => Err(refused),
            None => Self::through(store, Arc::new(Backend::of(Arc::clone(store))), opener),
        }
    }

    /// Opens it through a backend of the same store.
    pub(crate) fn through(
        store: &Arc<dyn ObjectStore>,
        backend: Arc<dyn WriteBackend>,
        opener: Opener<'_>,
    ) -> Result<Self, VaultError> {
        if store.list(ObjectKind::Config)?.is_empty() {
            return Err(VaultError::NoRepository(store.location()));
        }
        let credentials: Credentials = match opener {
            Opener::Machine(key) => key.credentials(),
            Opener::Person(key) => key.credentials(),
        };
        match unopened(backend)?.open(&credentials) {
            Ok(repository) => Ok(Self { repository, store: Arc::clone(store) }),
            Err(error) => {
                let error = VaultError::from(error);
                // The library has one answer for a wrong key and for a damaged `config`; the machine's own key says nothing else.
                Err(match (error.store_problem(), &error) {
                    (None, VaultError::Repository(of)) if is_wrong_key(of) => {
                        VaultError::WrongKey(store.location())
                    }
                    (_, _) => error,
                })
            }
        }
    }

    /// The key of the machine whose repository this is: for a machine that takes its place.
    pub fn key(&self) -> MasterKey {
        let parts: Parts = self.repository.key();
        MasterKey::of_parts(parts)
    }

    /// All generations, the newest first. One that can't be read is in the second list, by its name.
    pub fn generations(&self) -> Result<(Vec<Generation>, Vec<String>), VaultError> {
        let (mut whole, mut damaged) = (Vec::new(), Vec::new());
        for stored in self.store.list(ObjectKind::Snapshot)? {
            let id = stored.name.to_string();
            match self.snapshot(&id) {
                Ok(snapshot) => whole.push(generation::of_snapshot(&snapshot)),
                Err(error) if error.store_problem().is_some_and(StoreProblem::passes) => {
                    return Err(error);
                }
                Err(_) => damaged.push(id),
            }
        }
        whole.sort_by(|a, b| b.taken.cmp(&a.taken).then_with(|| b.id.cmp(&a.id)));
        damaged.sort();
        Ok((whole, damaged))
    }

    /// Whether this generation is in it, by its name.
    pub fn has(&self, generation: &Generation) -> Result<bool, VaultError> {
        let stored = self.store.list(ObjectKind::Snapshot)?;
        Ok(stored.iter().any(|it| it.name.to_string() == generation.id))
    }

    /// The generation of this name, or the only one whose name begins so.
    pub fn generation(&self, name: &str) -> Result<Generation, VaultError> {
        let (generations, _) = self.generations()?;
        let mut found = generations.into_iter().filter(|generation| generation.has_name(name));
        match (found.next(), found.next()) {
            (Some(generation), None) => Ok(generation),
            (None | Some(_), _) => Err(VaultError::NoGeneration(name.to_owned())),
        }
    }

    pub(crate) fn snapshot(&self, id: &str) -> Result<SnapshotFile, VaultError> {
        let id: rustic_core::Id = id.parse()?;
        let mut snapshot: SnapshotFile = self.repository.get_file(&id.into())?;
        snapshot.id = id.into();
        Ok(snapshot)
    }

    /// Whether a recovery key opens this repository.
    pub fn has_recovery_key(&self) -> Result<bool, VaultError> {
        Ok(!self.store.list(ObjectKind::Key)?.is_empty())
    }

    /// Lets this recovery key open the repository. Once somebody has been shown it, none before it does.
    pub fn replace_recovery_key(
        &self,
        key: &RecoveryKey,
        shown: impl FnOnce(),
    ) -> Result<(), VaultError> {
        let added: KeyId = self.repository.add_key(key.reveal(), &KeyOptions::default())?;
        shown();
        let added = added.to_hex();
        for stored in self.store.list(ObjectKind::Key)? {
            if stored.name.to_string() != added.as_str() {
                let object = Object { kind: ObjectKind::Key, name: stored.name };
                self.store.remove(object)?;
            }
        }
        Ok(())
    }

    /// Its whole index read, so that contents can be.
    pub fn indexed(self) -> Result<Repository<IndexedFullStatus>, VaultError> {
        Ok(self.repository.to_indexed()?)
    }
}

/// C001: a content has not the sum that the key gives. C002: the password opens none of the keys.
fn is_wrong_key(error: &RusticError) -> bool {
    // The library boxes its own errors once more.
    let own = |error: &(dyn Error + 'static)| {
        let boxed = || error.downcast_ref::<Box<RusticError>>().map(|error| &**error);
        let code = |error: &RusticError| error.is_code("C001") || error.is_code("C002");
        error.downcast_ref::<RusticError>().or_else(boxed).is_some_and(code)
    };
    sources(error).any(own)
}

fn unopened(backend: Arc<dyn WriteBackend>) -> Result<Repository<()>, VaultError> {
    let mut options = RepositoryOptions::default();
    options.no_cache = true;
    Ok(Repository::new(&options, &RepositoryBackends::new(backend, None))?)
}
