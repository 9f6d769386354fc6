//! A part of a payload in a staging tree: made, and gone on with after a cut.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

mod common;
mod fixture;

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt as _;
use std::sync::atomic::Ordering;

use common::{Slot, drifts};
use fixture::{OfTree, Staging, paths};
use zshield_golden::Digest;
use zshield_golden::compare::Expected;
use zshield_golden::manifest::{Kind, Node};
use zshield_golden::unpack::{Contents, ContentsError, Source, Subset, UnpackError, stage, unpack};

/// Contents that are always these bytes.
struct Always(Vec<u8>);

impl Contents for Always {
    fn write(&self, _: &Digest, _: u64, to: &mut dyn Write) -> Result<(), ContentsError> {
        // Whatever came of it.
        let _ = to.write_all(&self.0);
        Ok(())
    }
}

#[test]
fn what_was_chosen_is_staged_with_the_directories_that_lead_to_it() {
    let staging = Staging::new();
    staging.stage().unwrap();
    staging.is_right();
    // Nothing is no content that anybody has to have.
    assert!(!staging.contents.asked().contains(&"nothing".to_owned()));
    let sparse = fs::metadata(staging.at("var/sparse")).unwrap();
    assert!(sparse.blocks() * 512 < 65_536, "holes stay holes");
    assert_eq!(fs::metadata(staging.at("a/third")).unwrap().nlink(), 3);
}

#[test]
fn a_whole_payload_can_be_made_of_contents() {
    let slot = Slot::new();
    let manifest = slot.manifest();
    let contents = OfTree::new(&slot.tree, &manifest);
    let target = slot.directory("target");
    let done = unpack(Source::Contents(&contents), &target, &manifest, &|_| {}).unwrap();
    assert_eq!(done.bytes, manifest.header().bytes);
    assert_eq!(drifts(&target, &manifest, &Expected::nothing()), []);
}

#[test]
fn the_first_chosen_name_of_a_file_stands_for_it() {
    let slot = Slot::new();
    let manifest = slot.manifest();
    let subset = Subset::of(&manifest, &paths(&["usr/bin/another", "usr/bin/large"])).unwrap();
    let named: Vec<String> = subset.entries().iter().map(|entry| entry.path.to_string()).collect();
    assert_eq!(named, [".", "usr", "usr/bin", "usr/bin/another", "usr/bin/large"]);
    let nodes: Vec<&Node> = subset.entries().iter().map(|entry| &entry.node).collect();
    assert!(matches!(nodes[3], Node::Inode { kind: Kind::File { links: 2, .. }, .. }));
    assert_eq!(*nodes[4], Node::HardLink { to: "usr/bin/another".parse().unwrap() });
    let tree = slot.directory("staging");
    stage(&OfTree::new(&slot.tree, &manifest), &tree, &subset, &|_| {}).unwrap();
    let metadata = |path: &str| fs::metadata(tree.join(path)).unwrap();
    assert_eq!(metadata("usr/bin/another").ino(), metadata("usr/bin/large").ino());
    assert_eq!(metadata("usr/bin/large").nlink(), 2);
    assert_eq!(metadata("usr/bin/large").len(), subset.bytes());
}

#[test]
fn a_path_that_the_manifest_has_not_is_refused() {
    let slot = Slot::new();
    let manifest = slot.manifest();
    for absent in ["etc/no", "zzz"] {
        let error = Subset::of(&manifest, &paths(&["etc/passwd", absent, "usr"])).unwrap_err();
        assert!(matches!(&error, UnpackError::Absent { path } if path.to_string() == absent));
    }
}

#[test]
fn cut_off_after_each_content_it_goes_on_with_the_next() {
    let staging = Staging::new();
    let mut asked = Vec::new();
    loop {
        staging.contents.left.store(2, Ordering::Relaxed);
        let staged = staging.stage();
        asked.extend(staging.contents.asked());
        match staged {
            Ok(()) => break,
            Err(UnpackError::Contents { source, .. }) => assert_eq!(source.to_string(), "no more"),
            Err(error) => panic!("{error:?}"),
        }
    }
    staging.is_right();
    // Each was asked for once: five files have a content.
    assert_eq!(asked.len(), 5, "{asked:?}");
}

#[test]
fn another_content_than_the_one_asked_for_is_named_and_not_left_there() {
    let slot = Slot::new();
    let manifest = slot.manifest();
    let subset = Subset::of(&manifest, &paths(&["usr/bin/exact"])).unwrap();
    let right = fs::read(slot.tree.join("usr/bin/exact")).unwrap();
    let mut changed = right.clone();
    changed[200_000] ^= 1;
    let short = right[..right.len() - 1].to_vec();
    let long = [right.clone(), vec![0]].concat();
    for (name, content) in [("changed", changed), ("short", short), ("long", long)] {
        let tree = slot.directory(name);
        let error = stage(&Always(content), &tree, &subset, &|_| {}).unwrap_err();
        assert!(
            matches!(&error, UnpackError::Content { path } if path.to_string() == "usr/bin/exact"),
            "{name}: {error:?}"
        );
        assert!(!tree.join("usr/bin/exact").exists(), "{name}");
        stage(&Always(right.clone()), &tree, &subset, &|_| {}).unwrap();
    }
}
