//! Alarms: the list of them, who acknowledges one, and whether people can be told.

use anyhow::Result as AnyResult;
use serde::Serialize;
use zshield_alarm::alarm::{Acknowledgement, Alarm, AlarmId};
use zshield_alarm::audit::{self, Did, Entry, Who};
use zshield_alarm::batch::Sender;
use zshield_alarm::list::AlarmList;
use zshield_alarm::sink::Sink;
use zshield_alarm::store::Store;
use zshield_check::report::DriftAlarm;
use zshield_golden::EntryPath;
use zshield_host::lock;
use zshield_messages::{Said, in_language, say};
use zshield_plan::health::{Kind, Severity};
use zshield_plan::policy::Policy;

use crate::acceptance::{self, Meant};
use crate::env::{self, Env};
use crate::error::{Refusal, Result, before_it_began};
use crate::interruption;

/// Alarms, and what waits for the sinks.
#[derive(Debug, Serialize)]
pub struct Listing {
    /// The alarms, those that are there first.
    pub alarms: Vec<ListedAlarm>,
    /// The sinks.
    pub sinks: Vec<Waiting>,
}

/// An alarm, with what follows of its condition.
#[derive(Clone, Debug, Serialize)]
pub struct ListedAlarm {
    /// The alarm.
    #[serde(flatten)]
    pub alarm: Alarm,
    /// Its id.
    pub id: AlarmId,
    /// Its severity.
    pub severity: Severity,
    /// Its text, in the current language.
    pub text: String,
}

/// What waits for a sink.
#[derive(Clone, Debug, Serialize)]
pub struct Waiting {
    /// The name of the sink.
    pub sink: String,
    /// So many events.
    pub waiting: usize,
    /// So many attempts have failed in a row.
    pub failures: u32,
    /// Why the last one failed.
    pub why: Option<Said>,
}

impl From<Alarm> for ListedAlarm {
    fn from(alarm: Alarm) -> Self {
        let (id, severity) = (alarm.id(), alarm.severity());
        Self { id, severity, text: alarm.condition.to_string(), alarm }
    }
}

/// The alarms that are there; with `all`, those that have gone, too.
pub fn list(env: &Env, all: bool) -> Result<Listing> {
    env::needs_root()?;
    let policy = env.policy()?;
    Ok(listing(&env.alarms(&policy).read()?, all))
}

fn listing(list: &AlarmList, all: bool) -> Listing {
    let alarms = list.all().into_iter().filter(|alarm| all || alarm.is_there());
    let waiting = list.outbox.queues().map(|(sink, queue)| Waiting {
        sink: sink.to_owned(),
        waiting: queue.waiting(),
        failures: queue.failures,
        why: queue.why.clone(),
    });
    Listing { alarms: alarms.cloned().map(ListedAlarm::from).collect(), sinks: waiting.collect() }
}

/// An acknowledgement that can be made.
pub struct Acknowledge {
    env: Env,
    store: Store,
    id: AlarmId,
    reason: String,
    /// Where it is of files.
    held: Option<lock::Held>,
}

/// An acknowledgement that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// The alarm.
    pub id: AlarmId,
    /// How many files were accepted as the last check found them.
    pub accepted: usize,
    /// Whether it is noted where it outlives a restart.
    pub durable: bool,
}

/// Why nothing is acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAcknowledged {
    /// There is no reason.
    #[error("{}", say::alarm::no_reason())]
    NoReason,
    /// No alarm with this id is open.
    #[error("{}", unknown_id(id, open))]
    UnknownAlarm {
        /// The id.
        id: AlarmId,
        /// The ids of the alarms that are open.
        open: Vec<AlarmId>,
    },
}

fn unknown_id(id: &str, open: &[AlarmId]) -> String {
    if open.is_empty() {
        return say::alarm::unknown_id_none(id);
    }
    say::alarm::UnknownId { id, open: open.join(", ") }.to_string()
}

/// Finds the alarm.
pub fn prepare_acknowledge(env: &Env, id: AlarmId, reason: &str) -> Result<Acknowledge> {
    before_it_began(|| {
        env::needs_root()?;
        let store = env.alarms(&env.policy()?);
        let reason = reason.trim().to_owned();
        ensure_open(&store.read()?, &id, &reason)?;
        // What a check found is accepted too. One that is about to end would write its result over that.
        let held = drift_alarm(&id)
            .map(|_| lock::hold(lock::Operation::Acknowledge))
            .transpose()
            .map_err(Refusal::Busy)?;
        Ok(Acknowledge { env: env.clone(), store, id, reason, held })
    })
}

/// The alarm of a check's findings that this is, if it is one.
fn drift_alarm(id: &str) -> Option<DriftAlarm> {
    let of = |kind: Kind, alarm| (id == kind.name()).then_some(alarm);
    of(Kind::Integrity, DriftAlarm::Files).or_else(|| of(Kind::Access, DriftAlarm::Access))
}

fn ensure_open(list: &AlarmList, id: &str, reason: &str) -> AnyResult<()> {
    if reason.is_empty() {
        return Err(Refusal::operation(NotAcknowledged::NoReason).into());
    }
    let open: Vec<AlarmId> = list.there().filter(|it| it.is_open()).map(Alarm::id).collect();
    if open.iter().any(|one| one == id) {
        return Ok(());
    }
    Err(Refusal::operation(NotAcknowledged::UnknownAlarm { id: id.to_owned(), open }).into())
}

impl Acknowledge {
    /// Makes it. Who it was is durable before it counts.
    pub fn run(self) -> Result<Acknowledged> {
        interruption::begin();
        let Self { env, store, id, reason, held } = self;
        let (at, who) = (env.now(), Who::here());
        let by = Acknowledgement { at, who: who.name(), reason: reason.clone() };
        let alarm = drift_alarm(&id).filter(|_| held.is_some());
        let chosen = |alarm| acceptance::chosen(&env.root, Meant::Alarming(alarm));
        let meant = alarm.map(chosen).transpose()?.unwrap_or_default();
        let paths = meant.iter().map(EntryPath::to_string).collect();
        let alarms = vec![id.clone()];
        audit::append(&store, &Entry { at, did: Did::Acknowledged, alarms, paths, reason, who })?;
        if !meant.is_empty() {
            acceptance::accept(&env.root, &meant)?;
        }
        let changed = store.change(|list| {
            // It may have gone, or been acknowledged, since it was looked for: then all is well.
            let _ = list.acknowledge(&id, by);
        })?;
        Ok(Acknowledged { id, accepted: meant.len(), durable: changed.durable })
    }
}

/// Why no sink is tested.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTested {
    /// The policy has no sink for alarms.
    #[error("{}", say::alarm::no_sinks())]
    NoSinks,
    /// The policy has no sink of this name.
    #[error("{}", say::alarm::UnknownSink { name, names: sinks.join(", ") })]
    UnknownSink {
        /// The name.
        name: String,
        /// The names of the sinks that the policy has.
        sinks: Vec<String>,
    },
}

/// A test of sinks that can be run.
pub struct Test {
    policy: Policy,
    sinks: Vec<Sink>,
}

/// A sink that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested {
    /// Its name.
    pub sink: String,
    /// Why it could not be told, or not all of it.
    pub failure: Option<String>,
}

/// Finds the sinks: one of this name, or all of them.
pub fn prepare_test(env: &Env, wanted: Option<&str>) -> Result<Test> {
    env::needs_root()?;
    let policy = env.policy()?;
    let sinks = Sink::all(&policy.alarm);
    let names: Vec<String> = sinks.iter().map(|sink| sink.name().to_owned()).collect();
    ensure_there(&names, wanted)?;
    let is_wanted = |sink: &Sink| wanted.is_none_or(|name| name == sink.name());
    Ok(Test { policy, sinks: sinks.into_iter().filter(is_wanted).collect() })
}

fn ensure_there(names: &[String], wanted: Option<&str>) -> AnyResult<()> {
    if names.is_empty() {
        return Err(Refusal::operation(NotTested::NoSinks).into());
    }
    match wanted {
        Some(name) if names.iter().all(|one| one != name) => {
            let unknown = NotTested::UnknownSink { name: name.to_owned(), sinks: names.to_vec() };
            Err(Refusal::operation(unknown).into())
        }
        Some(_) | None => Ok(()),
    }
}

impl Test {
    /// Tells each sink something, as alarms are told, and says how that went. Whether all went well.
    pub fn run(&self, told: &mut dyn FnMut(&Tested)) -> bool {
        let sender = sender(&self.policy);
        let mut good = true;
        for sink in &self.sinks {
            // As alarms are told, not as the caller speaks.
            let language = self.policy.product.language.into();
            let failure = in_language(language, || sink.test(&sender)).unwrap_or_else(Some);
            good &= failure.is_none();
            let failure = failure.map(|why| why.to_string());
            told(&Tested { sink: sink.name().to_owned(), failure });
        }
        good
    }
}

/// Who tells: this machine.
pub(crate) fn sender(policy: &Policy) -> Sender {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let zone = jiff::tz::TimeZone::system();
    Sender { product: policy.product.name.clone(), host, zone }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zshield_alarm::list::Seen;
    use zshield_plan::health::Condition;
    use zshield_units::UnixTime;

    use super::*;
    use crate::fixture;

    fn list() -> AlarmList {
        let mut list = AlarmList::default();
        list.outbox.set_sinks(["mail"]);
        let seen = |conditions| Seen { conditions, unseen: vec![] };
        list.observe(&seen(vec![Condition::Unchecked { why: "full".into() }]), UnixTime(10));
        list.observe(&seen(vec![Condition::Stale]), UnixTime(7200));
        list
    }

    #[test]
    fn an_alarm_that_has_gone_is_listed_where_all_are_asked_for() {
        let ids = |all| {
            let alarms = listing(&list(), all).alarms.into_iter();
            alarms.map(|alarm| alarm.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(false), ["stale"]);
        assert_eq!(ids(true), ["stale", "unchecked"]);
    }

    #[test]
    fn scripts_read_the_alarm_itself_and_what_follows_of_it() {
        let json = serde_json::to_value(listing(&list(), false)).unwrap();
        let alarm = &json["alarms"][0];
        assert_eq!(alarm["id"], "stale");
        assert_eq!(alarm["state"], json!({ "state": "open" }));
        assert_eq!(alarm["since"], 7200);
        assert_eq!(alarm["condition"], serde_json::to_value(Condition::Stale).unwrap());
        assert_eq!(alarm["text"], Condition::Stale.to_string());
        assert!(alarm["severity"].is_string());
        let sink = &json["sinks"][0];
        assert_eq!(sink["sink"], "mail");
        assert_eq!((&sink["waiting"], &sink["failures"]), (&json!(3), &json!(0)));
        assert_eq!(sink["why"], json!(null));
    }

    #[test]
    fn only_an_open_alarm_is_acknowledged_and_only_with_a_reason() {
        let list = list();
        ensure_open(&list, "stale", "known").unwrap();
        let refused = |id, reason| fixture::refusal(ensure_open(&list, id, reason).unwrap_err());
        assert_eq!(refused("stale", "").own(), Some(&NotAcknowledged::NoReason));
        let (id, open) = ("unchecked".to_owned(), vec!["stale".to_owned()]);
        let unknown = NotAcknowledged::UnknownAlarm { id, open };
        assert_eq!(refused("unchecked", "known").own(), Some(&unknown));
    }

    #[test]
    fn a_sink_is_tried_by_its_name_and_none_is_a_refusal() {
        let names = ["mail".to_owned(), "wall".to_owned()];
        ensure_there(&names, None).unwrap();
        ensure_there(&names, Some("wall")).unwrap();
        assert!(ensure_there(&names, Some("pager")).is_err());
        assert!(ensure_there(&[], None).is_err());
    }
}
