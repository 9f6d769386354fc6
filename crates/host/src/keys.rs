//! The keys that a machine trusts: those that its system was delivered with, those that were introduced since, without
//! those that were revoked. Everybody who asks for trusted keys asks here.
//!
//! What was said of keys is on the Golden partition, in two copies at its top, and in the record of upgrades. Both are
//! read, what is on the Golden partition first: it is the older.

use std::path::Path;

use zshield_bundle::keyring::Keyring;
use zshield_golden::signature::key_files;
use zshield_linux::IoError;
use zshield_linux::ab_record::DurableJson;
use zshield_plan::id::DiskName;
use zshield_plan::upgrade::keys::Statements;
use zshield_plan::volumes::{BOOT_PARTITION, GOLDEN_PARTITION};

use crate::read_only_mount::ReadOnlyMount;
use crate::upgrade_record;

/// Where an installation puts the public keys, within the system.
pub const KEYS: &str = "etc/zshield/keys";

const NAMES: [&str; 2] = ["keys.a", "keys.b"];

/// Why the trusted keys can't be told.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file can't be read.
    #[error(transparent)]
    Io(#[from] IoError),
    /// The directory of the keys can't be read.
    #[error(transparent)]
    File(#[from] zshield_golden::FileError),
    /// What is there is no key.
    #[error("{}", zshield_messages::say::golden::key_malformed(.0))]
    Malformed(String),
}

/// What was said of keys, on a Golden partition that is mounted here; nothing on one that an earlier version has made.
pub fn read(golden: &Path) -> Result<Statements, IoError> {
    let found = DurableJson::in_directory(golden, NAMES).read::<Statements>()?;
    Ok(found.unwrap_or_default())
}

/// Adds to it: nothing of it is ever removed.
pub(crate) fn add(golden: &Path, said: &Statements) -> Result<(), IoError> {
    let found = read(golden)?;
    let all = found.clone().joined(said.clone());
    if all == found { Ok(()) } else { DurableJson::in_directory(golden, NAMES).write(&all) }
}

/// What was said of keys to the appliance on this SSD, which does not run.
pub fn of_ssd(ssd: &DiskName) -> Result<Statements, IoError> {
    let golden = ReadOnlyMount::golden(&ssd.partition(GOLDEN_PARTITION), "keys")?;
    let said = read(golden.root())?;
    drop(golden);
    // A `/boot` that is destroyed says nothing, and the Golden partition is there for that.
    let boot = ReadOnlyMount::mount(&ssd.partition(BOOT_PARTITION), "keys");
    let record = boot.and_then(|boot| upgrade_record::read(&boot.root().join("zshield")));
    let record = record.inspect_err(|why| tracing::warn!("{why}: {}", why.source));
    Ok(record.map_or(said.clone(), |record| said.joined(record.keys().clone())))
}

/// The keys in a directory, as they were delivered; none where there is none.
pub fn delivered(directory: &Path) -> Result<Keyring, KeysError> {
    let mut ring = Keyring::default();
    for path in key_files(directory)? {
        let text = std::fs::read_to_string(&path).map_err(IoError::at(&path))?;
        ring.add(&text).map_err(|_| KeysError::Malformed(path.display().to_string()))?;
    }
    Ok(ring)
}

/// A ring that has heard what was said. What no key has signed that was trusted by then does not count, whoever has
/// written it down.
#[must_use]
pub fn heard(mut delivered: Keyring, said: &Statements) -> Keyring {
    for statement in said.iter() {
        if let Err(why) = delivered.hear(&statement.head, &statement.signature) {
            tracing::info!("{why}");
        }
    }
    delivered
}

/// The ring of the system that is mounted at `root`, whose Golden partition is mounted at `golden`.
pub fn of_system(root: &Path, golden: &Path) -> Result<Keyring, KeysError> {
    let record = upgrade_record::read(&root.join(crate::BOOT_DIRECTORY))?;
    let said = read(golden)?.joined(record.keys().clone());
    Ok(heard(delivered(&root.join(KEYS))?, &said))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use zshield_golden::key::{KeyId, SigningKey, generate};
    use zshield_golden::signature::sign_text;
    use zshield_plan::upgrade::keys::Statement;
    use zshield_plan::upgrade::record::{AskedBy, Bundle, Golden, Record, System};
    use zshield_units::UnixTime;

    use super::*;

    struct Machine {
        directory: tempfile::TempDir,
        old: SigningKey,
        new: SigningKey,
    }

    impl Machine {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let key = |name: &str| {
                let secret = directory.path().join(format!("{name}.key"));
                let public = directory.path().join(format!("{name}.pub"));
                generate(&secret, &public, None).unwrap();
                SigningKey::load(&secret, None).unwrap()
            };
            let (old, new) = (key("old"), key("new"));
            for name in ["root/boot/zshield", "root/etc/zshield/keys", "golden"] {
                fs::create_dir_all(directory.path().join(name)).unwrap();
            }
            let machine = Self { directory, old, new };
            machine.deliver("old.pub", &machine.old);
            machine
        }

        fn deliver(&self, name: &str, key: &SigningKey) {
            fs::write(self.root().join(KEYS).join(name), key.public_text()).unwrap();
        }

        fn root(&self) -> std::path::PathBuf {
            self.directory.path().join("root")
        }

        fn golden(&self) -> std::path::PathBuf {
            self.directory.path().join("golden")
        }

        fn trusted(&self) -> Vec<KeyId> {
            of_system(&self.root(), &self.golden()).unwrap().ids().collect()
        }

        /// An upgrade that says this of keys, as far as `steps` lead it on.
        fn upgrade(&self, said: Statement, end: impl FnOnce(Record) -> Record) {
            let boot = self.root().join(crate::BOOT_DIRECTORY);
            let system = |version: &str| System { version: version.into(), image: version.into() };
            let systems = [system("1"), system("2")];
            let name = Bundle(said.signature.clone());
            let record = upgrade_record::read(&boot).unwrap();
            let begun =
                record.begin(name, systems, Golden::Stays, AskedBy::Person, UnixTime(1)).unwrap();
            let tried = begun.with_keys(Some(said)).try_out(UnixTime(2)).unwrap();
            upgrade_record::write(&boot, &tried).unwrap();
            upgrade_record::write(&boot, &end(tried)).unwrap();
        }
    }

    fn said(by: &SigningKey, introduces: &[&SigningKey], revokes: &[&SigningKey]) -> Statement {
        let texts: Vec<String> = introduces.iter().map(|key| key.public_text()).collect();
        let ids: Vec<KeyId> = revokes.iter().map(|key| key.id()).collect();
        let head = serde_json::json!({ "introduces": texts, "revokes": ids }).to_string();
        let signature = sign_text("bundle", head.as_bytes(), "", by);
        Statement { head, signature }
    }

    fn confirmed(record: Record) -> Record {
        record.confirm(UnixTime(3)).unwrap().settle(UnixTime(4)).unwrap()
    }

    fn left(record: Record) -> Record {
        use zshield_plan::upgrade::reason::Reason;
        record.gone_back(Reason::CutOff, None, UnixTime(3)).unwrap()
    }

    #[test]
    fn what_a_confirmed_version_said_counts_and_what_was_left_has_said_nothing() {
        let machine = Machine::new();
        let (old, new) = (&machine.old, &machine.new);
        assert_eq!(machine.trusted(), [old.id()]);
        machine.upgrade(said(old, &[new], &[]), left);
        assert_eq!(machine.trusted(), [old.id()]);
        machine.upgrade(said(old, &[new], &[]), confirmed);
        assert_eq!(machine.trusted().len(), 2);
        machine.upgrade(said(new, &[], &[old]), confirmed);
        assert_eq!(machine.trusted(), [new.id()]);
    }

    #[test]
    fn a_revoked_key_stays_revoked_with_either_record_and_whatever_root_has() {
        let machine = Machine::new();
        let (old, new) = (&machine.old, &machine.new);
        let boot = machine.root().join(crate::BOOT_DIRECTORY);
        machine.upgrade(said(old, &[new], &[old]), confirmed);
        // The Golden partition has nothing of it yet.
        assert_eq!(machine.trusted(), [new.id()]);
        let kept = upgrade_record::read(&boot).unwrap().keys().clone();
        add(&machine.golden(), &kept).unwrap();
        add(&machine.golden(), &Statements::NONE).unwrap();
        // What a recovery of `/etc` brings back, or somebody writes there.
        machine.deliver("again.pub", old);
        assert_eq!(machine.trusted(), [new.id()]);
        // `/boot` is lost.
        for name in ["upgrade.a", "upgrade.b"] {
            fs::remove_file(boot.join(name)).unwrap();
        }
        assert_eq!(machine.trusted(), [new.id()]);
        // One of the two copies is torn.
        fs::write(machine.golden().join(NAMES[0]), "torn").unwrap();
        assert_eq!(machine.trusted(), [new.id()]);
    }

    #[test]
    fn what_nobody_trusted_has_signed_does_not_count() {
        let machine = Machine::new();
        let (old, stranger) = (&machine.old, &machine.new);
        add(&machine.golden(), &Statements::NONE.joined([said(stranger, &[stranger], &[old])]))
            .unwrap();
        assert_eq!(machine.trusted(), [old.id()]);
    }
}
