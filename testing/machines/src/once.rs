//! A file that is built once in a process.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;

/// A file that the first who asks builds while others wait. A failure is not remembered.
#[derive(Debug, Default)]
pub struct Once(Mutex<Option<PathBuf>>);

impl Once {
    /// Nothing is built yet.
    pub const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// The file, built if need be.
    pub fn get(&self, build: impl FnOnce() -> Result<PathBuf>) -> Result<PathBuf> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = &*made {
            return Ok(path.clone());
        }
        let path = build()?;
        *made = Some(path.clone());
        Ok(path)
    }
}
