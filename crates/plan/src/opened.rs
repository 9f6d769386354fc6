//! The steps around others that read a state of root: its device is there and mounted for as long as they last.

use crate::policy::GroupName;
use crate::step::{
    CloseFactory, CloseGeneration, Mount, MountAs, OpenFactory, OpenGeneration, Step, Unmount,
};
use crate::way_back::{FileSource, WayBack};

/// Where a state is mounted while it is compared with or looked through.
pub(crate) const SNAPSHOT: &str = "/run/zshield/mnt/snapshot";

/// These steps, for which there is a device of this state.
pub(crate) fn opened(group: &GroupName, from: WayBack, steps: Vec<Step>) -> Vec<Step> {
    let Some(over) = from.over() else { return steps };
    let (group, store) = (group.clone(), from.volume());
    let open = Step::OpenFactory(OpenFactory { group: group.clone(), store, over });
    let close = Step::CloseFactory(CloseFactory { group });
    [vec![open], steps, vec![close]].concat()
}

/// These steps, for which the device is mounted too.
pub(crate) fn mounted(group: &GroupName, from: WayBack, steps: Vec<Step>) -> Vec<Step> {
    let (device, kind) = (from.device(group), MountAs::Ext4Frozen);
    let mount = Step::Mount(Mount { device, at: SNAPSHOT.to_owned(), kind });
    [vec![mount], steps, vec![Step::Unmount(Unmount { at: SNAPSHOT.to_owned() })]].concat()
}

/// These steps, for which the files of this state are mounted.
pub(crate) fn files_mounted(group: &GroupName, from: FileSource, steps: Vec<Step>) -> Vec<Step> {
    match from {
        FileSource::Backup(way) => opened(group, way, mounted(group, way, steps)),
        FileSource::Generation(generation) => {
            let (group, at) = (group.clone(), SNAPSHOT.to_owned());
            let open = Step::OpenGeneration(OpenGeneration { group, generation, at: at.clone() });
            [vec![open], steps, vec![Step::CloseGeneration(CloseGeneration { at })]].concat()
        }
    }
}
