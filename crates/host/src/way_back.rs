//! The states that root can go back to, by the devices that are there: LVM is not asked.

use std::fs::File;

use zshield_linux::IoError;
use zshield_linux::device::{buffered, direct};
use zshield_linux::device_mapper::{SysfsMapping, mappings};
use zshield_plan::model::Target;
use zshield_plan::policy::{GroupName, VolumeName};
use zshield_plan::volumes::{FACTORY, ROOT, latest_of, named};
use zshield_plan::way_back::WayBack;

use crate::factory_view::{self, FactoryView, ViewError};

/// What a state can be read from; nothing where there are no devices for it. The latest backup counts by
/// whatever name a cut has left it.
pub fn find_mapped(group: &GroupName, target: Target) -> Result<Option<WayBack>, IoError> {
    let mappings = mappings()?;
    let mapped = |name: &str| {
        let name = group.mapping(&named(name));
        mappings.iter().find(|mapping| mapping.name == name.as_str())
    };
    let is_live = |name: &str| mapped(name).is_some_and(SysfsMapping::is_snapshot);
    Ok(found(is_live, |name| mapped(name).is_some(), target))
}

/// The same by what is said of each volume: whether the kernel follows root with it, and whether it is there.
fn found(
    is_live: impl Fn(&str) -> bool,
    is_there: impl Fn(&str) -> bool,
    target: Target,
) -> Option<WayBack> {
    let latest = latest_of(&is_live);
    match target {
        Target::Vault(_) => None,
        Target::Latest => latest.map(WayBack::Snapshot),
        Target::Factory if is_live(FACTORY) => Some(WayBack::Snapshot(FACTORY)),
        // A plain volume is no state but over the latest backup.
        Target::Factory => latest.filter(|_| is_there(FACTORY)).map(|over| WayBack::Store { over }),
    }
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
        let stores = vec![(group.store(&volume), root)];
        return Ok(Opened { device: group.device(&volume), volume, stores, _view: None });
    };
    let view = factory_view::open(group, &over)?;
    let factory = (group.device(&volume), group.device(&over));
    let stores = vec![factory, (group.store(&over), root)];
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
        assert_eq!(
            Target::BACKUPS.map(|target| find_mapped(&group, target).unwrap()),
            [None, None]
        );
    }

    #[test]
    fn the_latest_backup_is_found_by_the_name_that_a_cut_has_left_it() {
        let ways = |live: &[&str], plain: &[&str]| {
            let is_live = |name: &str| live.contains(&name);
            let is_there = |name: &str| is_live(name) || plain.contains(&name);
            [Target::Factory, Target::Latest].map(|target| found(is_live, is_there, target))
        };
        for (live, latest) in [
            (&["snap1"][..], "snap1"),
            (&["snap1", "snap1-next"], "snap1"),
            (&["snap1-old", "snap1-next"], "snap1-next"),
            (&["snap1-old"], "snap1-old"),
            (&["snap1", "snap1-old"], "snap1"),
        ] {
            let way = Some(WayBack::Snapshot(latest));
            assert_eq!(ways(live, &["snap0"]), [Some(WayBack::Store { over: latest }), way]);
            assert_eq!(ways(live, &[]), [None, way]);
            let with_factory = [live, &["snap0"]].concat();
            assert_eq!(ways(&with_factory, &[]), [Some(WayBack::Snapshot("snap0")), way]);
        }
        // A backup that was not proved is none.
        assert_eq!(ways(&["snap1-next"], &["snap0"]), [None, None]);
    }
}
