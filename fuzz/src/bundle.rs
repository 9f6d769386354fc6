//! Bundles, and what is in them.

use zshield_bundle::content::{LARGEST_BASE, LARGEST_PART, Squashfs};
use zshield_bundle::head::Head;
use zshield_bundle::index::Index;
use zshield_bundle::keyring::Keyring;
use zshield_bundle::open::Bundle;
use zshield_bundle::source::Source;
use zshield_golden::Digest;

/// A minisign key of which nobody has the other half.
const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

/// The whole file: nobody has signed it, and what it says by itself makes sense. It patches itself.
pub(crate) fn bundle(bytes: &[u8]) {
    let keyring = Keyring::of([KEY]).expect("a key");
    assert!(Bundle::open(bytes, &keyring).is_err());
    let Ok(bundle) = Bundle::open_unproved(bytes) else { return };
    assert_eq!(bundle.length(), bytes.len() as u64);
    let Ok(index) = bundle.check(&|_| {}) else { return };
    for content in index.contents() {
        for way in &content.ways {
            let base = &bytes as &dyn Source;
            // What a part holds is its maker's word until it is made: an error is as good.
            let mut out = Vec::new();
            if bundle.restore(content, way, Some(base), &mut out).is_ok() {
                assert_eq!(Digest::of(&out), content.blake3);
            }
        }
    }
}

pub(crate) fn head(bytes: &[u8]) {
    let Ok(head) = Head::parse(bytes) else { return };
    let again = head.to_bytes().expect("a head that was read");
    assert_eq!(Head::parse(&again), Ok(head));
}

/// Behind the lengths that a head would say.
pub(crate) fn index(bytes: &[u8]) {
    let Some((lengths, stored)) = bytes.split_first_chunk::<16>() else { return };
    let [size, parts] = [&lengths[..8], &lengths[8..]]
        .map(|bytes| u64::from_le_bytes(bytes.try_into().expect("eight bytes")));
    let Ok(index) = Index::read(stored, size, parts) else { return };
    let mut sum = 0;
    for content in index.contents() {
        for way in &content.ways {
            let made: u64 = way.parts.iter().map(|part| part.size).sum();
            assert_eq!(made, content.size);
            for part in &way.parts {
                assert!(part.size <= LARGEST_PART && part.at + part.stored <= parts);
                assert!(part.base.is_none_or(|stretch| stretch.length <= LARGEST_BASE));
                sum += part.stored;
            }
        }
    }
    let squashfs = index.squashfs().map(Squashfs::stored).sum::<u64>();
    assert_eq!(sum + squashfs, parts);
}
