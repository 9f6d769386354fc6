//! Repositories that Debian's own `restic` made, and the smallest store that reads them.
// Each test needs some of it.
#![allow(dead_code)]

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use zshield_vault::read::{Contents, Entry, Limits, Trees};
use zshield_vault::store::{
    Object, ObjectKind, ObjectName, ObjectStore, StoreError, StoreProblem, Stored,
};
use zshield_vault::{Generation, MasterKey, Opener, RecoveryKey, Vault, create};

/// A test that is run once more where what it mounts is nobody else's, and goes with it.
const INSIDE: &str = "ZSHIELD_TEST_OWN_MOUNTS";

/// Runs a test of what only root can do, with mounts of its own. `needs` are the programs without which it shows nothing.
pub(crate) fn as_root(test: &str, needs: &[&str], body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let unshare = || {
        let mut unshare = Command::new("unshare");
        unshare.arg("-m");
        unshare
    };
    let is_root = rustix::process::geteuid().is_root();
    if !is_root || !unshare().arg("true").status().is_ok_and(|status| status.success()) {
        println!("left out: only root can do this");
        return;
    }
    if let Some(missing) = needs.iter().find(|program| !is_there(program)) {
        println!("left out: there is no {missing}");
        return;
    }
    let mut again = unshare();
    again.arg(std::env::current_exe().unwrap()).args(["--exact", "--nocapture", test]);
    assert!(again.env(INSIDE, "1").status().unwrap().success());
}

/// Whether there is a program; or a file, by its whole path.
pub(crate) fn is_there(program: &str) -> bool {
    let directories = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];
    directories.iter().any(|directory| Path::new(directory).join(program).exists())
}

/// What is restic's password.
pub(crate) fn key() -> RecoveryKey {
    RecoveryKey::of_randomness(b"as good as seven")
}

/// A repository and what was copied into it.
pub(crate) struct Repository {
    directory: tempfile::TempDir,
    vault: OnceLock<Vault>,
}

/// A directory, to be read.
struct Directory(PathBuf);

impl Repository {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let made = Self { directory: tempfile::tempdir().unwrap(), vault: OnceLock::new() };
        made.restic(&["init"], Path::new("/"));
        made
    }

    /// One that zshield itself made, and will copy to.
    pub(crate) fn ours() -> (Self, MasterKey) {
        let made = Self { directory: tempfile::tempdir().unwrap(), vault: OnceLock::new() };
        let master = MasterKey::random();
        create(&made.store(), &master).unwrap();
        let opened = Vault::open(&made.store(), Opener::Machine(&master)).unwrap();
        assert!(made.vault.set(opened).is_ok());
        (made, master)
    }

    /// Where its objects are.
    pub(crate) fn place(&self) -> PathBuf {
        self.directory.path().join("repository")
    }

    /// A directory beside it.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// Runs `restic`.
    pub(crate) fn restic(&self, arguments: &[&str], within: &Path) {
        let output = Command::new("restic")
            .args(["--no-cache", "--quiet", "--pack-size=4", "--repo"])
            .arg(self.place())
            .args(arguments)
            .env("RESTIC_PASSWORD", key().reveal())
            .env("HOME", self.directory.path())
            .current_dir(within)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// It, open: deriving the key is slow on purpose, and done once.
    pub(crate) fn vault(&self) -> &Vault {
        self.vault.get_or_init(|| Vault::open(&self.store(), Opener::Person(&key())).unwrap())
    }

    /// The files of all objects of a kind, in the order of names.
    pub(crate) fn objects(&self, kind: ObjectKind) -> Vec<PathBuf> {
        let store = Directory(self.place());
        let mut names: Vec<_> =
            store.list(kind).unwrap().iter().map(|stored| stored.name).collect();
        names.sort();
        names.into_iter().map(|name| self.place().join(Object { kind, name }.path())).collect()
    }

    pub(crate) fn store(&self) -> Arc<dyn ObjectStore> {
        Arc::new(Directory(self.place()))
    }

    pub(crate) fn contents(&self, limits: Limits) -> Arc<Contents> {
        self.vault().contents(limits).unwrap()
    }

    /// All generations, the oldest first.
    pub(crate) fn generations(&self) -> Vec<Generation> {
        let (mut generations, _) = self.vault().generations().unwrap();
        generations.reverse();
        generations
    }

    /// Its directories, and what has this path in the oldest generation.
    pub(crate) fn open(&self, path: &Path) -> (Arc<Trees>, Entry) {
        let trees = Arc::new(Trees::new(self.contents(Limits::NEAR)));
        let root = trees.root(&self.generations()[0]).unwrap();
        let found = trees.find(&root, path.as_os_str().as_bytes()).unwrap().unwrap();
        (trees, found)
    }
}

impl Directory {
    fn failed(&self, object: Object, error: std::io::Error) -> StoreError {
        let problem = match error.kind() {
            std::io::ErrorKind::NotFound => StoreProblem::NoObject,
            std::io::ErrorKind::UnexpectedEof => StoreProblem::Damaged("short".into()),
            _ => StoreProblem::Fault(error.into()),
        };
        StoreError { location: self.location(), what: format!("read {}", object.path()), problem }
    }
}

impl ObjectStore for Directory {
    fn location(&self) -> String {
        self.0.display().to_string()
    }

    fn prepare(&self) -> Result<(), StoreError> {
        for kind in ObjectKind::ALL {
            fs::create_dir_all(self.0.join(kind.directory().unwrap_or_default())).unwrap();
        }
        Ok(())
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<Stored>, StoreError> {
        let Some(directory) = kind.directory() else {
            let found = fs::metadata(self.0.join("config")).ok();
            let stored =
                |found: fs::Metadata| Stored { name: ObjectName::new([0; 32]), bytes: found.len() };
            return Ok(found.map(stored).into_iter().collect());
        };
        let mut waiting = vec![self.0.join(directory)];
        let mut found = Vec::new();
        while let Some(directory) = waiting.pop() {
            for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
                if entry.path().is_dir() {
                    waiting.push(entry.path());
                } else if let Some(name) = ObjectName::parse(entry.file_name().as_encoded_bytes()) {
                    found.push(Stored { name, bytes: entry.metadata().unwrap().len() });
                }
            }
        }
        Ok(found)
    }

    fn read(&self, object: Object) -> Result<Bytes, StoreError> {
        let bytes = fs::read(self.0.join(object.path()));
        Ok(bytes.map_err(|error| self.failed(object, error))?.into())
    }

    fn read_range(&self, object: Object, range: std::ops::Range<u64>) -> Result<Bytes, StoreError> {
        let file = fs::File::open(self.0.join(object.path()));
        let read = file.and_then(|file| {
            let mut bytes = vec![0; usize::try_from(range.end - range.start).unwrap()];
            file.read_exact_at(&mut bytes, range.start)?;
            Ok(bytes)
        });
        Ok(read.map_err(|error| self.failed(object, error))?.into())
    }

    fn write(&self, object: Object, content: &[Bytes]) -> Result<(), StoreError> {
        let path = self.0.join(object.path());
        let written = fs::create_dir_all(path.parent().unwrap())
            .and_then(|()| fs::write(path, content.concat()));
        written.map_err(|error| self.failed(object, error))
    }

    fn remove(&self, _: Object) -> Result<(), StoreError> {
        unreachable!("only read")
    }
}
