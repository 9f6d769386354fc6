//! What benches do inside user-mode Linux, where this very program is at hand.

mod account;
mod compare;
mod fill;
mod fold;
mod gap;
mod origin_order;
mod table;

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

pub(super) use account::{Measured, measured};
pub(super) use compare::manifest;
pub(super) use gap::gaps;

use zshield_machines::disk_model;

/// A step of a bench.
#[derive(Debug, Subcommand)]
pub enum Guest {
    /// Serve a device as a rotating disk
    Disk {
        /// Where its bytes are
        device: PathBuf,
        /// Where it listens for its one client
        socket: PathBuf,
    },
    /// Run a command, and tell its time and what the disks did for it
    Measure {
        /// What the measurement is called
        name: String,
        /// Program and arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Fill a snapshot's store without writing to its origin
    Fill {
        /// The snapshot's store
        store: PathBuf,
        /// The volume that it is a snapshot of
        origin: PathBuf,
        /// As one write of all of it would leave it
        #[arg(long)]
        in_order: bool,
    },
    /// Hold a tree against the manifest of a slot
    Compare {
        /// The directory with the manifest
        slot: PathBuf,
        /// The directory with the keys that may have signed it
        keys: PathBuf,
        /// The directory to be compared
        tree: PathBuf,
    },
    /// Copy back by place in the origin
    OriginOrder {
        /// The snapshot's store
        store: PathBuf,
        /// The volume that it is a snapshot of
        origin: PathBuf,
    },
    /// Write and sync a file until `stop` is in a directory of signals, and tell the longest gap
    Gap {
        /// What the measurement is called
        name: String,
        /// The file that is written
        file: PathBuf,
        /// The directory of signals
        signals: PathBuf,
    },
    /// Read blocks all over a device until `stop` is in a directory of signals, and tell the longest gap
    ReadGap {
        /// What the measurement is called
        name: String,
        /// The device that is read
        device: PathBuf,
        /// The directory of signals
        signals: PathBuf,
    },
    /// Mark the store of the factory snapshot as one over the latest backup
    Detach,
    /// Fold the latest backup into the factory store
    Fold {
        /// The disk of both, which others use meanwhile
        hdd: String,
        /// How many chunks have to be appended
        chunks: u64,
    },
}

/// Does it.
pub fn run(guest: Guest) -> Result<()> {
    match guest {
        Guest::Disk { device, socket } => disk_model::serve(&device, &socket),
        Guest::Measure { name, command } => account::measure(&name, &command),
        Guest::Fill { store, origin, in_order } => fill::run(&store, &origin, in_order),
        Guest::Compare { slot, keys, tree } => compare::run(&slot, &keys, &tree),
        Guest::OriginOrder { store, origin } => origin_order::run(&store, &origin),
        Guest::Gap { name, file, signals } => gap::write(&name, &file, &signals),
        Guest::ReadGap { name, device, signals } => gap::read(&name, &device, &signals),
        Guest::Detach => fold::detach(),
        Guest::Fold { hdd, chunks } => fold::fold(&hdd, chunks),
    }
}
