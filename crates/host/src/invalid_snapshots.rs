//! Snapshots that could not follow their running system.
//!
//! When the disk of a store takes no more writes, the kernel gives its snapshot up and lets root be
//! written on. It says so in the store, too; but that is on the same disk. After the next start,
//! with the disk back, such a snapshot looks as sound as any. So it is noted on `/boot`, as for a
//! system that was started without that disk.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::retry_on_intr;
use zshield_plan::degraded::{Degraded, FORMAT};
use zshield_plan::id::MappingName;
use zshield_plan::policy::{GroupName, VolumeName};
use zshield_plan::volumes::{FACTORY, LATEST, NEXT, OLD};
use zshield_units::UnixTime;

use crate::BOOT_DIRECTORY;
use crate::degraded;
use zshield_linux::IoError;
use zshield_linux::device::direct;
use zshield_linux::device_mapper::DeviceMapper;
use zshield_linux::program::ProgramError;

/// Why it could not be noted.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSnapshotsError {
    /// The note can't be written.
    #[error(transparent)]
    Io(#[from] IoError),
    /// `dmsetup` failed.
    #[error(transparent)]
    Command(#[from] ProgramError),
}

/// Notes it for the system that is mounted at `root`, where the kernel has given a snapshot up of
/// which nothing says so but itself. The disk of the snapshots is asked, and nothing else on it.
pub fn note(root: &Path, group: &GroupName) -> Result<(), InvalidSnapshotsError> {
    if has_unmarked(group)? {
        degraded::note(&root.join(BOOT_DIRECTORY), &noted())?;
    }
    Ok(())
}

/// What the device mapper tells whoever waits, from the moment on at which it was opened: that
/// something has become of a mapping, a snapshot given up among others.
pub struct MapperEvents(File);

impl MapperEvents {
    const CONTROL: &str = "/dev/mapper/control";

    /// Begins to listen.
    pub fn listen() -> Result<Self, IoError> {
        File::open(Self::CONTROL).map(Self).map_err(IoError::at(Self::CONTROL))
    }

    /// Waits until something has happened; `false` where this kernel tells nobody (before 4.14).
    pub fn wait(self) -> Result<bool, IoError> {
        // A file that can't be waited for is always ready, to be written too.
        let mut control = [PollFd::new(&self.0, PollFlags::IN | PollFlags::OUT)];
        retry_on_intr(|| poll(&mut control, None))
            .map_err(io::Error::from)
            .map_err(IoError::at(Self::CONTROL))?;
        Ok(!control[0].revents().contains(PollFlags::OUT))
    }
}

/// Whether the kernel has given up a snapshot of which nothing says so but itself.
fn has_unmarked(group: &GroupName) -> Result<bool, ProgramError> {
    let given_up = DeviceMapper::WITH_UDEV.given_up()?;
    let names = [FACTORY, LATEST, NEXT, OLD].into_iter().filter_map(VolumeName::new);
    let mut names = names.map(|name| group.mapping(&name));
    let is_given_up =
        |name: &MappingName| given_up.iter().any(|given_up| given_up == name.as_str());
    Ok(names.any(|name| is_given_up(&name) && !marked_invalid(&name)))
}

/// The note of it. Nothing about root proves that it was not written since.
fn noted() -> Degraded {
    let since = UnixTime::from(jiff::Timestamp::now());
    Degraded { format: FORMAT, since, superblock: None }
}

/// Whether its store says so too; one that can't be read says nothing.
fn marked_invalid(snapshot: &MappingName) -> bool {
    let store = direct(snapshot.store().node()).map_err(|error| error.source);
    store.and_then(|store| zshield_formats::cow::is_given_up(&store)).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_is_not_there_says_nothing() {
        assert!(!marked_invalid(&MappingName::new("no-such-group")));
    }
}
