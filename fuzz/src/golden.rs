//! What stands in an image's slot.

use std::os::fd::AsRawFd as _;
use std::path::{Component, Path};

use zshield_golden::EntryPath;
use zshield_golden::manifest::{Layer, Manifest};
use zshield_golden::signature::{Requirement, TrustedKeys, accept};
use zshield_golden::squashfs::{Decoder, InodeKind, Piece, Squashfs, SquashfsError};
use zshield_golden::verity::Verity;

/// A minisign key of which nobody has the other half.
const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
/// More names than any image of a corpus has, and more bytes than a small image unpacks to.
const NAMES: usize = 4096;
const BYTES: u64 = 64 << 20;

fn stays_inside(path: &EntryPath) {
    let inside = path.as_path().components().all(|part| matches!(part, Component::Normal(_)));
    assert!(inside, "{path} leads outside");
    assert_eq!(EntryPath::new(path.as_bytes()).as_ref(), Ok(path));
}

fn accepted(bytes: &[u8]) -> Option<Manifest> {
    let (directory, keys) = (Path::new("slot"), TrustedKeys::default());
    accept(directory, bytes.to_vec(), None, &keys, Requirement::UnsignedAccepted).ok()
}

pub(crate) fn manifest(bytes: &[u8]) {
    let Some(manifest) = accepted(bytes) else { return };
    let Ok(entries) = manifest.entries() else { return };
    for entry in entries {
        let Ok(entry) = entry else { return };
        stays_inside(&entry.path);
    }
}

/// What it makes of a manifest is one, or is refused.
pub(crate) fn layer(bytes: &[u8]) {
    let Ok(layer) = Layer::parse(bytes) else { return };
    let again = layer.to_bytes().expect("a layer that was read");
    assert_eq!(Layer::parse(&again).as_ref(), Ok(&layer));
    let base = accepted(include_bytes!("../corpus/manifest/small")).expect("a manifest");
    let Ok(manifest) = base.with("2.0", &layer) else { return };
    for entry in manifest.entries().expect("a manifest that was made") {
        let entry = entry.expect("an entry of it");
        assert!(
            entry.path.is_root()
                || !layer.removed.contains(&entry.path)
                || layer.put.contains_key(&entry.path)
        );
        stays_inside(&entry.path);
    }
}

/// Up to the first zero a key's file, then a signature: of neither is the other half known.
pub(crate) fn signature(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (key, signature) = (&bytes[..end], bytes.get(end + 1..).unwrap_or_default());
    let mut keys = TrustedKeys::default();
    keys.add(&String::from_utf8_lossy(key));
    keys.add(KEY).expect("a key");
    let text = b"no manifest".to_vec();
    let signed =
        accept(Path::new("slot"), text, Some(signature.to_vec()), &keys, Requirement::Signed);
    assert!(signed.is_err());
}

pub(crate) fn squashfs(bytes: &[u8]) {
    let file = crate::store::file(bytes);
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    let Ok(image) = Squashfs::open(Path::new(&path)) else { return };
    let (Ok(walk), Ok(mut decoder)) = (image.walk(), Decoder::new(&image)) else { return };
    let mut left = BYTES;
    for found in walk.take(NAMES) {
        let Ok((path, inode)) = found else { return };
        stays_inside(&path);
        let InodeKind::File(data) = inode.kind else { continue };
        let read: Result<(), SquashfsError> = decoder.read(&data, |piece| {
            let length = match piece {
                Piece::Bytes(bytes) => bytes.len() as u64,
                Piece::Hole(_) => 0,
            };
            left = left.saturating_sub(length);
            Ok(())
        });
        if read.is_err() || left == 0 {
            return;
        }
    }
}

pub(crate) fn verity(bytes: &[u8]) {
    if let Some((salt, blocks)) = Verity::parse_superblock(bytes) {
        assert!(format!("{salt}").len() <= 512, "{blocks} blocks");
    }
}
