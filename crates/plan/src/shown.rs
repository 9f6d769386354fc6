//! Plans as a person reads them: each step with its actions.

use crate::action::Action;
use crate::clear;
use crate::model::Binding;
use crate::plan::Plan;
use crate::step::Step;

impl Step {
    /// The lines that say what the step does: its commands, and after `#` what the program does
    /// itself and on what a command depends.
    pub fn lines(&self, binding: &Binding) -> Vec<String> {
        lines(&self.actions(binding))
    }
}

fn lines(actions: &[Action]) -> Vec<String> {
    let texts = actions.iter().map(ToString::to_string);
    texts.flat_map(|text| text.split('\n').map(str::to_owned).collect::<Vec<_>>()).collect()
}

impl Plan {
    /// The whole plan as a person reads it: each step with what it runs.
    pub fn shown(&self, binding: &Binding) -> String {
        // Beside other operations the running system goes on; or the rescue system has looked before
        // it plans.
        let before = if self.operation.makes_appliance() {
            section(" 0 clear", &clear::actions(binding))
        } else {
            String::new()
        };
        let step = |(number, step): (usize, &Step)| {
            section(&format!("{number:2} {}", step.name()), &step.actions(binding))
        };
        before + &(1..).zip(&self.steps).map(step).collect::<String>()
    }
}

fn section(head: &str, actions: &[Action]) -> String {
    let lines = lines(actions).into_iter().map(|line| format!("     {line}\n"));
    std::iter::once(format!("{head}\n")).chain(lines).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::DiskName;
    use crate::policy::GroupName;
    use crate::role::ByRole;
    use crate::step::{ForgetOnly, RenameVolume, UpdateMetadata};
    use crate::volumes::named;

    fn lines(step: impl Into<Step>) -> Vec<String> {
        let disks = ByRole { ssd: DiskName("sda".into()), hdd: DiskName("sdb".into()) };
        let group = GroupName::new("vgroup").unwrap();
        step.into().lines(&Binding { disks, group })
    }

    #[test]
    fn both_copies_of_a_note_are_named() {
        let removed = lines(ForgetOnly { at: "/boot/zshield".into() });
        assert_eq!(removed, ["rm -f /boot/zshield/only.a /boot/zshield/only.b"]);
    }

    #[test]
    fn what_a_command_depends_on_stands_before_it() {
        let group = GroupName::new("vgroup").unwrap();
        let shown = lines(RenameVolume {
            group: group.clone(),
            from: named("snap1"),
            to: named("snap1-old"),
        });
        assert!(shown[0].starts_with("lvm lvs -o lv_name vgroup "), "{shown:?}");
        assert_eq!(shown[1], "# if it reports snap1:");
        assert!(shown[2].starts_with("lvm lvrename vgroup snap1 snap1-old"), "{shown:?}");
        let twice = lines(UpdateMetadata { group });
        assert!(twice.len() == 2 && twice[0] == twice[1], "{twice:?}");
    }
}
