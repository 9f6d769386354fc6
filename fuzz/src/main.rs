//! Every parser of something from outside, given any bytes: an error, or a value that makes sense.
//!
//! One program has all the targets, so that it is built and linked once; `ZSHIELD_FUZZ` names the
//! one to run. `cargo xtask fuzz` does, with its corpus.
#![no_main]

mod alarm;
mod check;
mod golden;
mod host;
mod payload;
mod physical;
mod plan;
mod rescue;
mod store;

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

/// A parser and the name of its corpus.
type Target = (&'static str, fn(&[u8]));

const TARGETS: &[Target] = &[
    ("store", store::store),
    ("physical-volume", physical::volume),
    ("inodes", check::inodes),
    ("manifest", golden::manifest),
    ("signature", golden::signature),
    ("squashfs", golden::squashfs),
    ("verity", golden::verity),
    ("policy", plan::policy),
    ("world", plan::world),
    ("grubenv", plan::grubenv),
    ("journal", host::journal),
    ("ledger", host::ledger),
    ("outcome", host::outcome),
    ("boot-set", host::boot_set),
    ("lvm", host::lvm),
    ("blkid", host::blkid),
    ("mounts", host::mounts),
    ("sysfs", host::sysfs),
    ("partitions", host::partitions),
    ("smart", host::smart),
    ("raid", host::raid),
    ("getent", alarm::getent),
    ("request", alarm::request),
    ("robots", alarm::robots),
    ("alarms", alarm::list),
    ("accepted", check::accepted),
    ("last", check::last),
    ("cmdline", rescue::cmdline),
    ("settings", rescue::settings),
    ("key", rescue::key),
    ("line", rescue::line),
    ("modules", rescue::modules),
    ("elf", payload::elf),
    ("kernel", payload::kernel),
    ("initramfs", payload::initramfs),
    ("depmod", payload::depmod),
    ("contexts", payload::contexts),
    ("tar", payload::tar),
];

/// The one that was asked for.
fn chosen() -> fn(&[u8]) {
    static CHOSEN: OnceLock<fn(&[u8])> = OnceLock::new();
    *CHOSEN.get_or_init(|| {
        let name = std::env::var("ZSHIELD_FUZZ").unwrap_or_default();
        let found = TARGETS.iter().find(|(target, _)| *target == name);
        found.unwrap_or_else(|| panic!("ZSHIELD_FUZZ names no target: «{name}»")).1
    })
}

fuzz_target!(|bytes: &[u8]| chosen()(bytes));
