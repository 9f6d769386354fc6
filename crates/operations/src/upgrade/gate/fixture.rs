//! A `/boot` with an upgrade that is under way, for the tests of several modules.

use zshield_host::ledger::LedgerStore;
use zshield_host::{BOOT_DIRECTORY, upgrade_record};
use zshield_plan::grubenv::{EnvKey, TRIAL};
use zshield_plan::id::{Slot, Uuid};
use zshield_plan::ledger::Ledger;
use zshield_plan::role::ByRole;
use zshield_plan::upgrade::reason::Reason;
use zshield_plan::upgrade::record::{AskedBy, Bundle, Golden, Outcome, Record, System};
use zshield_units::UnixTime;

use crate::env::{Env, POLICY};
use crate::error::{Error, Refusal};
use crate::fixture;
use crate::upgrade::found::Found;

/// One in a directory of its own; an upgrade leads from version 1, image `old`, to version 2, image `new`.
pub(in crate::upgrade) struct Boot {
    pub env: Env,
    _root: tempfile::TempDir,
}

impl Boot {
    fn of(record: &Record, image: &str, is_trial: bool) -> Self {
        let root = tempfile::tempdir().unwrap();
        let env = Env::at(root.path());
        std::fs::create_dir_all(root.path().join(BOOT_DIRECTORY)).unwrap();
        let policy = root.path().join(POLICY);
        std::fs::create_dir_all(policy.parent().unwrap()).unwrap();
        std::fs::write(policy, fixture::POLICY).unwrap();
        let boot = Self { env, _root: root };
        boot.record_is(record);
        boot.root_is(image);
        if is_trial {
            boot.set(&[(EnvKey::Trial, Some(TRIAL)), (EnvKey::Tries, Some("1"))]);
        }
        boot
    }

    pub(in crate::upgrade) fn without() -> Self {
        Self::of(&Record::default(), "old", false)
    }

    /// The old version on root, and nothing armed.
    pub(in crate::upgrade) fn applying() -> Self {
        Self::of(&applying(), "old", false)
    }

    pub(in crate::upgrade) fn on_trial() -> Self {
        Self::of(&on_trial(), "new", true)
    }

    pub(in crate::upgrade) fn going_back() -> Self {
        let record = on_trial().go_back(Reason::Aborted, UnixTime(30)).unwrap();
        Self::of(&record, "new", true)
    }

    /// Cut off right after the record was written.
    pub(in crate::upgrade) fn settling() -> Self {
        Self::of(&on_trial().confirm(UnixTime(30)).unwrap(), "new", true)
    }

    pub(in crate::upgrade) fn record_is(&self, record: &Record) {
        upgrade_record::write(&self.env.boot(), record).unwrap();
    }

    /// Root has this image.
    pub(in crate::upgrade) fn root_is(&self, image: &str) {
        let golden = Uuid::parse("00112233-4455-6677-8899-aabbccddeeff").unwrap();
        let ledger = Ledger {
            version: "v".into(),
            image: image.into(),
            slot: Slot::A,
            golden,
            hdd: None,
            disks: ByRole { ssd: fixture::identity("s"), hdd: fixture::identity("h") },
            golden_image: None,
        };
        LedgerStore::in_directory(&self.env.boot()).write(&ledger).unwrap();
    }

    pub(in crate::upgrade) fn set(&self, words: &[(EnvKey, Option<&str>)]) {
        zshield_host::grubenv::Grubenv::in_directory(&self.env.boot()).set(words).unwrap();
    }

    pub(in crate::upgrade) fn found(&self) -> Found {
        Found::read(&self.env.boot()).unwrap()
    }

    /// How the upgrade ended.
    pub(in crate::upgrade) fn ended(&self) -> Outcome {
        let record = self.found().record;
        assert_eq!(record.now(), None);
        record.history()[0].outcome.clone()
    }
}

pub(in crate::upgrade) fn applying() -> Record {
    let system =
        |version: &str, image: &str| System { version: version.into(), image: image.into() };
    let systems = [system("1", "old"), system("2", "new")];
    let (bundle, by, at) = (Bundle("b".into()), AskedBy::Person, UnixTime(10));
    Record::default().begin(bundle, systems, Golden::Stays, by, at).unwrap()
}

pub(in crate::upgrade) fn on_trial() -> Record {
    applying().try_out(UnixTime(20)).unwrap()
}

/// Whether it was refused for this reason.
pub(in crate::upgrade) fn refused<E: std::error::Error + Send + Sync + 'static>(
    result: Result<impl Sized, impl Into<Error>>,
) -> bool {
    let Err(error) = result else { return false };
    let refusal: Refusal = fixture::refusal(error);
    refusal.own::<E>().is_some()
}
