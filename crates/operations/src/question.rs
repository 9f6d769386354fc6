//! The questions of operations. The caller asks them: on a terminal, on a screen, by a switch.

use std::path::PathBuf;

use zshield_alarm::alarm::AlarmId;
use zshield_messages::say;
use zshield_plan::backup;

/// A question before an operation runs. The answer by default is no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether to make a backup although these alarms hold it.
    DespiteAlarms(Vec<AlarmId>),
    /// Whether to install on the disks that were shown.
    Install,
    /// Whether to erase an appliance with all its data.
    EraseAppliance,
    /// Whether to go back when the machine is started next, or at once in the rescue system.
    Recover,
    /// Whether to change the running system as it was shown.
    RecoverLive,
    /// Whether to write an image to this disk.
    WriteImage(PathBuf),
}

/// How a question is answered with yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// By a plain yes, for which a switch may stand.
    Yes,
    /// By a person who types this word. No switch stands for it.
    Typed(&'static str),
}

impl Question {
    /// The question in the current language.
    pub fn text(&self) -> String {
        match self {
            Self::DespiteAlarms(alarms) => say::backup::despite_alarm(alarms.join(", ")),
            Self::Install => say::install::agree(),
            Self::EraseAppliance => say::install::appliance_lost("ERASE"),
            Self::Recover => say::recover::agree(),
            Self::RecoverLive => say::live::agree(),
            Self::WriteImage(disk) => say::image::agree_write(disk.display()),
        }
    }

    /// How it is answered with yes.
    pub const fn answer(&self) -> Answer {
        match self {
            Self::EraseAppliance => Answer::Typed("ERASE"),
            Self::DespiteAlarms(_)
            | Self::Install
            | Self::Recover
            | Self::RecoverLive
            | Self::WriteImage(_) => Answer::Yes,
        }
    }

    /// The text of the refusal where it is answered with no.
    pub(crate) fn declined(&self) -> String {
        match self {
            Self::DespiteAlarms(alarms) => backup::Refusal::Held(alarms.clone()).to_string(),
            Self::Install | Self::EraseAppliance => say::install::not_agreed(),
            Self::Recover | Self::RecoverLive => say::recover::not_agreed(),
            Self::WriteImage(_) => say::medium::declined(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_typed_word_erases_an_appliance() {
        assert_eq!(Question::EraseAppliance.answer(), Answer::Typed("ERASE"));
        assert!(Question::EraseAppliance.text().contains("ERASE"));
        for question in [Question::Install, Question::Recover, Question::RecoverLive] {
            assert_eq!(question.answer(), Answer::Yes);
        }
    }

    #[test]
    fn a_no_to_alarms_leaves_the_backup_held_by_them() {
        let held = Question::DespiteAlarms(vec!["integrity".to_owned()]).declined();
        assert!(held.contains("integrity"), "{held}");
    }
}
