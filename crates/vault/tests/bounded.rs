//! What reading costs: memory, and requests to a far store.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod stock;

use std::fs;
use std::io::Read as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use stock::Repository;
use zshield_vault::fuse::Mounted;
use zshield_vault::read::{File, Kind, Limits, Trees};
use zshield_vault::store::{Object, ObjectKind, ObjectStore, StoreError, Stored};
use zshield_vault::{Opener, Vault};

/// A store that counts what it is asked for.
struct Counted {
    store: Arc<dyn ObjectStore>,
    ranges: AtomicUsize,
}

impl ObjectStore for Counted {
    fn location(&self) -> String {
        self.store.location()
    }

    fn prepare(&self) -> Result<(), StoreError> {
        self.store.prepare()
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<Stored>, StoreError> {
        self.store.list(kind)
    }

    fn read(&self, object: Object) -> Result<Bytes, StoreError> {
        assert_ne!(object.kind, ObjectKind::Pack);
        self.store.read(object)
    }

    fn read_range(&self, object: Object, range: Range<u64>) -> Result<Bytes, StoreError> {
        self.ranges.fetch_add(1, Ordering::Relaxed);
        self.store.read_range(object, range)
    }

    fn write(&self, object: Object, content: &[Bytes]) -> Result<(), StoreError> {
        self.store.write(object, content)
    }

    fn remove(&self, object: Object) -> Result<(), StoreError> {
        self.store.remove(object)
    }
}

/// Files of random bytes, copied.
fn copied(files: usize, bytes: usize) -> (Repository, PathBuf) {
    let repository = Repository::new();
    let tree = repository.beside("tree");
    let mut random = fastrand::Rng::with_seed(5);
    for number in 0..files {
        let mut content = vec![0; bytes];
        random.fill(&mut content);
        fs::write(tree.join(format!("{number:04}")), content).unwrap();
    }
    repository.restic(&["backup", tree.to_str().unwrap()], Path::new("/"));
    (repository, tree)
}

/// The most memory that this process has had, in MiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
}

#[test]
fn a_far_store_is_asked_for_whole_packs() {
    if !stock::is_there("restic") {
        println!("left out: there is no restic");
        return;
    }
    let (repository, _) = copied(1500, 20_000);
    let counted = Arc::new(Counted { store: repository.store(), ranges: AtomicUsize::new(0) });
    let store = Arc::clone(&counted) as Arc<dyn ObjectStore>;
    let vault = Vault::open(&store, Opener::Person(&stock::key())).unwrap();
    let (generations, _) = vault.generations().unwrap();
    let trees = Trees::new(vault.contents(Limits::FAR).unwrap());
    let root = trees.root(&generations[0]).unwrap();
    let mut files = 0;
    for (_, entry) in trees.walk(&root) {
        let entry = entry.unwrap();
        if matches!(entry.kind, Kind::File(_)) {
            let file = File::new(trees.contents(), &entry).unwrap();
            assert_eq!(file.read(trees.contents(), 0..u64::MAX).unwrap().len(), 20_000);
            files += 1;
        }
    }
    assert_eq!(files, 1500);
    let packs = repository.objects(ObjectKind::Pack).len();
    assert!(packs > 6);
    // Threads write packs at the same time, so neighbours may lie in two of them by turns.
    let asked = counted.ranges.load(Ordering::Relaxed);
    assert!(asked <= packs, "{asked} requests for {packs} packs");
}

#[test]
fn reading_all_of_a_mount_takes_little_memory() {
    const BYTES: usize = 8 << 20;
    const FILES: usize = 50;
    let needs = ["restic", "/dev/fuse"];
    stock::as_root("reading_all_of_a_mount_takes_little_memory", &needs, || {
        let (repository, tree) = copied(FILES, BYTES);
        let (trees, root) = repository.open(&tree);
        // What deriving a key from a password took counts for nothing here.
        fs::write("/proc/self/clear_refs", "5").unwrap();
        let mounted = Mounted::new(trees, root, &repository.beside("mounted")).unwrap();
        let before = peak();
        std::thread::scope(|scope| {
            for half in 0..2 {
                let at = mounted.root().to_owned();
                scope.spawn(move || {
                    let mut buffer = vec![0; 128 << 10];
                    for number in (half..FILES).step_by(2) {
                        let mut file = fs::File::open(at.join(format!("{number:04}"))).unwrap();
                        let mut bytes = 0;
                        loop {
                            match file.read(&mut buffer).unwrap() {
                                0 => break,
                                read => bytes += read,
                            }
                        }
                        assert_eq!(bytes, BYTES);
                    }
                });
            }
        });
        let after = peak();
        println!("peak: {before} MiB before, {after} MiB after {} MiB", (FILES * BYTES) >> 20);
        assert!(after < 128, "{after} MiB");
    });
}
