//! The steps of an installation, in order.
//!
//! The first makes the disks unbootable and the last makes the SSD bootable: whatever lies
//! between can't be taken for a finished appliance. A rebuild is the same with the HDD left as it
//! is: its group loses what lay on the SSD, and gets a new root beside the data that stays.

use super::group::{self, Left};
use super::inputs::{Ids, Inputs};
use super::system::{PROOF, Parts, System, unmounts};
use crate::grub::DIRECTORY;
use crate::id::{Slot, Uuid};
use crate::layout::{ALIGNMENT, ESP, Layout};
use crate::ledger::Ledger;
use crate::model::{RestoreScope, Target};
use crate::own::OwnPartitions;
use crate::own::PartitionIds;
use crate::plan::{Operation, Plan};
use crate::recovered_files::files_with_identity;
use crate::role::{ByRole, Role};
use crate::step::{
    CopyGolden, CreateFilesystem, EraseDisk, MakeBootable, Mount, MountAs, NewPartition,
    OrderRecovery, PartitionDisk, PartitionKind, PartitionTable, Step, Unmount, WriteBootLoader,
    WriteFloor, WriteKeys, WriteLedger, WriteRecord,
};
use crate::upgrade::floor::Floor;
use crate::volumes::{
    AUDIT, BOOT, BOOT_NAME, FACTORY, GOLDEN, GOLDEN_AT, GOLDEN_NAME, HDD_PARTITION, PHYSICAL, ROOT,
    named,
};
use crate::world::Disk;
use zshield_units::Bytes;

/// The whole plan for two disks and their layout; with `left`, for one that keeps the data.
pub(super) fn plan(
    inputs: &Inputs<'_>,
    disks: &ByRole<&Disk>,
    layout: Layout,
    ids: &Ids,
    left: Option<&Left>,
) -> Plan {
    let parts = if left.is_some() { Parts::Boot } else { Parts::All };
    // A disk that stays keeps its partition.
    let kept = || disks.hdd.partitions.iter().find(|part| part.number == HDD_PARTITION)?.id;
    let hdd = if left.is_some() { kept() } else { Some(ids.hdd[1]) };
    let own = OwnPartitions { golden: ids.golden, hdd };
    let places = PartitionIds { boot: ids.ssd[3], own, ssd: Some(ids.ssd[5]), slot: Slot::A };
    let system = System { volume: ROOT, inputs, places: &places, machine: ids.machine, parts };
    let installation = Installation { inputs, disks, layout: &layout, ids, left, system };
    Plan {
        operation: if left.is_some() { Operation::Rebuild } else { Operation::Install },
        image: inputs.world.image.digest.clone(),
        version: inputs.world.image.version.clone(),
        disks: ByRole { ssd: disks.ssd.identity.clone(), hdd: disks.hdd.identity.clone() },
        group: inputs.policy.storage.group.clone(),
        steps: installation.steps(),
        layout: Some(layout),
    }
}

struct Installation<'a> {
    inputs: &'a Inputs<'a>,
    disks: &'a ByRole<&'a Disk>,
    layout: &'a Layout,
    ids: &'a Ids,
    left: Option<&'a Left>,
    system: System<'a>,
}

impl Installation<'_> {
    fn steps(&self) -> Vec<Step> {
        let ledger = Step::WriteLedger(WriteLedger {
            at: format!("{}/boot/{DIRECTORY}", super::system::TARGET),
            ledger: self.ledger(),
        });
        [
            self.empty_disks(),
            group::steps(&self.inputs.policy.storage.group, self.layout, self.ids, self.left),
            self.filesystems(),
            self.system.install_steps([ledger].into_iter().chain(self.brings_back())),
            golden(self.inputs),
            self.system.factory_snapshot(self.layout),
            self.record(),
            vec![Step::MakeBootable(MakeBootable { disk: Role::Ssd })],
        ]
        .concat()
    }

    fn empty_disks(&self) -> Vec<Step> {
        let mut steps = vec![
            Step::EraseDisk(EraseDisk { disk: Role::Ssd }),
            Step::PartitionDisk(PartitionDisk {
                disk: Role::Ssd,
                table: self.ssd_table(),
                discard_rest: true,
            }),
        ];
        if self.left.is_none() {
            steps.insert(1, Step::EraseDisk(EraseDisk { disk: Role::Hdd }));
            steps.push(Step::PartitionDisk(PartitionDisk {
                disk: Role::Hdd,
                table: self.hdd_table(),
                discard_rest: false,
            }));
        }
        steps
    }

    fn ssd_table(&self) -> PartitionTable {
        use PartitionKind::{BiosBoot, EfiSystem, Linux, Lvm};
        let boot = self.inputs.policy.storage.boot.round_up(ALIGNMENT);
        let mut wanted = vec![
            ("zs-bios", BiosBoot, ALIGNMENT),
            ("zs-esp", EfiSystem, ESP),
            (BOOT_NAME, Linux, boot),
            (GOLDEN_NAME, Linux, self.layout.golden),
        ];
        wanted.extend(self.layout.physical.ssd.map(|size| (PHYSICAL.ssd, Lvm, size)));
        table(self.ids.ssd[0], &self.ids.ssd[1..], &wanted)
    }

    fn hdd_table(&self) -> PartitionTable {
        let wanted = self.layout.physical.hdd.map(|size| (PHYSICAL.hdd, PartitionKind::Lvm, size));
        table(self.ids.hdd[0], &self.ids.hdd[1..], wanted.as_slice())
    }

    fn filesystems(&self) -> Vec<Step> {
        let kept = |name: &str| self.left.is_some_and(|left| left.kept.contains(&named(name)));
        let volumes = self.system.filesystems(self.ids, self.layout, |name| !kept(name));
        [(BOOT, BOOT_NAME, self.ids.boot), (GOLDEN, GOLDEN_NAME, self.ids.golden)]
            .into_iter()
            .map(|(device, label, id)| {
                Step::CreateFilesystem(CreateFilesystem {
                    device,
                    label: label.to_owned(),
                    id,
                    inodes: None,
                })
            })
            .chain(volumes)
            .collect()
    }

    fn ledger(&self) -> Ledger {
        Ledger {
            version: self.inputs.world.image.version.clone(),
            image: self.inputs.world.image.digest.clone(),
            slot: Slot::A,
            golden_image: None,
            golden: self.ids.golden,
            hdd: self.system.places.own.hdd,
            disks: ByRole {
                ssd: self.disks.ssd.identity.clone(),
                hdd: self.disks.hdd.identity.clone(),
            },
        }
    }

    /// The recovery that follows: it makes this the machine that it was, with what others know it by.
    fn brings_back(&self) -> Option<Step> {
        let generation = self.inputs.brings_back.filter(|_| self.left.is_some())?;
        let target = Target::Vault(generation);
        let scope = RestoreScope { target, files: files_with_identity(self.inputs.policy) };
        let at = format!("{}/boot/{DIRECTORY}", super::system::TARGET);
        Some(Step::OrderRecovery(OrderRecovery { at, scope }))
    }

    /// Within the system, whose policy says which label it has.
    fn record(&self) -> Vec<Step> {
        let at = format!("{PROOF}{}", self.inputs.policy.storage.audit.mount);
        let (system, audit) = (self.system.volume(FACTORY), self.system.volume(AUDIT));
        let mount = |device, at: &str, kind| Step::Mount(Mount { device, at: at.to_owned(), kind });
        let mounts = [mount(system, PROOF, MountAs::Ext4Frozen), mount(audit, &at, MountAs::Ext4)];
        let after = unmounts(&mounts);
        [mounts.to_vec(), vec![Step::WriteRecord(WriteRecord { at })], after].concat()
    }
}

/// The Golden partition's first slot and the boot loader, which starts nothing yet.
fn golden(inputs: &Inputs<'_>) -> Vec<Step> {
    let at = GOLDEN_AT.to_owned();
    let floor = Floor::of_version(&inputs.world.image.version);
    let mut steps = vec![
        Step::Mount(Mount { device: GOLDEN, at: at.clone(), kind: MountAs::Ext4 }),
        Step::CopyGolden(CopyGolden { to: format!("{GOLDEN_AT}/{}", Slot::A.directory()) }),
        Step::WriteFloor(WriteFloor { at: at.clone(), floor }),
    ];
    // A revoked key stays revoked on a machine that is installed anew.
    let said = inputs.said.clone().carried();
    if !said.is_empty() {
        steps.push(Step::WriteKeys(WriteKeys { at: at.clone(), said }));
    }
    steps.push(Step::Unmount(Unmount { at }));
    steps.push(Step::WriteBootLoader(WriteBootLoader { disk: Role::Ssd }));
    steps
}

/// A table of partitions that follow one another.
fn table(id: Uuid, ids: &[Uuid], wanted: &[(&str, PartitionKind, Bytes)]) -> PartitionTable {
    let mut start = ALIGNMENT;
    let mut partitions = Vec::new();
    for ((number, id), (label, kind, size)) in (1..).zip(ids).zip(wanted) {
        partitions.push(NewPartition {
            number,
            label: (*label).to_owned(),
            kind: *kind,
            id: *id,
            start,
            size: *size,
            read_only: *label == GOLDEN_NAME,
        });
        start = start + *size;
    }
    PartitionTable { id, partitions }
}
