//! What an earlier attempt of this boot may have left mounted and active is cleared away before the
//! first step of an operation that has the disks for itself.

use crate::action::{Action, Condition};
use crate::command::Command;
use crate::model::Binding;
use crate::step::close_golden;

/// The actions. Volumes and the payload are taken out of the kernel.
pub fn actions(binding: &Binding) -> Vec<Action> {
    const THERE: Condition = Condition::Found("the group is there");
    let group = binding.group.as_str();
    let deactivate = Command::lvm(&["vgchange", "--activate", "n", group], binding);
    vec![
        close_golden(),
        Action::Effect(format!("undo a change of {group}'s metadata that a power cut tore")),
        Action::Run(Command::lvm_report(&["vgs", "-o", "vg_name"], binding)),
        Action::RunIf(THERE, deactivate.clone()),
        // What is left of an activation that failed may hold what LVM would unmap.
        Action::Effect(format!("unmap what is left of {group} (dmsetup info, dmsetup remove)")),
        Action::RunIf(Condition::Found("LVM could not unmap all of it"), deactivate),
    ]
}
