//! A look into the system of an appliance that does not run: as its latest backup has it, else as it left the
//! factory, else root.

use std::path::Path;

use zshield_bundle::keyring::Keyring;
use zshield_golden::signature::TrustedKeys;
use zshield_linux::IoError;
use zshield_plan::appliance::Appliance;
use zshield_plan::model::Target;
use zshield_plan::role::Role;
use zshield_plan::upgrade::keys::Statements;
use zshield_plan::volumes::{GOLDEN_PARTITION, ROOT, named};

use crate::keys::{self, KEYS};
use crate::read_only_mount::ReadOnlyMount;
use crate::step_error::StepError;

/// The keys that the machine itself has ever trusted: what it is to be gone back to was signed by one of them. None where
/// there is none to be read.
pub(crate) fn keys(appliance: &Appliance) -> TrustedKeys {
    let delivered = first(appliance, |name, root| {
        let ring = keys::delivered(&root.join(KEYS));
        let ring = ring.inspect_err(|error| tracing::warn!("{name}: {error}")).ok()?;
        (ring != Keyring::default()).then_some(ring)
    });
    let said = said(appliance).unwrap_or_else(|error| {
        tracing::warn!("{error}");
        Statements::NONE
    });
    keys::heard(delivered.unwrap_or_default(), &said).ever_trusted()
}

/// What was said of keys to the machine.
fn said(appliance: &Appliance) -> Result<Statements, IoError> {
    let ssd = appliance.binding.disks.of(Role::Ssd);
    let golden = ReadOnlyMount::golden(&ssd.partition(GOLDEN_PARTITION), "keys")?;
    Ok(keys::read(golden.root())?.joined(appliance.upgrades.keys().clone()))
}

/// What is found in the first of these systems that has it. Each is looked into by its name, where it is
/// mounted.
pub(crate) fn first<T>(
    appliance: &Appliance,
    look: impl Fn(&str, &Path) -> Option<T>,
) -> Option<T> {
    let group = &appliance.binding.group;
    let looked = |name: &str, mounted: Result<ReadOnlyMount, StepError>| match mounted {
        Ok(mounted) => look(name, mounted.root()),
        Err(error) => {
            tracing::warn!("{name} can't be mounted: {error}");
            None
        }
    };
    let ways = [Target::Latest, Target::Factory].into_iter();
    let mut ways = ways.filter_map(|target| appliance.way_back(target));
    let found = ways
        .find_map(|(way, _)| looked(way.volume().as_str(), ReadOnlyMount::of(group, way, "look")));
    found.or_else(|| {
        appliance.root()?;
        let root = ReadOnlyMount::mount(&group.device(&named(ROOT)), "look");
        looked(ROOT, root.map_err(StepError::from))
    })
}
