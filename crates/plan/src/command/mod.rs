//! How a step is done: the command that it runs, or what the program does itself.

mod shown;

use crate::lvm::config;
use crate::model::{Binding, Device};
use crate::plan::Plan;
use crate::step::Step;
use zshield_units::Bytes;

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

fn systemctl(verb: &str, units: &[String]) -> Command {
    let mut systemctl = command("systemctl", &[verb]);
    systemctl.arguments.extend_from_slice(units);
    systemctl
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
    let (ssd, hdd) = (admit(&binding.disks.ssd), admit(&binding.disks.hdd));
    config(&format!("filter=[{ssd},{hdd},\"r|.*|\"]"))
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
    // One arm for each step.
    #[allow(clippy::too_many_lines)]
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
            Self::CreateSnapshot { group, origin, snapshot, chunk, size, on, .. } => lvm(
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
            Self::RemoveVolume { group, volume } => {
                lvm(&["lvremove", "--yes", "--force", &format!("{group}/{volume}")], binding)
            }
            Self::RenameVolume { group, from, to } => {
                lvm(&["lvrename", group.as_str(), from.as_str(), to.as_str()], binding)
            }
            Self::UpdateMetadata { group } => {
                lvm(&["vgck", "--updatemetadata", group.as_str()], binding)
            }
            Self::ReduceGroup { group } => {
                lvm(&["vgreduce", "--removemissing", "--force", group.as_str()], binding)
            }
            Self::ExtendGroup { group, device } => {
                lvm(&["vgextend", "--yes", group.as_str(), &path(device)], binding)
            }
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
            Self::StopServices { units } => systemctl("stop", units),
            Self::StartServices { units } => systemctl("start", units),
            Self::RestartServices { units } => systemctl("try-restart", units),
            Self::ReloadManager { anew: false } => systemctl("daemon-reload", &[]),
            Self::ReloadManager { anew: true } => systemctl("daemon-reexec", &[]),
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
            | Self::CopyBootFiles { .. }
            | Self::WriteLedger { .. }
            | Self::WriteBootLoader { .. }
            | Self::Prove { .. }
            | Self::WriteRecord { .. }
            | Self::SaveBoot { .. }
            | Self::ProveBackup { .. }
            | Self::CheckSnapshot { .. }
            | Self::Arm { .. }
            | Self::Disarm { .. }
            | Self::ForgetDegraded { .. }
            | Self::NoteOutcome { .. }
            | Self::CopyBack { .. }
            | Self::ProveCopy { .. }
            | Self::RestoreBoot { .. }
            | Self::NoteOnly { .. }
            | Self::ForgetOnly { .. }
            | Self::PutRight { .. }
            | Self::ProveRight { .. }
            | Self::MakeBootable { .. } => return None,
        })
    }
}
