//! Backups and recoveries of an installed appliance: cut anywhere, planned anew, they converge,
//! and a way back is there at every instant.
#![allow(clippy::unwrap_used)]

mod factory;
mod fixture;
mod fold;
mod group;
mod live;
mod settle;
mod vault;
mod whole;

use fixture::{
    appliance, apply, backup_of, ledger, name, names, planned, planned_by, recovery_of, snapshot,
};
use zshield_plan::appliance::{Appliance, BootFilesystem, SnapshotSync};
use zshield_plan::id::{Identity, Slot, Uuid};
use zshield_plan::ledger::Ledger;
use zshield_plan::model::Target;
use zshield_plan::policy::VolumeName;
use zshield_plan::recover::{self, RestoreSource, Unavailable};
use zshield_plan::role::ByRole;
use zshield_plan::step::{CreateSnapshot, RemoveVolume, Step, WriteLedger};
use zshield_plan::upgrade::record::{AskedBy, Bundle, Golden, Record, System};
use zshield_plan::{backup, check, volumes};
use zshield_units::{Bytes, UnixTime};

#[test]
fn a_backup_cut_anywhere_and_planned_anew_ends_with_one_latest() {
    for begun_with in [&["snap0"][..], &["snap0", "snap1"]] {
        let whole = backup_of(&appliance(begun_with));
        for first in 0..=whole.steps.len() {
            let mut cut = appliance(begun_with);
            whole.steps[..first].iter().for_each(|step| apply(&mut cut, step));
            let had = cut.latest().is_some();
            assert!(had || !begun_with.contains(&"snap1"), "no backup after {first} steps");
            let again = backup_of(&cut);
            assert_eq!(check::of_running(&again, &cut), [], "after {first} steps");
            for second in 0..=again.steps.len() {
                let mut end = cut.clone();
                again.steps[..second].iter().for_each(|step| apply(&mut end, step));
                let last = backup_of(&end);
                assert_eq!(check::of_running(&last, &end), [], "after {first} and {second}");
                last.steps.iter().for_each(|step| apply(&mut end, step));
                assert_eq!(names(&end), ["snap0", "snap1"], "after {first} and {second} steps");
            }
        }
    }
}

#[test]
fn a_snapshot_that_was_cut_in_the_middle_is_cleared_away_first() {
    for remnant in ["snap0", "snap1", "snap1-next", "snap1-old", "snap0-next"] {
        let snapshots = ["snap0", "snap1"].into_iter().filter(|name| *name != remnant);
        let mut cut = appliance(&snapshots.collect::<Vec<_>>());
        cut.volumes.insert(name(remnant), Bytes::gib(40));
        let plan = backup_of(&cut);
        assert_eq!(check::of_running(&plan, &cut), [], "{remnant}");
        let steps: Vec<&str> = plan.steps.iter().map(Step::name).collect();
        assert_eq!(steps[..3], ["update-metadata", "remove-volume", "save-boot"], "{remnant}");
        assert!(
            matches!(&plan.steps[1], Step::RemoveVolume(RemoveVolume { volume, .. }) if *volume == name(remnant))
        );
    }
}

#[test]
fn no_backup_replaces_one_before_it_is_proved() {
    let appliance = appliance(&["snap0", "snap1"]);
    let mut plan = backup_of(&appliance);
    assert_eq!(check::of_running(&plan, &appliance), []);
    plan.steps.retain(|step| step.name() != "prove-backup");
    let rules: Vec<_> =
        check::of_running(&plan, &appliance).into_iter().map(|found| found.rule()).collect();
    assert!(rules.contains(&check::Rule::ProvedBeforeNamed), "{rules:?}");
}

#[test]
fn the_factory_snapshot_and_the_data_are_never_removed() {
    let appliance = appliance(&["snap0", "snap1"]);
    for (volume, rule) in [
        ("snap0", check::Rule::KeepsFactory),
        ("snap1", check::Rule::KeepsLatest),
        ("lv-user", check::Rule::DataIsKept),
        ("lv-root", check::Rule::KeepsRoot),
    ] {
        let mut plan = backup_of(&appliance);
        let group = appliance.binding.group.clone();
        plan.steps.insert(0, Step::RemoveVolume(RemoveVolume { group, volume: name(volume) }));
        let found = check::of_running(&plan, &appliance);
        assert!(found.iter().any(|found| found.rule() == rule), "{volume}: {found:?}");
    }
}

/// A record by which a new version is on trial.
fn on_trial() -> Record {
    let system = |version: &str| System { version: version.into(), image: version.into() };
    let (systems, by) = ([system("2.0.0"), system("3.0.0")], AskedBy::Person);
    let begun =
        Record::default().begin(Bundle("b".into()), systems, Golden::Stays, by, UnixTime(1));
    begun.and_then(|record| record.try_out(UnixTime(2))).unwrap()
}

#[test]
fn a_missing_disk_a_root_without_snapshots_a_begun_recovery_or_an_alarm_allows_no_backup() {
    let partial = Appliance { partial: true, ..appliance(&["snap0"]) };
    let refused = planned(&partial, None, &[]);
    assert_eq!(refused, Err(backup::Refusal::DiskMissing));
    let apart = Appliance { sync: SnapshotSync::Detached, ..appliance(&["snap0"]) };
    let refused = planned(&apart, None, &[]);
    assert_eq!(refused, Err(backup::Refusal::Detached));
    let begun = Appliance { begun: Some(Target::Latest), ..appliance(&["snap0"]) };
    let refused = planned(&begun, None, &[]);
    assert_eq!(refused, Err(backup::Refusal::RecoveryBegun(Target::Latest)));
    let ordered = Appliance { ordered: Some(Target::Latest), ..appliance(&["snap0", "snap1"]) };
    let refused = planned(&ordered, None, &[]);
    assert_eq!(refused, Err(backup::Refusal::RecoveryOrdered(Target::Latest)));
    let on_trial = Appliance { upgrades: on_trial(), ..appliance(&["snap0", "snap1"]) };
    let refused = planned(&on_trial, None, &[]);
    assert_eq!(refused, Err(backup::Refusal::UpgradePending("3.0.0".into())));
    // Once it is confirmed its backup is what the next step makes.
    let confirmed = on_trial.upgrades.clone().confirm(UnixTime(3)).unwrap();
    planned(&Appliance { upgrades: confirmed, ..on_trial }, None, &[]).unwrap();
    let held = ["integrity".to_owned()];
    let refused = planned(&appliance(&["snap0"]), None, &held);
    assert_eq!(refused, Err(backup::Refusal::Held(held.to_vec())));
}

#[test]
fn a_recovery_keeps_the_law_from_every_state_that_a_backup_leaves() {
    for snapshots in [
        &["snap0"][..],
        &["snap0", "snap1"],
        &["snap0", "snap1", "snap1-next"],
        &["snap0", "snap1-old", "snap1-next"],
        &["snap0", "snap1", "snap1-old"],
        &["snap1"],
        &[],
    ] {
        for target in Target::BACKUPS {
            let appliance = appliance(snapshots);
            match recovery_of(&appliance, target) {
                Ok(plan) => {
                    assert_eq!(
                        check::of_running(&plan, &appliance),
                        [],
                        "{snapshots:?} {target:?}"
                    );
                }
                Err(lack) => {
                    assert_eq!(
                        (target, lack),
                        (Target::Latest, Unavailable::Absent),
                        "{snapshots:?}"
                    );
                    assert!(!snapshots.iter().any(|name| name.starts_with("snap1")));
                }
            }
        }
    }
}

#[test]
fn no_recovery_is_armed_before_what_it_copies_is_looked_through() {
    for snapshots in [&["snap0", "snap1"][..], &["snap0", "snap1-old", "snap1-next"]] {
        let appliance = appliance(snapshots);
        let mut plan = recovery_of(&appliance, Target::Latest).unwrap();
        let before = |name: &str| plan.steps.iter().position(|step| step.name() == name).unwrap();
        assert!(before("check-snapshot") < before("arm"));
        plan.steps.retain(|step| step.name() != "check-snapshot");
        let found = check::of_running(&plan, &appliance);
        assert!(found.iter().any(|it| it.rule() == check::Rule::CheckedBeforeArmed), "{found:?}");
    }
}

#[test]
fn a_destroyed_boot_is_made_anew_once_the_backup_is_looked_through_and_no_other_is() {
    let lost = Appliance { boot: BootFilesystem::Destroyed, ..appliance(&["snap0", "snap1"]) };
    let unpacked = Appliance { snapshots: [].into(), ..lost.clone() };
    for (seen, target) in
        [(&lost, Target::Latest), (&lost, Target::Factory), (&unpacked, Target::Factory)]
    {
        let plan = recovery_of(seen, target).unwrap();
        assert_eq!(check::of_running(&plan, seen), [], "{target:?}");
        let makes =
            |step: &Step| matches!(step, Step::CreateFilesystem(it) if it.device == volumes::BOOT);
        let made = plan.steps.iter().position(makes).unwrap();
        let at = |name: &str| plan.steps.iter().position(|step| step.name() == name);
        assert!(at("check-snapshot") < Some(made) && Some(made) < at("arm"), "{target:?}");
        // It is lost with all that is in it, where it could have been read.
        let sound = Appliance { boot: BootFilesystem::Mountable, ..seen.clone() };
        let found = check::of_running(&plan, &sound);
        assert!(found.iter().any(|it| it.rule() == check::Rule::DataIsKept), "{found:?}");
        // Nor is it made when it has been told already.
        let mut late = plan.clone();
        let step = late.steps.remove(made);
        let arm = late.steps.iter().position(|step| step.name() == "arm").unwrap();
        late.steps.insert(arm + 1, step);
        assert!(!check::of_running(&late, seen).is_empty(), "{target:?}");
    }
}

#[test]
fn without_a_sound_factory_snapshot_the_image_is_unpacked_and_the_latest_stays() {
    let mut broken = appliance(&["snap0", "snap1"]);
    broken.snapshots.insert(name("snap0"), snapshot(false));
    assert_eq!(
        recover::restore_source(&broken, Target::Factory),
        Ok(RestoreSource::Unpack(Unavailable::Invalid))
    );
    let plan = recovery_of(&broken, Target::Factory).unwrap();
    assert_eq!(check::of_running(&plan, &broken), []);
    assert!(plan.steps.iter().any(|step| matches!(step, Step::Unpack(_))));
    plan.steps.iter().for_each(|step| apply(&mut broken, step));
    assert_eq!(names(&broken), ["snap0", "snap1"]);
}

#[test]
fn one_that_cannot_be_read_is_removed_first_and_nothing_else_is() {
    for (lost, left, target) in
        [("snap0", "snap1", Target::Latest), ("snap1", "snap0", Target::Factory)]
    {
        let seen = Appliance { unreadable: vec![name(lost)], ..appliance(&[left]) };
        let plan = recovery_of(&seen, target).unwrap();
        assert_eq!(check::of_running(&plan, &seen), []);
        let removes = |step: &Step| matches!(step, Step::RemoveVolume(RemoveVolume { volume, .. }) if *volume == name(lost));
        assert!(removes(&plan.steps[0]), "{:?}", plan.steps[0]);
        assert_eq!(plan.steps.iter().filter(|step| removes(step)).count(), 1);
        // What can be gone back to is not removed so.
        let both = appliance(&["snap0", "snap1"]);
        let found = check::of_running(&plan, &both);
        assert!(found.iter().any(|it| it.rule() == check::Rule::ArmedThroughout), "{found:?}");
    }
    let seen = |name: VolumeName, left| Appliance { unreadable: vec![name], ..appliance(&[left]) };
    let latest = seen(name("snap1"), "snap0");
    assert_eq!(recover::restore_source(&latest, Target::Latest), Err(Unavailable::Invalid));
    let factory = seen(name("snap0"), "snap1");
    assert_eq!(
        recover::restore_source(&factory, Target::Factory),
        Ok(RestoreSource::Unpack(Unavailable::Invalid))
    );
    let plan = recovery_of(&factory, Target::Factory).unwrap();
    assert_eq!(check::of_running(&plan, &factory), []);
    let none = Appliance { unreadable: vec![name("snap0"), name("snap1")], ..appliance(&[]) };
    let plan = recovery_of(&none, Target::Factory).unwrap();
    assert_eq!(check::of_running(&plan, &none), []);
}

#[test]
fn the_image_that_was_not_installed_makes_no_system() {
    let identity = || Identity { model: String::new(), serial: String::new(), size: Bytes::gib(1) };
    let ledger = Ledger {
        version: "1.0.0".into(),
        image: "installed".into(),
        slot: Slot::A,
        golden_image: None,
        golden: Uuid::random([1; 16]),
        hdd: None,
        disks: ByRole { ssd: identity(), hdd: identity() },
    };
    let source = |appliance: &Appliance, target, image: &str| {
        recover::restore_source_with(appliance, target, &ledger, image).map(drop)
    };
    let (whole, without) = (appliance(&["snap0", "snap1"]), appliance(&["snap1"]));
    assert_eq!(source(&without, Target::Factory, "installed"), Ok(()));
    assert_eq!(source(&without, Target::Factory, "another"), Err(Unavailable::Image));
    // What is copied back has nothing of the image.
    for (appliance, target) in
        [(&without, Target::Latest), (&whole, Target::Latest), (&whole, Target::Factory)]
    {
        assert_eq!(source(appliance, target, "another"), Ok(()), "{target:?}");
    }
}

#[test]
fn what_was_written_without_its_snapshots_is_not_gone_back_to() {
    let stale = Appliance { sync: SnapshotSync::Stale, ..appliance(&["snap0", "snap1"]) };
    assert_eq!(recover::restore_source(&stale, Target::Latest), Err(Unavailable::Stale));
    assert_eq!(
        recover::restore_source(&stale, Target::Factory),
        Ok(RestoreSource::Unpack(Unavailable::Stale))
    );
    let plan = recovery_of(&stale, Target::Factory).unwrap();
    assert_eq!(check::of_running(&plan, &stale), []);
}

#[test]
fn what_is_made_anew_gets_a_filesystem() {
    let lost = Appliance { there: false, members: Vec::new(), ..appliance(&[]) };
    let plan = recovery_of(&Appliance { volumes: [].into(), ..lost }, Target::Factory).unwrap();
    let count = |name: &str| plan.steps.iter().filter(|step| step.name() == name).count();
    assert_eq!((count("create-volume"), count("create-filesystem")), (4, 4));
}

#[test]
fn an_unpacked_system_is_a_way_back_only_when_it_has_been_proved() {
    let whole = appliance(&["snap1"]);
    let plan = recovery_of(&whole, Target::Factory).unwrap();
    let proof = plan.steps.iter().position(|step| step.name() == "prove").unwrap();
    for first in 0..=plan.steps.len() {
        let mut cut = whole.clone();
        plan.steps[..first].iter().for_each(|step| apply(&mut cut, step));
        let source = recover::restore_source(&cut, Target::Factory);
        assert!(
            first > proof || matches!(source, Ok(RestoreSource::Unpack(_))),
            "after {first} steps: {source:?}"
        );
        let again = recovery_of(&cut, Target::Factory).unwrap();
        assert_eq!(check::of_running(&again, &cut), [], "after {first} steps");
        again.steps.iter().for_each(|step| apply(&mut cut, step));
        assert_eq!(names(&cut), ["snap0", "snap1"], "after {first} steps");
    }
    let mut hasty = plan.clone();
    for step in &mut hasty.steps {
        if let Step::CreateSnapshot(CreateSnapshot { snapshot, .. }) = step {
            *snapshot = name("snap0");
        }
    }
    let found = check::of_running(&hasty, &whole);
    assert!(found.iter().any(|found| found.rule() == check::Rule::ProvedBeforeNamed), "{found:?}");
}

#[test]
fn a_backup_after_a_time_without_the_hdd_leaves_no_snapshot_that_lies() {
    let mut stale = Appliance { sync: SnapshotSync::Stale, ..appliance(&["snap0", "snap1"]) };
    let plan = backup_of(&stale);
    assert_eq!(check::of_running(&plan, &stale), []);
    plan.steps.iter().for_each(|step| apply(&mut stale, step));
    assert_eq!(names(&stale), ["snap1"]);
    assert_eq!(plan.steps.last().map(Step::name), Some("forget-degraded"));
}

/// The ledger of an appliance before its RAID card was replaced.
fn before_the_card(appliance: &Appliance) -> Ledger {
    let mut ledger = ledger(appliance);
    ledger.disks.hdd.model = "MR9361-8i".into();
    ledger
}

#[test]
fn a_backup_behind_another_card_ends_with_the_disks_as_they_are_called_now() {
    for snapshots in [&["snap0"][..], &["snap0", "snap1"], &["snap0", "snap1-next", "snap1-old"]] {
        for sync in [SnapshotSync::InSync, SnapshotSync::Stale] {
            let appliance = Appliance { sync, ..appliance(snapshots) };
            let plan = planned_by(&before_the_card(&appliance), &appliance, None, &[]).unwrap();
            assert_eq!(check::of_running(&plan, &appliance), []);
            let Some(Step::WriteLedger(WriteLedger { at, ledger: written })) = plan.steps.last()
            else {
                panic!("{:?}", plan.steps.last());
            };
            assert_eq!((at.as_str(), written), ("/boot/zshield", &ledger(&appliance)));
            // The next one finds it so, and writes none.
            let next = planned_by(written, &appliance, None, &[]).unwrap();
            assert!(!next.steps.iter().any(|step| matches!(step, Step::WriteLedger(_))));
        }
    }
}

#[test]
fn a_ledger_of_other_disks_or_of_another_system_is_found() {
    let appliance = appliance(&["snap0", "snap1"]);
    let sound = planned_by(&before_the_card(&appliance), &appliance, None, &[]).unwrap();
    let bends: [fn(&mut Ledger); 3] = [
        |ledger| ledger.disks.hdd.serial = "other".into(),
        |ledger| ledger.version = "3.0.0".into(),
        |ledger| ledger.image = "other".into(),
    ];
    for bend in bends {
        let mut plan = sound.clone();
        let Some(Step::WriteLedger(WriteLedger { ledger, .. })) = plan.steps.last_mut() else {
            panic!("{:?}", plan.steps.last());
        };
        bend(ledger);
        let found = check::of_running(&plan, &appliance);
        let rules: Vec<_> = found.iter().map(check::Violation::rule).collect();
        assert_eq!(rules, [check::Rule::LedgerIsOfPlan]);
    }
}
