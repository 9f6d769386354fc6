//! Whether the disks are still those that somebody agreed to erase.

use zshield_messages::say;

use crate::id::{DiskName, Identity};
use crate::journal::Journal;
use crate::model::Binding;
use crate::plan::Plan;
use crate::role::Role;
use crate::world::{Disk, Partition, World};

/// These disks are not what they were when they were shown; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", say::plan::disks_changed(.0.iter().map(DiskName::device).collect::<Vec<_>>().join(", ")))]
pub struct Changed(pub Vec<DiskName>);

/// Looks at the plan's disks again. The time between the question and its answer is long enough to
/// plug a disk in, and for a desktop to mount one.
pub fn unchanged(
    plan: &Plan,
    binding: &Binding,
    shown: &World,
    now: &World,
) -> Result<(), Changed> {
    let there = |world: &World, name: &DiskName| {
        world.disks.iter().find(|disk| disk.name == *name).map(Seen::of)
    };
    let bound = now.bind(plan);
    let same = |role: Role| {
        let name = binding.disks.of(role);
        let is_bound = bound.as_ref().is_some_and(|bound| bound.disks.of(role) == name);
        is_bound && there(shown, name) == there(now, name)
    };
    let mut changed: Vec<DiskName> = Role::ALL
        .into_iter()
        .filter(|role| !same(*role))
        .map(|role| binding.disks.of(role).clone())
        .collect();
    if shown.groups != now.groups {
        changed = Role::ALL.map(|role| binding.disks.of(role).clone()).to_vec();
    }
    if changed.is_empty() { Ok(()) } else { Err(Changed(changed)) }
}

/// What somebody agreed to erase. How the disk is attached, and whether it turns, chose it: the kernel
/// of user-mode Linux forgets such a word of its administrator's with the first look at the disk.
#[derive(PartialEq)]
struct Seen {
    identity: Identity,
    partitions: Vec<Partition>,
    content: Option<String>,
    in_use: Vec<String>,
    read_only: bool,
    unreadable: Option<String>,
    journal: Option<Box<Journal>>,
}

impl Seen {
    fn of(disk: &Disk) -> Self {
        let Disk { identity, partitions, content, in_use, unreadable, journal, .. } = disk.clone();
        let read_only = disk.read_only;
        Self { identity, partitions, content, in_use, read_only, unreadable, journal }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::tests::{ready, world};

    type Change = fn(&mut World);

    #[test]
    fn a_disk_that_is_another_or_in_use_by_now_is_not_the_one_agreed_to() {
        let shown = world("ssd-480gb");
        let (plan, binding) = ready(&shown);
        assert_eq!(unchanged(&plan, &binding, &shown, &shown), Ok(()));
        let changes: [(&str, Change); 6] = [
            ("sdb", |now| now.disks[1].identity.serial = "ANOTHER".into()),
            ("sdb", |now| drop(now.disks.remove(1))),
            ("sdb", |now| now.disks[1].in_use = vec!["/mnt".into()]),
            ("sdb", |now| now.disks[1].partitions.clear()),
            ("sda", |now| now.disks[0].name = DiskName("sdx".into())),
            ("sda", |now| {
                now.disks
                    .extend(vec![Disk { name: DiskName("sdy".into()), ..now.disks[0].clone() }]);
            }),
        ];
        for (name, change) in changes {
            let mut now = shown.clone();
            change(&mut now);
            let Changed(disks) = unchanged(&plan, &binding, &shown, &now).unwrap_err();
            assert!(disks.contains(&DiskName(name.into())), "{disks:?}");
        }
        // A stick that is plugged in meanwhile is nobody's business.
        let mut now = shown.clone();
        now.disks.push(Disk { name: DiskName("sdz".into()), ..now.disks[2].clone() });
        assert_eq!(unchanged(&plan, &binding, &shown, &now), Ok(()));
    }
}
