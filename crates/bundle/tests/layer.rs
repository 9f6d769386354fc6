//! Bundles of files: what they make of a version, and their signed heads by themselves.

#![allow(clippy::unwrap_used)]

mod common;

use common::{key, ring, signed, slot, terms};
use zshield_bundle::head::{Factory, Payload, Placed, Space, Terms};
use zshield_bundle::layer::{LayerError, of_files};
use zshield_bundle::make::{Packed, Spool};
use zshield_bundle::open::{Bundle, OpenError, signed_head};
use zshield_bundle::refusal::Refusal;
use zshield_golden::manifest::{Kind, Manifest, Node};
use zshield_golden::{Digest, EntryPath};
use zshield_units::UnixTime;

fn path(text: &str) -> EntryPath {
    EntryPath::new(text).unwrap()
}

fn placed(at: &str) -> Placed {
    let (size, blake3) = (at.len() as u64, Digest::of(at.as_bytes()));
    Placed { path: path(at), mode: 0o640, uid: 0, gid: 7, label: None, size, blake3 }
}

fn with_manifest(test: impl FnOnce(&Manifest)) {
    let files = ["etc/motd", "usr/lib/a", "usr/lib/b/c"];
    let files = files.map(|at| (at, at.as_bytes().to_vec()));
    test(slot("1.0", &files).image().manifest());
}

fn paths(manifest: &Manifest) -> Vec<String> {
    manifest.entries().unwrap().map(|entry| entry.unwrap().path.to_string()).collect()
}

#[test]
fn files_take_their_places_and_what_is_removed_goes() {
    with_manifest(|old| {
        let files = [placed("etc/motd"), placed("usr/lib/b"), placed("usr/share/x/y")];
        let layer = of_files(&files, &[path("usr/lib/b"), path("gone")], UnixTime(9), old).unwrap();
        let new = old.with("1.1", &layer).unwrap();
        let wanted = [
            ".",
            "etc",
            "etc/motd",
            "usr",
            "usr/lib",
            "usr/lib/a",
            "usr/lib/b",
            "usr/share",
            "usr/share/x",
            "usr/share/x/y",
        ];
        assert_eq!(paths(&new), wanted);
        assert_eq!(new.header().version, "1.1");
        let Node::Inode { attributes, kind } = &layer.put[&path("etc/motd")] else { panic!() };
        assert_eq!((attributes.mode, attributes.gid, attributes.mtime), (0o640, 7, UnixTime(9)));
        assert!(matches!(kind, Kind::File { digest, .. } if *digest == Digest::of(b"etc/motd")));
        let Node::Inode { attributes, kind } = &layer.put[&path("usr/share")] else { panic!() };
        assert_eq!((attributes.mode, attributes.gid, kind), (0o755, 0, &Kind::Directory));
    });
}

#[test]
fn a_file_has_the_label_that_is_said_or_that_of_what_is_around_it() {
    with_manifest(|old| {
        let label = |at: &str, said: Option<&str>| {
            let file = Placed { label: said.map(str::to_owned), ..placed(at) };
            let layer = of_files(&[file], &[], UnixTime(9), old).unwrap();
            let Node::Inode { attributes, .. } = &layer.put[&path(at)] else { panic!() };
            attributes.xattrs.get(b"security.selinux".as_slice()).cloned()
        };
        assert_eq!(label("usr/lib/new", None), None);
        assert_eq!(label("usr/lib/new", Some("a:b:c")), Some(b"a:b:c".to_vec()));
    });
}

#[test]
fn a_file_on_a_directory_or_below_what_is_none_has_no_place() {
    with_manifest(|old| {
        let refused = |at: &str| of_files(&[placed(at)], &[], UnixTime(9), old).unwrap_err();
        assert_eq!(refused("usr/lib/b"), LayerError::OnDirectory(path("usr/lib/b")));
        let (below, above) = (path("etc/motd/x/y"), path("etc/motd"));
        assert_eq!(refused("etc/motd/x/y"), LayerError::Through { path: below, above });
    });
}

#[test]
fn a_signed_head_stands_by_itself() {
    let key = key();
    let mut spool = Spool::new(tempfile::tempfile().unwrap());
    spool.add(Packed::whole(b"etc/motd").unwrap()).unwrap();
    let files = Payload::Files { files: vec![placed("etc/motd")], removed: vec![] };
    let (terms, mut bytes) = (Terms { factory: Factory::Stays, ..terms() }, Vec::new());
    let head = spool.finish(terms, Space::default(), vec![], files, &mut bytes).unwrap();
    let opened = Bundle::open(signed(&bytes, &key), &ring(&key)).unwrap();
    let seal = opened.seal().unwrap();
    let trusted = ring(&key).trusted();
    assert_eq!(signed_head(&seal, &trusted).unwrap(), head);

    let refused = |seal: &[u8], trusted| match signed_head(seal, &trusted) {
        Err(OpenError::Refused(why)) => why.name(),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&seal, ring(&common::key()).trusted()), "stranger");
    assert_eq!(refused(&seal[..seal.len() - 1], ring(&key).trusted()), "truncated");
    let unsigned = Bundle::open_unproved(bytes).unwrap().seal().unwrap();
    assert_eq!(refused(&unsigned, ring(&key).trusted()), "unsigned");
    let mut changed = seal;
    changed[40] ^= 1;
    assert_eq!(refused(&changed, ring(&key).trusted()), "altered");
}

#[test]
fn a_content_of_another_length_than_is_signed_makes_no_sense() {
    let key = key();
    let mut spool = Spool::new(tempfile::tempfile().unwrap());
    spool.add(Packed::whole(b"etc/motd").unwrap()).unwrap();
    let file = Placed { size: 7, ..placed("etc/motd") };
    let files = Payload::Files { files: vec![file], removed: vec![] };
    let (terms, mut bytes) = (Terms { factory: Factory::Stays, ..terms() }, Vec::new());
    spool.finish(terms, Space::default(), vec![], files, &mut bytes).unwrap();
    let opened = Bundle::open(signed(&bytes, &key), &ring(&key)).unwrap();
    assert!(matches!(opened.index(), Err(OpenError::Refused(Refusal::Malformed { .. }))));
}
