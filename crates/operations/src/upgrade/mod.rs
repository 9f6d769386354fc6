//! Upgrades.

pub mod source;
