//! A payload with every kind of file, as a slot.
// Each test binary uses some of it.
#![allow(dead_code)]

use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{FileType, Mode, Timespec, Timestamps, XattrFlags};
use tempfile::TempDir;
use zshield_golden::compare::{Drift, Expected, compare};
use zshield_golden::manifest::{Identity, Listing, Manifest};
use zshield_golden::signature::{self, Requirement, TrustedKeys};
use zshield_golden::slot::{self, Artifact, ArtifactRecord};
use zshield_golden::squashfs::Squashfs;
use zshield_golden::unpack::{Source, unpack};
use zshield_golden::verity::{self, Salt, Verity};

pub(crate) const TIME: i64 = 1_700_000_000;

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Runs a tool; its failure is the test's, with what it said.
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program} is needed by this test: {error}"));
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    said
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Bytes that do not compress to nothing, different for each seed.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        })
        .collect()
}

/// A payload: every kind of file, the awkward ones too. Without root those that need it are left
/// out.
pub(crate) fn payload(root: &Path) {
    for directory in
        ["etc", "etc/empty", "usr", "usr/bin", "dev", "var", "var/log", "a", "usr/share"]
    {
        fs::create_dir(root.join(directory)).unwrap();
    }
    fs::write(root.join("etc/passwd"), "root:x:0:0::/root:/bin/sh\n").unwrap();
    fs::write(root.join("etc/nothing"), "").unwrap();
    fs::write(root.join("a-b"), "sorts between a and a/b if names are not compared").unwrap();
    fs::write(root.join("a/b"), "b").unwrap();
    fs::write(root.join("usr/bin/large"), noise(1, 3_000_000)).unwrap();
    fs::write(root.join("usr/bin/exact"), noise(2, 131_072 * 2)).unwrap();
    for number in 0..200 {
        let path = root.join(format!("usr/share/{number}"));
        fs::write(path, noise(number + 3, 40 * number as usize)).unwrap();
    }
    let sparse = File::create(root.join("var/sparse")).unwrap();
    sparse.set_len(5_000_000).unwrap();
    let raw_name = root.join(std::ffi::OsStr::from_bytes(b"etc/caf\xe9 %41\n"));
    fs::write(&raw_name, "a name that is no UTF-8").unwrap();
    fs::write(root.join("etc/中文"), "a name that is").unwrap();
    fs::hard_link(root.join("usr/bin/large"), root.join("usr/bin/another")).unwrap();
    fs::hard_link(root.join("usr/bin/large"), root.join("a/third")).unwrap();
    symlink("../etc/passwd", root.join("usr/link")).unwrap();
    symlink("/nowhere/".repeat(60), root.join("usr/long-link")).unwrap();
    symlink("/etc", root.join("usr/absolute")).unwrap();
    let fifo = root.join("var/fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, Mode::from_raw_mode(0o640)).unwrap();
    drop(UnixListener::bind(root.join("var/socket")).unwrap());
    set(&root.join("usr/bin/exact"), "user.note", &noise(9, 300));
    // Two files with one large value: stored once, the second time out of line.
    set(&root.join("etc/passwd"), "user.large", &noise(10, 2000));
    set(&root.join("etc/nothing"), "user.large", &noise(10, 2000));
    set(&root.join("etc/nothing"), "user.empty", b"");
    if is_root() {
        payload_of_root(root);
    }
    for (path, mode) in [
        ("etc/passwd", 0o644),
        ("usr/bin/exact", 0o4755),
        ("a/b", 0o600),
        ("etc/nothing", 0),
        ("var/log", 0o1777),
        ("etc/empty", 0o2750),
    ] {
        fs::set_permissions(root.join(path), fs::Permissions::from_mode(mode)).unwrap();
    }
    set_times(root);
}

fn payload_of_root(root: &Path) {
    chown(root.join("etc/passwd"), Some(1234), Some(70_000)).unwrap();
    chown(root.join("etc/empty"), Some(0), Some(42)).unwrap();
    rustix::fs::chownat(
        rustix::fs::CWD,
        root.join("usr/link"),
        Some(rustix::fs::Uid::from_raw(7)),
        Some(rustix::fs::Gid::from_raw(8)),
        rustix::fs::AtFlags::SYMLINK_NOFOLLOW,
    )
    .unwrap();
    for (name, kind, number) in [
        ("null", FileType::CharacterDevice, (1, 3)),
        ("disk", FileType::BlockDevice, (259, 70_000)),
    ] {
        let device = rustix::fs::makedev(number.0, number.1);
        let path = root.join("dev").join(name);
        let mode = Mode::from_raw_mode(0o660);
        rustix::fs::mknodat(rustix::fs::CWD, path, kind, mode, device).unwrap();
    }
    let capability = [0x01, 0, 0, 0x02, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    set(&root.join("usr/bin/large"), "security.capability", &capability);
    set(&root.join("etc"), "trusted.directory", b"of root");
}

pub(crate) fn set(path: &Path, name: &str, value: &[u8]) {
    rustix::fs::lsetxattr(path, name, value, XattrFlags::empty()).unwrap();
}

/// A fixed time on everything, directories after what is in them.
fn set_times(directory: &Path) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.symlink_metadata().unwrap().is_dir() {
            set_times(&path);
        } else {
            set_time(&path, TIME - 5);
        }
    }
    set_time(directory, TIME);
}

pub(crate) fn set_time(path: &Path, seconds: i64) {
    let time = Timespec { tv_sec: seconds, tv_nsec: 0 };
    let times = Timestamps { last_access: time, last_modification: time };
    let flags = rustix::fs::AtFlags::SYMLINK_NOFOLLOW;
    rustix::fs::utimensat(rustix::fs::CWD, path, &times, flags).unwrap();
}

/// A slot with the payload, unsigned.
pub(crate) struct Slot {
    pub(crate) dir: TempDir,
    pub(crate) tree: PathBuf,
    pub(crate) root: PathBuf,
    verity: Verity,
}

impl Slot {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let tree = dir.path().join("tree");
        fs::create_dir(&tree).unwrap();
        payload(&tree);
        Self::of(dir, tree)
    }

    pub(crate) fn of(dir: TempDir, tree: PathBuf) -> Self {
        let root = dir.path().join("a");
        fs::create_dir(&root).unwrap();
        let squashfs = root.join("root.squashfs");
        let pack = ["-comp", "zstd", "-noappend", "-quiet", "-no-progress"];
        run("mksquashfs", &[&[text(&tree), text(&squashfs)], &pack[..]].concat());
        let salt = Salt::new(*b"a salt").unwrap();
        let verity = verity::append(&squashfs, salt, &|_| {}).unwrap();
        let slot = Self { dir, tree, root, verity };
        slot.seal(Listing::from_squashfs(&squashfs, &[], &|_| {}).unwrap());
        slot
    }

    /// The slot's manifest anew, with this listing.
    pub(crate) fn manifest_of(&self, listing: Listing) -> Manifest {
        self.seal(listing);
        self.manifest()
    }

    fn seal(&self, listing: Listing) {
        let artifacts = Artifact::ALL
            .map(|artifact| {
                let path = self.root.join(artifact.file_name());
                if artifact != Artifact::Squashfs {
                    fs::write(&path, format!("content of {artifact:?}")).unwrap();
                }
                ArtifactRecord::of_reader(artifact, &mut File::open(path).unwrap()).unwrap()
            })
            .to_vec();
        let identity = Identity {
            product: "appliance".into(),
            version: "1.2".into(),
            created: "2026-01-02T03:04:05Z".into(),
            kernel_release: "6.1.0-test".into(),
            kernel: "boot/vmlinuz".into(),
            initrd: "boot/initrd.img".into(),
        };
        let draft = listing.into_manifest(identity, self.verity.clone(), artifacts).unwrap();
        fs::write(self.root.join(slot::MANIFEST), draft.text).unwrap();
    }

    pub(crate) fn manifest(&self) -> Manifest {
        signature::open(&self.root, &TrustedKeys::default(), Requirement::UnsignedAccepted).unwrap()
    }

    pub(crate) fn squashfs(&self) -> PathBuf {
        self.root.join("root.squashfs")
    }

    /// A new empty directory beside the slot.
    pub(crate) fn directory(&self, name: &str) -> PathBuf {
        let directory = self.dir.path().join(name);
        fs::create_dir(&directory).unwrap();
        directory
    }
}

/// How a tree differs from a manifest.
pub(crate) fn drifts(root: &Path, manifest: &Manifest, expected: &Expected) -> Vec<Drift> {
    compare(root, manifest, expected, &|_| {}).unwrap().drifts
}

/// A slot's payload unpacked, with its manifest.
pub(crate) fn unpacked(slot: &Slot) -> (Manifest, PathBuf) {
    let manifest = slot.manifest();
    let target = slot.directory("target");
    let image = Squashfs::open(&slot.squashfs()).unwrap();
    unpack(Source::Image(&image), &target, &manifest, &|_| {}).unwrap();
    (manifest, target)
}
