//! The file's layout: where the head, its signature, the index and the parts are.

use ct_codecs::{Base64, Decoder as _, Encoder as _};
use zshield_golden::key::KeyId;
use zshield_golden::signature;

/// What every bundle begins with.
pub const MAGIC: &[u8; 8] = b"ZSBUNDLE";
/// Bytes before the head: the magic, and the head's length as a little-endian u32.
pub const PRELUDE: u64 = 12;
/// No head is longer.
pub const LARGEST_HEAD: u64 = 1 << 20;
/// Bytes between head and index, for the signature and zeros. All zeros: not signed.
pub const SIGNATURE_ROOM: u64 = 2048;

/// Where everything is in a bundle whose head has a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    head: u64,
}

impl Layout {
    /// The layout with a head of this length; `None` if no head is so long.
    pub fn new(head: u64) -> Option<Self> {
        (1..=LARGEST_HEAD).contains(&head).then_some(Self { head })
    }

    /// The length of the head, which begins behind the prelude.
    pub fn head(self) -> u64 {
        self.head
    }

    /// Where the signature's room begins.
    pub fn signature(self) -> u64 {
        PRELUDE + self.head
    }

    /// Where the index begins.
    pub fn index(self) -> u64 {
        self.signature() + SIGNATURE_ROOM
    }

    /// The first bytes of the file.
    pub fn prelude(self) -> [u8; PRELUDE as usize] {
        let mut bytes = [0; PRELUDE as usize];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..].copy_from_slice(&(self.head as u32).to_le_bytes());
        bytes
    }

    /// The layout that the first bytes say; `None` if they are no bundle's, or name an impossible length.
    pub fn parse(prelude: [u8; PRELUDE as usize]) -> Option<Self> {
        let (magic, length) = prelude.split_first_chunk::<8>()?;
        let length = u32::from_le_bytes(length.try_into().ok()?);
        Self::new(length.into()).filter(|_| magic == MAGIC)
    }
}

/// What stands in the signature's room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// Nothing.
    Unsigned,
    /// A signature that says it was made with a key.
    By {
        /// The key.
        key: KeyId,
        /// The signature's text.
        text: String,
    },
    /// Something else.
    Unreadable,
}

impl Sealed {
    /// What stands in these bytes. A signature is taken only as [`signature::sign_text`] writes it: not every
    /// byte of minisign's format is signed.
    pub fn read(room: &[u8]) -> Self {
        let end = room.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        if end == 0 {
            return Self::Unsigned;
        }
        let read = || {
            let text = str::from_utf8(room.get(..end)?).ok()?;
            let key = signature::signer(text)?;
            is_canonical(text, key).then(|| Self::By { key, text: text.to_owned() })
        };
        read().unwrap_or(Self::Unreadable)
    }

    /// The room with this signature in it; `None` if it is too long.
    pub fn room(text: &str) -> Option<Vec<u8>> {
        let mut room = text.as_bytes().to_vec();
        if room.len() as u64 > SIGNATURE_ROOM {
            return None;
        }
        room.resize(SIGNATURE_ROOM as usize, 0);
        Some(room)
    }
}

/// What the first line of a bundle's signature calls what was signed.
pub const KIND: &str = "bundle";

fn is_canonical(text: &str, key: KeyId) -> bool {
    let again = |encoded: &str| {
        let bytes = Base64::decode_to_vec(encoded, None).ok()?;
        Base64::encode_to_string(bytes).ok()
    };
    let lines: Vec<&str> = text.split('\n').collect();
    let [first, signature, comment, global, ""] = lines.as_slice() else { return false };
    *first == format!("untrusted comment: zshield {KIND} signed by {key}")
        && comment.starts_with("trusted comment: ")
        && [signature, global].iter().all(|line| again(line).as_deref() == Some(**line))
}
