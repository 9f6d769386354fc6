//! Effects: what a plan says is done here, and what a machine is is read here. Nothing is chosen.
//!
//! | module | holds |
//! |---|---|
//! | [`command`] | the one place that runs a command |
//! | [`observe`] | the World, read from sysfs, LVM, blkid and the disks themselves |
//! | [`execute`] | the executor: a plan's steps with their journal, and what each one does |
//! | [`journal`], [`ledger`] | state in two copies with a generation number |
//! | [`copies`] | copies of an own disk, told from it and hidden |
//! | [`metadata`] | LVM's own, where a power cut tore it |
//! | [`factory_store`], [`factory_view`] | the factory state where no kernel follows it: kept up to date, and looked into |
//! | [`generation`] | a generation of the vault, mounted to be read |
//! | [`boot_backup`] | `/boot` as it is saved into root, and put back |
//! | [`grubenv`] | the words that GRUB and the system leave for each other |
//! | [`tools`] | the system's own programs, or a snapshot's in place of them |
//! | [`upgrade`] | files of two versions held against those of the machine, and staged |
//! | [`keys`] | the keys that the machine trusts |
//! | [`packages`] | packages of a bundle, as the payload's own package manager sees them |
//! | [`floor`] | what is too old for the machine, on its Golden partition |
//! | [`upgrade_record`] | the record of upgrades |
//! | [`health`], [`failed_start`] | what the health gate of an upgrade looks at; what is kept of a start that failed |
//! | [`context`] | what an operation works with |
//! | [`record`] | what is left behind of an installation |
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod adopt;
mod block;
mod lost_ledger;
mod mount;
mod owners;
mod programs;
mod restore_scope;
mod step_error;
mod steps;
mod writers;

pub mod appliance;
pub mod backup_mounts;
pub mod boot_backup;
pub mod boot_files;
pub mod command;
pub mod context;
pub mod copies;
pub mod degraded;
pub mod execute;
pub mod factory_store;
pub mod factory_view;
pub mod fail_point;
pub mod failed_start;
pub mod floor;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod generation;
pub mod grubenv;
pub mod health;
pub mod hooks;
mod inside;
pub mod invalid_snapshots;
pub mod journal;
pub mod keys;
pub mod ledger;
pub mod live;
pub mod lock;
pub mod metadata;
pub mod observe;
pub mod order;
pub mod outcome;
pub mod pace;
pub mod packages;
pub mod read_only_mount;
pub mod record;
pub mod services;
pub mod tools;
pub mod upgrade;
pub mod upgrade_record;
pub mod vault;
pub mod way_back;
pub mod whole;

pub use mount::mounted_within;

/// GRUB's directory within a system.
pub const BOOT_DIRECTORY: &str = "boot/zshield";
