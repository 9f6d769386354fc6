//! Upgrades.

pub mod apply;
