//! The programs that an image takes from its payload.

/// A program that the rescue system takes from the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its name.
    pub name: &'static str,
    /// The packages that bring it: Debian's and Red Hat's.
    pub packages: (&'static str, &'static str),
}

/// What no rescue system can do without.
pub const PROGRAMS: &[Program] = &[
    Program { name: "lvm", packages: ("lvm2", "lvm2") },
    Program { name: "dmsetup", packages: ("dmsetup", "device-mapper") },
    Program { name: "mke2fs", packages: ("e2fsprogs", "e2fsprogs") },
    Program { name: "e2fsck", packages: ("e2fsprogs", "e2fsprogs") },
    Program { name: "blkid", packages: ("util-linux", "util-linux") },
];

/// What mends root before it is mounted, and by which name a system's start calls it.
pub const FSCK: &[(&str, Program)] = &[
    ("fsck", Program { name: "fsck", packages: ("util-linux", "util-linux") }),
    ("fsck.ext4", Program { name: "e2fsck", packages: ("e2fsprogs", "e2fsprogs") }),
    ("logsave", Program { name: "logsave", packages: ("logsave", "e2fsprogs") }),
];
