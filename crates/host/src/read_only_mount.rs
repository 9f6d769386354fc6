//! A filesystem that is mounted for a moment, to be read.

use std::path::{Path, PathBuf};

use zshield_plan::policy::GroupName;
use zshield_plan::step::MountAs;
use zshield_plan::volumes::MOUNTS;
use zshield_plan::way_back::WayBack;

use crate::mount;
use crate::step_error::StepError;
use crate::way_back::{self, Opened};
use zshield_linux::IoError;

/// A filesystem that nothing is written to, mounted for as long as this lives.
#[derive(Debug)]
pub struct ReadOnlyMount {
    at: PathBuf,
    // Closed when that is unmounted.
    state: Option<Opened>,
}

impl ReadOnlyMount {
    /// Mounts a device below the program's own directory of mounts; what an earlier process has left
    /// there goes first.
    pub fn mount(device: &str, name: &str) -> Result<Self, IoError> {
        let at = Path::new(MOUNTS).join(name);
        mount::attach(device, &at, MountAs::Ext4Frozen, None)?;
        Ok(Self { at, state: None })
    }

    /// Likewise, a Golden partition, whatever a power cut has left of its superblock.
    pub fn golden(device: &str, name: &str) -> Result<Self, IoError> {
        let at = Path::new(MOUNTS).join(name);
        mount::attach_golden(device, &at)?;
        Ok(Self { at, state: None })
    }

    /// Likewise, the device of a state of root.
    pub fn of(group: &GroupName, from: WayBack, name: &str) -> Result<Self, StepError> {
        let state = way_back::open(group, from)?;
        let mut mounted = Self::mount(state.device(), name)?;
        mounted.state = Some(state);
        Ok(mounted)
    }

    /// Its root.
    pub fn root(&self) -> &Path {
        &self.at
    }
}

impl Drop for ReadOnlyMount {
    fn drop(&mut self) {
        if let Err(error) = zshield_linux::mount::detach(&self.at) {
            tracing::error!("{error}");
        }
    }
}
