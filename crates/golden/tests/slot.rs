//! Whether a slot is whole.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

mod common;

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use common::{Slot, noise};
use zshield_golden::manifest::{Listing, Node};
use zshield_golden::slot::{self, Artifact, SlotError};
use zshield_golden::squashfs::{Decoder, Squashfs, SquashfsError};

fn slot() -> Slot {
    let dir = tempfile::tempdir().unwrap();
    let tree = dir.path().join("tree");
    fs::create_dir(&tree).unwrap();
    for number in 0..20 {
        fs::write(tree.join(number.to_string()), noise(number, 9000 * number as usize)).unwrap();
    }
    Slot::of(dir, tree)
}

#[test]
fn every_artifact_is_checked() {
    let slot = slot();
    let header = slot.manifest().header().clone();
    let total: u64 = header.artifacts.iter().map(|record| record.size).sum();
    let seen = AtomicU64::new(0);
    let count = |bytes| {
        seen.fetch_add(bytes, Ordering::Relaxed);
    };
    slot::check(&slot.root, &header.artifacts, &count).unwrap();
    assert_eq!(seen.into_inner(), total);
    for artifact in Artifact::ALL {
        let path = slot.root.join(artifact.file_name());
        let content = fs::read(&path).unwrap();
        let mut changed = content.clone();
        *changed.last_mut().unwrap() ^= 1;
        fs::write(&path, changed).unwrap();
        let found = slot::check(&slot.root, &header.artifacts, &|_| {});
        assert!(matches!(found, Err(SlotError::Content { artifact: at }) if at == artifact));
        fs::write(&path, &content[1..]).unwrap();
        let found = slot::check(&slot.root, &header.artifacts, &|_| {});
        assert!(matches!(found, Err(SlotError::Size { artifact: at, .. }) if at == artifact));
        fs::remove_file(&path).unwrap();
        assert!(matches!(
            slot::check(&slot.root, &header.artifacts, &|_| {}),
            Err(SlotError::File(_))
        ));
        fs::write(&path, content).unwrap();
    }
}

/// Reads a whole image, as listing it does.
fn read_all(path: &std::path::Path) -> Result<u64, SquashfsError> {
    let image = Squashfs::open(path)?;
    let mut decoder = Decoder::new(&image)?;
    let mut bytes = 0;
    for entry in image.walk()? {
        let (_, inode) = entry?;
        if let zshield_golden::squashfs::InodeKind::File(data) = &inode.kind {
            decoder.read(data, |_| Ok::<_, SquashfsError>(()))?;
            bytes += data.size;
        }
    }
    Ok(bytes)
}

#[test]
fn a_damaged_squashfs_never_panics_or_hangs() {
    let slot = slot();
    let path = slot.squashfs();
    let content = fs::read(&path).unwrap();
    assert_eq!(read_all(&path).unwrap(), slot.manifest().header().bytes);
    let used = u64::from_le_bytes(content[40..48].try_into().unwrap()) as usize;
    // The superblock and the metadata at the end: changed in three ways.
    for at in (0..96).chain((used - 600..used).step_by(3)) {
        for change in [0x01, 0x80, 0xff] {
            let mut changed = content.clone();
            changed[at] ^= change;
            fs::write(&path, changed).unwrap();
            let _ = read_all(&path);
        }
    }
    for length in [0, 50, 96, used / 2, used - 10] {
        fs::write(&path, &content[..length]).unwrap();
        assert!(read_all(&path).is_err(), "cut at {length}");
    }
}

#[test]
fn a_listing_of_another_payload_is_told_from_the_manifests() {
    let slot = slot();
    let manifest = slot.manifest();
    let same = Listing::from_squashfs(&slot.squashfs(), &[], &|_| {}).unwrap();
    assert_eq!(manifest.first_difference(&same).unwrap(), None);
    let entries: Vec<_> = same.iter().map(Result::unwrap).collect();
    for number in 1..entries.len() {
        let mut fewer = entries.clone();
        let gone = fewer.remove(number);
        let found = manifest.first_difference(&Listing::of(fewer).unwrap()).unwrap();
        assert_eq!(found, Some(gone.path));
    }
    let mut changed = entries.clone();
    if let Node::Inode { attributes, .. } = &mut changed[3].node {
        attributes.uid += 1;
    }
    let found = manifest.first_difference(&Listing::of(changed).unwrap()).unwrap();
    assert_eq!(found.as_ref(), Some(&entries[3].path));
}
