//! What disks and partitions hold, as blkid knows it: for the person who decides, not for plans.

use std::collections::HashMap;

use zshield_plan::world::Disk;

use crate::command;
use zshield_linux::program::ProgramError;

/// Device nodes with what is on them.
pub(super) struct Contents(HashMap<String, String>);

/// Asks blkid for everything that it finds; it ends with 2 where it finds nothing.
pub(super) fn contents() -> Result<Contents, ProgramError> {
    let all = command::words("blkid", &["-c", "/dev/null", "-o", "export"]);
    match command::run(&all) {
        Ok(output) => Ok(Contents(parse(&output))),
        Err(ProgramError::Failed { status, .. }) if status.code() == Some(2) => {
            Ok(Contents(HashMap::new()))
        }
        Err(error) => Err(error),
    }
}

impl Contents {
    /// Tells a disk what it holds.
    pub(super) fn describe(&self, disk: &mut Disk) {
        disk.content = self.0.get(&disk.name.device()).cloned();
        let name = disk.name.clone();
        for partition in &mut disk.partitions {
            partition.content = self.0.get(&name.partition(partition.number)).cloned();
        }
    }
}

/// Blocks of `KEY=value`, an empty line between them.
pub(super) fn parse(output: &str) -> HashMap<String, String> {
    let block = |block: &str| {
        let value = |key: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
            Some(line.replace('\\', ""))
        };
        let kind = value("TYPE")?;
        let label = value("LABEL").map(|label| format!(" “{label}”")).unwrap_or_default();
        Some((value("DEVNAME")?, format!("{kind}{label}")))
    };
    output.split("\n\n").filter_map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As util-linux 2.38 prints it.
    const OUTPUT: &str = "DEVNAME=/dev/sda1\nLABEL=old\\ data\nBLOCK_SIZE=512\n\
        UUID=5E2A9F3C1B7D\nTYPE=ntfs\nPARTUUID=4b3c-01\n\nDEVNAME=/dev/sdb\nPTUUID=f00\n\
        PTTYPE=dos\n\nDEVNAME=/dev/sdb2\nUUID=abc\nTYPE=linux_raid_member\n";

    #[test]
    fn contents_are_told_with_their_labels() {
        let found = parse(OUTPUT);
        assert_eq!(found.get("/dev/sda1").unwrap(), "ntfs “old data”");
        assert_eq!(found.get("/dev/sdb2").unwrap(), "linux_raid_member");
        assert_eq!(found.get("/dev/sdb"), None);
        assert!(parse("").is_empty());
    }
}
