//! Steps as a person reads them.

use crate::model::{Binding, Device, Files};
use crate::step::{MountAs, Step};

impl Step {
    /// One or more lines that say what the step does: commands as they run, and after `#` what
    /// the program does itself.
    // One arm for each step.
    #[allow(clippy::too_many_lines)]
    pub fn lines(&self, binding: &Binding) -> Vec<String> {
        if let Some(command) = self.command(binding) {
            let hooks = matches!(self, Self::CreateSnapshot { hooks: Some(_), .. });
            let around = |phase: &str| hooks.then(|| format!("# run the {phase} hooks"));
            return around("pre")
                .into_iter()
                .chain([command.to_string()])
                .chain(around("post"))
                .collect();
        }
        let disk = |role| binding.disks.of(role).device();
        match self {
            Self::EraseDisk { disk: role } => {
                vec![format!(
                    "# zero the first and the last 8 MiB of {}, and where its partitions begin and end",
                    disk(*role)
                )]
            }
            Self::PartitionDisk { disk: role, table } => {
                let mut lines = vec![format!("# write a GPT on {}, id {}", disk(*role), table.id)];
                lines.extend(table.partitions.iter().map(|new| {
                    let read_only = if new.read_only { ", read-only" } else { "" };
                    format!(
                        "#   {} {} {:?} {} at {} B, {} B ({}){read_only}",
                        new.number, new.label, new.kind, new.id, new.start.0, new.size.0, new.size
                    )
                }));
                lines
            }
            Self::OpenGolden { slot } => {
                vec![format!(
                    "# open root.squashfs of slot {} behind dm-verity as {}",
                    slot.directory(),
                    binding.path(&Device::Golden)
                )]
            }
            Self::CloseGolden => vec![format!("# close {}", binding.path(&Device::Golden))],
            Self::Mount { device, at, kind } => vec![mount_line(&binding.path(device), at, *kind)],
            Self::Unmount { at } => vec![format!("umount {at}")],
            Self::Unpack { to } => {
                vec![format!(
                    "# unpack every file of the manifest from {} to {to}",
                    binding.path(&Device::Golden)
                )]
            }
            Self::WriteFiles { at, files, .. } => files
                .iter()
                .flat_map(|file| {
                    let head = format!("# write {at}/{} (mode {:o}):", file.path, file.mode);
                    let shown: Vec<String> = if file.path.ends_with("grubenv") {
                        vec![format!("#   | {} bytes", file.content.len())]
                    } else {
                        file.content.lines().map(|line| format!("#   | {line}")).collect()
                    };
                    std::iter::once(head).chain(shown)
                })
                .collect(),
            Self::CreateHostKeys { root } => vec![format!(
                "# replace {root}/etc/ssh/ssh_host_*_key by fresh ones (ssh-keygen -A in the new root)"
            )],
            Self::CopyGolden { to } => vec![format!("# copy the slot to {to}, and read it back")],
            Self::CopyBootFiles { to } => {
                vec![format!("# copy menu.pf2 and early.img to {to}")]
            }
            Self::WriteLedger { at, .. } => vec![format!("# begin the ledger in {at}")],
            Self::WriteBootLoader { disk: role } => vec![
                format!("# write GRUB's core to {}", binding.path(&Device::Partition(*role, 1))),
                format!(
                    "# write the EFI system partition to {}, all but its first sector",
                    binding.path(&Device::Partition(*role, 2))
                ),
            ],
            Self::Prove { group, snapshot, root, written, .. } => vec![
                format!("# check that {group}/{snapshot} is valid and not filled"),
                format!(
                    "# compare every file below {root} with the manifest, but for what was written here: {}",
                    written.join(", ")
                ),
            ],
            Self::WriteRecord { at } => {
                vec![format!("# write the log and the record to {at}/zshield and to the stick")]
            }
            Self::MakeBootable { disk: role } => vec![
                format!(
                    "# write the first sector of {}",
                    binding.path(&Device::Partition(*role, 2))
                ),
                format!("# write GRUB's boot code to {}", disk(*role)),
            ],
            Self::SaveBoot { boot, to, saved } => {
                vec![format!("# save {boot} in {to}, with digests, as version {}", saved.version)]
            }
            Self::ProveBackup { group, snapshot, set, boot } => vec![
                format!("# check that {group}/{snapshot} is valid and its filesystem clean"),
                format!("# compare {set} with its digests and with {boot}"),
            ],
            Self::CheckSnapshot { group, snapshot, set, .. } => vec![
                format!("# read the table of the COW store of {group}/{snapshot}"),
                format!("# compare {set} with its digests"),
            ],
            Self::Arm { at, target } => {
                vec![format!("# write zshield_recover={} to {at}/grubenv", target.name())]
            }
            Self::Disarm { at } => vec![format!("# clear zshield_recover in {at}/grubenv")],
            Self::ForgetDegraded { at } => vec![format!("rm {at}/degraded")],
            Self::NoteOutcome { at, operation, .. } => {
                vec![format!("# note in {at} that «{operation}» has succeeded")]
            }
            Self::CopyBack { group, snapshot, origin } => vec![format!(
                "# copy what differs from the COW store of {group}/{snapshot} back to {group}/{origin}"
            )],
            Self::ProveCopy { group, snapshot, origin } => vec![
                format!("# read {group}/{origin} back and compare it with {group}/{snapshot}"),
                format!(
                    "e2fsck -f -p {}",
                    binding.path(&Device::Volume(group.clone(), origin.clone()))
                ),
            ],
            Self::RestoreBoot { from, to } => {
                vec![format!("# check {from} and put it back in place of what {to} holds")]
            }
            Self::NoteOnly { at, only } => {
                let paths = only.files.only.join(", ");
                vec![format!("# note in {at} that it is about {paths} alone")]
            }
            Self::ForgetOnly { at } => vec![format!("rm {at}/only")],
            Self::PutRight { from, to, files } => vec![
                format!("# make {} of {to} what it is in {from}", extent(files)),
                format!("#   kept as it is: {}", files.kept.join(", ")),
            ],
            Self::ProveRight { from, to, files } => {
                vec![format!("# compare {} of {to} with {from}: nothing may differ", extent(files))]
            }
            Self::StopServices { .. }
            | Self::ReloadManager { .. }
            | Self::StartServices { .. }
            | Self::RestartServices { .. }
            | Self::CreatePhysicalVolume { .. }
            | Self::CreateVolumeGroup { .. }
            | Self::ActivateVolumes { .. }
            | Self::CreateVolume { .. }
            | Self::CreateSnapshot { .. }
            | Self::RemoveVolume { .. }
            | Self::RenameVolume { .. }
            | Self::UpdateMetadata { .. }
            | Self::ReduceGroup { .. }
            | Self::ExtendGroup { .. }
            | Self::CreateFilesystem { .. } => Vec::new(),
        }
    }
}

fn extent(files: &Files) -> String {
    if files.only.is_empty() { "every file".to_owned() } else { files.only.join(", ") }
}

fn mount_line(device: &str, at: &str, kind: MountAs) -> String {
    match kind {
        MountAs::Ext4 => format!("mount -t ext4 -o noatime,noinit_itable {device} {at}"),
        MountAs::Ext4Frozen => format!("mount -t ext4 -o ro,noload {device} {at}"),
    }
}
