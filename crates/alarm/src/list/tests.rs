use proptest::prelude::*;
use zshield_plan::model::Target;
use zshield_plan::role::Role;

use super::*;

const SINK: &str = "mail";

fn list() -> AlarmList {
    let mut list = AlarmList::default();
    list.outbox.set_sinks([SINK]);
    list
}

fn missing() -> Condition {
    Condition::DiskMissing { role: Role::Hdd }
}

fn drift(count: u64) -> Condition {
    Condition::Integrity { count, example: "/bin/sh".into(), packages: vec![] }
}

fn seen(conditions: &[Condition]) -> Seen {
    Seen {
        conditions: conditions.to_vec(),
        unseen: Kind::ALL.into_iter().filter(|kind| kind.is_by_check()).collect(),
    }
}

/// What was told since this was asked last.
fn told(list: &mut AlarmList) -> Vec<What> {
    let due = list.outbox.due(SINK, UnixTime(i64::MAX / 2));
    let events: Vec<_> = due.into_iter().flat_map(|due| due.events).cloned().collect();
    let numbers: Vec<_> = events.iter().map(|event| event.number).collect();
    list.outbox.delivered(SINK, &numbers, 0, UnixTime(0));
    events.into_iter().map(|event| event.what).collect()
}

fn acknowledgement(at: UnixTime) -> Acknowledgement {
    Acknowledgement { at, who: "wang".into(), reason: "known".into() }
}

#[test]
fn it_is_told_once_then_once_a_day_and_once_when_it_has_gone() {
    let mut list = list();
    for minute in 0..=3 * 24 * 60 {
        list.observe(&seen(&[missing()]), UnixTime(minute * 60));
    }
    assert_eq!(told(&mut list), [What::Opened, What::Reminder, What::Reminder, What::Reminder]);
    list.observe(&seen(&[]), UnixTime(4 * DAY));
    list.observe(&seen(&[]), UnixTime(4 * DAY + 60));
    assert_eq!(told(&mut list), [What::Cleared]);
    let alarm = list.get("disk-missing:hdd").unwrap();
    assert_eq!((alarm.count, alarm.since), (1, UnixTime(0)));
}

#[test]
fn what_nothing_was_seen_of_stays() {
    let mut list = list();
    list.observe(&seen(&[missing()]), UnixTime(0));
    list.observe(&Seen::by_check(vec![drift(2)]), UnixTime(0));
    assert_eq!(list.there().count(), 2);
    list.observe(&seen(&[]), UnixTime(60));
    assert_eq!(list.holding(), ["integrity"]);
    list.observe(&Seen::by_check(vec![]), UnixTime(60));
    assert_eq!(list.there().count(), 0);
}

#[test]
fn who_was_given_access_is_an_alarm_of_its_own_and_each_is_acknowledged_alone() {
    let mut list = list();
    let access = Condition::Access { count: 1, example: "/etc/passwd (toor)".into() };
    list.observe(&Seen::by_check(vec![access.clone(), drift(2)]), UnixTime(0));
    assert_eq!(list.holding(), ["access", "integrity"]);
    assert_eq!(list.acknowledge("integrity", acknowledgement(UnixTime(10))), Some(()));
    assert_eq!(list.holding(), ["access"]);
    list.observe(&Seen::by_check(vec![access]), UnixTime(20));
    assert_eq!(list.there().map(Alarm::id).collect::<Vec<_>>(), ["access"]);
    assert_eq!(list.holding(), ["access"]);
}

#[test]
fn an_acknowledged_one_is_silent_until_it_says_something_new() {
    let mut list = list();
    list.observe(&seen(&[drift(1)]), UnixTime(0));
    assert_eq!(list.acknowledge("integrity", acknowledgement(UnixTime(10))), Some(()));
    assert_eq!(list.acknowledge("integrity", acknowledgement(UnixTime(11))), None);
    assert_eq!(list.holding(), Vec::<String>::new());
    for day in 0..5 {
        list.observe(&seen(&[drift(1)]), UnixTime(day * DAY + 20));
    }
    assert_eq!(told(&mut list).len(), 2);
    list.observe(&seen(&[drift(2)]), UnixTime(6 * DAY));
    assert_eq!(told(&mut list), [What::Changed]);
    assert_eq!(list.holding(), ["integrity"]);
}

#[test]
fn one_that_comes_and_goes_is_not_told_each_time() {
    let mut list = list();
    for minute in 0..600 {
        let conditions = if minute % 2 == 0 { vec![missing()] } else { vec![] };
        list.observe(&seen(&conditions), UnixTime(minute * 60));
    }
    let count = told(&mut list).len();
    assert!(count < 15, "{count} messages in ten hours");
    for minute in 600..800 {
        list.observe(&seen(&[]), UnixTime(minute * 60));
    }
    assert!(!list.get("disk-missing:hdd").unwrap().is_there());
}

#[test]
fn what_a_check_has_found_is_gone_when_the_next_one_says_so() {
    let mut list = list();
    for time in 0..4 {
        list.observe(&Seen::by_check(vec![drift(2)]), UnixTime(time));
        assert_eq!(list.holding(), ["integrity"]);
        list.observe(&Seen::by_check(vec![]), UnixTime(time));
        assert!(list.holding().is_empty());
    }
    list.observe(&Seen::by_check(vec![drift(2)]), UnixTime(5));
    list.observe(&Seen::of_check(Err("why".into())), UnixTime(6));
    assert_eq!(list.there().count(), 2);
    let kept: AlarmList = serde_json::from_slice(&serde_json::to_vec(&list).unwrap()).unwrap();
    assert_eq!(kept, list);
    list.observe(&Seen::by_check(vec![]), UnixTime(7));
    list.observe(&Seen::of_check(Ok(())), UnixTime(7));
    assert_eq!(list.there().count(), 0);
}

#[test]
fn a_check_that_fails_holds_the_backup_until_one_is_made_or_somebody_knows_of_it() {
    let mut list = list();
    let failed = |why: &str| Seen::of_check(Err(why.into()));
    list.observe(&failed("killed"), UnixTime(0));
    assert_eq!(list.holding(), ["unchecked"]);
    list.observe(&seen(&[]), UnixTime(60));
    assert_eq!(list.holding(), ["unchecked"], "nobody but a check takes it back");
    list.observe(&Seen::of_check(Ok(())), UnixTime(120));
    assert!(list.holding().is_empty());
    list.observe(&failed("the disk is full"), UnixTime(DAY));
    list.acknowledge("unchecked", acknowledgement(UnixTime(DAY))).unwrap();
    list.observe(&failed("the disk is full"), UnixTime(2 * DAY));
    assert!(list.holding().is_empty());
    list.observe(&failed("no manifest"), UnixTime(3 * DAY));
    assert_eq!(list.holding(), ["unchecked"]);
}

#[test]
fn what_a_check_has_found_is_told_though_it_can_not_be_kept() {
    let mut list = list();
    for day in 0..3 {
        list.observe(&Seen::by_check(vec![drift(2)]), UnixTime(day * DAY));
        list.observe(&Seen::of_check(Err("read-only".into())), UnixTime(day * DAY));
        assert_eq!(list.holding(), ["integrity", "unchecked"]);
    }
    // And no more often than anything else that stays.
    let told = told(&mut list);
    let opened = told.iter().filter(|what| **what == What::Opened).count();
    let reminded = told.iter().filter(|what| **what == What::Reminder).count();
    assert_eq!((opened, reminded, told.len()), (2, 4, 6));
}

#[test]
fn a_clock_that_was_set_back_does_not_silence_it() {
    let mut list = list();
    list.observe(&seen(&[missing()]), UnixTime(400 * DAY));
    list.observe(&seen(&[missing()]), UnixTime(0));
    assert_eq!(told(&mut list), [What::Opened, What::Reminder]);
}

#[test]
fn what_a_newer_version_has_noted_is_kept() {
    let mut list = list();
    list.observe(&seen(&[missing()]), UnixTime(0));
    let mut json = serde_json::to_value(&list).unwrap();
    json["alarms"]["fan"] = serde_json::json!({"condition": "fan-stopped", "rpm": 0});
    let mut newer: AlarmList = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(newer.all().len(), 1);
    newer.observe(&seen(&[]), UnixTime(60));
    let kept = serde_json::to_value(&newer).unwrap();
    assert_eq!(kept["alarms"]["fan"], json["alarms"]["fan"]);
}

proptest! {
    /// Nothing is lost, nothing is told twice within a day without news, and the order is kept.
    #[test]
    fn each_change_is_told_once_and_in_order(
        steps in prop::collection::vec((0u8..3, any::<bool>(), 1i64..100_000), 1..60)
    ) {
        let mut list = list();
        let mut now = UnixTime(0);
        let mut there = std::collections::BTreeSet::new();
        let mut expected = 0;
        for (which, present, later) in steps {
            now += later;
            let changed = if present { there.insert(which) } else { there.remove(&which) };
            expected += usize::from(changed);
            let conditions: Vec<Condition> = there.iter()
                .map(|which| Condition::Failed { operation: which.to_string(), why: "x".into() })
                .collect();
            list.observe(&seen(&conditions), now);
        }
        let due = list.outbox.due(SINK, now + DAY);
        let events: Vec<_> = due.into_iter().flat_map(|due| due.events).cloned().collect();
        prop_assert!(events.windows(2).all(|pair| pair[0].number < pair[1].number));
        for which in 0..3 {
            let id = format!("failed:{which}");
            let mine: Vec<_> = events.iter().filter(|event| event.condition.id() == id).collect();
            for pair in mine.windows(2) {
                let reminded = pair[1].what == What::Reminder;
                prop_assert!(!reminded || pair[0].at.distance(pair[1].at) >= DAY);
                prop_assert!(reminded || pair[0].what != pair[1].what);
            }
            // The last that was told is how it is, but for one that may be back at any time.
            let is_there = there.contains(&which);
            let unsteady = list.get(&id).is_some_and(|alarm| alarm.away.is_some());
            let last = mine.iter().rev().find(|event| event.what != What::Reminder);
            let told_there = last.is_some_and(|event| event.what == What::Opened);
            prop_assert!(told_there == is_there || unsteady);
        }
        let changes = events.iter().filter(|event| event.what != What::Reminder).count();
        prop_assert!(changes <= expected);
    }
}

#[test]
fn every_condition_is_read_as_it_was_written() {
    let text = || "text".to_owned();
    let all = [
        Condition::Integrity { count: 2, example: text().into(), packages: vec![text()] },
        Condition::Unchecked { why: text().into() },
        Condition::FailedStarts { count: 3 },
        Condition::RecoveryWaits { target: Target::Latest, begun: true },
        Condition::DaemonEnded { count: 4 },
        Condition::RaidDegraded { array: text(), state: text() },
        Condition::Failed { operation: text(), why: text().into() },
        Condition::BackupOverdue { days: 5 },
        Condition::ClockJumped { seconds: -6 },
        Condition::DiskFailing { disk: text(), faults: vec![] },
        Condition::DiskCopy { disk: text() },
        Condition::BackupHeld,
        missing(),
    ];
    let mut list = list();
    list.observe(&seen(&all), UnixTime(0));
    let kept: AlarmList = serde_json::from_slice(&serde_json::to_vec(&list).unwrap()).unwrap();
    assert_eq!(kept, list);
    assert_eq!(kept.there().count(), all.len());
}
