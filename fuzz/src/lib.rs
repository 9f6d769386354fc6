//! Every parser of something from outside, given any bytes: an error, or a value that makes sense.
//!
//! Each target has a corpus in `corpus/NAME`. The unit tests give it that, and what comes of it by a few changes;
//! `cargo xtask fuzz` looks for more, as long as it is let, with what libFuzzer sees of the code that runs.
// A target fails by a panic.
#![allow(clippy::expect_used)]

mod alarm;
mod bundle;
mod check;
mod golden;
mod host;
mod net;
mod payload;
mod physical;
mod plan;
mod rescue;
mod store;
mod vault;

/// A parser and the name of its corpus.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: &[Target] = &[
    ("store", store::store),
    ("mark", store::mark),
    ("physical-volume", physical::volume),
    ("inodes", check::inodes),
    ("manifest", golden::manifest),
    ("layer", golden::layer),
    ("signature", golden::signature),
    ("squashfs", golden::squashfs),
    ("verity", golden::verity),
    ("bundle", bundle::bundle),
    ("bundle-head", bundle::head),
    ("bundle-index", bundle::index),
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
    ("getent", net::getent),
    ("dhcp", net::dhcp),
    ("dns", net::dns),
    ("network", net::network),
    ("content-range", net::content_range),
    ("retry-after", net::retry),
    ("web-address", net::address),
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
    ("s3", vault::s3),
    ("sftp", vault::sftp),
];
