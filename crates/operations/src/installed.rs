//! The Golden Image of a running appliance, for as long as something is made from it; and the release that its
//! system is of, where that is another one.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use zshield_golden::manifest::Manifest;
use zshield_golden::signature::{self, TrustedKeys};
use zshield_golden::slot::{self, Artifact};
use zshield_host::appliance::Found;
use zshield_host::live as host;
use zshield_host::observe;
use zshield_host::read_only_mount::ReadOnlyMount;
use zshield_host::upgrade::RELEASE_DIRECTORY;
use zshield_plan::factory::FactoryRebuild;
use zshield_plan::id::Uuid;
use zshield_plan::install::Inputs;
use zshield_plan::ledger::Ledger;
use zshield_plan::policy::Policy;
use zshield_plan::volumes::GOLDEN;
use zshield_plan::world::{Medium, World};
use zshield_units::Bytes;

use crate::installer::{Installer, facts, policy_of, random_id};

/// Where the installation has put the keys.
pub const KEYS: &str = "etc/zshield/keys";

/// The image that was installed, as it lies on the SSD; mounted for as long as this lives.
pub struct Installed {
    /// Its slot.
    pub slot: PathBuf,
    /// Its manifest, the signature dealt with.
    pub manifest: Manifest,
    mounted: ReadOnlyMount,
}

impl Installed {
    /// Opens it on its partition; the keys of the system at `root` count.
    pub fn open(root: &Path, partition: &str, ledger: &Ledger) -> Result<Self> {
        Self::trusting(&TrustedKeys::in_directory(&root.join(KEYS))?, partition, ledger)
    }

    /// The same with these keys. Without any, the digest in the ledger alone counts.
    pub fn trusting(keys: &TrustedKeys, partition: &str, ledger: &Ledger) -> Result<Self> {
        let mounted = ReadOnlyMount::golden(partition, "golden")?;
        let slot = mounted.root().join(ledger.slot.directory());
        let manifest = signature::open_installed(&slot, keys, ledger.golden_image())?;
        Ok(Self { slot, manifest, mounted })
    }

    /// What is free for another image, once the other slot is empty.
    pub fn room_for_another(&self, ledger: &Ledger) -> Result<Bytes> {
        let other = self.mounted.root().join(ledger.slot.other().directory());
        let free = host::free(self.mounted.root())?;
        let mut taken = 0;
        for entry in std::fs::read_dir(&other).into_iter().flatten() {
            taken += entry?.metadata()?.len();
        }
        Ok(free + Bytes(taken))
    }

    /// Whether the kernel and the initramfs that its rescue system starts with are those of its manifest.
    pub fn check_rescue(&self) -> Result<()> {
        let header = self.manifest.header();
        for artifact in [Artifact::Kernel, Artifact::Initramfs] {
            if let Some(record) = header.artifact(artifact) {
                slot::check_artifact(&self.slot, record, &|_| {})?;
            }
        }
        Ok(())
    }
}

/// What a system was delivered as.
pub struct Release {
    /// The directory that its policy is in, as in a slot.
    pub directory: PathBuf,
    /// Its manifest, the signature dealt with.
    pub manifest: Manifest,
}

impl Release {
    /// The release that the system at `root` is of, which an upgrade has brought.
    fn open(root: &Path, ledger: &Ledger) -> Result<Self> {
        let keys = TrustedKeys::in_directory(&root.join(KEYS))?;
        let directory = root.join(RELEASE_DIRECTORY);
        let manifest = signature::open_installed(&directory, &keys, &ledger.image)?;
        Ok(Self { directory, manifest })
    }
}

/// What a system is held against.
pub enum Delivered<'a> {
    /// The image on the Golden partition.
    Factory(&'a Installed),
    /// An upgrade's.
    Upgraded(Box<Release>),
}

impl<'a> Delivered<'a> {
    /// That of the system at `root`, whose factory image this is.
    pub fn to(root: &Path, ledger: &Ledger, factory: &'a Installed) -> Result<Self> {
        match ledger.golden_image {
            None => Ok(Self::Factory(factory)),
            Some(_) => Ok(Self::Upgraded(Box::new(Release::open(root, ledger)?))),
        }
    }

    /// Its manifest.
    pub const fn manifest(&self) -> &Manifest {
        match self {
            Self::Factory(installed) => &installed.manifest,
            Self::Upgraded(release) => &release.manifest,
        }
    }

    /// Its policy and the text of that, as they were delivered.
    pub fn policy(&self) -> Result<(Policy, String)> {
        let directory = match self {
            Self::Factory(installed) => &installed.slot,
            Self::Upgraded(release) => &release.directory,
        };
        policy_of(directory, self.manifest())
    }
}

/// The machine's disks, beside an image of this manifest.
pub(crate) fn world(manifest: &Manifest, ledger: &Ledger) -> Result<World> {
    let medium = Medium { partition: Some(ledger.golden), slot: ledger.slot };
    Ok(observe::world(facts(manifest), medium)?)
}

/// The image, mounted to be read.
pub struct Golden {
    /// What can be made from it.
    pub installer: Installer,
    world: World,
    machine: Uuid,
    filesystem: Uuid,
    // Dropped last: what is above lies in it.
    _mounted: ReadOnlyMount,
}

impl Golden {
    /// Opens the image that this appliance was installed from.
    pub fn open(root: &Path, found: &Found) -> Result<Self> {
        let Found { appliance, ledger, .. } = found;
        let Installed { slot, manifest, mounted } =
            Installed::open(root, &appliance.binding.path(&GOLDEN), ledger)?;
        let keys = root.join(KEYS);
        let installer = Installer::of(&slot, Some(ledger.golden), &keys, manifest)?;
        Ok(Self {
            world: installer.world()?,
            machine: machine(&root.join("etc/machine-id"))?,
            filesystem: random_id()?,
            installer,
            _mounted: mounted,
        })
    }

    /// What plans are made from.
    pub fn inputs(&self) -> Inputs<'_> {
        self.installer.inputs(&self.world)
    }

    /// What a factory snapshot is made from.
    pub fn anew<'a>(&self, inputs: &'a Inputs<'a>) -> FactoryRebuild<'a> {
        FactoryRebuild { inputs, machine: self.machine, filesystem: self.filesystem }
    }
}

/// The id of a machine, in a file of its system.
pub(crate) fn machine(path: &Path) -> Result<Uuid> {
    let named = || path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(named)?;
    Uuid::parse_digits(text.trim()).with_context(named)
}
