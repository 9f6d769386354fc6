//! The factory view: the factory store over the latest backup, as a device to be read.
//!
//! The kernel refuses a second snapshot over one store, so all who look share one mapping. Each keeps its node
//! open for as long as it looks, and the last one to close it takes it away. What is done with its name is
//! done under a lock. A process that is killed leaves the mapping, which keeps the latest backup from being
//! removed: [`close_left`] takes it away, if nobody looks.
//!
//! A mapping claims what it lies over, and so does a mount. So that the latest backup can be mounted while
//! somebody looks, there is a loop device between the two, which claims nothing. It goes with the view.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{major, minor};
use zshield_formats::cow::{CowError, Header, Mark};
use zshield_linux::device::{buffered, direct};
use zshield_linux::device_mapper::{DeviceMapper, SysfsMapping, mappings};
use zshield_linux::loop_device::LoopDevice;
use zshield_linux::program::ProgramError;
use zshield_linux::{IoError, device as nodes, own_directory};
use zshield_messages::say;
use zshield_plan::id::MappingName;
use zshield_plan::model::FACTORY_VIEW;
use zshield_plan::policy::{GroupName, VolumeName};
use zshield_plan::volumes::{FACTORY, named};
use zshield_units::{Bytes, Sectors, VolumeId};

/// The lock's file.
const LOCK: &str = "/run/zshield/factory-view.lock";
/// What the device mapper knows a view by, before the id of the volume that it stands over: LVM leaves alone
/// what has no id of its own.
const ID: &str = "zshield-factory-view-";
const MAPPER: DeviceMapper = DeviceMapper::WITH_UDEV;

/// Why the factory state can't be looked into.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// Something can't be read.
    #[error(transparent)]
    Io(#[from] IoError),
    /// The device mapper failed.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The store is none.
    #[error(transparent)]
    Store(#[from] CowError),
    /// The store does not stand over this snapshot.
    #[error("{}", say::factory_store::not_over(.0))]
    NotOver(String),
    /// Somebody looks into one over an earlier backup.
    #[error("{}", say::factory_store::earlier_view_in_use())]
    InUse,
}

/// What has become of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// There is none.
    Removed,
    /// Somebody else looks.
    InUse,
}

/// The factory state as a device, for as long as this lives; nobody can take it away meanwhile.
#[derive(Debug)]
pub struct FactoryView {
    name: MappingName,
    device: String,
    /// Nothing once it is closed.
    node: Option<File>,
}

/// What the device mapper calls a group's view, where it is open.
fn mapping(group: &GroupName) -> MappingName {
    group.mapping(&named(FACTORY_VIEW))
}

/// Opens the view of the factory store over this snapshot; both are active.
pub fn open(group: &GroupName, base: &VolumeName) -> Result<FactoryView, ViewError> {
    let name = mapping(group);
    let device = name.node();
    let (store, base) = (group.device(&named(FACTORY)), group.device(base));
    let _lock = lock()?;
    let id = over(&store, &base)?;
    let made = id_of(&device)?;
    if made.as_ref().is_some_and(|made| *made != id) && remove(&name)? == Closed::InUse {
        return Err(ViewError::InUse);
    }
    if made.is_none_or(|made| made != id) {
        make(&name, &id, &store, &base)?;
    }
    let node = Some(buffered(&device)?);
    Ok(FactoryView { name, device, node })
}

/// Takes a view away that somebody has left who was killed.
pub fn close_left(group: &GroupName) -> Result<Closed, ViewError> {
    if !is_open(group) {
        return Ok(Closed::Removed);
    }
    let _lock = lock()?;
    remove(&mapping(group))
}

/// The same of every group's. Where there is none no program is run.
pub fn close_all_left() -> Result<Closed, ViewError> {
    let views = views(mappings()?);
    if views.is_empty() {
        return Ok(Closed::Removed);
    }
    let _lock = lock()?;
    let mut closed = Closed::Removed;
    for view in views {
        if !MAPPER.remove_unused(&view)? {
            closed = Closed::InUse;
        }
    }
    Ok(closed)
}

/// The names of the views among these.
fn views(mappings: Vec<SysfsMapping>) -> Vec<String> {
    let views = mappings.into_iter().filter(|mapping| mapping.id.starts_with(ID));
    views.map(|mapping| mapping.name).collect()
}

/// Whether there is a view of the group: after [`close_left`], one that somebody looks into.
pub fn is_open(group: &GroupName) -> bool {
    Path::new(&mapping(group).node()).exists()
}

impl FactoryView {
    /// Its device.
    pub fn device(&self) -> &str {
        &self.device
    }

    /// Takes it away, if nobody else looks.
    pub fn close(mut self) -> Result<Closed, ViewError> {
        self.end()
    }

    fn end(&mut self) -> Result<Closed, ViewError> {
        let Some(node) = self.node.take() else { return Ok(Closed::Removed) };
        let _lock = lock()?;
        drop(node);
        remove(&self.name)
    }
}

impl Drop for FactoryView {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::error!("{error}");
        }
    }
}

/// What the device mapper knows a device by; nothing where there is none.
fn id_of(device: &str) -> Result<Option<String>, IoError> {
    if Path::new(device).exists() { mapped(device) } else { Ok(None) }
}

fn remove(name: &MappingName) -> Result<Closed, ViewError> {
    let gone = MAPPER.remove_unused(name.as_str())?;
    Ok(if gone { Closed::Removed } else { Closed::InUse })
}

/// What the view of this store is known by over this snapshot, which its mark names.
fn over(store: &str, base: &str) -> Result<String, ViewError> {
    let id = volume_id(base)?;
    let mark = Mark::read(&direct(store)?)?;
    match (id, mark) {
        (Some(id), Some(mark)) if mark.is_over(id) => Ok(format!("{ID}{id}")),
        _ => Err(ViewError::NotOver(base.to_owned())),
    }
}

/// What LVM knows a volume by, as the kernel says it; nothing where it is no volume.
pub(crate) fn volume_id(device: &str) -> Result<Option<VolumeId>, IoError> {
    Ok(mapped(device)?.and_then(|id| VolumeId::of_mapping(&id)))
}

/// What the device mapper knows a device by, as the kernel says it; nothing where it is none of its.
fn mapped(device: &str) -> Result<Option<String>, IoError> {
    let path = format!("/sys/dev/block/{}/dm/uuid", number(device)?);
    match fs::read_to_string(&path) {
        Ok(id) => Ok(Some(id.trim_end().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(IoError::at(path)(error)),
    }
}

/// A device by its numbers, as the kernel names it.
fn number(device: &str) -> Result<String, IoError> {
    let node = fs::metadata(device).map_err(IoError::at(device))?.rdev();
    Ok(format!("{}:{}", major(node), minor(node)))
}

fn make(name: &MappingName, id: &str, store: &str, base: &str) -> Result<(), ViewError> {
    let chunk = Sectors::from(Bytes(Header::read(&direct(store)?)?.chunk()));
    let length = nodes::length(&buffered(base)?).map_err(IoError::at(base))?;
    // The view keeps it from then on; whoever is killed before leaves nothing.
    let bound = LoopDevice::bind(base.as_ref());
    // Where this kernel has no loop devices, the latest backup can't be mounted meanwhile.
    let origin = match &bound {
        Ok(device) => device.node(),
        Err(error) => {
            tracing::warn!("{error}: {}", error.source);
            base
        }
    };
    let table = table(length, &number(origin)?, &number(store)?, chunk);
    Ok(MAPPER.create_readonly(name.as_str(), Some(id), &table)?)
}

fn table(length: Bytes, origin: &str, store: &str, chunk: Sectors) -> String {
    format!("0 {} snapshot {origin} {store} P {chunk}\n", Sectors::from(length))
}

/// Waits for whoever opens or closes a view at this moment.
fn lock() -> Result<File, IoError> {
    let path = Path::new(LOCK);
    let locked = || {
        if let Some(directory) = path.parent() {
            own_directory::ensure(directory, own_directory::PRIVATE)?;
        }
        let mut open = OpenOptions::new();
        let file = own_directory::open_file(path, open.read(true).write(true), 0o600)?;
        file.lock()?;
        Ok(file)
    };
    locked().map_err(IoError::at::<io::Error>(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_named_as_no_volume_is() {
        let group = GroupName::new("v-group").unwrap();
        assert_eq!(mapping(&group).as_str(), "v--group-snap0--view");
        assert!(!is_open(&group));
        assert_eq!(close_left(&group).unwrap(), Closed::Removed);
    }

    #[test]
    fn the_store_lies_over_the_latest_backup() {
        let said = table(Bytes(1 << 30), "7:3", "253:5", Sectors(512));
        assert_eq!(said, "0 2097152 snapshot 7:3 253:5 P 512\n");
    }

    #[test]
    fn a_view_is_told_from_what_lvm_has_mapped() {
        let mapping = |name: &str, id: &str| SysfsMapping {
            name: name.into(),
            id: id.into(),
            lies_on: Vec::new(),
        };
        let mappings = vec![
            mapping("vg-snap1", "LVM-abc"),
            mapping("vg-snap0--view", &format!("{ID}Hd2VYs-NA1p-0Z1b-kCSf-3RzQ-5cfX-PzYxT0")),
            mapping("vg-lv--root", "zshield-root-without-its-snapshots"),
        ];
        assert_eq!(views(mappings), ["vg-snap0--view"]);
    }

    #[test]
    fn what_the_device_mapper_has_not_made_is_no_volume() {
        assert_eq!(volume_id("/dev/null").unwrap(), None);
        assert!(volume_id("/no/such/device").is_err());
    }
}
