//! The programs of the system that a recovery needs. Where they don't start, since what they are made
//! of is gone or garbage, those of a snapshot are run: it holds the whole system as it was sound.

use std::fs;
use std::io;
use std::path::Path;

use rustix::mount::{MountFlags, mount as mount_new};
use zshield_linux::program::{self, Lender};
use zshield_linux::{IoError, mount, nodes};
use zshield_plan::id::MappingName;
use zshield_plan::model::Target;
use zshield_plan::policy::{GroupName, VolumeName};
use zshield_plan::step::MountAs;

use crate::factory_view::ViewError;
use crate::mount::attach;
use crate::way_back::{self, Opened};

/// Where the system that lends its programs is mounted: not below what operations mount.
const AT: &str = "/run/zshield/tools";

/// A program, the question, and what it says then.
const TOOLS: [(&str, &str, &str); 3] =
    [("lvm", "version", "LVM"), ("dmsetup", "--version", "version"), SYSTEMCTL];
const SYSTEMCTL: (&str, &str, &str) = ("systemctl", "--version", "systemd");

/// Whose programs are run.
#[derive(Debug)]
pub enum Tools {
    /// The system's own: all of them start.
    Own,
    /// Those of another system, for as long as this lives.
    Lent(Lent),
    /// The system's own, of which these don't start; no snapshot has them either.
    Unsound(Vec<&'static str>),
}

/// Who lends programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LentBy {
    /// The system in a snapshot.
    Snapshot(VolumeName),
    /// The rescue system on the SSD. It has none for services.
    Rescue,
}

/// A system that is there for its programs.
#[derive(Debug)]
pub struct Lent {
    /// Whose they are.
    pub by: LentBy,
    /// The system's own programs that don't start.
    pub instead_of: Vec<&'static str>,
    /// What it lies in.
    state: Option<Opened>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Err(error) = give_back() {
            tracing::error!("{error}");
        }
        // A view can be taken away when nothing of it is mounted.
        self.state = None;
    }
}

/// Sees to the programs of the system that runs, whose root is a volume of this group; what is lost
/// of `/dev` is made again first, for nothing starts without.
pub fn ready(group: Option<&GroupName>) -> Result<Tools, IoError> {
    let volume = |name: &str| MappingName::new(name).volume();
    match nodes::make_lost(volume)? {
        0 => {}
        made => tracing::warn!("{made} nodes of /dev were lost and are made again"),
    }
    let unsound = unsound();
    if unsound.is_empty() {
        return Ok(Tools::Own);
    }
    tracing::warn!("these programs do not start: {}", unsound.join(", "));
    let Some(group) = group else { return Ok(Tools::Unsound(unsound)) };
    for target in [Target::Latest, Target::Factory] {
        let Some(state) = state(group, target) else { continue };
        let device = state.device().to_owned();
        // Before it is lent: whatever fails, it is given back.
        let by = LentBy::Snapshot(state.volume().clone());
        let lent = Lent { by, instead_of: unsound.clone(), state: Some(state) };
        if lends(&device) {
            return Ok(Tools::Lent(lent));
        }
        tracing::warn!("{device} has none of them either");
    }
    Ok(Tools::Unsound(unsound))
}

/// A state as a device, where there is one. That of the factory may lie over the latest backup: it takes a device
/// mapper's program that starts.
fn state(group: &GroupName, target: Target) -> Option<Opened> {
    let look = || -> Result<Option<Opened>, ViewError> {
        way_back::find_mapped(group, target)?.map(|way| way_back::open(group, way)).transpose()
    };
    look().inspect_err(|error| tracing::warn!("{error}")).ok().flatten()
}

/// Whether a service manager can be asked for a restart of the machine.
pub fn manager_answers() -> bool {
    let (program, asked, says) = SYSTEMCTL;
    program::starts(program, asked, says)
}

/// The programs that don't start. Where systemd does not run, nobody asks for it.
fn unsound() -> Vec<&'static str> {
    unsound_of(Path::new(crate::services::MANAGER).exists())
}

/// The same of those of the volumes, and at will of the service manager's.
fn unsound_of(with_manager: bool) -> Vec<&'static str> {
    let tools = TOOLS.iter().filter(|tool| with_manager || **tool != SYSTEMCTL);
    let unsound = tools.filter(|(program, asked, says)| !program::starts(program, asked, says));
    unsound.map(|(program, ..)| *program).collect()
}

/// Has the rescue system, which `unpack` puts into a directory in memory, lend its programs where those
/// of the volumes start then.
pub fn lend_rescue(
    unsound: &[&'static str],
    unpack: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<Option<Tools>, IoError> {
    let at = Path::new(AT);
    // Before it is lent: whatever fails, it is given back.
    let lent = Lent { by: LentBy::Rescue, instead_of: unsound.to_vec(), state: None };
    let unpacked = || {
        fs::create_dir_all(at)?;
        // What is in /run may not be executed on many systems.
        mount_new("tools", at, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, c"mode=0700")?;
        unpack(at)
    };
    unpacked().map_err(IoError::at(at))?;
    Ok((lend_from(at) && unsound_of(false).is_empty()).then_some(Tools::Lent(lent)))
}

/// Has the snapshot on this device lend its programs; whether all of them start.
fn lends(device: &str) -> bool {
    let at = Path::new(AT);
    if let Err(error) = attach(device, at, MountAs::Ext4Frozen, None) {
        tracing::warn!("{device} can't be mounted: {error}");
        return false;
    }
    lend_from(at) && unsound().is_empty()
}

/// Has the system in a directory lend its programs; whether it has a loader for them.
fn lend_from(at: &Path) -> bool {
    let lender = Lender::at(at);
    let found = lender.is_some();
    program::lend(lender);
    found
}

/// The process is about to end.
pub(crate) fn leave() -> Result<(), IoError> {
    mount::leave_all(Path::new(AT))
}

/// Has everything as it was. What an earlier process has left mounted goes, too.
pub(crate) fn give_back() -> Result<(), IoError> {
    program::lend(None);
    mount::detach(Path::new(AT))
}
