//! What is made once in a process.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;

/// What the first who asks builds while others wait: a file, mostly. A failure is not remembered.
#[derive(Debug, Default)]
pub struct Once<T = PathBuf>(Mutex<Option<T>>);

impl<T: Clone> Once<T> {
    /// Nothing is built yet.
    pub const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// It, built if need be.
    pub fn get(&self, build: impl FnOnce() -> Result<T>) -> Result<T> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = &*kept {
            return Ok(made.clone());
        }
        let made = build()?;
        *kept = Some(made.clone());
        Ok(made)
    }
}
