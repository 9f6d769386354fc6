//! BLAKE3 digests of contents.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::holes;

/// The BLAKE3 digest of some content. Its text is 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// The digest of all that `reader` yields, with its length in bytes. `each` is told of every
    /// piece as it is read.
    pub fn of_reader(
        reader: &mut impl Read,
        mut each: impl FnMut(&[u8]),
    ) -> io::Result<(Self, u64)> {
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; 1 << 20];
        let mut length = 0;
        loop {
            let read = match reader.read(&mut buffer) {
                Ok(0) => return Ok((Self::finish(&hasher), length)),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            hasher.update(&buffer[..read]);
            each(&buffer[..read]);
            length += read as u64;
        }
    }

    /// The digest of a file's content for its own sake: of whole mebibytes of zeros, written or not,
    /// only the number counts. Without any, it is that of [`Self::of_reader`].
    pub(crate) fn of_file(file: &File) -> io::Result<Self> {
        const BLOCK: u64 = 1 << 20;
        let mut plain = Some(blake3::Hasher::new());
        let mut marked = blake3::Hasher::new_derive_key("zshield 2026-11 content, zeros counted");
        let mut mark = |kind: u8, length: u64, bytes: &[u8]| {
            marked.update(&[kind]);
            marked.update(&length.to_le_bytes());
            marked.update(bytes);
        };
        let size = file.metadata()?.len();
        let mut buffer = vec![0; BLOCK as usize];
        let (mut at, mut zeros) = (0, 0);
        loop {
            let data = holes::data_from(file, at)?.unwrap_or(size).max(at) / BLOCK * BLOCK;
            zeros += data - at;
            at = data;
            let length = holes::fill(file, &mut buffer, at)?;
            if length == buffer.len() && buffer.iter().all(|byte| *byte == 0) {
                zeros += BLOCK;
                at += BLOCK;
                continue;
            }
            if zeros > 0 {
                mark(0, zeros, &[]);
                (plain, zeros) = (None, 0);
            }
            if length == 0 {
                break;
            }
            let bytes = &buffer[..length];
            mark(1, length as u64, bytes);
            if let Some(plain) = &mut plain {
                plain.update(bytes);
            }
            at += length as u64;
            if length < buffer.len() {
                break;
            }
        }
        Ok(Self::finish(plain.as_ref().unwrap_or(&marked)))
    }

    /// The digest that these bytes are.
    pub const fn of_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of it.
    pub const fn bytes(self) -> [u8; 32] {
        self.0
    }

    /// The digest of what a hasher was given.
    pub fn finish(hasher: &blake3::Hasher) -> Self {
        Self(*hasher.finalize().as_bytes())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = unhex(&text).and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| de::Error::invalid_value(de::Unexpected::Str(&text), &"hex"))
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes of lower-case hexadecimal digits; `None` for any other text.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// Gives the hasher that many zeros.
pub(crate) fn hash_zeros(hasher: &mut blake3::Hasher, mut length: u64) {
    static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
    while length > 0 {
        let now = length.min(ZEROS.len() as u64);
        hasher.update(&ZEROS[..now as usize]);
        length -= now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_cost_nothing_where_they_are_not_written_and_are_the_same_where_they_are() {
        use std::os::unix::fs::FileExt as _;
        let mib = 1_u64 << 20;
        let made = |size: u64, parts: &[(u64, &[u8])]| {
            let file = tempfile::tempfile().unwrap();
            file.set_len(size).unwrap();
            for (at, bytes) in parts {
                file.write_all_at(bytes, *at).unwrap();
            }
            Digest::of_file(&file).unwrap()
        };
        let zeros = vec![0; 3 << 20];
        let (begin, end): (&[u8], &[u8]) = (b"begin", b"end");
        let end_at = 5 * mib + 7;
        let written = made(end_at + 3, &[(0, begin), (mib, &zeros), (end_at, end)]);
        assert_eq!(made(end_at + 3, &[(0, begin), (end_at, end)]), written);
        assert_ne!(made(end_at + mib + 3, &[(0, begin), (end_at + mib, end)]), written);
        // A terabyte that nobody can read, and the same by its reserved room.
        let large = made(mib * mib, &[(end_at, end)]);
        assert_ne!(large, made(mib * mib + mib, &[(end_at, end)]));
        // As always where there is no whole mebibyte of zeros.
        for content in [Vec::new(), b"abc".to_vec(), vec![1; 2 << 20], vec![0; 1000]] {
            assert_eq!(made(0, &[(0, &content)]), Digest::of(&content));
        }
    }

    #[test]
    fn the_digest_is_blake3() {
        // From the algorithm's published test vectors: the digest of nothing.
        let nothing = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
        assert_eq!(Digest::of(b"").to_string(), nothing);
        let (read, length) = Digest::of_reader(&mut &b"abc"[..], |_| {}).unwrap();
        assert_eq!((read, length), (Digest::of(b"abc"), 3));
    }

    #[test]
    fn only_lower_case_pairs_are_hexadecimal() {
        assert_eq!(unhex("00ff"), Some(vec![0, 255]));
        assert_eq!(unhex("0"), None);
        assert_eq!(unhex("FF"), None);
        assert_eq!(unhex("+1"), None);
    }
}
