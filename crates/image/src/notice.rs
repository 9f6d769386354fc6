//! What the build noticed and a release engineer should know, though nothing is wrong.

use std::fmt;

use zshield_messages::say;

use crate::error::items;
use crate::platform::Platform;

/// Something worth saying after a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The payload has no GRUB for this firmware; the build host's is used.
    GrubLent(Platform),
    /// The payload holds SSH host keys, so many; each machine makes its own.
    HostKeys(usize),
    /// The payload holds a machine-id; each machine makes its own.
    MachineId,
    /// The payload is a directory and the build ran without root: every file belongs to root.
    AllOwnedByRoot,
    /// The payload's squashfs was packed anew, since it was not zstd.
    Repacked,
    /// These extended attributes of the payload are left out: a squashfs can't hold them.
    AttributesLost(Vec<String>),
    /// These lines of the payload's `/etc/fstab` are not on the appliance.
    FstabLeftOut(Vec<String>),
    /// Whether the payload's initrd has LVM could not be found out.
    InitrdNotRead,
    /// The payload's kernel loads none of its own modules by itself, since they lie packed.
    PackedModules,
    /// Nobody signed the image.
    Unsigned,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::GrubLent(platform) => say::image::grub_lent(platform.firmware()),
            Self::HostKeys(count) => say::image::host_keys(*count),
            Self::MachineId => say::image::machine_id(),
            Self::AllOwnedByRoot => say::image::all_owned_by_root(),
            Self::Repacked => say::image::repacked(),
            Self::AttributesLost(names) => say::image::attributes_lost(names.join(", ")),
            Self::FstabLeftOut(lines) => say::image::fstab_left_out(items(lines)),
            Self::InitrdNotRead => say::image::initrd_not_read(),
            Self::PackedModules => say::image::packed_modules(),
            Self::Unsigned => say::image::unsigned(),
        })
    }
}
