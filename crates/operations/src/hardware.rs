//! What disks and RAID cards say of themselves, by the tools of their makers, where those are
//! installed.

use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize};
use zshield_host::observe::raid;
use zshield_host::observe::smart::{self, Asked, Device};
use zshield_messages::{Said, say};
use zshield_plan::health::{self, DiskHealth, Raid};

/// What was said.
#[derive(Clone, Debug, Default)]
pub struct Hardware {
    /// By the disks; nothing where they could not be asked.
    pub disks: Option<Vec<DiskHealth>>,
    /// Whether one did not answer of which nothing is known.
    pub silent: bool,
    /// By RAID cards; nothing where there is none that could be asked.
    pub raid: Option<Raid>,
    /// The tools that would be needed and are not there.
    pub absent: Vec<Tool>,
    /// The hardware whose tool is there and did not answer, and why; nothing before it was asked.
    pub unasked: Option<Vec<(health::Hardware, Said)>>,
}

/// A tool that the system may have or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tool {
    /// For the disks.
    Smartctl,
    /// For the RAID card.
    Storcli,
}

impl Tool {
    /// What is not watched without it.
    pub fn unwatched(self) -> String {
        match self {
            Self::Smartctl => say::status::no_smartctl(),
            Self::Storcli => say::status::no_storcli(),
        }
    }
}

impl Hardware {
    /// What came of asking disks and cards.
    fn of(disks: io::Result<(Vec<DiskHealth>, bool)>, raid: raid::Asked) -> Self {
        let mut hardware = Self::default();
        let mut unasked = Vec::new();
        match disks {
            Ok((disks, silent)) => {
                hardware.disks = Some(disks);
                hardware.silent = silent;
            }
            Err(error) if is_absent(&error) => hardware.absent.push(Tool::Smartctl),
            Err(error) => unasked.push((health::Hardware::Disks, Said::of(|| error.to_string()))),
        }
        match raid {
            raid::Asked::NoCard => {}
            raid::Asked::NoTool => hardware.absent.push(Tool::Storcli),
            raid::Asked::Told(told) => {
                hardware.disks = with_failing(hardware.disks, told.failing);
                hardware.raid = Some(Raid { arrays: told.arrays, cards: told.cards });
            }
            raid::Asked::Silent(error) => {
                unasked.push((health::Hardware::Raid, Said::of(|| error.to_string())));
            }
        }
        hardware.unasked = Some(unasked);
        hardware
    }
}

/// What disks say, and what their card says of them. Where the disks could not be asked, the card's word
/// alone clears nothing.
fn with_failing(
    disks: Option<Vec<DiskHealth>>,
    failing: Vec<DiskHealth>,
) -> Option<Vec<DiskHealth>> {
    if disks.is_none() && failing.is_empty() {
        return None;
    }
    let mut all = disks.unwrap_or_default();
    for disk in failing {
        match all.iter_mut().find(|other| other.disk == disk.disk) {
            Some(other) => other.passed = disk.passed,
            None => all.push(disk),
        }
    }
    Some(all)
}

/// Asks them, and remembers what they have said.
#[derive(Debug, Default)]
pub struct Asking {
    /// What each disk has said last, for as long as it is there.
    last: BTreeMap<Device, DiskHealth>,
}

impl Asking {
    /// Asks them all. It takes as long as they take.
    pub fn ask(&mut self) -> Hardware {
        let disks = self.disks();
        Hardware::of(disks, raid::ask())
    }

    fn disks(&mut self) -> io::Result<(Vec<DiskHealth>, bool)> {
        let asked = smart::scan()?.into_iter().map(|device| {
            let asked = smart::ask(&device)?;
            Ok((device, asked))
        });
        Ok(self.heard(asked.collect::<io::Result<_>>()?))
    }

    /// What the disks say, and whether one does not answer of which nothing is known. One that does not
    /// answer any more is as it was: it has not become well by that.
    fn heard(&mut self, asked: Vec<(Device, Asked)>) -> (Vec<DiskHealth>, bool) {
        let mut last = std::mem::take(&mut self.last);
        let mut silent = false;
        let mut found: Vec<DiskHealth> = Vec::new();
        for (device, asked) in asked {
            let health = match asked {
                Asked::Told(health) => health,
                Asked::Mute => continue,
                Asked::Silent => {
                    let Some(before) = last.remove(&device) else {
                        silent = true;
                        continue;
                    };
                    before
                }
            };
            // A disk behind a card may be listed twice.
            if found.iter().all(|other| other.disk != health.disk) {
                found.push(health.clone());
            }
            self.last.insert(device, health);
        }
        (found, silent)
    }
}

/// Whether a tool is not there, or is one that can't be asked.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::Unsupported)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(number: u32) -> Device {
        Device { name: format!("/dev/sd{number}"), kind: "sat".to_owned() }
    }

    fn failing(serial: &str) -> DiskHealth {
        DiskHealth { disk: serial.to_owned(), passed: Some(false), ..DiskHealth::default() }
    }

    #[test]
    fn a_disk_that_does_not_answer_any_more_is_as_it_was_until_it_is_gone() {
        let mut asking = Asking::default();
        let told = |number, serial: &str| (device(number), Asked::Told(failing(serial)));
        let both = asking.heard(vec![told(1, "A"), told(2, "B")]);
        assert_eq!(both, (vec![failing("A"), failing("B")], false));
        for _ in 0..3 {
            let heard = asking.heard(vec![(device(1), Asked::Silent), told(2, "B")]);
            assert_eq!(heard, both);
        }
        assert_eq!(asking.heard(vec![told(2, "B")]), (vec![failing("B")], false));
        // Of one that has never answered nobody knows which one it is.
        let heard = asking.heard(vec![(device(1), Asked::Silent), told(2, "B")]);
        assert_eq!(heard, (vec![failing("B")], true));
        let heard = asking.heard(vec![(device(1), Asked::Mute), told(2, "C"), told(3, "C")]);
        assert_eq!(heard, (vec![failing("C")], false));
    }

    #[test]
    fn hardware_that_does_not_answer_is_told_and_a_card_speaks_for_its_disks() {
        let hung = || io::Error::new(io::ErrorKind::TimedOut, "hung");
        let none = Hardware::of(Err(hung()), raid::Asked::Silent(hung()));
        let of = |hardware: &Hardware| -> Vec<health::Hardware> {
            hardware.unasked.iter().flatten().map(|(which, _)| *which).collect()
        };
        assert_eq!(of(&none), [health::Hardware::Disks, health::Hardware::Raid]);
        assert_eq!((none.disks, none.raid), (None, None));
        let absent = Hardware::of(Err(io::ErrorKind::NotFound.into()), raid::Asked::NoTool);
        assert_eq!(absent.absent, [Tool::Smartctl, Tool::Storcli]);
        assert_eq!(of(&absent), []);
        let told = || raid::Told {
            failing: vec![failing("A"), failing("/c0/e252/s1")],
            ..raid::Told::default()
        };
        let well = DiskHealth { disk: "A".into(), passed: Some(true), ..DiskHealth::default() };
        let both = Hardware::of(Ok((vec![well], false)), raid::Asked::Told(told()));
        assert_eq!(both.disks.unwrap(), told().failing);
        let card = Hardware::of(Err(hung()), raid::Asked::Told(raid::Told::default()));
        assert_eq!((card.disks, card.raid.is_some()), (None, true));
    }

    #[test]
    fn a_tool_that_can_not_be_asked_is_told_as_one_that_is_not_there() {
        for (kind, absent) in [
            (io::ErrorKind::NotFound, true),
            (io::ErrorKind::Unsupported, true),
            (io::ErrorKind::InvalidData, false),
        ] {
            assert_eq!(is_absent(&kind.into()), absent);
        }
    }
}
