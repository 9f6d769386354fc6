//! What the manifest's parser takes, and all that it refuses.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

mod common;

use proptest::prelude::*;
use zshield_golden::manifest::{
    Attributes, DeviceNumber, Entry, Identity, Kind, Listing, ManifestError, Node, Problem, Reader,
};
use zshield_golden::slot::{Artifact, ArtifactRecord};
use zshield_golden::verity::{Salt, Verity};
use zshield_golden::{Digest, EntryPath};
use zshield_units::UnixTime;

fn path(text: &str) -> EntryPath {
    text.parse().unwrap()
}

fn inode(at: &str, kind: Kind) -> Entry {
    Entry { path: path(at), node: Node::Inode { attributes: Attributes::default(), kind } }
}

fn file(at: &str, links: u32) -> Entry {
    inode(at, Kind::File { size: 3, digest: Digest::of(b"abc"), links })
}

fn manifest(listing: Listing) -> Vec<u8> {
    let identity = Identity {
        product: "p".into(),
        version: "1".into(),
        created: "2026-01-02T03:04:05Z".into(),
        kernel_release: "6.1".into(),
        kernel: "boot/vmlinuz".into(),
        initrd: "boot/initrd.img".into(),
    };
    let verity = Verity {
        root_hash: "00".repeat(32).parse().unwrap(),
        salt: Salt::new([1, 2]).unwrap(),
        data_blocks: 1,
        hash_offset: 4096,
    };
    let artifacts =
        Artifact::ALL.map(|name| ArtifactRecord { name, size: 1, blake3: Digest::of(b"") });
    listing.into_manifest(identity, verity, artifacts.to_vec()).unwrap().text
}

fn parse(text: &[u8]) -> Result<Vec<Entry>, ManifestError> {
    Reader::new(text)?.collect()
}

/// A manifest with these lines after the header; the totals are those of the lines.
fn with_lines(lines: &[&str]) -> Vec<u8> {
    let text = String::from_utf8(manifest(Listing::new())).unwrap();
    let files = lines.iter().filter(|line| line.contains(r#""type":"file""#)).count();
    let text = text
        .replace(r#""entries":0"#, &format!(r#""entries":{}"#, lines.len()))
        .replace(r#""bytes":0"#, &format!(r#""bytes":{}"#, files * 3));
    (text + &lines.join("\n") + if lines.is_empty() { "" } else { "\n" }).into_bytes()
}

const ATTRIBUTES: &str = r#""mode":"0644","uid":0,"gid":0,"mtime":0"#;

fn line(fields: &str) -> String {
    format!("{{{fields},{ATTRIBUTES}}}")
}

fn directory_line(at: &str) -> String {
    line(&format!(r#""type":"directory","path":"{at}""#))
}

fn file_line(at: &str) -> String {
    let digest = Digest::of(b"abc");
    line(&format!(r#""type":"file","path":"{at}","size":3,"blake3":"{digest}""#))
}

#[test]
fn every_kind_of_entry_survives() {
    let attributes = Attributes {
        mode: 0o7755,
        uid: 1,
        gid: u32::MAX,
        mtime: UnixTime(-1),
        xattrs: [(b"user.\xff%".to_vec(), vec![0, 255]), (b"security.x".to_vec(), vec![])].into(),
    };
    let number = DeviceNumber { major: 4095, minor: 1_048_575 };
    let entries = vec![
        inode(".", Kind::Directory),
        Entry { path: path("a"), node: Node::Inode { attributes, kind: Kind::Directory } },
        file("a/b", 2),
        inode("a/c", Kind::Symlink { target: b"/\xfe\n".to_vec() }),
        file("a-b", 1),
        inode("blk", Kind::BlockDevice(number)),
        inode("chr", Kind::CharDevice(number)),
        inode("fifo", Kind::Fifo),
        Entry { path: path("link"), node: Node::HardLink { to: path("a/b") } },
        inode("sock", Kind::Socket),
        file("z%FF%0A", 1),
    ];
    let text = manifest(Listing::of(entries.clone()).unwrap());
    assert_eq!(parse(&text).unwrap(), entries);
    assert!(text.is_ascii(), "bytes that are no text are escaped");
}

/// Lines, the number of the wrong one, and what is wrong with it.
type Wrong = (Vec<String>, u64, fn(&Problem) -> bool);

// A table.
#[allow(clippy::too_many_lines)]
fn wrong() -> Vec<Wrong> {
    let root = directory_line(".");
    let link =
        |at: &str, to: &str| format!(r#"{{"type":"hard-link","path":"{at}","target":"{to}"}}"#);
    let after_root = |line: String| vec![root.clone(), line];
    vec![
        (vec![file_line("a")], 2, |p| matches!(p, Problem::RootFirst)),
        (vec![file_line(".")], 2, |p| matches!(p, Problem::RootFirst)),
        (after_root(file_line("/etc/passwd")), 3, |p| matches!(p, Problem::Path(_))),
        (after_root(file_line("../x")), 3, |p| matches!(p, Problem::Path(_))),
        (after_root(file_line("a/%2E%2E/x")), 3, |p| matches!(p, Problem::Path(_))),
        (after_root(file_line("a%00")), 3, |p| matches!(p, Problem::Path(_))),
        (after_root(file_line("")), 3, |p| matches!(p, Problem::Path(_))),
        (after_root(file_line("a/b")), 3, |p| matches!(p, Problem::NoParent { .. })),
        (vec![root.clone(), root.clone()], 3, |p| matches!(p, Problem::Twice { .. })),
        (vec![root.clone(), file_line("a"), file_line("a")], 4, |p| {
            matches!(p, Problem::Twice { .. })
        }),
        (vec![root.clone(), file_line("b"), file_line("a")], 4, |p| {
            matches!(p, Problem::Order { .. })
        }),
        (vec![root.clone(), file_line("a"), file_line("a/b")], 4, |p| {
            matches!(p, Problem::ParentNoDirectory { .. })
        }),
        // `a` was left behind: it is no parent any more.
        (vec![root.clone(), directory_line("a"), file_line("b"), file_line("a/c")], 5, |p| {
            matches!(p, Problem::Order { .. })
        }),
        (vec![root.clone(), directory_line("a"), file_line("b/c")], 4, |p| {
            matches!(p, Problem::NoParent { .. })
        }),
        (after_root(link("b", "a")), 3, |p| matches!(p, Problem::LinkTarget { .. })),
        (vec![root.clone(), file_line("a"), link("b", "a")], 4, |p| {
            matches!(p, Problem::LinkTarget { .. })
        }),
        (vec![root.clone(), directory_line("a"), link("b", "a")], 4, |p| {
            matches!(p, Problem::LinkTarget { .. })
        }),
        (after_root(file_line("a").replace("0644", "99")), 3, |p| {
            matches!(p, Problem::Mode { .. })
        }),
        (after_root(file_line("a").replace("0644", "+644")), 3, |p| {
            matches!(p, Problem::Mode { .. })
        }),
        (after_root(file_line("a").replace(r#""uid":0,"#, "")), 3, |p| {
            matches!(p, Problem::FieldMissing { name: "uid" })
        }),
        (after_root(file_line("a").replace('}', r#","major":1}"#)), 3, |p| {
            matches!(p, Problem::FieldUnexpected { name: "major" })
        }),
        (after_root(file_line("a").replace('}', r#","new":1}"#)), 3, |p| {
            matches!(p, Problem::Json { .. })
        }),
        (after_root(file_line("a").replace('}', r#","xattrs":{"user.x":"*"}}"#)), 3, |p| {
            matches!(p, Problem::Xattr)
        }),
        (after_root(line(r#""type":"symlink","path":"a","target":"x%00""#)), 3, |p| {
            matches!(p, Problem::SymlinkTarget)
        }),
        (after_root(line(r#""type":"door","path":"a""#)), 3, |p| matches!(p, Problem::Json { .. })),
        (after_root("not JSON".into()), 3, |p| matches!(p, Problem::Json { .. })),
        (after_root(String::new()), 3, |p| matches!(p, Problem::Json { .. })),
    ]
}

#[test]
fn what_breaks_a_rule_is_refused_with_its_line() {
    for (lines, at, wanted) in wrong() {
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let error = parse(&with_lines(&lines)).unwrap_err();
        assert!(error.line == at && wanted(&error.source), "{lines:?}: {error:?}");
    }
}

#[test]
fn the_writer_keeps_the_readers_rules() {
    let refused = |entries: Vec<Entry>| Listing::of(entries).err();
    assert!(matches!(refused(vec![file("a", 1)]), Some(Problem::RootFirst)));
    let twice = vec![inode(".", Kind::Directory), file("a", 1), file("a", 1)];
    assert!(matches!(refused(twice), Some(Problem::Twice { .. })));
}

#[test]
fn the_header_and_the_end_are_checked() {
    let root = directory_line(".");
    let whole = with_lines(&[&root, &file_line("a")]);
    assert_eq!(parse(&whole).unwrap().len(), 2);
    let text = String::from_utf8(whole.clone()).unwrap();
    let problem = |text: &str| parse(text.as_bytes()).unwrap_err();

    let newer = problem(&text.replacen(r#""format":1"#, r#""format":2,"later":true"#, 1));
    assert_eq!((newer.line, newer.source), (1, Problem::Format { found: 2, known: 1 }));
    assert_eq!(problem("").source, Problem::Empty);
    assert_eq!(problem(&text[..text.len() - 1]).source, Problem::Cut);
    let short = &text[..text.find(&file_line("a")).unwrap()];
    assert_eq!(problem(short).source, Problem::Totals);
    assert_eq!(problem(&format!("{text}{}\n", file_line("b"))).source, Problem::Totals);
    assert_eq!(problem(&text.replace(r#""bytes":3"#, r#""bytes":4"#)).source, Problem::Totals);
    let outside = problem(&text.replace("boot/vmlinuz", "../vmlinuz"));
    assert!(matches!(outside.source, Problem::Path(_)), "{outside:?}");
    let twice = problem(&text.replace("menu.pf2", "boot.img"));
    assert!(matches!(twice.source, Problem::Artifact { .. }), "{twice:?}");
    let long = format!("{}{}\n", text, "x".repeat(2 << 20));
    assert_eq!(problem(&long).source, Problem::LineLong);
}

#[test]
fn an_error_ends_the_reading() {
    let text = with_lines(&[&directory_line("."), "{}", &file_line("a")]);
    let mut reader = Reader::new(text.as_slice()).unwrap();
    assert!(reader.next().unwrap().is_ok());
    assert!(reader.next().unwrap().is_err());
    assert!(reader.next().is_none());
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(bytes: Vec<u8>) {
        let _ = parse(&bytes);
        let header = manifest(Listing::new());
        let _ = parse(&[header, bytes].concat());
    }

    #[test]
    fn no_change_of_a_line_makes_the_parser_panic(at in 0..400_usize, byte: u8, other in 0..400_usize) {
        let lines = [directory_line("."), directory_line("a"), file_line("a/b"), file_line("c")];
        let mut text = with_lines(&lines.each_ref().map(String::as_str));
        let start = text.iter().position(|byte| *byte == b'\n').unwrap();
        for at in [at, other] {
            let place = start + at % (text.len() - start);
            text[place] = byte;
        }
        let _ = parse(&text);
    }

    #[test]
    fn any_name_survives(name in proptest::collection::vec(1_u8.., 1..255)) {
        prop_assume!(!name.contains(&b'/') && name != b"." && name != b"..");
        let path = EntryPath::root().join(&name).unwrap();
        let entry = Entry { path, ..file("x", 1) };
        let entries = vec![inode(".", Kind::Directory), entry];
        let text = manifest(Listing::of(entries.clone()).unwrap());
        prop_assert_eq!(parse(&text).unwrap(), entries);
    }
}
