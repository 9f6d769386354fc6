//! The use cases: each operation as `prepare`, which gives the plan, the losses and the question,
//! and as `run`, which does it and gives the outcome. What is read is plain values.
//!
//! Nothing here knows an argument parser, an exit code of a process or a screen.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod acceptance;
mod active_volumes;
pub mod alarm;
pub mod backup;
pub mod backups;
pub mod boot;
pub mod bundle;
pub mod check;
pub mod daemon;
pub mod early;
pub mod emergency;
pub mod env;
pub mod error;
pub mod execution;
pub mod exit;
#[cfg(test)]
mod fixture;
pub mod floor;
pub mod hardware;
pub mod image;
mod incidents;
pub mod install;
pub mod installed;
pub mod installer;
pub mod integrity;
pub mod interruption;
pub mod keys;
mod layers;
mod looked;
pub mod overview;
pub mod progress;
pub mod question;
pub mod recover;
pub mod repair;
pub mod settle;
pub mod status;
pub mod text;
pub mod upgrade;
pub mod vault;

pub use env::Env;
pub use error::{Error, Refusal, Result};
