//! The factory state as a store over the latest backup.

use zshield_plan::appliance::{Appliance, Factory, FactoryLoss, SnapshotSync};
use zshield_plan::backup;
use zshield_plan::check::{self, Rule};
use zshield_plan::model::Target;
use zshield_plan::plan::Plan;
use zshield_plan::recover::{self, RestoreSource, Unavailable};
use zshield_plan::step::{CreateSnapshot, DetachFactory, Step};
use zshield_units::Bytes;

use crate::fixture::{
    appliance, apply, backup_of, backup_with_image, backup_with_image_of, detached, name, names,
    recovery_of, snapshot,
};

fn folded() -> Appliance {
    detached(&["snap0", "snap1"], "snap1")
}

/// The states that a backup which is cut off leaves.
fn left_by_backups() -> Vec<Appliance> {
    let whole = backup_of(&folded());
    (0..=whole.steps.len()).map(|first| cut(&folded(), &whole, first)).collect()
}

fn cut(appliance: &Appliance, plan: &Plan, first: usize) -> Appliance {
    let mut left = appliance.clone();
    plan.steps[..first].iter().for_each(|step| apply(&mut left, step));
    left
}

fn rules(plan: &Plan, appliance: &Appliance) -> Vec<Rule> {
    check::of_running(plan, appliance).iter().map(check::Violation::rule).collect()
}

fn at(plan: &Plan, name: &str) -> usize {
    plan.steps.iter().position(|step| step.name() == name).unwrap()
}

#[test]
fn a_backup_cut_anywhere_and_planned_anew_keeps_the_factory_state() {
    let begun = folded();
    let whole = backup_of(&begun);
    assert_eq!(check::of_running(&whole, &begun), []);
    for first in 0..=whole.steps.len() {
        let left = cut(&begun, &whole, first);
        assert!(matches!(left.factory(), Factory::Store(..)), "after {first} steps");
        assert!(left.latest().is_some(), "after {first} steps");
        let again = backup_of(&left);
        assert_eq!(check::of_running(&again, &left), [], "after {first} steps");
        for second in 0..=again.steps.len() {
            let left = cut(&left, &again, second);
            assert!(matches!(left.factory(), Factory::Store(..)), "{first} and {second}");
            let last = backup_of(&left);
            assert_eq!(check::of_running(&last, &left), [], "after {first} and {second}");
            let end = cut(&left, &last, last.steps.len());
            assert_eq!(names(&end), ["snap0", "snap1"], "after {first} and {second} steps");
            assert!(matches!(end.factory(), Factory::Store(_, "snap1")), "{first} and {second}");
        }
    }
}

#[test]
fn an_appliance_gets_the_factory_state_as_a_store_cut_anywhere() {
    for begun_with in [&["snap0"][..], &["snap0", "snap1"], &["snap0", "snap1-next", "snap1-old"]] {
        let begun = appliance(begun_with);
        let whole = backup_of(&begun);
        assert_eq!(check::of_running(&whole, &begun), [], "{begun_with:?}");
        for first in 0..=whole.steps.len() {
            let left = cut(&begun, &whole, first);
            assert!(left.valid("snap0").is_some(), "{begun_with:?} after {first} steps");
            let again = backup_of(&left);
            assert_eq!(check::of_running(&again, &left), [], "after {first} steps");
            let end = cut(&left, &again, again.steps.len());
            assert_eq!(names(&end), ["snap0", "snap1"], "after {first} steps");
            assert!(matches!(end.factory(), Factory::Store(_, "snap1")), "after {first} steps");
        }
    }
}

#[test]
fn one_that_is_made_anew_has_the_chunks_of_the_latest_backup_whatever_the_policy_says_now() {
    for appliance in [appliance(&[]), appliance(&["snap1"])] {
        let plan = backup_with_image_of(&appliance, Bytes(4096));
        assert_eq!(check::of_running(&plan, &appliance), []);
        let end = cut(&appliance, &plan, plan.steps.len());
        assert!(matches!(end.factory(), Factory::Store(..)));
    }
}

#[test]
fn no_backup_takes_the_place_of_one_that_the_store_stands_over_before_it_is_folded() {
    let appliance = folded();
    let whole = backup_of(&appliance);
    let mut without = whole.clone();
    without.steps.remove(at(&whole, "fold-store"));
    assert!(rules(&without, &appliance).contains(&Rule::KeepsFactory));
    let mut late = whole.clone();
    let fold = late.steps.remove(at(&whole, "fold-store"));
    let named = at(&late, "rename-volume");
    late.steps.insert(named + 1, fold);
    assert!(rules(&late, &appliance).contains(&Rule::KeepsFactory));
    let mut early = whole.clone();
    let fold = early.steps.remove(at(&whole, "fold-store"));
    let proof = at(&early, "prove-backup");
    early.steps.insert(proof, fold);
    assert!(rules(&early, &appliance).contains(&Rule::MadeBeforeUse));
}

#[test]
fn a_snapshot_is_detached_over_a_latest_backup_with_its_chunks_and_nothing_else() {
    let found = |appliance: &Appliance, base: &str, at: usize| {
        let mut plan = backup_of(appliance);
        plan.steps.retain(|step| step.name() != "detach-factory");
        let (group, snapshot) = (appliance.binding.group.clone(), name("snap0"));
        let step = DetachFactory { group, snapshot, base: name(base) };
        plan.steps.insert(at.min(plan.steps.len()), step.into());
        rules(&plan, appliance)
    };
    let sound = appliance(&["snap0", "snap1"]);
    assert_eq!(found(&sound, "snap1", usize::MAX), []);
    // What is not folded to goes with the backup below it.
    assert!(found(&sound, "snap1", 0).contains(&Rule::KeepsFactory));
    assert!(found(&appliance(&["snap0"]), "snap1", 0).contains(&Rule::MadeBeforeUse));
    assert!(found(&sound, "snap1-next", 4).contains(&Rule::MadeBeforeUse));
    let mut unlike = sound.clone();
    unlike.snapshots.get_mut(&name("snap1")).unwrap().chunk = Bytes(4096);
    assert!(found(&unlike, "snap1", 0).contains(&Rule::MadeBeforeUse));
    assert!(found(&folded(), "snap1", 0).contains(&Rule::MadeBeforeUse));
}

#[test]
fn a_backup_has_the_chunks_of_the_factory_state() {
    for mut appliance in [folded(), appliance(&["snap0", "snap1"])] {
        appliance.snapshots.get_mut(&name("snap0")).unwrap().chunk = Bytes(4096);
        appliance.snapshots.get_mut(&name("snap1")).unwrap().chunk = Bytes(4096);
        let plan = backup_of(&appliance);
        assert_eq!(check::of_running(&plan, &appliance), []);
        let made = &plan.steps[at(&plan, "create-snapshot")];
        assert!(matches!(made, Step::CreateSnapshot(CreateSnapshot { chunk: Bytes(4096), .. })));
    }
}

#[test]
fn without_what_it_stands_over_the_factory_state_is_lost_and_made_anew() {
    let mut given_up = folded();
    given_up.snapshots.insert(name("snap1"), snapshot(false));
    let mut gone = folded();
    gone.snapshots.remove(&name("snap1"));
    let mut another = folded();
    another.snapshots.insert(name("snap1"), snapshot(true));
    for appliance in [given_up, gone, another] {
        assert_eq!(appliance.factory(), Factory::Lost(FactoryLoss::Base));
        assert!(appliance.valid("snap0").is_none());
        let plan = backup_with_image(&appliance);
        assert_eq!(check::of_running(&plan, &appliance), []);
        assert!(!plan.steps.iter().any(|step| step.name() == "fold-store"));
        for first in 0..=plan.steps.len() {
            let left = cut(&appliance, &plan, first);
            let again = backup_with_image(&left);
            assert_eq!(check::of_running(&again, &left), [], "after {first} steps");
            let end = cut(&left, &again, again.steps.len());
            assert_eq!(names(&end), ["snap0", "snap1"], "after {first} steps");
            assert!(matches!(end.factory(), Factory::Store(..)), "after {first} steps");
        }
        let source = recover::restore_source(&appliance, Target::Factory);
        assert_eq!(source, Ok(RestoreSource::Unpack(Unavailable::Base)));
        let plan = recovery_of(&appliance, Target::Factory).unwrap();
        assert_eq!(check::of_running(&plan, &appliance), []);
    }
}

#[test]
fn a_factory_state_that_can_not_be_carried_over_goes_and_the_new_backup_is_the_latest() {
    // As a store, and as a snapshot that could not be detached.
    for left in left_by_backups().into_iter().chain([appliance(&["snap0", "snap1"])]) {
        let deemed = left.with_factory_useless();
        assert_eq!(deemed.factory(), Factory::Lost(FactoryLoss::Invalid));
        let plan = backup_with_image(&deemed);
        assert_eq!(check::of_running(&plan, &deemed), []);
        let end = cut(&deemed, &plan, plan.steps.len());
        assert_eq!(names(&end), ["snap0", "snap1"]);
        assert!(matches!(end.factory(), Factory::Store(_, "snap1")));
        // Without the image it stays where it is, and nobody takes it for a way back or tries it again.
        let plan = backup_of(&deemed);
        assert_eq!(check::of_running(&plan, &deemed), []);
        let tried = |step: &Step| ["fold-store", "detach-factory"].contains(&step.name());
        assert!(!plan.steps.iter().any(tried));
    }
}

#[test]
fn a_backup_whose_factory_state_is_of_no_use_goes_on_to_its_end_and_is_made_once() {
    let snapshot = appliance(&["snap0", "snap1"]);
    for (found, step, is_damaged, end) in [
        (&folded(), "fold-store", false, &["snap0", "snap1"][..]),
        (&snapshot, "detach-factory", true, &["snap1"]),
        (&snapshot, "detach-factory", false, &["snap0", "snap1"]),
    ] {
        let plan = backup_of(found);
        let failed = at(&plan, step);
        let left = cut(found, &plan, failed);
        let rest = backup::without_factory(&plan, failed + 1, is_damaged);
        let known = left.clone().with_factory_useless();
        assert_eq!(check::of_running(&rest, &known), [], "{step} {is_damaged}");
        assert!(!rest.steps.iter().any(|step| matches!(step, Step::CreateSnapshot(_))));
        let mut made = left;
        rest.steps.iter().for_each(|step| apply(&mut made, step));
        assert_eq!(names(&made), end, "{step} {is_damaged}");
        assert_ne!(made.snapshots[&name("snap1")].id, found.snapshots[&name("snap1")].id);
        if is_damaged {
            // The next night knows it, and makes one snapshot.
            assert_eq!(made.factory(), Factory::Absent);
            let next = backup_of(&made);
            assert!(!next.steps.iter().any(|step| step.name() == "detach-factory"));
        }
    }
}

#[test]
fn what_could_not_follow_root_is_no_base() {
    let stale = Appliance { sync: SnapshotSync::Stale, ..folded() };
    assert_eq!(stale.factory(), Factory::Lost(FactoryLoss::Stale));
    let plan = backup_with_image(&stale);
    assert_eq!(check::of_running(&plan, &stale), []);
    assert!(!plan.steps.iter().any(|step| step.name() == "fold-store"));
}

#[test]
fn a_recovery_keeps_the_law_from_every_state_that_a_backup_leaves() {
    for left in left_by_backups() {
        for target in Target::BACKUPS {
            let plan = recovery_of(&left, target).unwrap();
            assert_eq!(check::of_running(&plan, &left), [], "{target:?} {:?}", names(&left));
            let reads = plan.steps.iter().filter(|step| step.name() == "open-factory").count();
            assert_eq!(reads, if target == Target::Factory { 2 } else { 0 });
            for first in 0..=plan.steps.len() {
                let cut = cut(&left, &plan, first);
                assert!(matches!(cut.factory(), Factory::Store(..)), "after {first} steps");
                let again = recovery_of(&cut, target).unwrap();
                assert_eq!(check::of_running(&again, &cut), [], "after {first} steps");
            }
        }
    }
}

#[test]
fn the_store_is_looked_into_while_its_device_is_there() {
    let appliance = folded();
    let whole = recovery_of(&appliance, Target::Factory).unwrap();
    for (lost, rule) in
        [("open-factory", Rule::MadeBeforeUse), ("close-factory", Rule::MountsAreNested)]
    {
        let mut plan = whole.clone();
        plan.steps.retain(|step| step.name() != lost);
        assert!(rules(&plan, &appliance).contains(&rule), "without {lost}");
    }
    // Tidied up later, the backup below it could not be renamed.
    let left = left_by_backups().into_iter().find(|it| it.latest() == Some("snap1-next")).unwrap();
    let mut plan = recovery_of(&left, Target::Factory).unwrap();
    let renamed = plan.steps.remove(at(&plan, "rename-volume"));
    let copied = at(&plan, "copy-back");
    plan.steps.insert(copied, renamed);
    assert!(rules(&plan, &left).contains(&Rule::MountsAreNested));
}

#[test]
fn what_is_left_of_a_factory_snapshot_is_cleared_away_where_all_is_made_anew() {
    let mut left = appliance(&[]);
    left.volumes.insert(name("snap0"), Bytes::gib(40));
    let plan = recovery_of(&left, Target::Factory).unwrap();
    let end = cut(&left, &plan, plan.steps.len());
    assert!(end.valid("snap0").is_some() && !end.volumes.contains_key(&name("snap0")));
}

#[test]
fn a_state_whose_boot_set_can_not_be_read_is_unpacked_anew() {
    for (mut appliance, lost) in [(folded(), "snap0"), (appliance(&["snap0", "snap1"]), "snap0")] {
        appliance.snapshots.get_mut(&name(lost)).unwrap().saved = None;
        let source = recover::restore_source(&appliance, Target::Factory);
        assert_eq!(source, Ok(RestoreSource::Unpack(Unavailable::Boot)));
        let plan = recovery_of(&appliance, Target::Factory).unwrap();
        assert_eq!(check::of_running(&plan, &appliance), []);
    }
}
