//! Machines that tests and benches run, and everything that these machines are made from.
//!
//! From the ground up: where files are kept ([`work`]), programs of this host ([`tool`],
//! [`packages`]), files that are made once ([`cache`], [`once`]), programs and images built from
//! the workspace ([`binary`], [`deb`], [`payload`], [`stick`]) and elsewhere ([`python`]), disks ([`nbd`], [`disk_model`]),
//! virtual machines ([`qemu`], [`uml`]), and installed appliances ([`appliance`],
//! [`uml_appliance`]). [`artifacts`] hands all of it out.

pub mod appliance;
pub mod artifacts;
pub mod binary;
pub mod cache;
pub mod deb;
pub mod disk_model;
pub mod nbd;
pub mod once;
pub mod packages;
pub mod payload;
pub mod python;
pub mod qemu;
pub mod stick;
pub mod tool;
pub mod uml;
pub mod uml_appliance;
pub mod work;
