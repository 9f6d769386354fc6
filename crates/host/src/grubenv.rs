//! GRUB's environment on `/boot`.
//!
//! It is written over itself, in place: GRUB replays no journal of ext4, and would not see a new
//! file before the kernel has come to write the directory. The words are in the first sector, which
//! a disk writes whole or not at all.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use zshield_plan::grubenv::{EnvKey, Environment, SIZE};
use zshield_plan::machine_files::ENVIRONMENT;

use zshield_linux::IoError;
use zshield_linux::attributes::unlocked;
use zshield_linux::durable_file;
use zshield_linux::label;
use zshield_linux::open_flags::OpenFlags as _;

/// The place of GRUB's environment.
pub struct Grubenv {
    path: PathBuf,
}

impl Grubenv {
    /// The environment in GRUB's directory, `/boot/zshield` where `/boot` is mounted.
    pub fn in_directory(directory: &Path) -> Self {
        Self { path: directory.join(ENVIRONMENT[0]) }
    }

    /// What it holds. A block that is damaged or missing holds nothing.
    pub fn read(&self) -> Result<Environment, IoError> {
        match fs::read(&self.path) {
            Ok(block) => Ok(Environment::parse(&block).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Environment::default()),
            Err(error) => Err(IoError::at(&self.path)(error)),
        }
    }

    /// Whether GRUB can read it, and write it: it makes no file.
    pub(crate) fn is_whole(&self) -> Result<bool, IoError> {
        match fs::read(&self.path) {
            Ok(block) => Ok(block.len() == SIZE && Environment::parse(&block).is_some()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(IoError::at(&self.path)(error)),
        }
    }

    /// Sets words, or takes them out; durable when this returns.
    pub fn set(&self, words: &[(EnvKey, Option<&str>)]) -> Result<(), IoError> {
        let set = |environment: Environment, (word, value): &(EnvKey, Option<&str>)| {
            environment.with(*word, *value)
        };
        let environment = words.iter().fold(self.read()?, set);
        let block = environment.block().map_err(io::Error::other);
        block.and_then(|block| self.write(&block)).map_err(IoError::at(&self.path))
    }

    fn write(&self, block: &[u8]) -> io::Result<()> {
        if !self.path.metadata().is_ok_and(|file| file.len() == SIZE as u64) {
            return self.write_anew(block);
        }
        let mut open = OpenOptions::new();
        let open = open.write(true).flags(OFlags::DSYNC);
        let file = unlocked(&self.path, || open.open(&self.path))?;
        file.write_all_at(block, 0)?;
        file.sync_all()
    }

    fn write_anew(&self, block: &[u8]) -> io::Result<()> {
        // Whoever has emptied /boot has taken the directory, too.
        self.path.parent().map_or(Ok(()), label::create_dir_all)?;
        durable_file::write(&self.path, 0o644, block)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;
    use zshield_plan::model::Target;

    use super::*;

    #[test]
    fn it_is_written_in_place() {
        let directory = tempfile::tempdir().unwrap();
        let store = Grubenv::in_directory(directory.path());
        assert_eq!(store.read().unwrap(), Environment::default());
        store.set(&[(EnvKey::Recover, Some("latest"))]).unwrap();
        let inode = |store: &Grubenv| store.path.metadata().unwrap().ino();
        let first = inode(&store);
        store.set(&[(EnvKey::Recover, Some("factory")), (EnvKey::Tries, Some("1"))]).unwrap();
        assert_eq!(inode(&store), first);
        let read = store.read().unwrap();
        assert_eq!((read.begun(), read.tries()), (Some(Target::Factory), 1));
        store.set(&[(EnvKey::Recover, None)]).unwrap();
        assert_eq!(store.read().unwrap().begun(), None);
    }

    #[test]
    fn a_damaged_block_is_made_anew() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(ENVIRONMENT[0]), b"damaged").unwrap();
        let store = Grubenv::in_directory(directory.path());
        store.set(&[(EnvKey::Request, Some("menu"))]).unwrap();
        assert_eq!(store.read().unwrap().get(EnvKey::Request), Some("menu"));
    }
}
