//! Keys of minisign's format: made, loaded, named.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use ct_codecs::{Base64, Decoder as _, Encoder as _};
use minisign::{KeyPair, SecretKeyBox};
use serde::{Deserialize, Serialize};
use zshield_messages::say;

use crate::error::{Action, FileError};

/// The number that a key is known by: 16 upper-case hexadecimal digits, as `minisign` prints it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct KeyId([u8; 8]);

/// A text that is no number of a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", say::golden::key_id_malformed(.0))]
pub struct NoKeyId(String);

impl KeyId {
    /// The key of this number.
    pub const fn new(number: u64) -> Self {
        Self(number.to_le_bytes())
    }

    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016X}", u64::from_le_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for KeyId {
    type Error = NoKeyId;
    fn try_from(text: String) -> Result<Self, NoKeyId> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
        let number = Some(text.as_str())
            .filter(|text| text.len() == 16 && text.bytes().all(is_digit))
            .and_then(|text| u64::from_str_radix(text, 16).ok());
        number.map(Self::new).ok_or(NoKeyId(text))
    }
}

/// Why a key can't be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file can't be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A key is never overwritten: what it signed could not be followed up any more.
    #[error("{}", say::golden::key_exists(path.display()))]
    Exists {
        /// The file that is there.
        path: PathBuf,
    },
    /// No secret key of minisign's format.
    #[error("{}", say::golden::secret_key_malformed(path.display()))]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// The secret key is encrypted, and no password was given.
    #[error("{}", say::golden::key_password_needed(path.display()))]
    PasswordNeeded {
        /// The file.
        path: PathBuf,
    },
    /// The password does not open the key.
    #[error("{}", say::golden::key_password_wrong(path.display()))]
    PasswordWrong {
        /// The file.
        path: PathBuf,
    },
    /// The system yields no random numbers, or too little memory to encrypt the key.
    #[error("{}", say::golden::key_generation(reason))]
    Generation {
        /// What the library said.
        reason: String,
    },
}

/// Refuses files that are there already.
pub fn ensure_new(files: [&Path; 2]) -> Result<(), KeyError> {
    match files.into_iter().find(|path| fs::symlink_metadata(path).is_ok()) {
        Some(path) => Err(KeyError::Exists { path: path.to_owned() }),
        None => Ok(()),
    }
}

/// Makes a key pair in two new files. The secret one is readable by its owner alone, and
/// encrypted if there is a password. `minisign` reads both.
pub fn generate(secret: &Path, public: &Path, password: Option<&str>) -> Result<KeyId, KeyError> {
    ensure_new([secret, public])?;
    let generation = |error: minisign::PError| KeyError::Generation { reason: error.to_string() };
    let pair = match password {
        Some(password) => KeyPair::generate_encrypted_keypair(Some(password.to_owned())),
        None => KeyPair::generate_unencrypted_keypair(),
    }
    .map_err(generation)?;
    let id = KeyId::of(pair.pk.keynum())
        .ok_or_else(|| KeyError::Malformed { path: secret.to_owned() })?;
    let comment = format!("zshield secret key {id}");
    let secret_text = pair.sk.to_box(Some(&comment)).map_err(generation)?.to_string();
    let public_text = pair.pk.to_box().map_err(generation)?.to_string();
    create(secret, &secret_text, 0o600)?;
    if let Err(error) = create(public, &public_text, 0o644) {
        // Nobody has the secret key without its public half: it is of no use to anyone.
        let _ = fs::remove_file(secret);
        return Err(error);
    }
    Ok(id)
}

fn create(path: &Path, text: &str, mode: u32) -> Result<(), KeyError> {
    let written =
        File::options().write(true).create_new(true).mode(mode).open(path).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => KeyError::Exists { path: path.to_owned() },
        _ => FileError::at(Action::Create, path)(error).into(),
    })
}

/// A secret key that can sign.
pub struct SigningKey {
    pub(crate) id: KeyId,
    pub(crate) pair: ed25519_compact::SecretKey,
}

/// Where a decoded secret key keeps what we need of it; the layout is minisign's.
mod layout {
    pub(super) const KDF: std::ops::Range<usize> = 2..4;
    pub(super) const ID: std::ops::Range<usize> = 54..62;
    pub(super) const SECRET: std::ops::Range<usize> = 62..126;
    pub(super) const LENGTH: usize = 158;
}

impl SigningKey {
    /// Whether the key in this file can be used only with a password.
    pub fn is_encrypted(path: &Path) -> Result<bool, KeyError> {
        let bytes = decode(&read(path)?, path)?;
        Ok(bytes[layout::KDF] != [0, 0])
    }

    /// Loads the key in this file. A password for a key without one is not looked at.
    pub fn load(path: &Path, password: Option<&str>) -> Result<Self, KeyError> {
        let malformed = || KeyError::Malformed { path: path.to_owned() };
        let text = read(path)?;
        let mut bytes = decode(&text, path)?;
        if bytes[layout::KDF] != [0, 0] {
            let Some(password) = password else {
                return Err(KeyError::PasswordNeeded { path: path.to_owned() });
            };
            let boxed = SecretKeyBox::from_string(&text).map_err(|_| malformed())?;
            let key = boxed
                .into_secret_key(Some(password.to_owned()))
                .map_err(|_| KeyError::PasswordWrong { path: path.to_owned() })?;
            bytes = key.to_bytes();
        }
        // The checksum in a key without password is not looked at, for minisign writes none: that
        // the halves of the key fit each other is checked in its place.
        let id = bytes.get(layout::ID).and_then(KeyId::of).ok_or_else(malformed)?;
        let secret = bytes.get(layout::SECRET).ok_or_else(malformed)?;
        let pair = ed25519_compact::SecretKey::from_slice(secret).map_err(|_| malformed())?;
        if ed25519_compact::KeyPair::from_seed(pair.seed()).pk != pair.public_key() {
            return Err(malformed());
        }
        Ok(Self { id, pair })
    }

    /// The key's number.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The public key that belongs to it, as minisign writes it to a file.
    pub fn public_text(&self) -> String {
        let bytes = [b"Ed".as_slice(), &self.id.0, self.pair.public_key().as_slice()].concat();
        let encoded = Base64::encode_to_string(bytes).unwrap_or_default();
        format!("untrusted comment: minisign public key {}\n{encoded}\n", self.id)
    }
}

fn read(path: &Path) -> Result<String, KeyError> {
    fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => KeyError::Malformed { path: path.to_owned() },
        _ => FileError::at(Action::Read, path)(error).into(),
    })
}

/// The bytes of a secret key's text: as many as a key has.
fn decode(text: &str, path: &Path) -> Result<Vec<u8>, KeyError> {
    let line = text.lines().nth(1).unwrap_or_default().trim();
    Base64::decode_to_vec(line, None)
        .ok()
        .filter(|bytes| bytes.len() == layout::LENGTH && bytes.starts_with(b"Ed"))
        .ok_or_else(|| KeyError::Malformed { path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_key_is_read_as_it_is_printed() {
        let id = KeyId::new(0x1F48_F281_E614_4573);
        assert_eq!(KeyId::try_from(id.to_string()), Ok(id));
        for text in ["1f48f281e6144573", "+F48F281E6144573", "1F48F281E614457", ""] {
            assert!(KeyId::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
