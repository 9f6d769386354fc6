//! Decisions, apart from effects: nothing here touches a file, a process, a clock or chance.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod action;
pub mod appliance;
pub mod backup;
pub mod check;
pub mod choice;
pub mod clear;
pub mod command;
pub mod degraded;
pub mod factory;
pub mod grub;
pub mod grubenv;
pub mod health;
pub mod id;
pub mod install;
pub mod journal;
pub mod kernel_release;
pub mod layout;
pub mod ledger;
pub mod live;
pub mod lvm;
pub mod machine_files;
pub mod model;
pub mod own;
pub mod plan;
pub mod policy;
pub mod recover;
pub mod repair;
pub mod resume;
pub mod role;
pub mod saved;
pub mod schedule;
mod shown;
pub mod step;
pub mod volumes;
pub mod world;
