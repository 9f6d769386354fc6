//! Files out of the vault.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use zshield_host::generation::OpenVault;
use zshield_host::lock;
use zshield_messages::say;
use zshield_plan::policy::GroupName;
use zshield_units::Bytes;
use zshield_vault::fuse;
use zshield_vault::get::{Existing, GetError, get as get_from};
use zshield_vault::read::{Entry, Limits, ReadError, Trees};

use super::trouble::{Trouble, generation_told};
use crate::env::{self, Env};
use crate::error::{Refusal, Result, before_it_began};

/// What was taken out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// How many names.
    pub names: u64,
    /// How many bytes of files.
    pub bytes: Bytes,
    /// What was left out because it is damaged.
    pub damaged: Vec<PathBuf>,
}

/// A generation that is open to be read.
struct Opened {
    trees: Arc<Trees>,
    root: Entry,
    /// What removes anything waits for this.
    _held: lock::Held,
    vault: OpenVault,
}

fn opened(group: &GroupName, generation: &str, operation: lock::Operation) -> Result<Opened> {
    let held = lock::hold_reading(operation).map_err(Refusal::Busy)?;
    let vault = OpenVault::beside(group).map_err(generation_told)?;
    let (_, generation) = vault.find(generation).map_err(generation_told)?;
    let repository = vault.repository_of(&generation).map_err(generation_told)?;
    let trees = Arc::new(Trees::new(repository.contents(Limits::NEAR).map_err(unread)?));
    let root = trees.root(&generation).map_err(unread)?;
    Ok(Opened { trees, root, _held: held, vault })
}

fn unread(error: ReadError) -> anyhow::Error {
    anyhow::Error::new(error).context(Trouble::Damaged)
}

/// Takes a file or a directory of a generation out into a directory. A file that has the name there stays, unless it may be
/// replaced.
pub fn get(
    env: &Env,
    generation: &str,
    path: &OsStr,
    into: &Path,
    existing: Existing,
) -> Result<Taken> {
    before_it_began(|| {
        env::needs_root()?;
        let group = env.policy()?.storage.group;
        let Opened { trees, root, vault, .. } =
            opened(&group, generation, lock::Operation::VaultGet)?;
        let found = trees.find(&root, path.as_bytes()).map_err(unread)?;
        let absent = || Refusal::Caller(say::vault::no_such_path(Path::new(path).display()));
        let found = found.ok_or_else(absent)?;
        let got = get_from(&trees, &found, into, existing).map_err(|error| match error {
            GetError::Exists(at) => Refusal::Caller(say::vault::exists(at.display())).into(),
            GetError::Read(error) => unread(error),
            GetError::Write(..) => anyhow::Error::new(error),
        })?;
        vault.close().map_err(generation_told)?;
        let damaged = got.damaged.iter().map(|(path, _)| PathBuf::from(OsStr::from_bytes(path)));
        Ok(Taken { names: got.names, bytes: Bytes(got.bytes), damaged: damaged.collect() })
    })
}

/// Mounts a generation on an empty directory, to be read, for as long as `until` takes. What could not be read of it then.
pub fn mount(
    env: &Env,
    generation: &str,
    directory: &Path,
    until: impl FnOnce(),
) -> Result<Vec<PathBuf>> {
    env::needs_root()?;
    let group = env.policy()?.storage.group;
    let is_empty = fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_none());
    if !is_empty {
        return Err(Refusal::Caller(say::backup::not_empty(directory.display())).into());
    }
    let Opened { trees, root, vault, _held } =
        opened(&group, generation, lock::Operation::VaultMount)?;
    let mounted = fuse::Mounted::new(trees, root, directory)?;
    until();
    let damaged = mounted.damaged();
    drop(mounted);
    vault.close().map_err(generation_told)?;
    Ok(damaged.iter().map(|one| PathBuf::from(OsStr::from_bytes(&one.path))).collect())
}
