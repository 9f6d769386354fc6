//! The steps that make files of a system those of another state: in the running system, and in the
//! rescue system.

use crate::appliance::Appliance;
use crate::model::{Device, Files};
use crate::opened::{SNAPSHOT, files_mounted};
use crate::own::PartitionIds;
use crate::policy::GroupName;
use crate::saved;
use crate::step::{
    ActivateVolumes, AdoptPartitions, CheckGeneration, Mount, MountAs, RepairFiles, RestoreBoot,
    Step, Unmount, VerifyFiles,
};
use crate::volumes::{BOOT_AT, MOUNTS, ROOT, named};
use crate::way_back::FileSource;

/// A system whose files are put right.
pub(crate) struct Repaired<'a> {
    /// The group that it lies in.
    pub group: &'a GroupName,
    /// Where its root is.
    pub root: &'a str,
    /// Where its `/boot` is.
    pub boot: &'a str,
    /// Its partitions, where they can be told.
    pub partitions: Option<&'a PartitionIds>,
}

/// Root mounted in the rescue system.
fn root_at() -> String {
    format!("{MOUNTS}/root")
}

/// With root mounted in the rescue system, these steps.
fn with_root(appliance: &Appliance, steps: Vec<Step>) -> Vec<Step> {
    let (group, at) = (appliance.binding.group.clone(), root_at());
    let device = Device::Volume(group.clone(), named(ROOT));
    let before = vec![
        Step::ActivateVolumes(ActivateVolumes { group }),
        Step::Mount(Mount { device, at: at.clone(), kind: MountAs::Ext4 }),
    ];
    [before, steps, vec![Step::Unmount(Unmount { at })]].concat()
}

/// What the rescue system does in place of copying back: where a recovery of some files alone was cut off, and
/// where there is no snapshot of the state, but a copy in the vault.
pub(crate) fn rescue_steps(
    appliance: &Appliance,
    from: FileSource,
    files: &Files,
    partitions: Option<&PartitionIds>,
) -> Vec<Step> {
    let group = &appliance.binding.group;
    let repaired = Repaired { group, root: &root_at(), boot: BOOT_AT, partitions };
    with_root(appliance, compared(&repaired, from, files))
}

/// Looks, before a recovery to a generation begins, whether it can end in a system that starts; in the rescue system also
/// whether root can be mounted.
pub(crate) fn rescue_checks(appliance: &Appliance, from: FileSource, files: &Files) -> Vec<Step> {
    with_root(appliance, checks(&appliance.binding.group, from, files))
}

/// The same in the running system.
pub(crate) fn checks(group: &GroupName, from: FileSource, files: &Files) -> Vec<Step> {
    match from {
        FileSource::Generation(_) if restores_boot(files) => {
            let set = format!("{SNAPSHOT}/{}", saved::DIRECTORY);
            let check = vec![Step::CheckGeneration(CheckGeneration { set })];
            files_mounted(group, from, check)
        }
        FileSource::Generation(_) | FileSource::Backup(_) => Vec::new(),
    }
}

pub(crate) fn compared(system: &Repaired<'_>, from: FileSource, files: &Files) -> Vec<Step> {
    let steps = match from {
        FileSource::Backup(_) => of_this_disk(system, files),
        FileSource::Generation(_) => of_any_disk(system, files),
    };
    files_mounted(system.group, from, steps)
}

fn put_right(system: &Repaired<'_>, files: &Files) -> [Step; 2] {
    let (from, to) = (SNAPSHOT.to_owned(), system.root.to_owned());
    let (also_from, also_to, files) = (from.clone(), to.clone(), files.clone());
    [
        Step::RepairFiles(RepairFiles { from, to, files: files.clone() }),
        Step::VerifyFiles(VerifyFiles { from: also_from, to: also_to, files }),
    ]
}

fn boot_from(set: String, system: &Repaired<'_>) -> Step {
    Step::RestoreBoot(RestoreBoot { from: set, to: system.boot.to_owned() })
}

/// A backup is of the partitions that are there.
fn of_this_disk(system: &Repaired<'_>, files: &Files) -> Vec<Step> {
    // Where it was emptied, nothing starts and nothing goes on with a recovery before it is back.
    let set = format!("{SNAPSHOT}/{}", saved::DIRECTORY);
    let boot = restores_boot(files).then(|| boot_from(set, system));
    boot.into_iter().chain(put_right(system, files)).collect()
}

/// A generation may be of an SSD that is gone. Its menu would have GRUB and the rescue system look for that: so its boot set
/// comes into root first, is made one of this machine's partitions, and is put back from there. Where `/boot` was emptied,
/// GRUB's core starts the rescue system meanwhile.
fn of_any_disk(system: &Repaired<'_>, files: &Files) -> Vec<Step> {
    let with_boot = restores_boot(files);
    let mut files = files.clone();
    if with_boot && !files.only.is_empty() {
        files.only.push(saved::DIRECTORY.to_owned());
    }
    let mut steps = Vec::from(put_right(system, &files));
    let root = system.root.to_owned();
    steps.extend(
        system
            .partitions
            .cloned()
            .map(|partitions| Step::AdoptPartitions(AdoptPartitions { root, partitions })),
    );
    let set = format!("{}/{}", system.root.trim_end_matches('/'), saved::DIRECTORY);
    steps.extend(with_boot.then(|| boot_from(set, system)));
    steps
}

/// Root and `/boot` match: they go back together, but where only files of root are asked for.
pub fn restores_boot(files: &Files) -> bool {
    let of_boot = |path: &String| path == "boot" || path.starts_with("boot/");
    files.only.is_empty() || files.only.iter().any(of_boot)
}
