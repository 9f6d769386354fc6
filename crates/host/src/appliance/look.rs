//! What an appliance's snapshots say of themselves, and those that LVM can't activate.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use zshield_linux::IoError;
use zshield_plan::appliance::Appliance;
use zshield_plan::model::{Device, Snapshot, SnapshotState, Target};
use zshield_plan::policy::VolumeName;
use zshield_plan::role::Role;
use zshield_plan::saved::{self, BootSetMeta};
use zshield_plan::volumes::{FACTORY, ROOT, named, physical};

use super::{ApplianceError, store_state};
use crate::boot_backup;
use crate::degraded::{self, OwnGroup, ProbeResult, VolumeLocation};
use crate::read_only_mount::ReadOnlyMount;

/// Where they are mounted meanwhile.
const AT: &str = "look";

/// Reads what the snapshots say of themselves, and the factory store over the latest backup.
pub(super) fn into_snapshots(appliance: &mut Appliance) {
    let group = &appliance.binding.group;
    for (name, snapshot) in appliance.snapshots.iter_mut().filter(|(_, it)| it.state.is_live()) {
        snapshot.saved = says_of_itself(name, ReadOnlyMount::mount(&group.device(name), AT));
    }
    let store = appliance.way_back(Target::Factory).filter(|(way, _)| way.over().is_some());
    if let Some((way, _)) = store {
        let saved = says_of_itself(&way.volume(), ReadOnlyMount::of(group, way, AT));
        appliance.snapshots.entry(way.volume()).and_modify(|store| store.saved = saved);
    }
}

/// One snapshot whose store can't be read keeps LVM from activating root and all other snapshots:
/// they are looked into beside LVM then. Where all can be read it is for another reason, and they stay
/// as LVM has them.
pub(super) fn beside_lvm(appliance: &mut Appliance) -> Result<(), ApplianceError> {
    let Appliance { binding, snapshots, unreadable, .. } = appliance;
    let root = Device::Volume(binding.group.clone(), named(ROOT));
    if appliance.partial || Path::new(&binding.path(&root)).exists() {
        return Ok(());
    }
    let name = binding.group.clone();
    let by_lvm = |source| ApplianceError::Io(IoError::at(name.as_str())(source));
    let parts = Role::ALL.map(|role| binding.path(&physical(role)));
    let group = OwnGroup::on(parts, binding.group.as_str());
    let origin = VolumeLocation::of(&group, ROOT).map_err(by_lvm)?;
    let look = |name: &VolumeName, device: &Path| {
        says_of_itself(name, ReadOnlyMount::mount(&device.to_string_lossy(), AT))
    };
    let mut seen = BTreeMap::new();
    // The factory store is in nobody's way.
    let live = group.snapshots(ROOT).map_err(by_lvm)?;
    let is_live = |name: &VolumeName| live.iter().any(|it| it == name.as_str());
    for (name, snapshot) in snapshots.iter().filter(|(name, _)| is_live(name)) {
        let look = |device: &Path| look(name, device);
        match degraded::look_into(&group, name.as_str(), &origin, look).map_err(by_lvm)? {
            ProbeResult::Unreadable => unreadable.push(name.clone()),
            ProbeResult::Useless => drop(seen.insert(name.clone(), snapshot.clone())),
            ProbeResult::Valid { fill, found } => {
                let state = SnapshotState::Valid { fill };
                seen.insert(name.clone(), Snapshot { state, saved: found, ..snapshot.clone() });
            }
        }
    }
    if unreadable.is_empty() {
        return Ok(());
    }
    let factory = named(FACTORY);
    if let Some(store) = snapshots.get(&factory).filter(|_| !is_live(&factory)) {
        let facts = degraded::observe_store(&group, FACTORY).map_err(by_lvm)?;
        let store = facts.map_or_else(
            || store.clone(),
            |facts| Snapshot { chunk: facts.chunk, state: store_state(&facts), ..store.clone() },
        );
        seen.insert(factory.clone(), store);
    }
    *snapshots = seen;
    let base = appliance.way_back(Target::Factory).and_then(|(way, _)| way.over());
    if let Some(base) = base {
        let look = |device: &Path| look(&factory, device);
        let found = degraded::look_over(&group, FACTORY, base.as_str(), &origin, look);
        let saved = found.map_err(by_lvm)?.flatten();
        appliance.snapshots.entry(factory).and_modify(|store| store.saved = saved);
    }
    Ok(())
}

/// What a snapshot says of itself; nothing where it can't be mounted or read: then it can't be
/// gone back to, which is for the plan to say.
fn says_of_itself<E: fmt::Display>(
    name: &VolumeName,
    mounted: Result<ReadOnlyMount, E>,
) -> Option<BootSetMeta> {
    let mounted = mounted.inspect_err(|error| tracing::warn!("{name} can't be mounted: {error}"));
    let set = boot_backup::read(&mounted.ok()?.root().join(saved::DIRECTORY));
    set.inspect_err(|error| tracing::warn!("{name}: {error}")).ok().map(|set| set.saved)
}
