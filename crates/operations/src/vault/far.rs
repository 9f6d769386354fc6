//! The vault off the machine: what the HDD has is sent to where it lacks.

use std::fs;
use std::num::NonZeroU64;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{anyhow, ensure};
use serde::Serialize;
use zshield_host::lock;
use zshield_host::vault::beside;
use zshield_messages::{Said, say};
use zshield_plan::policy::{self, FarKind, FarPlace, Policy, S3Style};
use zshield_plan::schedule;
use zshield_units::{Bytes, UnixTime};
use zshield_vault::mirror::{Mirror, MirrorProgress};
use zshield_vault::store::s3::{S3Place, Style};
use zshield_vault::store::sftp::SftpPlace;
use zshield_vault::store::{
    Bandwidth, Directory, ObjectKind, ObjectStore, Patience, Retried, S3, Sftp,
};

use super::credentials::{self, Given};
use super::local;
use super::state;
use super::trouble::{Trouble, kind};
use crate::env::{self, Env};
use crate::error::{Refusal, Result, before_it_began};
use crate::text;

/// What came of one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// Its name in the policy.
    pub place: String,
    /// How many objects were sent.
    pub objects: u64,
    /// Their bytes.
    pub bytes: Bytes,
    /// Objects that are damaged here or there, by their paths, and were not sent.
    pub damaged: Vec<String>,
    /// Whether a recovery key opens what is there.
    pub recovery_key: bool,
    /// Why it failed, where it did.
    pub failed: Option<Said>,
}

/// To which places something is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Places {
    /// All that the policy names.
    All,
    /// Those of these names.
    Named(Vec<String>),
    /// Those that are due now.
    Due,
}

/// Sends what each place lacks; one that fails never keeps the others from theirs.
pub fn send(
    env: &Env,
    places: &Places,
    progress: &mut dyn FnMut(&str, MirrorProgress),
) -> Result<Vec<Sent>> {
    let (policy, held) = before_it_began(|| {
        env::needs_root()?;
        let policy = env.policy()?;
        chosen(env, &policy, places)?;
        if *places == Places::Due {
            env::lower_priority();
        }
        let sending = lock::hold_sending(lock::Operation::VaultSend).map_err(Refusal::Busy)?;
        let reading = lock::hold_reading(lock::Operation::VaultSend).map_err(Refusal::Busy)?;
        Ok((policy, (sending, reading)))
    })?;
    let mounted = local::mounted(&policy.storage.group, &beside()?)?;
    let here = Directory::new(mounted.root().join(local::REPOSITORY));
    let newest = state::read(&env.root)?.hdd.newest;
    let mut all = Vec::new();
    for place in chosen(env, &policy, places)? {
        let mut told = |done| progress(place.name.as_str(), done);
        all.push(sent(env, &place, &here, newest, &mut told));
    }
    mounted.close()?;
    drop(held);
    Ok(all)
}

/// The places that are meant.
pub(super) fn chosen<'a>(
    env: &Env,
    policy: &'a Policy,
    places: &Places,
) -> Result<Vec<FarPlace<'a>>> {
    let all = policy.vault.far();
    match places {
        Places::Due => {
            let state = state::read(&env.root)?;
            Ok(schedule::due_places(&policy.vault, &state, &(env.clock)()))
        }
        Places::All | Places::Named(_) if all.is_empty() => {
            Err(Refusal::Caller(say::vault::no_far()).into())
        }
        Places::All => Ok(all),
        Places::Named(names) => {
            let known = |name: &&String| all.iter().any(|place| place.name.as_str() == **name);
            if let Some(unknown) = names.iter().find(|name| !known(name)) {
                return Err(Refusal::Caller(say::vault::no_such_place(unknown)).into());
            }
            let is_meant =
                |place: &FarPlace<'_>| names.iter().any(|name| name == place.name.as_str());
            Ok(all.into_iter().filter(is_meant).collect())
        }
    }
}

fn sent(
    env: &Env,
    place: &FarPlace<'_>,
    local: &dyn ObjectStore,
    newest: Option<UnixTime>,
    progress: &mut dyn FnMut(MirrorProgress),
) -> Sent {
    let mut sent = Sent {
        place: place.name.to_string(),
        objects: 0,
        bytes: Bytes(0),
        damaged: Vec::new(),
        recovery_key: local.list(ObjectKind::Key).is_ok_and(|keys| !keys.is_empty()),
        failed: None,
    };
    let result = mirrored(&env.root, place, local, progress, &mut sent);
    let now = env.now();
    if let Err(error) = &result {
        sent.failed = Some(text::kept(error));
    }
    let noted = state::note(&env.root, |state| {
        let noted = state.far.entry(place.name.clone()).or_default();
        match (&result, newest) {
            (Err(error), _) => noted.copy_failed(kind(error), text::kept(error), now),
            (Ok(()), Some(newest)) => noted.copy_ended(newest, now),
            // Nothing was ever copied on the HDD, or nobody knows of it any more.
            (Ok(()), None) => {}
        }
    });
    if let Err(error) = noted {
        // The other places have their turn all the same.
        sent.failed.get_or_insert(text::kept(&error));
    }
    sent
}

fn mirrored(
    root: &Path,
    place: &FarPlace<'_>,
    local: &dyn ObjectStore,
    progress: &mut dyn FnMut(MirrorProgress),
    sent: &mut Sent,
) -> anyhow::Result<()> {
    let far = store_of(root, place, None, Some(Patience::default()))?;
    let mirror = Mirror { local, far: &*far };
    let done = mirror.run(progress).map_err(|error| {
        let trouble = Trouble::of_mirror(&error);
        anyhow::Error::new(error).context(trouble)
    })?;
    (sent.objects, sent.bytes) = (done.objects, Bytes(done.bytes));
    let damaged = done.damaged_here.iter().chain(&done.damaged_there);
    sent.damaged = damaged.map(|object| object.path()).collect();
    if sent.damaged.is_empty() {
        return Ok(());
    }
    Err(anyhow!(if done.damaged_here.is_empty() { Trouble::FarDamaged } else { Trouble::Damaged }))
}

/// What is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tested {
    /// Its name in the policy.
    pub place: String,
    /// How many backups are there.
    pub generations: usize,
    /// Whether a recovery key opens them.
    pub recovery_key: bool,
    /// Why it did not answer, where it did not.
    pub failed: Option<Said>,
}

/// Asks each place, and changes nothing.
pub fn test(env: &Env, places: &Places) -> Result<Vec<Tested>> {
    before_it_began(|| {
        env::needs_root()?;
        let policy = env.policy()?;
        let places = chosen(env, &policy, places)?;
        Ok(places
            .iter()
            .map(|place| {
                let answer = store_of(&env.root, place, None, None).and_then(|far| {
                    let count = |kind| {
                        far.list(kind).map(|found| found.len()).map_err(|error| {
                            let trouble = Trouble::of_far(&error.problem);
                            anyhow::Error::new(error).context(trouble)
                        })
                    };
                    Ok((count(ObjectKind::Snapshot)?, count(ObjectKind::Key)?))
                });
                let (generations, keys) = *answer.as_ref().unwrap_or(&(0, 0));
                Tested {
                    place: place.name.to_string(),
                    generations,
                    recovery_key: keys > 0,
                    failed: answer.as_ref().err().map(text::kept),
                }
            })
            .collect())
    })
}

/// The place of objects that the policy names, by credentials that were given in place of the policy's, where some were; with
/// patience, where somebody waits for it.
pub(super) fn store_of(
    root: &Path,
    place: &FarPlace<'_>,
    given: Option<&Given>,
    patience: Option<Patience>,
) -> anyhow::Result<Arc<dyn ObjectStore>> {
    let bandwidth = place.bandwidth.and_then(|bytes| NonZeroU64::new(bytes.0)).map(Bandwidth::new);
    let bandwidth = bandwidth.into_iter();
    Ok(match place.kind {
        FarKind::S3(s3) => {
            let at = bucket(s3)?;
            let key = match given {
                Some(given) => given.key(),
                None => credentials::of_file(Path::new(s3.credentials_file.as_str())),
            };
            let store = S3::new(at, key?);
            patient(bandwidth.fold(store, S3::limited), patience)
        }
        FarKind::Sftp(sftp) => {
            let who = (sftp.user.as_str(), sftp.host.as_str(), sftp.port.unwrap_or(22));
            let own = sftp.identity_file.as_str();
            let store = Sftp::new(SftpPlace::new(
                who,
                sftp.directory.as_str(),
                given.map_or(Ok(own), Given::identity)?,
                sftp.known_hosts_file.as_str(),
            )?);
            patient(bandwidth.fold(store, Sftp::limited), patience)
        }
        FarKind::Directory(directory) => {
            let path = Path::new(directory.path.as_str());
            ensure!(!is_on_root(root, path), Trouble::NoPlace);
            let store = Directory::new(path);
            patient(bandwidth.fold(store, Directory::limited), patience)
        }
    })
}

fn bucket(s3: &policy::S3) -> anyhow::Result<S3Place> {
    let style = match s3.style {
        S3Style::Path => Style::Path,
        S3Style::Host => Style::Host,
    };
    let prefix = s3.prefix.as_ref().map_or("", |prefix| prefix.as_str());
    let (endpoint, bucket) = (s3.endpoint.as_str(), s3.bucket.as_str());
    let mut at = S3Place::new(endpoint, bucket, s3.region.as_str(), style, prefix)?;
    at.ca = s3.ca.as_ref().map(|ca| ca.as_str().into());
    at.proxy = s3.proxy.as_ref().map(|proxy| proxy.as_str().to_owned());
    Ok(at)
}

fn patient<S: ObjectStore>(store: S, patience: Option<Patience>) -> Arc<dyn ObjectStore> {
    match patience {
        Some(patience) => Arc::new(Retried::new(store, patience)),
        None => Arc::new(store),
    }
}

/// Whether a directory is on root's own filesystem: nobody has mounted what belongs there, and root would be filled.
fn is_on_root(root: &Path, directory: &Path) -> bool {
    let device = |path: &Path| fs::metadata(path).map(|found| found.dev()).ok();
    device(directory).is_some_and(|of| device(root) == Some(of))
}
