//! Commands: programs with their arguments, and how LVM is asked.

use std::fmt;

use crate::id::DiskName;
use crate::lvm;
use crate::model::Binding;
use crate::policy::GroupName;
use zshield_units::Bytes;

/// A command with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program, found in the path.
    pub program: &'static str,
    /// Its arguments.
    pub arguments: Vec<String>,
}

/// LVM's report of the pieces of all physical volumes: whose they are, which are missing, and what is free.
pub const PIECES: [&str; 4] = [
    "pvs",
    "--segments",
    "-o",
    "pv_name,pv_uuid,pv_missing,pv_free,vg_name,vg_missing_pv_count,lv_name",
];

impl Command {
    /// A program with arguments.
    pub fn new(program: &'static str, arguments: &[&str]) -> Self {
        Self { program, arguments: arguments.iter().map(|&text| text.to_owned()).collect() }
    }

    /// LVM, which sees the plan's own disks and no others.
    pub fn lvm(arguments: &[&str], binding: &Binding) -> Self {
        let filter = lvm_filter(binding);
        Self::new("lvm", &[arguments, &["--config", &filter]].concat())
    }

    /// Repairs an ext4 filesystem that the kernel refuses as damaged, as far as e2fsck can.
    pub fn repair_ext4(device: &str) -> Self {
        Self::new("e2fsck", &["-y", device])
    }

    /// A report of LVM's, in JSON.
    pub fn lvm_report(arguments: &[&str], binding: &Binding) -> Self {
        let config = format!("{} {}", lvm::REPORT, lvm_filter(binding));
        Self::new("lvm", &[arguments, &["--config", &config], &lvm::SHAPE].concat())
    }

    /// LVM's report of a group's volumes.
    pub(crate) fn list_volumes(group: &GroupName, binding: &Binding) -> Self {
        Self::lvm_report(&["lvs", "-o", "lv_name", group.as_str()], binding)
    }

    /// That report.
    pub(crate) fn report_pieces(binding: &Binding) -> Self {
        Self::lvm_report(&PIECES, binding)
    }

    /// LVM's report of a group's snapshots: whether each is valid, and how full.
    pub fn report_snapshots(group: &GroupName, binding: &Binding) -> Self {
        let columns = "lv_name,origin,lv_snapshot_invalid,snap_percent";
        Self::lvm_report(&["lvs", "-o", columns, group.as_str()], binding)
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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

/// Lets LVM see the plan's own disks and no others: a group of the same name elsewhere is not
/// mistaken for ours, and nobody else's disk is written.
pub fn lvm_filter(binding: &Binding) -> String {
    let partitions = |disk: &DiskName| format!("{}[0-9]+", disk.partition_stem());
    let disks = [&binding.disks.ssd, &binding.disks.hdd].map(partitions);
    let devices = lvm::config(&format!("filter={}", lvm::only(disks)));
    format!("{devices} {}", lvm::activating(binding.group.as_str()))
}

/// A size as LVM takes it.
pub(crate) fn in_bytes(size: Bytes) -> String {
    format!("{}b", size.0)
}
