//! The firmwares that an image starts from.

/// A firmware that GRUB starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// BIOS.
    Pc,
    /// 64-bit UEFI.
    Efi,
}

impl Platform {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Pc, Self::Efi];

    /// GRUB's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pc => "i386-pc",
            Self::Efi => "x86_64-efi",
        }
    }

    /// The firmware's name.
    pub const fn firmware(self) -> &'static str {
        match self {
            Self::Pc => "BIOS",
            Self::Efi => "UEFI",
        }
    }

    /// The packages that bring its modules: Debian's and Red Hat's.
    pub const fn packages(self) -> (&'static str, &'static str) {
        match self {
            Self::Pc => ("grub-pc-bin", "grub2-pc-modules"),
            Self::Efi => ("grub-efi-amd64-bin", "grub2-efi-x64-modules"),
        }
    }

    /// The modules of GRUB that it takes beside those that every firmware takes.
    pub(crate) const fn modules(self) -> &'static str {
        match self {
            Self::Pc => "biosdisk vbe vga",
            Self::Efi => "efi_gop efifwsetup",
        }
    }
}
