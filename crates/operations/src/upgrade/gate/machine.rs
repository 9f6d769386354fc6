//! What the gate looks at.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use zshield_check::report::Finding;
use zshield_host::health::before::{self, Before};
use zshield_host::health::programs::{self, Ran};
use zshield_host::health::units;
use zshield_host::{execute, lock};
use zshield_linux::{network, usage};
use zshield_messages::say;
use zshield_plan::policy::Policy;
use zshield_plan::upgrade::gate::{
    BeforeAndNow, Check, End, Facts, Program, Verdict, Weight, judge,
};
use zshield_plan::upgrade::room::ByPlace;
use zshield_units::Bytes;

use crate::env::Env;
use crate::integrity;
use crate::text;

/// A check has this time for itself: a slow disk is no sick version. Whoever else is at work has it, too.
pub(super) const CHECK: Duration = Duration::from_mins(15);
/// Between two looks.
const PAUSE: Duration = Duration::from_secs(2);
/// What was well a moment ago has this time to be so again.
const AGAIN: Duration = Duration::from_secs(30);

/// What was observed of a start.
#[derive(Debug)]
pub(super) struct Observed {
    pub facts: Facts,
    /// What the programs said.
    pub ran: Vec<Ran>,
    /// Nobody else begins until the verdict is noted.
    _held: Option<lock::Held>,
}

impl Observed {
    /// Facts alone.
    #[cfg(test)]
    pub(super) const fn of(facts: Facts, ran: Vec<Ran>) -> Self {
        Self { facts, ran, _held: None }
    }

    /// What a program said last.
    pub(super) fn output(&self, program: &Program) -> Option<&str> {
        self.ran.iter().find(|ran| ran.program == *program).map(|ran| ran.output.as_str())
    }
}

/// The machine that the gate is on.
pub(super) trait Machine: Send + Sync {
    /// Looks at it until it is well, or the time is up; nothing where the question is not open any more.
    fn observe(&self, is_open: &dyn Fn() -> bool) -> Option<Observed>;
    /// Waits until the start is complete, or the time is up.
    fn wait_for_target(&self);
}

/// The real one.
pub(super) struct ThisMachine {
    env: Env,
    policy: Policy,
    began: Instant,
}

/// What can be looked at as often as one likes.
struct Looked {
    facts: Facts,
    is_well: bool,
}

impl ThisMachine {
    pub(super) fn of(env: &Env, policy: &Policy) -> Self {
        Self { env: env.clone(), policy: policy.clone(), began: Instant::now() }
    }

    fn deadline(&self) -> Instant {
        self.began + self.policy.upgrade.health_limit.0
    }

    /// What was before; where nobody kept it, nothing.
    fn before(&self) -> Before {
        let read = before::read(&self.env.root);
        read.inspect_err(|error| tracing::warn!("{error}")).ok().flatten().unwrap_or_default()
    }

    /// Units and network. What can't be asked is not well.
    fn look(&self, before: &Before) -> Looked {
        let started = units::started(&self.policy.upgrade.units);
        let started = started
            .inspect_err(|error| tracing::warn!("{}", say::gate::no_facts(error.to_string())));
        let (target, inactive) = started.map_or((false, Vec::new()), |it| (it.target, it.inactive));
        let failed = units::failed().inspect_err(|error| tracing::warn!("{error}"));
        let network = network::read().inspect_err(|error| tracing::warn!("{error}"));
        let facts = Facts {
            target,
            inactive,
            failed: BeforeAndNow { before: before.failed.clone(), now: failed.unwrap_or_default() },
            network: BeforeAndNow {
                before: before.network.clone(),
                now: network.unwrap_or_default(),
            },
            free: self.free(),
            check: Check::Clean,
            programs: Vec::new(),
        };
        let is_well = is_healthy(&facts);
        Looked { facts, is_well }
    }

    /// What is free. What can't be asked has no room.
    fn free(&self) -> ByPlace<Bytes> {
        let free = |directory: &Path| {
            let free = usage::free(directory);
            Bytes(free.inspect_err(|error| tracing::warn!("{error}")).unwrap_or(0))
        };
        ByPlace { root: free(&self.env.root), boot: free(&self.env.boot()), golden: None }
    }

    /// Looks until all is well, or until then.
    fn look_until(
        &self,
        deadline: Instant,
        before: &Before,
        is_open: &dyn Fn() -> bool,
    ) -> Option<Looked> {
        loop {
            if !is_open() {
                return None;
            }
            let looked = self.look(before);
            if looked.is_well || Instant::now() >= deadline {
                return Some(looked);
            }
            // Nothing tells of all of these.
            thread::sleep(PAUSE);
        }
    }

    /// Runs the programs that must succeed until they do: what they ask about may still be on its way.
    fn required(&self, is_open: &dyn Fn() -> bool) -> Option<Vec<Ran>> {
        loop {
            if !is_open() {
                return None;
            }
            let ran = programs::run(&self.env.root, Weight::Required, self.deadline());
            if ran.iter().all(is_well) || Instant::now() + PAUSE >= self.deadline() {
                return Some(ran);
            }
            thread::sleep(PAUSE);
        }
    }

    /// Whether the files are those of the new version; nobody else is at work from then on.
    fn check(&self) -> (Check, Option<lock::Held>) {
        match hold_until(Instant::now() + CHECK) {
            Ok(held) => {
                let found = self.drift();
                (found.unwrap_or_else(|error| Check::Failed(text::chain(&error))), Some(held))
            }
            Err(busy) => (Check::Failed(say::gate::check_busy(busy.to_string())), None),
        }
    }

    /// No alarm is raised: a version that drifts is left, and the one that is back is checked by itself.
    fn drift(&self) -> anyhow::Result<Check> {
        let Self { env, policy, .. } = self;
        execute::unmount_left()?;
        let report = integrity::quick(&env.root, policy)?;
        let found: Vec<&Finding> =
            report.findings.iter().filter(|finding| finding.alarm().is_some()).collect();
        Ok(found.first().map_or(Check::Clean, |first| Check::Drift {
            count: found.len(),
            example: first.named(),
        }))
    }
}

impl Machine for ThisMachine {
    fn observe(&self, is_open: &dyn Fn() -> bool) -> Option<Observed> {
        let before = self.before();
        let looked = self.look_until(self.deadline(), &before, is_open)?;
        if !looked.is_well {
            return Some(Observed { facts: looked.facts, ran: Vec::new(), _held: None });
        }
        let mut ran = self.required(is_open)?;
        if !ran.iter().all(is_well) {
            return Some(Observed {
                facts: with(looked.facts, Check::Clean, &ran),
                ran,
                _held: None,
            });
        }
        ran.extend(programs::run(&self.env.root, Weight::Wanted, self.deadline()));
        let (check, held) = self.check();
        // What came up may have gone down again meanwhile.
        let again = self.deadline().max(Instant::now() + AGAIN);
        let looked = self.look_until(again, &before, is_open)?;
        Some(Observed { facts: with(looked.facts, check, &ran), ran, _held: held })
    }

    fn wait_for_target(&self) {
        let is_reached = || units::started(&[]).is_ok_and(|started| started.target);
        while !is_reached() && Instant::now() < self.deadline() {
            thread::sleep(PAUSE);
        }
    }
}

/// What was looked at, with what else was found.
fn with(facts: Facts, check: Check, ran: &[Ran]) -> Facts {
    Facts { check, programs: ran.iter().map(|it| it.program.clone()).collect(), ..facts }
}

fn is_well(ran: &Ran) -> bool {
    ran.program.end == End::Exited(0)
}

fn is_healthy(facts: &Facts) -> bool {
    match judge(facts) {
        Verdict::Healthy { .. } => true,
        Verdict::Sick { .. } => false,
    }
}

/// Takes the lock as soon as nobody else has it.
pub(in crate::upgrade) fn hold_until(deadline: Instant) -> Result<lock::Held, lock::Busy> {
    loop {
        match lock::hold(lock::Operation::Upgrade) {
            Err(lock::Busy::By(_) | lock::Busy::Unknown) if Instant::now() < deadline => {
                thread::sleep(PAUSE);
            }
            held => return held,
        }
    }
}
