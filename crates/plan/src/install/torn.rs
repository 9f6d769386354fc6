//! The physical volumes of an appliance that LVM does not see.

use crate::choice;
use crate::id::DiskName;
use crate::policy::Policy;
use crate::role::Role;
use crate::volumes::PHYSICAL;
use crate::world::{Disk, World};

/// The nodes of the appliance's physical volumes on the disks that an installation would take, where LVM
/// sees no group on these disks. A power cut may have torn a change of the group on all of them. On no
/// other disk is such a change undone, and on none where it is not certain which disks are meant.
pub fn unseen_physical(policy: &Policy, world: &World) -> Vec<String> {
    let Ok(disks) = choice::choose(policy, world) else { return Vec::new() };
    let is_chosen = |name: &DiskName| Role::ALL.iter().any(|role| disks.of(*role).name == *name);
    if world.groups.iter().any(|group| group.disks.iter().any(is_chosen)) {
        return Vec::new();
    }
    let physical = |role: Role| {
        let disk: &Disk = disks.of(role);
        let ours = disk.partitions.iter();
        let ours = ours.filter(move |it| it.label.as_deref() == Some(*PHYSICAL.of(role)));
        ours.map(|it| disk.name.partition(it.number))
    };
    Role::ALL.into_iter().flat_map(physical).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::tests::{group, policy, world};
    use crate::world::Partition;

    fn with_physical() -> World {
        let mut world = world("ssd-64gb");
        for (disk, number, label) in [(0, 5, "zs-ssd"), (1, 1, "zs-hdd")] {
            let label = Some(label.to_owned());
            let size = world.disks[disk].identity.size;
            world.disks[disk].partitions =
                vec![Partition { number, size, id: None, label, content: None }];
        }
        world
    }

    #[test]
    fn a_tear_is_undone_on_the_disks_that_would_be_taken_and_on_no_others() {
        let seen = |world: &World| unseen_physical(&policy(), world);
        let torn = with_physical();
        assert_eq!(seen(&torn), ["/dev/sda5", "/dev/sdb1"]);
        // LVM sees a group: it goes by that.
        let mut whole = torn.clone();
        whole.groups.push(group("vgroup", &["sdb"], &["lv-user"]));
        assert!(seen(&whole).is_empty());
        // One elsewhere is no matter.
        whole.groups[0].disks = vec![DiskName("sdc".into())];
        assert_eq!(seen(&whole).len(), 2);
        // A new SSD beside the old HDD.
        let mut new = torn.clone();
        new.disks[0].partitions.clear();
        assert_eq!(seen(&new), ["/dev/sdb1"]);
        // A second appliance's disk: which of the two is meant, nobody knows.
        let mut two = torn.clone();
        let mut other = two.disks[1].clone();
        other.name = DiskName("sdd".into());
        two.disks.push(other);
        assert!(seen(&two).is_empty());
        // Another's partition on a disk of ours.
        let mut foreign = torn;
        foreign.disks[1].partitions[0].label = Some("data".into());
        assert_eq!(seen(&foreign), ["/dev/sda5"]);
    }
}
