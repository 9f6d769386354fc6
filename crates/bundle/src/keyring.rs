//! The keys that a machine trusts, and how bundles change them.
//!
//! A bundle may introduce keys and revoke some. Only a bundle signed by a key that is trusted is listened to.
//! A revoked key is never trusted again, whatever introduces it, and in whatever order bundles come: an old
//! bundle can't bring it back. The last key can't be revoked, since nothing could ever follow.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use zshield_golden::key::KeyId;
use zshield_golden::signature::TrustedKeys;
use zshield_messages::say;

/// The trusted and the revoked keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keyring {
    /// The public keys that were ever trusted, as minisign writes them.
    keys: BTreeMap<KeyId, BTreeSet<String>>,
    /// Keys that are never trusted again.
    revoked: BTreeSet<KeyId>,
}

/// Why a bundle's word about keys does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// What it introduces is no public key.
    #[error("{}", say::bundle::key_malformed())]
    Malformed,
    /// It was signed by a key that is not trusted, or not any more.
    #[error("{}", say::bundle::key_not_trusted(.0.to_string()))]
    NotTrusted(KeyId),
    /// It would leave no key.
    #[error("{}", say::bundle::key_last())]
    Last,
}

impl Keyring {
    /// The ring of these public keys, as in minisign's files.
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, KeyringError> {
        let mut ring = Self::default();
        for text in texts {
            ring.add(text)?;
        }
        Ok(ring)
    }

    /// Trusts the public key of this text, whoever says so. A revoked one stays revoked.
    pub fn add(&mut self, text: &str) -> Result<(), KeyringError> {
        let id = TrustedKeys::default().add(text).ok_or(KeyringError::Malformed)?;
        self.keys.entry(id).or_default().insert(text.to_owned());
        Ok(())
    }

    /// What the head of a bundle says of keys, signed by `signer`: all of it, or nothing.
    pub fn learn(
        &mut self,
        introduces: &[String],
        revokes: &[KeyId],
        signer: KeyId,
    ) -> Result<(), KeyringError> {
        if !self.is_trusted(signer) {
            return Err(KeyringError::NotTrusted(signer));
        }
        let mut next = self.clone();
        for text in introduces {
            next.add(text)?;
        }
        next.revoked.extend(revokes);
        if next.ids().next().is_none() {
            return Err(KeyringError::Last);
        }
        *self = next;
        Ok(())
    }

    /// The trusted keys.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.keys.keys().copied().filter(|id| !self.is_revoked(*id))
    }

    /// Whether what a key signs counts.
    pub fn is_trusted(&self, id: KeyId) -> bool {
        self.keys.contains_key(&id) && !self.is_revoked(id)
    }

    /// Whether a key is never trusted again.
    pub fn is_revoked(&self, id: KeyId) -> bool {
        self.revoked.contains(&id)
    }

    /// The trusted keys, to verify signatures with.
    pub fn trusted(&self) -> TrustedKeys {
        let mut trusted = TrustedKeys::default();
        for (id, texts) in &self.keys {
            for text in texts.iter().filter(|_| !self.is_revoked(*id)) {
                trusted.add(text);
            }
        }
        trusted
    }
}

#[cfg(test)]
mod tests {
    use zshield_golden::key::{SigningKey, generate};

    use super::*;

    struct Made {
        id: KeyId,
        text: String,
    }

    fn key() -> Made {
        let directory = tempfile::tempdir().unwrap();
        let (secret, public) = (directory.path().join("key"), directory.path().join("key.pub"));
        let id = generate(&secret, &public, None).unwrap();
        let text = SigningKey::load(&secret, None).unwrap().public_text();
        Made { id, text }
    }

    fn ids(ring: &Keyring) -> BTreeSet<KeyId> {
        assert!(ring.trusted().ids().collect::<BTreeSet<_>>() == ring.ids().collect());
        ring.ids().collect()
    }

    #[test]
    fn an_old_key_introduces_a_new_one_which_revokes_it() {
        let (old, new) = (key(), key());
        let mut ring = Keyring::of([old.text.as_str()]).unwrap();
        ring.learn(std::slice::from_ref(&new.text), &[], old.id).unwrap();
        assert_eq!(ids(&ring), [old.id, new.id].into());
        ring.learn(&[], &[old.id], new.id).unwrap();
        assert_eq!(ids(&ring), [new.id].into());
        // What the old one signed once is not listened to any more, and nobody brings it back.
        let again = ring.clone();
        assert_eq!(
            ring.learn(std::slice::from_ref(&new.text), &[], old.id),
            Err(KeyringError::NotTrusted(old.id))
        );
        ring.learn(std::slice::from_ref(&old.text), &[], new.id).unwrap();
        assert_eq!(ids(&ring), ids(&again));
    }

    #[test]
    fn a_revoked_key_stays_revoked_in_whatever_order_bundles_come() {
        let (one, two, bad) = (key(), key(), key());
        let texts = [one.text.as_str(), two.text.as_str()];
        let (add, remove) = (vec![bad.text.clone()], vec![bad.id]);
        let mut first = Keyring::of(texts).unwrap();
        first.learn(&[], &remove, one.id).unwrap();
        first.learn(&add, &[], two.id).unwrap();
        let mut second = Keyring::of(texts).unwrap();
        second.learn(&add, &[], two.id).unwrap();
        second.learn(&[], &remove, one.id).unwrap();
        assert_eq!(first, second);
        assert!(!first.is_trusted(bad.id) && first.is_revoked(bad.id));
        // In one bundle as well.
        let mut both = Keyring::of(texts).unwrap();
        both.learn(&add, &remove, one.id).unwrap();
        assert!(!both.is_trusted(bad.id));
        let text = serde_json::to_string(&both).unwrap();
        assert_eq!(serde_json::from_str::<Keyring>(&text).unwrap(), both);
    }

    #[test]
    fn a_stranger_changes_nothing_and_the_last_key_stays() {
        let (one, stranger) = (key(), key());
        let mut ring = Keyring::of([one.text.as_str()]).unwrap();
        let before = ring.clone();
        let own = std::slice::from_ref(&stranger.text);
        assert!(ring.learn(own, &[], stranger.id).is_err());
        assert_eq!(ring.learn(&[], &[one.id], one.id), Err(KeyringError::Last));
        let mixed = [stranger.text.clone(), "no key".to_owned()];
        assert_eq!(ring.learn(&mixed, &[], one.id), Err(KeyringError::Malformed));
        assert_eq!(ring, before);
        ring.learn(own, &[one.id], one.id).unwrap();
        assert_eq!(ids(&ring), [stranger.id].into());
    }
}
