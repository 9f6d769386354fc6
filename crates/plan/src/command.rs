//! How a step is done: the command that it runs, or what the program does itself.

use crate::plan::{Binding, Plan};
use crate::size::Bytes;
use crate::step::{Device, MountAs, Step};

/// A command with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program, found in the path.
    pub program: &'static str,
    /// Its arguments.
    pub arguments: Vec<String>,
}

impl std::fmt::Display for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.program)?;
        for argument in &self.arguments {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+%@".contains(c);
            if argument.chars().all(plain) && !argument.is_empty() {
                write!(f, " {argument}")?;
            } else {
                write!(f, " '{}'", argument.replace('\'', "'\\''"))?;
            }
        }
        Ok(())
    }
}

fn command(program: &'static str, arguments: &[&str]) -> Command {
    Command { program, arguments: arguments.iter().map(|&text| text.to_owned()).collect() }
}

fn lvm(arguments: &[&str], binding: &Binding) -> Command {
    let mut lvm = command("lvm", arguments);
    lvm.arguments.extend(["--config".to_owned(), lvm_filter(binding)]);
    lvm
}

/// Lets LVM see the plan's own disks and no others: a group of the same name elsewhere is not
/// mistaken for ours, and nobody else's disk is written.
pub fn lvm_filter(binding: &Binding) -> String {
    let admit = |disk: &crate::id::DiskName| format!("\"a|^{}[0-9]+$|\"", disk.partition_stem());
    format!(
        "devices{{filter=[{},{},\"r|.*|\"]}}",
        admit(&binding.disks.ssd),
        admit(&binding.disks.hdd)
    )
}

impl Plan {
    /// The whole plan as a person reads it: each step with what it runs.
    pub fn shown(&self, binding: &Binding) -> String {
        let step = |(number, step): (usize, &Step)| {
            let lines = step.lines(binding);
            let head = format!("{number:2} {}", step.name());
            std::iter::once(head)
                .chain(lines.into_iter().map(|line| format!("     {line}")))
                .map(|line| line + "\n")
                .collect::<String>()
        };
        (1..).zip(&self.steps).map(step).collect()
    }
}

fn in_bytes(size: Bytes) -> String {
    format!("{}b", size.0)
}

impl Step {
    /// The command that the step runs; `None` where the program does it itself.
    pub fn command(&self, binding: &Binding) -> Option<Command> {
        let path = |device: &Device| binding.path(device);
        Some(match self {
            Self::CreatePhysicalVolume { device, id } => lvm(
                &[
                    "pvcreate",
                    "-ff",
                    "--yes",
                    "--zero",
                    "y",
                    "--uuid",
                    &id.lvm(),
                    "--norestorefile",
                    &path(device),
                ],
                binding,
            ),
            Self::CreateVolumeGroup { group, devices, extent } => {
                let devices: Vec<String> = devices.iter().map(path).collect();
                let extent = in_bytes(*extent);
                let mut words =
                    vec!["vgcreate", "--yes", "--physicalextentsize", &extent, group.as_str()];
                words.extend(devices.iter().map(String::as_str));
                lvm(&words, binding)
            }
            Self::ActivateVolumes { group } => {
                lvm(&["vgchange", "--activate", "y", group.as_str()], binding)
            }
            Self::CreateVolume { group, volume, size, on } => lvm(
                &[
                    "lvcreate",
                    "--yes",
                    "--wipesignatures",
                    "y",
                    "--zero",
                    "y",
                    "--size",
                    &in_bytes(*size),
                    "--name",
                    volume.as_str(),
                    group.as_str(),
                    &path(on),
                ],
                binding,
            ),
            Self::CreateSnapshot { group, origin, snapshot, chunk, size, on } => lvm(
                &[
                    "lvcreate",
                    "--yes",
                    "--snapshot",
                    "--size",
                    &in_bytes(*size),
                    "--chunksize",
                    &in_bytes(*chunk),
                    "--name",
                    snapshot.as_str(),
                    &format!("{group}/{origin}"),
                    &path(on),
                ],
                binding,
            ),
            Self::CreateFilesystem { device, label, id } => command(
                "mke2fs",
                &[
                    "-q",
                    "-F",
                    "-t",
                    "ext4",
                    "-L",
                    label,
                    "-U",
                    &id.to_string(),
                    "-E",
                    "lazy_itable_init=1,lazy_journal_init=1,discard",
                    &path(device),
                ],
            ),
            Self::EraseDisk { .. }
            | Self::PartitionDisk { .. }
            | Self::OpenGolden { .. }
            | Self::CloseGolden
            | Self::Mount { .. }
            | Self::Unmount { .. }
            | Self::Unpack { .. }
            | Self::WriteFiles { .. }
            | Self::CreateHostKeys { .. }
            | Self::CopyGolden { .. }
            | Self::CopyFont { .. }
            | Self::WriteLedger { .. }
            | Self::WriteBootLoader { .. }
            | Self::Prove { .. }
            | Self::WriteRecord { .. }
            | Self::MakeBootable { .. } => return None,
        })
    }

    /// One or more lines that say what the step does: commands as they run, and after `#` what
    /// the program does itself.
    pub fn lines(&self, binding: &Binding) -> Vec<String> {
        if let Some(command) = self.command(binding) {
            return vec![command.to_string()];
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
                    slot.folder(),
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
            Self::CopyFont { to } => vec![format!("# copy the menu's font to {to}")],
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
            Self::CreatePhysicalVolume { .. }
            | Self::CreateVolumeGroup { .. }
            | Self::ActivateVolumes { .. }
            | Self::CreateVolume { .. }
            | Self::CreateSnapshot { .. }
            | Self::CreateFilesystem { .. } => Vec::new(),
        }
    }
}

fn mount_line(device: &str, at: &str, kind: MountAs) -> String {
    match kind {
        MountAs::Ext4 => format!("mount -t ext4 -o noatime,noinit_itable {device} {at}"),
        MountAs::Ext4Frozen => format!("mount -t ext4 -o ro,noload {device} {at}"),
    }
}
