//! Objects in a directory of a server that speaks SFTP, by the `ssh` of the system.

mod content;
mod files;
pub(super) mod packet;
mod place;
mod request;
mod session;

use std::fmt;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use super::{Bandwidth, Object, ObjectKind, ObjectStore, StoreError, StoreProblem, Stored};
use session::{Broken, Session};

pub use place::{SftpPlace, SftpPlaceError};

/// A directory of a server.
///
/// What is written is complete, and synced where the server can do that (`fsync@openssh.com`), before it takes its
/// name; a name that is taken is never taken away, for plain renaming refuses that. So a server that lets nobody remove
/// anything (OpenSSH: `internal-sftp -P remove,rmdir,posix-rename,…`) is enough for the nightly copy.
///
/// That alone keeps nobody from writing into a file that is there, or from moving it away: the protocol has no right to
/// add only. Whoever must not be able to destroy what is there needs a server that makes it immutable or keeps
/// snapshots of it, or a bucket with versions.
///
/// The directory itself is not made. One connection serves all operations, one after the other; one that is lost is
/// made anew by the next.
pub struct Sftp {
    place: SftpPlace,
    bandwidth: Option<Bandwidth>,
    session: Mutex<Option<Session>>,
}

/// Why an operation failed: by its own fault, or by the connection's.
#[derive(Debug)]
enum Failure {
    Refused(StoreProblem),
    Broken(Broken),
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl From<StoreProblem> for Failure {
    fn from(problem: StoreProblem) -> Self {
        Self::Refused(problem)
    }
}

impl Sftp {
    /// A directory of a server.
    pub fn new(place: SftpPlace) -> Self {
        Self { place, bandwidth: None, session: Mutex::new(None) }
    }

    /// The same, no faster than this.
    #[must_use]
    pub fn limited(mut self, bandwidth: Bandwidth) -> Self {
        self.bandwidth = Some(bandwidth);
        self
    }

    /// Does something over the connection.
    fn with<T>(
        &self,
        what: impl FnOnce() -> String,
        work: impl FnOnce(&mut Session, &str) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let mut place = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |problem| StoreError::new(self.location(), what(), problem);
        let mut session = match place.take() {
            Some(session) => session,
            None => match Session::open(&self.place, self.bandwidth.clone()) {
                Ok(session) => session,
                Err(problem) => return Err(failed(problem)),
            },
        };
        match work(&mut session, &self.place.path) {
            Ok(done) => {
                *place = Some(session);
                Ok(done)
            }
            Err(Failure::Refused(problem)) => {
                *place = Some(session);
                Err(failed(problem))
            }
            Err(Failure::Broken(broken)) => Err(failed(session.why(broken))),
        }
    }
}

impl ObjectStore for Sftp {
    fn location(&self) -> String {
        self.place.to_string()
    }

    fn prepare(&self) -> Result<(), StoreError> {
        self.with(|| "prepare".to_owned(), files::prepare)
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<Stored>, StoreError> {
        self.with(|| format!("list {kind}"), |session, top| files::list(session, top, kind))
    }

    fn read(&self, object: Object) -> Result<Bytes, StoreError> {
        let what = || format!("read {}", object.path());
        self.with(what, |session, top| content::read(session, &files::at(top, object), None))
    }

    fn read_range(&self, object: Object, range: Range<u64>) -> Result<Bytes, StoreError> {
        let what = || format!("read {}", object.path());
        self.with(what, |session, top| content::read(session, &files::at(top, object), Some(range)))
    }

    fn write(&self, object: Object, content: &[Bytes]) -> Result<(), StoreError> {
        let what = || format!("write {}", object.path());
        self.with(what, |session, top| content::write(session, top, object, content))
    }

    fn remove(&self, object: Object) -> Result<(), StoreError> {
        let what = || format!("remove {}", object.path());
        self.with(what, |session, top| files::remove(session, &files::at(top, object)))
    }
}

impl fmt::Debug for Sftp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sftp({})", self.place)
    }
}
