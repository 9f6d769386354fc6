//! What disks and RAID cards say of themselves, by the tools of their makers, where those are
//! installed.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use zshield_host::observe::{raid, smart};
use zshield_messages::say;
use zshield_plan::health::{Array, DiskHealth};

/// What was said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hardware {
    /// By the disks; nothing where they could not be asked.
    pub disks: Option<Vec<DiskHealth>>,
    /// By RAID cards, of their arrays; nothing where there is none that could be asked.
    pub arrays: Option<Vec<Array>>,
    /// The tools that would be needed and are not there.
    pub absent: Vec<Tool>,
}

/// A tool that the system may have or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tool {
    /// For the disks.
    Smartctl,
    /// For the RAID card.
    Storcli,
}

impl Tool {
    /// What is not watched without it.
    pub(crate) fn unwatched(self) -> String {
        match self {
            Self::Smartctl => say::status::no_smartctl(),
            Self::Storcli => say::status::no_storcli(),
        }
    }
}

/// The driver of RAID cards: without it there is no card to ask.
const DRIVER: &str = "/sys/module/megaraid_sas";

/// Asks them all. It takes as long as they take.
pub(crate) fn ask() -> Hardware {
    let mut hardware = Hardware::default();
    match disks() {
        Ok(disks) => hardware.disks = Some(disks),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            hardware.absent.push(Tool::Smartctl);
        }
        Err(error) => tracing::error!("{}: {error}", smart::TOOL),
    }
    if Path::new(DRIVER).exists() {
        match raid::tool() {
            Some(tool) => match raid::arrays(&tool) {
                Ok(arrays) => hardware.arrays = arrays,
                Err(error) => tracing::error!("{tool}: {error}"),
            },
            None => hardware.absent.push(Tool::Storcli),
        }
    }
    hardware
}

fn disks() -> io::Result<Vec<DiskHealth>> {
    let mut found: Vec<DiskHealth> = Vec::new();
    for device in smart::scan()? {
        let health = smart::ask(&device)?;
        // A disk behind a card may be listed twice.
        found.extend(health.filter(|one| found.iter().all(|other| other.disk != one.disk)));
    }
    Ok(found)
}
