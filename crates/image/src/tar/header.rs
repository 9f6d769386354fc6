//! One block of a tar: the header of a member.

/// Bytes of a block.
pub(super) const BLOCK: usize = 512;

const NAME: std::ops::Range<usize> = 0..100;
const SIZE: std::ops::Range<usize> = 124..136;
const MTIME: std::ops::Range<usize> = 136..148;
const CHECKSUM: std::ops::Range<usize> = 148..156;
const KIND: usize = 156;
const LINK: std::ops::Range<usize> = 157..257;
const MAGIC: std::ops::Range<usize> = 257..265;
const PREFIX: std::ops::Range<usize> = 345..500;
/// In GNU's old form of a sparse file: whether another block of its map follows.
const MORE: usize = 482;

/// The header of a member, as it stands in the archive.
#[derive(Clone)]
pub(super) struct Header(pub(super) [u8; BLOCK]);

impl Header {
    /// Whether its checksum is right, counted with or without signs as tars have done.
    pub(super) fn is_sound(&self) -> bool {
        let (mut unsigned, mut signed) = (0_i64, 0_i64);
        for (at, byte) in self.0.iter().enumerate() {
            let byte = if CHECKSUM.contains(&at) { b' ' } else { *byte };
            unsigned += i64::from(byte);
            signed += i64::from(byte.cast_signed());
        }
        let said = octal(&self.0[CHECKSUM]);
        said == Some(unsigned) || said == Some(signed)
    }

    /// The letter of its kind.
    pub(super) fn kind(&self) -> u8 {
        match self.0[KIND] {
            // Before POSIX a directory was a name with a slash at its end.
            0 if text(&self.0[NAME]).ends_with(b"/") => b'5',
            0 | b'7' => b'0',
            kind => kind,
        }
    }

    /// Its name, where no other member says a longer one.
    pub(super) fn name(&self) -> Vec<u8> {
        let (name, prefix) = (text(&self.0[NAME]), text(&self.0[PREFIX]));
        // GNU's old headers have times where POSIX has the beginning of a name.
        if self.0[MAGIC].starts_with(b"ustar\0") && !prefix.is_empty() {
            return [prefix, b"/", name].concat();
        }
        name.to_vec()
    }

    /// What a link leads to.
    pub(super) fn link(&self) -> Vec<u8> {
        text(&self.0[LINK]).to_vec()
    }

    /// Bytes behind it, before they are filled up to a block.
    pub(super) fn size(&self) -> Option<u64> {
        number(&self.0[SIZE]).and_then(|size| u64::try_from(size).ok())
    }

    /// Whether its map of a sparse file goes on in another block.
    pub(super) fn map_goes_on(&self) -> bool {
        self.kind() == b'S' && self.0[MORE] != 0
    }

    /// Says another length, of a list of records.
    pub(super) fn set_size(&mut self, size: usize) {
        self.0[SIZE].copy_from_slice(format!("{size:011o}\0").as_bytes());
        self.seal();
    }

    /// Brings it into the form that all readers know, with a time that a squashfs can hold.
    pub(super) fn modernise(&mut self) {
        let kind = self.kind();
        let time = number(&self.0[MTIME]).unwrap_or(0).clamp(0, u32::MAX.into());
        let is_old = self.0[MAGIC].iter().all(|byte| matches!(byte, 0 | b' '));
        if is_old {
            self.0[MAGIC].copy_from_slice(b"ustar\x0000");
            self.0[MAGIC.end..].fill(0);
            self.0[KIND] = kind;
        }
        if is_old || number(&self.0[MTIME]) != Some(time) {
            self.0[MTIME].copy_from_slice(format!("{time:011o}\0").as_bytes());
            self.seal();
        }
    }

    fn seal(&mut self) {
        self.0[CHECKSUM].fill(b' ');
        let sum: u32 = self.0.iter().map(|byte| u32::from(*byte)).sum();
        self.0[CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}

/// A field's bytes up to its first NUL.
pub(super) fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A number in octal digits, or in GNU's binary form.
fn number(field: &[u8]) -> Option<i64> {
    match field.first()? {
        0x80 | 0xff => {
            let start = if field[0] == 0xff { -1 } else { 0 };
            let digits = field[1..].iter();
            digits.rev().take(8).rev().try_fold(start, |value: i64, byte| {
                value.checked_mul(256).map(|value| value | i64::from(*byte))
            })
        }
        _ => octal(field),
    }
}

fn octal(field: &[u8]) -> Option<i64> {
    let digits = std::str::from_utf8(text(field)).ok()?.trim_matches(' ');
    if digits.is_empty() { Some(0) } else { i64::from_str_radix(digits, 8).ok() }
}
