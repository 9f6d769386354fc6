//! A repair of what the machine is started by.

use std::collections::BTreeSet;

use zshield_plan::appliance::{Appliance, BootFilesystem};
use zshield_plan::check::of_running;
use zshield_plan::id::Slot;
use zshield_plan::ledger::Ledger;
use zshield_plan::model::{Device, Target};
use zshield_plan::plan::Operation;
use zshield_plan::role::{ByRole, Role};
use zshield_plan::step::{CreateFilesystem, Mount, MountAs, Step, WriteLedger};
use zshield_plan::way_back::WayBack;
use zshield_plan::whole::{Damage, Lack, Part, Repair, SetOf, plan, tables};

use crate::fixture::{appliance, ids, inputs, ledger, policy, world};

const PARTS: [Part; 7] = [
    Part::GoldenFilesystem,
    Part::Golden,
    Part::BootFilesystem,
    Part::Boot,
    Part::Ledger,
    Part::Environment,
    Part::BootLoader,
];

fn repaired(appliance: &Appliance, known: &Ledger, damage: &Damage) -> Repair {
    let (policy, world) = (policy(), world());
    plan(&inputs(&policy, &world), appliance, known, damage, &ids())
}

/// A ledger of a machine whose Golden Image is the one at hand.
fn own(appliance: &Appliance) -> Ledger {
    Ledger { image: world().image.digest, ..ledger(appliance) }
}

fn damaged(parts: &[Part], set: Option<SetOf>) -> Damage {
    Damage { parts: parts.iter().copied().collect(), set }
}

/// The partitions that a plan formats or mounts to write.
fn written(repair: &Repair) -> BTreeSet<u32> {
    let device = |step: &Step| match step {
        Step::CreateFilesystem(CreateFilesystem { device, .. })
        | Step::Mount(Mount { device, kind: MountAs::Ext4, .. }) => Some(device.clone()),
        _ => None,
    };
    let number = |device: Device| match device {
        Device::Partition(Role::Ssd, number) => number,
        other => panic!("{other:?} is written"),
    };
    repair.plan.steps.iter().filter_map(device).map(number).collect()
}

#[test]
fn whatever_is_damaged_nothing_but_what_starts_the_machine_is_written() {
    let sets = [None, Some(SetOf::Root), Some(SetOf::Backup(WayBack::Snapshot("snap1")))];
    for bits in 0..1u32 << PARTS.len() {
        let parts: Vec<Part> =
            (0..PARTS.len()).filter(|bit| bits >> bit & 1 == 1).map(|bit| PARTS[bit]).collect();
        for set in sets {
            for is_own in [true, false] {
                let mut appliance = appliance(&["snap0", "snap1"]);
                if parts.contains(&Part::BootFilesystem) {
                    appliance.boot = BootFilesystem::Destroyed;
                }
                let known = if is_own { own(&appliance) } else { ledger(&appliance) };
                let repair = repaired(&appliance, &known, &damaged(&parts, set));
                assert_eq!(of_running(&repair.plan, &appliance), [], "{parts:?} {set:?}");
                assert!(written(&repair).is_subset(&[3, 4].into()), "{parts:?}");
                let left = repair.left.iter().map(|(part, _)| *part);
                let all: BTreeSet<Part> = repair.mended.iter().copied().chain(left).collect();
                assert_eq!(all, parts.iter().copied().collect(), "{parts:?} {set:?}");
                if is_own && set.is_some() {
                    assert_eq!(repair.left, [], "{parts:?}");
                }
                assert_eq!(repair.plan.steps.is_empty(), repair.mended.is_empty(), "{parts:?}");
                let is_lost = parts.contains(&Part::BootFilesystem);
                let is_made = repair.mended.contains(&Part::BootFilesystem);
                assert!(!is_lost || is_made == written(&repair).contains(&3), "{parts:?} {set:?}");
            }
        }
    }
}

#[test]
fn another_image_is_put_in_the_place_of_none() {
    let appliance = appliance(&["snap1"]);
    let parts = [Part::GoldenFilesystem, Part::Golden, Part::BootLoader, Part::Boot];
    let repair = repaired(&appliance, &ledger(&appliance), &damaged(&parts, Some(SetOf::Root)));
    assert_eq!(repair.mended, [Part::Boot].into());
    assert!(repair.left.iter().all(|(_, why)| *why == Lack::Image), "{:?}", repair.left);
    // The image of root does not come into a slot with another one.
    let known = own(&appliance).with_golden("factory".into());
    let repair = repaired(&appliance, &known, &damaged(&[Part::Golden, Part::BootLoader], None));
    assert_eq!((repair.mended.len(), repair.left.len()), (0, 2));
    // Where all of the partition is lost it is better than none, and the ledger says so.
    let parts = [Part::GoldenFilesystem, Part::Golden, Part::BootLoader];
    let known = Ledger { slot: Slot::B, ..known };
    let repair = repaired(&appliance, &known, &damaged(&parts, None));
    assert_eq!(repair.left, []);
    let noted = repair.plan.steps.iter().find_map(|step| match step {
        Step::WriteLedger(WriteLedger { ledger, .. }) => Some(ledger),
        _ => None,
    });
    let noted = noted.unwrap();
    assert_eq!((noted.slot, noted.golden_image()), (Slot::A, known.image.as_str()));
}

#[test]
fn a_table_is_repaired_where_nothing_of_its_disk_is_seen() {
    let seen = appliance(&[]);
    let unseen = Appliance::unseen(seen.binding, seen.disks);
    let image = world().image;
    let damaged = |ssd, hdd| tables(&image, &unseen.binding, &unseen.disks, &ByRole { ssd, hdd });
    for (ssd, hdd, parts) in [
        (false, false, &[][..]),
        (true, false, &[Part::SsdTable]),
        (false, true, &[Part::HddTable]),
        (true, true, &[Part::SsdTable, Part::HddTable]),
    ] {
        let repair = damaged(ssd, hdd);
        assert_eq!(of_running(&repair.plan, &unseen), []);
        assert_eq!(repair.mended, parts.iter().copied().collect());
        assert_eq!(repair.plan.steps.len(), parts.len());
    }
    // No other operation writes a table of an appliance.
    let mut plan = damaged(true, false).plan;
    plan.operation = Operation::VaultInit;
    assert!(!of_running(&plan, &unseen).is_empty());
}

#[test]
fn what_has_begun_goes_on_instead() {
    let mut appliance = appliance(&["snap1"]);
    appliance.begun = Some(Target::Latest);
    let damage = damaged(&[Part::Boot, Part::Ledger, Part::BootLoader], Some(SetOf::Root));
    let repair = repaired(&appliance, &own(&appliance), &damage);
    assert_eq!(repair.mended, [Part::BootLoader].into());
    assert!(repair.left.iter().all(|(_, why)| *why == Lack::Begun), "{:?}", repair.left);
}
