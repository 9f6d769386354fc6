//! What scenarios share: each thing is built once, when the first of them asks for it.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::appliance::Appliance;
use crate::once::Once;
use crate::payload::changes::{self, Changed};
use crate::payload::red_hat;
use crate::payload::{self, Family, Initrd, Packages, Suite};
use crate::qemu::Firmware;
use crate::work::Work;
use crate::{appliance, binary, deb, python, stick};

/// The things built from the workspace.
#[derive(Debug)]
pub struct Artifacts {
    work: Work,
    suite: Suite,
    initrd: Initrd,
    family: Family,
    binary: Once,
    fail_points: Once,
    copy_back: Once,
    vault_volume: Once,
    dispatcher: Once,
    bundle_reader: Once,
    network: Once,
    vault_store: Once,
    moto: Once,
    next_stick: Once,
    later_stick: Once,
    upgrade_golden: Once,
    small_stick: Once,
    large_stick: Once,
    smallest_stick: Once,
    foreign_stick: Once,
    deb: Once,
    base: Once,
    payload: Once,
    stick: Once,
    upgraded_stick: Once,
    released_stick: Once,
    updated_stick: Once,
    trixie_stick: Once,
    unattended: Once,
    for_nvme: Once,
    installed: [Once; 2],
    other: Once,
    red_hat_payload: Once,
    red_hat_stick: Once,
    red_hat: Once,
}

impl Artifacts {
    /// Nothing is built yet.
    pub fn new(work: Work, suite: Suite, initrd: Initrd, family: Family) -> Self {
        Self {
            work,
            suite,
            initrd,
            family,
            binary: Once::default(),
            fail_points: Once::default(),
            copy_back: Once::default(),
            vault_volume: Once::default(),
            dispatcher: Once::default(),
            bundle_reader: Once::default(),
            network: Once::default(),
            vault_store: Once::default(),
            moto: Once::default(),
            next_stick: Once::default(),
            later_stick: Once::default(),
            upgrade_golden: Once::default(),
            small_stick: Once::default(),
            large_stick: Once::default(),
            smallest_stick: Once::default(),
            foreign_stick: Once::default(),
            deb: Once::default(),
            base: Once::default(),
            payload: Once::default(),
            stick: Once::default(),
            upgraded_stick: Once::default(),
            released_stick: Once::default(),
            updated_stick: Once::default(),
            trixie_stick: Once::default(),
            unattended: Once::default(),
            for_nvme: Once::default(),
            installed: Default::default(),
            other: Once::default(),
            red_hat_payload: Once::default(),
            red_hat_stick: Once::default(),
            red_hat: Once::default(),
        }
    }

    /// The workspace.
    pub fn work(&self) -> &Work {
        &self.work
    }

    /// The static `zshield`.
    pub fn binary(&self) -> Result<PathBuf> {
        self.binary.get(|| binary::release(&self.work))
    }

    /// `zshield` with its fail points.
    pub fn with_fail_points(&self) -> Result<PathBuf> {
        self.fail_points.get(|| binary::with_fail_points(&self.work))
    }

    /// The program that copies back on any devices.
    pub fn copy_back(&self) -> Result<PathBuf> {
        self.copy_back.get(|| binary::copy_back(&self.work))
    }

    /// The program that mounts a vault on an HDD alone.
    pub fn vault_volume(&self) -> Result<PathBuf> {
        self.vault_volume.get(|| binary::vault_volume(&self.work))
    }

    /// The program that is an appliance's dispatcher of alarms in a directory.
    pub fn dispatcher(&self) -> Result<PathBuf> {
        self.dispatcher.get(|| binary::dispatcher(&self.work))
    }

    /// The program that is the Golden Image's part of an upgrade.
    pub fn upgrade_golden(&self) -> Result<PathBuf> {
        self.upgrade_golden.get(|| binary::upgrade_golden(&self.work))
    }

    /// The next version of the stick with the smallest payload, of the same vendor.
    pub fn next_stick(&self) -> Result<PathBuf> {
        self.next_stick.get(|| stick::next(&self.work, &self.binary()?, &self.smallest_stick()?))
    }

    /// The version after that one, signed with another key, which is all that its rescue system trusts.
    pub fn later_stick(&self) -> Result<PathBuf> {
        self.later_stick.get(|| stick::later(&self.work, &self.binary()?))
    }

    /// The program that makes a bundle and reads it from a web server.
    pub fn bundle_reader(&self) -> Result<PathBuf> {
        self.bundle_reader.get(|| binary::bundle_reader(&self.work))
    }

    /// The program that comes into a network as the rescue system does.
    pub fn network(&self) -> Result<PathBuf> {
        self.network.get(|| binary::network(&self.work))
    }

    /// The program that reads, writes and mirrors the vault's objects.
    pub fn vault_store(&self) -> Result<PathBuf> {
        self.vault_store.get(|| binary::vault_store(&self.work))
    }

    /// The directory of an S3 server in Python, with all that it needs.
    pub fn moto(&self) -> Result<PathBuf> {
        self.moto.get(|| python::moto(&self.work))
    }

    /// A stick for the small disks of user-mode Linux: its image and its directory, where the keys are.
    pub fn small_stick(&self) -> Result<PathBuf> {
        self.small_stick.get(|| {
            let (binary, payload) = (self.binary()?, self.payload()?);
            stick::for_uml(&self.work, "stick-uml", &binary, &payload, None)
        })
    }

    /// A stick with this host's `/usr` beside the demo's payload, for what depends on how much there
    /// is.
    pub fn large_stick(&self) -> Result<PathBuf> {
        self.large_stick.get(|| {
            let payload = payload::large(&self.work, &self.payload()?)?;
            let extent = stick::Extent { root: "10GiB", between: "30GB" };
            let policy = stick::uml_policy(&payload, extent);
            stick::from_policy(&self.work, "stick-large", &policy, &self.binary()?, &payload)
        })
    }

    /// A stick for power cuts, each of which is followed by a whole operation: with the smallest
    /// payload that there can be.
    pub fn smallest_stick(&self) -> Result<PathBuf> {
        self.smallest_stick.get(|| stick::smallest(&self.work, &self.binary()?))
    }

    /// A stick of another vendor, with the same payload and a key of its own.
    pub fn foreign_stick(&self) -> Result<PathBuf> {
        self.foreign_stick.get(|| stick::foreign(&self.work, &self.binary()?))
    }

    /// zshield's Debian package.
    pub fn deb(&self) -> Result<PathBuf> {
        self.deb.get(|| deb::build(&self.work, &self.binary()?))
    }

    /// The demo payload, as a tar.
    pub fn payload(&self) -> Result<PathBuf> {
        self.payload.get(|| match self.family {
            Family::Debian => {
                let base = self.payload_base()?;
                payload::build(&self.work, &base, &self.deb()?)
            }
            Family::El => self.red_hat_payload(),
        })
    }

    /// The demo payload without zshield, which takes longest to make.
    pub fn payload_base(&self) -> Result<PathBuf> {
        let made = || payload::base(&self.work, self.suite, self.initrd, Packages::Updated);
        self.base.get(made)
    }

    /// The demo payload laid out as of the Red Hat family, without zshield.
    pub fn red_hat_base(&self) -> Result<red_hat::Base> {
        red_hat::Base::make(&self.work, self.suite, &self.payload_base()?)
    }

    /// The same with zshield, as a tar.
    pub fn red_hat_payload(&self) -> Result<PathBuf> {
        let made = || self.red_hat_base()?.with_package(&self.work, self.suite, &self.deb()?);
        self.red_hat_payload.get(made)
    }

    /// The image of a stick with it.
    pub fn red_hat_stick(&self) -> Result<PathBuf> {
        let made = || stick::red_hat(&self.work, &self.binary()?, &self.red_hat_payload()?);
        self.red_hat_stick.get(made)
    }

    /// An appliance that was installed from it.
    pub fn red_hat_appliance(&self, directory: &Path) -> Result<Appliance> {
        let firmware = Firmware::Bios;
        let made = || {
            let installed = self.work.directory("appliance-red-hat")?;
            appliance::install_once(installed, firmware, &self.red_hat_stick()?)
        };
        Appliance::over(directory, firmware, &self.red_hat.get(made)?)
    }

    /// The image of the installation stick, signed with a key made for this workspace.
    pub fn stick(&self) -> Result<PathBuf> {
        self.stick.get(|| stick::build(&self.work, &self.binary()?, &self.payload()?))
    }

    /// The next version of that stick: the same packages, and other things of the vendor's own.
    pub fn upgraded_stick(&self) -> Result<PathBuf> {
        self.upgraded_stick.get(|| {
            let payload = payload::next(&self.work, &self.payload_base()?, &self.deb()?)?;
            let (binary, before) = (self.binary()?, self.stick()?);
            let units = "[\"gateway.service\"]";
            stick::next_of(&self.work, "stick-upgraded", &binary, &payload, &before, units)
        })
    }

    /// A stick with Debian's packages as they were released last.
    pub fn released_stick(&self) -> Result<PathBuf> {
        self.released_stick.get(|| {
            let payload = self.debian(Suite::Bookworm, Packages::Released)?;
            stick::of_payload(&self.work, "stick-released", &self.binary()?, &payload)
        })
    }

    /// The next version of that one: with all updates since, another kernel among them.
    pub fn updated_stick(&self) -> Result<PathBuf> {
        self.updated_stick.get(|| self.after_released("stick-updated", Suite::Bookworm))
    }

    /// Another next version of it: Debian's next release.
    pub fn trixie_stick(&self) -> Result<PathBuf> {
        self.trixie_stick.get(|| self.after_released("stick-trixie", Suite::Trixie))
    }

    /// An appliance that was installed from the stick with packages as they were released.
    pub fn released_appliance(&self, directory: &Path, firmware: Firmware) -> Result<Appliance> {
        let name = match firmware {
            Firmware::Bios => "appliance-released-bios",
            Firmware::Uefi => "appliance-released-uefi",
        };
        let installed = self.work.directory(name)?;
        let made = appliance::install_once(installed, firmware, &self.released_stick()?)?;
        Appliance::over(directory, firmware, &made)
    }

    fn after_released(&self, name: &str, suite: Suite) -> Result<PathBuf> {
        let payload = self.debian(suite, Packages::Updated)?;
        let (binary, before) = (self.binary()?, self.released_stick()?);
        stick::next_of(&self.work, name, &binary, &payload, &before, "[]")
    }

    /// A stick for user-mode Linux with Debian's packages as they were released last.
    pub fn uml_released_stick(&self) -> Result<PathBuf> {
        let payload = self.debian(Suite::Bookworm, Packages::Released)?;
        stick::for_uml(&self.work, "stick-uml-released", &self.binary()?, &payload, None)
    }

    /// The next version of it, in which so much has changed.
    pub fn uml_changed_stick(&self, changed: Changed) -> Result<PathBuf> {
        let packages = self.changed_packages(changed)?;
        let base = payload::base(&self.work, Suite::Bookworm, self.initrd, Packages::Released)?;
        let payload = packages.over(&self.work, &base, &self.deb()?, changed)?;
        let (binary, before) = (self.binary()?, self.uml_released_stick()?);
        let name = format!("stick-uml-{}", changed.name());
        stick::for_uml(&self.work, &name, &binary, &payload, Some(&before))
    }

    /// The packages that have changed.
    pub fn changed_packages(&self, changed: Changed) -> Result<changes::Packages> {
        let base = |kind| payload::base(&self.work, Suite::Bookworm, self.initrd, kind);
        let (old, new) = (base(Packages::Released)?, base(Packages::Updated)?);
        changes::Packages::between(&self.work, &old, &new, changed)
    }

    /// A Debian system with zshield in it.
    fn debian(&self, suite: Suite, packages: Packages) -> Result<PathBuf> {
        let base = payload::base(&self.work, suite, self.initrd, packages)?;
        payload::build(&self.work, &base, &self.deb()?)
    }

    /// The image of a stick that installs without a key.
    pub fn unattended_stick(&self) -> Result<PathBuf> {
        self.unattended.get(|| stick::unattended(&self.work, &self.binary()?, &self.payload()?))
    }

    /// The image of a stick for an SSD on `NVMe`.
    pub fn nvme_stick(&self) -> Result<PathBuf> {
        self.for_nvme.get(|| stick::for_nvme(&self.work, &self.binary()?, &self.payload()?))
    }

    /// An installed appliance that keeps its changes in `directory`; it is installed once for all.
    pub fn appliance(&self, directory: &Path, firmware: Firmware) -> Result<Appliance> {
        Appliance::over(directory, firmware, &self.installed(firmware)?)
    }

    /// Another appliance, likewise: the same system with other ids.
    pub fn other_appliance(&self, directory: &Path) -> Result<Appliance> {
        let firmware = Firmware::Bios;
        let made = || {
            let installed = self.work.directory("appliance-other")?;
            appliance::install_once(installed, firmware, &self.stick()?)
        };
        Appliance::over(directory, firmware, &self.other.get(made)?)
    }

    /// The directory with the disks of an appliance that was installed from the stick.
    fn installed(&self, firmware: Firmware) -> Result<PathBuf> {
        let (once, name) = match firmware {
            Firmware::Bios => (&self.installed[0], "appliance-bios"),
            Firmware::Uefi => (&self.installed[1], "appliance-uefi"),
        };
        once.get(|| appliance::install_once(self.work.directory(name)?, firmware, &self.stick()?))
    }
}
