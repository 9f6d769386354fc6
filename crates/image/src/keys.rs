//! The keys of a build: the one that signs, and those that the rescue system trusts.

use std::fs;

use zshield_golden::key::{KeyId, SigningKey};
use zshield_golden::signature::TrustedKeys;

use crate::error::{BuildError, at};
use crate::request::Request;

/// The keys of a build.
pub(crate) struct Keys {
    /// The key that signs.
    pub(crate) signing: Option<SigningKey>,
    /// The public keys that the rescue system will trust: file name and text.
    pub(crate) trusted: Vec<(String, String)>,
}

impl Keys {
    /// Loads them before any work, so that nobody waits for an image which can't be signed.
    pub(crate) fn load(request: &Request<'_>) -> Result<Self, BuildError> {
        let mut trusted = Vec::new();
        let mut known: Vec<KeyId> = Vec::new();
        for (number, file) in (1..).zip(&request.policy.image.trusted_keys) {
            let path = request.base.join(file);
            known.extend(TrustedKeys::load([&path])?.ids());
            let text = fs::read_to_string(&path).map_err(at(&path))?;
            trusted.push((format!("{number}.pub"), text));
        }
        let signing = match request.secret_key {
            Some(path) => Some(SigningKey::load(path, request.password)?),
            None if request.insecure_unsigned => None,
            None => return Err(BuildError::WouldBeUnsigned),
        };
        match &signing {
            // Where the policy names no key, the one that signs is the one to trust.
            Some(key) if known.is_empty() => trusted.push(("1.pub".to_owned(), key.public_text())),
            Some(key) if !known.contains(&key.id()) => {
                return Err(BuildError::KeyNotTrusted(key.id().to_string()));
            }
            _ => {}
        }
        Ok(Self { signing, trusted })
    }
}
