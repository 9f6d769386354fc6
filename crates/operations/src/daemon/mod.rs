//! The daemon: it starts the daily check and the nightly backup, watches the disks, and says what it sees.
//!
//! It carries nothing out itself: check and backup are processes of their own, and the disks are asked in a
//! thread of its own, so that nothing that hangs holds up the main loop, by which systemd knows
//! that the daemon lives.

mod bundles;
mod due;
mod events;
mod job;
mod own_copy;
mod reporter;
mod seen;
mod stall;
mod vault;

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::Timestamp;
use sd_notify::NotifyState;
use serde::{Deserialize, Serialize};
use zshield_host::{hooks, lock, observe};
use zshield_linux::{durable_file, own_directory};
use zshield_messages::{Said, say};
use zshield_plan::health::{Condition, HealthInput, conditions};
use zshield_plan::policy::{Address, Policy};
use zshield_units::UnixTime;

use self::due::{Moment, Start, is_due};
use self::events::Event;
use self::job::{Ended, Job};
use self::reporter::Reporter;
use self::stall::StallDetector;
use self::vault::Copies;
use crate::env::{self, Env};
use crate::exit;
use crate::hardware::Tool;
use crate::status::Status;

/// Where the daemon leaves what it knows, for `zshield status`.
pub const STATE: &str = "/run/zshield/daemon.json";
/// The disks are looked at this often.
const EVERY: Duration = Duration::from_mins(1);
/// The main loop turns at least this often.
const TICK: Duration = Duration::from_secs(1);

/// What the daemon knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaemonState {
    /// When the next backup begins, in seconds since 1970, UTC.
    pub next: Option<UnixTime>,
    /// Since when the HDD has not answered, likewise.
    pub stalled_since: Option<UnixTime>,
    /// What is not as it should be.
    pub conditions: Vec<Condition>,
    /// The tools without which something is not watched.
    #[serde(default)]
    pub absent: Vec<Tool>,
}

/// Runs the daemon of the running system until systemd ends it.
pub fn run() -> crate::Result<()> {
    env::needs_root()?;
    let root = Path::new("/");
    let policy = Env::at(root).policy()?;
    if let Err(error) = own_copy::renew() {
        // Whoever calls zshield from `/usr` does without.
        tracing::error!("the copy of the program: {error}");
    }
    let (asked, events) = events::heard(root, &policy)?;
    Ok(Daemon::new(policy, asked)?.run(&events)?)
}

struct Daemon {
    policy: Policy,
    reporter: Reporter,
    /// Asks the thread that looks at the disks to look.
    asked: Sender<()>,
    /// Since when it has not answered.
    asked_at: Option<(Instant, Timestamp)>,
    looked_at: Option<Instant>,
    /// What the HDD does meanwhile.
    stall: StallDetector,
    /// Since when it has not answered.
    stalled: Option<Timestamp>,
    /// What was seen last.
    status: Option<Status>,
    /// Whether it may have changed since by what was done here.
    outdated: bool,
    started: Timestamp,
    backup: Job,
    check: Job,
    /// Looks for a newer version. It holds nothing, so that nothing waits for it.
    look: Job,
    upgrade: Job,
    /// The copies in the vault.
    copies: Copies,
    /// When an upgrade was begun last.
    upgrade_begun: Option<Timestamp>,
    /// Runs hooks in the place of a backup that did not come to it.
    letting_go: Option<thread::JoinHandle<()>>,
    state: DaemonState,
    /// Whether that has been left for others to see.
    published: bool,
}

impl Daemon {
    fn new(policy: Policy, asked: Sender<()>) -> Result<Self> {
        let url = policy.upgrade.url.as_ref().map_or("", Address::as_str).to_owned();
        Ok(Self {
            reporter: Reporter::begin(&policy)?,
            policy,
            asked,
            asked_at: None,
            looked_at: None,
            stall: StallDetector::default(),
            stalled: None,
            status: None,
            outdated: false,
            started: observe::started(),
            backup: Job::new(&["backup", "--scheduled"], &[0]),
            // What drifts is what it looks for.
            check: Job::new(&["check", "--scheduled"], &[0, exit::DRIFT]),
            look: Job::new(&["upgrade", "look"], &[0]),
            upgrade: Job::new(&["upgrade", "--scheduled", &url], &[0]).in_its_own_unit(),
            copies: Copies::new(),
            upgrade_begun: None,
            letting_go: None,
            state: DaemonState::default(),
            published: false,
        })
    }

    fn run(mut self, events: &Receiver<Event>) -> Result<()> {
        let watchdog = sd_notify::watchdog_enabled();
        let mut told = Instant::now();
        self.look();
        sd_notify::notify(&[NotifyState::Ready])?;
        loop {
            match events.recv_timeout(TICK) {
                Ok(Event::Asked(hdd)) => self.stall.watch(hdd),
                Ok(Event::Seen(status)) => self.seen(*status),
                Ok(Event::Hardware(hardware)) => self.reporter.hardware = *hardware,
                Ok(Event::End) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.turn()?;
            if watchdog.is_some_and(|limit| told.elapsed() > limit / 3) {
                sd_notify::notify(&[NotifyState::Watchdog])?;
                told = Instant::now();
            }
        }
        sd_notify::notify(&[NotifyState::Stopping])?;
        withdraw(Path::new(STATE))?;
        if self.backup.is_under_way() {
            // It is let go to its end: systemd waits for it, and cut off it would lose the night.
            notice(&say::daemon::waits());
            self.backup.wait()?;
        }
        self.reporter.end()?;
        Ok(())
    }

    /// What is to be done each time round.
    fn turn(&mut self) -> Result<()> {
        self.backup_ended()?;
        self.check_ended()?;
        self.look_ended()?;
        self.upgrade_ended()?;
        self.copies_ended()?;
        self.reporter.look()?;
        self.stall.poll();
        self.stalled = self.stalled.or_else(|| self.silent_since());
        if self.looked_at.is_none_or(|at| at.elapsed() > EVERY) && self.asked_at.is_none() {
            self.look();
        }
        let due = self.due();
        let now = Timestamp::now();
        let moment = Moment {
            now,
            check: self.check_due(),
            backup: due,
            copy: self.copy_due(now).filter(|_| !self.copies.hold_the_lock()),
            proof: self.proof_due(now).filter(|_| !self.copies.hold_the_lock()),
            upgrade: self.installs() && !self.copies.hold_the_lock(),
            is_idle: self.is_idle(),
            is_held: self.reporter.holds(self.answers().then(|| is_due(due, now))),
            check_was_refused: self.check.was_refused(),
        };
        match moment.start() {
            Some(Start::Check) => {
                notice(&say::daemon::check_begins());
                self.check.start()?;
            }
            Some(Start::Backup) => {
                notice(&say::daemon::backup_begins());
                self.backup.start()?;
            }
            Some(Start::Copy) => self.copies.copy.start()?,
            Some(Start::Proof) => self.copies.proof.start()?,
            Some(Start::Upgrade) => self.begin_upgrade(now),
            None if self.copies.hold_the_lock() => {}
            None => self.look_for_bundles(&moment)?,
        }
        self.send_copies()?;
        self.resume_applications();
        self.publish(due)
    }

    fn look(&mut self) {
        self.asked_at = Some((Instant::now(), Timestamp::now()));
        // The thread lives as long as this does.
        let _ = self.asked.send(());
    }

    fn seen(&mut self, status: Status) {
        if self.stalled.take().is_some() {
            notice(&say::daemon::answers_again());
        }
        self.asked_at = None;
        self.looked_at = Some(Instant::now());
        self.status = Some(status);
        self.outdated = false;
    }

    /// Since when the disks have not answered, where that is too long.
    fn silent_since(&self) -> Option<Timestamp> {
        let (asked, at) = self.asked_at?;
        self.stall.is_stalled(asked, Instant::now()).then_some(at)
    }

    /// Has applications go on that a backup left holding still, because it was ended itself.
    fn resume_applications(&mut self) {
        let ended = self.letting_go.as_ref().is_none_or(thread::JoinHandle::is_finished);
        if !ended || !hooks::are_quiesced() {
            return;
        }
        let limit = self.policy.backup.hook_limit.0;
        self.letting_go = Some(thread::spawn(move || {
            // Whoever holds the lock comes to it by himself.
            let Ok(_held) = lock::hold(lock::Operation::Hooks) else { return };
            if hooks::are_quiesced() {
                notice(&say::daemon::lets_go());
                if let Err(why) = hooks::resume(limit) {
                    error(&why.to_string());
                }
            }
        }));
    }

    fn backup_ended(&mut self) -> Result<()> {
        match self.backup.ended()? {
            None => return Ok(()),
            Some(Ended::Well) => notice(&say::daemon::backup_done()),
            Some(Ended::Refused) => notice(&say::daemon::backup_refused()),
            Some(Ended::Badly(status)) => error(&say::daemon::backup_failed(status.to_string())),
        }
        self.look_anew();
        Ok(())
    }

    fn check_ended(&mut self) -> Result<()> {
        match self.check.ended()? {
            None => return Ok(()),
            Some(Ended::Well) => {
                notice(&say::daemon::check_done());
                self.reporter.checked();
            }
            Some(Ended::Refused) => notice(&say::daemon::check_refused()),
            Some(Ended::Badly(status)) => {
                let text = Said::of(|| say::daemon::check_failed(status.to_string()));
                error(&text.to_string());
                self.reporter.unchecked(text, status);
            }
        }
        self.look_anew();
        Ok(())
    }

    /// What was seen may have changed by what was done here.
    const fn look_anew(&mut self) {
        self.outdated = true;
        self.looked_at = None;
    }

    /// What is known of how the machine is, by what was seen last and whether the disks answer now.
    fn facts(&self, stalled: bool) -> HealthInput {
        let now = UnixTime::from(Timestamp::now());
        let started = self.started.into();
        self.reporter.complete(self.status.as_ref().map_or_else(
            || HealthInput { stalled, ..HealthInput::default() },
            |status| status.facts(&self.policy, stalled, now, started),
        ))
    }

    /// Leaves what is known where `zshield status` finds it, and tells what has changed.
    fn publish(&mut self, due: Option<Timestamp>) -> Result<()> {
        let facts = self.facts(self.stalled.is_some());
        let state = DaemonState {
            next: due.map(UnixTime::from),
            stalled_since: self.stalled.map(UnixTime::from),
            conditions: conditions(&facts),
            absent: self.reporter.hardware.absent.clone(),
        };
        let changed = !self.published || state != self.state;
        self.reporter.tell(&facts, &state, self.status.as_ref(), changed);
        if !changed {
            return Ok(());
        }
        for new in state.conditions.iter().filter(|one| !self.state.conditions.contains(one)) {
            error(&new.to_string());
        }
        for gone in self.state.conditions.iter().filter(|one| !state.conditions.contains(one)) {
            notice(&say::daemon::no_longer(gone.to_string()));
        }
        own_directory::write_private(Path::new(STATE), &serde_json::to_vec(&state)?)?;
        self.state = state;
        self.published = true;
        Ok(())
    }
}

/// Takes back what this daemon has said of what comes next: nobody does it any more.
pub(crate) fn withdraw(state: &Path) -> std::io::Result<()> {
    durable_file::remove(state)
}

/// To the journal, which reads the level from the line's beginning.
fn notice(text: &str) {
    tell(5, text);
}

fn error(text: &str) {
    tell(3, text);
}

fn tell(level: u8, text: &str) {
    // Where nobody reads it, there is nothing to be done about that.
    let _ = writeln!(io::stderr(), "<{level}>{text}");
}
