//! The cases as a table. A state is a kind (`f` a file, `n` another name, `d` a directory, `l` a symbolic link,
//! `s` a device) with its content, and what differs from the usual attributes: `m` a mode, `o` an owner, `x` an
//! extended attribute, `L` a label, `t` a time. `-` is nothing.

use zshield_units::UnixTime;

use super::*;
use crate::upgrade::file::Kind;
use crate::upgrade::path::SystemPath;

/// The state that a text stands for.
pub(in crate::upgrade) fn state(text: &str) -> Option<FileState> {
    let mut parts = text.split('.');
    let (kind, content) = parts.next()?.split_at(1);
    let kind = match kind {
        "-" => return None,
        "f" => Kind::File { digest: [content.parse().unwrap(); 32], size: 100 },
        "n" => Kind::Link { to: SystemPath::new(content).unwrap() },
        "d" => Kind::Directory,
        "l" => Kind::Symlink { target: content.to_owned() },
        "s" => Kind::Special { format: 0o020_000, number: (1, content.parse().unwrap()) },
        other => panic!("{other}"),
    };
    let attributes = Attributes { mode: 0o644, ..Attributes::default() };
    let mut state = FileState { kind, attributes, label: None, mtime: UnixTime(0) };
    for part in parts {
        let (what, value) = part.split_at(1);
        match what {
            "m" => state.attributes.mode = u16::from_str_radix(value, 8).unwrap(),
            "o" => state.attributes.owner = (value.parse().unwrap(), 0),
            "x" => drop(state.attributes.xattrs.insert("user.x".into(), value.into())),
            "L" => state.label = Some(value.into()),
            "t" => state.mtime = UnixTime(value.parse().unwrap()),
            other => panic!("{other}"),
        }
    }
    Some(state)
}

/// What was delivered, is there, is delivered now, and what becomes of it: `=` it stays, `new:` or `here:` the
/// content's side with the state, `gone`, or the clash.
const CASES: &[(&str, &str, &str, &str)] = &[
    // Nobody touched it: the new version's.
    ("f1", "f1", "f1", "="),
    ("f1", "f1", "f2", "new:f2"),
    ("f1", "f1", "-", "gone"),
    ("-", "-", "f1", "new:f1"),
    ("f1", "f1", "f1.m600", "here:f1.m600"),
    ("f1", "f1", "f1.o5", "here:f1.o5"),
    ("f1", "f1", "f1.x1", "here:f1.x1"),
    ("f1", "f1", "f2.m600", "new:f2.m600"),
    ("f1", "f1", "d", "new:d"),
    ("d", "d", "f1", "new:f1"),
    ("d", "d", "-", "gone"),
    ("d.m755", "d.m755", "d.m700", "here:d.m700"),
    ("la", "la", "lb", "new:lb"),
    ("f1", "f1", "la", "new:la"),
    ("la", "la", "f1", "new:f1"),
    ("s1", "s1", "s2", "new:s2"),
    ("f1", "f1", "netc/a", "new:netc/a"),
    ("netc/a", "netc/a", "f1", "new:f1"),
    // Only the machine changed it: it stays.
    ("f1", "f2", "f1", "="),
    ("f1", "-", "f1", "="),
    ("-", "f1", "-", "="),
    ("f1", "f1.m600", "f1", "="),
    ("f1", "d", "f1", "="),
    ("d", "la", "d", "="),
    ("f1", "la", "f1", "="),
    ("la", "lb", "la", "="),
    // Both did the same.
    ("f1", "f2", "f2", "="),
    ("f1", "-", "-", "="),
    ("-", "f1", "f1", "="),
    ("f1", "f1.m600", "f1.m600", "="),
    ("f1", "f2", "f2.t9", "here:f2.t9"),
    // Each changed another part.
    ("f1", "f1.m600", "f2", "new:f2.m600"),
    ("f1", "f2", "f1.m600", "here:f2.m600"),
    ("f1", "f1.o5", "f2.m600", "new:f2.m600.o5"),
    ("f1", "f2.x1", "f1.o5", "here:f2.o5.x1"),
    ("f1", "f1.m640", "f2.m640", "new:f2.m640"),
    ("d.m755", "d.m755.o5", "d.m700", "here:d.m700.o5"),
    // Both changed the same part.
    ("f1", "f2", "f3", "content"),
    ("f1", "f2.m600", "f3.m600", "content"),
    ("la", "lb", "lc", "content"),
    ("s1", "s2", "s3", "content"),
    ("f1", "f1.m600", "f1.m640", "attributes"),
    ("f1", "f1.o5", "f2.o6", "attributes"),
    ("f1", "f1.x1", "f1.x2", "attributes"),
    ("d.m755", "d.m700", "d.m750", "attributes"),
    ("-", "f1", "f2", "both-added"),
    ("-", "la", "lb", "both-added"),
    ("-", "f1", "f1.m600", "attributes"),
    ("-", "d.m755", "d.m700", "attributes"),
    ("f1", "-", "f2", "removed-here"),
    ("f1", "-", "d", "removed-here"),
    ("f1", "f2", "-", "removed-there"),
    ("f1", "f1.m600", "-", "removed-there"),
    ("d", "la", "-", "removed-there"),
    // Another kind of thing.
    ("f1", "d", "f2", "kind"),
    ("f1", "f2", "d", "kind"),
    ("f1", "la", "f2", "kind"),
    ("la", "f1", "lb", "kind"),
    ("-", "d", "f1", "kind"),
    ("-", "f1", "d", "kind"),
    ("d", "f1", "la", "kind"),
    // Labels are the new version's, and neither they nor times are anybody's change.
    ("f1", "f1.L1", "f2", "new:f2"),
    ("f1.La", "f1.La", "f1.Lb", "here:f1.Lb"),
    ("f1.La", "f2.La", "f1.Lb", "here:f2.Lb"),
    ("f1.La", "f1.Lc", "f1.Lb", "here:f1.Lb"),
    ("f1.La", "f1.Lc", "f1.La", "="),
    ("f1.La", "f1.m600.La", "f2.Lb", "new:f2.m600.Lb"),
    ("f1.La", "d.La", "f1.Lb", "="),
    ("f1.La", "-", "f1.Lb", "="),
    ("f1", "f1.t5", "f1", "="),
    ("f1", "f1.t5", "f2.t7", "new:f2.t7"),
    ("f1", "f1.t5", "f1.t7", "here:f1.t7"),
];

#[test]
fn each_path_becomes_what_the_table_says() {
    assert!(CASES.len() >= 60);
    for (old, local, new, wanted) in CASES {
        let [old_state, local_state, new_state] = [old, local, new].map(|text| state(text));
        let [old_state, local_state, new_state] =
            [&old_state, &local_state, &new_state].map(Option::as_ref);
        let found = merged(old_state, local_state, new_state);
        let wanted_one = match wanted.split_once(':') {
            Some(("new", text)) => Merged::Becomes(state(text).unwrap(), Side::New),
            Some(("here", text)) => Merged::Becomes(state(text).unwrap(), Side::Local),
            Some(other) => panic!("{other:?}"),
            None => match *wanted {
                "=" => Merged::Stays,
                "gone" => Merged::Goes,
                clash => Merged::Clash(named(clash)),
            },
        };
        assert_eq!(found, wanted_one, "{old} {local} {new}");
    }
}

fn named(name: &str) -> Clash {
    let all = [
        Clash::Content,
        Clash::Attributes,
        Clash::BothAdded,
        Clash::RemovedHere,
        Clash::RemovedThere,
        Clash::Kind,
    ];
    let is_it = |clash: &Clash| serde_json::to_value(clash).unwrap() == name;
    all.into_iter().find(is_it).unwrap()
}

#[test]
fn without_a_change_of_the_vendor_nothing_is_touched_whatever_is_there() {
    let texts = ["-", "f1", "f2.m600", "d", "la", "s1", "f1.La"];
    for same in texts {
        for there in texts {
            let (same, there) = (state(same), state(there));
            let found = merged(same.as_ref(), there.as_ref(), same.as_ref());
            assert_eq!(found, Merged::Stays);
        }
    }
}
