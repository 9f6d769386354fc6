//! GRUB for BIOS: `boot.img` loads the first sector of the core (`diskboot.img`), which loads the rest of it from the
//! places in its list (`grub-core/boot/i386/pc/{boot,diskboot}.S` of GRUB 2).

use super::{SECTOR, number, set};

/// Where `boot.img` has the core's first sector.
const KERNEL_SECTOR: usize = 0x5c;
/// Where the core's first sector has the sector and the length of what follows it.
const LIST_SECTOR: usize = 0x1f4;
const LIST_LENGTH: usize = 0x1fc;

/// The sector of the disk that boot code loads the core from; nothing where it is shorter than boot code is.
pub fn core_place(boot: &[u8]) -> Option<u64> {
    number(boot, KERNEL_SECTOR).map(u64::from_le_bytes)
}

/// The same boot code, which loads the core from this sector.
pub fn with_core_at(boot: &[u8], sector: u64) -> Option<Vec<u8>> {
    let mut boot = boot.to_vec();
    set(&mut boot, KERNEL_SECTOR, &sector.to_le_bytes())?;
    Some(boot)
}

/// How long a core in this sector of the disk is, in bytes, by its first sector; nothing where that is no core for this place.
pub fn core_length(first: &[u8], sector: u64) -> Option<usize> {
    let follows = number(first, LIST_SECTOR).map(u64::from_le_bytes)?;
    if Some(follows) != sector.checked_add(1) {
        return None;
    }
    let rest = number(first, LIST_LENGTH).map(u16::from_le_bytes)?;
    Some((usize::from(rest) + 1) * SECTOR)
}

/// The same core, for this sector of the disk. A core has whole sectors, and two at least.
pub fn core_for(core: &[u8], sector: u64) -> Option<Vec<u8>> {
    let sectors = core.len() / SECTOR;
    if sectors < 2 || !core.len().is_multiple_of(SECTOR) {
        return None;
    }
    let rest = u16::try_from(sectors - 1).ok()?;
    let mut core = core.to_vec();
    set(&mut core, LIST_SECTOR, &sector.checked_add(1)?.to_le_bytes())?;
    set(&mut core, LIST_LENGTH, &rest.to_le_bytes())?;
    Some(core)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_and_boot_code_name_the_place_that_they_are_for() {
        let core: Vec<u8> = (0..2048_u32).map(|at| at.to_le_bytes()[0]).collect();
        let moved = core_for(&core, 3072).unwrap();
        assert_eq!(moved[0x1f4..0x1fc], 3073_u64.to_le_bytes());
        assert_eq!(core_length(&moved, 3072), Some(2048));
        assert_eq!(core_length(&moved, 3073), None);
        assert_eq!((&moved[..0x1f4], &moved[512..]), (&core[..0x1f4], &core[512..]));
        assert_eq!(core_for(&core[..512], 1), None);
        assert_eq!(core_for(&core[..1025], 1), None);
        let boot = with_core_at(&[7; 512], 3072).unwrap();
        assert_eq!(core_place(&boot), Some(3072));
        assert_eq!((boot[0x5b], boot[0x64]), (7, 7));
        assert_eq!(core_place(&[0; 90]), None);
    }
}
