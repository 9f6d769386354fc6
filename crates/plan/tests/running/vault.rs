//! A vault on an appliance that has none: cut anywhere and planned anew it is there once, and nothing else has changed.

use zshield_plan::appliance::Appliance;
use zshield_plan::check::{self, Rule};
use zshield_plan::id::Uuid;
use zshield_plan::plan::Plan;
use zshield_plan::policy::VaultSize;
use zshield_plan::role::Role;
use zshield_plan::step::{CreateVolume, RemoveVolume, RenameVolume, Step};
use zshield_plan::vault::{self, Refusal};
use zshield_units::Bytes;

use crate::fixture::{appliance, apply, backup_of, ledger, name, policy};

/// An appliance with a root of 40 GiB, whose HDD has this room beside two snapshots.
fn with_free(free: Bytes) -> Appliance {
    Appliance { free, ..appliance(&["snap0", "snap1"]) }
}

fn planned(appliance: &Appliance, size: VaultSize) -> Result<Plan, Refusal> {
    let mut policy = policy();
    policy.vault.size = size;
    vault::init(appliance, &ledger(appliance), &policy, Uuid::random([3; 16]))
}

fn rules(plan: &Plan, appliance: &Appliance) -> Vec<Rule> {
    check::of_running(plan, appliance).iter().map(check::Violation::rule).collect()
}

#[test]
fn cut_anywhere_and_planned_anew_there_is_one_vault() {
    let found = with_free(Bytes::gib(100));
    let whole = planned(&found, VaultSize::Auto).unwrap();
    for first in 0..=whole.steps.len() {
        let mut cut = found.clone();
        whole.steps[..first].iter().for_each(|step| apply(&mut cut, step));
        // What is left of it is no concern of a backup's.
        assert_eq!(check::of_running(&backup_of(&cut), &cut), [], "after {first} steps");
        match planned(&cut, VaultSize::Auto) {
            Err(Refusal::Exists) => assert_eq!(first, whole.steps.len()),
            again => {
                let again = again.unwrap();
                assert_eq!(check::of_running(&again, &cut), [], "after {first} steps");
                again.steps.iter().for_each(|step| apply(&mut cut, step));
            }
        }
        let mut wanted = found.clone();
        wanted.volumes.insert(name("lv-vault"), Bytes::gib(20));
        wanted.free = Bytes::gib(80);
        assert_eq!(cut, wanted, "after {first} steps");
    }
}

#[test]
fn the_room_that_backups_need_is_left() {
    // A store is a little larger than root, and two of three are there.
    let store = zshield_plan::layout::worst_case_cow(Bytes::gib(40), policy().storage.chunk);
    let needs = Bytes::gib(5);
    let least = store + needs + Bytes::mib(8);
    let plan = planned(&with_free(least), VaultSize::Auto).unwrap();
    assert!(
        plan.steps.iter().any(|step| matches!(step, Step::CreateVolume(it) if it.size == needs))
    );
    let short = Bytes(least.0 - Bytes::mib(4).0);
    let refused = planned(&with_free(short), VaultSize::Auto);
    let free = Bytes(needs.0 - Bytes::mib(4).0);
    assert_eq!(refused.unwrap_err(), Refusal::NoRoom { needs, free });
    // Without a backup there is a store less, and its room is kept.
    let mut first = with_free(least);
    first.snapshots.remove(&name("snap1"));
    let none = Refusal::NoRoom { needs, free: Bytes::ZERO };
    assert_eq!(planned(&first, VaultSize::Auto).unwrap_err(), none);
    // What a run has left that was cut off counts as free.
    let mut cut = with_free(Bytes(least.0 - Bytes::gib(5).0));
    cut.volumes.insert(name("lv-vault-next"), Bytes::gib(5));
    let plan = planned(&cut, VaultSize::Size(needs)).unwrap();
    assert_eq!(check::of_running(&plan, &cut), []);
}

#[test]
fn each_reason_against_it_is_told() {
    let found = with_free(Bytes::gib(100));
    assert_eq!(planned(&found, VaultSize::None).unwrap_err(), Refusal::NotWanted);
    let mut other = found.clone();
    other.volumes.insert(name("lv-vault"), Bytes::gib(1));
    assert_eq!(planned(&other, VaultSize::None).unwrap_err(), Refusal::Exists);
    let other = Appliance { partial: true, ..found.clone() };
    assert_eq!(planned(&other, VaultSize::Auto).unwrap_err(), Refusal::DiskMissing);
    let other = Appliance { members: vec![Role::Ssd], ..found.clone() };
    assert_eq!(planned(&other, VaultSize::Auto).unwrap_err(), Refusal::DiskMissing);
    let mut other = found;
    other.volumes.remove(&name("lv-root"));
    assert_eq!(planned(&other, VaultSize::Auto).unwrap_err(), Refusal::NoRoot);
}

#[test]
fn the_checker_finds_what_is_wrong_with_a_plan_for_a_vault() {
    let found = with_free(Bytes::gib(100));
    let broken = |change: &dyn Fn(&mut Plan)| {
        let mut plan = planned(&found, VaultSize::Auto).unwrap();
        assert_eq!(check::of_running(&plan, &found), []);
        change(&mut plan);
        rules(&plan, &found)
    };
    let without = |kind| broken(&|plan| plan.steps.retain(|step| step.name() != kind));
    assert!(without("create-filesystem").contains(&Rule::MadeBeforeUse));
    assert!(without("create-volume").contains(&Rule::DataIsKept));
    let sized = |size| {
        broken(&|plan| {
            for step in &mut plan.steps {
                if let Step::CreateVolume(CreateVolume { size: it, .. }) = step {
                    *it = size;
                }
            }
        })
    };
    assert_eq!(sized(Bytes::gib(61)), [Rule::VolumesFit]);
    assert_eq!(sized(Bytes::ZERO), [Rule::VolumesFit]);
    // A vault that is there is neither removed nor given another name.
    let mut other = found.clone();
    other.volumes.insert(name("lv-vault"), Bytes::gib(1));
    let plan = planned(&found, VaultSize::Auto).unwrap();
    assert!(rules(&plan, &other).contains(&Rule::MadeBeforeUse));
    let group = plan.group.clone();
    let lost: [Step; 2] = [
        RemoveVolume { group: group.clone(), volume: name("lv-vault") }.into(),
        RenameVolume { group, from: name("lv-vault"), to: name("lv-other") }.into(),
    ];
    for step in lost {
        let plan = Plan { steps: vec![step], ..plan.clone() };
        assert!(rules(&plan, &other).contains(&Rule::DataIsKept));
    }
}
