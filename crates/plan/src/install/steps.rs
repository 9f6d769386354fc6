//! The steps of an installation, in order.
//!
//! The first makes both disks unbootable and the last makes the SSD bootable: whatever lies
//! between can't be taken for a finished appliance.

use super::files;
use super::inputs::{AUDIT, Ids, Inputs, ROOT, USER};
use crate::grub::FOLDER;
use crate::id::{Slot, Uuid};
use crate::layout::{ALIGNMENT, ESP, EXTENT, Layout};
use crate::ledger::Ledger;
use crate::plan::{Operation, Plan};
use crate::policy::VolumeName;
use crate::role::{ByRole, Role};
use crate::size::Bytes;
use crate::step::{
    Device, FilePurpose, MountAs, NewPartition, PartitionKind, PartitionTable, Step,
};
use crate::world::Disk;

/// The factory snapshot.
const FACTORY: &str = "snap0";

/// The folders that an installation mounts things below.
pub const MOUNTS: &str = "/run/zshield/mnt";
const TARGET: &str = "/run/zshield/mnt/target";
const GOLDEN: &str = "/run/zshield/mnt/golden";
const PROOF: &str = "/run/zshield/mnt/proof";
const RECORD: &str = "/run/zshield/mnt/audit";

/// The whole plan for two disks and their layout.
pub fn plan(inputs: &Inputs<'_>, disks: &ByRole<&Disk>, layout: Layout, ids: &Ids) -> Plan {
    let installation = Installation { inputs, disks, layout: &layout, ids };
    Plan {
        operation: Operation::Install,
        image: inputs.world.image.digest.clone(),
        version: inputs.world.image.version.clone(),
        disks: ByRole { ssd: disks.ssd.identity.clone(), hdd: disks.hdd.identity.clone() },
        group: inputs.policy.storage.group.clone(),
        steps: installation.steps(),
        layout,
    }
}

struct Installation<'a> {
    inputs: &'a Inputs<'a>,
    disks: &'a ByRole<&'a Disk>,
    layout: &'a Layout,
    ids: &'a Ids,
}

impl Installation<'_> {
    fn steps(&self) -> Vec<Step> {
        [
            self.empty_disks(),
            self.volumes(),
            self.filesystems(),
            self.system(),
            golden(),
            self.factory_snapshot(),
            self.record(),
            vec![Step::MakeBootable { disk: Role::Ssd }],
        ]
        .concat()
    }

    fn volume(&self, name: &str) -> Device {
        Device::Volume(self.inputs.policy.storage.group.clone(), VolumeName::fixed(name))
    }

    fn empty_disks(&self) -> Vec<Step> {
        vec![
            Step::EraseDisk { disk: Role::Ssd },
            Step::EraseDisk { disk: Role::Hdd },
            Step::PartitionDisk { disk: Role::Ssd, table: self.ssd_table() },
            Step::PartitionDisk { disk: Role::Hdd, table: self.hdd_table() },
        ]
    }

    fn ssd_table(&self) -> PartitionTable {
        use PartitionKind::{BiosBoot, EfiSystem, Linux, Lvm};
        let boot = self.inputs.policy.storage.boot.round_up(ALIGNMENT);
        let mut wanted = vec![
            ("zs-bios", BiosBoot, ALIGNMENT),
            ("zs-esp", EfiSystem, ESP),
            ("zs-boot", Linux, boot),
            ("zs-golden", Linux, self.layout.golden),
        ];
        wanted.extend(self.layout.physical.ssd.map(|size| ("zs-ssd", Lvm, size)));
        table(self.ids.ssd[0], &self.ids.ssd[1..], &wanted)
    }

    fn hdd_table(&self) -> PartitionTable {
        let wanted = self.layout.physical.hdd.map(|size| ("zs-hdd", PartitionKind::Lvm, size));
        table(self.ids.hdd[0], &self.ids.hdd[1..], wanted.as_slice())
    }

    fn volumes(&self) -> Vec<Step> {
        let group = &self.inputs.policy.storage.group;
        let devices: Vec<(Role, Device)> = Role::ALL
            .into_iter()
            .filter(|role| self.layout.physical.of(*role).is_some())
            .map(|role| (role, physical(role)))
            .collect();
        let mut steps: Vec<Step> = devices
            .iter()
            .map(|(role, device)| Step::CreatePhysicalVolume {
                device: device.clone(),
                id: *self.ids.physical.of(*role),
            })
            .collect();
        steps.push(Step::CreateVolumeGroup {
            group: group.clone(),
            devices: devices.into_iter().map(|(_, device)| device).collect(),
            extent: EXTENT,
        });
        steps.push(Step::ActivateVolumes { group: group.clone() });
        let volume = |name, size, role| Step::CreateVolume {
            group: group.clone(),
            volume: VolumeName::fixed(name),
            size,
            on: physical(role),
        };
        steps.push(volume(ROOT, self.layout.root, self.layout.root_on));
        steps.push(volume(USER, self.layout.user, Role::Hdd));
        steps.push(volume(AUDIT, self.layout.audit, Role::Hdd));
        steps
    }

    fn filesystems(&self) -> Vec<Step> {
        let [root, user, audit] = self.ids.volumes;
        [
            (Device::Partition(Role::Ssd, 3), "zs-boot", self.ids.boot),
            (Device::Partition(Role::Ssd, 4), "zs-golden", self.ids.golden),
            (self.volume(ROOT), "zs-root", root),
            (self.volume(USER), "zs-user", user),
            (self.volume(AUDIT), "zs-audit", audit),
        ]
        .into_iter()
        .map(|(device, label, id)| Step::CreateFilesystem { device, label: label.to_owned(), id })
        .collect()
    }

    /// Where the parts of a system are mounted when its root is mounted somewhere.
    fn mounts(&self, root: Device, at: &str, kind: MountAs) -> Vec<Step> {
        let storage = &self.inputs.policy.storage;
        let mut parts = vec![
            (root, at.to_owned()),
            (Device::Partition(Role::Ssd, 3), format!("{at}/boot")),
            (self.volume(USER), format!("{at}{}", storage.user.mount)),
            (self.volume(AUDIT), format!("{at}{}", storage.audit.mount)),
        ];
        // Whichever lies within another comes after it.
        parts.sort_by_key(|(_, at)| at.matches('/').count());
        parts.into_iter().map(|(device, at)| Step::Mount { device, at, kind }).collect()
    }

    fn system(&self) -> Vec<Step> {
        let target = self.mounts(self.volume(ROOT), TARGET, MountAs::Ext4);
        let boot = format!("{TARGET}/boot");
        let mut steps = vec![Step::OpenGolden { slot: self.inputs.world.medium.slot }];
        steps.extend(target.iter().cloned());
        steps.extend([
            Step::Unpack { to: TARGET.to_owned() },
            Step::WriteFiles {
                purpose: FilePurpose::System,
                at: TARGET.to_owned(),
                files: files::system(self.inputs, self.ids),
            },
            Step::CreateHostKeys { root: TARGET.to_owned() },
            Step::WriteFiles {
                purpose: FilePurpose::BootMenu,
                at: boot.clone(),
                files: files::boot_menu(self.inputs, self.ids),
            },
            Step::CopyFont { to: format!("{boot}/{FOLDER}/menu.pf2") },
            Step::WriteLedger { at: format!("{boot}/{FOLDER}"), ledger: self.ledger() },
        ]);
        steps.extend(unmounts(&target));
        steps.push(Step::CloseGolden);
        steps
    }

    fn ledger(&self) -> Ledger {
        Ledger {
            version: self.inputs.world.image.version.clone(),
            image: self.inputs.world.image.digest.clone(),
            slot: Slot::A,
            golden: self.ids.golden,
            disks: ByRole {
                ssd: self.disks.ssd.identity.clone(),
                hdd: self.disks.hdd.identity.clone(),
            },
        }
    }

    /// The snapshot is taken of an unmounted root, and the proof reads the system through it.
    fn factory_snapshot(&self) -> Vec<Step> {
        let group = self.inputs.policy.storage.group.clone();
        let snapshot = VolumeName::fixed(FACTORY);
        let proof = self.mounts(self.volume(FACTORY), PROOF, MountAs::Ext4Frozen);
        let mut steps = vec![Step::CreateSnapshot {
            group: group.clone(),
            origin: VolumeName::fixed(ROOT),
            snapshot: snapshot.clone(),
            chunk: self.inputs.policy.storage.chunk,
            size: self.layout.cow,
            on: physical(Role::Hdd),
        }];
        steps.extend(proof.iter().cloned());
        steps.push(Step::Prove {
            group,
            snapshot,
            root: PROOF.to_owned(),
            written: written(),
            parts: self.parts(),
        });
        steps.extend(unmounts(&proof));
        steps
    }

    /// The paths within root where its other parts are mounted.
    fn parts(&self) -> Vec<String> {
        let storage = &self.inputs.policy.storage;
        ["/boot", storage.user.mount.as_str(), storage.audit.mount.as_str()]
            .map(|at| at.trim_start_matches('/').to_owned())
            .to_vec()
    }

    fn record(&self) -> Vec<Step> {
        let at = RECORD.to_owned();
        vec![
            Step::Mount { device: self.volume(AUDIT), at: at.clone(), kind: MountAs::Ext4 },
            Step::WriteRecord { at: at.clone() },
            Step::Unmount { at },
        ]
    }
}

/// The Golden partition's first slot and the boot loader, which starts nothing yet.
fn golden() -> Vec<Step> {
    let device = Device::Partition(Role::Ssd, 4);
    vec![
        Step::Mount { device, at: GOLDEN.to_owned(), kind: MountAs::Ext4 },
        Step::CopyGolden { to: format!("{GOLDEN}/{}", Slot::A.folder()) },
        Step::Unmount { at: GOLDEN.to_owned() },
        Step::WriteBootLoader { disk: Role::Ssd },
    ]
}

/// What the installation writes beside the payload, as paths within root.
fn written() -> Vec<String> {
    ["etc/fstab", "etc/machine-id", "etc/zshield", "etc/ssh/ssh_host_*"]
        .map(str::to_owned)
        .into_iter()
        .chain([format!("boot/{FOLDER}")])
        .collect()
}

/// The partition of a disk that is its physical volume.
const fn physical(role: Role) -> Device {
    match role {
        Role::Ssd => Device::Partition(Role::Ssd, 5),
        Role::Hdd => Device::Partition(Role::Hdd, 1),
    }
}

/// Unmounts what these steps mount, the last first.
fn unmounts(mounts: &[Step]) -> Vec<Step> {
    mounts
        .iter()
        .rev()
        .filter_map(|step| match step {
            Step::Mount { at, .. } => Some(Step::Unmount { at: at.clone() }),
            _ => None,
        })
        .collect()
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
            read_only: *label == "zs-golden",
        });
        start = start + *size;
    }
    PartitionTable { id, partitions }
}
