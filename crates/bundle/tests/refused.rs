//! What is not taken: anything but the very bytes that a trusted key signed.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;

use common::{bundle, key, ring, signed, slot};
use zshield_bundle::container::{PRELUDE, SIGNATURE_ROOM};
use zshield_bundle::head::{Factory, Initrd};
use zshield_bundle::keyring::Keyring;
use zshield_bundle::make::Options;
use zshield_bundle::open::{Bundle, OpenError, Signer};
use zshield_bundle::refusal::Refusal;

fn small() -> Vec<u8> {
    let old = slot("1.0", &[("etc/motd", b"welcome\n".repeat(50))]);
    let new = slot("2.0", &[("etc/motd", b"welcome\n".repeat(51)), ("etc/new", b"x".to_vec())]);
    let options = Options { whole: true, factory: Factory::Follows, initrd: Initrd::Carried };
    bundle(&new.image(), &[old.image()], options)
}

fn refused(bytes: &[u8], keyring: &Keyring) -> Option<Refusal> {
    match Bundle::open(bytes, keyring).and_then(|bundle| bundle.check(&|_| {})) {
        Ok(_) => None,
        Err(OpenError::Refused(refusal)) => Some(refusal),
        Err(OpenError::Read(error) | OpenError::Write(error)) => panic!("{error}"),
    }
}

#[test]
fn who_signed_it_decides() {
    let (ours, other) = (key(), key());
    let (unsigned, keyring) = (small(), ring(&ours));
    assert_eq!(refused(&unsigned, &keyring), Some(Refusal::Unsigned));
    assert_eq!(refused(&signed(&unsigned, &ours), &keyring), None);
    let stranger = signed(&unsigned, &other);
    assert_eq!(refused(&stranger, &keyring), Some(Refusal::Stranger { key: other.secret.id() }));
    // Signed anew it is ours.
    assert_eq!(refused(&signed(&stranger, &ours), &keyring), None);
    let mut changed = Keyring::of([ours.public.as_str(), other.public.as_str()]).unwrap();
    assert_eq!(refused(&stranger, &changed), None);
    changed.learn(&[], &[other.secret.id()], ours.secret.id()).unwrap();
    assert_eq!(refused(&stranger, &changed), Some(Refusal::Revoked { key: other.secret.id() }));
    assert_eq!(
        refused(&stranger, &Keyring::default()),
        Some(Refusal::Stranger { key: other.secret.id() })
    );
    // To be shown, whoever made it.
    let signer = |bytes: &[u8]| Bundle::open_unproved(bytes).unwrap().signer();
    assert_eq!(signer(&unsigned), Signer::Nobody);
    assert_eq!(signer(&stranger), Signer::Unproved(other.secret.id()));
}

#[test]
fn a_bundle_that_is_cut_anywhere_is_not_taken() {
    let key = key();
    let (bytes, keyring) = (signed(&small(), &key), ring(&key));
    let opened = Bundle::open(bytes.as_slice(), &keyring).unwrap();
    let index = opened.check(&|_| {}).unwrap();
    let mut ends: BTreeSet<u64> = (0..PRELUDE + 2).collect();
    let room = opened.parts_at() - opened.head().index.stored - SIGNATURE_ROOM;
    ends.extend([room, room + SIGNATURE_ROOM]);
    let ways = index.contents().flat_map(|content| &content.ways);
    let parts = ways.flat_map(|way| &way.parts);
    let parts = parts.chain(index.squashfs().flat_map(|way| &way.parts));
    ends.extend(parts.map(|part| opened.parts_at() + part.at));
    ends.extend([opened.parts_at(), opened.length()]);
    let boundaries: Vec<u64> = ends.iter().flat_map(|end| [end.saturating_sub(1), *end]).collect();
    assert!(boundaries.len() > 30, "{}", boundaries.len());
    for end in boundaries.into_iter().filter(|end| *end < bytes.len() as u64) {
        let found = refused(&bytes[..usize::try_from(end).unwrap()], &keyring);
        let expected = if end < 8 { Refusal::NoBundle } else { Refusal::Truncated };
        assert_eq!(found, Some(expected), "{end}");
    }
    let longer = [bytes.as_slice(), b"x"].concat();
    assert_eq!(refused(&longer, &keyring), Some(Refusal::Altered));
}

#[test]
fn of_a_thousand_changed_bundles_none_is_taken() {
    let key = key();
    let (bytes, keyring) = (signed(&small(), &key), ring(&key));
    assert_eq!(refused(&bytes, &keyring), None);
    let mut chance = fastrand::Rng::with_seed(20);
    let mut tried = 0;
    while tried < 1000 {
        let mut changed = bytes.clone();
        for _ in 0..chance.usize(1..=3) {
            change(&mut changed, &mut chance);
        }
        if changed != bytes {
            tried += 1;
            assert!(refused(&changed, &keyring).is_some(), "number {tried} is taken");
        }
    }
}

#[test]
fn each_changed_byte_is_found() {
    // Not all of them: the verifier takes its time.
    const STEP: usize = 13;
    let key = key();
    let (mut bytes, keyring) = (signed(&small(), &key), ring(&key));
    for at in (0..40).chain((40..bytes.len()).step_by(STEP)) {
        bytes[at] ^= 0x20;
        assert!(refused(&bytes, &keyring).is_some(), "byte {at}");
        bytes[at] ^= 0x20;
    }
    assert_eq!(refused(&bytes, &keyring), None);
}

/// A bit, a byte, a number, or a stretch that goes, comes twice, or changes its place.
fn change(bytes: &mut Vec<u8>, chance: &mut fastrand::Rng) {
    if bytes.is_empty() {
        return;
    }
    let at = chance.usize(..bytes.len());
    let length = chance.usize(..=(bytes.len() - at).min(64));
    match chance.usize(..6) {
        0 => bytes[at] ^= 1 << chance.usize(..8),
        1 => bytes[at] = chance.u8(..),
        2 => {
            let room = (bytes.len() - at).min(8);
            bytes[at..at + room].copy_from_slice(&chance.u64(..).to_le_bytes()[..room]);
        }
        3 => drop(bytes.drain(at..at + length)),
        4 => {
            let twice = bytes[at..at + length].to_vec();
            drop(bytes.splice(at..at, twice));
        }
        _ => bytes.truncate(at),
    }
}
