//! A look into the system of an appliance that does not run: as its latest backup has it, else as it left the
//! factory, else root.

use std::path::Path;

use zshield_golden::signature::TrustedKeys;
use zshield_plan::appliance::Appliance;
use zshield_plan::model::Target;
use zshield_plan::volumes::{ROOT, named};

use crate::read_only_mount::ReadOnlyMount;
use crate::step_error::StepError;

/// Where an installation puts the public keys, within the system.
const KEYS: &str = "etc/zshield/keys";

/// The keys that the machine itself trusts. None where there is none to be read.
pub(crate) fn keys(appliance: &Appliance) -> TrustedKeys {
    let found = first(appliance, |name, root| {
        let keys = TrustedKeys::in_directory(&root.join(KEYS));
        let keys = keys.inspect_err(|error| tracing::warn!("{name}: {error}")).ok()?;
        (!keys.is_empty()).then_some(keys)
    });
    found.unwrap_or_default()
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
