//! A generation brought from a place off the machine: this machine's own, or one of a machine that is gone.
//!
//! It lies on the vault's volume in a repository of its own, beside the machine's, so that every recovery finds it there, also
//! without a network and after a cut. Nobody sends it anywhere, and no retention gives it up.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use serde::Serialize;
use zshield_host::generation::{FETCHED, KEY, REPOSITORY};
use zshield_host::vault::{VaultMount, beside};
use zshield_host::{appliance, lock};
use zshield_linux::IoError;
use zshield_messages::{list, say};
use zshield_plan::policy::{FarPlace, GroupName, Policy, Vault as Places};
use zshield_units::Bytes;
use zshield_vault::mirror::{MirrorError, MirrorProgress};
use zshield_vault::read::{Limits, ReadError, Trees};
use zshield_vault::sample::{Lot, prove};
use zshield_vault::store::{
    Directory, Object, ObjectKind, ObjectStore, Patience, StoreError, StoreProblem,
};
use zshield_vault::{FetchError, Generation, Kind, MasterKey, Needed, Opener, RecoveryKey, Vault};

use super::backups::is_awaited;
use super::far::{self, store_of};
use super::generations::ListedGeneration;
use super::local;
use super::trouble::{Trouble, far_told, told};
use super::wanted_back::WantedBack;
use crate::env::{self, Env};
use crate::error::{Refusal, Result, before_it_began};
use crate::interruption;
use crate::progress::{Part, Progress};
use crate::question::{Answer, Question};

/// Where it is brought from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchedFrom {
    /// The place of this name in the policy.
    Policy(String),
    /// The one place in a file, which is written as the policy's section `vault`.
    File(PathBuf),
}

impl FetchedFrom {
    /// What a person has typed: a path has a `/`, and a name has none.
    pub fn parse(typed: &str) -> Self {
        if typed.contains('/') { Self::File(typed.into()) } else { Self::Policy(typed.to_owned()) }
    }
}

/// A repository off the machine, open by its recovery key.
struct Far {
    store: Arc<dyn ObjectStore>,
    vault: Vault,
}

fn opened(env: &Env, policy: &Policy, from: &FetchedFrom, key: &RecoveryKey) -> Result<Far> {
    let given;
    let places = match from {
        FetchedFrom::Policy(_) => &policy.vault,
        FetchedFrom::File(path) => {
            given = places_in(path)?;
            &given
        }
    };
    let place = match (from, &places.far()[..]) {
        (FetchedFrom::Policy(name), _) => {
            far::chosen(env, policy, &far::Places::Named(vec![name.clone()]))?.pop()
        }
        (FetchedFrom::File(_), [place]) => Some(*place),
        (FetchedFrom::File(_), _) => None,
    };
    let one_place = || match from {
        FetchedFrom::Policy(name) => Refusal::Caller(say::vault::no_such_place(name)),
        FetchedFrom::File(path) => Refusal::Caller(say::vault::not_one_place(path.display())),
    };
    let place: FarPlace<'_> = place.ok_or_else(one_place)?;
    let store = store_of(&env.root, &place, None, Some(Patience::default()))?;
    if store.list(ObjectKind::Key).map_err(|error| far_told(error.into()))?.is_empty() {
        return Err(Refusal::operation(Trouble::NoKeyThere).into());
    }
    let vault = Vault::open(&store, Opener::Person(key)).map_err(far_told)?;
    Ok(Far { store, vault })
}

fn places_in(path: &Path) -> Result<Places> {
    let text = fs::read_to_string(path).map_err(IoError::at(path))?;
    let places = toml::from_str(&text);
    Ok(places.map_err(|error| {
        Refusal::Caller(
            say::vault::PlaceFile { path: path.display().to_string(), why: error.to_string() }
                .to_string(),
        )
    })?)
}

/// The backups at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedThere {
    /// Those that can be read, the newest first.
    pub generations: Vec<ListedGeneration>,
    /// The names of the others.
    pub damaged: Vec<String>,
}

/// The backups at a place.
pub fn list_at(env: &Env, from: &FetchedFrom, key: &RecoveryKey) -> Result<ListedThere> {
    before_it_began(|| {
        env::needs_root()?;
        let Far { vault, .. } = opened(env, &env.policy()?, from, key)?;
        let (generations, damaged) = vault.generations().map_err(far_told)?;
        let generations = generations.into_iter().map(ListedGeneration::from).collect();
        Ok(ListedThere { generations, damaged })
    })
}

/// A backup that can be fetched.
pub struct PreparedFetch {
    far: Far,
    generation: Generation,
    needed: Needed,
    lacking: Bytes,
    /// Whether there is one of another repository, which goes.
    replaces: bool,
    mounted: VaultMount,
    held: (lock::Held, lock::Held),
    group: GroupName,
    root: PathBuf,
}

/// What was fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FetchedBackup {
    /// The backup.
    pub generation: ListedGeneration,
    /// How many bytes came.
    pub bytes: Bytes,
    /// Files and directories in it that are damaged there.
    pub damaged: Vec<PathBuf>,
}

/// Looks at a place for a backup, and whether there is room for it. Changes nothing.
pub fn prepare_fetch(
    env: &Env,
    from: &FetchedFrom,
    key: &RecoveryKey,
    wanted: &WantedBack,
) -> Result<PreparedFetch> {
    before_it_began(|| {
        env::needs_root()?;
        let policy = env.policy()?;
        let sending = lock::hold_sending(lock::Operation::VaultFetch).map_err(Refusal::Busy)?;
        let mounted = local::mounted(&policy.storage.group, &beside()?)?;
        let far = opened(env, &policy, from, key)?;
        let generation = match wanted {
            WantedBack::Named(name) => far.vault.generation(name).map_err(far_told)?,
            WantedBack::Newest => newest(&far.vault)?,
        };
        let needed = far.vault.needed(&generation).map_err(unknown)?;
        let here = Directory::new(mounted.root().join(FETCHED).join(REPOSITORY));
        let replaces = is_another(&far, &here)?;
        let held = if replaces {
            alone(&policy.storage.group, &env.root)?;
            lock::hold_removing(lock::Operation::VaultFetch)
        } else {
            lock::hold_reading(lock::Operation::VaultFetch)
        };
        let held = (sending, held.map_err(Refusal::Busy)?);
        let lacking = Bytes(needed.lacking(&here).map_err(|error| told(error.into()))?);
        let volume = mounted.room().map_err(IoError::at(mounted.root()))?;
        let goes = if replaces { size_of(&here)? } else { Bytes(0) };
        let needs = lacking + Bytes(local::reserve(&volume));
        let free = volume.free + goes;
        if needs > free {
            let (size, free) = (needs.to_string(), free.to_string());
            return Err(Refusal::Caller(say::vault::FetchNoRoom { size, free }.to_string()).into());
        }
        let (group, root) = (policy.storage.group, env.root.clone());
        Ok(PreparedFetch { far, generation, needed, lacking, replaces, mounted, held, group, root })
    })
}

fn newest(vault: &Vault) -> Result<Generation> {
    let (all, damaged) = vault.generations().map_err(far_told)?;
    if !damaged.is_empty() {
        // One of them may have been the newest.
        tracing::warn!("{}", say::vault::fetch_unread(list(&damaged)));
    }
    let newest = all.into_iter().find(|it| it.kind == Some(Kind::Latest));
    Ok(newest.ok_or_else(|| Refusal::operation(Trouble::FarEmpty))?)
}

/// The bytes of the packs that were fetched before.
fn size_of(here: &Directory) -> Result<Bytes> {
    let packs = here.list(ObjectKind::Pack).map_err(|error| told(error.into()))?;
    Ok(Bytes(packs.iter().map(|pack| pack.bytes).sum()))
}

/// Whether another repository is here than there.
fn is_another(far: &Far, here: &Directory) -> Result<bool> {
    match here.read(Object::CONFIG) {
        Ok(config) => {
            let theirs = far.store.read(Object::CONFIG).map_err(|error| far_told(error.into()))?;
            Ok(config != theirs)
        }
        Err(StoreError { problem: StoreProblem::NoObject | StoreProblem::NoPlace, .. }) => {
            Ok(false)
        }
        Err(error) => Err(told(error.into()).into()),
    }
}

fn unknown(error: FetchError) -> anyhow::Error {
    match error {
        FetchError::Vault(error) => far_told(error),
        FetchError::Read(ReadError::Store(error)) => far_told(error.into()),
        FetchError::Read(error) => anyhow::Error::new(error).context(Trouble::FetchDamaged),
    }
}

impl PreparedFetch {
    /// What would be fetched.
    pub fn would_fetch(&self) -> FetchedBackup {
        FetchedBackup {
            generation: self.generation.clone().into(),
            bytes: self.lacking,
            damaged: paths(self.needed.damaged.clone()),
        }
    }

    /// What the caller has to agree to.
    pub fn question(&self) -> Question {
        let Self { generation, lacking, replaces, .. } = self;
        let text = say::vault::FetchQuestion {
            host: generation.host.clone(),
            time: crate::text::time(generation.taken),
            size: lacking.to_string(),
        };
        let text = text.to_string();
        let text =
            if *replaces { format!("{text} {}", say::vault::fetch_replaces()) } else { text };
        Question { text, answer: Answer::Yes, declined: say::vault::fetch_declined() }
    }

    /// Fetches it. Cut off, the next run goes on where this one was; a backup is listed here once all of it came.
    pub fn run(self, progress: &dyn Progress) -> Result<FetchedBackup> {
        let Self { far, generation, needed, replaces, mounted, held, group, root, .. } = self;
        interruption::begin();
        let at = mounted.root().join(FETCHED);
        if replaces {
            let _alone = alone(&group, &root)?;
            removed(mounted.root())?;
        } else {
            left_removed(mounted.root())?;
        }
        let repository = at.join(REPOSITORY);
        fs::create_dir_all(&repository).map_err(IoError::at(&repository))?;
        let key = far.vault.key();
        key.save(&at.join(KEY)).map_err(IoError::at(&at))?;
        let room = mounted.room().map_err(IoError::at(mounted.root()))?;
        let here = Directory::new(repository).reserving(local::reserve(&room));
        let here: Arc<dyn ObjectStore> = Arc::new(here);
        progress.begin(&Part::Fetch);
        let mut told = |MirrorProgress { done, total }| progress.advance(done, Some(total));
        let done = far.vault.fetch(&needed, &*here, &mut told).map_err(|error| {
            let trouble = of_fetch(&error);
            anyhow::Error::new(error).context(trouble)
        })?;
        let mut damaged = needed.damaged;
        if !done.damaged_here.is_empty() {
            damaged.extend(damaged_files(&here, &key, &generation)?);
        }
        damaged.sort();
        damaged.dedup();
        mounted.close()?;
        drop(held);
        Ok(FetchedBackup {
            generation: generation.into(),
            bytes: Bytes(done.bytes),
            damaged: paths(damaged),
        })
    }
}

fn paths(names: Vec<Vec<u8>>) -> Vec<PathBuf> {
    names.into_iter().map(|name| OsString::from_vec(name).into()).collect()
}

/// From there to here: the mirror's own side is that place.
fn of_fetch(error: &MirrorError) -> Trouble {
    match error {
        MirrorError::NoRepository(_) => Trouble::FarEmpty,
        MirrorError::OtherRepository(_) => Trouble::OtherRepository,
        MirrorError::Local(error) => Trouble::of_store(&error.problem).there(),
        MirrorError::Far(error) => Trouble::of_store(&error.problem),
    }
}

/// The files of a generation that can't be read here, and the directories.
fn damaged_files(
    here: &Arc<dyn ObjectStore>,
    key: &MasterKey,
    generation: &Generation,
) -> Result<Vec<Vec<u8>>> {
    let vault = Vault::open(here, Opener::Machine(key)).map_err(told)?;
    let trees = Trees::new(vault.contents(Limits::NEAR).context(Trouble::Damaged)?);
    let all = Lot { seed: 0, generations: 1, files: usize::MAX };
    let proof = prove(&trees, std::slice::from_ref(generation), all, &|_| {});
    let proof = proof.context(Trouble::Damaged)?;
    Ok(proof.damaged.into_iter().map(|file| file.path).collect())
}

/// The lock of all operations: a recovery that begins reads what was fetched. Refuses where one has begun or is ordered.
fn alone(group: &GroupName, root: &Path) -> Result<lock::Held> {
    let held = lock::hold(lock::Operation::VaultFetch).map_err(Refusal::Busy)?;
    if is_awaited(&appliance::running(root, group, false)?.appliance) {
        return Err(Refusal::Caller(say::vault::fetch_awaited()).into());
    }
    Ok(held)
}

/// What goes has this name first: half of one repository must never be taken for the beginning of another.
const GOING: &str = "fetched.old";

/// What was fetched before goes, in the vault's volume that is mounted here.
fn removed(volume: &Path) -> Result<()> {
    left_removed(volume)?;
    let (at, going) = (volume.join(FETCHED), volume.join(GOING));
    match fs::rename(&at, &going) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        renamed => renamed.map_err(IoError::at(&at))?,
    }
    fs::File::open(volume).and_then(|it| it.sync_all()).map_err(IoError::at(volume))?;
    left_removed(volume)
}

/// What a cut has left of that.
fn left_removed(volume: &Path) -> Result<()> {
    let going = volume.join(GOING);
    match fs::remove_dir_all(&going) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => Ok(removed.map_err(IoError::at(&going))?),
    }
}

/// Removes what was fetched; whether anything was.
pub fn forget_fetched(env: &Env) -> Result<bool> {
    let (mounted, held) = before_it_began(|| {
        env::needs_root()?;
        let group = env.policy()?.storage.group;
        let sending = lock::hold_sending(lock::Operation::VaultFetch).map_err(Refusal::Busy)?;
        let removing = lock::hold_removing(lock::Operation::VaultFetch).map_err(Refusal::Busy)?;
        let alone = alone(&group, &env.root)?;
        Ok((local::mounted(&group, &beside()?)?, (sending, removing, alone)))
    })?;
    let was_there = mounted.root().join(FETCHED).exists();
    interruption::begin();
    removed(mounted.root())?;
    mounted.close()?;
    drop(held);
    Ok(was_there)
}
