//! A bundle made of images, and everything of the new one made again from it and the old one.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs::{self, File};
use std::path::Path;

use common::{HOOK, bundle, bundle_with, key, noise, ring, signed, slot};
use zshield_bundle::admission::{Entry, Machine, admit};
use zshield_bundle::content::{Content, Place, Way};
use zshield_bundle::head::{Factory, Initrd, Payload};
use zshield_bundle::index::Index;
use zshield_bundle::make::{Image, Options};
use zshield_bundle::new_slot::{NewSlot, NewSlotError, SlotOfBundle};
use zshield_bundle::open::{Bundle, RestoreError};
use zshield_bundle::source::Source;
use zshield_bundle::version::Version;
use zshield_golden::Digest;
use zshield_golden::manifest::{Kind, Manifest, Node};
use zshield_golden::signature::{Requirement, TrustedKeys, accept};
use zshield_golden::slot::{self as golden_slot, Artifact};
use zshield_units::{Bytes, UnixTime};

const STAYS: Options = Options { whole: false, factory: Factory::Stays, initrd: Initrd::Carried };
const FOLLOWS: Options = Options { factory: Factory::Follows, ..STAYS };

/// More than one part, and more than what one part is a patch of.
fn large(at: usize) -> Vec<u8> {
    let mut bytes = vec![7; 40 << 20];
    bytes[at..at + 3000].copy_from_slice(&noise(9, 3000));
    bytes
}

fn old() -> common::Slot {
    slot(
        "1.0",
        &[
            ("boot/vmlinuz-6.1.0-50-amd64", noise(1, 200_000)),
            ("etc/empty", vec![]),
            ("etc/motd", b"welcome\n".to_vec()),
            ("usr/bin/large", large(20 << 20)),
            ("usr/bin/same", noise(2, 300_000)),
            ("usr/lib/libx.so.3.0.1", noise(3, 100_000)),
        ],
    )
}

fn new() -> common::Slot {
    let mut kernel = noise(1, 200_000);
    kernel.splice(1000..1000, *b"inserted");
    let mut library = noise(3, 100_000);
    library[50_000] ^= 1;
    slot(
        "2.0",
        &[
            ("boot/vmlinuz-6.1.0-56-amd64", kernel),
            ("etc/empty", vec![]),
            ("etc/motd", noise(4, 50)),
            ("etc/new", b"new\n".to_vec()),
            ("usr/bin/large", large(21 << 20)),
            ("usr/bin/same", noise(2, 300_000)),
            ("usr/lib/libx.so.3.0.2", library),
        ],
    )
}

/// The files of an image with their digests.
fn files(image: &Image) -> Vec<(String, Digest)> {
    let entries = image.manifest().entries().unwrap().map(Result::unwrap);
    let file = |node: Node| match node {
        Node::Inode { kind: Kind::File { digest, .. }, .. } => Some(digest),
        Node::Inode { .. } | Node::HardLink { .. } => None,
    };
    entries.filter_map(|entry| Some((entry.path.to_string(), file(entry.node)?))).collect()
}

fn restored<S: Source>(
    bundle: &Bundle<S>,
    content: &Content,
    way: &Way,
    old: Option<&common::Slot>,
) -> Result<Vec<u8>, RestoreError> {
    let base = way.base.as_ref().map(|base| {
        let old = old.unwrap();
        let path = match &base.place {
            Place::Root(path) => old.tree.join(path.as_path()),
            Place::Slot(artifact) => old.root.join(artifact.file_name()),
            Place::Manifest => old.root.join(golden_slot::MANIFEST),
        };
        let bytes = fs::read(path).unwrap();
        assert_eq!((Digest::of(&bytes), bytes.len() as u64), (base.blake3, base.size));
        bytes
    });
    let base = base.as_deref();
    let mut out = Vec::new();
    bundle.restore(content, way, base.as_ref().map(|base| base as &dyn Source), &mut out)?;
    Ok(out)
}

/// Makes every file of the new image that the old one lacks, and the manifest.
fn follow<S: Source>(
    bundle: &Bundle<S>,
    index: &Index,
    new: &common::Slot,
    old: Option<&common::Slot>,
) -> Manifest {
    let image = new.image();
    let known: Vec<Digest> = old.map_or_else(Vec::new, |old| {
        let files = files(&old.image()).into_iter().map(|(_, digest)| digest);
        files.chain([old.image().manifest().digest()]).collect()
    });
    for (path, digest) in files(&image) {
        if known.contains(&digest) {
            continue;
        }
        let (content, way) = index.way(&digest, |base| known.contains(base)).unwrap();
        let made = restored(bundle, content, way, old).unwrap();
        assert!(made == fs::read(new.tree.join(&path)).unwrap(), "{path}");
    }
    let Payload::System(system) = &bundle.head().payload else { panic!("no system") };
    let (content, way) = index.way(&system.manifest, |base| known.contains(base)).unwrap();
    let text = restored(bundle, content, way, old).unwrap();
    let keys = TrustedKeys::default();
    accept(Path::new("new"), text, None, &keys, Requirement::UnsignedAccepted).unwrap()
}

/// Puts the new slot together in a new directory.
fn rebuilt<S: Source>(
    bundle: &Bundle<S>,
    index: &Index,
    manifest: &Manifest,
    old: Option<&common::Slot>,
) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let header = manifest.header();
    let digest_of =
        |slot: &common::Slot, name| slot.image().manifest().header().artifact(name).unwrap().blake3;
    for record in &header.artifacts {
        let known = old.map(|old| digest_of(old, record.name));
        if record.name == Artifact::Squashfs {
            let way = index.squashfs().find(|way| way.base == known).unwrap();
            let source = old.map(|old| File::open(old.root.join("root.squashfs")).unwrap());
            let source = source.as_ref().map(|source| source as &dyn Source);
            let slot = directory.path();
            bundle.rebuild_squashfs(way, source, (record, &header.verity), slot, &|_| {}).unwrap();
            continue;
        }
        let name = record.name.file_name();
        let bytes = if known == Some(record.blake3) {
            fs::read(old.unwrap().root.join(name)).unwrap()
        } else {
            let (content, way) =
                index.way(&record.blake3, |base| known.as_ref() == Some(base)).unwrap();
            restored(bundle, content, way, old).unwrap()
        };
        fs::write(directory.path().join(name), bytes).unwrap();
    }
    golden_slot::check(directory.path(), &header.artifacts, &|_| {}).unwrap();
    directory
}

#[test]
fn the_new_version_is_made_from_the_old_one_and_the_bundle() {
    let (old, new, key) = (old(), new(), key());
    let bytes = signed(&bundle(&new.image(), &[old.image()], FOLLOWS), &key);
    let opened = Bundle::open(bytes.as_slice(), &ring(&key)).unwrap();
    let index = opened.check(&|_| {}).unwrap();
    let manifest = follow(&opened, &index, &new, Some(&old));
    assert_eq!(manifest.text(), fs::read(new.root.join(golden_slot::MANIFEST)).unwrap());
    let made = rebuilt(&opened, &index, &manifest, Some(&old));
    let same = |name: &str| {
        fs::read(made.path().join(name)).unwrap() == fs::read(new.root.join(name)).unwrap()
    };
    assert!(Artifact::ALL.iter().all(|artifact| same(artifact.file_name())));
    // The hook is there, and what both have is not.
    let hook = index.content(&Digest::of(HOOK)).unwrap();
    assert_eq!(restored(&opened, hook, &hook.ways[0], None).unwrap(), HOOK);
    assert!(index.content(&Digest::of(&noise(2, 300_000))).is_none());
    // Kernel and library of another name are patches.
    for path in ["boot/vmlinuz-6.1.0-56-amd64", "usr/lib/libx.so.3.0.2", "usr/bin/large"] {
        let content = index.content(&Digest::of(&common::read(&new.tree, path))).unwrap();
        assert!(content.ways.iter().all(|way| way.base.is_some()), "{path}");
        assert!(content.ways[0].stored() < 10_000, "{path}: {}", content.ways[0].stored());
    }
    // What was copied is what did not change.
    let size = new.root.join("root.squashfs").metadata().unwrap().len();
    let sent = index.squashfs().next().unwrap().stored();
    assert!(sent < size * 6 / 10, "{sent} of {size}");
}

#[test]
fn what_administrators_change_is_there_whole_and_so_are_the_accounts_before() {
    let users = |more: &str| format!("root:x:0:0::/root:/bin/sh\n{more}").into_bytes();
    let settings =
        |value: &str| format!("{}\nvalue = {value}\n", "# long\n".repeat(200)).into_bytes();
    let files = |version: &str, value: &str, more: &str| {
        slot(
            version,
            &[
                ("etc/passwd", users(more)),
                ("etc/same", b"same\n".to_vec()),
                ("etc/settings", settings(value)),
            ],
        )
    };
    let (old, new) = (files("1.0", "1", ""), files("2.0", "2", "new:x:7:7::/:/bin/false\n"));
    let bytes = bundle(&new.image(), &[old.image()], STAYS);
    let opened = Bundle::open_unproved(bytes.as_slice()).unwrap();
    let index = opened.check(&|_| {}).unwrap();
    for text in [users(""), users("new:x:7:7::/:/bin/false\n"), settings("2")] {
        let (content, way) = index.way(&Digest::of(&text), |_| false).unwrap();
        assert_eq!(restored(&opened, content, way, None).unwrap(), text);
    }
    for text in [b"same\n".to_vec(), settings("1")] {
        assert!(index.content(&Digest::of(&text)).is_none());
    }
    // What an installation makes files of goes along, as far as it is another one.
    let header = new.image().manifest().header().clone();
    let policy = header.artifact(Artifact::Policy).unwrap().blake3;
    assert!(index.content(&policy).is_none());
}

#[test]
fn a_whole_bundle_serves_every_version() {
    let (new, key) = (new(), key());
    let bytes = signed(&bundle(&new.image(), &[], FOLLOWS), &key);
    let opened = Bundle::open(bytes.as_slice(), &ring(&key)).unwrap();
    let index = opened.check(&|_| {}).unwrap();
    let manifest = follow(&opened, &index, &new, None);
    rebuilt(&opened, &index, &manifest, None);
    let machine = Machine {
        product: "Gateway".into(),
        version: Version::new("0.1").unwrap(),
        architecture: "x86_64".into(),
        manifest: Digest::of(b"any"),
        floor: None,
        now: UnixTime(1),
        root_free: Bytes::gib(1),
        golden_free: Bytes::gib(1),
    };
    assert!(matches!(admit(opened.head(), &machine), Ok(Entry::Any)));
    let needs = opened.head().space;
    let sizes: u64 = fs::read_dir(&new.root)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name() != golden_slot::MANIFEST)
        .map(|entry| entry.metadata().unwrap().len())
        .sum();
    assert_eq!(needs.golden, Bytes(sizes));
    assert!(needs.root > Bytes::mib(40));
}

#[test]
fn one_bundle_leads_from_two_versions() {
    let (old, new) = (old(), new());
    let older = slot("0.9", &[("etc/motd", b"hello\n".to_vec()), ("usr/bin/same", noise(2, 9000))]);
    let bytes = bundle(&new.image(), &[old.image(), older.image()], STAYS);
    let opened = Bundle::open_unproved(bytes.as_slice()).unwrap();
    let index = opened.check(&|_| {}).unwrap();
    follow(&opened, &index, &new, Some(&old));
    follow(&opened, &index, &new, Some(&older));
    let Payload::System(system) = &opened.head().payload else { panic!("no system") };
    let from: Vec<String> = system.from.iter().map(|from| from.version.to_string()).collect();
    assert_eq!((from, system.whole), (vec!["1.0".to_owned(), "0.9".to_owned()], false));
    // Only the older one lacks it; from the other it is not fetched.
    let same = index.content(&Digest::of(&noise(2, 300_000))).unwrap();
    assert!(index.squashfs().next().is_none() && !same.ways.is_empty());
}

#[test]
fn an_old_file_that_is_another_gives_nothing() {
    let (old, new) = (old(), new());
    let bytes = bundle(&new.image(), &[old.image()], STAYS);
    let opened = Bundle::open_unproved(bytes.as_slice()).unwrap();
    let index = opened.index().unwrap();
    let library = common::read(&new.tree, "usr/lib/libx.so.3.0.2");
    let content = index.content(&Digest::of(&library)).unwrap();
    let way = &content.ways[0];
    let made = |base: Option<&[u8]>| {
        let base = base.as_ref().map(|base| base as &dyn Source);
        opened.restore(content, way, base, &mut Vec::new())
    };
    let right = common::read(&old.tree, "usr/lib/libx.so.3.0.1");
    made(Some(&right)).unwrap();
    let mut other = right.clone();
    other[7] ^= 1;
    assert!(matches!(made(Some(&other)), Err(RestoreError::Differs(_))));
    assert!(matches!(made(Some(&right[1..])), Err(RestoreError::Differs(_))));
    assert!(matches!(made(None), Err(RestoreError::Base(_))));
}

#[test]
fn the_new_slot_is_made_file_by_file_whatever_the_bundle_is_read_from() {
    let (old, new, key) = (old(), new(), key());
    let bytes = signed(&bundle(&new.image(), &[old.image()], FOLLOWS), &key);
    // Behind a pointer, as a server and a file are to whoever makes the slot.
    let source: &dyn Source = &bytes.as_slice();
    let opened = Bundle::open(source, &ring(&key)).unwrap();
    let index = opened.index().unwrap();
    let (manifest, keys) = (old.image(), TrustedKeys::default());
    let open =
        |requirement| SlotOfBundle::open(&opened, &index, manifest.manifest(), &keys, requirement);
    assert!(matches!(open(Requirement::Signed), Err(NewSlotError::Signature(_))));
    let made = open(Requirement::UnsignedAccepted).unwrap().unwrap();
    let made: &dyn NewSlot = &made;
    let directory = tempfile::tempdir().unwrap();
    let from = (old.root.as_path(), manifest.manifest().header());
    for record in &made.manifest().header().artifacts {
        made.make(record, from, directory.path(), &|_| {}).unwrap();
    }
    for name in Artifact::ALL.map(Artifact::file_name) {
        let read = |slot: &Path| fs::read(slot.join(name)).unwrap();
        assert!(read(directory.path()) == read(&new.root), "{name}");
    }
    assert_eq!(made.manifest().text(), fs::read(new.root.join(golden_slot::MANIFEST)).unwrap());
    // From another old slot nothing leads there.
    let other = slot("0.5", &[("etc/motd", b"none\n".to_vec())]);
    let header = other.image();
    let from = (other.root.as_path(), header.manifest().header());
    let squashfs = made.manifest().header().artifact(Artifact::Squashfs).copied().unwrap();
    let none = made.make(&squashfs, from, directory.path(), &|_| {});
    assert!(matches!(none, Err(RestoreError::Base(_))), "{none:?}");
    // Where the factory state stays, there is no new slot.
    let stays = bundle_with(&new.image(), &[old.image()], STAYS, Factory::Stays);
    let opened = Bundle::open_unproved(stays.as_slice()).unwrap();
    let index = opened.index().unwrap();
    let requirement = Requirement::UnsignedAccepted;
    let none = SlotOfBundle::open(&opened, &index, manifest.manifest(), &keys, requirement);
    assert!(none.unwrap().is_none());
}
