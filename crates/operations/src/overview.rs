//! How the appliance is, at a glance: what can be seen of it, what the daemon knows, and the alarms.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde::Serialize;
use zshield_alarm::list::{AlarmList, Seen};
use zshield_host::lock::{self, Holder};
use zshield_host::observe;
use zshield_host::outcome::Outcome;
use zshield_messages::{Said, say};
use zshield_plan::health::{HealthInput, Kind, conditions, unseen_kinds};
use zshield_plan::model::Snapshot;
use zshield_plan::policy::VolumeName;
use zshield_plan::upgrade::look::Looked;
use zshield_plan::upgrade::record::Record;
use zshield_units::UnixTime;

use crate::alarm::ListedAlarm;
use crate::daemon::{DaemonState, STATE};
use crate::env::{self, Env};
use crate::error::Result;
use crate::hardware::Tool;
use crate::keys;
use crate::status::{self, DiskSeen, Recovery, Status, VaultVolume};
use crate::text;

/// The disks have this long to answer; nobody waits for ever.
const PATIENCE: Duration = Duration::from_secs(20);

/// How the appliance is.
pub struct Overview {
    /// What can be seen of it.
    pub status: Status,
    /// What the daemon knows; nothing where it does not run.
    pub daemon: Option<DaemonState>,
    /// The alarms that are there.
    pub alarms: Vec<ListedAlarm>,
    /// The operation that is under way.
    pub under_way: Option<Holder>,
    /// Now, in seconds since 1970, UTC.
    pub now: UnixTime,
    /// Whether a backup is made every night.
    pub nightly: bool,
    /// The keys that it trusts and those that are revoked, by its record of upgrades; nothing where they can't be read.
    pub keys: Option<keys::Shown>,
}

/// Looks at the appliance. It has an answer within some seconds, whatever hangs.
pub fn read(env: &Env) -> Result<Overview> {
    env::needs_root()?;
    let policy = env.policy()?;
    let daemon = daemon_state(Path::new(STATE));
    let now = env.now();
    let started = observe::started().into();
    let (sender, answer) = mpsc::channel();
    let (root, known) = (env.root.clone(), policy.clone());
    thread::spawn(move || {
        // Nobody may wait for it any more.
        let _ = sender.send(status::appliance(&root, &known));
    });
    let answer = answer.recv_timeout(PATIENCE).ok();
    let stalled = answer.is_none();
    let appliance = answer.unwrap_or_else(|| Err(Said::of(|| no_answer(daemon.as_ref()))));
    let status = status::with(&env.root, &policy, appliance);
    let facts = status.facts(&policy, stalled, now, started);
    let alarms = alarms(env.alarms(&policy).read()?, &facts, now);
    let under_way = lock::holder();
    let nightly = policy.backup.nightly;
    let keys = keys::by_record(&env.root);
    Ok(Overview { status, daemon, alarms, under_way, now, nightly, keys })
}

/// The alarms that are kept, as far as nothing else is seen now, and what is seen beside them.
fn alarms(mut list: AlarmList, facts: &HealthInput, now: UnixTime) -> Vec<ListedAlarm> {
    let mut unseen = unseen_kinds(facts);
    // The daemon alone knows of these.
    unseen.extend([Kind::ClockJumped, Kind::DaemonEnded, Kind::BackupHeld]);
    list.observe(&Seen { conditions: conditions(facts), unseen }, now);
    list.there().cloned().map(ListedAlarm::from).collect()
}

/// That the disks do not answer, and since when where the daemon knows it.
fn no_answer(daemon: Option<&DaemonState>) -> String {
    let since = daemon.and_then(|state| state.stalled_since);
    since.map_or_else(say::status::no_answer, |since| {
        say::status::no_answer_since(text::time(since))
    })
}

/// What the daemon has left; nothing where it does not run.
fn daemon_state(file: &Path) -> Option<DaemonState> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

/// The same for scripts.
#[derive(Debug, Serialize)]
pub struct ForScripts<'a> {
    version: Option<&'a str>,
    zshield: &'a str,
    latest: Option<UnixTime>,
    next: Option<UnixTime>,
    checked: Option<UnixTime>,
    snapshots: Option<&'a BTreeMap<VolumeName, Snapshot>>,
    disks: &'a [DiskSeen],
    last: Option<&'a Outcome>,
    under_way: Option<&'a Holder>,
    recovery: Option<Recovery>,
    upgrades: Record,
    looked: Option<&'a Looked>,
    keys: Option<&'a keys::Shown>,
    stale: bool,
    alarms: &'a [ListedAlarm],
    unwatched: Option<&'a [Tool]>,
    vault: Option<VaultVolume>,
}

impl Overview {
    /// The same for scripts; `zshield` is the version of the program that asks.
    pub fn for_scripts<'a>(&'a self, zshield: &'a str) -> ForScripts<'a> {
        let appliance = self.status.appliance.as_ref().ok();
        ForScripts {
            version: self.status.ledger.as_ref().map(|ledger| ledger.version.as_str()),
            zshield,
            latest: self.status.latest(),
            next: self.daemon.as_ref().and_then(|state| state.next),
            checked: self.status.checked,
            snapshots: appliance.map(|appliance| &appliance.snapshots),
            disks: &self.status.disks,
            last: self.status.outcome.as_ref(),
            under_way: self.under_way.as_ref(),
            recovery: self.status.recovery,
            upgrades: self.status.upgrades.clone().without_keys(),
            looked: self.status.looked.as_ref(),
            keys: self.keys.as_ref(),
            stale: appliance.is_some_and(zshield_plan::appliance::Appliance::is_stale),
            alarms: &self.alarms,
            unwatched: self.daemon.as_ref().map(|state| state.absent.as_slice()),
            vault: self.status.vault_volume(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zshield_plan::health::Condition;
    use zshield_plan::model::Target;
    use zshield_plan::role::Role;

    use super::*;
    use crate::daemon::withdraw;

    fn facts() -> HealthInput {
        HealthInput { looked: true, missing: vec![Role::Hdd], ..HealthInput::default() }
    }

    fn ids(alarms: &[ListedAlarm]) -> Vec<&str> {
        alarms.iter().map(|alarm| alarm.id.as_str()).collect()
    }

    #[test]
    fn an_alarm_is_there_by_what_is_seen_now_or_by_what_the_daemon_alone_knows() {
        let mut list = AlarmList::default();
        let conditions = vec![Condition::Stale, Condition::ClockJumped { seconds: 7200 }];
        list.observe(&Seen { conditions, unseen: vec![] }, UnixTime(10));
        let facts = HealthInput { ways: Some(Target::BACKUPS.to_vec()), ..facts() };
        let alarms = alarms(list, &facts, UnixTime(20));
        let ids = ids(&alarms);
        assert!(ids.contains(&"disk-missing:hdd") && ids.contains(&"clock-jumped"), "{ids:?}");
        // Nothing is stale any more.
        assert!(!ids.contains(&"stale"), "{ids:?}");
    }

    #[test]
    fn what_the_daemon_left_is_read_and_nothing_is_made_of_half_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("daemon.json");
        assert!(daemon_state(&file).is_none());
        std::fs::write(&file, "{\"next\": 7, \"stalled_since\"").unwrap();
        assert!(daemon_state(&file).is_none());
        std::fs::write(&file, "{\"next\":7,\"stalled_since\":60,\"conditions\":[]}").unwrap();
        let state = daemon_state(&file).unwrap();
        assert_eq!(state.next, Some(UnixTime(7)));
        assert_eq!(no_answer(Some(&state)), say::status::no_answer_since(text::time(UnixTime(60))));
        assert_eq!(no_answer(None), say::status::no_answer());
    }

    #[test]
    fn what_a_daemon_that_has_ended_has_said_is_gone() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("daemon.json");
        std::fs::write(&file, "{\"next\":7,\"conditions\":[]}").unwrap();
        assert!(daemon_state(&file).is_some());
        withdraw(&file).unwrap();
        assert!(daemon_state(&file).is_none());
        withdraw(&file).unwrap();
    }

    #[test]
    fn scripts_read_what_is_known_where_the_appliance_can_not_be_seen() {
        let disk = DiskSeen {
            role: Role::Hdd,
            model: "WD".to_owned(),
            serial: "1".to_owned(),
            device: None,
            was: None,
        };
        let status = Status {
            ledger: None,
            disks: vec![disk],
            appliance: Err("no answer".into()),
            outcome: None,
            under_way: false,
            upgrades: Record::default(),
            checked: Some(UnixTime(5)),
            tries: 0,
            recovery: None,
            copies: Vec::new(),
            looked: None,
            usage: None,
            lvm_blocked_by: None,
            vault: None,
        };
        let alarms = alarms(AlarmList::default(), &facts(), UnixTime(20));
        let overview = Overview {
            status,
            daemon: None,
            alarms,
            under_way: None,
            now: UnixTime(20),
            nightly: true,
            keys: Some(keys::Shown::default()),
        };
        let json = serde_json::to_value(overview.for_scripts("0.1.0")).unwrap();
        let null = json!(null);
        for name in [
            "version",
            "latest",
            "next",
            "snapshots",
            "last",
            "recovery",
            "under_way",
            "unwatched",
            "looked",
            "vault",
        ] {
            assert_eq!(json[name], null, "{name}");
        }
        assert_eq!((&json["zshield"], &json["checked"]), (&json!("0.1.0"), &json!(5)));
        assert_eq!(json["stale"], false);
        let disk = json!({ "role": "hdd", "model": "WD", "serial": "1", "device": null });
        assert_eq!(json["disks"], json!([disk]));
        assert_eq!(json["alarms"][0]["id"], "disk-missing:hdd");
        assert_eq!(json["upgrades"], json!({ "format": 1, "history": [] }));
        assert_eq!(json["keys"], json!({ "trusted": [], "revoked": [] }));
        assert_eq!(json.as_object().unwrap().len(), 17);
    }
}
