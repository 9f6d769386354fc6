//! The keys that a running machine trusts, read and shown.

use std::path::Path;

use serde::Serialize;
use zshield_bundle::keyring::Keyring;
use zshield_golden::key::KeyId;
use zshield_host::appliance::{self, ApplianceError};
use zshield_host::read_only_mount::ReadOnlyMount;
use zshield_host::{keys as host, lock, upgrade_record};
use zshield_plan::upgrade::record::Record;
use zshield_plan::volumes::GOLDEN_PARTITION;

use crate::env::{self, Env};
use crate::error::{Refusal, Result, before_it_began};

/// The keys of the system at `root`. On a machine that is no appliance these are the ones in its directory of keys.
///
/// Nobody else is at work meanwhile: an operation clears away what is mounted.
pub fn of_running(root: &Path) -> Result<Keyring> {
    match appliance::ssd(root) {
        Ok((_, ssd)) => {
            env::needs_root()?;
            let _held = lock::hold(lock::Operation::Keys).map_err(Refusal::Busy)?;
            let golden = ReadOnlyMount::golden(&ssd.partition(GOLDEN_PARTITION), "keys")
                .map_err(anyhow::Error::from)?;
            Ok(host::of_system(root, golden.root()).map_err(anyhow::Error::from)?)
        }
        Err(ApplianceError::NoLedger(_)) => {
            Ok(host::delivered(&root.join(host::KEYS)).map_err(anyhow::Error::from)?)
        }
        Err(why) => Err(anyhow::Error::from(why).into()),
    }
}

/// Where a trusted key comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// It came with the system.
    Delivered,
    /// An upgrade has introduced it.
    Introduced,
}

/// A key that is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Trusted {
    /// Its number.
    pub key: KeyId,
    /// Where it comes from.
    pub origin: Origin,
}

/// The keys of a machine, as scripts read them too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// The trusted ones.
    pub trusted: Vec<Trusted>,
    /// Those that are never trusted again.
    pub revoked: Vec<KeyId>,
}

impl Shown {
    fn of(delivered: &Keyring, ring: &Keyring) -> Self {
        let trusted = ring.ids().map(|key| {
            let was_delivered = delivered.is_trusted(key);
            let origin = if was_delivered { Origin::Delivered } else { Origin::Introduced };
            Trusted { key, origin }
        });
        Self { trusted: trusted.collect(), revoked: ring.revoked().collect() }
    }
}

/// The keys of a machine.
pub fn list(env: &Env) -> Result<Shown> {
    before_it_began(|| {
        let ring = of_running(&env.root)?;
        let delivered = host::delivered(&env.root.join(host::KEYS)).map_err(anyhow::Error::from)?;
        Ok(Shown::of(&delivered, &ring))
    })
}

/// The same by what the record of upgrades knows, without a look at the Golden partition: for whoever must have an answer
/// while an operation writes there. Nothing where the keys can't be read.
pub fn by_record(root: &Path) -> Option<Shown> {
    let read = || -> anyhow::Result<Shown> {
        let delivered = host::delivered(&root.join(host::KEYS))?;
        let record: Record = upgrade_record::read(&root.join(zshield_host::BOOT_DIRECTORY))?;
        let ring = host::heard(delivered.clone(), record.keys());
        Ok(Shown::of(&delivered, &ring))
    };
    read().inspect_err(|why| tracing::error!("{why:#}")).ok()
}

#[cfg(test)]
mod tests {
    use zshield_golden::key::{SigningKey, generate};

    use super::*;

    #[test]
    fn keys_are_shown_with_where_they_come_from() {
        let root = tempfile::tempdir().unwrap();
        let made = |name: &str| {
            let (secret, public) = (root.path().join(name), root.path().join(format!("{name}.p")));
            let id = generate(&secret, &public, None).unwrap();
            (id, SigningKey::load(&secret, None).unwrap().public_text())
        };
        let ((old, old_text), (new, new_text)) = (made("old"), made("new"));
        std::fs::create_dir_all(root.path().join(host::KEYS)).unwrap();
        std::fs::write(root.path().join(host::KEYS).join("1.pub"), &old_text).unwrap();
        // No appliance: what is in the directory counts.
        let delivered = of_running(root.path()).unwrap();
        let trusted = |key, origin| Trusted { key, origin };
        let shown = by_record(root.path()).unwrap();
        assert_eq!(shown.trusted, [trusted(old, Origin::Delivered)]);
        let mut ring = delivered.clone();
        ring.learn(std::slice::from_ref(&new_text), &[old], old).unwrap();
        let shown = Shown::of(&delivered, &ring);
        assert_eq!(shown.trusted, [trusted(new, Origin::Introduced)]);
        assert_eq!(shown.revoked, [old]);
    }
}
