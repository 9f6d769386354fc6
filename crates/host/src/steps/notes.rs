//! What is noted on `/boot`: the ledger, GRUB's environment, and the notes beside them.

use zshield_plan::grubenv::EnvKey;
use zshield_plan::step::{
    Arm, Disarm, ForgetDegraded, ForgetOnly, NoteOnly, NoteOutcome, OrderRecovery, WriteLedger,
};

use super::Perform;
use super::work::Work;
use crate::grubenv::Grubenv;
use crate::ledger::LedgerStore;
use crate::outcome::{self, Outcome};
use crate::step_error::StepError;
use crate::{degraded, restore_scope};

impl Perform for Arm {
    fn perform(&self, _work: &Work<'_>) -> Result<(), StepError> {
        let word = self.target.word();
        let words = [(EnvKey::Recover, Some(&*word)), (EnvKey::Request, None)];
        Ok(Grubenv::in_directory(self.at.as_ref()).set(&words)?)
    }
}

impl Perform for Disarm {
    fn perform(&self, _work: &Work<'_>) -> Result<(), StepError> {
        // What is on root now is on trial no more, whatever it was before.
        let words = [EnvKey::Recover, EnvKey::Tries, EnvKey::Trial].map(|word| (word, None));
        Ok(Grubenv::in_directory(self.at.as_ref()).set(&words)?)
    }
}

impl Perform for WriteLedger {
    fn perform(&self, _work: &Work<'_>) -> Result<(), StepError> {
        Ok(LedgerStore::in_directory(self.at.as_ref()).write(&self.ledger)?)
    }
}

impl Perform for NoteOutcome {
    fn perform(&self, _work: &Work<'_>) -> Result<(), StepError> {
        let outcome = Outcome::success(&self.operation, self.began);
        Ok(outcome::write(self.at.as_ref(), &outcome)?)
    }
}

impl Perform for ForgetDegraded {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        degraded::clear(self.at.as_ref())?;
        work.called()
    }
}

impl Perform for NoteOnly {
    fn perform(&self, _work: &Work<'_>) -> Result<(), StepError> {
        Ok(restore_scope::write(self.at.as_ref(), &self.only)?)
    }
}

impl Perform for ForgetOnly {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        restore_scope::clear(self.at.as_ref())?;
        work.called()
    }
}

impl Perform for OrderRecovery {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let Self { at, scope } = self;
        restore_scope::write(at.as_ref(), scope)?;
        work.within()();
        let target = scope.target.word();
        Ok(Grubenv::in_directory(at.as_ref()).set(&[(EnvKey::Recover, Some(&*target))])?)
    }
}
