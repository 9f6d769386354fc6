//! The plan of an upgrade keeps the law, and what is left out of it or moved breaks it.
use std::time::Duration;

use zshield_plan::appliance::{Appliance, SnapshotSync};
use zshield_plan::check::{self, Rule};
use zshield_plan::live::Services;
use zshield_plan::model::Target;
use zshield_plan::plan::Plan;
use zshield_plan::step::{Arm, RemoveVolume, Step};
use zshield_plan::upgrade::packages::{Manager, Packages};
use zshield_plan::upgrade::record::{AskedBy, Bundle, Golden, Record, System};
use zshield_plan::upgrade_plan::apply::{self as steps, BootChange, Extent, Inputs, NoPlan, Programs, Restart};
use zshield_units::{Bytes, UnixTime};

use crate::fixture::{appliance, detached, ledger, name};

fn system(version: &str) -> System {
    System { version: version.into(), image: format!("image of {version}") }
}

fn planned(appliance: &Appliance, restart: Restart) -> Result<Plan, NoPlan> {
    planned_with(appliance, restart, None)
}

fn planned_with(
    appliance: &Appliance,
    restart: Restart,
    packages: Option<Packages>,
) -> Result<Plan, NoPlan> {
    let ledger = ledger(appliance);
    let from = System { version: ledger.version.clone(), image: ledger.image.clone() };
    let systems = [from, system("3.0.0")];
    let begun = Record::default().begin(
        Bundle("b".into()),
        systems,
        Golden::Stays,
        AskedBy::Person,
        UnixTime(5),
    );
    let services = Services {
        stop: vec!["a.service".into()],
        start: vec!["a.service".into()],
        restart: vec!["b.service".into()],
        reload: true,
        ..Services::default()
    };
    let programs = |name: &str| vec![name.to_owned()];
    steps::plan(Inputs {
        appliance,
        ledger: &ledger,
        root: "/",
        staging: "/var/lib/zshield/upgrade",
        to: system("3.0.0"),
        record: begun.unwrap(),
        extent: Extent { entries: 2, bytes: Bytes(10), changes: 3 },
        packages,
        programs: Programs {
            before: programs("0-before"),
            after: programs("1-after"),
            limit: Duration::from_mins(1),
        },
        services: &services,
        boot: BootChange { files: vec!["vmlinuz-3".into()], ..BootChange::default() },
        restart,
        now: UnixTime(9),
    })
}

fn names(plan: &Plan) -> Vec<&'static str> {
    plan.steps.iter().map(Step::name).collect()
}

fn broken(plan: &Plan, appliance: &Appliance) -> Vec<Rule> {
    check::of_running(plan, appliance).iter().map(check::Violation::rule).collect()
}

#[test]
fn an_upgrade_keeps_the_law() {
    for appliance in [appliance(&["snap0", "snap1"]), detached(&["snap1"], "snap1")] {
        let plan = planned(&appliance, Restart::Machine).unwrap();
        assert_eq!(broken(&plan, &appliance), []);
        assert_eq!(
            names(&plan),
            [
                "stage-upgrade",
                "note-upgrade",
                "arm",
                "run-hooks",
                "stop-services",
                "put-upgrade",
                "prove-upgrade",
                "put-boot",
                "write-ledger",
                "run-hooks",
                "begin-trial"
            ]
        );
        let plan = planned(&appliance, Restart::Services).unwrap();
        assert_eq!(broken(&plan, &appliance), []);
        assert_eq!(names(&plan)[11..], ["reload-manager", "start-services", "restart-services"]);
        let plan = planned(&appliance, Restart::Nothing).unwrap();
        assert_eq!(names(&plan)[11..], ["reload-manager", "start-services"]);
    }
}

#[test]
fn without_a_way_back_or_with_a_recovery_begun_there_is_none() {
    let none = appliance(&["snap0"]);
    assert_eq!(planned(&none, Restart::Machine), Err(NoPlan::NoWayBack));
    let begun = Appliance { begun: Some(Target::Latest), ..appliance(&["snap0", "snap1"]) };
    assert_eq!(planned(&begun, Restart::Machine), Err(NoPlan::RecoveryBegun));
}

#[test]
fn without_one_of_its_disks_or_its_snapshots_there_is_none() {
    let whole = || appliance(&["snap0", "snap1"]);
    let partial = Appliance { partial: true, ..whole() };
    assert_eq!(planned(&partial, Restart::Machine), Err(NoPlan::DiskMissing));
    let apart = Appliance { sync: SnapshotSync::Detached, ..whole() };
    assert_eq!(planned(&apart, Restart::Machine), Err(NoPlan::Detached));
}

#[test]
fn each_step_that_is_left_out_or_comes_too_early_is_found() {
    let appliance = appliance(&["snap0", "snap1"]);
    let plan = planned(&appliance, Restart::Machine).unwrap();
    let without = |name: &str| {
        let mut plan = plan.clone();
        plan.steps.retain(|step| step.name() != name);
        broken(&plan, &appliance)
    };
    assert!(without("arm").contains(&Rule::ArmedThroughout));
    assert!(without("note-upgrade").contains(&Rule::KeepsLatest));
    assert!(without("prove-upgrade").contains(&Rule::ProvedBeforeBootable));
    assert!(without("write-ledger").contains(&Rule::ProvedBeforeBootable));
    assert!(without("begin-trial").contains(&Rule::ArmedThroughout));

    let with = |at: usize, step: Step| {
        let mut plan = plan.clone();
        plan.steps.insert(at, step);
        broken(&plan, &appliance)
    };
    let remove = RemoveVolume { group: plan.group.clone(), volume: name("snap1") };
    assert!(with(4, Step::RemoveVolume(remove)).contains(&Rule::KeepsLatest));
    let factory = Arm { at: "/boot/zshield".into(), target: Target::Factory };
    assert!(with(3, Step::Arm(factory)).contains(&Rule::KeepsLatest));
    // What was put after the proof is not proved.
    let put = plan.steps[5].clone();
    assert!(with(8, put).contains(&Rule::ProvedBeforeBootable));
}

#[test]
fn packages_are_installed_between_arming_and_the_trial_and_what_they_changed_is_noted() {
    let appliance = appliance(&["snap0", "snap1"]);
    let files = vec!["a.deb".to_owned()];
    let packages = Packages { manager: Manager::Deb, files, bytes: Bytes(7) };
    let plan = planned_with(&appliance, Restart::Machine, Some(packages)).unwrap();
    assert_eq!(broken(&plan, &appliance), []);
    let wanted = ["arm", "run-hooks", "stop-services", "install-packages", "note-packages"];
    assert_eq!(names(&plan)[2..7], wanted);
    let Step::InstallPackages(install) = &plan.steps[5] else { panic!("{plan:?}") };
    assert_eq!(install.files, ["/var/lib/zshield/upgrade/packages/a.deb"]);
    let without = |name: &str| {
        let mut plan = plan.clone();
        plan.steps.retain(|step| step.name() != name);
        broken(&plan, &appliance)
    };
    assert!(without("arm").contains(&Rule::ArmedThroughout));
    assert!(without("note-packages").contains(&Rule::ProvedBeforeBootable));
    // What comes after they were looked through is not noted.
    let mut later = plan.clone();
    later.steps.insert(7, plan.steps[5].clone());
    assert!(broken(&later, &appliance).contains(&Rule::ProvedBeforeBootable));
}
