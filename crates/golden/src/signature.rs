//! Signatures of manifests: ed25519 in minisign's format, over the prehashed file.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use blake2::{Blake2b512, Digest as _};
use ct_codecs::{Base64, Decoder as _, Encoder as _};
use minisign_verify::{Error as Verdict, PublicKey, Signature};
use zshield_messages::say;

use crate::error::{Action, FileError};
use crate::key::{KeyId, SigningKey};
use crate::manifest::{Draft, Header, Manifest, ManifestError, SignatureState};
use crate::slot;

/// No manifest or signature is larger, whoever made it.
const LARGEST_MANIFEST: u64 = 512 << 20;
const LARGEST_SIGNATURE: u64 = 64 << 10;

/// Whether an image without a signature is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// No.
    Signed,
    /// Yes: the rescue system was built with `--insecure-unsigned`. A signature that is there
    /// must still be right.
    UnsignedAccepted,
}

/// Why a manifest is not to be trusted.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// A file can't be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The image is not signed.
    #[error("{}", say::golden::signature_missing(path.display()))]
    Missing {
        /// Where the signature should be.
        path: PathBuf,
    },
    /// No signature of minisign's format, or one of the old kind that is not prehashed.
    #[error("{}", say::golden::signature_malformed(path.display()))]
    Malformed {
        /// The signature.
        path: PathBuf,
    },
    /// A key that is not trusted here signed it.
    #[error("{}", say::golden::signature_unknown_key(key_id.to_string()))]
    UnknownKey {
        /// The key.
        key_id: KeyId,
    },
    /// The key that signed it was revoked.
    #[error("{}", say::golden::signature_revoked(key_id.to_string()))]
    Revoked {
        /// The key.
        key_id: KeyId,
    },
    /// The manifest or the comment is not what was signed.
    #[error("{}", say::golden::signature_wrong(path.display()))]
    Wrong {
        /// The manifest.
        path: PathBuf,
    },
    /// The manifest is not the one of the image that was installed.
    #[error("{}", say::golden::manifest_not_installed(path.display()))]
    NotInstalled {
        /// The manifest.
        path: PathBuf,
    },
    /// No public key of minisign's format.
    #[error("{}", say::golden::key_malformed(path.display()))]
    Key {
        /// The file.
        path: PathBuf,
    },
    /// The manifest is larger than any manifest.
    #[error("{}", say::golden::manifest_large(path.display()))]
    Large {
        /// The manifest.
        path: PathBuf,
    },
    /// The signature is right, but the manifest is of no use.
    #[error("{}", say::golden::manifest_unusable(path.display()))]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        source: ManifestError,
    },
}

/// The public keys that count here, and the numbers of those that never will again.
#[derive(Clone, Default)]
pub struct TrustedKeys {
    keys: Vec<(KeyId, PublicKey)>,
    revoked: BTreeSet<KeyId>,
}

impl TrustedKeys {
    /// The keys in these files.
    pub fn load<P: AsRef<Path>>(
        files: impl IntoIterator<Item = P>,
    ) -> Result<Self, SignatureError> {
        let mut keys = Self::default();
        for file in files {
            let path = file.as_ref();
            let malformed = || SignatureError::Key { path: path.to_owned() };
            let text =
                String::from_utf8(read(path, LARGEST_SIGNATURE)?).map_err(|_| malformed())?;
            keys.add(&text).ok_or_else(malformed)?;
        }
        Ok(keys)
    }

    /// The keys in all files `*.pub` of a directory; none if there is no such directory.
    pub fn in_directory(directory: &Path) -> Result<Self, SignatureError> {
        Self::load(key_files(directory)?)
    }

    /// Adds the key of a public key file's text; `None` if it is none.
    pub fn add(&mut self, text: &str) -> Option<KeyId> {
        // minisign's files begin with a comment; a bare key is taken too.
        let line = text.lines().rfind(|line| !line.trim().is_empty())?.trim();
        let key = PublicKey::from_base64(line).ok()?;
        let id = KeyId::of(Base64::decode_to_vec(line, None).ok()?.get(2..10)?)?;
        self.keys.push((id, key));
        Some(id)
    }

    /// The numbers of the keys.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.keys.iter().map(|(id, _)| *id).filter(|id| !self.revoked.contains(id))
    }

    /// The same without these keys, whoever adds them.
    #[must_use]
    pub fn without(mut self, revoked: impl IntoIterator<Item = KeyId>) -> Self {
        self.revoked.extend(revoked);
        self
    }

    /// Whether there is no key, and never was.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.revoked.is_empty()
    }
}

/// The files `*.pub` of a directory, sorted; none if there is no such directory.
pub fn key_files(directory: &Path) -> Result<Vec<PathBuf>, FileError> {
    let listing = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(FileError::at(Action::Read, directory))?,
    };
    let mut files = Vec::new();
    for entry in listing {
        let path = entry.map_err(FileError::at(Action::Read, directory))?.path();
        if path.extension().is_some_and(|extension| extension == "pub") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads the manifest of the slot in `dir`, once its signature has been found right.
pub fn open(
    dir: &Path,
    keys: &TrustedKeys,
    requirement: Requirement,
) -> Result<Manifest, SignatureError> {
    // Signature and entries come from the same bytes in memory: a medium that changes between
    // two readings can't slip anything in.
    let path = dir.join(slot::MANIFEST);
    let text = read(&path, LARGEST_MANIFEST)?;
    let signature = match read(&dir.join(slot::SIGNATURE), LARGEST_SIGNATURE) {
        Err(SignatureError::File(error)) if error.source.kind() == io::ErrorKind::NotFound => None,
        other => Some(other?),
    };
    accept(dir, text, signature, keys, requirement)
}

/// Reads the manifest of an installed image, which has this digest. Where there are keys, its
/// signature counts as well: whoever can write down another digest can't sign another manifest.
pub fn open_installed(
    dir: &Path,
    keys: &TrustedKeys,
    digest: &str,
) -> Result<Manifest, SignatureError> {
    let path = dir.join(slot::MANIFEST);
    let manifest = if keys.is_empty() {
        let text = read(&path, LARGEST_MANIFEST)?;
        Manifest::checked(text, SignatureState::Unsigned)
            .map_err(|source| SignatureError::Manifest { path: path.clone(), source })?
    } else {
        open(dir, keys, Requirement::Signed)?
    };
    if manifest.digest().to_string() == digest {
        Ok(manifest)
    } else {
        Err(SignatureError::NotInstalled { path })
    }
}

/// The same for a manifest that is in memory; `dir` only names it in errors.
pub fn accept(
    dir: &Path,
    text: Vec<u8>,
    signature: Option<Vec<u8>>,
    keys: &TrustedKeys,
    requirement: Requirement,
) -> Result<Manifest, SignatureError> {
    let path = dir.join(slot::MANIFEST);
    let state = match (signature, requirement) {
        (Some(signature), _) => check(&path, &text, &signature, keys)?,
        (None, Requirement::UnsignedAccepted) => SignatureState::Unsigned,
        (None, Requirement::Signed) => {
            return Err(SignatureError::Missing { path: dir.join(slot::SIGNATURE) });
        }
    };
    Manifest::checked(text, state).map_err(|source| SignatureError::Manifest { path, source })
}

fn check(
    path: &Path,
    text: &[u8],
    signature: &[u8],
    keys: &TrustedKeys,
) -> Result<SignatureState, SignatureError> {
    signed(text, signature, keys).map_err(|mismatch| match mismatch {
        Mismatch::Malformed => {
            SignatureError::Malformed { path: path.with_file_name(slot::SIGNATURE) }
        }
        Mismatch::UnknownKey { key_id } => SignatureError::UnknownKey { key_id },
        Mismatch::Revoked { key_id } => SignatureError::Revoked { key_id },
        Mismatch::Wrong => SignatureError::Wrong { path: path.to_owned() },
    })
}

/// Why a signature does not answer for a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// It is no signature of minisign's format, or one of the old kind that is not prehashed.
    Malformed,
    /// A key that is not trusted here made it.
    UnknownKey {
        /// The key.
        key_id: KeyId,
    },
    /// The key that made it was revoked.
    Revoked {
        /// The key.
        key_id: KeyId,
    },
    /// The text or the comment is not what was signed.
    Wrong,
}

/// Who signed this text, if it is one of these keys.
pub fn signed(
    text: &[u8],
    signature: &[u8],
    keys: &TrustedKeys,
) -> Result<SignatureState, Mismatch> {
    let signature = str::from_utf8(signature).map_err(|_| Mismatch::Malformed)?;
    let key_id = signer(signature).ok_or(Mismatch::Malformed)?;
    let signature = Signature::decode(signature).map_err(|_| Mismatch::Malformed)?;
    if keys.revoked.contains(&key_id) {
        return Err(Mismatch::Revoked { key_id });
    }
    // Numbers are eight random bytes: two keys of one number are tried both.
    let mut verdict = Err(Mismatch::UnknownKey { key_id });
    for (_, key) in keys.keys.iter().filter(|(id, _)| *id == key_id) {
        verdict = match key.verify(text, &signature, false) {
            Ok(()) => {
                let trusted_comment = signature.trusted_comment().to_owned();
                return Ok(SignatureState::Signed { key_id, trusted_comment });
            }
            Err(Verdict::InvalidSignature) => Err(Mismatch::Wrong),
            Err(_) => Err(Mismatch::Malformed),
        };
    }
    verdict
}

/// The number of the key that a signature says it was made with.
pub fn signer(signature: &str) -> Option<KeyId> {
    let bytes = Base64::decode_to_vec(signature.lines().nth(1)?, None).ok()?;
    KeyId::of(bytes.get(2..10)?)
}

/// The text of `manifest.minisig` for a manifest. The same manifest and key give the same bytes.
///
/// The trusted comment names product and version, so that `minisign -V` shows them.
pub fn sign(manifest: &Draft, key: &SigningKey) -> String {
    let Header { product, version, .. } = &manifest.header;
    let comment = format!("product={product} version={version}");
    sign_text("manifest", &manifest.text, &comment, key)
}

/// The text of a signature for the bytes of a file of this kind, with a comment that is signed as well.
pub fn sign_text(kind: &str, text: &[u8], comment: &str, key: &SigningKey) -> String {
    // No newline can get into the comment: it would end it for every reader.
    let comment = comment.replace(char::is_control, " ");
    // minisign's own signer mixes randomness in, which would make each build another.
    let signature = key.pair.sign(Blake2b512::digest(text), None);
    let global = key.pair.sign([&*signature, comment.as_bytes()].concat(), None);
    let named = [b"ED", key.id.as_bytes().as_slice(), &*signature].concat();
    format!(
        "untrusted comment: zshield {kind} signed by {}\n{}\ntrusted comment: {comment}\n{}\n",
        key.id,
        base64(&named),
        base64(&*global),
    )
}

fn base64(bytes: &[u8]) -> String {
    // Encoding fails only where lengths overflow; a signature has 74 bytes.
    Base64::encode_to_string(bytes).unwrap_or_default()
}

fn read(path: &Path, largest: u64) -> Result<Vec<u8>, SignatureError> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(FileError::at(Action::Read, path))?;
    file.take(largest + 1).read_to_end(&mut bytes).map_err(FileError::at(Action::Read, path))?;
    if bytes.len() as u64 > largest {
        return Err(SignatureError::Large { path: path.to_owned() });
    }
    Ok(bytes)
}
