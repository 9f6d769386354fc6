use zshield_plan::appliance::SnapshotSync;
use zshield_plan::grubenv::EnvKey;

use super::*;
use crate::fixture::{self, POLICY, invalid, valid};

/// An appliance with these snapshots, whose HDD's device is not known.
fn status(snapshots: &[(&str, Snapshot)]) -> Status {
    let disk = |role, device: Option<&str>| DiskSeen {
        role,
        model: "m".to_owned(),
        serial: "s".to_owned(),
        device: device.map(str::to_owned),
        was: None,
    };
    Status {
        ledger: None,
        disks: vec![disk(Role::Ssd, Some("/dev/sda")), disk(Role::Hdd, None)],
        appliance: Ok(fixture::appliance(snapshots)),
        outcome: None,
        checked: None,
        tries: 2,
        recovery: None,
        under_way: false,
        upgrades: Record::default(),
        copies: Vec::new(),
        looked: None,
        usage: None,
        lvm_blocked_by: None,
        vault: Some(VaultState::default()),
    }
}

fn facts(status: &Status) -> HealthInput {
    let policy = Policy::parse(POLICY, Path::new("appliance.toml")).unwrap();
    status.facts(&policy, false, UnixTime(10_000), UnixTime(4_000))
}

#[test]
fn a_recovery_that_the_next_start_makes_is_seen() {
    let with = |words: &[(EnvKey, &str)]| {
        let set =
            |found: Environment, (word, value): &(EnvKey, &str)| found.with(*word, Some(value));
        Recovery::of(&words.iter().fold(Environment::default(), set))
    };
    let (begun, ordered) = (EnvKey::Recover, EnvKey::Request);
    let recovery = |target, begun| Some(Recovery { target, begun });
    assert_eq!(with(&[]), None);
    // The screen with the ways back is no recovery.
    assert_eq!(with(&[(ordered, "menu")]), None);
    assert_eq!(with(&[(ordered, "latest")]), recovery(Target::Latest, false));
    let both = [(ordered, "latest"), (begun, "factory")];
    assert_eq!(with(&both), recovery(Target::Factory, true));
}

#[test]
fn the_age_of_a_backup_counts_from_the_start_where_there_is_none() {
    let with = status(&[("snap0", valid(1_000)), ("snap1", valid(7_000))]);
    assert_eq!(with.latest(), Some(UnixTime(7_000)));
    let seen = facts(&with);
    assert_eq!((seen.ways, seen.backup_age), (Some(Target::BACKUPS.to_vec()), Some(3_000)));
    assert!(seen.looked && !seen.latest_lost);
    let without = facts(&status(&[("snap0", valid(1_000))]));
    assert_eq!(without.ways, Some(vec![Target::Factory]));
    assert_eq!(without.backup_age, Some(6_000));
    // It was made under a clock that was ahead.
    assert_eq!(facts(&status(&[("snap1", valid(20_000))])).backup_age, None);
}

#[test]
fn a_latest_backup_that_overflowed_is_no_way_back_and_is_lost() {
    let status = status(&[("snap0", valid(1_000)), ("snap1", invalid(7_000))]);
    assert_eq!(
        (status.latest(), status.fills()),
        (None, vec![("factory".to_owned(), FillRatio(100))])
    );
    let seen = facts(&status);
    assert!(seen.latest_lost);
    assert_eq!(seen.ways, Some(vec![Target::Factory]));
}

#[test]
fn snapshots_that_could_not_follow_are_no_ways_back() {
    let mut status = status(&[("snap0", valid(1_000)), ("snap1", valid(7_000))]);
    status.appliance.as_mut().unwrap().sync = SnapshotSync::Stale;
    assert_eq!((status.latest(), status.fills()), (None, vec![]));
    let seen = facts(&status);
    assert!(seen.stale && !seen.latest_lost);
    assert_eq!(seen.ways, Some(vec![]));
}

#[test]
fn what_can_not_be_seen_is_not_taken_for_missing() {
    let mut status = status(&[]);
    status.appliance = Err("no answer".into());
    assert!(status.latest().is_none() && status.fills().is_empty());
    let seen = facts(&status);
    assert_eq!((seen.ways, seen.backup_age), (None, None));
    assert_eq!(seen.unseen, Some("no answer".into()));
    assert!(!seen.stale && !seen.latest_lost);
    // The disks and the starts are known all the same.
    assert_eq!((seen.missing, seen.tries), (vec![Role::Hdd], 2));
}

#[test]
fn only_an_operation_that_failed_is_a_failure() {
    let ended = |failure: Option<&str>| {
        let mut status = status(&[]);
        let failure = failure.map(Said::from);
        let (began, ended) = (UnixTime(1), UnixTime(2));
        status.outcome =
            Some(Outcome { operation: "backup".into(), began, ended, failure, open: false });
        facts(&status).failure
    };
    assert_eq!(ended(None), None);
    assert_eq!(ended(Some("full")), Some(("backup".to_owned(), "full".into())));
}

#[test]
fn one_that_was_cut_off_failed_unless_it_is_under_way() {
    let mut status = status(&[]);
    status.outcome = Some(Outcome::begun("backup", "cut off".into()));
    assert_eq!(facts(&status).failure, Some(("backup".to_owned(), "cut off".into())));
    status.under_way = true;
    assert_eq!(facts(&status).failure, None);
}

#[test]
fn a_recovery_that_is_half_done_or_ordered_is_a_condition_unless_it_is_under_way() {
    use zshield_plan::health::conditions;
    for begun in [true, false] {
        let mut status = status(&[]);
        status.recovery = Some(Recovery { target: Target::Latest, begun });
        let waits = Condition::RecoveryWaits { target: Target::Latest, begun };
        assert!(conditions(&facts(&status)).contains(&waits));
        status.under_way = true;
        assert!(!conditions(&facts(&status)).contains(&waits));
    }
}

#[test]
fn the_vault_s_volume_is_there_with_its_room_or_is_none() {
    let mut seen = status(&[("snap1", valid(7_000))]);
    assert_eq!(seen.vault_volume(), None);
    assert_eq!(facts(&seen).vault, Some(Vec::new()));
    let size = Bytes::gib(4);
    if let Ok(appliance) = &mut seen.appliance {
        appliance.volumes.insert(named(VAULT), size);
    }
    let unusable = VaultVolume { size, usable: false, free: None, used: None };
    assert_eq!(seen.vault_volume(), Some(unusable));
    if let Ok(appliance) = &mut seen.appliance {
        appliance.vault = Some(VaultRoom { size: Bytes(1000), free: Bytes(349) });
    }
    let usable = VaultVolume { size, usable: true, free: Some(Bytes(349)), used: Some(66) };
    assert_eq!(seen.vault_volume(), Some(usable));
    // With a volume a place has to be copied to; what can't be read is not taken for well.
    let policy = Policy::parse(POLICY, Path::new("appliance.toml")).unwrap();
    let late = |seen: &Status| seen.facts(&policy, false, UnixTime(400_000), UnixTime(4_000)).vault;
    assert_eq!(late(&seen).map(|found| found.len()), Some(1));
    seen.vault = None;
    assert_eq!(late(&seen), None);
}
