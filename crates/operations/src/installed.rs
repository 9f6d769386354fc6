//! The Golden Image of a running appliance, for as long as something is made from it; and the release that its
//! system is of, where that is another one.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use zshield_bundle::keyring::Keyring;
use zshield_golden::manifest::Manifest;
use zshield_golden::signature::{self, TrustedKeys};
use zshield_golden::slot::{self, Artifact};
use zshield_host::appliance::Found;
use zshield_host::floor;
use zshield_host::keys::{self, KeysError};
use zshield_host::live as host;
use zshield_host::observe;
use zshield_host::read_only_mount::ReadOnlyMount;
use zshield_plan::factory::FactoryRebuild;
use zshield_plan::id::Uuid;
use zshield_plan::install::Inputs;
use zshield_plan::ledger::Ledger;
use zshield_plan::policy::Policy;
use zshield_plan::saved;
use zshield_plan::upgrade::floor::Floor;
use zshield_plan::volumes::GOLDEN;
use zshield_plan::world::{Medium, World};
use zshield_units::Bytes;

use crate::installer::{Installer, facts, policy_of, random_id};
use crate::layers::{self, Layers};

pub use zshield_host::keys::KEYS;

/// The image that was installed, as it lies on the SSD; mounted for as long as this lives.
pub struct Installed {
    /// Its slot.
    pub slot: PathBuf,
    /// Its manifest, the signature dealt with.
    pub manifest: Manifest,
    /// The keys that its machine trusts.
    pub keys: Keyring,
    mounted: ReadOnlyMount,
}

impl Installed {
    /// Opens it on its partition, where a key has signed it that the system at `root` has ever trusted.
    ///
    /// A key may have been revoked since. What it signed before, and what was installed then, stays the machine's
    /// own: the ledger names it by its digest, and without it there would be no way back to the factory.
    pub fn open(root: &Path, partition: &str, ledger: &Ledger) -> Result<Self> {
        Self::trusting(partition, ledger, |golden| keys::of_system(root, golden))
    }

    /// The same for a system in ruins, whose keys may be garbage: then the digest in the ledger alone counts.
    pub fn of_ruins(root: &Path, partition: &str, ledger: &Ledger) -> Result<Self> {
        Self::trusting(partition, ledger, |golden| {
            let found = keys::of_system(root, golden);
            Ok(found.inspect_err(|why| tracing::warn!("{why}")).unwrap_or_default())
        })
    }

    /// The one that the ledger names, whoever has signed it.
    pub fn by_digest(partition: &str, ledger: &Ledger) -> Result<Self> {
        Self::trusting(partition, ledger, |_| Ok(Keyring::default()))
    }

    fn trusting(
        partition: &str,
        ledger: &Ledger,
        keys: impl FnOnce(&Path) -> Result<Keyring, KeysError>,
    ) -> Result<Self> {
        let mounted = ReadOnlyMount::golden(partition, "golden")?;
        let keys = keys(mounted.root())?;
        let slot = mounted.root().join(ledger.slot.directory());
        let image = ledger.golden_image();
        let manifest = signature::open_installed(&slot, &keys.ever_trusted(), image)?;
        Ok(Self { slot, manifest, keys, mounted })
    }

    /// The floor that is kept beside it.
    pub fn floor(&self) -> Result<Floor> {
        Ok(floor::read(self.mounted.root())?)
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
    /// The release that the system at `root` is of, where the Golden Image is another one.
    fn open(root: &Path, ledger: &Ledger, keys: &TrustedKeys) -> Result<Self> {
        let directory = root.join(saved::RELEASE);
        let manifest = signature::open_installed(&directory, keys, &ledger.image)?;
        Ok(Self { directory, manifest })
    }
}

/// What a system is held against.
pub struct Delivered<'a> {
    base: Base<'a>,
    /// What was put over that.
    layers: Option<Layers>,
}

/// The whole system that a system comes from.
enum Base<'a> {
    /// The image on the Golden partition.
    Factory(&'a Installed),
    /// The one that root says, where that is another: the Golden Image was switched, or left behind.
    Saved(Box<Release>),
}

impl<'a> Delivered<'a> {
    /// That of the system at `root`, whose factory image this is.
    pub fn to(root: &Path, ledger: &Ledger, factory: &'a Installed) -> Result<Self> {
        let keys = factory.keys.ever_trusted();
        let base = match ledger.golden_image {
            None => Base::Factory(factory),
            Some(_) => Base::Saved(Box::new(Release::open(root, ledger, &keys)?)),
        };
        let layers = layers::over(base.manifest(), &root.join(saved::RELEASE), &keys)?;
        Ok(Self { base, layers })
    }

    /// Its manifest.
    pub fn manifest(&self) -> &Manifest {
        self.layers.as_ref().map_or(self.base.manifest(), |layers| &layers.manifest)
    }

    /// The manifest of the whole system that it comes from.
    pub const fn base(&self) -> &Manifest {
        self.base.manifest()
    }

    /// Its manifest alone; nothing where it is the factory image's own.
    pub fn into_manifest(self) -> Option<Manifest> {
        match (self.layers, self.base) {
            (Some(layers), _) => Some(layers.manifest),
            (None, Base::Saved(release)) => Some(release.manifest),
            (None, Base::Factory(_)) => None,
        }
    }

    /// Its policy and the text of that, as they were delivered.
    pub fn policy(&self) -> Result<(Policy, String)> {
        policy_of(self.base.directory(), self.base())
    }

    /// The files of a release by which a system is this, with what was put over it.
    pub fn release(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let mut files = slot::release(self.base.directory())?;
        files.extend(self.layers.iter().flat_map(|layers| layers.files.iter().cloned()));
        Ok(files)
    }

    /// How many bundles were put over the whole system.
    pub fn layers(&self) -> usize {
        self.layers.as_ref().map_or(0, |layers| layers.count)
    }
}

impl Base<'_> {
    const fn manifest(&self) -> &Manifest {
        match self {
            Self::Factory(installed) => &installed.manifest,
            Self::Saved(release) => &release.manifest,
        }
    }

    /// Where its manifest, signature and policy are.
    fn directory(&self) -> &Path {
        match self {
            Self::Factory(installed) => &installed.slot,
            Self::Saved(release) => &release.directory,
        }
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
        let Installed { slot, manifest, mounted, .. } =
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
