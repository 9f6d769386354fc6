//! The states that root can go back to, by the devices that are there: LVM is not asked.

use std::fs::File;
use std::path::Path;

use zshield_linux::IoError;
use zshield_linux::device::{buffered, direct};
use zshield_plan::model::Target;
use zshield_plan::policy::{GroupName, VolumeName};
use zshield_plan::volumes::{FACTORY, LATEST, ROOT, named};
use zshield_plan::way_back::WayBack;

use crate::factory_view::{self, FactoryView, ViewError};

/// What a state can be read from; nothing where there are no devices for it.
pub fn by_nodes(group: &GroupName, target: Target) -> Option<WayBack> {
    let is_there = |path: String| Path::new(&path).exists();
    let name = match target {
        Target::Factory => FACTORY,
        Target::Latest => LATEST,
    };
    if !is_there(group.device(&named(name))) {
        return None;
    }
    if is_there(store(group, &named(name))) {
        return Some(WayBack::Snapshot(name));
    }
    // A plain volume is no state but over the latest backup.
    let over =
        (target == Target::Factory && is_there(store(group, &named(LATEST)))).then_some(LATEST);
    over.map(|over| WayBack::Store { over })
}

/// The device of a snapshot's store, which the kernel follows root with.
fn store(group: &GroupName, snapshot: &VolumeName) -> String {
    format!("{}-cow", group.mapper(snapshot))
}

/// A state whose device is there for as long as this lives.
#[derive(Debug)]
pub struct Opened {
    volume: VolumeName,
    device: String,
    /// Its stores, each of which stands over the next, with the device that it is of.
    stores: Vec<(String, String)>,
    _view: Option<FactoryView>,
}

/// Opens a state.
pub fn open(group: &GroupName, way: WayBack) -> Result<Opened, ViewError> {
    let (volume, root) = (way.volume(), group.device(&named(ROOT)));
    let Some(over) = way.over() else {
        let stores = vec![(store(group, &volume), root)];
        return Ok(Opened { device: group.device(&volume), volume, stores, _view: None });
    };
    let view = factory_view::open(group, &over)?;
    let factory = (group.device(&volume), group.device(&over));
    let stores = vec![factory, (store(group, &over), root)];
    Ok(Opened { volume, device: view.device().to_owned(), stores, _view: Some(view) })
}

impl Opened {
    /// The volume that it is named for.
    pub const fn volume(&self) -> &VolumeName {
        &self.volume
    }

    /// Its device.
    pub fn device(&self) -> &str {
        &self.device
    }

    /// Its stores, each of which stands over the next, to be read beside the page cache; and the devices that
    /// they are of.
    pub fn stores(&self) -> Result<Vec<(File, File)>, IoError> {
        self.stores.iter().map(|(store, of)| Ok((direct(store)?, buffered(of)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_devices_there_is_no_way_back() {
        let group = GroupName::new("no-such-group").unwrap();
        assert_eq!(Target::ALL.map(|target| by_nodes(&group, target)), [None, None]);
    }
}
