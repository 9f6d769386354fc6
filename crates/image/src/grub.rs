//! GRUB's core images: made once, with every module inside, for the stick and the SSD alike.

use std::fs;
use std::path::{Path, PathBuf};

use zshield_formats::boot_loader::grub::{core_for, with_core_at};
use zshield_units::Sectors;

use crate::error::{BuildError, at};
use crate::platform::Platform;
use crate::scratch;
use crate::sysroot::Sysroot;
use crate::tool::Tool;

/// Where GRUB finds its menu: on the third partition of the disk that it was loaded from.
const PREFIX: &str = "(,gpt3)/zshield";

/// The sector of the BIOS boot partition, on the stick and on the SSD.
pub const CORE_LBA: Sectors = Sectors(2048);

/// The most that the BIOS boot partition holds, in bytes.
pub const CORE_MAX: usize = 1 << 20;

const SECTOR: usize = 512;

/// Modules for both platforms: what a menu needs to find a kernel and to be drawn. No `ls`, no
/// `cat`, no `minicmd`: nobody gets a shell to use them in.
const MODULES: &str = "
    part_gpt part_msdos ext2 fat normal configfile linux test true echo sleep regexp
    reboot halt loadenv search search_fs_uuid search_label eval probe
    serial terminal terminfo gfxterm font all_video password_pbkdf2 gettext";

/// Where a platform's modules come from.
#[derive(Clone, Debug)]
pub struct Modules {
    /// The firmware that they are for.
    pub platform: Platform,
    /// Their directory on this host.
    pub directory: PathBuf,
    /// Whether the build host lends them since the payload has none.
    pub lent: bool,
}

impl Modules {
    /// The payload's modules, else this host's, else none.
    pub fn locate(platform: Platform, payload: &Sysroot) -> Option<Self> {
        let in_tree = |tree: &Sysroot| {
            ["usr/lib/grub", "usr/lib/grub2", "usr/share/grub", "usr/share/grub2"]
                .iter()
                .filter_map(|base| tree.find(Path::new(base).join(platform.name())))
                .find(|directory| directory.join("moddep.lst").is_file())
        };
        let own = in_tree(payload).map(|directory| Self { platform, directory, lent: false });
        own.or_else(|| {
            let directory = in_tree(&Sysroot::new("/"))?;
            Some(Self { platform, directory, lent: true })
        })
    }

    /// The core image, before it is fitted to a place on a disk.
    pub fn core(&self) -> Result<Vec<u8>, BuildError> {
        let scratch = scratch::Directory::new().map_err(BuildError::scratch)?;
        let (output, config) = (scratch.path().join("core"), scratch.path().join("config"));
        fs::write(&config, zshield_plan::grub::core()).map_err(at(&config))?;
        Tool::GrubMkimage
            .run()?
            .arg("-d")
            .arg(&self.directory)
            .args(["-O", self.platform.name(), "-p", PREFIX, "-o"])
            .arg(&output)
            .arg("-c")
            .arg(&config)
            .args(MODULES.split_whitespace())
            .args(self.platform.modules().split_whitespace())
            .output()?;
        fs::read(&output).map_err(at(&output))
    }

    /// GRUB's first sector for BIOS.
    pub fn boot_sector(&self) -> Result<Vec<u8>, BuildError> {
        let path = self.directory.join("boot.img");
        fs::read(&path).map_err(at(&path))
    }
}

/// `boot.img` made to load the core from [`CORE_LBA`] of the disk that the firmware booted.
pub fn fitted_boot_sector(mut boot: Vec<u8>) -> Option<Vec<u8>> {
    const BOOT_DRIVE: usize = 0x64;
    const DRIVE_CHECK: usize = 0x66;
    if boot.len() != SECTOR {
        return None;
    }
    boot[BOOT_DRIVE] = 0xff;
    // The jump over the check of the drive's number, which some firmwares get wrong.
    boot[DRIVE_CHECK..DRIVE_CHECK + 2].fill(0x90);
    with_core_at(&boot, CORE_LBA.0)
}

/// `core.img` made to load the rest of itself from behind its first sector at [`CORE_LBA`], and
/// filled up to whole sectors.
pub fn fitted_core(mut core: Vec<u8>) -> Option<Vec<u8>> {
    let sectors = core.len().div_ceil(SECTOR);
    if sectors < 2 || sectors * SECTOR > CORE_MAX {
        return None;
    }
    core.resize(sectors * SECTOR, 0);
    core_for(&core, CORE_LBA.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sector_loads_the_core_from_its_place() {
        let boot = fitted_boot_sector(vec![0x11; 512]).unwrap();
        assert_eq!(boot[0x5c..0x64], 2048u64.to_le_bytes());
        assert_eq!(boot[0x64..0x68], [0xff, 0x11, 0x90, 0x90]);
        assert_eq!(fitted_boot_sector(vec![0; 440]), None);
    }

    #[test]
    fn the_core_knows_how_much_of_it_follows() {
        let core = fitted_core(vec![0x11; 512 * 3 + 1]).unwrap();
        assert_eq!(core.len(), 512 * 4);
        assert_eq!(core[0x1f4..0x1fc], 2049u64.to_le_bytes());
        assert_eq!(core[0x1fc..0x200], [3, 0, 0x11, 0x11]);
        assert_eq!(fitted_core(vec![0; CORE_MAX + 1]), None);
    }
}
