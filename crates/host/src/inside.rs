//! A look into the system of an appliance that does not run: as its latest backup has it, else its factory
//! snapshot, else root.

use std::path::Path;

use zshield_golden::signature::TrustedKeys;
use zshield_linux::IoError;
use zshield_plan::appliance::Appliance;
use zshield_plan::model::Device;
use zshield_plan::step::MountAs;
use zshield_plan::volumes::{FACTORY, MOUNTS, ROOT, named};

use crate::mount;

/// Where an installation puts the public keys, within the system.
const KEYS: &str = "etc/zshield/keys";

/// The keys that the machine itself trusts. None where there is none to be read.
pub(crate) fn keys(appliance: &Appliance) -> Result<TrustedKeys, IoError> {
    let found = first(appliance, |name, root| {
        let keys = TrustedKeys::in_directory(&root.join(KEYS));
        let keys = keys.inspect_err(|error| tracing::warn!("{name}: {error}")).ok()?;
        (!keys.is_empty()).then_some(keys)
    })?;
    Ok(found.unwrap_or_default())
}

/// What is found in the first of these systems that has it. Each is looked into by its name, where it is
/// mounted.
pub(crate) fn first<T>(
    appliance: &Appliance,
    look: impl Fn(&str, &Path) -> Option<T>,
) -> Result<Option<T>, IoError> {
    let sound = |name: &&str| appliance.valid(name).is_some();
    let ways = appliance.latest().into_iter().chain([FACTORY]).filter(sound);
    let is_root = |name: &&str| appliance.volumes.contains_key(&named(name));
    for volume in ways.chain([ROOT].into_iter().filter(is_root)) {
        let binding = &appliance.binding;
        let device = binding.path(&Device::Volume(binding.group.clone(), named(volume)));
        let at = Path::new(MOUNTS).join("look");
        if let Err(error) = mount::attach(&device, &at, MountAs::Ext4Frozen, None) {
            tracing::warn!("{volume} can't be mounted: {error}");
            continue;
        }
        let found = look(volume, &at);
        zshield_linux::mount::detach(&at)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}
