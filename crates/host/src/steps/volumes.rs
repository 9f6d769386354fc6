//! The volume group, its volumes and their filesystems.

use std::collections::BTreeSet;

use zshield_messages::{Said, list};
use zshield_plan::model::Binding;
use zshield_plan::step::{
    ActivateVolumes, CreateFilesystem, CreateSnapshot, CreateVolume, CreateVolumeGroup,
    ExtendGroup, ReduceGroup, RemoveVolume, RenameVolume, UpdateMetadata,
};

use super::Perform;
use super::work::Work;
use crate::hooks;
use crate::observe::Presence;
use crate::step_error::StepError;

impl Perform for CreateVolumeGroup {}
impl Perform for ActivateVolumes {}
impl Perform for CreateVolume {}
impl Perform for CreateFilesystem {}
impl Perform for RemoveVolume {}
impl Perform for RenameVolume {}
impl Perform for ExtendGroup {}

impl Perform for ReduceGroup {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let seen = Presence::read(&work.run()?, &self.group)?.unwrap_or_default();
        if is_something_missing(self, &seen, work.binding())? {
            work.run().map(drop)
        } else {
            work.pass_over()
        }
    }
}

/// Whether the group lacks something, none of which is to stay. What is missing goes for good, be it that
/// LVM does not see it for a moment.
fn is_something_missing(
    step: &ReduceGroup,
    seen: &Presence,
    binding: &Binding,
) -> Result<bool, StepError> {
    let keeps: BTreeSet<String> = step.keeps.iter().map(|device| binding.path(device)).collect();
    if !seen.members.keys().eq(&keeps) {
        let (group, keeps) = (step.group.to_string(), list(keeps));
        return Err(StepError::OtherMembers { group, keeps });
    }
    let stays = |name: &&String| !step.loses.iter().any(|lost| lost.as_str() == **name);
    let lost: Vec<&String> = seen.partial_volumes.iter().filter(stays).collect();
    if lost.is_empty() {
        Ok(seen.partial)
    } else {
        Err(StepError::WouldLose { group: step.group.to_string(), volumes: list(lost) })
    }
}

impl Perform for CreateSnapshot {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let Some(limit) = self.hooks else { return work.run_all() };
        let told = hooks::quiesce(limit, || work.run_all())?;
        // The snapshot is taken: whether it is a backup does not depend on who goes on badly.
        if let Err(error) = told {
            work.observer.warn(&Said::of(|| error.to_string()));
        }
        Ok(())
    }
}

impl Perform for UpdateMetadata {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        /// LVM's `EINVALID_CMD_LINE`.
        const NOT_UNDERSTOOD: i32 = 3;
        for _ in 0..2 {
            match work.run() {
                // LVM before 2.03 has no word for it, and does it by itself with whatever it writes.
                Err(StepError::Command(error)) if error.code() == Some(NOT_UNDERSTOOD) => {}
                other => drop(other?),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use zshield_plan::id::DiskName;
    use zshield_plan::policy::{GroupName, VolumeName};
    use zshield_plan::role::{ByRole, Role};
    use zshield_plan::volumes::physical;

    use super::*;

    fn group() -> GroupName {
        GroupName::new("vgroup").unwrap()
    }

    /// What the step finds by a report of these pieces, where the HDD's are to stay and root may go.
    fn found(missing: &str, pieces: &[(&str, &str, &str)]) -> Result<bool, StepError> {
        let binding = Binding {
            disks: ByRole { ssd: DiskName("sda".into()), hdd: DiskName("sdb".into()) },
            group: group(),
        };
        let step = ReduceGroup {
            group: group(),
            keeps: vec![physical(Role::Hdd)],
            loses: ["lv-root", "snap0"].map(|name| VolumeName::new(name).unwrap()).into(),
        };
        let pieces = pieces.iter().map(|(node, is_missing, volume)| {
            serde_json::json!({"pv_name": node, "pv_uuid": "u", "pv_missing": is_missing, "vg_name": "vgroup",
                               "vg_missing_pv_count": missing, "lv_name": volume})
        });
        let pieces: Vec<_> = pieces.collect();
        let report = serde_json::json!({"report": [{"pvseg": pieces}]}).to_string();
        is_something_missing(
            &step,
            &Presence::read(&report, &group())?.unwrap_or_default(),
            &binding,
        )
    }

    const USER: (&str, &str, &str) = ("/dev/sdb1", "", "lv-user");

    #[test]
    fn what_lay_on_the_missing_disk_goes_and_where_none_is_missing_nothing_is_run() {
        let gone = ("[unknown]", "missing", "lv-root");
        assert!(found("1", &[USER, gone, ("[unknown]", "missing", "")]).unwrap());
        assert!(found("1", &[USER]).unwrap());
        // As the step leaves it, where it is done again.
        assert!(!found("0", &[USER, ("/dev/sdb1", "", "")]).unwrap());
    }

    #[test]
    fn a_group_that_is_another_one_by_now_is_left_alone() {
        let hidden = ("[unknown]", "missing", "lv-user");
        let ssd = ("/dev/sda5", "", "lv-root");
        // It came back, and LVM takes it for missing as long as nobody says otherwise.
        let back = ("/dev/sdb1", "missing", "lv-user");
        let others = [vec![], vec![hidden, ssd], vec![USER, ssd], vec![back, ssd], vec![back]];
        for pieces in others {
            let refused = found("1", &pieces);
            assert!(matches!(refused, Err(StepError::OtherMembers { .. })), "{pieces:?}");
        }
    }

    #[test]
    fn nothing_goes_with_the_missing_disk_that_stays() {
        for name in ["lv-user", "lv-audit", "lv-db", "[lv-db_rimage_0]"] {
            let refused = found("1", &[USER, ("[unknown]", "missing", name)]).unwrap_err();
            let StepError::WouldLose { volumes, .. } = refused else { panic!("{refused}") };
            assert_eq!(volumes, name.trim_matches(['[', ']']));
        }
    }
}
