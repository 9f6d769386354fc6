//! Recoveries without a restart, and what the rescue system makes of one that was cut off.
use zshield_plan::appliance::{Appliance, Generation, SnapshotSync};
use zshield_plan::check::{self, Rule};
use zshield_plan::id::{GenerationId, Slot, Uuid};
use zshield_plan::ledger::Ledger;
use zshield_plan::live::{self, Running, Services, files_with_identity};
use zshield_plan::model::{Files, RestoreScope, Target};
use zshield_plan::own::{OwnPartitions, PartitionIds};
use zshield_plan::plan::Plan;
use zshield_plan::recover::Unavailable;
use zshield_plan::saved::BootSetMeta;
use zshield_plan::step::{Step, VerifyFiles};
use zshield_units::UnixTime;

use crate::fixture::{appliance, policy, recovery_of};

fn files(only: &[&str]) -> Files {
    let only = only.iter().map(|path| (*path).to_owned()).collect();
    live::files(only, &policy(), &["/boot".to_owned(), "/".to_owned()], false)
}

fn only(target: Target, paths: &[&str]) -> RestoreScope {
    RestoreScope { target, files: files(paths) }
}

fn services() -> Services {
    Services {
        stop: vec!["a.service".into()],
        start: vec!["a.service".into()],
        restart: vec!["b.service".into()],
        reload: true,
        ..Services::default()
    }
}

fn plan_of(appliance: &Appliance, target: Target, files: &Files) -> Result<Plan, Unavailable> {
    let ledger = Ledger {
        version: "2".into(),
        image: "other".into(),
        slot: Slot::A,
        golden_image: None,
        golden: Uuid::random([1; 16]),
        hdd: None,
        disks: appliance.disks.clone(),
    };
    let running =
        Running { appliance, ledger: &ledger, root: "/", partitions: Some(&partitions()) };
    live::plan(&running, target, files, &services())
}

fn partitions() -> PartitionIds {
    let id = |byte| Uuid::random([byte; 16]);
    let own = OwnPartitions { golden: id(1), hdd: Some(id(2)) };
    PartitionIds { boot: id(3), own, ssd: None, slot: Slot::A }
}

fn names(plan: &Plan) -> Vec<&'static str> {
    plan.steps.iter().map(Step::name).collect()
}

#[test]
fn it_keeps_the_law_from_every_state_that_a_backup_leaves() {
    for snapshots in [
        &["snap0", "snap1"][..],
        &["snap0", "snap1", "snap1-next"],
        &["snap0", "snap1-old", "snap1-next"],
        &["snap0", "snap1", "snap1-old"],
    ] {
        for target in Target::BACKUPS {
            for only in [&[][..], &["etc/passwd"], &["boot/vmlinuz"]] {
                let appliance = appliance(snapshots);
                let plan = plan_of(&appliance, target, &files(only)).unwrap();
                assert_eq!(check::of_running(&plan, &appliance), [], "{snapshots:?} {only:?}");
            }
        }
    }
}

#[test]
fn root_and_boot_go_back_together_but_where_only_files_of_root_are_asked_for() {
    let appliance = appliance(&["snap0", "snap1"]);
    for (only, boot) in [(&[][..], true), (&["etc"], false), (&["etc", "boot"], true)] {
        let plan = plan_of(&appliance, Target::Latest, &files(only)).unwrap();
        assert_eq!(names(&plan).contains(&"restore-boot"), boot, "{only:?}");
        assert_eq!(names(&plan).contains(&"note-only"), !only.is_empty());
    }
}

#[test]
fn without_a_sound_snapshot_there_is_nothing_to_compare_with() {
    let without = appliance(&["snap1"]);
    assert_eq!(plan_of(&without, Target::Factory, &files(&[])).unwrap_err(), Unavailable::Absent);
    let stale = Appliance { sync: SnapshotSync::Stale, ..appliance(&["snap0", "snap1"]) };
    assert_eq!(plan_of(&stale, Target::Latest, &files(&[])).unwrap_err(), Unavailable::Stale);
}

/// An appliance whose vault has this generation, and no snapshot that follows root.
fn with_generation() -> (Appliance, Target) {
    let id = GenerationId::of([7; 32]);
    let mut appliance = Appliance { sync: SnapshotSync::Stale, ..appliance(&[]) };
    let saved = Some(BootSetMeta::new(UnixTime(1), "2".into(), "other".into()));
    appliance.generations.insert(id, Generation { taken: UnixTime(1), saved });
    (appliance, Target::Vault(id))
}

#[test]
fn a_generation_needs_no_snapshot_and_its_boot_goes_back_by_way_of_root() {
    let (appliance, target) = with_generation();
    let plan = plan_of(&appliance, target, &files(&[])).unwrap();
    assert_eq!(check::of_running(&plan, &appliance), []);
    let all = names(&plan);
    let at = |name: &str| all.iter().position(|found| *found == name).unwrap();
    assert!(at("check-generation") < at("arm") && at("arm") < at("put-right"));
    assert!(at("prove-right") < at("restore-boot") && at("restore-boot") < at("disarm"));
    let from = plan.steps.iter().find_map(|step| match step {
        Step::RestoreBoot(it) => Some(it.from.as_str()),
        _ => None,
    });
    assert_eq!(from, Some("/var/lib/zshield/boot"));
    let some = plan_of(&appliance, target, &files(&["etc/hosts"])).unwrap();
    assert_eq!(check::of_running(&some, &appliance), []);
    assert!(!names(&some).contains(&"restore-boot"));
    let absent = Target::Vault(GenerationId::of([8; 32]));
    assert_eq!(plan_of(&appliance, absent, &files(&[])).unwrap_err(), Unavailable::Absent);
}

#[test]
fn a_generation_that_was_not_looked_through_is_not_gone_back_to() {
    let (appliance, target) = with_generation();
    let mut plan = plan_of(&appliance, target, &files(&[])).unwrap();
    plan.steps.retain(|step| step.name() != "check-generation");
    assert!(!check::of_running(&plan, &appliance).is_empty());
    let mut unopened = plan_of(&appliance, target, &files(&[])).unwrap();
    unopened.steps.retain(|step| step.name() != "open-generation");
    assert!(!check::of_running(&unopened, &appliance).is_empty());
}

#[test]
fn the_checker_finds_what_is_broken() {
    let appliance = appliance(&["snap0", "snap1"]);
    let sound = plan_of(&appliance, Target::Latest, &files(&["etc"])).unwrap();
    let found = |plan: &Plan| -> Vec<Rule> {
        check::of_running(plan, &appliance).into_iter().map(|found| found.rule()).collect()
    };
    for (lost, rule) in [
        ("arm", Rule::ArmedThroughout),
        ("prove-right", Rule::ProvedBeforeBootable),
        ("mount", Rule::MadeBeforeUse),
        ("disarm", Rule::ArmedThroughout),
    ] {
        let mut plan = sound.clone();
        plan.steps.retain(|step| step.name() != lost);
        assert!(found(&plan).contains(&rule), "without {lost}: {:?}", found(&plan));
    }
    let at = |name: &str| names(&sound).iter().position(|found| *found == name).unwrap();
    let mut widened = sound.clone();
    let forgotten = widened.steps.remove(at("forget-only"));
    widened.steps.insert(at("put-right"), forgotten);
    assert!(found(&widened).contains(&Rule::ArmedThroughout));
    let mut other = sound.clone();
    if let Step::VerifyFiles(VerifyFiles { files, .. }) = &mut other.steps[at("prove-right")] {
        files.only = vec!["usr".into()];
    }
    assert!(found(&other).contains(&Rule::ProvedBeforeBootable));
}

#[test]
fn services_are_stopped_before_the_first_file_and_started_when_all_is_proved() {
    let appliance = appliance(&["snap0", "snap1"]);
    let plan = plan_of(&appliance, Target::Latest, &files(&[])).unwrap();
    let at = |name: &str| names(&plan).iter().position(|found| *found == name).unwrap();
    assert!(at("arm") < at("stop-services") && at("stop-services") < at("put-right"));
    assert!(at("disarm") < at("reload-manager"));
    assert!(at("reload-manager") < at("start-services"));
    assert!(at("start-services") < at("restart-services"));
}

#[test]
fn what_was_cut_off_is_gone_on_with_and_becomes_no_recovery_of_more() {
    let cut = Appliance {
        begun: Some(Target::Latest),
        only: Some(only(Target::Latest, &["etc/passwd"])),
        ..appliance(&["snap0", "snap1"])
    };
    let plan = recovery_of(&cut, Target::Latest).unwrap();
    assert_eq!(check::of_running(&plan, &cut), []);
    assert!(names(&plan).contains(&"put-right") && !names(&plan).contains(&"copy-back"));
    assert!(!names(&plan).contains(&"restore-boot"), "{:?}", names(&plan));
    assert!(!names(&plan).contains(&"write-ledger"), "{:?}", names(&plan));
}

#[test]
fn what_stopped_on_the_way_goes_on_while_the_system_runs_and_nothing_else_does() {
    let begun = |with: &[&str]| Appliance {
        begun: Some(Target::Latest),
        only: (!with.is_empty()).then(|| only(Target::Latest, with)),
        ..appliance(&["snap0", "snap1"])
    };
    let may = |appliance: &Appliance, target, only: &[&str]| {
        let only: Vec<String> = only.iter().map(|path| (*path).to_owned()).collect();
        live::may_go_on(appliance, target, &only)
    };
    let (all, some) = (begun(&[]), begun(&["etc/a", "etc/b"]));
    assert!(may(&appliance(&[]), Target::Factory, &["etc/a"]));
    assert!(may(&all, Target::Latest, &[]) && may(&some, Target::Latest, &["etc/b", "etc/a"]));
    for (appliance, target, only) in [
        (&all, Target::Factory, &[][..]),
        (&all, Target::Latest, &["etc/a"]),
        (&some, Target::Latest, &[]),
        (&some, Target::Latest, &["etc/a"]),
        (&some, Target::Factory, &["etc/a", "etc/b"]),
    ] {
        assert!(!may(appliance, target, only), "{target:?} {only:?}");
    }
    // A note of another one says nothing.
    let other = Appliance { begun: Some(Target::Factory), ..begun(&["etc/a"]) };
    assert!(may(&other, Target::Factory, &[]) && !may(&other, Target::Factory, &["etc/a"]));
    for (appliance, only) in [(&all, &[][..]), (&some, &["etc/b", "etc/a"])] {
        let plan = plan_of(appliance, Target::Latest, &files(only)).unwrap();
        assert_eq!(check::of_running(&plan, appliance), []);
    }
    let narrowed = plan_of(&all, Target::Latest, &files(&["etc/a"])).unwrap();
    assert!(!check::of_running(&narrowed, &all).is_empty());
    let left_out = plan_of(&some, Target::Latest, &files(&["etc/a"])).unwrap();
    assert!(!check::of_running(&left_out, &some).is_empty());
}

#[test]
fn whoever_chooses_all_of_the_system_gets_all_of_it() {
    let noted = only(Target::Latest, &["etc"]);
    let noted = Appliance { only: Some(noted), ..appliance(&["snap0", "snap1"]) };
    for (begun, target) in [
        (None, Target::Latest),
        (Some(Target::Latest), Target::Factory),
        // An order that took the other's place, cut before the note went.
        (Some(Target::Factory), Target::Factory),
    ] {
        let noted = Appliance { begun, ..noted.clone() };
        let plan = recovery_of(&noted, target).unwrap();
        assert_eq!(check::of_running(&plan, &noted), []);
        let at = |name: &str| names(&plan).iter().position(|found| *found == name).unwrap();
        assert!(at("forget-only") < at("arm") && names(&plan).contains(&"copy-back"));
    }
    let plan = plan_of(&noted, Target::Latest, &files(&[])).unwrap();
    assert_eq!(names(&plan)[..2], ["forget-only", "arm"]);
}

#[test]
fn the_machine_s_own_is_kept_and_what_is_mounted() {
    let kept = files(&[]).kept;
    for path in ["etc/machine-id", "etc/ssh/ssh_host_*", "boot", "tmp", "home", "var/log"] {
        assert!(kept.iter().any(|kept| kept == path), "{path} of {kept:?}");
    }
    assert!(!kept.iter().any(String::is_empty));
}

#[test]
fn a_machine_that_takes_the_place_of_another_gets_its_identity_also_after_a_cut() {
    let (whole, target) = with_generation();
    let note = |files| Some(RestoreScope { target, files });
    let identity = note(files_with_identity(&policy()));
    let ordered = Appliance { ordered: Some(target), only: identity.clone(), ..whole.clone() };
    let left = Appliance { only: identity.clone(), ..whole.clone() };
    let begun = Appliance { begun: Some(target), only: identity, ..whole.clone() };
    let of_a_cut = note(files(&["etc/hosts"]));
    let narrow = Appliance { ordered: Some(target), only: of_a_cut, ..whole.clone() };
    let unnoted = whole;
    for (appliance, gets_it) in [
        (&ordered, true),
        (&begun, true),
        (&narrow, false),
        (&unnoted, false),
        // A person at the screen has not asked for it.
        (&left, false),
    ] {
        let plan = recovery_of(appliance, target).unwrap();
        assert_eq!(check::of_running(&plan, appliance), []);
        let files = plan.steps.iter().find_map(|step| match step {
            Step::RepairFiles(it) => Some(&it.files),
            _ => None,
        });
        let files = files.unwrap();
        assert!(files.only.is_empty());
        assert_eq!(!files.kept.contains(&"etc/machine-id".to_owned()), gets_it);
        let place = |name| names(&plan).iter().position(|it| *it == name);
        match place("forget-only") {
            Some(at) => assert_eq!(at > place("disarm").unwrap(), gets_it),
            None => assert!(!gets_it),
        }
    }
}

#[test]
fn another_generation_that_somebody_chooses_brings_the_identity_as_well() {
    let (mut appliance, target) = with_generation();
    let another = GenerationId::of([8; 32]);
    let facts = appliance.generations.values().next().unwrap().clone();
    appliance.generations.insert(another, facts);
    let only = Some(RestoreScope { target, files: files_with_identity(&policy()) });
    let begun = Appliance { begun: Some(target), only, ..appliance };
    let plan = recovery_of(&begun, Target::Vault(another)).unwrap();
    assert_eq!(check::of_running(&plan, &begun), []);
    let all = names(&plan);
    let at = |name: &str| all.iter().position(|found| *found == name).unwrap();
    assert!(at("note-only") < at("arm") && at("disarm") < at("forget-only"), "{all:?}");
    let keeps = |step: &Step| matches!(step, Step::RepairFiles(it) if it.files.kept.contains(&"etc/machine-id".to_owned()));
    assert!(!plan.steps.iter().any(keeps));
}
