//! Decisions, apart from effects: nothing here touches a file, a process, a clock or chance.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod grub;
pub mod policy;
pub mod size;
