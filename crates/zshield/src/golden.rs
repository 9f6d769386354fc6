//! The Golden Image of a running appliance, for as long as something is made from it.

use std::path::Path;

use anyhow::{Context as _, Result};
use zshield_golden::signature::{self, TrustedKeys};
use zshield_host::appliance::Found;
use zshield_host::looked_into::LookedInto;
use zshield_plan::factory::Anew;
use zshield_plan::id::Uuid;
use zshield_plan::install::Inputs;
use zshield_plan::volumes::GOLDEN;
use zshield_plan::world::World;

use crate::installer::{Installer, random_id};

/// Where the installation has put the keys.
const KEYS: &str = "etc/zshield/keys";

/// The image, mounted to be read.
pub(crate) struct Golden {
    /// What can be made from it.
    pub installer: Installer,
    world: World,
    machine: Uuid,
    filesystem: Uuid,
    // Dropped last: what is above lies in it.
    _mounted: LookedInto,
}

impl Golden {
    /// Opens the image that this appliance was installed from.
    pub(crate) fn open(root: &Path, found: &Found) -> Result<Self> {
        let Found { appliance, ledger } = found;
        let mounted = LookedInto::mount(&appliance.binding.path(&GOLDEN), "golden")?;
        let slot = mounted.root().join(ledger.slot.folder());
        let keys = root.join(KEYS);
        let trusted = TrustedKeys::in_folder(&keys)?;
        let manifest = signature::open_installed(&slot, &trusted, &ledger.image)?;
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
    pub(crate) fn inputs(&self) -> Inputs<'_> {
        self.installer.inputs(&self.world)
    }

    /// What a factory snapshot is made from.
    pub(crate) fn anew<'a>(&self, inputs: &'a Inputs<'a>) -> Anew<'a> {
        Anew { inputs, machine: self.machine, filesystem: self.filesystem }
    }
}

fn machine(path: &Path) -> Result<Uuid> {
    let named = || path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(named)?;
    Uuid::parse_digits(text.trim()).with_context(named)
}
