//! A generation as a filesystem, to be read.
//!
//! The kernel asks, threads of this process answer, and nothing else is needed: no library, no program. Inode numbers and
//! the times at which inodes changed are those of the system that was copied, so that a file which nobody has touched since
//! is known for that without being read.
//!
//! # Labels
//!
//! A kernel with a policy shows one label for all that is served so, whatever is answered for `security.selinux`. The
//! label of each file is therefore answered under another name too, which is not listed:
//! [`zshield_golden::xattrs::SERVED_LABEL`].

mod attributes;
mod nodes;
mod served;
mod state;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fuser::{BackgroundSession, Config, Session, SessionACL};
use zshield_linux::mount;

use crate::read::{Entry, ReadError, Trees};
use served::Served;
use state::State;

/// By this name the mount is listed among all others.
pub const SOURCE: &str = "zshield-vault";
const SOURCE_C: &std::ffi::CStr = c"zshield-vault";
/// Who opens contents at the same time; each holds one.
const THREADS: usize = 2;

/// Something that could not be read when somebody wanted it.
#[derive(Debug, Clone)]
pub struct Unreadable {
    /// Where, below the root of the mount, without a `/` at its start.
    pub path: Vec<u8>,
    /// Why.
    pub error: Arc<ReadError>,
}

/// A generation, or a directory of one, mounted for as long as this lives.
#[derive(Debug)]
pub struct Mounted {
    at: PathBuf,
    state: Arc<State>,
    session: Option<BackgroundSession>,
}

impl Mounted {
    /// Mounts a directory of a generation. Only root can, and only root can look into it.
    pub fn new(trees: Arc<Trees>, root: Entry, at: &Path) -> io::Result<Self> {
        // By this path it is listed, and found when it is to go.
        let at = at.canonicalize()?;
        let device = File::options().read(true).write(true).open("/dev/fuse")?;
        mount::fuse(&device, &at, SOURCE_C)?;
        let state = Arc::new(State::new(trees, root));
        let mut mounted = Self { at, state, session: None };
        let mut config = Config::default();
        config.n_threads = Some(THREADS);
        let served = Served(Arc::clone(&mounted.state));
        let session = Session::from_fd(served, device.into(), SessionACL::Owner, config)?;
        mounted.session = Some(session.spawn()?);
        Ok(mounted)
    }

    /// Where it is mounted.
    pub fn root(&self) -> &Path {
        &self.at
    }

    /// What was asked for and could not be read until now, in the order of paths. Whoever asked got an error (EIO).
    pub fn damaged(&self) -> Vec<Unreadable> {
        self.state.unreadable()
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Err(error) = mount::detach(&self.at) {
            // Somebody is in there. The threads go on until he leaves.
            tracing::warn!("{error}");
            if let Err(error) = mount::leave_all(&self.at) {
                tracing::error!("{error}");
            }
            return;
        }
        if let Some(Err(error)) = self.session.take().map(BackgroundSession::join) {
            tracing::warn!("{}: {error}", self.at.display());
        }
    }
}
