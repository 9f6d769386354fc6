//! What scenarios share: each thing is built once, when the first of them asks for it.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;

use crate::payload::{self, Initrd, Suite};
use crate::work::Work;
use crate::{binary, deb};

/// The things built from the workspace.
#[derive(Debug)]
pub struct Artifacts {
    work: Work,
    suite: Suite,
    initrd: Initrd,
    binary: Once,
    deb: Once,
    payload: Once,
}

/// A file that the first who asks builds while others wait. A failure is not remembered.
#[derive(Debug, Default)]
struct Once(Mutex<Option<PathBuf>>);

impl Once {
    fn get(&self, build: impl FnOnce() -> Result<PathBuf>) -> Result<PathBuf> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = &*made {
            return Ok(path.clone());
        }
        let path = build()?;
        *made = Some(path.clone());
        Ok(path)
    }
}

impl Artifacts {
    /// Nothing is built yet.
    pub fn new(work: Work, suite: Suite, initrd: Initrd) -> Self {
        Self {
            work,
            suite,
            initrd,
            binary: Once::default(),
            deb: Once::default(),
            payload: Once::default(),
        }
    }

    /// The workspace.
    pub fn work(&self) -> &Work {
        &self.work
    }

    /// The static `zshield`.
    pub fn binary(&self) -> Result<PathBuf> {
        self.binary.get(|| binary::release(&self.work))
    }

    /// zshield's Debian package.
    pub fn deb(&self) -> Result<PathBuf> {
        self.deb.get(|| deb::build(&self.work, &self.binary()?))
    }

    /// The demo payload, as a tar.
    pub fn payload(&self) -> Result<PathBuf> {
        self.payload.get(|| payload::build(&self.work, self.suite, self.initrd, &self.deb()?))
    }
}
