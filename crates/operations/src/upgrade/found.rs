//! What there is of an upgrade: the record, GRUB's words, and the version that root has.

use std::path::Path;

use anyhow::Result;
use zshield_host::grubenv::Grubenv;
use zshield_host::ledger::LedgerStore;
use zshield_host::outcome::{self, Outcome};
use zshield_host::upgrade_record;
use zshield_plan::grubenv::Environment;
use zshield_plan::model::Target;
use zshield_plan::plan::Operation;
use zshield_plan::upgrade::record::{self, Next, Phase, Record, Upgrade};

/// What there is.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub record: Record,
    pub words: Environment,
    /// The digest of the image that root has; nothing where no ledger says it.
    image: Option<String>,
    outcome: Option<Outcome>,
}

impl Found {
    /// Reads it in GRUB's directory.
    pub(super) fn read(boot: &Path) -> Result<Self> {
        Ok(Self {
            record: upgrade_record::read(boot)?,
            words: Grubenv::in_directory(boot).read()?,
            image: LedgerStore::in_directory(boot).read()?.map(|ledger| ledger.image),
            outcome: outcome::read(boot)?,
        })
    }

    /// What has to be done about it; nothing while a recovery has begun: the rescue system ends that.
    pub(super) fn next(&self) -> Next {
        let Some(now) = self.record.now().filter(|_| self.words.begun().is_none()) else {
            return Next::Nothing;
        };
        let image = self.image(now);
        let recovered = self.recovered(now, image);
        self.record.next(&record::Found { image, trial: self.words.is_trial(), recovered })
    }

    /// Without a ledger the word of the trial says which version it is: any recovery takes that out.
    fn image<'a>(&'a self, now: &'a Upgrade) -> &'a str {
        let by_words = if self.words.is_trial() { &now.to } else { &now.from };
        self.image.as_deref().unwrap_or(&by_words.image)
    }

    /// The recovery that ended since the upgrade began. A backup is made right before that, so a recovery that ended last
    /// came later. It does not say where it led: neither of the two versions is that of the factory.
    fn recovered(&self, now: &Upgrade, image: &str) -> Option<Target> {
        let name = Operation::Recover(Target::Latest).name();
        let ended = self.outcome.as_ref().filter(|it| !it.open && it.failure.is_none());
        let is_known = image == now.from.image || image == now.to.image;
        let target = if is_known { Target::Latest } else { Target::Factory };
        ended.filter(|it| it.operation == name).map(|_| target)
    }

    /// Whether this very upgrade is still on trial: nobody has confirmed or left it meanwhile.
    pub(super) fn is_on_trial(&self, upgrade: &Upgrade) -> bool {
        self.record.now().is_some_and(|now| {
            now.bundle == upgrade.bundle && now.began == upgrade.began && now.phase == Phase::Trial
        })
    }
}
