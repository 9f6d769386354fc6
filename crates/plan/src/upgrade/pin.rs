//! What nobody may do while a new version is applied or on trial: its way back must stay.
//!
//! The latest backup is what the machine goes back to by itself. So no backup may replace it until the new
//! version is confirmed. A recovery of the whole system, by whoever starts the rescue system or orders one,
//! is another matter: both of them return to a state that was proved before the upgrade began, need nothing of the
//! new version, and end it. The factory state stands over the latest backup, which is pinned, and its
//! Golden Image is switched only after the new version is confirmed. A recovery of the running system is
//! refused, and one of some files alone: these would be the old version's among the new one's.

use zshield_messages::say;

use super::record::{Phase, Record, Upgrade};
use crate::model::Target;

/// The upgrade whose way back the latest backup is.
pub fn pinned(record: &Record) -> Option<&Upgrade> {
    record.now().filter(|now| match now.phase {
        Phase::Applying | Phase::Trial | Phase::GoingBack { .. } => true,
        Phase::Settling => false,
    })
}

/// A recovery that somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Of the whole system, by the rescue system.
    Offline(Target),
    /// Of the running system, all of it or some files.
    Running,
}

/// What a recovery does to an upgrade that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: there is none whose way back it could touch.
    Nothing,
    /// It ends it: the old version is on root.
    Ends,
}

/// An upgrade is on trial: the running system is made of the new version's files alone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", say::upgrade::no_live_recovery(.0))]
pub struct Refused(pub String);

/// What a recovery does to an upgrade, where it may be made.
pub fn recovery(record: &Record, recovery: Recovery) -> Result<Effect, Refused> {
    match (pinned(record), recovery) {
        (None, Recovery::Offline(_) | Recovery::Running) => Ok(Effect::Nothing),
        (Some(_), Recovery::Offline(Target::Latest | Target::Factory | Target::Vault(_))) => {
            Ok(Effect::Ends)
        }
        (Some(now), Recovery::Running) => Err(Refused(now.to.version.clone())),
    }
}

#[cfg(test)]
mod tests {
    use zshield_units::UnixTime;

    use super::*;
    use crate::upgrade::record::{AskedBy, Bundle, Golden, System};

    #[test]
    fn until_it_is_confirmed_the_way_back_stays_and_only_the_whole_of_it_is_taken() {
        let system = |version: &str| System { version: version.into(), image: version.into() };
        let systems = [system("1"), system("2")];
        let at = UnixTime(1);
        let none = Record::default();
        let applying = none
            .clone()
            .begin(Bundle("b".into()), systems, Golden::Stays, AskedBy::Person, at)
            .unwrap();
        let trial = applying.clone().try_out(at).unwrap();
        let settling = trial.clone().confirm(at).unwrap();
        let asked = [
            Recovery::Offline(Target::Latest),
            Recovery::Offline(Target::Factory),
            Recovery::Running,
        ];
        for record in [&applying, &trial] {
            assert_eq!(pinned(record).map(|now| now.to.version.as_str()), Some("2"));
            assert_eq!(
                asked.map(|it| recovery(record, it)),
                [Ok(Effect::Ends), Ok(Effect::Ends), Err(Refused("2".into()))]
            );
        }
        for record in [&none, &settling] {
            assert_eq!(pinned(record), None);
            assert!(asked.iter().all(|it| recovery(record, *it) == Ok(Effect::Nothing)));
        }
    }
}
