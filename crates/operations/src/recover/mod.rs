//! Recoveries: back to a backup, while the system runs or at the next start.

pub mod at_rest;
pub mod pending_restarts;
