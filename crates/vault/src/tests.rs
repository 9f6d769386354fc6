//! Copies, retention and checks over a store that stops at any of its calls, as a power cut stops a disk.

mod fetched;
mod healed;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use rustic_core::LsOptions;
use rustic_core::repofile::{Metadata, Node, NodeType};
use zshield_units::UnixTime;

use crate::store::memory::Memory;
use crate::store::{Object, ObjectKind, ObjectStore};
use crate::*;

const DAY: i64 = 24 * 3600;
/// 2026-11-01.
const START: UnixTime = UnixTime(1_793_491_200);

/// A machine with a store that can be stopped.
struct Machine {
    memory: Mutex<Arc<Memory>>,
    key: MasterKey,
    root: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let memory = Arc::new(Memory::default());
        let key = MasterKey::random();
        create(&(Arc::clone(&memory) as _), &key).unwrap();
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("etc")).unwrap();
        fs::write(root.path().join("etc/passwd"), "root:x:0:0::/root:/bin/sh\n").unwrap();
        fs::write(root.path().join("empty"), "").unwrap();
        symlink("etc/passwd", root.path().join("link")).unwrap();
        Self { memory: Mutex::new(memory), key, root }
    }

    fn memory(&self) -> Arc<Memory> {
        Arc::clone(&self.memory.lock().unwrap())
    }

    fn store(&self) -> Arc<dyn ObjectStore> {
        self.memory()
    }

    /// Starts again with what was written: threads that a failed copy has left go on with what nobody sees.
    fn restart(&self, objects: &BTreeMap<Object, Bytes>) {
        let memory = Memory::default();
        memory.become_equal_to(objects);
        *self.memory.lock().unwrap() = Arc::new(memory);
    }

    /// Does this, and has the power cut after so many calls of the store.
    fn cut_after(&self, calls: usize, work: impl Fn(&Self) -> Result<(), VaultError>) -> bool {
        self.memory().stop_after(Some(calls));
        let done = work(self).is_ok();
        self.restart(&self.memory().state_of());
        done
    }

    fn opener(&self) -> Opener<'_> {
        Opener::Machine(&self.key)
    }

    fn vault(&self) -> Vault {
        Vault::open(&self.store(), self.opener()).unwrap()
    }

    /// Fills a file with what nothing else has.
    fn fill(&self, name: &str, seed: u64, bytes: usize) {
        let mut random = fastrand::Rng::with_seed(seed);
        let content: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(bytes).collect();
        fs::write(self.root.path().join(name), content).unwrap();
    }

    fn copy(&self, kind: Kind, day: i64) -> Result<Copied, VaultError> {
        self.copy_reading(kind, day, Reading::Changed)
    }

    fn copy_reading(&self, kind: Kind, day: i64, reading: Reading) -> Result<Copied, VaultError> {
        let described = Described {
            kind,
            taken: START + day * DAY,
            host: "appliance".to_owned(),
            version: Some("1.0".to_owned()),
        };
        let pace = Arc::new(Unpaced);
        copy(&self.store(), self.opener(), self.root.path(), &described, reading, pace)
    }

    /// Every file of a generation with its content.
    fn files(&self, id: &str) -> BTreeMap<String, Vec<u8>> {
        let vault = self.vault();
        let tree = vault.snapshot(id).unwrap().tree;
        let repository = vault.indexed().unwrap();
        let root = Node::new_node("".as_ref(), NodeType::Dir, Metadata::default());
        let root = Node { subtree: Some(tree), ..root };
        let listed = repository.ls(&root, &LsOptions::default()).unwrap();
        listed
            .map(|found| found.unwrap())
            .filter(|(_, node)| node.is_file())
            .map(|(path, node)| {
                let mut content = Vec::new();
                repository.dump(&node, &mut content).unwrap();
                (path.to_string_lossy().into_owned(), content)
            })
            .collect()
    }

    fn on_disk(&self) -> BTreeMap<String, Vec<u8>> {
        let walk = walkdir::WalkDir::new(self.root.path()).into_iter().map(Result::unwrap);
        walk.filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                let path = entry.path().strip_prefix(self.root.path()).unwrap();
                let path = Path::new("/").join(path).to_string_lossy().into_owned();
                (path, fs::read(entry.path()).unwrap())
            })
            .collect()
    }

    fn is_whole(&self) {
        assert_eq!(self.vault().check(Depth::Everything).unwrap(), []);
    }
}

#[test]
fn a_copy_has_every_file_and_a_second_one_writes_only_what_is_new() {
    let machine = Machine::new();
    machine.fill("big", 1, 3 << 20);
    let first = machine.copy(Kind::Latest, 0).unwrap();
    assert_eq!(first.generation.files, Some(4));
    assert_eq!(machine.files(&first.generation.id), without_slash(machine.on_disk()));
    let before = machine.memory().state_of().len();
    machine.fill("new", 2, 100_000);
    let second = machine.copy(Kind::Latest, 1).unwrap();
    assert!((100_000..150_000).contains(&second.added), "{}", second.added);
    // A pack of files, one of directories, an index and a generation.
    assert_eq!(machine.memory().state_of().len(), before + 4);
    let (generations, damaged) = machine.vault().generations().unwrap();
    assert_eq!((generations.len(), damaged.len()), (2, 0));
    assert_eq!(generations[0], second.generation);
    assert_eq!(generations[0].version.as_deref(), Some("1.0"));
    assert_eq!(generations[1].kind, Some(Kind::Latest));
    let top = generations[0].top.as_ref().unwrap();
    let found = fs::metadata(machine.root.path()).unwrap();
    assert_eq!((top.mode, top.uid), (found.permissions().mode() & 0o7777, found.uid()));
    machine.is_whole();
}

/// The library's paths begin at the top.
fn without_slash(files: BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    files
        .into_iter()
        .map(|(path, content)| (path.trim_start_matches('/').to_owned(), content))
        .collect()
}

#[test]
fn a_person_opens_it_with_the_newest_recovery_key_alone() {
    let machine = Machine::new();
    let (old, new) = (RecoveryKey::of_randomness(&[1; 16]), RecoveryKey::of_randomness(&[2; 16]));
    assert!(!machine.vault().has_recovery_key().unwrap());
    machine.vault().replace_recovery_key(&old, || ()).unwrap();
    Vault::open(&machine.store(), Opener::Person(&old)).unwrap();
    machine.vault().replace_recovery_key(&new, || ()).unwrap();
    let opened = Vault::open(&machine.store(), Opener::Person(&new)).unwrap();
    Vault::open(&machine.store(), Opener::Machine(&opened.key())).unwrap();
    for wrong in [Opener::Person(&old), Opener::Machine(&MasterKey::random())] {
        let error = Vault::open(&machine.store(), wrong).err().unwrap();
        assert!(matches!(error, VaultError::WrongKey(_)), "{error}");
    }
}

#[test]
fn a_damaged_key_keeps_nobody_out_who_has_another() {
    let machine = Machine::new();
    let key = RecoveryKey::of_randomness(&[3; 16]);
    machine.vault().replace_recovery_key(&key, || ()).unwrap();
    for byte in [0, 255] {
        let name = crate::store::ObjectName::new([byte; 32]);
        machine.memory().set(Object { kind: ObjectKind::Key, name }, "{ damaged");
    }
    Vault::open(&machine.store(), Opener::Person(&key)).unwrap();
    let other = RecoveryKey::of_randomness(&[4; 16]);
    assert!(Vault::open(&machine.store(), Opener::Person(&other)).is_err());
}

#[test]
fn an_empty_place_and_a_taken_one_are_told_apart() {
    let machine = Machine::new();
    let again = create(&machine.store(), &machine.key).unwrap_err();
    assert!(matches!(again, VaultError::Exists(_)), "{again}");
    let empty: Arc<dyn ObjectStore> = Arc::new(Memory::default());
    let none = Vault::open(&empty, machine.opener()).err().unwrap();
    assert!(matches!(none, VaultError::NoRepository(_)), "{none}");
}

/// Stops the work after each of the store's calls in turn, always from the same state on, and has it done once more then.
/// After either, `holds` looks. How many cuts there were.
fn cut_everywhere(
    machine: &Machine,
    work: impl Fn(&Machine) -> Result<(), VaultError>,
    holds: impl Fn(&Machine),
) -> usize {
    let before = machine.memory().state_of();
    for calls in 0.. {
        let done = machine.cut_after(calls, &work);
        holds(machine);
        if done {
            return calls;
        }
        work(machine).unwrap();
        holds(machine);
        machine.restart(&before);
    }
    unreachable!("each call is allowed in its turn")
}

#[test]
fn a_copy_that_is_cut_anywhere_loses_nothing_and_the_next_one_ends() {
    let machine = Machine::new();
    machine.fill("old", 1, 2 << 20);
    let old = machine.copy(Kind::Latest, 0).unwrap().generation;
    let known = machine.files(&old.id);
    machine.fill("new", 2, 1 << 20);
    let whole = without_slash(machine.on_disk());
    let cuts = cut_everywhere(
        &machine,
        |machine| machine.copy(Kind::Latest, 1).map(drop),
        |machine| {
            machine.is_whole();
            // The new one is there with all its files, or not at all. A cut behind its last write leaves it twice.
            let (generations, damaged) = machine.vault().generations().unwrap();
            assert!(damaged.is_empty());
            for generation in generations {
                let expected = if generation.id == old.id { &known } else { &whole };
                assert_eq!(machine.files(&generation.id), *expected);
            }
        },
    );
    assert!(cuts > 5, "{cuts}");
}

#[test]
fn what_a_cut_copy_has_written_is_not_written_again() {
    let machine = Machine::new();
    machine.fill("big", 3, 40 << 20);
    let before = machine.memory().state_of();
    // Until most of it is there, and no index.
    let cut = (0..1000).find(|calls| {
        machine.restart(&before);
        let done = machine.cut_after(*calls, |machine| machine.copy(Kind::Latest, 0).map(drop));
        assert!(!done, "it was never cut behind its packs");
        packed(&machine) > 30 << 20
    });
    assert!(cut.is_some());
    let before = packed(&machine);
    machine.copy(Kind::Latest, 0).unwrap();
    let new = packed(&machine) - before;
    // The rest, and what had no place in a pack yet.
    assert!(new < 12 << 20, "{before} and then {new}");
    machine.is_whole();
}

fn packed(machine: &Machine) -> u64 {
    machine.store().list(ObjectKind::Pack).unwrap().iter().map(|stored| stored.bytes).sum()
}

#[test]
fn a_prune_that_is_cut_anywhere_loses_nothing_that_is_kept_and_the_next_one_ends() {
    let machine = Machine::new();
    let factory = machine.copy(Kind::Factory, 0).unwrap().generation;
    for day in 1..=12_i64 {
        machine.fill("daily", day.unsigned_abs(), 1 << 20);
        machine.fill(&format!("kept-{day}"), 100 + day.unsigned_abs(), 50_000);
        machine.copy(Kind::Latest, day).unwrap();
    }
    let newest = machine.vault().generations().unwrap().0[0].clone();
    let (factory_files, newest_files) = (machine.files(&factory.id), machine.files(&newest.id));
    let keep = Keep { daily: 2, weekly: 1, monthly: 1 };
    let before = packed(&machine);
    let prune = |machine: &Machine| {
        let vault = Vault::open(&machine.store(), machine.opener())?;
        vault.prune(keep, START + 12 * DAY, &[], Access::Alone).map(drop)
    };
    let cuts = cut_everywhere(&machine, prune, |machine| {
        assert_eq!(machine.vault().check(Depth::Structure).unwrap(), []);
        assert_eq!(machine.files(&factory.id), factory_files);
        assert_eq!(machine.files(&newest.id), newest_files);
    });
    assert!(cuts > 10, "{cuts}");
    machine.is_whole();
    let (left, _) = machine.vault().generations().unwrap();
    let taken: Vec<i64> = left.iter().map(|one| (one.taken.0 - START.0) / DAY).collect();
    assert_eq!(taken, [12, 11, 0]);
    assert!(packed(&machine) < before / 2, "{before} and then {}", packed(&machine));
}

#[test]
fn what_is_damaged_is_named_and_the_rest_is_listed() {
    let machine = Machine::new();
    machine.fill("big", 1, 1 << 20);
    let whole = machine.copy(Kind::Latest, 0).unwrap().generation;
    machine.fill("big", 2, 1 << 20);
    let broken = machine.copy(Kind::Latest, 1).unwrap().generation;
    let name = crate::store::ObjectName::parse(broken.id.as_bytes()).unwrap();
    let object = Object { kind: ObjectKind::Snapshot, name };
    let mut content = machine.store().read(object).unwrap().to_vec();
    content[20] ^= 1;
    machine.memory().set(object, content);
    let (generations, damaged) = machine.vault().generations().unwrap();
    assert_eq!((generations, damaged), (vec![whole.clone()], vec![broken.id]));
    let found = machine.vault().check(Depth::Structure).unwrap();
    assert!(found.contains(&Finding::Damaged(object)), "{found:?}");
    assert_eq!(machine.files(&whole.id).len(), 3);
}

#[test]
fn what_the_disk_gives_out_the_second_time_is_no_damage() {
    let machine = Machine::new();
    machine.fill("big", 1, 1 << 20);
    machine.copy(Kind::Latest, 0).unwrap();
    let name = machine.store().list(ObjectKind::Pack).unwrap()[0].name;
    let pack = Object { kind: ObjectKind::Pack, name };
    for (times, found) in [(1, vec![]), (2, vec![Finding::Damaged(pack)])] {
        let vault = machine.vault();
        machine.memory().fails_to_read(pack, times);
        assert_eq!(vault.check(Depth::Everything).unwrap(), found, "{times}");
    }
}

#[test]
fn a_damaged_index_is_made_anew_by_the_next_copy() {
    let machine = Machine::new();
    machine.fill("big", 1, 1 << 20);
    let first = machine.copy(Kind::Latest, 0).unwrap().generation;
    let files = machine.files(&first.id);
    let name = machine.store().list(ObjectKind::Index).unwrap()[0].name;
    machine.memory().set(Object { kind: ObjectKind::Index, name }, vec![0; 100]);
    machine.fill("more", 2, 1 << 20);
    machine.copy(Kind::Latest, 1).unwrap();
    machine.is_whole();
    assert_eq!(machine.files(&first.id), files);
}

#[test]
fn a_file_that_ends_too_soon_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("short");
    fs::write(&path, "12345").unwrap();
    let (mut reader, tree) = crate::source::reader_of(&path, 10);
    let mut content = Vec::new();
    reader.read_to_end(&mut content).unwrap_err();
    let unread = tree.unread();
    assert_eq!(unread.len(), 1);
    assert_eq!(unread[0].path, path);
}
