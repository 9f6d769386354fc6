//! What each operation says that fails before its first change: nothing was changed, and what is next. The
//! real program, where none of its machine's parts is to be found.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const WORDS: [(&str, &str, &str); 2] = [
    ("en", "Nothing was changed.", "Remove the cause, then run the command again."),
    ("zh", "未做任何更改。", "请排除原因，然后重新运行该命令。"),
];

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Runs it where nobody else's lock is, and none of this host's mounts.
fn zshield(language: &str, words: &[&str]) -> Output {
    Command::new("unshare")
        .args(["--mount", "sh", "-ec", "mount -t tmpfs none /run; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_zshield"))
        .args(["--lang", language])
        .args(words)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// All that is below a directory, and what it holds.
fn tree(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let content = if path.is_dir() { Vec::new() } else { fs::read(&path).unwrap() };
        if path.is_dir() {
            found.extend(tree(&path));
        }
        found.push((path.display().to_string(), content));
    }
    found.sort();
    found
}

#[test]
fn an_operation_that_fails_before_its_first_change_says_so_and_what_is_next() {
    if !is_root() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name).display().to_string();
    let (no_policy, no_ledger) = (at("no-policy"), at("no-ledger"));
    fs::create_dir_all(&no_policy).unwrap();
    fs::create_dir_all(format!("{no_ledger}/etc/zshield")).unwrap();
    let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/appliance.toml");
    fs::copy(policy, format!("{no_ledger}/etc/zshield/appliance.toml")).unwrap();
    let (missing, image) = (at("missing"), at("usb.img"));
    fs::write(&image, vec![0; 1 << 20]).unwrap();
    let before = tree(directory.path());
    for words in [
        &["backup", "--root", &no_policy][..],
        &["backup", "--root", &no_ledger],
        &["backup", "--root", &no_ledger, "--despite-alarm", "--reason", "known", "--yes"],
        &["check", "--root", &no_policy],
        &["recover", "latest", "--root", &no_policy, "--yes"],
        &["recover", "latest", "--root", &no_ledger, "--yes"],
        &["recover", "latest", "--root", &no_ledger, "--only", "/etc", "--yes"],
        &["recover", "factory", "--root", &no_policy, "--yes"],
        &["recover", "factory", "--root", &no_ledger, "--yes"],
        &["recover", "latest", "--offline", "--root", &no_ledger, "--yes"],
        &["install", "--yes"],
        &["image", "build", &missing, "-o", &image],
        &["image", "verify", &missing],
        &["image", "write", &missing, "/dev/null", "--yes"],
        &["alarm", "ack", "integrity", "--reason", "known", "--root", &no_policy],
    ] {
        for (language, nothing, next) in WORDS {
            let output = zshield(language, words);
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{words:?}: {said}");
            // Once: whoever reads it twice looks for the difference.
            assert_eq!(said.matches(nothing).count(), 1, "{words:?}: {said}");
            if words.contains(&no_ledger.as_str()) {
                // Nothing is broken there: it is the wrong place.
                assert!(said.contains("--root") && !said.contains(next), "{words:?}: {said}");
            } else {
                assert!(said.trim_end().ends_with(next), "{words:?}: {said}");
            }
        }
    }
    assert_eq!(tree(directory.path()), before);
}

#[test]
fn a_check_that_fails_says_what_waits_for_it() {
    if !is_root() {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("etc/zshield")).unwrap();
    let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/appliance.toml");
    fs::copy(policy, root.path().join("etc/zshield/appliance.toml")).unwrap();
    let words = ["check", "--root", root.path().to_str().unwrap()];
    for (language, state) in [
        ("en", "The system was not changed. The nightly backup waits until a check succeeds."),
        ("zh", "系统未改变。在检查成功之前，不会进行夜间备份。"),
    ] {
        let output = zshield(language, &words);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(state) && said.trim_end().ends_with("zshield check"), "{said}");
        // The next one would report it.
        assert!(!root.path().join("run").exists());
    }
}
