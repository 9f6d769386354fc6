//! Identifiers that are the same for the same content and differ for any other.

use std::fmt;

/// Where on a disk the bytes of a GUID's text are.
const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/// A GUID as it stands on a disk: its first three fields little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guid(pub [u8; 16]);

impl Guid {
    /// The identifier of one purpose within what the seed identifies. It is of version 8, which
    /// leaves all other bits to whoever makes it.
    pub fn derived(seed: &[u8], purpose: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("zshield image identifiers");
        hasher.update(seed).update(purpose.as_bytes());
        let mut bytes = [0; 16];
        hasher.finalize_xof().fill(&mut bytes);
        // In the order of a disk the version stands in the eighth byte.
        bytes[7] = bytes[7] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(bytes)
    }

    /// Thirty-two bits of it, for a FAT's serial number.
    pub const fn serial(self) -> u32 {
        let [a, b, c, d, ..] = self.0;
        u32::from_le_bytes([a, b, c, d])
    }

    /// The GUID that this text is; used for constants, where a wrong text doesn't compile.
    pub(crate) const fn from_text(text: &[u8; 36]) -> Self {
        let mut bytes = [0; 16];
        let mut at = 0;
        let mut count = 0;
        while at < text.len() {
            if text[at] == b'-' {
                at += 1;
                continue;
            }
            bytes[ORDER[count]] = digit(text[at]) << 4 | digit(text[at + 1]);
            count += 1;
            at += 2;
        }
        Self(bytes)
    }
}

const fn digit(character: u8) -> u8 {
    match character {
        b'0'..=b'9' => character - b'0',
        b'a'..=b'f' => character - b'a' + 10,
        _ => panic!("not a digit of a GUID"),
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, index) in ORDER.into_iter().enumerate() {
            if matches!(place, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{:02x}", self.0[index])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_reads_and_shows_the_same_text() {
        let text = b"c12a7328-f81f-11d2-ba4b-00a0c93ec93b";
        assert_eq!(Guid::from_text(text).to_string().as_bytes(), text);
        assert_eq!(Guid::from_text(text).0[..4], [0x28, 0x73, 0x2a, 0xc1]);
    }

    #[test]
    fn identifiers_differ_by_content_and_by_purpose() {
        let one = Guid::derived(b"one", "disk");
        assert_eq!(one, Guid::derived(b"one", "disk"));
        assert_ne!(one, Guid::derived(b"two", "disk"));
        assert_ne!(one, Guid::derived(b"one", "stick"));
        assert_eq!(one.to_string().as_bytes()[14], b'8');
    }
}
