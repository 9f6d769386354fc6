use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::check::{self, Rule};
use crate::choice::{self, PassedOver, Undecided};
use crate::id::{DiskName, Uuid};
use crate::journal::{Journal, JournalState};
use crate::model::Binding;
use crate::plan::Plan;
use crate::policy::Policy;
use crate::resume::{Resume, resume};
use crate::role::Role;
use crate::step::{CreateSnapshot, CreateVolume, PartitionDisk, RemoveVolume, Step, WriteFiles};
use crate::upgrade::keys::{Statement, Statements};
use crate::world::{Disk, VolumeGroup, World};
use zshield_units::Bytes;

mod convergence;
mod disks;
mod vault;

const POLICY: &str =
    "[product]\nname = \"Gateway\"\nversion = \"1.0.0\"\n[payload]\nsource = \"rootfs.tar\"\n";

pub(super) fn policy() -> Policy {
    Policy::parse(POLICY, Path::new("appliance.toml")).unwrap()
}

pub(super) fn world(name: &str) -> World {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/worlds/{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn ids() -> Ids {
    let mut count = 0u8;
    Ids::new(|| {
        count += 1;
        Uuid::random([count; 16])
    })
}

fn look(world: &World) -> Assessment {
    look_over(world, &Statements::NONE)
}

/// The same, where this was said of keys to the appliance that is there.
fn look_over(world: &World, said: &Statements) -> Assessment {
    let policy = policy();
    assess(
        &Inputs {
            policy: &policy,
            policy_text: POLICY,
            keys: &[],
            said,
            world,
            now: zshield_units::UnixTime(0),
            brings_back: None,
        },
        &ids(),
    )
}

pub(super) fn ready(world: &World) -> (Plan, Binding) {
    match look(world) {
        Assessment::Ready { plan, binding, .. } => (*plan, binding),
        other => panic!("{other:?}"),
    }
}

fn refused(world: &World) -> Refusal {
    match look(world) {
        Assessment::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_would_be_lost_is_named() {
    let Assessment::Ready { losses, .. } = look(&world("ssd-64gb")) else { panic!() };
    assert_eq!(losses.len(), 1);
    assert!(losses[0].to_string().contains("/dev/sdb1"), "{}", losses[0]);
    assert!(losses[0].to_string().contains("old data, ntfs"), "{}", losses[0]);
}

#[test]
fn what_was_said_of_keys_is_carried_along_onto_the_new_golden_partition() {
    let statement = Statement { head: "{}".into(), signature: "s".into() };
    let said = Statements::NONE.joined([statement]);
    let Assessment::Ready { plan, .. } = look_over(&world("ssd-64gb"), &said) else { panic!() };
    let at = |name: &str| plan.steps.iter().position(|step| step.name() == name).unwrap();
    let written = at("write-keys");
    assert_eq!(written, at("write-floor") + 1);
    assert!(matches!(&plan.steps[written], Step::WriteKeys(it) if it.said == said));
    let (plan, _) = ready(&world("ssd-64gb"));
    assert!(plan.steps.iter().all(|step| step.name() != "write-keys"));
}

#[test]
fn two_ssds_are_refused_by_name() {
    let mut world = world("ssd-64gb");
    let mut second = world.disks[0].clone();
    second.name = DiskName("sdd".into());
    second.identity.serial = "SSD0002".into();
    world.disks.push(second);
    let refusal = refused(&world);
    let Refusal::Disks(Undecided::Several(Role::Ssd, disks), _) = &refusal else {
        panic!("{refusal:?}")
    };
    assert_eq!(disks, &[DiskName("sda".into()), DiskName("sdd".into())]);
    assert!(refusal.to_string().contains("/dev/sda, /dev/sdd"), "{refusal}");
}

#[test]
fn without_an_ssd_every_disk_is_listed_with_what_is_against_it() {
    let mut world = world("ssd-64gb");
    world.disks.remove(0);
    let Refusal::Disks(Undecided::None(Role::Ssd), considered) = refused(&world) else { panic!() };
    assert_eq!(considered.len(), 2);
    let stick = considered.iter().find(|c| c.name.0 == "sdc").unwrap();
    assert!(stick.passed.ssd.contains(&PassedOver::BootMedium));
    assert!(stick.passed.hdd.contains(&PassedOver::BootMedium));
    assert!(considered.iter().all(|c| !c.passed.ssd.is_empty()));
}

#[test]
fn the_disk_that_it_was_started_from_is_never_a_target() {
    let mut world = world("ssd-64gb");
    let stick = world.disks[2].partitions[0].clone();
    world.disks[0].partitions.push(stick);
    let Refusal::Disks(Undecided::None(Role::Ssd), _) = refused(&world) else { panic!() };
}

#[test]
fn a_disk_that_cant_be_read_takes_no_role_and_stops_no_other() {
    let mut world = world("ssd-64gb");
    let mut broken = world.disks[0].clone();
    broken.name = DiskName("sdd".into());
    broken.identity.serial = "SSD0002".into();
    broken.unreadable = Some("Input/output error".into());
    world.disks.push(broken);
    assert_eq!(ready(&world).1.disks.ssd, DiskName("sda".into()));
    let why = PassedOver::Unreadable("Input/output error".into());
    assert!(why.to_string().contains("Input/output error"));
    world.disks.remove(0);
    let Refusal::Disks(Undecided::None(Role::Ssd), considered) = refused(&world) else { panic!() };
    let broken = considered.iter().find(|c| c.name.0 == "sdd").unwrap();
    assert_eq!(broken.passed.ssd, [why]);
}

pub(super) fn group(name: &str, disks: &[&str], volumes: &[&str]) -> VolumeGroup {
    let volumes = volumes.iter().map(|name| {
        serde_json::from_value(serde_json::json!({"name": name, "size": 4_194_304})).unwrap()
    });
    VolumeGroup {
        name: serde_json::from_value(name.into()).unwrap(),
        id: "x".into(),
        disks: disks.iter().map(|disk| DiskName((*disk).into())).collect(),
        volumes: volumes.collect(),
    }
}

fn extra_disk(world: &mut World) {
    let mut extra: Disk = world.disks[0].clone();
    extra.name = DiskName("nvme0n1".into());
    extra.identity.serial = "NVME1".into();
    extra.transport = crate::policy::Transport::Nvme;
    world.disks.push(extra);
}

#[test]
fn a_group_of_our_name_elsewhere_is_refused() {
    let mut world = world("ssd-64gb");
    extra_disk(&mut world);
    world.groups = vec![group("vgroup", &["nvme0n1"], &["data"])];
    assert!(matches!(refused(&world), Refusal::ForeignGroup(_, disks) if disks[0].0 == "nvme0n1"));
    world.groups = vec![group("other", &["nvme0n1"], &["data"])];
    ready(&world);
    world.groups = vec![group("other", &["sdb", "nvme0n1"], &["data"])];
    assert!(matches!(refused(&world), Refusal::SpanningGroup(..)));
}

#[test]
fn an_appliance_asks_for_more_than_one_key() {
    let mut world = world("ssd-64gb");
    world.groups = vec![group("vgroup", &["sda", "sdb"], &["lv-root", "lv-user", "snap0"])];
    let Assessment::AppliancePresent { losses, .. } = look(&world) else { panic!() };
    assert!(losses.iter().any(|loss| loss.to_string().contains("lv-user")));
    // The HDD alone, its SSD lost, is customer data as well.
    for data in ["lv-audit", "lv-vault"] {
        world.groups = vec![group("vgroup", &["sdb"], &[data])];
        let Assessment::AppliancePresent { losses, .. } = look(&world) else { panic!() };
        assert!(losses.iter().any(|loss| loss.to_string().contains(data)), "{losses:?}");
    }
    world.groups = vec![group("vgroup", &["sdb"], &["something"])];
    assert!(matches!(look(&world), Assessment::Ready { .. }));
}

#[test]
fn a_rebuild_removes_whatever_belongs_to_the_old_root() {
    let mut world = world("ssd-64gb");
    let size = world.disks[1].identity.size;
    world.disks[1].partitions[0].number = 1;
    world.disks[1].partitions[0].size = Bytes(size.0 - (2 << 20));
    let snapshots = ["snap0", "snap0-next", "snap1", "snap1-next", "snap1-old"];
    let volumes = [&["lv-user", "lv-audit"][..], &snapshots].concat();
    world.groups = vec![group("vgroup", &["sdb"], &volumes)];
    let Assessment::AppliancePresent { rebuild, .. } = look(&world) else { panic!() };
    let removed = rebuild.unwrap().plan.steps.into_iter().filter_map(|step| match step {
        Step::RemoveVolume(RemoveVolume { volume, .. }) => Some(volume.to_string()),
        _ => None,
    });
    assert_eq!(removed.collect::<Vec<_>>(), snapshots);
}

#[test]
fn disks_that_cannot_be_told_apart_are_refused() {
    let mut world = world("ssd-64gb");
    extra_disk(&mut world);
    world.disks[3].identity = world.disks[0].identity.clone();
    assert!(matches!(refused(&world), Refusal::Indistinct(disks) if disks.len() == 2));
}

#[test]
fn a_small_hdd_is_refused_with_what_it_needs() {
    let mut world = world("ssd-64gb");
    world.disks[1].identity.size = Bytes(100_000_000_000);
    assert!(matches!(refused(&world), Refusal::TooSmall { role: Role::Hdd, .. }));
}

#[test]
fn an_installation_that_was_cut_off_goes_on_by_itself() {
    let mut world = world("ssd-64gb");
    let (plan, _) = ready(&world);
    let journal = Journal { plan, state: JournalState::Within(9) };
    world.disks[0].journal = Some(Box::new(journal.clone()));
    // What the half-made disks look like does not matter any more.
    world.groups = vec![group("vgroup", &["sda", "sdb"], &["lv-user"])];
    world.disks.swap(0, 1);
    for (disk, name) in world.disks.iter_mut().zip(["sda", "sdb"]) {
        disk.name = DiskName(name.into());
    }
    let Assessment::Resume { journal: found, binding } = look(&world) else { panic!() };
    assert_eq!(*found, journal);
    assert_eq!(binding.disks.ssd.0, "sdb");
}

#[test]
fn a_journal_that_points_behind_its_plan_is_at_its_end() {
    let mut world = world("ssd-64gb");
    let (plan, _) = ready(&world);
    for state in [JournalState::Before(usize::MAX), JournalState::Within(usize::MAX)] {
        let journal = Journal { plan: plan.clone(), state };
        assert_eq!(journal.next(), plan.steps.len());
        assert!(journal.at_last_step());
        assert!(journal.lost().count() < plan.steps.len());
        world.disks[0].journal = Some(Box::new(journal));
        look(&world);
    }
}

#[test]
fn another_image_begins_anew_on_the_same_disks() {
    let mut world = world("ssd-64gb");
    let (plan, _) = ready(&world);
    world.disks[0].journal = Some(Box::new(Journal { plan, state: JournalState::Within(9) }));
    world.image.digest = "another".into();
    let Assessment::Resume { journal, .. } = look(&world) else { panic!() };
    assert_eq!((journal.state, journal.plan.image.as_str()), (JournalState::Before(0), "another"));
}

/// The power failed after the last step and before the journal said so; the appliance was used
/// for a year, and then somebody leaves the stick of the next version in it.
#[test]
fn another_image_never_begins_anew_where_the_last_step_was_begun() {
    let mut world = world("ssd-64gb");
    let (plan, _) = ready(&world);
    let last = plan.steps.len() - 1;
    let journal = Journal { plan, state: JournalState::Within(last) };
    world.disks[0].journal = Some(Box::new(journal.clone()));
    world.groups = vec![group("vgroup", &["sda", "sdb"], &["lv-root", "lv-user"])];
    let Assessment::Resume { journal: same, .. } = look(&world) else { panic!() };
    assert_eq!(*same, journal);
    world.image.digest = "another".into();
    assert!(matches!(look(&world), Assessment::AppliancePresent { .. }));
}

#[test]
fn a_journal_from_another_machine_decides_nothing() {
    let mut world = world("ssd-64gb");
    let (plan, _) = ready(&world);
    world.disks[0].journal = Some(Box::new(Journal { plan, state: JournalState::Within(9) }));
    world.disks[1].identity.serial = "HDD-OF-A-CUSTOMER".into();
    assert!(matches!(look(&world), Assessment::Ready { .. }));
    world.groups = vec![group("vgroup", &["sdb"], &["lv-user"])];
    assert!(matches!(look(&world), Assessment::AppliancePresent { .. }));
}

#[test]
fn a_finished_journal_is_no_reason_to_go_on() {
    let mut world = world("ssd-64gb");
    let (plan, _) = ready(&world);
    world.disks[0].journal = Some(Box::new(Journal { plan, state: JournalState::Finished }));
    assert!(matches!(look(&world), Assessment::AppliancePresent { .. }));
}

/// Every rule is broken once, so that none of them can be asleep.
#[test]
fn the_checker_finds_what_is_broken() {
    let world = world("ssd-64gb");
    let (plan, _) = ready(&world);
    assert_eq!(check::violations(&plan, &world), []);
    let position = |name: &str| plan.steps.iter().position(|s| s.name() == name).unwrap();
    let broken = |change: &dyn Fn(&mut Plan)| {
        let mut plan = plan.clone();
        change(&mut plan);
        check::violations(&plan, &world).into_iter().map(|v| v.rule()).collect::<Vec<_>>()
    };
    let without = |name: &str| broken(&|plan| drop(plan.steps.remove(position(name))));
    assert!(without("erase-disk").contains(&Rule::ErasesFirst));
    assert!(without("partition-disk").contains(&Rule::MadeBeforeUse));
    assert!(without("create-volume-group").contains(&Rule::VolumesFit));
    assert!(without("create-physical-volume").contains(&Rule::MadeBeforeUse));
    assert!(without("create-filesystem").contains(&Rule::MadeBeforeUse));
    assert!(without("open-golden").contains(&Rule::MadeBeforeUse));
    assert!(without("create-snapshot").contains(&Rule::ProvedBeforeBootable));
    assert!(without("prove").contains(&Rule::ProvedBeforeBootable));
    assert!(without("make-bootable").contains(&Rule::BootableLast));
    assert!(without("unmount").contains(&Rule::MountsAreNested));
    let swapped = |a: &str, b: &str| broken(&|plan| plan.steps.swap(position(a), position(b)));
    assert!(swapped("create-snapshot", "unpack").contains(&Rule::RootIsAtRest));
    assert!(swapped("make-bootable", "prove").contains(&Rule::BootableLast));
    let changed = |name: &str, change: &dyn Fn(&mut Step)| {
        broken(&|plan| change(&mut plan.steps[position(name)]))
    };
    let smaller = changed("create-snapshot", &|step| {
        if let Step::CreateSnapshot(CreateSnapshot { size, .. }) = step {
            *size = Bytes(size.0 * 99 / 100);
        }
    });
    assert!(smaller.contains(&Rule::SnapshotCannotOverflow));
    let larger = changed("create-volume", &|step| {
        if let Step::CreateVolume(CreateVolume { size, .. }) = step {
            *size = Bytes(size.0 * 2);
        }
    });
    assert!(larger.contains(&Rule::VolumesFit));
    let outside = changed("write-system-files", &|step| {
        if let Step::WriteFiles(WriteFiles { files, .. }) = step {
            files[0].path = "../../etc/fstab".into();
        }
    });
    assert!(outside.contains(&Rule::PathsStayInside));
    let by_label = changed("write-system-files", &|step| {
        if let Step::WriteFiles(WriteFiles { files, .. }) = step {
            files[0].content = "LABEL=zs-root / ext4 defaults 0 1".into();
        }
    });
    assert!(by_label.contains(&Rule::FstabNamesVolumes));
    let overlapping = changed("partition-disk", &|step| {
        if let Step::PartitionDisk(PartitionDisk { table, .. }) = step {
            table.partitions[1].start = Bytes::mib(1);
        }
    });
    assert!(overlapping.contains(&Rule::PartitionsFit));
    let mut onto_the_medium = plan.clone();
    onto_the_medium.disks.hdd = world.disks[2].identity.clone();
    let rules = check::violations(&onto_the_medium, &world);
    assert!(rules.iter().any(|v| v.rule() == Rule::MediumIsNoTarget));
}

proptest! {
    #[test]
    fn every_plan_keeps_the_rules(ssd in 1u64 << 30..1 << 41, hdd in 1u64 << 33..1 << 43) {
        let mut world = world("ssd-64gb");
        world.disks[0].identity.size = Bytes(ssd);
        world.disks[1].identity.size = Bytes(hdd);
        match look(&world) {
            Assessment::Ready { plan, .. } => {
                prop_assert_eq!(check::violations(&plan, &world), []);
                prop_assert!(matches!(resume(&Journal::new(*plan), &world), Resume::Continue(_)));
            }
            Assessment::Refused(Refusal::TooSmall { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_journal_survives_being_written_and_read() {
    let (plan, _) = ready(&world("ssd-64gb"));
    let journal = Journal { plan, state: JournalState::Within(3) };
    let text = serde_json::to_string(&journal).unwrap();
    assert!(text.len() < 64 << 10, "{}", text.len());
    assert_eq!(serde_json::from_str::<Journal>(&text).unwrap(), journal);
}
