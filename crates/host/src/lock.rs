//! One operation at a time, across the daemon and every command.

mod operation;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use zshield_messages::say;

use zshield_linux::{IoError, own_directory};

pub use operation::Operation;

/// The lock's file.
pub const PATH: &str = "/run/zshield/lock";

/// The file of the lock for what is sent off the machine, beside all other operations.
const SENDING: &str = "/run/zshield/sending";

/// The file of the lock for whoever reads the vault beside all other operations.
const READING: &str = "/run/zshield/reading";

/// How many may have a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Share {
    /// One.
    Alone,
    /// As many as like, and nobody alone.
    Together,
}

/// Who holds the lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// What is being done.
    pub operation: Operation,
    /// The process.
    pub pid: u32,
    /// Since when, in RFC 3339.
    pub since: String,
}

/// The lock, held for as long as this is.
#[derive(Debug)]
pub struct Held {
    file: File,
}

impl Drop for Held {
    /// A process that goes on after its operation is not taken for one that holds the lock.
    fn drop(&mut self) {
        // Of those who hold it together the last one has left its name.
        let is_own = read(&mut self.file).is_none_or(|holder| holder.pid == std::process::id());
        if is_own && let Err(error) = self.file.set_len(0) {
            tracing::error!("{error}");
        }
    }
}

/// Why an operation can't begin.
#[derive(Debug, thiserror::Error)]
pub enum Busy {
    /// Another one is under way.
    #[error("{}", say::lock::Held { operation: &.0.operation.words(), pid: &.0.pid, since: &.0.since })]
    By(Holder),
    /// Another one is under way, and does not say which.
    #[error("{}", say::lock::held_by_unknown())]
    Unknown,
    /// The lock's file can't be used.
    #[error("{}", say::lock::unusable(.0.to_string()))]
    Io(#[source] IoError),
}

/// Takes the lock for an operation, or says who has it. It is let go when the process ends,
/// however that comes about.
///
/// What can be interrupted at any time, and goes on where it was, gives way to what changes the appliance: whoever asks for a
/// backup does not wait for the copy of the last one. Who only looks does.
pub fn hold(operation: Operation) -> Result<Held, Busy> {
    hold_before(Path::new(PATH), operation)
}

/// How long such an operation has to end.
const ENDING: Duration = Duration::from_secs(20);

fn hold_before(path: &Path, operation: Operation) -> Result<Held, Busy> {
    let gives_way = |holder: &Holder| holder.operation.gives_way_to(operation);
    let holder = match hold_at(path, operation) {
        Err(Busy::By(holder)) if gives_way(&holder) => holder,
        held => return held,
    };
    let Some(pid) = i32::try_from(holder.pid).ok().and_then(Pid::from_raw) else {
        return Err(Busy::By(holder));
    };
    if !is_own_program(holder.pid) {
        return Err(Busy::By(holder));
    }
    if let Err(error) = kill_process(pid, Signal::TERM) {
        tracing::warn!("{}: {error}", holder.operation);
    }
    let asked = Instant::now();
    loop {
        match hold_at(path, operation) {
            // The kernel has no lock with a limit.
            Err(Busy::By(_) | Busy::Unknown) if asked.elapsed() < ENDING => {
                thread::sleep(Duration::from_millis(50));
            }
            held => return held,
        }
    }
}

/// Whether a process is one of this program.
pub(crate) fn is_own_program(pid: u32) -> bool {
    fs::read(format!("/proc/{pid}/comm")).is_ok_and(|name| name.starts_with(b"zshield"))
}

/// Takes the lock under which copies are sent off the machine: two at a time would send the same. That takes hours, and keeps no
/// other operation waiting.
pub fn hold_sending(operation: Operation) -> Result<Held, Busy> {
    hold_at(Path::new(SENDING), operation)
}

/// Takes the lock under which the vault is read, with all others who do. It keeps nobody waiting but who removes something there:
/// what is read stays.
pub fn hold_reading(operation: Operation) -> Result<Held, Busy> {
    hold_as(Path::new(READING), operation, Share::Together)
}

/// Takes the lock under which something is removed from the vault: nobody reads it meanwhile.
pub fn hold_removing(operation: Operation) -> Result<Held, Busy> {
    hold_at(Path::new(READING), operation)
}

/// Who holds the lock now. It is not tried: whoever took it at that moment would be refused.
pub fn holder() -> Option<Holder> {
    let holder = read(&mut File::open(PATH).ok()?)?;
    is_own_program(holder.pid).then_some(holder)
}

/// Whether this process holds it.
pub(crate) fn is_own() -> bool {
    holder().is_some_and(|holder| holder.pid == std::process::id())
}

fn read(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.rewind().and_then(|()| file.read_to_string(&mut text)).ok()?;
    serde_json::from_str(&text).ok()
}

fn hold_at(path: &Path, operation: Operation) -> Result<Held, Busy> {
    hold_as(path, operation, Share::Alone)
}

fn hold_as(path: &Path, operation: Operation, share: Share) -> Result<Held, Busy> {
    let unusable = |error: io::Error| Busy::Io(IoError::at(path)(error));
    if let Some(directory) = path.parent() {
        own_directory::ensure(directory, own_directory::PRIVATE).map_err(unusable)?;
    }
    let mut open = OpenOptions::new();
    open.read(true).write(true);
    let mut file = own_directory::open_file(path, &mut open, 0o600).map_err(unusable)?;
    let tried = match share {
        Share::Alone => file.try_lock(),
        Share::Together => file.try_lock_shared(),
    };
    match tried {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(read(&mut file).map_or(Busy::Unknown, Busy::By));
        }
        Err(TryLockError::Error(error)) => return Err(unusable(error)),
    }
    let now = jiff::Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    let holder = Holder { operation, pid: std::process::id(), since: now };
    let json = serde_json::to_vec(&holder).map_err(io::Error::from).map_err(unusable)?;
    file.set_len(0).and_then(|()| file.write_all(&json)).map_err(unusable)?;
    Ok(Held { file })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::{Child, Command, Stdio};

    use super::*;

    #[test]
    fn the_second_one_hears_who_holds_it_and_since_when() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/lock");
        let held = hold_at(&path, Operation::Backup).unwrap();
        let Err(Busy::By(holder)) = hold_at(&path, Operation::Recover) else {
            panic!("two at a time")
        };
        assert_eq!((holder.operation, holder.pid), (Operation::Backup, std::process::id()));
        assert!(holder.since.starts_with("20"), "{}", holder.since);
        drop(held);
        assert_eq!(read(&mut File::open(&path).unwrap()), None);
        hold_at(&path, Operation::Recover).unwrap();
    }

    #[test]
    fn who_reads_keeps_nobody_waiting_but_who_removes() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("reading");
        let read = |operation| hold_as(&path, operation, Share::Together);
        let (first, second) =
            (read(Operation::VaultMount).unwrap(), read(Operation::VaultSend).unwrap());
        let Err(Busy::By(holder)) = hold_at(&path, Operation::VaultPrune) else {
            panic!("read and removed")
        };
        assert_eq!(holder.operation, Operation::VaultSend);
        drop(first);
        assert!(hold_at(&path, Operation::VaultPrune).is_err());
        drop(second);
        let _alone = hold_at(&path, Operation::VaultPrune).unwrap();
        let Err(Busy::By(holder)) = read(Operation::VaultList) else { panic!("removed and read") };
        assert_eq!(holder.operation, Operation::VaultPrune);
    }

    /// A process named as this program is, that holds the lock for an operation until it is ended.
    fn held_elsewhere(path: &Path, operation: Operation) -> Child {
        let program = path.with_file_name("zshield-held");
        // The kernel names a process for its script.
        let script = "#!/bin/sh\nexec 9<>\"$1\"; flock 9; echo held; read -r _\n";
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        let mut held = Command::new(&program);
        held.arg(path).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut held = held.spawn().unwrap();
        let mut said = [0; 5];
        held.stdout.as_mut().unwrap().read_exact(&mut said).unwrap();
        let since = String::new();
        let holder = Holder { operation, pid: held.id(), since };
        fs::write(path, serde_json::to_vec(&holder).unwrap()).unwrap();
        held
    }

    #[test]
    fn a_copy_gives_way_to_what_changes_something_and_a_backup_to_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        for (holding, asking) in [
            (Operation::Backup, Operation::Recover),
            (Operation::VaultCopy, Operation::VaultCheck),
            (Operation::VaultCopy, Operation::VaultList),
        ] {
            let mut held = held_elsewhere(&path, holding);
            assert!(matches!(hold_before(&path, asking), Err(Busy::By(_))), "{holding} {asking}");
            held.kill().unwrap();
            held.wait().unwrap();
        }
        for holding in [Operation::VaultCopy, Operation::VaultCheck] {
            let mut held = held_elsewhere(&path, holding);
            drop(hold_before(&path, Operation::Backup).unwrap());
            assert_eq!(held.wait().unwrap().signal(), Some(Signal::TERM.as_raw()));
        }
    }
}
