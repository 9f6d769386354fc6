//! Bundles: made and signed by the vendor, verified and shown wherever they are.

mod create;
mod description;
mod shown;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;
use zshield_bundle::head::Head;
use zshield_bundle::keyring::Keyring;
use zshield_bundle::make;
use zshield_bundle::open::{Bundle, OpenError};
use zshield_golden::key::{KeyId, SigningKey};
use zshield_golden::signature::SignatureError;
use zshield_messages::say;

pub use create::{Create, CreateOptions, Created, prepare_create};
pub use description::DescriptionError;
pub use shown::{Shown, show};

use crate::error::{Refusal, Result, before_it_began};
use crate::keys;
use crate::progress::{BundleStage, Part, Parts, Progress};

/// A bundle to be signed.
pub struct Sign {
    bundle: PathBuf,
    key: PathBuf,
}

/// Signs a bundle with this key.
pub const fn prepare_sign(bundle: PathBuf, key: PathBuf) -> Sign {
    Sign { bundle, key }
}

impl Sign {
    /// The key whose password has to be asked for.
    pub fn locked_key(&self) -> Result<Option<&Path>> {
        before_it_began(|| locked(Some(&self.key)))
    }

    /// Writes the signature into the bundle.
    pub fn run(&self, password: Option<&str>) -> Result<(Head, KeyId)> {
        before_it_began(|| {
            let key = SigningKey::load(&self.key, password)?;
            let at = || self.bundle.display().to_string();
            let file = File::options().read(true).write(true).open(&self.bundle);
            let head = make::sign(&file.with_context(at)?, &key).map_err(unfit)?;
            Ok((head, key.id()))
        })
    }
}

/// A key whose password has to be asked for.
fn locked(key: Option<&Path>) -> Result<Option<&Path>> {
    match key {
        Some(key) if SigningKey::is_encrypted(key)? => Ok(Some(key)),
        Some(_) | None => Ok(None),
    }
}

/// What a verification found, as scripts read it too.
#[derive(Debug, Serialize)]
pub struct Verified {
    /// The bundle.
    pub bundle: PathBuf,
    /// Whether it is, to the last byte, what a trusted key signed.
    pub sound: bool,
    /// The key that signed it, where it is sound.
    pub signed_by: Option<KeyId>,
    /// What it says, where it is sound.
    pub head: Option<Head>,
    /// Why it is not taken, where it is not.
    pub reason: Option<&'static str>,
    /// The same for a person.
    pub message: Option<String>,
}

/// Verifies a bundle by these public keys, or by those of this machine where there are none.
pub fn verify(bundle: &Path, keys: &[PathBuf], progress: &dyn Progress) -> Result<Verified> {
    before_it_began(|| {
        let at = || bundle.display().to_string();
        let keyring = keyring(keys, Path::new("/"))?;
        let file = File::open(bundle).with_context(at)?;
        let parts = Parts::of(progress);
        let go_on = |bytes| parts.go_on(&Part::Bundle(BundleStage::Verify), bytes);
        let found = Bundle::open(file, &keyring).and_then(|bundle| {
            bundle.check(&go_on)?;
            Ok(bundle)
        });
        let mut verified = Verified {
            bundle: bundle.to_owned(),
            sound: false,
            signed_by: None,
            head: None,
            reason: None,
            message: None,
        };
        match found {
            Ok(found) => {
                verified.sound = true;
                verified.signed_by = found.signer().key();
                verified.head = Some(found.head().clone());
            }
            Err(OpenError::Refused(unfit)) => {
                verified.reason = Some(unfit.name());
                verified.message = Some(unfit.to_string());
            }
            Err(error) => return Err(anyhow::Error::from(error).context(at()).into()),
        }
        Ok(verified)
    })
}

/// The ring of these public keys; without any, that of the machine whose system is at `root`.
fn keyring(files: &[PathBuf], root: &Path) -> Result<Keyring> {
    if files.is_empty() {
        let ring = keys::of_running(root)?;
        if ring == Keyring::default() {
            return Err(Refusal::Caller(say::bundle::no_keys()).into());
        }
        return Ok(ring);
    }
    let mut ring = Keyring::default();
    for path in files {
        let at = || path.display().to_string();
        let text = fs::read_to_string(path).with_context(at)?;
        ring.add(&text).map_err(|_| SignatureError::Key { path: path.clone() })?;
    }
    Ok(ring)
}

/// A bundle that is not taken is refused; what it is read from may fail.
fn unfit(error: OpenError) -> crate::Error {
    match error {
        OpenError::Refused(unfit) => Refusal::operation(unfit).into(),
        OpenError::Read(_) | OpenError::Write(_) => anyhow::Error::from(error).into(),
    }
}
