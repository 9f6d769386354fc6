//! The machine's own interfaces, each once. Nothing is chosen here.
//!
//! | module | holds |
//! |---|---|
//! | [`program`] | the one runner of programs, with a deadline |
//! | [`durable_file`] | the one writer of files that last |
//! | [`ab_record`] | state that survives a cut in its own writing |
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod ab_record;
pub mod durable_file;
mod error;
pub mod program;

pub use error::IoError;
