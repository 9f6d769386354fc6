use zshield_golden::EntryPath;

use super::*;

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
        changelog: Changelog { zh: "修复".into(), en: String::new() },
        introduces: vec![],
        revokes: vec![],
    }
}

pub(crate) fn head() -> Head {
    let from = From { version: Version::new("1.0").unwrap(), manifest: Digest::of(b"1.0") };
    let system =
        System { manifest: Digest::of(b"2.0"), signature: None, from: vec![from], whole: false };
    let space = Space { root: Bytes(100), golden: Bytes(50) };
    let hook = Hook { stage: Stage::Before, name: "stop".into(), blake3: Digest::of(b"#!/bin/sh") };
    let index = IndexRecord { stored: 3, size: 4, blake3: Digest::of(b"index") };
    Head::new(terms(), space, vec![hook], Payload::System(system), index, 7)
}

#[test]
fn a_head_comes_back() {
    let head = head();
    assert_eq!(Head::parse(&head.to_bytes().unwrap()), Ok(head.clone()));
    assert_eq!(head.contents(), [Digest::of(b"#!/bin/sh"), Digest::of(b"2.0")]);
}

/// The head of a bundle that brings this in place of a system.
fn bringing(payload: Payload) -> Head {
    Head { factory: Factory::Stays, payload, ..head() }
}

fn is_taken(head: &Head) -> bool {
    let read = Head::parse(&head.to_bytes().unwrap());
    assert!(read.as_ref().is_ok_and(|read| read == head) || read.is_err());
    read.is_ok()
}

fn placed(path: &str) -> Placed {
    let path = EntryPath::new(path).unwrap();
    let (mode, uid, gid, label) = (0o644, 0, 0, None);
    Placed { path, mode, uid, gid, label, size: 0, blake3: Digest::of(b"") }
}

#[test]
fn files_have_each_a_place_of_its_own() {
    let head = |files: Vec<Placed>, removed: &[&str]| {
        let removed = removed.iter().map(|path| EntryPath::new(*path).unwrap()).collect();
        bringing(Payload::Files { files, removed })
    };
    let motd = placed("etc/motd");
    assert!(is_taken(&head(vec![motd.clone(), placed("etc/motd.d/a")], &["etc/motd.d"])));
    assert!(is_taken(&head(vec![], &["etc/motd"])));
    for (files, removed) in [
        (vec![], [].as_slice()),
        (vec![Placed { mode: 0o10000, ..motd.clone() }], &[]),
        (vec![motd.clone(), motd.clone()], &[]),
        (vec![motd.clone(), placed("etc/motd/a")], &[]),
        (vec![placed("")], &[]),
        (vec![motd.clone()], &[""]),
    ] {
        assert!(!is_taken(&head(files.clone(), removed)), "{files:?}");
    }
    let follows = Head { factory: Factory::Follows, ..head(vec![motd], &[]) };
    assert!(!is_taken(&follows));
}

#[test]
fn packages_have_names_that_no_program_takes_for_an_option() {
    let package = |name: &str| {
        let name = EntryPath::new(name).unwrap();
        Package { name, size: 0, blake3: Digest::of(b"") }
    };
    let head = |names: &[&str]| {
        let files = names.iter().map(|name| package(name)).collect();
        bringing(Payload::Packages { manager: Manager::Deb, files })
    };
    assert!(is_taken(&head(&["a.deb", "b.deb"])));
    for names in [[].as_slice(), &["a/b.deb"], &[""], &["a.deb", "a.deb"], &["--root.deb"]] {
        assert!(!is_taken(&head(names)), "{names:?}");
    }
}

#[test]
fn what_a_machine_keeps_for_ever_is_short() {
    let mut head = head();
    head.changelog.en = "x".repeat(LONGEST_OF_KEYS);
    assert!(Head::parse(&head.to_bytes().unwrap()).is_ok());
    head.revokes = vec![KeyId::new(1)];
    let refused = Head::parse(&head.to_bytes().unwrap());
    assert!(matches!(refused, Err(Refusal::LongOfKeys { .. })));
    head.changelog.en = "x".into();
    assert!(Head::parse(&head.to_bytes().unwrap()).is_ok());
}

#[test]
fn what_is_not_understood_is_refused() {
    let text = String::from_utf8(head().to_bytes().unwrap()).unwrap();
    for (from, to) in [
        (r#""format":1"#, r#""format":1,"x":1"#),
        (r#""kind":"system""#, r#""kind":"system","x":1"#),
        (r#""kind":"system""#, r#""kind":"other""#),
        (r#""product":"Gateway""#, r#""product":"Gate\nway""#),
        (r#""whole":false"#, r#""whole":0"#),
        (r#""version":"2.0""#, r#""version":"""#),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        assert!(matches!(Head::parse(changed.as_bytes()), Err(Refusal::Malformed { .. })), "{to}");
    }
    let newer = text.replacen(r#""format":1"#, r#""format":2,"x":1"#, 1);
    let expected = Refusal::Format { found: 2, known: 1 };
    assert_eq!(Head::parse(newer.as_bytes()), Err(expected));
}

#[test]
fn a_changelog_is_read_in_the_other_language_where_it_must_be() {
    let changelog = terms().changelog;
    assert_eq!(changelog.text(Language::English), "修复");
    assert_eq!(changelog.text(Language::Chinese), "修复");
}
