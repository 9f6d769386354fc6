//! The mark in a store that no kernel loads: over which snapshots it is right.
//!
//! A plain volume with a store in it does not say what it stands over. It may be a remnant: LVM removes a
//! snapshot in two writes, and between them that is a plain volume too; or what it stood over may be gone.
//! So the store that is folded to says it itself, in the second sector of its first chunk, where the kernel
//! has zeros behind its header and looks at nothing. When the kernel writes that chunk again, it does so
//! since it gives the snapshot up: the mark is gone then, as it should be.
//!
//! | bytes | hold |
//! |---|---|
//! | 0 to 7 | `ZSFOLDED` |
//! | 8 to 11 | the version of this format, 1 |
//! | 12 to 15 | how many bases there are, 1 or 2 |
//! | 16 to 23 | how many exceptions the table has at least |
//! | 24 to 99 | the bases, 38 bytes each; zeros where there is one |
//! | 480 to 511 | BLAKE3 of what is before, zeros included |
//!
//! All numbers are little-endian. A disk writes a sector as a whole or not at all.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use rustix::fs::{fdatasync, ioctl_blksszget};
use rustix::io::Errno;
use zshield_units::VolumeId;

use super::error::CowError;
use crate::buffer::AlignedBuffer;

const MAGIC: &[u8; 8] = b"ZSFOLDED";
const VERSION: u32 = 1;
/// The size of a mark, and where it lies.
const SECTOR: usize = 512;
/// What is read, and any disk's block.
const BLOCK: usize = 4096;
/// The length of a base.
const ID: usize = VolumeId::LENGTH;
const BASES: usize = 24;
const CHECKSUM: usize = 480;

/// What a store says of itself. It stands over snapshots by the ids of their volumes, which no renaming changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    base: VolumeId,
    /// While one snapshot gives way to the next, it is right over both.
    next: Option<VolumeId>,
    exceptions: u64,
}

impl Mark {
    /// The mark of a store that is right over this snapshot, and whose table has so many exceptions or more.
    pub const fn over(base: VolumeId, exceptions: u64) -> Self {
        Self { base, next: None, exceptions }
    }

    /// The same of one that is right over the next snapshot too.
    #[must_use]
    pub const fn and(self, next: VolumeId) -> Self {
        Self { next: Some(next), ..self }
    }

    /// The snapshots that the store is right over.
    pub fn bases(&self) -> impl Iterator<Item = VolumeId> {
        [Some(self.base), self.next].into_iter().flatten()
    }

    /// Whether it is right over this one.
    pub fn is_over(&self, base: VolumeId) -> bool {
        self.bases().any(|own| own == base)
    }

    /// How many exceptions its table has at least.
    pub const fn exceptions(&self) -> u64 {
        self.exceptions
    }

    /// The mark in a sector; nothing where there is none, or one that this program would not have written.
    pub fn decode(sector: &[u8; SECTOR]) -> Option<Self> {
        let base =
            |index: usize| VolumeId::new(str::from_utf8(&sector[BASES + index * ID..][..ID]).ok()?);
        let next = match sector[12] {
            1 => None,
            _ => Some(base(1)?),
        };
        let exceptions = u64::from_le_bytes(sector[16..BASES].try_into().ok()?);
        let mark = Self { base: base(0)?, next, exceptions };
        (mark.encode() == *sector).then_some(mark)
    }

    /// The sector of it.
    pub fn encode(&self) -> [u8; SECTOR] {
        let mut sector = [0; SECTOR];
        sector[..8].copy_from_slice(MAGIC);
        sector[8..12].copy_from_slice(&VERSION.to_le_bytes());
        let count = if self.next.is_some() { 2_u32 } else { 1 };
        sector[12..16].copy_from_slice(&count.to_le_bytes());
        sector[16..BASES].copy_from_slice(&self.exceptions.to_le_bytes());
        for (place, base) in sector[BASES..].chunks_exact_mut(ID).zip(self.bases()) {
            place.copy_from_slice(base.as_str().as_bytes());
        }
        let checksum = blake3::hash(&sector[..CHECKSUM]);
        sector[CHECKSUM..].copy_from_slice(checksum.as_bytes());
        sector
    }

    /// The mark of the store on a device.
    pub fn read(store: &File) -> Result<Option<Self>, CowError> {
        let mut buffer = AlignedBuffer::new(BLOCK);
        let block = buffer.first(BLOCK);
        match store.read_exact_at(block, 0) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(CowError::Store(error)),
        }
        Ok(block[SECTOR..2 * SECTOR].try_into().ok().and_then(Self::decode))
    }

    /// Marks the store on a device; it is durable when this returns. Nothing else is written where the device
    /// has sectors of 512 bytes. Where they are larger, the kernel's header is written again as it was found:
    /// of a snapshot that is in use, the kernel must not give it up meanwhile.
    pub fn write(&self, store: &File) -> Result<(), CowError> {
        let smallest = match ioctl_blksszget(store) {
            Ok(size) => usize::try_from(size).unwrap_or(BLOCK),
            // A file is no device.
            Err(Errno::NOTTY) => SECTOR,
            Err(error) => return Err(CowError::StoreWrite(error.into())),
        };
        let mut buffer = AlignedBuffer::new(BLOCK);
        let block = buffer.first(BLOCK);
        store.read_exact_at(block, 0).map_err(CowError::Store)?;
        let marked = &mut block[SECTOR..2 * SECTOR];
        marked.copy_from_slice(&self.encode());
        let (bytes, at) = if smallest <= SECTOR { (&*marked, SECTOR as u64) } else { (&*block, 0) };
        let written = store.write_all_at(bytes, at);
        written.and_then(|()| Ok(fdatasync(store)?)).map_err(CowError::StoreWrite)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "Hd2VYs-NA1p-0Z1b-kCSf-3RzQ-5cfX-PzYxT0";
    const OTHER: &str = "q0Zk3J-bb8S-4WfL-mGQ1-x7Pd-TnYc-0aRv9K";

    fn base(id: &str) -> VolumeId {
        VolumeId::new(id).unwrap()
    }

    #[test]
    fn a_mark_says_what_it_was_made_to_say() {
        let one = Mark::over(base(ONE), 7);
        let both = Mark::over(base(ONE), u64::MAX).and(base(OTHER));
        for mark in [one, both] {
            assert_eq!(Mark::decode(&mark.encode()), Some(mark));
        }
        assert!(one.is_over(base(ONE)) && !one.is_over(base(OTHER)));
        assert!(both.is_over(base(ONE)) && both.is_over(base(OTHER)));
        assert_eq!((one.exceptions(), base(ONE).to_string().as_str()), (7, ONE));
    }

    /// What older programs have written is read for ever.
    #[test]
    fn the_bytes_of_a_mark_stay_as_they_are() {
        let sector = Mark::over(base(ONE), 0x0102).and(base(OTHER)).encode();
        let begin = [b"ZSFOLDED".as_slice(), &[1, 0, 0, 0, 2, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0]];
        let ids = [ONE.as_bytes(), OTHER.as_bytes()].concat();
        assert_eq!(sector[..100], [begin.concat(), ids].concat());
        assert!(sector[100..CHECKSUM].iter().all(|byte| *byte == 0));
        assert_eq!(&sector[CHECKSUM..], blake3::hash(&sector[..CHECKSUM]).as_bytes());
    }

    #[test]
    fn a_changed_bit_is_no_mark() {
        let sound = Mark::over(base(ONE), 7).and(base(OTHER)).encode();
        for bit in 0..SECTOR * 8 {
            let mut sector = sound;
            sector[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Mark::decode(&sector), None, "bit {bit}");
        }
        assert_eq!(Mark::decode(&[0; SECTOR]), None);
    }

    #[test]
    fn what_another_format_says_is_no_mark() {
        let changed = |at: usize, byte: u8| {
            let mut sector = Mark::over(base(ONE), 7).encode();
            sector[at] = byte;
            let checksum = blake3::hash(&sector[..CHECKSUM]);
            sector[CHECKSUM..].copy_from_slice(checksum.as_bytes());
            Mark::decode(&sector)
        };
        assert!(changed(16, 8).is_some());
        assert_eq!(changed(8, 2), None);
        assert_eq!((changed(12, 0), changed(12, 2), changed(12, 3)), (None, None, None));
        assert_eq!(changed(BASES, b' '), None);
        assert_eq!((changed(62, 1), changed(100, 1)), (None, None));
    }

    #[test]
    fn a_mark_leaves_the_header_and_the_rest_as_they_are() {
        let store = tempfile::tempfile().unwrap();
        store.write_all_at(&[0x5a; 3 * BLOCK], 0).unwrap();
        assert_eq!(Mark::read(&store).unwrap(), None);
        let mark = Mark::over(base(ONE), 7);
        mark.write(&store).unwrap();
        assert_eq!(Mark::read(&store).unwrap(), Some(mark));
        let mut bytes = vec![0; 3 * BLOCK];
        store.read_exact_at(&mut bytes, 0).unwrap();
        bytes.drain(SECTOR..2 * SECTOR);
        assert!(bytes.iter().all(|byte| *byte == 0x5a));
        store.set_len(600).unwrap();
        assert_eq!(Mark::read(&store).unwrap(), None);
        assert!(mark.write(&store).is_err());
    }
}
