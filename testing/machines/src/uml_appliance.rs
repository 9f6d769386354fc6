//! A small appliance in user-mode Linux, installed once, and the words by which its scripts speak.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::artifacts::Artifacts;
use crate::cache::{self, Key};
use crate::payload::minimal;
use crate::tool::{capture, tool};
use crate::uml::Uml;

const LIMIT: Duration = Duration::from_mins(20);

/// Of which payload an appliance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// The demo's: a whole Debian.
    Demo,
    /// The same with all of this host's `/usr` in it.
    Large,
    /// A whole Debian with its packages as they were released last.
    Released,
    /// The smallest that there can be, for what is done to an appliance many times over.
    Smallest,
}

impl Payload {
    /// The stick with it.
    pub fn stick(self, artifacts: &Artifacts) -> Result<PathBuf> {
        match self {
            Self::Demo => artifacts.small_stick(),
            Self::Large => artifacts.large_stick(),
            Self::Released => artifacts.uml_released_stick(),
            Self::Smallest => artifacts.smallest_stick(),
        }
    }

    /// Whether the power is cut at this fail point. CI has the smallest payload and little time: what
    /// is before a step is what is after the one before it.
    pub fn is_cut_at(self, point: &str) -> bool {
        self != Self::Smallest || !point.ends_with(":before")
    }

    /// Where its disks are kept.
    fn directory(self) -> &'static str {
        match self {
            Self::Demo => "appliance-uml",
            Self::Large => "appliance-large",
            Self::Released => "appliance-released",
            Self::Smallest => "appliance-smallest",
        }
    }

    /// The sizes of SSD and HDD, in bytes.
    fn sizes(self) -> [u64; 2] {
        match self {
            Self::Demo | Self::Released => [5 << 30, 12 << 30],
            Self::Large => [27 << 30, 60 << 30],
            Self::Smallest => minimal::DISKS,
        }
    }
}

/// An installed appliance, whose disks are this scenario's own.
#[derive(Debug, Clone)]
pub struct UmlAppliance {
    /// The machine: SSD, HDD, and the stick, which can't be written.
    pub machine: Uml,
    directory: PathBuf,
    has_golden: bool,
}

/// What all scripts can call.
pub const FUNCTIONS: &str =
    concat!(include_str!("../sh/compare.sh"), "\n", include_str!("../sh/appliance.sh"));
/// The slot of the Golden Image is mounted before each script.
const GOLDEN: &str = include_str!("../sh/golden.sh");
/// Comparison of whole systems, for scripts of other machines too.
pub const COMPARE: &str = include_str!("../sh/compare.sh");
/// The next version of the smallest payload: its changes, and whether a system is it. `NEXT` is the device of its stick.
pub const NEXT: &str = include_str!("../sh/next.sh");
/// The slots of the Golden partition after an upgrade. `SSD`, `STICK` and `NEXT` are the devices.
pub const SLOTS: &str = include_str!("../sh/slots.sh");
/// Installs, or prints the plan where `MODE` is `plan`. `ZSHIELD` is the program, `KEYS` the
/// directory of the public keys.
pub const INSTALL: &str = include_str!("../sh/install.sh");

impl UmlAppliance {
    /// Installs one, unless this image was installed before, and copies its disks.
    pub fn installed(directory: &Path, artifacts: &Artifacts, payload: Payload) -> Result<Self> {
        let stick = payload.stick(artifacts)?;
        let keys = stick.parent().context("the stick is in no directory")?.to_owned();
        let base = base(artifacts, payload, &stick, &keys)?;
        for disk in ["ssd.img", "hdd.img"] {
            let mut copy = tool("cp", ["--sparse=always", "--reflink=auto"]);
            capture(copy.arg(base.join(disk)).arg(directory.join(disk)))?;
        }
        let machine = machine(directory, directory, &stick)?
            .env("ZSHIELD", &artifacts.with_fail_points()?.display().to_string())
            .env("SHARED", &directory.display().to_string())
            .env("KEYS", &keys.display().to_string())
            .env("POINT", "");
        Ok(Self { machine, directory: directory.to_owned(), has_golden: true })
    }

    /// The directory that is the same inside and outside: `SHARED` in scripts.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Sets a variable for the scripts.
    #[must_use]
    pub fn env(self, name: &str, value: &str) -> Self {
        Self { machine: self.machine.env(name, value), ..self }
    }

    /// The same appliance with one more disk, which can't be written: `/dev/ubdd`.
    #[must_use]
    pub fn with_shared_disk(self, image: &Path) -> Self {
        Self { machine: self.machine.shared_disk(image), ..self }
    }

    /// The same appliance, whose scripts find no Golden Image mounted: there may be none.
    #[must_use]
    pub fn without_golden(self) -> Self {
        Self { has_golden: false, ..self }
    }

    /// Boots and runs scripts one after another in one shell, which have to succeed: behind the
    /// functions that all can call, and with the Golden Image mounted. Returns what they said.
    pub fn run(&self, label: &str, scripts: &[&str], limit: Duration) -> Result<String> {
        self.machine.check(label, &self.script(scripts), limit)
    }

    /// The same until the power fails at the fail point `point`, which has to be come to.
    pub fn cut(&self, scripts: &[&str], point: &str, limit: Duration) -> Result<()> {
        let machine = self.machine.clone().env("POINT", point);
        let label = format!("cut-{}", point.replace(':', "-"));
        machine.cut(&label, &self.script(scripts), point, limit)
    }

    fn script(&self, scripts: &[&str]) -> String {
        let golden = if self.has_golden { GOLDEN } else { "" };
        [&[FUNCTIONS, golden], scripts].concat().join("\n")
    }

    /// Checks that GRUB would go on with a recovery.
    pub fn is_armed(&self, target: &str) -> Result<()> {
        let script = "mkdir -p /run/boot && mount -o ro /dev/ubda3 /run/boot
            grep \"^zshield_recover=$TARGET$\" /run/boot/zshield/grubenv";
        self.machine.clone().env("TARGET", target).check("armed", script, LIMIT).map(drop)
    }

    /// The disks of a scenario that has passed are of no more use.
    pub fn remove_disks(&self) -> Result<()> {
        for disk in ["ssd.img", "hdd.img"] {
            fs::remove_file(self.directory.join(disk))?;
        }
        Ok(())
    }
}

fn machine(directory: &Path, disks: &Path, stick: &Path) -> Result<Uml> {
    Ok(Uml::new(directory)?
        .disk(&disks.join("ssd.img"))
        .rotating_disk(&disks.join("hdd.img"))
        .shared_disk(stick))
}

/// Makes SSD and HDD for an installation in a directory.
pub fn empty_disks(directory: &Path, payload: Payload) -> Result<()> {
    empty_ssd(directory, payload)?;
    let [_, size] = payload.sizes();
    Ok(fs::File::create(directory.join("hdd.img"))?.set_len(size)?)
}

/// Makes the SSD alone, in place of the one that is there.
pub fn empty_ssd(directory: &Path, payload: Payload) -> Result<()> {
    let [size, _] = payload.sizes();
    Ok(fs::File::create(directory.join("ssd.img"))?.set_len(size)?)
}

/// The directory with the disks as they are after the installation.
fn base(artifacts: &Artifacts, payload: Payload, stick: &Path, keys: &Path) -> Result<PathBuf> {
    let directory = artifacts.work().directory(payload.directory())?;
    let zshield = artifacts.binary()?;
    let key = Key::default().file(stick)?;
    cache::made(directory.join("installed"), &key, |partial| {
        if partial.exists() {
            fs::remove_dir_all(partial).context("cannot remove an unfinished appliance")?;
        }
        fs::create_dir_all(partial)?;
        empty_disks(partial, payload)?;
        let machine = machine(partial, partial, stick)?
            .env("ZSHIELD", &zshield.display().to_string())
            .env("KEYS", &keys.display().to_string())
            .env("MODE", "install");
        machine.check("install", INSTALL, LIMIT).map(drop)
    })
}
