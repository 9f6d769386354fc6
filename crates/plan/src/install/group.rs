//! The steps that make the appliance's volume group, or make it whole again around what is left.

use super::inputs::Ids;
use crate::layout::{EXTENT, Layout};
use crate::policy::{GroupName, VolumeName};
use crate::role::Role;
use crate::step::{
    ActivateVolumes, CreatePhysicalVolume, CreateVolume, CreateVolumeGroup, ExtendGroup,
    ReduceGroup, RemoveVolume, Step,
};
use crate::volumes::{AUDIT, ROOT, USER, VAULT, named, physical};
use zshield_units::Bytes;

/// What is left of a group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Left {
    /// The disks whose physical volumes belong to it.
    pub members: Vec<Role>,
    /// Whether a physical volume of it is missing, or will be when its steps begin.
    pub partial: bool,
    /// Its volumes that stay.
    pub kept: Vec<VolumeName>,
    /// Its volumes that go.
    pub removed: Vec<VolumeName>,
}

impl Left {
    /// The step that takes what is missing out of the group.
    fn reduced(&self, group: &GroupName) -> ReduceGroup {
        let root = named(ROOT);
        let root = (!self.kept.contains(&root) && !self.removed.contains(&root)).then_some(root);
        ReduceGroup {
            group: group.clone(),
            keeps: self.members.iter().copied().map(physical).collect(),
            loses: self.removed.iter().cloned().chain(root).collect(),
        }
    }
}

/// Makes the group, or completes it; then its volumes are active and all there.
pub(crate) fn steps(
    group: &GroupName,
    layout: &Layout,
    ids: &Ids,
    left: Option<&Left>,
) -> Vec<Step> {
    let roles = || Role::ALL.into_iter().filter(|role| layout.physical.of(*role).is_some());
    let prepare = |role: Role| {
        Step::CreatePhysicalVolume(CreatePhysicalVolume {
            device: physical(role),
            id: *ids.physical.of(role),
        })
    };
    let mut steps = Vec::new();
    match left {
        None => {
            steps.extend(roles().map(prepare));
            steps.push(Step::CreateVolumeGroup(CreateVolumeGroup {
                group: group.clone(),
                devices: roles().map(physical).collect(),
                extent: EXTENT,
            }));
        }
        Some(left) => {
            steps.extend(left.partial.then(|| Step::ReduceGroup(left.reduced(group))));
            for role in roles().filter(|role| !left.members.contains(role)) {
                let device = physical(role);
                steps.extend([
                    prepare(role),
                    Step::ExtendGroup(ExtendGroup { group: group.clone(), device }),
                ]);
            }
            let remove = |volume: &VolumeName| {
                Step::RemoveVolume(RemoveVolume { group: group.clone(), volume: volume.clone() })
            };
            steps.extend(left.removed.iter().map(remove));
        }
    }
    steps.push(Step::ActivateVolumes(ActivateVolumes { group: group.clone() }));
    let kept = |name: &str| left.is_some_and(|left| left.kept.contains(&named(name)));
    let mut wanted: Vec<(&str, Bytes, Role)> = vec![
        (ROOT, layout.root, layout.root_on),
        (USER, layout.user, Role::Hdd),
        (AUDIT, layout.audit, Role::Hdd),
    ];
    wanted.extend(layout.vault.map(|size| (VAULT, size, Role::Hdd)));
    steps.extend(wanted.into_iter().filter(|(name, ..)| !kept(name)).map(|(name, size, role)| {
        Step::CreateVolume(CreateVolume {
            group: group.clone(),
            volume: named(name),
            size,
            on: physical(role),
        })
    }));
    steps
}
