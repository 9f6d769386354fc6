//! The steps that plans are made of: a closed set, each one effect.

mod facts;
mod parts;

use crate::model::{Device, Files};
use crate::model::{RestoreScope, Target};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{Slot, Uuid};
use crate::ledger::Ledger;
use crate::policy::{GroupName, VolumeName};
use crate::role::Role;
use crate::saved::BootSetMeta;
use zshield_units::{Bytes, UnixTime};

pub use facts::{Persistence, RetryPolicy};
pub use parts::{MountAs, NewFile, NewPartition, PartitionKind, PartitionTable};

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    /// Makes a disk empty and unbootable: its partition tables and old signatures go.
    EraseDisk {
        /// Whose.
        disk: Role,
    },
    /// Writes a partition table, and zeros where each partition begins and ends.
    PartitionDisk {
        /// Whose.
        disk: Role,
        /// The table.
        table: PartitionTable,
    },
    /// `pvcreate`.
    CreatePhysicalVolume {
        /// On what.
        device: Device,
        /// Its id.
        id: Uuid,
    },
    /// `vgcreate`.
    CreateVolumeGroup {
        /// Its name.
        group: GroupName,
        /// Its physical volumes.
        devices: Vec<Device>,
        /// Its extents' size.
        extent: Bytes,
    },
    /// Makes the group's volumes appear.
    ActivateVolumes {
        /// Whose.
        group: GroupName,
    },
    /// `lvcreate`.
    CreateVolume {
        /// The group.
        group: GroupName,
        /// Its name.
        volume: VolumeName,
        /// Its size.
        size: Bytes,
        /// The physical volume it is on.
        on: Device,
    },
    /// `mke2fs -t ext4`.
    CreateFilesystem {
        /// On what.
        device: Device,
        /// Its label.
        label: String,
        /// Its id.
        id: Uuid,
    },
    /// Opens the payload in the medium's slot behind dm-verity.
    OpenGolden {
        /// The slot.
        slot: Slot,
    },
    /// Closes it.
    CloseGolden,
    /// Mounts a filesystem; the directory is made where it is missing.
    Mount {
        /// What.
        device: Device,
        /// Where.
        at: String,
        /// How.
        kind: MountAs,
    },
    /// Unmounts it; all that was written is on the disk then.
    Unmount {
        /// Where.
        at: String,
    },
    /// Unpacks the payload from the opened Golden Image.
    Unpack {
        /// To where root is mounted, with `/boot` in it.
        to: String,
    },
    /// Writes files whole.
    WriteFiles {
        /// What they are for, as part of the step's name.
        purpose: FilePurpose,
        /// The directory that their paths begin at.
        at: String,
        /// The files.
        files: Vec<NewFile>,
    },
    /// Replaces the SSH host keys of the system there by fresh ones, where it has SSH at all.
    CreateHostKeys {
        /// Where root is mounted.
        root: String,
    },
    /// Copies the slot which this system was started from, and reads it back.
    CopyGolden {
        /// The directory of the new slot, on the mounted Golden partition.
        to: String,
    },
    /// Copies the slot's files that GRUB starts the system with: its font, and the initramfs that
    /// goes before the payload's own.
    CopyBootFiles {
        /// GRUB's directory.
        to: String,
    },
    /// Begins the appliance's ledger.
    WriteLedger {
        /// The directory of its two copies.
        at: String,
        /// What it says.
        ledger: Ledger,
    },
    /// Writes GRUB's core, and the EFI system partition all but its first sector.
    WriteBootLoader {
        /// The disk.
        disk: Role,
    },
    /// `lvcreate --snapshot`.
    CreateSnapshot {
        /// The group.
        group: GroupName,
        /// The volume.
        origin: VolumeName,
        /// The snapshot's name.
        snapshot: VolumeName,
        /// Its chunk size.
        chunk: Bytes,
        /// Its COW store's size.
        size: Bytes,
        /// The physical volume it is on.
        on: Device,
        /// Where applications are to hold still meanwhile: how long each of their hooks may take.
        #[serde(default)]
        hooks: Option<Duration>,
    },
    /// `lvremove`.
    RemoveVolume {
        /// The group.
        group: GroupName,
        /// The volume.
        volume: VolumeName,
    },
    /// `lvrename`.
    RenameVolume {
        /// The group.
        group: GroupName,
        /// Its name.
        from: VolumeName,
        /// Its new name.
        to: VolumeName,
    },
    /// `vgck --updatemetadata`: each disk has LVM's notes of the group again, where a cut has left
    /// them torn or behind on one of them. LVM itself passes such a copy over for ever.
    UpdateMetadata {
        /// The group.
        group: GroupName,
    },
    /// `vgreduce --removemissing --force`: volumes that lay on a lost disk go, the others stay.
    ReduceGroup {
        /// The group.
        group: GroupName,
    },
    /// `vgextend`.
    ExtendGroup {
        /// The group.
        group: GroupName,
        /// The physical volume that joins it.
        device: Device,
    },
    /// Saves `/boot` into root, so that a snapshot of root carries it.
    SaveBoot {
        /// Where `/boot` is.
        boot: String,
        /// The directory of the set.
        to: String,
        /// What the set says of itself.
        saved: BootSetMeta,
    },
    /// Checks that a new snapshot can be gone back to.
    ProveBackup {
        /// The group.
        group: GroupName,
        /// The snapshot.
        snapshot: VolumeName,
        /// The boot set in the mounted snapshot.
        set: String,
        /// Where `/boot` is, which must be equal to it.
        boot: String,
    },
    /// Checks that a snapshot can be gone back to, before anything is written that relies on it.
    CheckSnapshot {
        /// The group.
        group: GroupName,
        /// The snapshot.
        snapshot: VolumeName,
        /// Its origin.
        origin: VolumeName,
        /// The boot set in the mounted snapshot.
        set: String,
    },
    /// Makes GRUB go on with this recovery at every start, until it is disarmed.
    Arm {
        /// GRUB's directory.
        at: String,
        /// The recovery.
        target: Target,
    },
    /// Ends that.
    Disarm {
        /// GRUB's directory.
        at: String,
    },
    /// Takes away the note that root was written without its snapshots: none of those is left.
    ForgetDegraded {
        /// GRUB's directory.
        at: String,
    },
    /// Notes beside the ledger that the operation has succeeded.
    NoteOutcome {
        /// GRUB's directory.
        at: String,
        /// The operation's name.
        operation: String,
        /// When it began, in seconds since 1970, UTC.
        began: UnixTime,
    },
    /// Writes to the origin what a snapshot's COW store holds, where they differ.
    CopyBack {
        /// The group.
        group: GroupName,
        /// The snapshot.
        snapshot: VolumeName,
        /// Its origin.
        origin: VolumeName,
    },
    /// Reads the origin back, and checks its filesystem.
    ProveCopy {
        /// The group.
        group: GroupName,
        /// The snapshot.
        snapshot: VolumeName,
        /// Its origin.
        origin: VolumeName,
    },
    /// Puts a boot set back in place of what `/boot` holds.
    RestoreBoot {
        /// The directory of the set.
        from: String,
        /// Where `/boot` is mounted.
        to: String,
    },
    /// Notes that the recovery which has begun is one of these files alone.
    NoteOnly {
        /// GRUB's directory.
        at: String,
        /// The files, and where they go back to.
        only: RestoreScope,
    },
    /// Takes that note away.
    ForgetOnly {
        /// GRUB's directory.
        at: String,
    },
    /// Makes files of a system those of a snapshot, each replaced as a whole.
    PutRight {
        /// Where the snapshot is mounted.
        from: String,
        /// Where the system is.
        to: String,
        /// Which.
        files: Files,
    },
    /// Checks that nothing differs any more.
    ProveRight {
        /// Where the snapshot is mounted.
        from: String,
        /// Where the system is.
        to: String,
        /// Which files.
        files: Files,
    },
    /// `systemctl stop`: services whose own definition is about to change.
    StopServices {
        /// Which.
        units: Vec<String>,
    },
    /// `systemctl daemon-reload`, or `daemon-reexec`.
    ReloadManager {
        /// Whether the manager starts anew, since its own files have changed.
        anew: bool,
    },
    /// `systemctl start`.
    StartServices {
        /// Which.
        units: Vec<String>,
    },
    /// `systemctl try-restart`: services that run from files which were replaced.
    RestartServices {
        /// Which.
        units: Vec<String>,
    },
    /// Checks that the snapshot is valid and that it and `/boot` hold the payload to the byte.
    Prove {
        /// The group.
        group: GroupName,
        /// The snapshot.
        snapshot: VolumeName,
        /// Where the snapshot is mounted, with `/boot` in it.
        root: String,
        /// The paths within root, and all below them, that the installation itself wrote; a `*`
        /// at the end stands for the rest of a name.
        written: Vec<String>,
        /// The paths within root where its other parts are mounted.
        parts: Vec<String>,
    },
    /// Leaves the record and the log on the audit volume, and on the stick where it has room.
    WriteRecord {
        /// Where the audit volume is mounted.
        at: String,
    },
    /// Makes a disk bootable: the last step.
    MakeBootable {
        /// The disk.
        disk: Role,
    },
}

/// What written files are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FilePurpose {
    /// What makes the payload this machine's system: `fstab`, `machine-id`.
    System,
    /// GRUB's configuration and environment.
    BootMenu,
}
