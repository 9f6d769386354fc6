//! The programs that are under way, for a process that is about to end: what it leaves running would go on behind the back
//! of whoever comes next.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

/// A program that was ended is waited for so long. The kernel ends none that waits for a dead disk.
pub(super) const BURIED: Duration = Duration::from_secs(2);

/// Those of this process.
pub(super) static HERE: UnderWay = UnderWay::new();

pub(super) struct UnderWay {
    state: Mutex<State>,
    /// One has ended.
    ended: Condvar,
}

struct State {
    /// Each is the leader of a group of its own.
    programs: Vec<Pid>,
    /// No other is started.
    is_over: bool,
}

impl UnderWay {
    const fn new() -> Self {
        let state = State { programs: Vec::new(), is_over: false };
        Self { state: Mutex::new(state), ended: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts one, the leader of a group of its own. Whoever asks for it when the process is about to end waits for that.
    pub(super) fn start(&self, command: &mut Command) -> io::Result<(Child, Option<Pid>)> {
        let state = self.state();
        let waited = self.ended.wait_while(state, |state| state.is_over);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        let child = command.process_group(0).spawn()?;
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        state.programs.extend(group);
        Ok((child, group))
    }

    /// One has ended.
    pub(super) fn has_ended(&self, group: Option<Pid>) {
        self.state().programs.retain(|program| Some(*program) != group);
        self.ended.notify_all();
    }

    /// See [`end_all`].
    fn end_all(&self, grace: Duration) {
        self.state().is_over = true;
        for program in self.left_after(grace) {
            // It may end by itself at this very moment.
            let _ = kill_process_group(program, Signal::KILL);
        }
        // Where the kernel does not end one, nobody else can.
        self.left_after(BURIED);
    }

    /// Those that do not end within this time.
    fn left_after(&self, limit: Duration) -> Vec<Pid> {
        let waited =
            self.ended.wait_timeout_while(self.state(), limit, |state| !state.programs.is_empty());
        waited.unwrap_or_else(PoisonError::into_inner).0.programs.clone()
    }
}

/// For a process that is about to end: it starts no program any more, and those under way have this long to come to their end.
/// Then they are ended, with all that they have started.
pub fn end_all(grace: Duration) {
    HERE.end_all(grace);
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::thread;
    use std::time::Instant;

    use super::*;

    const LONG: Duration = Duration::from_mins(10);

    /// A program of a process, and the thread that waits for it.
    fn started(under_way: &'static UnderWay, script: &str) -> thread::JoinHandle<Option<i32>> {
        let (mut child, group) = under_way.start(Command::new("sh").args(["-c", script])).unwrap();
        thread::spawn(move || {
            let status = child.wait().unwrap();
            under_way.has_ended(group);
            status.signal()
        })
    }

    #[test]
    fn who_ends_soon_comes_to_his_end() {
        static UNDER_WAY: UnderWay = UnderWay::new();
        let program = started(&UNDER_WAY, "sleep 0.2");
        UNDER_WAY.end_all(LONG);
        assert!(UNDER_WAY.state().programs.is_empty());
        assert_eq!(program.join().unwrap(), None);
    }

    #[test]
    fn who_does_not_is_ended_and_nobody_begins_any_more() {
        static UNDER_WAY: UnderWay = UnderWay::new();
        let program = started(&UNDER_WAY, "sleep 3600 & wait");
        let begun = Instant::now();
        UNDER_WAY.end_all(Duration::ZERO);
        assert_eq!(program.join().unwrap(), Some(Signal::KILL.as_raw()));
        assert!(begun.elapsed() < LONG);
        let late = thread::spawn(|| started(&UNDER_WAY, "true"));
        UNDER_WAY.end_all(Duration::from_millis(50));
        assert!(!late.is_finished());
    }
}
