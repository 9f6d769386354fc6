//! What signals make of a command that is under way: the real program, stopped where it waits for a
//! pipe of ours, so that nobody has to guess when it is there.
#![allow(clippy::unwrap_used)]

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

const SIGNALS: [&str; 3] = ["INT", "TERM", "HUP"];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Starts a command whose words begin with those of a shell that sets its signals.
fn start(trap: &str, words: &[&str]) -> Child {
    Command::new("sh")
        .args(["-c", &format!("{trap} exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_zshield")])
        .args(words)
        .env("LC_ALL", "C.UTF-8")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

/// The other end of a pipe, which is there once the program reads it.
fn reached(path: &Path) -> fs::File {
    OpenOptions::new().write(true).open(path).unwrap()
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn complaint(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn what_has_not_begun_ends_with_nothing_changed() {
    let directory = tempfile::tempdir().unwrap();
    let world = directory.path().join("world");
    pipe(&world);
    let policy = workspace().join("examples/appliance.toml");
    let words = ["install", "--dry-run", "--world", world.to_str().unwrap(), "--policy"];
    let words = [&words[..], &[policy.to_str().unwrap()]].concat();
    for name in SIGNALS {
        let child = start("", &words);
        let _open = reached(&world);
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{name}: {}", complaint(&output));
        assert_eq!(complaint(&output), "Interrupted. Nothing was changed.\n");
        assert_eq!(output.stdout, b"");
    }
    // Nobody who asked for it is disturbed by a hang-up.
    let child = start("trap '' HUP;", &words);
    let mut open = reached(&world);
    signal(&child, "HUP");
    let text = fs::read(workspace().join("crates/plan/tests/worlds/ssd-64gb.json")).unwrap();
    open.write_all(&text).unwrap();
    drop(open);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
}

#[test]
fn a_build_that_is_interrupted_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let (payload, policy) =
        (directory.path().join("payload.tar"), directory.path().join("appliance.toml"));
    pipe(&payload);
    fs::write(
        &policy,
        "[product]\nname = \"Gateway\"\nversion = \"1.0.0\"\n[payload]\nsource = \"payload.tar\"\n",
    )
    .unwrap();
    let out = directory.path().join("out");
    fs::create_dir(&out).unwrap();
    let image = out.join("usb.img");
    fs::write(&image, "the one before").unwrap();
    let here = || fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name());
    for name in SIGNALS {
        let child = start(
            "",
            &[
                "image",
                "build",
                policy.to_str().unwrap(),
                "--insecure-unsigned",
                "-o",
                image.to_str().unwrap(),
            ],
        );
        let _open = reached(&payload);
        assert_eq!(here().count(), 2, "there is nothing to leave behind");
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        let said = complaint(&output);
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        assert!(said.contains("The build was interrupted."), "{name}: {said}");
        assert_eq!(here().collect::<Vec<_>>(), ["usb.img"], "{name}");
        assert_eq!(fs::read_to_string(&image).unwrap(), "the one before");
    }
}

/// Starts a check that waits for a pipe while it holds the lock, mounts something where operations do, and
/// ends by TERM first a command that does not hold the lock, then the check.
const MOUNTED: &str = r#"
mount -t tmpfs none /run
zshield=$0 root=$1 world=$2
env --default-signal "$zshield" --lang en check --root "$root" >"$root/said" 2>&1 &
check=$!
exec 3>"$root/var/lib/zshield/check.json"
mkdir -p /run/zshield/mnt/golden
mount -t tmpfs none /run/zshield/mnt/golden
cd /run/zshield/mnt/golden && exec 4>open && cd /

env --default-signal "$zshield" install --dry-run --world "$world" --policy "$3" 2>/dev/null &
other=$!
exec 5>"$world"
kill -TERM $other
wait $other || test $? = 3
grep -q /run/zshield/mnt/golden /proc/mounts

kill -TERM $check
status=0
wait $check || status=$?
cat "$root/said"
test $status = 3
if grep /run/zshield/mnt /proc/mounts; then exit 1; fi
"#;

#[test]
fn what_a_command_has_mounted_goes_with_it_and_what_another_has_stays() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    for directory in ["etc/zshield", "var/lib/zshield"] {
        fs::create_dir_all(root.path().join(directory)).unwrap();
    }
    let policy = workspace().join("examples/appliance.toml");
    fs::copy(&policy, root.path().join("etc/zshield/appliance.toml")).unwrap();
    pipe(&root.path().join("var/lib/zshield/check.json"));
    let world = root.path().join("world");
    pipe(&world);
    let output = Command::new("unshare")
        .args(["--mount", "sh", "-euxc", MOUNTED, env!("CARGO_BIN_EXE_zshield")])
        .args([root.path(), &world, &policy])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", complaint(&output));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("Interrupted. Nothing was changed."), "{said}");
}
