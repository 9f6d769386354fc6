//! Decisions, apart from effects: nothing here touches a file, a process, a clock or chance.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod check;
pub mod choice;
pub mod command;
pub mod grub;
pub mod id;
pub mod install;
pub mod journal;
pub mod layout;
pub mod ledger;
pub mod plan;
pub mod policy;
pub mod resume;
pub mod role;
pub mod size;
pub mod step;
pub mod world;
