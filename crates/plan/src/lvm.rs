//! What LVM is told by every command, beside what the machine's `lvm.conf` says.

/// The configuration of a command, with these settings of its section `devices`.
///
/// Where `lvmdevices` has listed the machine's disks LVM would pass over any filter; ours decides.
/// LVM of a version that does not know a setting would complain of it, and go on.
pub fn config(devices: &str) -> String {
    let blank = if devices.is_empty() { "" } else { " " };
    format!("config{{checks=0}} devices{{use_devicesfile=0{blank}{devices}}}")
}
