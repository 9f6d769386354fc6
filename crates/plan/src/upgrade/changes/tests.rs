use super::*;
use crate::upgrade::etc::Answer;
use crate::upgrade::three_ways::Clash;
use crate::upgrade::three_ways::tests::state;

fn path(text: &str) -> SystemPath {
    SystemPath::new(text).unwrap()
}

/// Configuration below `etc`, what changes by itself below `var`, the system elsewhere.
fn class(path: &SystemPath) -> Class {
    if path.is_within("etc") {
        Class::Config
    } else if path.is_within("var") {
        Class::Volatile
    } else {
        Class::System
    }
}

/// What is decided of paths, a line each: path, old, local, new.
fn decided(paths: &str, answers: &str) -> Result<Decision, Refusal> {
    with_accepted(paths, answers, &[])
}

fn with_accepted(paths: &str, answers: &str, accepted: &[&str]) -> Result<Decision, Refusal> {
    let kept = ["etc/machine-id", "tmp", "home"].map(str::to_owned);
    let text = format!("format = 1\n[answers]\n{answers}");
    let answers = Answers::parse(&text).unwrap();
    let accepted = |path: &SystemPath| accepted.contains(&path.as_str());
    let rules = Rules { kept: &kept, class: &class, accepted: &accepted, answers: &answers };
    let triple = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [of, old, local, new] = words[..] else { panic!("{line}") };
        Triple { path: path(of), old: state(old), local: state(local), new: state(new) }
    };
    let lines = paths.lines().map(str::trim).filter(|line| !line.is_empty());
    decide(lines.map(triple), rules)
}

/// The changes as words.
fn shown(decision: &Decision) -> String {
    let word = |change: &Change| {
        let what = match change {
            Change::Write { .. } => "write",
            Change::Attributes { .. } => "attributes",
            Change::Remove { .. } => "remove",
            Change::Beside { .. } => "beside",
            Change::Accounts { .. } => "accounts",
        };
        format!("{what} {}", change.path().as_str())
    };
    decision.changes.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn clashes(decision: &Decision) -> Vec<(&str, Clash, Answer)> {
    let conflicts = decision.conflicts.iter();
    conflicts.map(|it| (it.path.as_str(), it.clash, it.answer)).collect()
}

/// Paths, what is done, and the paths that clash.
const CASES: &[(&str, &str, &[&str])] = &[
    // The new version's files, attributes and removals.
    ("usr/a f1 f1 f2", "write usr/a", &[]),
    ("usr/a f1 f1 f1.m755", "attributes usr/a", &[]),
    ("usr/a f1 f1 -", "remove usr/a", &[]),
    ("usr d d d \n usr/a - - d \n usr/a/b - - f1", "write usr/a, write usr/a/b", &[]),
    ("usr/a d d - \n usr/a/b f1 f1 -", "remove usr/a, remove usr/a/b", &[]),
    // The machine's own, whatever the new version says.
    ("etc/machine-id f1 f2 f3", "", &[]),
    ("etc/machine-id f1 f1 -", "", &[]),
    ("home d d d.m700 \n home/x f1 - f2", "", &[]),
    ("tmp d la d.m700 \n tmp/x f1 - f2", "", &[]),
    ("tmp - - d \n tmp/x - - f1", "write tmp, write tmp/x", &[]),
    ("etc/passwd- f1 f2 f3", "", &[]),
    // Configuration.
    ("etc/a f1 f2 f1", "", &[]),
    ("etc/a f1 f1 f2", "write etc/a", &[]),
    ("etc/a f1 f2 f3", "beside etc/a", &["etc/a"]),
    ("etc/a f1 f1.m600 f1.m640", "", &["etc/a"]),
    ("etc/a f1 f1.m600 f2", "write etc/a", &[]),
    ("etc/a f1 - f2", "beside etc/a", &["etc/a"]),
    ("etc/a f1 f2 -", "", &["etc/a"]),
    ("etc/a - f1 f2", "beside etc/a", &["etc/a"]),
    ("etc/a f1 d f2", "beside etc/a", &["etc/a"]),
    ("etc/passwd f1 f2 f3", "accounts etc/passwd", &[]),
    ("etc/shadow - f2 f3", "accounts etc/shadow", &[]),
    ("etc/group f1 - f3", "beside etc/group", &["etc/group"]),
    // What changes by itself stays without a word.
    ("var/a f1 f2 f3", "", &[]),
    ("var/a f1 f1 f3", "write var/a", &[]),
    ("var/a f1 f2 -", "", &[]),
    ("var/a d - d \n var/a/b f1 - f2", "", &[]),
    // A directory that is something else here.
    ("etc/a d la d \n etc/a/b f1 - f1", "", &[]),
    ("etc/a d la d \n etc/a/b f1 - f2", "", &["etc/a"]),
    ("etc/a d - d \n etc/a/b f1 - f1", "", &[]),
    ("etc/a d - d \n etc/a/b f1 - f2 \n etc/c f1 f1 f2", "write etc/c", &["etc/a"]),
    ("etc/a f1 f2 d \n etc/a/b - - f1", "", &["etc/a"]),
    ("etc/a f1 f1 d \n etc/a/b - - f1", "write etc/a, write etc/a/b", &[]),
    // One that the new version has as something else.
    ("etc/a d d f1 \n etc/a/b f1 f1 -", "write etc/a", &[]),
    ("etc/a d d f1 \n etc/a/b f1 f2 -", "beside etc/a", &["etc/a"]),
    ("etc/a d d f1 \n etc/a/b - f1 -", "beside etc/a", &["etc/a"]),
    ("etc/a d d - \n etc/a/b f1 f2 -", "remove etc/a", &["etc/a/b"]),
    ("etc/a d d - \n etc/a/b - f2 -", "remove etc/a", &[]),
    // Second names follow the first one.
    ("usr/a f1 f1 f2 \n usr/b nusr/a nusr/a nusr/a", "write usr/a, write usr/b", &[]),
    ("usr/a f1 f1 f1 \n usr/b nusr/a nusr/a nusr/a", "", &[]),
    ("etc/a f1 f1 f2 \n etc/b netc/a f9 netc/a", "write etc/a", &[]),
    ("usr/a f1 f1 f1 \n usr/b - - nusr/a", "write usr/b", &[]),
];

#[test]
fn each_case_comes_to_what_the_table_says() {
    assert!(CASES.len() >= 40);
    for (paths, wanted, conflicting) in CASES {
        let found = decided(paths, "").unwrap();
        assert_eq!(shown(&found), *wanted, "{paths}");
        let paths_found: Vec<&str> = clashes(&found).into_iter().map(|(path, ..)| path).collect();
        assert_eq!(paths_found, *conflicting, "{paths}");
        assert!(found.conflicts.iter().all(|it| it.answer == Answer::Keep && !it.said));
    }
}

#[test]
fn what_somebody_said_beforehand_is_done() {
    for (paths, wanted) in [
        ("etc/a f1 f2 f3", "write etc/a"),
        ("etc/a f1 - f2", "write etc/a"),
        ("etc/a f1 f2 -", "remove etc/a"),
        ("etc/a f1 f1.m600 f1.m640", "attributes etc/a"),
        (
            "etc/a d la d \n etc/a/b f1 - f2 \n etc/a/c f1 - f1",
            "write etc/a, write etc/a/b, write etc/a/c",
        ),
        ("etc/a d d f1 \n etc/a/b - f1 -", "write etc/a"),
        // No clash here: nothing is asked, and the answer is none.
        ("etc/a f1 f2 f1", ""),
    ] {
        let found = decided(paths, "\"/etc/a\" = \"new\"\n").unwrap();
        assert_eq!(shown(&found), wanted, "{paths}");
        assert!(found.conflicts.iter().all(|it| it.answer == Answer::New && it.said));
    }
}

#[test]
fn an_answer_for_a_path_that_nobody_has_is_refused() {
    let answers = "\"/etc/a\" = \"new\"\n\"/etc/typo\" = \"keep\"\n";
    let refused = decided("etc/a f1 f2 f3", answers).unwrap_err();
    assert_eq!(refused, Refusal::UnknownAnswers(vec![path("etc/typo")]));
    assert!(refused.to_string().contains("/etc/typo"), "{refused}");
}

#[test]
fn what_is_here_alone_and_would_be_lost_is_named() {
    let found = decided("etc/a d d f1 \n etc/a/b - f1 - \n etc/a/c f1 f1 -", "").unwrap();
    assert_eq!(found.conflicts[0].loses, [path("etc/a/b")]);
    assert_eq!(found.conflicts[0].clash, Clash::Kind);
}

#[test]
fn a_system_that_is_not_as_delivered_is_not_upgraded() {
    for paths in [
        "usr/a f1 f2 f3",
        "usr/a f1 f2 f1",
        "usr/a f1 - f1",
        "usr/a f1 f1.m777 f1",
        "usr/a - f1 f2",
        "usr/a f1 f2 -",
        "usr/a d la d \n usr/a/b f1 f1 f1",
    ] {
        let refused = decided(paths, "").unwrap_err();
        assert_eq!(refused, Refusal::Drift(vec![path("usr/a")]), "{paths}");
        assert!(refused.to_string().contains("/usr/a"), "{refused}");
    }
    for paths in [
        // What both sides have alike, labels and times.
        "usr/a f1 f2 f2",
        "usr/a - f1 f1",
        "usr/a f1.La f1.Lb.t5 f1.La",
        // What no version has.
        "usr/a - f1 -",
    ] {
        assert!(decided(paths, "").is_ok(), "{paths}");
    }
    let many: Vec<String> = (0..9).map(|number| format!("usr/{number} f1 f2 f1")).collect();
    let text = decided(&many.join("\n"), "").unwrap_err().to_string();
    assert!(text.contains('9') && text.contains("/usr/4") && !text.contains("/usr/5"), "{text}");
}

#[test]
fn what_was_accepted_is_listed_and_the_new_version_s_takes_its_place() {
    let all = "usr/a f1 f2 f3 \n usr/b f1 f2 f1 \n usr/c f1 f2 -";
    let found = with_accepted(all, "", &["usr/a", "usr/b", "usr/c"]).unwrap();
    assert_eq!(found.accepted, ["usr/a", "usr/b", "usr/c"].map(path));
    let answer = Answer::New;
    assert_eq!(
        clashes(&found),
        [("usr/a", Clash::Content, answer), ("usr/c", Clash::RemovedThere, answer)]
    );
    assert_eq!(shown(&found), "write usr/a, remove usr/c");
    let kept = with_accepted(all, "\"/usr/a\" = \"keep\"\n", &["usr/a", "usr/b", "usr/c"]).unwrap();
    assert_eq!(shown(&kept), "beside usr/a, remove usr/c");
}

#[test]
fn what_changes_by_itself_and_stays_is_noted() {
    let found = decided("var/a f1 f2 f3 \n var/b d - d \n var/b/c f1 - f2", "").unwrap();
    assert_eq!(found.left, ["var/a", "var/b"].map(path));
}

#[test]
fn accounts_keep_the_attributes_that_were_set_here() {
    let of = |paths: &str| match &decided(paths, "").unwrap().changes[..] {
        [Change::Accounts { attributes, .. }] => attributes.mode,
        other => panic!("{other:?}"),
    };
    assert_eq!(of("etc/shadow f1.m640 f2.m640 f3.m600"), 0o600);
    assert_eq!(of("etc/shadow f1.m640 f2.m400 f3.m600"), 0o400);
}
