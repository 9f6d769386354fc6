//! The group made whole around what is left of it: nothing goes but the system, which is made anew.

use crate::fixture::{appliance, name, recovery_of, snapshot};
use zshield_plan::appliance::Appliance;
use zshield_plan::model::Target;
use zshield_plan::recover::Unavailable;
use zshield_plan::role::Role;
use zshield_plan::step::{CreateVolume, ReduceGroup, Step};
use zshield_plan::{check, volumes};

#[test]
fn a_group_that_lost_a_part_is_made_whole_around_the_data() {
    let mut torn = appliance(&[]);
    torn.partial = true;
    torn.members = vec![Role::Hdd];
    // LVM names a volume whose disk is gone.
    assert!(torn.volumes.contains_key(&name("lv-root")));
    let plan = recovery_of(&torn, Target::Factory).unwrap();
    assert_eq!(check::of_running(&plan, &torn), []);
    let steps: Vec<&str> = plan.steps.iter().map(Step::name).collect();
    assert!(steps.contains(&"reduce-group") && steps.contains(&"extend-group"), "{steps:?}");
    let made: Vec<&Step> =
        plan.steps.iter().filter(|step| step.name() == "create-volume").collect();
    assert!(
        matches!(made[..], [Step::CreateVolume(CreateVolume { volume, .. })] if volume.as_str() == "lv-root")
    );
}

/// The steps of a recovery to the factory that take something out of the group.
fn reductions(appliance: &Appliance) -> Vec<ReduceGroup> {
    let plan = recovery_of(appliance, Target::Factory).unwrap();
    assert_eq!(check::of_running(&plan, appliance), []);
    let reduced = plan.steps.into_iter().filter_map(|step| match step {
        Step::ReduceGroup(it) => Some(it),
        _ => None,
    });
    reduced.collect()
}

#[test]
fn nothing_is_taken_out_of_a_group_that_is_whole() {
    assert_eq!(reductions(&appliance(&["snap1"])), []);
    // A cut left it so, after what was missing had been taken out.
    let reduced = Appliance { members: vec![Role::Hdd], ..appliance(&[]) };
    assert_eq!(reductions(&reduced), []);
}

#[test]
fn what_is_taken_out_of_a_group_names_what_stays_and_what_goes() {
    let mut torn = appliance(&[]);
    torn.snapshots.insert(name("snap1"), snapshot(false));
    (torn.partial, torn.members) = (true, vec![Role::Hdd]);
    torn.partial_volumes = vec!["lv-root".into()];
    let [reduced] = &reductions(&torn)[..] else { panic!() };
    assert_eq!(reduced.keeps, [volumes::physical(Role::Hdd)]);
    assert_eq!(reduced.loses, ["snap1", "lv-root"].map(name));
    // Root may lie in part on a disk that somebody has added; then it is made anew.
    torn.members = Role::ALL.to_vec();
    let [reduced] = &reductions(&torn)[..] else { panic!() };
    assert_eq!((reduced.keeps.len(), &reduced.loses[..]), (2, &["snap1", "lv-root"].map(name)[..]));
    let plan = recovery_of(&torn, Target::Factory).unwrap();
    assert!(
        plan.steps
            .iter()
            .any(|step| matches!(step, Step::CreateVolume(it) if it.volume.as_str() == "lv-root"))
    );
}

#[test]
fn a_group_is_not_made_whole_without_a_disk_that_holds_a_part_of_what_stays() {
    for lost in ["lv-user", "lv-audit", "lv-db", "lv-db_rimage_0"] {
        let partial_volumes = vec![lost.to_owned()];
        let torn = Appliance { partial: true, partial_volumes, ..appliance(&["snap0", "snap1"]) };
        for target in Target::BACKUPS {
            assert_eq!(recovery_of(&torn, target), Err(Unavailable::Disk), "{lost} {target:?}");
        }
    }
    // And whoever plans it breaks a rule.
    let torn = Appliance { partial: true, ..appliance(&[]) };
    let plan = recovery_of(&torn, Target::Factory).unwrap();
    let lost = Appliance { partial_volumes: vec!["lv-user".into()], ..torn.clone() };
    let mut bent = plan.clone();
    for step in &mut bent.steps {
        if let Step::ReduceGroup(it) = step {
            it.loses.push(name("lv-audit"));
        }
    }
    for found in [check::of_running(&plan, &lost), check::of_running(&bent, &torn)] {
        assert!(found.iter().any(|found| found.rule() == check::Rule::DataIsKept), "{found:?}");
    }
}

#[test]
fn a_group_is_not_made_whole_without_the_disk_that_holds_the_data() {
    let mut torn = appliance(&["snap0", "snap1"]);
    torn.partial = true;
    torn.members = vec![Role::Ssd];
    for target in Target::BACKUPS {
        assert_eq!(recovery_of(&torn, target), Err(Unavailable::Disk), "{target:?}");
    }
    // And whoever plans it breaks a rule.
    let mut lost = Appliance { members: vec![Role::Hdd], ..torn.clone() };
    lost.snapshots.clear();
    let plan = recovery_of(&lost, Target::Factory).unwrap();
    assert_eq!(check::of_running(&plan, &lost), []);
    let found = check::of_running(&plan, &torn);
    assert!(found.iter().any(|found| found.rule() == check::Rule::DataIsKept), "{found:?}");
}
