//! The machine of benches in user-mode Linux: an SSD, and an HDD that is modelled.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use super::guest::{Measured, measured};
use zshield_machines::uml::Uml;

const LIMIT: Duration = Duration::from_mins(9);

/// How the HDD takes its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hdd {
    /// 10 ms for each request, any number of them side by side: dm-delay.
    Delay,
    /// One head that has to come to each place: [`zshield_machines::disk_model`].
    Seeks,
}

impl Hdd {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Delay => "delay",
            Self::Seeks => "seeks",
        }
    }
}

/// Two sparse disks of an appliance's size, and the words of a bench.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) directory: PathBuf,
    pub(super) uml: Uml,
}

/// Sizes in GiB: room for a root of 100 GiB, and for two stores of it.
const SSD: u64 = 110;
const HDD: u64 = 466;

impl Machine {
    /// With empty disks.
    pub(super) fn new(directory: &Path, hdd: Hdd) -> Result<Self> {
        let (ssd_image, hdd_image) = (directory.join("ssd.img"), directory.join("hdd.img"));
        for (path, gib) in [(&ssd_image, SSD), (&hdd_image, HDD)] {
            fs::File::create(path)?.set_len(gib << 30)?;
        }
        let this = zshield_machines::binary::this()?.display().to_string();
        let uml = Uml::new(directory)?
            .disk(&ssd_image)
            .rotating_disk(&hdd_image)
            .module("dm-delay")
            .module("nbd")
            .env("HDD", hdd.name())
            .env("XTASK", &this);
        Ok(Self { directory: directory.to_owned(), uml })
    }

    /// A variable for the scripts.
    pub(super) fn env(mut self, name: &str, value: &str) -> Self {
        self.uml = self.uml.env(name, value);
        self
    }

    /// Boots, runs a script, and returns what it measured and all that it said.
    pub(super) fn run(&self, label: &str, script: &str) -> Result<(Vec<Measured>, String)> {
        let said = self.uml.check(label, &[FUNCTIONS, script].join("\n"), LIMIT)?;
        Ok((measured(&said)?, said))
    }

    /// The disks are of no more use.
    pub(super) fn remove_disks(&self) -> Result<()> {
        for disk in ["ssd.img", "hdd.img"] {
            fs::remove_file(self.directory.join(disk))?;
        }
        Ok(())
    }
}

/// `group` makes the volume group while the HDD is still quick, `slow` makes it slow.
const FUNCTIONS: &str = include_str!("../sh/machine.sh");
