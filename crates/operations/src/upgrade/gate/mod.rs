//! The health gate: what each start of the installed system does about an upgrade that is under way.
//!
//! It is started early, and waits itself for the rest of the start: one that hangs is judged as well. What it looks at
//! runs in a thread, so that a hung program or disk ends like a sick version, within the policy's time and that of a
//! check. Whatever ends this process in another way is followed by [`failed`].

#[cfg(test)]
pub(in crate::upgrade) mod fixture;
mod machine;

use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use zshield_host::failed_start::{Place, Starts};
use zshield_host::grubenv::Grubenv;
use zshield_host::order;
use zshield_messages::{Said, list, say};
use zshield_plan::model::Target;
use zshield_plan::policy::Policy;
use zshield_plan::upgrade::gate::{Symptom, Verdict, judge};
use zshield_plan::upgrade::moves as plan;
use zshield_plan::upgrade::reason::Reason;
use zshield_plan::upgrade::record::{Next, Phase, Upgrade};
use zshield_units::UnixTime;

pub(super) use self::machine::hold_until;
use self::machine::{CHECK, Machine, Observed, ThisMachine};
use super::found::Found;
use super::moves::{self, forget_before};
use crate::boot::restart;
use crate::env::{self, Env};
use crate::error::Result;
use crate::text;

/// What is kept of a failed start is kept within this, or not.
const KEEPING: Duration = Duration::from_mins(3);
/// What the gate itself may need beside what it waits for.
const MARGIN: Duration = Duration::from_mins(1);

/// Told what a person should read, in the journal.
type Tell<'a> = &'a dyn Fn(&str);

/// Does what this start has to do about an upgrade.
pub fn run(env: &Env, tell: Tell<'_>) -> Result<()> {
    env::needs_root()?;
    let policy = env.policy();
    let machine = policy.as_ref().ok().map(|policy| ThisMachine::of(env, policy));
    let machine = machine.map(|machine| Arc::new(machine) as Arc<dyn Machine>);
    let health = policy.as_ref().map_or(Duration::ZERO, |policy| policy.upgrade.health_limit.0);
    let limit = health + CHECK + MARGIN;
    Gate { env, policy, machine, limit, restart: &restart, tell }.at_start()
}

/// The gate of this start came to no result, or was ended: a version on trial is left.
pub fn failed(env: &Env, tell: Tell<'_>) -> Result<()> {
    env::needs_root()?;
    failed_with(env, tell, &restart)
}

fn failed_with(env: &Env, tell: Tell<'_>, restart: &dyn Fn() -> Result<()>) -> Result<()> {
    let why = || Reason::Unhealthy { reasons: vec![Said::of(say::gate::ended)] };
    let found = match Found::read(&env.boot()) {
        Ok(found) => found,
        Err(error) => {
            // GRUB's word alone says enough for going back.
            let words = Grubenv::in_directory(&env.boot()).read()?;
            if !words.is_trial() || words.begun().is_some() {
                return Err(error.into());
            }
            tracing::error!("{error:#}");
            order::schedule_restore(&env.boot(), None, Target::Latest, None)?;
            return restart();
        }
    };
    match (found.next(), found.record.now()) {
        (Next::NoteTrial | Next::Judge | Next::OrderRecovery, Some(now)) => {
            leave(env, &found, now, why(), tell, restart)
        }
        (
            Next::NoteTrial
            | Next::Judge
            | Next::OrderRecovery
            | Next::Nothing
            | Next::NoteGoneBack(_)
            | Next::Settle
            | Next::NoteSettled,
            _,
        ) => Ok(()),
    }
}

/// Leaves a version, and restarts; where that can't be ordered, too: GRUB counts the starts of a version on trial.
fn leave(
    env: &Env,
    found: &Found,
    now: &Upgrade,
    why: Reason,
    tell: Tell<'_>,
    restart: &dyn Fn() -> Result<()>,
) -> Result<()> {
    let (version, old) = (now.to.version.clone(), now.from.version.clone());
    let text = match &why {
        Reason::Unhealthy { reasons } => {
            say::gate::Sick { old, reasons: list(reasons), version }.to_string()
        }
        why => say::gate::OrderedAgain { old, version, why: why.to_string() }.to_string(),
    };
    tell(&text);
    let left = moves::leave(&env.boot(), found.record.clone(), why, env.now());
    let restarted = restart();
    left.with_context(|| Said::of(say::gate::order_failed))?;
    restarted
}

/// The gate of one start.
struct Gate<'a> {
    env: &'a Env,
    policy: anyhow::Result<Policy>,
    /// What is looked at; nothing where no policy says what.
    machine: Option<Arc<dyn Machine>>,
    /// What it is given for all that it looks at.
    limit: Duration,
    restart: &'a dyn Fn() -> Result<()>,
    tell: Tell<'a>,
}

impl Gate<'_> {
    fn at_start(&self) -> Result<()> {
        let boot = self.env.boot();
        let found = Found::read(&boot)?;
        let Some(now) = found.record.now() else { return Ok(()) };
        match found.next() {
            Next::Nothing => {}
            Next::NoteGoneBack(why) => self.note_gone_back(&found, now, why)?,
            Next::NoteTrial => {
                moves::make(&boot, &plan::tried(found.record.clone(), self.env.now())?)?;
                return self.judge();
            }
            Next::Judge => {
                if !found.words.is_trial() {
                    moves::make(&boot, &plan::counted())?;
                }
                return self.judge();
            }
            Next::OrderRecovery => {
                let why = match &now.phase {
                    Phase::GoingBack { why } => why.clone(),
                    Phase::Applying | Phase::Trial | Phase::Settling => Reason::CutOff,
                };
                return leave(self.env, &found, now, why, self.tell, self.restart);
            }
            Next::Settle => {
                // What follows takes long, and has a unit of its own. GRUB counts no more from here on.
                if found.words.is_trial() {
                    moves::make(&boot, &[plan::uncounted()])?;
                }
                forget_before(&self.env.root);
            }
            Next::NoteSettled => {
                moves::make(&boot, &plan::settled(found.record.clone(), self.env.now())?)?;
                forget_before(&self.env.root);
            }
        }
        Ok(())
    }

    /// Notes that the backup is back; with what was kept of the failed starts, or what can be found of them now.
    fn note_gone_back(&self, found: &Found, now: &Upgrade, why: Reason) -> Result<()> {
        if let Some(machine) = &self.machine {
            // The audit volume may still be on its way.
            machine.wait_for_target();
        }
        let has_started = match now.phase {
            Phase::Trial | Phase::GoingBack { .. } => true,
            Phase::Applying | Phase::Settling => false,
        };
        let evidence = self.place(now).filter(|_| has_started).and_then(|place| {
            place.found().or_else(|| {
                let from = dated(now.since, self.env);
                let to = dated(zshield_host::observe::started().into(), self.env);
                keep(place, Starts::Between(from, to), now.since)
            })
        });
        let record = found.record.clone();
        let writes = plan::gone_back(record, why.clone(), evidence.clone(), self.env.now())?;
        moves::make(&self.env.boot(), &writes)?;
        forget_before(&self.env.root);
        let (version, old) = (now.to.version.clone(), now.from.version.clone());
        (self.tell)(&say::gate::WentBack { old, version, why: why.to_string() }.to_string());
        (self.tell)(&evidence.map_or_else(say::gate::no_log, say::gate::log));
        Ok(())
    }

    /// Judges the new version, and does what follows. Somebody may have decided it meanwhile.
    fn judge(&self) -> Result<()> {
        let boot = self.env.boot();
        let observed = self.observed(Found::read(&boot)?.record.now().cloned());
        let found = Found::read(&boot)?;
        let Some(now) = found.record.now().filter(|_| found.next() == Next::Judge) else {
            return Ok(());
        };
        let observed = match observed {
            Ok(None) => return Ok(()),
            Ok(Some(observed)) => observed,
            Err(why) => return self.sick(&found, now, vec![why], ""),
        };
        match judge(&observed.facts) {
            Verdict::Healthy { warnings } => {
                for warning in said(&warnings, &observed) {
                    let (version, what) = (now.to.version.clone(), warning.to_string());
                    (self.tell)(&say::gate::Warning { version, what }.to_string());
                }
                let writes = plan::confirmed(found.record.clone(), self.env.now())?;
                moves::make(&boot, &writes)?;
                forget_before(&self.env.root);
                (self.tell)(&say::gate::healthy(&now.to.version));
                Ok(())
            }
            Verdict::Sick { reasons, warnings } => {
                let reasons = said(&reasons, &observed);
                self.sick(&found, now, reasons, &lines(&said(&warnings, &observed)))
            }
        }
    }

    /// What was observed; nothing where somebody decided meanwhile, or what kept it from being observed.
    fn observed(&self, upgrade: Option<Upgrade>) -> Result<Option<Observed>, Said> {
        self.policy.as_ref().map_err(text::kept)?;
        let (Some(machine), Some(upgrade)) = (self.machine.clone(), upgrade) else {
            return Ok(None);
        };
        let boot = self.env.boot();
        let (sender, answer) = mpsc::channel();
        thread::spawn(move || {
            // What can't be read says nothing of anybody's decision.
            let is_open = || Found::read(&boot).map_or(true, |found| found.is_on_trial(&upgrade));
            // Nobody may wait for it any more.
            let _ = sender.send(machine.observe(&is_open));
        });
        answer.recv_timeout(self.limit).map_err(|_| Said::of(say::gate::overdue))
    }

    fn sick(&self, found: &Found, now: &Upgrade, reasons: Vec<Said>, warnings: &str) -> Result<()> {
        if let Some(place) = self.place(now) {
            let verdict = format!("{}{warnings}", lines(&reasons));
            keep(place, Starts::This(verdict), now.since);
        }
        leave(self.env, found, now, Reason::Unhealthy { reasons }, self.tell, self.restart)
    }

    /// Where the failed starts of an upgrade are kept.
    fn place(&self, upgrade: &Upgrade) -> Option<Place> {
        place(self.env, self.policy.as_ref().ok()?, upgrade)
    }
}

/// Keeps what there is of failed starts; a disk that hangs is not waited for.
fn keep(place: Place, starts: Starts, since: UnixTime) -> Option<String> {
    let (sender, answer) = mpsc::channel();
    thread::spawn(move || {
        // Nobody may wait for it any more.
        let _ = sender.send(place.keep(&starts, since));
    });
    let kept = answer.recv_timeout(KEEPING).ok()?;
    kept.inspect_err(|error| tracing::error!("{error}")).ok().flatten()
}

/// Where what is left of an upgrade's failures is kept.
pub(super) fn place(env: &Env, policy: &Policy, upgrade: &Upgrade) -> Option<Place> {
    let mount = policy.storage.audit.mount.as_str().trim_start_matches('/');
    Place::of(&env.root, &env.root.join(mount), name(upgrade))
}

/// An upgrade's name for its failed starts: the second in which it began.
fn name(upgrade: &Upgrade) -> String {
    let began = upgrade.began.timestamp();
    let named = began.map(|at| at.strftime("%Y%m%dT%H%M%SZ").to_string());
    named.unwrap_or_else(|| upgrade.began.0.to_string())
}

/// A moment as `journalctl` reads it, by this machine's clock.
fn dated(moment: UnixTime, env: &Env) -> String {
    let zone = (env.clock)().time_zone().clone();
    let at = moment.timestamp().unwrap_or_default().to_zoned(zone);
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Symptoms as they are kept, with what a program said itself.
fn said(symptoms: &[Symptom], observed: &Observed) -> Vec<Said> {
    let output = |symptom: &Symptom| match symptom {
        Symptom::Program(program) => observed.output(program).filter(|output| !output.is_empty()),
        Symptom::Target
        | Symptom::Inactive(_)
        | Symptom::Failed(_)
        | Symptom::Address(_)
        | Symptom::Route
        | Symptom::Full(_)
        | Symptom::Check(_) => None,
    };
    let one = |symptom: &Symptom| match output(symptom) {
        Some(output) => Said::of(|| {
            say::gate::ProgramSaid { output: output.to_owned(), symptom: symptom.to_string() }
                .to_string()
        }),
        None => Said::of(|| symptom.to_string()),
    };
    symptoms.iter().map(one).collect()
}

fn lines(texts: &[Said]) -> String {
    texts.iter().map(|text| format!("{text}\n")).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests;
