//! What firmware starts a disk by: GRUB's boot code and core for BIOS, and the FAT of an EFI system partition.
//!
//! Each can lie in another place than the usual one, and one sector says where: the first of the disk has the sector
//! of the core, the first of the partition how many sectors lie before its FAT.

pub mod fat;
pub mod grub;

/// The size of a sector, in bytes; neither format knows another one on an appliance's disks.
pub const SECTOR: usize = 512;

/// A number of a sector, little-endian as all of these.
fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

/// Writes one.
fn set(bytes: &mut [u8], at: usize, value: &[u8]) -> Option<()> {
    bytes.get_mut(at..at + value.len())?.copy_from_slice(value);
    Some(())
}
