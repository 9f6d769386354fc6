//! Opening what was sealed: AES-256 in counter mode, with Poly1305-AES before anything of it is believed.

use std::fmt;
use std::io::{self, Read as _};

use aes256ctr_poly1305aes::aead::{Aead as _, Nonce};
use aes256ctr_poly1305aes::{Aes256CtrPoly1305Aes, Key};
use rustic_core::repofile::MasterKey;
use rustix::rand::{GetRandomFlags, getrandom};

use super::error::Fault;

/// Before the text, and never used twice.
const NONCE: usize = 16;
/// What sealing adds: the nonce before, the authentication behind.
pub(crate) const OVERHEAD: u32 = 32;
/// The most that an index or a snapshot is unpacked to.
const LARGEST: u64 = 128 << 20;

/// The master key, ready for use.
#[derive(Clone)]
pub(crate) struct Cipher(Key);

impl Cipher {
    /// Nothing where the key has not the length of one.
    pub(crate) fn new(key: &MasterKey) -> Option<Self> {
        let parts = [&key.encrypt, &key.mac.k, &key.mac.r].map(Vec::as_slice);
        (parts.map(<[u8]>::len) == [32, 16, 16]).then(|| Self(*Key::from_slice(&parts.concat())))
    }

    /// The text that was sealed.
    pub(crate) fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, Fault> {
        let (nonce, text) = sealed.split_at_checked(NONCE).ok_or(Fault::Short)?;
        let nonce = Nonce::<Aes256CtrPoly1305Aes>::from_slice(nonce);
        Aes256CtrPoly1305Aes::new(&self.0).decrypt(nonce, text).map_err(|_| Fault::Seal)
    }

    /// A text sealed; nothing where the system has no randomness.
    pub(crate) fn seal(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE];
        getrandom(&mut nonce, GetRandomFlags::empty()).ok()?;
        let cipher = Aes256CtrPoly1305Aes::new(&self.0);
        let sealed = cipher.encrypt(Nonce::<Aes256CtrPoly1305Aes>::from_slice(&nonce), text);
        Some([&nonce[..], &sealed.ok()?].concat())
    }

    /// The JSON of an object that is all one text: plain, or packed behind a 2.
    pub(crate) fn open_json(&self, sealed: &[u8]) -> Result<Vec<u8>, Fault> {
        const PACKED: u8 = 2;
        let text = self.open(sealed)?;
        match text.split_first() {
            Some((&PACKED, packed)) => unpacked(packed).map_err(|_| Fault::Packing),
            Some(_) | None => Ok(text),
        }
    }
}

fn unpacked(packed: &[u8]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let read = zstd::Decoder::new(packed)?.take(LARGEST + 1).read_to_end(&mut text)?;
    if read as u64 > LARGEST { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(text) }
}

// Nothing of the key is ever printed.
impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher")
    }
}
