//! What is mounted where while a plan is read, and which paths lie within it.

use crate::model::Device;

/// What is mounted or open, the last at the end.
#[derive(Default)]
pub(super) struct Mounts(Vec<(Device, String)>);

impl Mounts {
    pub(super) fn push(&mut self, device: &Device, at: &str) {
        self.0.push((device.clone(), at.to_owned()));
    }

    /// Takes the last one away; whether it was mounted there.
    pub(super) fn pop(&mut self, at: &str) -> bool {
        self.0.pop().is_some_and(|(_, place)| place == at)
    }

    /// Where something is mounted still.
    pub(super) fn left(&self) -> Option<&str> {
        self.0.last().map(|(_, at)| at.as_str())
    }

    /// Whether a volume of this name is mounted.
    pub(super) fn has_volume(&self, name: &str) -> bool {
        self.0.iter().any(|(device, _)| is_volume(device, name))
    }

    /// Whether there is the device of the factory store over the latest backup.
    pub(super) fn has_view(&self) -> bool {
        self.0.iter().any(|(device, _)| is_view(device))
    }

    /// What is mounted at exactly this place.
    pub(super) fn at(&self, place: &str) -> impl Iterator<Item = &Device> {
        self.0.iter().filter(move |(_, at)| at == place).map(|(device, _)| device)
    }

    /// Whether a path is plain and below something that is mounted.
    pub(super) fn contain(&self, path: &str) -> bool {
        self.holding(path).is_some()
    }

    /// What holds a path: the last that is mounted above it. Nothing holds one that is not plain.
    pub(super) fn holding(&self, path: &str) -> Option<&Device> {
        let is_above = |at: &str| {
            path.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let found = self.0.iter().rev().find(|(_, at)| is_above(at)).map(|(device, _)| device);
        found.filter(|_| is_plain(path))
    }
}

/// Whether a device is the factory store over the latest backup.
pub(super) const fn is_view(device: &Device) -> bool {
    match device {
        Device::FactoryView(_) => true,
        Device::Partition(..) | Device::Volume(..) | Device::Golden => false,
    }
}

/// The volume that a device is.
pub(super) fn volume_of(device: &Device) -> Option<&str> {
    match device {
        Device::Volume(_, volume) => Some(volume.as_str()),
        Device::Partition(..) | Device::FactoryView(_) | Device::Golden => None,
    }
}

/// Whether a device is the volume of this name.
pub(super) fn is_volume(device: &Device, name: &str) -> bool {
    volume_of(device) == Some(name)
}

/// A path below the program's own directory that leads nowhere else.
pub(super) fn is_plain(path: &str) -> bool {
    path.starts_with("/run/zshield/") && !path.split('/').any(|part| part == ".." || part == ".")
}
