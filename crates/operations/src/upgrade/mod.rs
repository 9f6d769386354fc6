//! Upgrades.

pub mod apply;
pub mod source;
