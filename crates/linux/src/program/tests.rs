use std::thread;
use std::time::Instant;

use rustix::process::{Pid, Signal};

use super::*;

const LONG: Duration = Duration::from_mins(10);
const SHORT: Duration = Duration::from_millis(200);

fn shell(script: &str, limit: Duration) -> Program<'static> {
    Program::new("sh", limit).args(["-c", script])
}

#[test]
fn what_a_program_prints_comes_back_though_it_is_no_text() {
    assert_eq!(Program::new("echo", LONG).arg("a b").succeed().unwrap(), b"a b\n");
    let bytes = shell(r"printf '\377\000x'", LONG);
    assert_eq!(bytes.succeed().unwrap(), [0xff, 0, b'x']);
}

#[test]
fn a_failure_tells_the_command_and_its_last_words() {
    let error = shell("echo first >&2; echo last >&2; exit 3", LONG).succeed().unwrap_err();
    assert_eq!(error.code(), Some(3));
    let text = error.to_string();
    assert!(text.contains("first; last") && text.contains('3'), "{text}");
    let error = shell("kill -TERM $$", LONG).succeed().unwrap_err();
    assert!(matches!(error, ProgramError::Failed { .. }) && error.code().is_none());
}

#[test]
fn a_missing_program_is_named() {
    let error = Program::new("no-such-program", LONG).succeed().unwrap_err();
    assert!(matches!(&error, ProgramError::Absent { program, .. } if program == "no-such-program"));
}

#[test]
fn it_hears_and_is_heard_on_full_pipes() {
    let input = vec![b'x'; 1 << 20];
    let both = shell("tee /dev/stderr; cat /dev/zero | head -c 1000000 >&2", LONG);
    let output = both.input(input.clone()).run().unwrap();
    assert!(output.status.success() && output.stdout == input);
    assert_eq!(output.stderr.len(), (1 << 20) + 1_000_000);
    // One that reads nothing of it ends as it ends.
    assert!(Program::new("true", LONG).input(input).run().unwrap().status.success());
}

#[test]
fn one_that_is_too_slow_is_ended_with_all_that_it_has_started() {
    let directory = tempfile::tempdir().unwrap();
    let note = directory.path().join("pid");
    let script = format!("sleep 3600 & echo $! >{}; wait", note.display());
    let error = shell(&script, SHORT).succeed().unwrap_err();
    assert!(matches!(error, ProgramError::DeadlineMissed { limit: SHORT, .. }), "{error}");
    let pid = std::fs::read_to_string(note).unwrap();
    let ended = Instant::now() + LONG;
    // What has lost its parent is taken over by another, which may be slow to ask how it ended.
    let is_there = || {
        std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()))
            .is_ok_and(|stat| !stat.contains(") Z "))
    };
    while is_there() {
        assert!(Instant::now() < ended, "its child still runs");
        thread::yield_now();
    }
}

#[test]
fn what_is_left_running_holds_nobody_up() {
    let left = shell("sleep 3600 & echo $!", LONG).succeed().unwrap();
    let pid = String::from_utf8(left).unwrap().trim().parse().unwrap();
    rustix::process::kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}

#[test]
fn both_streams_are_heard_as_they_come_and_their_end_is_kept() {
    let mut heard = Vec::new();
    let on_output = |bytes: &[u8]| heard.extend_from_slice(bytes);
    let output = shell("echo out; echo err >&2", LONG).streamed(5, on_output).run().unwrap();
    assert_eq!(output.stdout, b"\nerr\n");
    assert_eq!(heard, b"out\nerr\n");
}
