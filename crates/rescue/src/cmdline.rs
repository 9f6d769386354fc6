//! The kernel command line, as far as it is meant for the rescue system.
//!
//! Whoever stands at the console may have typed it: nothing in it is trusted, an unknown word or
//! value becomes a warning on the screen, and where words contradict each other the one that can
//! destroy less wins.

use std::fmt;

use zshield_messages::{Language, say};
use zshield_net::uplink::{Fixed, Wish};
use zshield_plan::id::{GenerationId, Slot, Uuid};
use zshield_plan::model::Target;

/// How an installation starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstallMode {
    /// With a key.
    Menu,
    /// By itself, but only onto disks that hold no appliance.
    Auto,
}

/// What the recovery dialog begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryMode {
    /// The choice of the ways back.
    Menu,
    /// The factory state is proposed.
    Factory,
    /// The latest backup is proposed.
    Latest,
    /// A generation of the vault is proposed.
    Vault(GenerationId),
}

impl RecoveryMode {
    /// The one that proposes this.
    const fn of(target: Target) -> Self {
        match target {
            Target::Factory => Self::Factory,
            Target::Latest => Self::Latest,
            Target::Vault(generation) => Self::Vault(generation),
        }
    }
}

/// What is odd about the command line; shown on every screen, never acted upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// A word that begins with `zshield_` and means nothing.
    UnknownWord(String),
    /// A word whose value means nothing.
    UnknownValue(String),
    /// A word that stands there twice with different values.
    Contradiction(&'static str),
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&match self {
            Self::UnknownWord(word) => say::rescue::cmdline_unknown_word(word),
            Self::UnknownValue(word) => say::rescue::cmdline_unknown_value(word),
            Self::Contradiction(word) => say::rescue::cmdline_contradiction(*word),
        })
    }
}

/// The kernel command line as a type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandLine {
    /// `zshield_install=`: booted from the stick to install.
    pub install: Option<InstallMode>,
    /// `zshield_recovery=`: booted from the SSD to recover.
    pub recovery: Option<RecoveryMode>,
    /// `zshield_lang=`.
    pub language: Option<Language>,
    /// `zshield_shell=1`: a shell is asked for; whether it is given says the image.
    pub shell: bool,
    /// `zshield_quiet`: no progress lines on the serial console but those for scripts.
    pub quiet: bool,
    /// `zshield_medium=`: the partition that holds the slot.
    pub medium: Option<Uuid>,
    /// `zshield_slot=`.
    pub slot: Slot,
    /// `zshield_network=dhcp`, or `zshield_network=192.168.1.20/24,192.168.1.1,192.168.1.1`: address, router, and who
    /// knows names; of these last, either may be empty.
    pub network: Option<Wish>,
    /// The devices of `console=`, without their options and in their order: `tty0`, `ttyS0`.
    pub consoles: Vec<String>,
    /// Parameters of modules (`usb_storage.delay_use=0`): module with underscores, and `name=value`.
    pub module_parameters: Vec<(String, String)>,
    /// What is odd.
    pub warnings: Vec<Warning>,
}

impl CommandLine {
    /// Reads a command line as `/proc/cmdline` has it.
    pub fn parse(line: &str) -> Self {
        let mut read = Self::default();
        for word in words(line) {
            read.take(&word);
        }
        read
    }

    fn take(&mut self, word: &str) {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match name {
            "zshield_install" => {
                let mode = match value {
                    "menu" => Some(InstallMode::Menu),
                    "auto" => Some(InstallMode::Auto),
                    _ => None,
                };
                self.install =
                    self.chosen("zshield_install", word, self.install, mode, InstallMode::Menu);
            }
            "zshield_recovery" => {
                let mode = match value {
                    "menu" => Some(RecoveryMode::Menu),
                    "default" => Some(RecoveryMode::Factory),
                    _ => Target::parse(value).map(RecoveryMode::of),
                };
                self.recovery =
                    self.chosen("zshield_recovery", word, self.recovery, mode, RecoveryMode::Menu);
            }
            "zshield_lang" => match Language::from_tag(value) {
                Some(language) => self.language = Some(language),
                None => self.warnings.push(Warning::UnknownValue(word.to_owned())),
            },
            "zshield_shell" => match value {
                "1" => self.shell = true,
                "0" => self.shell = false,
                _ => self.warnings.push(Warning::UnknownValue(word.to_owned())),
            },
            "zshield_quiet" => self.quiet = true,
            "zshield_medium" => match Uuid::parse(value) {
                Some(medium) => self.medium = Some(medium),
                None => self.warnings.push(Warning::UnknownValue(word.to_owned())),
            },
            "zshield_slot" => match value {
                "a" => self.slot = Slot::A,
                "b" => self.slot = Slot::B,
                _ => self.warnings.push(Warning::UnknownValue(word.to_owned())),
            },
            "zshield_network" => match network(value) {
                Some(wish) => self.network = Some(wish),
                None => self.warnings.push(Warning::UnknownValue(word.to_owned())),
            },
            "console" => self.console(value),
            _ if name.starts_with("zshield") => {
                self.warnings.push(Warning::UnknownWord(word.to_owned()));
            }
            _ => self.module_parameter(word),
        }
    }

    /// The mode after one more word for it: a value that means nothing asks for `safe` (the person
    /// wanted something of the kind), and so do two that differ.
    fn chosen<M: Copy + PartialEq>(
        &mut self,
        name: &'static str,
        word: &str,
        before: Option<M>,
        now: Option<M>,
        safe: M,
    ) -> Option<M> {
        match (before, now) {
            (_, None) => {
                self.warnings.push(Warning::UnknownValue(word.to_owned()));
                Some(safe)
            }
            (Some(before), Some(now)) if before != now => {
                self.warnings.push(Warning::Contradiction(name));
                Some(safe)
            }
            (_, now) => now,
        }
    }

    fn console(&mut self, value: &str) {
        let device = value.split(',').next().unwrap_or_default();
        let plain = !device.is_empty() && device.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if plain && !self.consoles.iter().any(|known| known == device) {
            self.consoles.push(device.to_owned());
        }
    }

    fn module_parameter(&mut self, word: &str) {
        let Some((module, parameter)) = word.split_once('.') else { return };
        let name = !module.is_empty()
            && module
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if name && !parameter.is_empty() && !parameter.contains('\0') {
            self.module_parameters.push((module.replace('-', "_"), parameter.to_owned()));
        }
    }
}

fn network(value: &str) -> Option<Wish> {
    if value == "dhcp" {
        return Some(Wish::Dhcp);
    }
    let mut parts = value.splitn(3, ',');
    let mut part = || parts.next().unwrap_or_default();
    let fixed = Fixed::parse(part(), part(), part()).ok()?;
    Some(Wish::Fixed { fixed, link: None })
}

/// The words of a command line; double quotes hold spaces together, as they do for the kernel.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            _ if character.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            _ => word.push(character),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GUID: &str = "2F3E1C4A-0b1c-4d5e-8f90-a1b2c3d4e5f6";

    #[test]
    fn the_line_of_the_stick_is_read() {
        let read = CommandLine::parse(&format!(
            "BOOT_IMAGE=/a/vmlinuz quiet zshield_medium={GUID} zshield_slot=b zshield_install=menu \
             zshield_lang=zh usb-storage.delay_use=0 console=tty0 console=ttyS0,115200 dyndbg=\"a b\"\n"
        ));
        assert_eq!(read.medium.map(|medium| medium.to_string()), Some(GUID.to_ascii_lowercase()));
        assert_eq!(read.slot, Slot::B);
        assert_eq!(read.install, Some(InstallMode::Menu));
        assert_eq!(read.language, Some(Language::Chinese));
        assert_eq!(read.consoles, ["tty0", "ttyS0"]);
        assert_eq!(read.module_parameters, [("usb_storage".into(), "delay_use=0".into())]);
        assert!(read.warnings.is_empty() && !read.shell && read.recovery.is_none());
    }

    #[test]
    fn a_network_is_lent_or_given() {
        let network = |value: &str| CommandLine::parse(&format!("zshield_network={value}")).network;
        assert_eq!(network("dhcp"), Some(Wish::Dhcp));
        let given = |address, router, names| {
            let fixed = Fixed::parse(address, router, names).unwrap();
            Some(Wish::Fixed { fixed, link: None })
        };
        let whole = network("192.168.1.20/24,192.168.1.1,192.168.1.1,192.168.1.2");
        assert_eq!(whole, given("192.168.1.20/24", "192.168.1.1", "192.168.1.1 192.168.1.2"));
        assert_eq!(network("192.168.1.20/24"), given("192.168.1.20/24", "", ""));
        for wrong in ["", "yes", "192.168.1.20", "192.168.1.20/24,10.0.0.1"] {
            let read = CommandLine::parse(&format!("zshield_network={wrong}"));
            assert!(read.network.is_none() && read.warnings.len() == 1, "{wrong}");
        }
    }

    #[test]
    fn a_guid_from_a_partition_table_has_its_first_groups_swapped() {
        let bytes = [
            0x4a, 0x1c, 0x3e, 0x2f, 0x1c, 0x0b, 0x5e, 0x4d, 0x8f, 0x90, 0xa1, 0xb2, 0xc3, 0xd4,
            0xe5, 0xf6,
        ];
        assert_eq!(Some(Uuid::from_gpt(bytes)), Uuid::parse(GUID));
    }

    #[test]
    fn what_means_nothing_is_a_warning_and_falls_to_the_menu() {
        let read = CommandLine::parse(
            "zshield_install=automatic zshield_recovery=all zshield_erase=1 zshield_shell=yes",
        );
        assert_eq!(read.install, Some(InstallMode::Menu));
        assert_eq!(read.recovery, Some(RecoveryMode::Menu));
        assert!(!read.shell);
        assert_eq!(read.warnings.len(), 4);
    }

    #[test]
    fn of_two_modes_the_harmless_one_wins_in_either_order() {
        for line in [
            "zshield_install=auto zshield_install=menu",
            "zshield_install=menu zshield_install=auto",
        ] {
            let read = CommandLine::parse(line);
            assert_eq!(read.install, Some(InstallMode::Menu), "{line}");
            assert_eq!(read.warnings, [Warning::Contradiction("zshield_install")]);
        }
        let same = CommandLine::parse("zshield_install=auto zshield_install=auto");
        assert_eq!((same.install, same.warnings.len()), (Some(InstallMode::Auto), 0));
    }

    proptest! {
        #[test]
        fn no_line_panics(line in "\\PC*") {
            CommandLine::parse(&line);
        }

        #[test]
        fn only_the_exact_word_installs_by_itself(line in "(zshield_install=[a-z]{0,6}|quiet| |\")*") {
            let read = CommandLine::parse(&line);
            if read.install == Some(InstallMode::Auto) {
                prop_assert!(words(&line).iter().any(|word| word == "zshield_install=auto"));
                prop_assert!(words(&line).iter().all(|word| !word.starts_with("zshield_install=") || word == "zshield_install=auto"));
            }
        }

        #[test]
        fn a_guid_has_one_spelling(bytes in any::<[u8; 16]>()) {
            let guid = Uuid::from_gpt(bytes);
            prop_assert_eq!(Uuid::parse(&guid.to_string().to_ascii_uppercase()), Some(guid));
        }
    }
}
