//! The floor on the Golden partition, in two copies at its top.

use std::path::Path;

use zshield_linux::IoError;
use zshield_linux::ab_record::DurableJson;
use zshield_plan::id::DiskName;
use zshield_plan::upgrade::floor::Floor;
use zshield_plan::volumes::{BOOT_PARTITION, GOLDEN_PARTITION};

use crate::read_only_mount::ReadOnlyMount;
use crate::upgrade_record;

const NAMES: [&str; 2] = ["floor.a", "floor.b"];

/// The floor on a Golden partition that is mounted here; there is none on one that an earlier version has made.
pub fn read(golden: &Path) -> Result<Floor, IoError> {
    let found = DurableJson::in_directory(golden, NAMES).read::<Floor>()?;
    Ok(found.unwrap_or_default())
}

/// Raises it: it is never lowered.
pub(crate) fn raise(golden: &Path, floor: &Floor) -> Result<(), IoError> {
    let found = read(golden)?;
    let raised = found.clone().raised(floor.clone());
    if raised == found { Ok(()) } else { DurableJson::in_directory(golden, NAMES).write(&raised) }
}

/// The floor of the appliance on this SSD, which does not run: by its Golden partition and by its record of upgrades.
pub fn of_ssd(ssd: &DiskName) -> Result<Floor, IoError> {
    let golden = ReadOnlyMount::golden(&ssd.partition(GOLDEN_PARTITION), "floor")?;
    let floor = read(golden.root())?;
    drop(golden);
    // A `/boot` that is destroyed says nothing, and the Golden partition is there for that.
    let boot = ReadOnlyMount::mount(&ssd.partition(BOOT_PARTITION), "floor");
    let record = boot.and_then(|boot| upgrade_record::read(&boot.root().join("zshield")));
    let record = record.inspect_err(|why| tracing::warn!("{why}: {}", why.source));
    Ok(record.map_or(floor.clone(), |record| floor.raised(record.floor().clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_raised_and_never_lowered() {
        let directory = tempfile::tempdir().unwrap();
        assert!(read(directory.path()).unwrap().is_none());
        for (version, newest) in [("1.9", "1.9"), ("1.10", "1.10"), ("1.2", "1.10")] {
            raise(directory.path(), &Floor::of_version(version)).unwrap();
            assert_eq!(read(directory.path()).unwrap(), Floor::of_version(newest));
        }
        std::fs::write(directory.path().join(NAMES[0]), "damaged").unwrap();
        assert!(!read(directory.path()).unwrap().is_none());
    }
}
