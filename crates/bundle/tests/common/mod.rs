//! Images, bundles of them, and keys.

#![allow(dead_code)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use zshield_bundle::head::{Changelog, Factory, Hook, Initrd, Payload, Restart, Stage, Terms};
use zshield_bundle::keyring::Keyring;
use zshield_bundle::make::{self, Image, Options, Packed, Spool};
use zshield_bundle::version::Version;
use zshield_golden::Digest;
use zshield_golden::key::{SigningKey, generate};
use zshield_golden::manifest::{Identity, Listing};
use zshield_golden::signature::{Requirement, TrustedKeys};
use zshield_golden::slot::{self, Artifact, ArtifactRecord};
use zshield_golden::verity::{self, Salt};
use zshield_units::UnixTime;

pub(crate) const HOOK: &[u8] = b"#!/bin/sh\nexit 0\n";

/// A key pair.
pub(crate) struct Key {
    pub(crate) secret: SigningKey,
    pub(crate) public: String,
}

pub(crate) fn key() -> Key {
    let directory = tempfile::tempdir().unwrap();
    let (secret, public) = (directory.path().join("key"), directory.path().join("key.pub"));
    generate(&secret, &public, None).unwrap();
    let secret = SigningKey::load(&secret, None).unwrap();
    Key { public: secret.public_text(), secret }
}

pub(crate) fn ring(key: &Key) -> Keyring {
    Keyring::of([key.public.as_str()]).unwrap()
}

/// A slot with these files.
pub(crate) struct Slot {
    pub(crate) directory: TempDir,
    pub(crate) tree: PathBuf,
    pub(crate) root: PathBuf,
}

pub(crate) fn slot(version: &str, files: &[(&str, Vec<u8>)]) -> Slot {
    let directory = tempfile::tempdir().unwrap();
    let (tree, root) = (directory.path().join("tree"), directory.path().join("a"));
    fs::create_dir(&root).unwrap();
    for (path, content) in files {
        let path = tree.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let squashfs = root.join(Artifact::Squashfs.file_name());
    let made = Command::new("mksquashfs")
        .args([&tree, &squashfs])
        .args(["-comp", "zstd", "-all-time", "1000", "-mkfs-time", "1000", "-all-root"])
        .args(["-noappend", "-quiet", "-no-progress"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let salt = Salt::new(*b"a salt").unwrap();
    let verity = verity::append(&squashfs, salt, &|_| {}).unwrap();
    let record = |artifact: Artifact| {
        let path = root.join(artifact.file_name());
        match artifact {
            Artifact::Squashfs => {}
            Artifact::Kernel => fs::write(&path, format!("kernel of {version}")).unwrap(),
            other => fs::write(&path, format!("content of {other:?}")).unwrap(),
        }
        ArtifactRecord::of_reader(artifact, &mut File::open(path).unwrap()).unwrap()
    };
    let identity = Identity {
        product: "Gateway".into(),
        version: version.into(),
        created: "2026-01-02T03:04:05Z".into(),
        kernel_release: "6.1.0-test".into(),
        kernel: "boot/vmlinuz".into(),
        initrd: "boot/initrd.img".into(),
    };
    let listing = Listing::from_squashfs(&squashfs, &[], &|_| {}).unwrap();
    let draft =
        listing.into_manifest(identity, verity, Artifact::ALL.map(record).to_vec()).unwrap();
    fs::write(root.join(slot::MANIFEST), draft.text).unwrap();
    Slot { directory, tree, root }
}

impl Slot {
    pub(crate) fn image(&self) -> Image {
        let keys = TrustedKeys::default();
        Image::open(&self.root, &keys, Requirement::UnsignedAccepted, &|_| {}).unwrap()
    }
}

pub(crate) fn terms() -> Terms {
    Terms {
        product: "Gateway".into(),
        version: Version::new("2.0").unwrap(),
        architecture: "x86_64".into(),
        created: UnixTime(500),
        least: None,
        floor: None,
        expires: None,
        restart: Restart::Machine,
        factory: Factory::Follows,
        initrd: Initrd::Made,
        changelog: Changelog::default(),
        introduces: vec![],
        revokes: vec![],
    }
}

/// A bundle of a system and a hook, unsigned.
pub(crate) fn bundle(new: &Image, old: &[Image], options: Options) -> Vec<u8> {
    bundle_with(new, old, options, terms().factory)
}

/// The same, with what becomes of the factory state.
pub(crate) fn bundle_with(
    new: &Image,
    old: &[Image],
    options: Options,
    factory: Factory,
) -> Vec<u8> {
    let mut spool = Spool::new(tempfile::tempfile().unwrap());
    let (system, space) = make::system(new, old, options, &mut spool, &|_| {}).unwrap();
    spool.add(Packed::whole(HOOK).unwrap()).unwrap();
    let hook = Hook { stage: Stage::Before, name: "stop".into(), blake3: Digest::of(HOOK) };
    let mut bytes = Vec::new();
    let payload = Payload::System(system);
    spool.finish(Terms { factory, ..terms() }, space, vec![hook], payload, &mut bytes).unwrap();
    bytes
}

/// The same bundle, signed.
pub(crate) fn signed(bytes: &[u8], key: &Key) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bundle");
    fs::write(&path, bytes).unwrap();
    let file = File::options().read(true).write(true).open(&path).unwrap();
    make::sign(&file, &key.secret).unwrap();
    fs::read(&path).unwrap()
}

/// Bytes that can't be compressed, the same ones for each seed.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut chance = fastrand::Rng::with_seed(seed);
    std::iter::repeat_with(|| chance.u8(..)).take(length).collect()
}

pub(crate) fn read(tree: &Path, path: &str) -> Vec<u8> {
    fs::read(tree.join(path)).unwrap()
}
