//! What people should know of upgrades.

use zshield_messages::Said;
use zshield_units::UnixTime;

use super::Condition;
use crate::policy::Look;
use crate::upgrade::look::{Looked, offered};
use crate::upgrade::reason::Reason;
use crate::upgrade::record::{Ended, Outcome, Record, Upgrade};

/// For so long people are told of an upgrade that went back, in seconds: a week. The record tells it ever after.
const TOLD: i64 = 7 * 24 * 3600;

/// Longer than any start takes to be judged, in seconds: then somebody has to hear of it.
const STANDS_STILL: i64 = 6 * 3600;

/// What people should know of the upgrade that is under way, or else of the last one.
pub fn of_upgrades(record: &Record, now: UnixTime) -> Option<Condition> {
    match record.now() {
        Some(under_way) => unfinished(under_way, now),
        None => went_back(record.history().last()?, now),
    }
}

/// What people should know of the bundle at the policy's address: of one that waits for them.
pub fn of_looked(
    look: Look,
    looked: &Looked,
    installed: &str,
    record: &Record,
) -> Option<Condition> {
    let offer = offered(looked, installed, record)?.clone();
    let tried = looked.tried.as_ref().filter(|tried| tried.version == offer.version);
    let why = tried.and_then(|tried| tried.why.clone());
    let is_told = match look {
        Look::Never => false,
        Look::Tell => true,
        // It is installed within the window, unless something was against it.
        Look::Install => why.is_some(),
    };
    is_told.then_some(Condition::UpgradeWaits { offer, why })
}

fn unfinished(upgrade: &Upgrade, now: UnixTime) -> Option<Condition> {
    (now.since(upgrade.since) > STANDS_STILL).then(|| Condition::UpgradeUnfinished {
        version: upgrade.to.version.clone(),
        phase: Said::of(|| upgrade.phase.to_string()),
    })
}

/// One that a person ended is no news to anybody.
fn went_back(ended: &Ended, now: UnixTime) -> Option<Condition> {
    let Outcome::GoneBack { why, evidence } = &ended.outcome else { return None };
    let is_news = match why {
        Reason::CutOff | Reason::Step { .. } | Reason::Unhealthy { .. } | Reason::NoStart => true,
        Reason::Aborted | Reason::Recovered { .. } => false,
    };
    (is_news && now.since(ended.ended) <= TOLD).then(|| Condition::UpgradeWentBack {
        version: ended.upgrade.to.version.clone(),
        why: Said::of(|| why.to_string()),
        evidence: evidence.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upgrade::record::{AskedBy, Bundle, Golden, System};

    fn on_trial() -> Record {
        let system = |version: &str| System { version: version.into(), image: version.into() };
        let systems = [system("1"), system("2")];
        let (bundle, by) = (Bundle("b".into()), AskedBy::Person);
        let begun = Record::default().begin(bundle, systems, Golden::Stays, by, UnixTime(0));
        begun.unwrap().try_out(UnixTime(10)).unwrap()
    }

    #[test]
    fn one_that_went_back_is_told_with_its_reason_for_a_week_unless_a_person_ended_it() {
        let ended = |why| on_trial().gone_back(why, Some("/log".into()), UnixTime(100)).unwrap();
        let told = |record: &Record, at| of_upgrades(record, UnixTime(at));
        let failed = ended(Reason::NoStart);
        let condition = told(&failed, 200).unwrap();
        let text = condition.to_string();
        assert!(text.contains("/log") && text.contains(&Reason::NoStart.to_string()), "{text}");
        assert_eq!(condition.id(), "upgrade-went-back");
        assert!(told(&failed, 100 + TOLD).is_some() && told(&failed, 101 + TOLD).is_none());
        assert_eq!(told(&ended(Reason::Aborted), 200), None);
        let confirmed = on_trial().confirm(UnixTime(20)).unwrap().settle(UnixTime(30)).unwrap();
        assert_eq!(told(&confirmed, 200), None);
    }

    #[test]
    fn one_under_way_is_told_of_when_it_stands_still() {
        let told = |at| of_upgrades(&on_trial(), UnixTime(at));
        assert_eq!((told(10), told(10 + STANDS_STILL)), (None, None));
        let condition = told(11 + STANDS_STILL).unwrap();
        assert_eq!(condition.id(), "upgrade-unfinished");
        assert!(condition.to_string().contains('2'));
    }

    #[test]
    fn a_bundle_is_told_of_where_the_policy_says_so_or_where_it_could_not_be_installed() {
        use zshield_units::{Bytes, Version};

        use crate::upgrade::look::{Found, Offer, Restart, Tried};
        let version = Version::new("2.0").unwrap();
        let offer = Offer {
            bundle: Bundle("b".into()),
            version: version.clone(),
            size: Bytes::mib(41),
            restart: Restart::Machine,
            news: "Repairs the network.".into(),
        };
        let (found, at) = (Some(Found::New(offer)), UnixTime(9));
        let mut looked = Looked { at, answered: Some(at), failure: None, found, tried: None };
        let told = |look, looked: &Looked| of_looked(look, looked, "1.0", &Record::default());
        assert_eq!((told(Look::Never, &looked), told(Look::Install, &looked)), (None, None));
        let condition = told(Look::Tell, &looked).unwrap();
        assert_eq!(condition.id(), "upgrade-waits");
        let text = condition.to_string();
        let parts = ["2.0", "41 MiB", "Repairs the network."];
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
        assert_eq!(of_looked(Look::Tell, &looked, "2.0", &Record::default()), None);
        looked.tried = Some(Tried { at, version, why: Some("a clash".into()) });
        let condition = told(Look::Install, &looked).unwrap();
        assert!(condition.to_string().contains("a clash") && !condition.is_news_after(&condition));
    }
}
