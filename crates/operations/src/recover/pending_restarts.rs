//! What is to be done with services when a recovery is through, noted before it begins: a run that
//! stops on the way has stopped some and started none, and the next one finds no difference that
//! says so. A restart of the machine starts them all: the note goes with `/run`.

use std::fs;
use std::io;
use std::path::Path;

use zshield_linux::{durable_file, own_directory};
use zshield_plan::live::Services;

/// The note.
const NOTE: &str = "/run/zshield/services-owed.json";

/// What an earlier run that stopped on the way still owes.
pub(super) fn read() -> io::Result<Services> {
    match fs::read(NOTE) {
        Ok(json) => Ok(serde_json::from_slice(&json)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Services::default()),
        Err(error) => Err(error),
    }
}

/// Notes what this run owes.
pub(super) fn note(services: &Services) -> io::Result<()> {
    own_directory::write_private(Path::new(NOTE), &serde_json::to_vec(services)?)
}

/// Takes the note away: all is done.
pub(super) fn clear() -> io::Result<()> {
    durable_file::remove(Path::new(NOTE))
}
