//! The machine's own interfaces, each once. Nothing is chosen here.
//!
//! | module | holds |
//! |---|---|
//! | [`program`] | the one runner of programs, with a deadline |
//! | [`durable_file`] | the one writer of files that last |
//! | [`attributes`] | what `chattr` forbids, taken away where it is in the way |
//! | [`label`] | the labels of what is written where no `SELinux` is at work |
//! | [`lvm`], [`device_mapper`] | the one door to each |
//! | [`mount`], [`loop_device`] | filesystems mounted, mended and unmounted; a file as a device |
//! | [`device`], [`open_flags`], [`ioctl`] | devices opened for reading, flags of opening; requests to the kernel |
//! | [`network`] | addresses and routes |
//! | [`link`] | wired links: brought up, their carrier, addresses and routes given |
//! | [`nodes`] | what is lost of `/dev`, made again |
//! | [`uevent`] | the sign that the machine's devices have changed |
//! | [`activity`], [`usage`] | whether a disk answers; how full a filesystem is |
//! | [`ab_record`] | state that survives a cut in its own writing |
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod ab_record;
pub mod activity;
pub mod attributes;
pub mod device;
pub mod device_mapper;
pub mod durable_file;
mod error;
pub mod ioctl;
pub mod label;
pub mod link;
pub mod loop_device;
pub mod lvm;
pub mod mount;
pub mod network;
pub mod nodes;
pub mod open_flags;
pub mod own_directory;
pub mod program;
pub mod record;
pub mod rpm;
pub mod uevent;
pub mod usage;

pub use error::IoError;
