//! Where the list of alarms is kept.
//!
//! In memory (`/run`), where everybody reads it and no disk can hold that up; and durably on the
//! audit volume and on root, each in two copies. Of the durable ones the one with the higher
//! revision counts: without the HDD there is root's, and after a recovery, which takes root back,
//! there is the audit volume's.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use zshield_linux::IoError;
use zshield_linux::ab_record::{AbRecord, InDirectory};
use zshield_linux::durable_file;
use zshield_linux::own_directory;
use zshield_linux::usage::is_mounted;
use zshield_messages::say;
use zshield_plan::policy::Policy;

use crate::list::AlarmList;

/// The directory in `/run`.
const RUN: &str = "run/zshield";
/// The copy in memory.
const LIST: &str = "alarms.json";
/// What is wrong with a machine is nobody's business but root's.
const PRIVATE: u32 = 0o600;
/// The directory on root.
const ON_ROOT: &str = "var/lib/zshield/alarms";
/// The directory on the audit volume.
const ON_AUDIT: &str = "zshield/alarms";
/// A disk is given so long; one that takes longer is waited for in the background.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why the list can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else has it open for too long.
    #[error("{}", say::alarm::store_busy())]
    Busy,
    /// A file can't be used.
    #[error(transparent)]
    Io(#[from] IoError),
}

/// Where the list is kept.
#[derive(Clone, Debug)]
pub struct Store {
    /// The directory in memory; nothing below a root whose system does not run and that has no `/run`: one
    /// made there would be a change of that system.
    run: Option<PathBuf>,
    /// The directory of the lock.
    locked_in: PathBuf,
    replicas: Vec<Replica>,
}

/// A durable place.
#[derive(Clone, Debug)]
struct Replica {
    directory: PathBuf,
    /// It is there only while this is mounted.
    mount: Option<PathBuf>,
    /// The revision that it holds.
    kept: Arc<AtomicU64>,
    /// Whether it is being written at this moment, however long that takes.
    busy: Arc<AtomicBool>,
}

/// What came of a change.
#[derive(Debug)]
pub struct Changed {
    /// The list as it is now.
    pub list: AlarmList,
    /// Whether a durable place has it.
    pub durable: bool,
}

impl Store {
    /// That of the appliance whose root is mounted here.
    pub fn of(root: &Path, policy: &Policy) -> Self {
        let mount = root.join(policy.storage.audit.mount.as_str().trim_start_matches('/'));
        let run = root.join("run").is_dir().then(|| root.join(RUN));
        Self {
            locked_in: run.clone().unwrap_or_else(|| root.join(ON_ROOT)),
            run,
            replicas: vec![
                Replica::new(mount.join(ON_AUDIT), Some(mount)),
                Replica::new(root.join(ON_ROOT), None),
            ],
        }
    }

    /// One in these directories; one that is not named is not there.
    #[cfg(test)]
    pub(crate) fn in_directories(root: &Path, directories: &[Option<&Path>]) -> Self {
        let nowhere = root.join("nowhere");
        let replica = |directory: Option<&Path>| match directory {
            Some(directory) => Replica::new(directory.to_path_buf(), None),
            None => Replica::new(nowhere.clone(), Some(nowhere.clone())),
        };
        let (run, replicas) =
            (root.join("run"), directories.iter().copied().map(replica).collect());
        Self { locked_in: run.clone(), run: Some(run), replicas }
    }

    /// The directory on the audit volume, where that is mounted, and the one on root.
    pub(crate) fn directories(&self) -> (Option<&Path>, Option<&Path>) {
        let mut directories = self
            .replicas
            .iter()
            .map(|replica| replica.is_there().then_some(replica.directory.as_path()));
        (directories.next().flatten(), directories.next().flatten())
    }

    /// The list. Nobody has to wait for a disk, but for the first one after a start.
    pub fn read(&self) -> Result<AlarmList, StoreError> {
        let Some(path) = self.in_memory() else { return Ok(self.newest_on_disk()) };
        match fs::read(&path) {
            Ok(json) => {
                if let Ok(list) = serde_json::from_slice(&json) {
                    return Ok(list);
                }
                tracing::error!("{} can't be read; the disks are asked", path.display());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(StoreError::Io(IoError { path, source: error })),
        }
        Ok(self.newest_on_disk())
    }

    /// The copy in memory.
    fn in_memory(&self) -> Option<PathBuf> {
        self.run.as_ref().map(|run| run.join(LIST))
    }

    /// The newest that any disk has.
    fn newest_on_disk(&self) -> AlarmList {
        let answers: Vec<_> = self.replicas.iter().map(Replica::ask).collect();
        let until = Instant::now() + PATIENCE;
        answers
            .into_iter()
            .filter_map(|answer| answer.recv_timeout(until - Instant::now()).ok().flatten())
            .max_by_key(|list| list.revision)
            .unwrap_or_default()
    }

    /// A stamp of the copy in memory: another one says that somebody has changed it.
    pub fn stamp(&self) -> Option<(u64, i64)> {
        use std::os::unix::fs::MetadataExt as _;
        let facts = fs::metadata(self.in_memory()?).ok()?;
        Some((facts.ino(), facts.mtime_nsec()))
    }

    /// Changes the list, one at a time across all processes, and keeps it.
    pub fn change(&self, change: impl FnOnce(&mut AlarmList)) -> Result<Changed, StoreError> {
        let _held = self.hold()?;
        let before = self.read()?;
        let mut list = before.clone();
        change(&mut list);
        if list == before && (self.run.is_none() || self.stamp().is_some()) {
            return Ok(Changed { list, durable: true });
        }
        list.revision += 1;
        let json = serde_json::to_vec(&list).map_err(io::Error::from);
        let json = json.map_err(IoError::at(LIST))?;
        if let Some(path) = self.in_memory() {
            durable_file::write(&path, PRIVATE, &json).map_err(IoError::at(&path))?;
        }
        let durable = self.keep(list.revision, &Arc::new(json));
        Ok(Changed { list, durable })
    }

    /// Writes to every place that is not busy; whether one of them has it in time.
    fn keep(&self, revision: u64, json: &Arc<Vec<u8>>) -> bool {
        let written: Vec<_> =
            self.replicas.iter().filter_map(|replica| replica.keep(revision, json)).collect();
        let until = Instant::now() + PATIENCE;
        let kept = written
            .into_iter()
            .filter(|end| end.recv_timeout(until - Instant::now()).unwrap_or(false));
        kept.count() > 0
    }

    /// Writes to places that have not got the newest: the HDD is back, or answers again.
    pub fn catch_up(&self, list: &AlarmList) {
        let behind = |replica: &&Replica| replica.kept.load(Ordering::SeqCst) != list.revision;
        for replica in self.replicas.iter().filter(behind) {
            if let Ok(json) = serde_json::to_vec(list) {
                // It ends when it ends.
                drop(replica.keep(list.revision, &Arc::new(json)));
            }
        }
    }

    /// Keeps others out, for as long as the file is open.
    fn hold(&self) -> Result<File, StoreError> {
        let path = self.locked_in.join("alarms.lock");
        let unusable = |source| StoreError::Io(IoError { path: path.clone(), source });
        let is_in_memory = self.run.is_some();
        let mode = if is_in_memory { own_directory::PRIVATE } else { own_directory::PUBLIC };
        own_directory::ensure(&self.locked_in, mode).map_err(unusable)?;
        let mut open = OpenOptions::new();
        let file = own_directory::open_file(&path, open.write(true), PRIVATE).map_err(unusable)?;
        let (sender, locked) = mpsc::channel();
        thread::spawn(move || {
            let locked = file.lock().map(|()| file);
            // Where nobody waits for it any more, it is let go with the file.
            let _ = sender.send(locked);
        });
        match locked.recv_timeout(2 * PATIENCE) {
            Ok(locked) => locked.map_err(unusable),
            Err(_) => Err(StoreError::Busy),
        }
    }
}

impl Replica {
    fn new(directory: PathBuf, mount: Option<PathBuf>) -> Self {
        Self { directory, mount, kept: Arc::default(), busy: Arc::default() }
    }

    fn is_there(&self) -> bool {
        self.mount.as_deref().is_none_or(is_mounted)
    }

    fn copies(&self) -> AbRecord<InDirectory> {
        AbRecord::in_directory(&self.directory, ["alarms.a", "alarms.b"], PRIVATE)
    }

    /// Reads in the background.
    fn ask(&self) -> Receiver<Option<AlarmList>> {
        let (answer, answered) = mpsc::channel();
        let place = self.clone();
        thread::spawn(move || {
            let list = if place.is_there() { place.read() } else { None };
            // Nobody may wait for it any more.
            let _ = answer.send(list);
        });
        answered
    }

    fn read(&self) -> Option<AlarmList> {
        let content = self.copies().read();
        let content = content.inspect_err(|error| tracing::error!("{error}")).ok().flatten()?;
        let list: Result<AlarmList, _> = serde_json::from_slice(&content);
        if let Err(error) = &list {
            // A newer version's: it is kept beside what is written from now on.
            tracing::error!("{}: {error}", self.directory.display());
            let kept = durable_file::write(&self.directory.join("unreadable"), PRIVATE, &content);
            kept.inspect_err(|error| tracing::error!("{error}")).ok();
        }
        list.ok()
    }

    /// Writes in the background, where that is not under way already.
    fn keep(&self, revision: u64, json: &Arc<Vec<u8>>) -> Option<Receiver<bool>> {
        if self.busy.swap(true, Ordering::SeqCst) {
            return None;
        }
        let (end, ended) = mpsc::channel();
        let (place, json) = (self.clone(), Arc::clone(json));
        thread::spawn(move || {
            let written = place.is_there() && place.write(&json);
            if written {
                place.kept.store(revision, Ordering::SeqCst);
            }
            place.busy.store(false, Ordering::SeqCst);
            // Nobody may wait for it any more.
            let _ = end.send(written);
        });
        Some(ended)
    }

    fn write(&self, json: &[u8]) -> bool {
        let made = own_directory::ensure(&self.directory, own_directory::PUBLIC);
        let written = made.and_then(|()| self.copies().write(json));
        written
            .inspect_err(|error| tracing::error!("{}: {error}", self.directory.display()))
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use zshield_plan::health::Condition;
    use zshield_units::UnixTime;

    use super::*;
    use crate::list::Seen;

    fn store(root: &Path) -> Store {
        Store::in_directories(root, &[Some(&root.join("audit")), Some(&root.join("root"))])
    }

    fn stale(store: &Store) -> Changed {
        let seen = Seen { conditions: vec![Condition::Stale], unseen: vec![] };
        store.change(|list| list.observe(&seen, UnixTime(1))).unwrap()
    }

    #[test]
    fn what_is_kept_outlives_a_restart_on_either_disk() {
        for lost in ["audit", "root"] {
            let directory = tempfile::tempdir().unwrap();
            let before = stale(&store(directory.path()));
            assert!(before.durable);
            fs::remove_dir_all(directory.path().join("run")).unwrap();
            fs::remove_dir_all(directory.path().join(lost)).unwrap();
            assert_eq!(store(directory.path()).read().unwrap(), before.list);
        }
    }

    #[test]
    fn the_newest_counts_and_a_disk_that_is_back_catches_up() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(directory.path());
        stale(&store);
        let away = directory.path().join("away");
        fs::rename(directory.path().join("audit"), &away).unwrap();
        // Where a directory can't be made, nothing can be written.
        fs::write(directory.path().join("audit"), "").unwrap();
        let newest = store.change(|list| list.observe(&Seen::default(), UnixTime(2))).unwrap();
        assert!(newest.durable);
        fs::remove_file(directory.path().join("audit")).unwrap();
        fs::rename(&away, directory.path().join("audit")).unwrap();
        fs::remove_file(directory.path().join("run").join(LIST)).unwrap();
        assert_eq!(store.read().unwrap(), newest.list);
        let end = store.replicas[0]
            .keep(newest.list.revision, &Arc::new(serde_json::to_vec(&newest.list).unwrap()));
        assert!(end.unwrap().recv().unwrap());
        assert_eq!(store.replicas[0].read().unwrap(), newest.list);
    }

    #[test]
    fn no_change_writes_nothing_and_changes_of_two_processes_both_count() {
        let directory = tempfile::tempdir().unwrap();
        let (one, other) = (store(directory.path()), store(directory.path()));
        let first = stale(&one);
        let stamp = one.stamp();
        assert_eq!(stale(&other).list, first.list);
        assert_eq!(one.stamp(), stamp);
        let threads: Vec<_> = (0..8i64)
            .map(|number| {
                let store = if number % 2 == 0 { one.clone() } else { other.clone() };
                thread::spawn(move || {
                    let why = number.to_string();
                    let condition = Condition::Failed { operation: why.clone(), why: why.into() };
                    store.change(|list| {
                        let mut conditions: Vec<_> =
                            list.there().map(|alarm| alarm.condition.clone()).collect();
                        conditions.push(condition);
                        list.observe(&Seen { conditions, unseen: vec![] }, UnixTime(number));
                    })
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap().unwrap();
        }
        assert_eq!(one.read().unwrap().there().count(), 9);
    }

    #[test]
    fn a_root_without_a_run_gets_none() {
        let directory = tempfile::tempdir().unwrap();
        let minimal = "[product]\nname = \"x\"\nversion = \"1\"\n[payload]\nsource = \"x.tar\"\n";
        let policy = Policy::parse(minimal, Path::new("appliance.toml")).unwrap();
        let store = || Store::of(directory.path(), &policy);
        let changed = stale(&store());
        assert!(changed.durable);
        assert!(!directory.path().join("run").exists());
        assert_eq!(store().read().unwrap(), changed.list);
        assert!(stale(&store()).durable);
        // Where there is one, the list lies there as well.
        fs::create_dir(directory.path().join("run")).unwrap();
        stale(&store());
        assert!(store().stamp().is_some());
    }

    #[test]
    fn one_that_can_not_be_read_is_kept_beside() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(directory.path());
        fs::create_dir_all(directory.path().join("audit")).unwrap();
        store.replicas[0].copies().write(b"{\"format\":9}").unwrap();
        assert_eq!(store.read().unwrap(), AlarmList::default());
        stale(&store);
        let kept = fs::read(directory.path().join("audit/unreadable")).unwrap();
        assert_eq!(kept, b"{\"format\":9}");
    }
}
