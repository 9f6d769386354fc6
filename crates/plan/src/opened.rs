//! The steps around others that read a state of root: its device is there and mounted for as long as they last.

use crate::policy::GroupName;
use crate::step::{CloseFactory, Mount, MountAs, OpenFactory, Step, Unmount};
use crate::way_back::WayBack;

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
