//! An installed appliance as it may be found, and what plans do to its snapshots.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use zshield_plan::appliance::Appliance;
use zshield_plan::backup;
use zshield_plan::factory::FactoryRebuild;
use zshield_plan::id::{DiskName, Identity, Slot, Uuid};
use zshield_plan::install::{Ids, Inputs};
use zshield_plan::ledger::Ledger;
use zshield_plan::model::{Binding, Snapshot, SnapshotState, Target};
use zshield_plan::plan::Plan;
use zshield_plan::policy::{GroupName, Policy, VolumeName};
use zshield_plan::recover::{self, Unavailable};
use zshield_plan::role::{ByRole, Role};
use zshield_plan::saved::BootSetMeta;
use zshield_plan::step::{
    CreateSnapshot, CreateVolume, DetachFactory, FoldStore, RemoveVolume, RenameVolume, Step,
};
use zshield_plan::upgrade::keys::Statements;
use zshield_plan::world::World;
use zshield_units::{Bytes, FillRatio, UnixTime, VolumeId};

pub(crate) const POLICY: &str =
    "[product]\nname = \"Gateway\"\nversion = \"1.0.0\"\n[payload]\nsource = \"rootfs.tar\"\n";

pub(crate) fn policy() -> Policy {
    Policy::parse(POLICY, Path::new("appliance.toml")).unwrap()
}

pub(crate) fn name(name: &str) -> VolumeName {
    VolumeName::new(name).unwrap()
}

pub(crate) fn saved(version: &str) -> BootSetMeta {
    BootSetMeta::new(UnixTime(7), version.into(), "digest".into())
}

pub(crate) fn snapshot(valid: bool) -> Snapshot {
    let state =
        if valid { SnapshotState::Valid { fill: FillRatio(100) } } else { SnapshotState::Invalid };
    let (id, chunk) = (id(), policy().storage.chunk);
    Snapshot { id, chunk, state, created: UnixTime(7), saved: valid.then(|| saved("1.0.0")) }
}

/// An id, as LVM gives each but once.
fn id() -> VolumeId {
    static GIVEN: AtomicUsize = AtomicUsize::new(0);
    let number = GIVEN.fetch_add(1, Ordering::Relaxed);
    VolumeId::new(&format!("snapsh-0000-0000-0000-0000-0000-{number:06}")).unwrap()
}

/// What the factory store is when it is right over these snapshots.
fn store(appliance: &Appliance, over: &[&VolumeName]) -> SnapshotState {
    let over = over.iter().map(|name| appliance.snapshots[*name].id).collect();
    SnapshotState::Store { fill: FillRatio(100), over }
}

/// An appliance with these snapshots, whose factory state is a store over the one of this name.
pub(crate) fn detached(snapshots: &[&str], over: &str) -> Appliance {
    let mut appliance = appliance(snapshots);
    let state = store(&appliance, &[&name(over)]);
    appliance.snapshots.insert(name("snap0"), Snapshot { state, ..snapshot(true) });
    appliance
}

/// An appliance with these snapshots, all of which can be gone back to.
pub(crate) fn appliance(snapshots: &[&str]) -> Appliance {
    let identity =
        |serial: &str| Identity { model: "m".into(), serial: serial.into(), size: Bytes::gib(500) };
    let sizes = [("lv-root", 40), ("lv-user", 100), ("lv-audit", 50)];
    let binding = Binding {
        disks: ByRole { ssd: DiskName("sda".into()), hdd: DiskName("sdb".into()) },
        group: GroupName::new("vgroup").unwrap(),
    };
    let disks = ByRole { ssd: identity("s"), hdd: identity("h") };
    Appliance {
        there: true,
        members: Role::ALL.to_vec(),
        volumes: sizes.map(|(volume, size)| (name(volume), Bytes::gib(size))).into(),
        snapshots: snapshots.iter().map(|it| (name(it), snapshot(true))).collect(),
        ..Appliance::unseen(binding, disks)
    }
}

/// Its ledger.
pub(crate) fn ledger(appliance: &Appliance) -> Ledger {
    Ledger {
        version: "2.0.0".into(),
        image: "digest".into(),
        slot: Slot::A,
        golden_image: None,
        golden: Uuid::random([1; 16]),
        hdd: None,
        disks: appliance.disks.clone(),
    }
}

/// A backup's plan or refusal.
pub(crate) fn planned(
    appliance: &Appliance,
    factory: Option<&FactoryRebuild<'_>>,
    holding: &[String],
) -> Result<Plan, backup::Refusal> {
    planned_by(&ledger(appliance), appliance, factory, holding)
}

/// The same with this ledger.
pub(crate) fn planned_by(
    ledger: &Ledger,
    appliance: &Appliance,
    factory: Option<&FactoryRebuild<'_>>,
    holding: &[String],
) -> Result<Plan, backup::Refusal> {
    let (policy, saved) = (policy(), saved("2.0.0"));
    backup::plan(&backup::Inputs {
        appliance,
        ledger,
        policy: &policy,
        saved: &saved,
        root: "/",
        factory,
        saves_release: factory.is_some(),
        holding,
    })
}

pub(crate) fn backup_of(appliance: &Appliance) -> Plan {
    planned(appliance, None, &[]).unwrap()
}

/// The same where the image is at hand.
pub(crate) fn backup_with_image(appliance: &Appliance) -> Plan {
    backup_with_image_of(appliance, policy().storage.chunk)
}

/// The same where the policy in the image has chunks of this size.
pub(crate) fn backup_with_image_of(appliance: &Appliance, chunk: Bytes) -> Plan {
    let (mut policy, world) = (policy(), world());
    policy.storage.chunk = chunk;
    let inputs = inputs(&policy, &world);
    let anew = FactoryRebuild {
        inputs: &inputs,
        machine: Uuid::random([1; 16]),
        filesystem: Uuid::random([2; 16]),
    };
    planned(appliance, Some(&anew), &[]).unwrap()
}

/// What a step does to the snapshots.
pub(crate) fn apply(appliance: &mut Appliance, step: &Step) {
    let stood = match step {
        Step::DetachFactory(DetachFactory { snapshot, base, .. }) => {
            Some((snapshot, store(appliance, &[base])))
        }
        Step::FoldStore(FoldStore { store: folded, from, over, .. }) => {
            Some((folded, store(appliance, &[from, over])))
        }
        _ => None,
    };
    let Appliance { snapshots, volumes, free, .. } = appliance;
    if let Some((store, state)) = stood {
        snapshots.get_mut(store).unwrap().state = state;
    }
    match step {
        Step::CreateSnapshot(CreateSnapshot { snapshot: new, chunk, .. }) => {
            let (saved, chunk) = (Some(saved("2.0.0")), *chunk);
            snapshots.insert(new.clone(), Snapshot { saved, chunk, ..snapshot(true) });
        }
        Step::RemoveVolume(RemoveVolume { volume, .. }) => {
            snapshots.remove(volume);
            *free = *free + volumes.remove(volume).unwrap_or_default();
        }
        Step::RenameVolume(RenameVolume { from, to, .. }) => {
            if let Some(size) = volumes.remove(from) {
                assert!(volumes.insert(to.clone(), size).is_none(), "{to} is there already");
                return;
            }
            let moved = snapshots.remove(from).unwrap();
            assert!(snapshots.insert(to.clone(), moved).is_none(), "{to} is there already");
        }
        Step::CreateVolume(CreateVolume { volume, size, .. }) => {
            assert!(volumes.insert(volume.clone(), *size).is_none(), "{volume} is there already");
            *free = free.checked_sub(*size).unwrap();
        }
        _ => {}
    }
}

pub(crate) fn names(appliance: &Appliance) -> Vec<&str> {
    appliance.snapshots.keys().map(VolumeName::as_str).collect()
}

pub(crate) fn world() -> World {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/worlds/ssd-64gb.json");
    let mut world: World = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let id = |number: u8| Some(Uuid::random([number; 16]));
    for disk in &mut world.disks {
        disk.partitions = (1..=5)
            .map(|number| zshield_plan::world::Partition {
                number: number.into(),
                size: Bytes::gib(1),
                id: id(number),
                label: None,
                content: None,
            })
            .collect();
    }
    world.medium.slot = Slot::A;
    world
}

pub(crate) fn recovery_of(appliance: &Appliance, target: Target) -> Result<Plan, Unavailable> {
    let (policy, world) = (policy(), world());
    let inputs = inputs(&policy, &world);
    recover::plan(&inputs, appliance, &ledger(appliance), target, &ids())
}

/// Nothing was said of keys.
static NOTHING: Statements = Statements::NONE;

/// What is planned from, with the image of this world at hand.
pub(crate) fn inputs<'a>(policy: &'a Policy, world: &'a World) -> Inputs<'a> {
    Inputs {
        policy,
        policy_text: POLICY,
        keys: &[],
        said: &NOTHING,
        world,
        now: UnixTime(7),
        brings_back: None,
    }
}

/// The same ids each time.
pub(crate) fn ids() -> Ids {
    let mut count = 0;
    Ids::new(|| {
        count += 1;
        Uuid::random([count; 16])
    })
}
