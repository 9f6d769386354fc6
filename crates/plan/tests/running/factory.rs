//! The factory snapshot made anew by a backup.

use zshield_plan::appliance::{Appliance, SnapshotSync};
use zshield_plan::check::{self, Rule};
use zshield_plan::step::{CreateFilesystem, Step};

use crate::fixture::{appliance, apply, backup_of, backup_with_image, name, names, snapshot};

/// Appliances whose factory snapshot is of no use.
fn lacking() -> [Appliance; 4] {
    let stale = Appliance { sync: SnapshotSync::Stale, ..appliance(&["snap0", "snap1"]) };
    let mut invalid = appliance(&["snap0", "snap1"]);
    invalid.snapshots.insert(name("snap0"), snapshot(false));
    [stale, invalid, appliance(&["snap1"]), appliance(&[])]
}

/// What is left of an appliance when its plan is cut off.
fn cut(appliance: &Appliance, steps: &[Step]) -> Appliance {
    let mut left = appliance.clone();
    for step in steps {
        apply(&mut left, step);
        if matches!(step, Step::ForgetDegraded(_)) {
            left.sync = SnapshotSync::InSync;
        }
    }
    left
}

#[test]
fn cut_anywhere_and_planned_anew_it_ends_with_both_ways_back() {
    for appliance in lacking() {
        let whole = backup_with_image(&appliance);
        assert_eq!(check::of_running(&whole, &appliance), []);
        for first in 0..=whole.steps.len() {
            let left = cut(&appliance, &whole.steps[..first]);
            let again = backup_with_image(&left);
            assert_eq!(check::of_running(&again, &left), [], "after {first} steps");
            let end = cut(&left, &again.steps);
            assert_eq!(names(&end), ["snap0", "snap1"], "after {first} steps");
            assert!(!end.is_stale() && end.valid("snap0").is_some());
        }
    }
}

#[test]
fn a_sound_one_is_left_alone() {
    let whole = backup_with_image(&appliance(&["snap0", "snap1"]));
    assert!(!whole.steps.iter().any(|step| matches!(step, Step::Unpack(_))));
}

#[test]
fn it_gets_its_name_only_when_it_has_been_proved() {
    let [stale, ..] = lacking();
    let mut plan = backup_with_image(&stale);
    plan.steps.retain(|step| step.name() != "prove");
    let found = check::of_running(&plan, &stale);
    assert!(found.iter().any(|found| found.rule() == Rule::ProvedBeforeNamed), "{found:?}");
}

#[test]
fn nothing_but_a_snapshot_of_this_plan_is_formatted() {
    let [stale, ..] = lacking();
    for volume in ["snap1", "lv-user", "lv-root"] {
        let mut plan = backup_with_image(&stale);
        for step in &mut plan.steps {
            if let Step::CreateFilesystem(CreateFilesystem { device, .. }) = step {
                let group = stale.binding.group.clone();
                *device = zshield_plan::model::Device::Volume(group, name(volume));
            }
        }
        let found = check::of_running(&plan, &stale);
        let kept = [Rule::DataIsKept, Rule::ArmedThroughout, Rule::RootIsAtRest];
        assert!(found.iter().any(|found| kept.contains(&found.rule())), "{volume}: {found:?}");
    }
}

#[test]
fn a_system_that_lacks_what_it_is_held_against_gets_it_before_its_snapshot_is_taken() {
    let plan = backup_with_image(&appliance(&["snap0", "snap1"]));
    let names: Vec<_> = plan.steps.iter().map(Step::name).collect();
    let place = |name| names.iter().position(|it| *it == name).unwrap();
    assert!(place("save-release") < place("create-snapshot"), "{names:?}");
    let without = backup_of(&appliance(&["snap0", "snap1"]));
    assert!(!without.steps.iter().any(|step| step.name() == "save-release"));
}
