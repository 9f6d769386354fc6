//! The keys that a machine trusts, and how bundles change them.
//!
//! A bundle may introduce keys and revoke some. Only a bundle signed by a key that is trusted is listened to.
//! A revoked key is never trusted again, whatever introduces it, and in whatever order bundles come: an old
//! bundle can't bring it back. The last key can't be revoked, since nothing could ever follow.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use zshield_golden::key::KeyId;
use zshield_golden::manifest::SignatureState;
use zshield_golden::signature::{Mismatch, TrustedKeys, signed};
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
    /// It is not what was signed.
    #[error("{}", say::bundle::key_altered())]
    Altered,
    /// It would leave no key.
    #[error("{}", say::bundle::key_last())]
    Last,
}

/// What the head of a bundle says of keys. Whatever else a head says, of whichever format, is not asked here: what one
/// zshield has taken in counts for an older one too, which a recovery brings back.
#[derive(Deserialize)]
struct SaidOfKeys {
    #[serde(default)]
    introduces: Vec<String>,
    #[serde(default)]
    revokes: Vec<KeyId>,
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

    /// The same from a head as it was signed, which is verified first.
    pub fn hear(&mut self, head: &str, signature: &str) -> Result<(), KeyringError> {
        let signer = match signed(head.as_bytes(), signature.as_bytes(), &self.trusted()) {
            Ok(SignatureState::Signed { key_id, .. }) => key_id,
            Err(Mismatch::UnknownKey { key_id } | Mismatch::Revoked { key_id }) => {
                return Err(KeyringError::NotTrusted(key_id));
            }
            Ok(SignatureState::Unsigned) | Err(Mismatch::Malformed | Mismatch::Wrong) => {
                return Err(KeyringError::Altered);
            }
        };
        let said: SaidOfKeys = serde_json::from_str(head).map_err(|_| KeyringError::Altered)?;
        self.learn(&said.introduces, &said.revokes, signer)
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
        self.ever_trusted().without(self.revoked.iter().copied())
    }

    /// All that were ever trusted, to verify what was signed before some of them were revoked, and is on the machine
    /// since.
    pub fn ever_trusted(&self) -> TrustedKeys {
        let mut keys = TrustedKeys::default();
        for text in self.keys.values().flatten() {
            keys.add(text);
        }
        keys
    }

    /// The revoked keys.
    pub fn revoked(&self) -> impl Iterator<Item = KeyId> {
        self.revoked.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use zshield_golden::key::{SigningKey, generate};
    use zshield_golden::signature::sign_text;

    use super::*;

    struct Made {
        id: KeyId,
        text: String,
        secret: SigningKey,
    }

    fn key() -> Made {
        let directory = tempfile::tempdir().unwrap();
        let (secret, public) = (directory.path().join("key"), directory.path().join("key.pub"));
        let id = generate(&secret, &public, None).unwrap();
        let secret = SigningKey::load(&secret, None).unwrap();
        Made { id, text: secret.public_text(), secret }
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
    fn what_was_said_is_verified_again_and_a_key_that_is_put_back_by_hand_stays_revoked() {
        let (old, new, thief) = (key(), key(), key());
        let said = |by: &Made, introduces: &[&Made], revokes: &[&Made]| {
            let texts: Vec<&String> = introduces.iter().map(|key| &key.text).collect();
            let ids: Vec<KeyId> = revokes.iter().map(|key| key.id).collect();
            // A later format's head, with more in it than this zshield knows.
            let head = serde_json::json!({
                "format": 9, "more": [], "introduces": texts, "revokes": ids
            })
            .to_string();
            let signature = sign_text("bundle", head.as_bytes(), "", &by.secret);
            (head, signature)
        };
        let ring_of = |delivered: &[&Made], all: &[(String, String)]| {
            let mut ring = Keyring::of(delivered.iter().map(|key| key.text.as_str())).unwrap();
            let of = |(head, signature): &(String, String)| ring.hear(head, signature).is_ok();
            let took: Vec<bool> = all.iter().map(of).collect();
            (ids(&ring), took)
        };
        let all = [said(&old, &[&new], &[]), said(&new, &[], &[&old])];
        assert_eq!(ring_of(&[&old], &all), ([new.id].into(), vec![true, true]));
        // Installed anew from a stick that knows the new key; with the old one put back by hand; with the thief's own.
        assert_eq!(ring_of(&[&new], &all), ([new.id].into(), vec![false, true]));
        assert_eq!(ring_of(&[&new, &old], &all), ([new.id].into(), vec![true, true]));
        // What the revoked one signs behind that is not listened to.
        let later = [all.to_vec(), vec![said(&old, &[&thief], &[&new])]].concat();
        assert_eq!(ring_of(&[&old], &later), ([new.id].into(), vec![true, true, false]));
        // Nor is what nobody has signed like this.
        let (head, signature) = said(&old, &[&new], &[]);
        assert_eq!(
            ring_of(&[&old], &[(format!("{head} "), signature)]),
            ([old.id].into(), vec![false])
        );
        // What was signed before stays what a trusted key once signed.
        let mut ring = Keyring::of([old.text.as_str()]).unwrap();
        for (head, signature) in &all {
            ring.hear(head, signature).unwrap();
        }
        assert_eq!(ring.revoked().collect::<Vec<_>>(), [old.id]);
        let text = b"manifest".as_slice();
        let by_old = sign_text("manifest", text, "", &old.secret);
        let revoked = Mismatch::Revoked { key_id: old.id };
        assert_eq!(signed(text, by_old.as_bytes(), &ring.trusted()), Err(revoked));
        assert!(signed(text, by_old.as_bytes(), &ring.ever_trusted()).is_ok());
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
