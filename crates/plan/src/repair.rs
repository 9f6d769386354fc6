//! The steps that make files of a system those of a snapshot: in the running system, and in the
//! rescue system where such a recovery was cut off.

use crate::appliance::Appliance;
use crate::model::{Device, Files};
use crate::opened::{SNAPSHOT, mounted, opened};
use crate::policy::GroupName;
use crate::saved;
use crate::step::{
    ActivateVolumes, Mount, MountAs, RepairFiles, RestoreBoot, Step, Unmount, VerifyFiles,
};
use crate::volumes::{BOOT_AT, MOUNTS, ROOT, named};
use crate::way_back::WayBack;

/// What the rescue system does in place of copying back, where a recovery of some files alone was
/// cut off: the same, with root mounted.
pub(crate) fn rescue_steps(appliance: &Appliance, from: WayBack, files: &Files) -> Vec<Step> {
    let group = &appliance.binding.group;
    let at = format!("{MOUNTS}/root");
    let mut steps = vec![
        Step::ActivateVolumes(ActivateVolumes { group: group.clone() }),
        Step::Mount(Mount {
            device: Device::Volume(group.clone(), named(ROOT)),
            at: at.clone(),
            kind: MountAs::Ext4,
        }),
    ];
    steps.extend(compared(group, from, &at, files, BOOT_AT));
    steps.push(Step::Unmount(Unmount { at }));
    steps
}

pub(crate) fn compared(
    group: &GroupName,
    way: WayBack,
    root: &str,
    files: &Files,
    boot: &str,
) -> Vec<Step> {
    let (from, to) = (SNAPSHOT.to_owned(), root.to_owned());
    let mut steps = Vec::new();
    // Where it was emptied, nothing starts and nothing goes on with a recovery before it is back.
    if restores_boot(files) {
        let set = format!("{from}/{}", saved::DIRECTORY);
        steps.push(Step::RestoreBoot(RestoreBoot { from: set, to: boot.to_owned() }));
    }
    steps.extend([
        Step::RepairFiles(RepairFiles { from: from.clone(), to: to.clone(), files: files.clone() }),
        Step::VerifyFiles(VerifyFiles { from, to, files: files.clone() }),
    ]);
    opened(group, way, mounted(group, way, steps))
}

/// Root and `/boot` match: they go back together, but where only files of root are asked for.
pub fn restores_boot(files: &Files) -> bool {
    let of_boot = |path: &String| path == "boot" || path.starts_with("boot/");
    files.only.is_empty() || files.only.iter().any(of_boot)
}
