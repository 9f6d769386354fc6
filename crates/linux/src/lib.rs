//! The machine's own interfaces, each once. Nothing is chosen here.
//!
//! | module | holds |
//! |---|---|
//! | [`program`] | the one runner of programs, with a deadline |
//! | [`durable_file`] | the one writer of files that last |
//! | [`lvm`], [`device_mapper`] | the one door to each |
//! | [`ab_record`] | state that survives a cut in its own writing |
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod ab_record;
pub mod device_mapper;
pub mod durable_file;
mod error;
pub mod lvm;
pub mod program;

pub use error::IoError;
