//! Bundles that nobody has named: when the policy's address is looked at, what is told of a bundle that is there, and when it is
//! installed.
//!
//! What was found is kept in a file of the system, so that a start does not ask again. A recovery brings an older one back,
//! or none: then it is looked again, and nothing else depends on it. What is never tried again by itself, the record says.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Zoned};
use serde::{Deserialize, Serialize};
use zshield_messages::Said;
use zshield_units::{Bytes, UnixTime, Version};

use super::record::{Bundle, Record};
use crate::policy::{Look, Upgrade};
use crate::schedule::{OTHER_CLOCK, SETTLE, around, retry};

/// Machines that were switched on at once do not ask at once: they take so long, or `every` where that is shorter.
const SPREAD: Duration = Duration::from_hours(1);

/// What is known of the bundle at the policy's address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// When it was looked last, in seconds since 1970, UTC.
    pub at: UnixTime,
    /// When there was an answer last, likewise.
    #[serde(default)]
    pub answered: Option<UnixTime>,
    /// Why there was none since, where it was asked again.
    #[serde(default)]
    pub failure: Option<Said>,
    /// What the last answer was.
    #[serde(default)]
    pub found: Option<Found>,
    /// The last try to install one.
    #[serde(default)]
    pub tried: Option<Tried>,
}

/// What is at the address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum Found {
    /// A version that is not newer than the installed one.
    NoNewer {
        /// The version.
        version: String,
    },
    /// Something that this machine does not take.
    Unfit {
        /// Why.
        why: Said,
    },
    /// A newer version.
    New(Offer),
}

/// A newer version, as its vendor has signed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Its bundle.
    pub bundle: Bundle,
    /// Its version.
    pub version: Version,
    /// How long the file is: no more is fetched.
    pub size: Bytes,
    /// What starts again.
    pub restart: Restart,
    /// What is new.
    pub news: Said,
}

/// What starts again for a version to be in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// Nothing.
    Nothing,
    /// The services whose files change.
    Services,
    /// The machine.
    Machine,
}

/// A try to install one without anybody being asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// When it began.
    pub at: UnixTime,
    /// The version that was offered.
    pub version: Version,
    /// Why it was not installed; nothing where that is not known, or where it was.
    #[serde(default)]
    pub why: Option<Said>,
}

/// What choices are made from.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The time, in the machine's own zone.
    pub now: Zoned,
    /// When the machine was started.
    pub started: Timestamp,
    /// A number of this machine's own: machines with the same policy come at times of their own.
    pub share: u64,
    /// What is known of the address.
    pub looked: Option<&'a Looked>,
    /// Looks that have failed since the last that did not: when the last one did, and how many in a row.
    pub failed: Option<(Timestamp, u32)>,
    /// When one was begun to be installed last, whatever could be noted of it.
    pub begun: Option<Timestamp>,
    /// The installed version.
    pub installed: &'a str,
    /// The record of upgrades.
    pub record: &'a Record,
}

/// When it is looked next: a time that has passed means now. Nothing where the policy asks for nothing.
///
/// Time is cut into stretches of `every`, and each machine has its moment in them. After a start a missed one is made up. A
/// server that is away is asked again, at growing distances.
pub fn due(policy: &Upgrade, facts: &Facts<'_>) -> Option<Timestamp> {
    match (policy.look, &policy.url) {
        (Look::Never, _) | (_, None) => return None,
        (Look::Tell | Look::Install, Some(_)) => {}
    }
    let every = i64::try_from(policy.every.0.as_secs()).ok()?.max(1);
    let now = facts.now.timestamp();
    let own = share_of(facts.share, policy.every.0);
    let previous = now.as_second() - (now.as_second() - own.as_secs()).rem_euclid(every);
    let answered = facts.looked.and_then(|looked| looked.answered?.timestamp());
    // One that seems to come from the future was under another clock.
    let answered = answered.filter(|at| at.duration_since(now) < OTHER_CLOCK);
    let due = if answered.is_some_and(|at| at.as_second() >= previous) {
        Timestamp::from_second(previous + every).ok()?
    } else {
        let spread = share_of(facts.share, policy.every.0.min(SPREAD));
        let settled = facts.started.checked_add(SETTLE).ok()?.checked_add(spread).ok()?;
        let previous = Timestamp::from_second(previous).ok()?;
        // A start in the future is told by another clock.
        if facts.started > now { previous } else { previous.max(settled) }
    };
    let again = retry(facts.failed, now)
        .and_then(|at| at.checked_add(share_of(facts.share, Duration::from_mins(10))).ok());
    Some(again.map_or(due, |again| due.max(again)))
}

/// The part of a length of time that is a machine's own.
fn share_of(share: u64, whole: Duration) -> SignedDuration {
    let seconds = share % whole.as_secs().max(1);
    SignedDuration::from_secs(i64::try_from(seconds).unwrap_or_default())
}

/// The version that can be installed: newer than the installed one, and not one that was left here.
pub fn offered<'a>(looked: &'a Looked, installed: &str, record: &Record) -> Option<&'a Offer> {
    let Some(Found::New(offer)) = &looked.found else { return None };
    let is_newer = Version::new(installed).map_or(true, |installed| offer.version > installed);
    let was_left = record.last_of(&offer.bundle).is_some_and(|ended| !ended.is_confirmed());
    (is_newer && !was_left && record.now().is_none()).then_some(offer)
}

/// Whether one is installed now: within the window, once in each, and at a moment of this machine's own in its first half.
pub fn installs(policy: &Upgrade, facts: &Facts<'_>) -> bool {
    match policy.look {
        Look::Never | Look::Tell => return false,
        Look::Install => {}
    }
    let Some(looked) = facts.looked else { return false };
    let Some(offer) = offered(looked, facts.installed, facts.record) else { return false };
    let Some((began, _)) = around(policy.window.from, &facts.now) else { return false };
    let (now, window) = (facts.now.timestamp(), policy.window.length());
    let passed = now.duration_since(began);
    let is_in_this_one = |at: Timestamp| at >= began && at.duration_since(now) < OTHER_CLOCK;
    let tried = looked.tried.as_ref().filter(|tried| tried.version == offer.version);
    let tried = tried.and_then(|tried| tried.at.timestamp());
    let was_tried = [tried, facts.begun].into_iter().flatten().any(is_in_this_one);
    let is_within = SignedDuration::try_from(window).is_ok_and(|window| passed < window);
    is_within && !was_tried && passed >= share_of(facts.share, window / 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::Policy;
    use crate::upgrade::reason::Reason;
    use crate::upgrade::record::{AskedBy, Golden, System};

    fn policy(look: &str) -> Upgrade {
        let text = format!(
            "[product]\nname = \"x\"\nversion = \"1\"\n[payload]\nsource = \"x\"\n[upgrade]\n\
             url = \"https://u.example/x.zsb\"\nlook = \"{look}\"\nevery = \"6h\"\n"
        );
        Policy::parse(&text, std::path::Path::new("appliance.toml")).unwrap().upgrade
    }

    fn at(text: &str) -> Zoned {
        text.parse().unwrap()
    }

    const STARTED: &str = "2026-01-01T00:00:00+08:00[Asia/Shanghai]";
    const NOW: &str = "2026-11-22T04:30:00+08:00[Asia/Shanghai]";

    fn offer() -> Offer {
        Offer {
            bundle: Bundle("b".into()),
            version: Version::new("2.0").unwrap(),
            size: Bytes::mib(1),
            restart: Restart::Machine,
            news: "news".into(),
        }
    }

    fn looked(answered: Option<Timestamp>) -> Looked {
        let at = answered.unwrap_or_default().into();
        let found = Some(Found::New(offer()));
        Looked { at, answered: answered.map(Into::into), failure: None, found, tried: None }
    }

    fn facts<'a>(now: &str, looked: Option<&'a Looked>, record: &'a Record) -> Facts<'a> {
        Facts {
            now: at(now),
            started: at(STARTED).timestamp(),
            share: 3600,
            looked,
            failed: None,
            begun: None,
            installed: "1.0",
            record,
        }
    }

    #[test]
    fn nothing_is_looked_at_that_the_policy_does_not_ask_for() {
        let (none, record) = (policy("never"), Record::default());
        assert_eq!(due(&none, &facts(NOW, None, &record)), None);
        for look in ["tell", "install"] {
            let due = due(&policy(look), &facts(NOW, None, &record)).unwrap();
            assert!(due <= at(NOW).timestamp());
        }
    }

    #[test]
    fn a_machine_looks_once_in_each_stretch_and_soon_after_a_start_that_missed_one() {
        let (policy, record) = (policy("tell"), Record::default());
        let now = at(NOW).timestamp();
        let seen = looked(Some(now));
        let next = due(&policy, &facts(NOW, Some(&seen), &record)).unwrap();
        assert!(next > now && next.duration_since(now) <= SignedDuration::from_hours(6));
        let mut started = facts(NOW, None, &record);
        started.started = now;
        let wait = due(&policy, &started).unwrap().duration_since(now);
        assert!(wait >= SETTLE && wait <= SETTLE + SignedDuration::from_hours(1));
    }

    #[test]
    fn a_server_that_is_away_for_a_week_is_asked_at_growing_distances_and_never_given_up() {
        let (policy, record) = (policy("tell"), Record::default());
        let seen = looked(None);
        let now = at(NOW).timestamp();
        for (count, least, most) in [(1, 15, 25), (3, 60, 70), (40, 360, 370)] {
            let mut facts = facts(NOW, Some(&seen), &record);
            facts.failed = Some((now, count));
            let wait = due(&policy, &facts).unwrap().duration_since(now).as_mins();
            assert!((least..=most).contains(&wait), "{count}: {wait}");
        }
    }

    #[test]
    fn a_clock_that_was_wrong_stops_nothing() {
        let (policy, record) = (policy("tell"), Record::default());
        let now = at(NOW).timestamp();
        let later = now.checked_add(SignedDuration::from_hours(9000)).unwrap();
        let seen = looked(Some(later));
        let mut facts = facts(NOW, Some(&seen), &record);
        assert!(due(&policy, &facts).unwrap() <= now);
        facts.failed = Some((later, 9));
        assert!(due(&policy, &facts).unwrap() <= now);
        facts.started = later;
        assert!(due(&policy, &facts).unwrap() <= now);
    }

    #[test]
    fn a_version_is_offered_that_is_newer_and_was_not_left_here() {
        let seen = looked(None);
        let record = Record::default();
        let is = |installed: &str, record: &Record| offered(&seen, installed, record).is_some();
        assert!(is("1.0", &record) && !is("2.0", &record) && !is("2.1", &record));
        let system = |version: &str| System { version: version.into(), image: version.into() };
        let begun = |name: &str| {
            let systems = [system("1.0"), system("2.0")];
            let (bundle, at) = (Bundle(name.into()), UnixTime(1));
            record.clone().begin(bundle, systems, Golden::Stays, AskedBy::Itself, at).unwrap()
        };
        assert!(!is("1.0", &begun("b")));
        let left = |name: &str| begun(name).gone_back(Reason::CutOff, None, UnixTime(2)).unwrap();
        assert!(!is("1.0", &left("b")) && is("1.0", &left("another")));
        let none = Looked { found: Some(Found::NoNewer { version: "2.0".into() }), ..looked(None) };
        assert_eq!(offered(&none, "1.0", &record), None);
    }

    #[test]
    fn it_is_installed_within_the_window_and_once_in_each() {
        let (policy, record) = (policy("install"), Record::default());
        // The window is from 4 to 6; this machine begins at 5, the middle of it being the last moment.
        let mut seen = looked(None);
        let installed = |seen: &Looked, day: &str, time: &str| {
            let now = format!("2026-11-{day}T{time}:00+08:00[Asia/Shanghai]");
            let mut facts = facts(&now, Some(seen), &record);
            facts.share = 3599;
            installs(&policy, &facts)
        };
        for (time, wanted) in [
            ("03:59", false),
            ("04:00", false),
            ("04:59", false),
            ("05:00", true),
            ("05:59", true),
            ("06:00", false),
        ] {
            assert_eq!(installed(&seen, "22", time), wanted, "{time}");
        }
        let tried = at("2026-11-22T05:00:00+08:00[Asia/Shanghai]").timestamp();
        seen.tried = Some(Tried { at: tried.into(), version: offer().version, why: None });
        assert!(!installed(&seen, "22", "05:30") && installed(&seen, "23", "05:30"));
        // Another version is another try; and so is one of another clock's.
        seen.tried = Some(Tried { version: Version::new("1.9").unwrap(), ..seen.tried.unwrap() });
        assert!(installed(&seen, "22", "05:30"));
        let future = tried.checked_add(SignedDuration::from_hours(9000)).unwrap();
        seen.tried = Some(Tried { at: future.into(), version: offer().version, why: None });
        assert!(installed(&seen, "22", "05:30"));
        // What could note nothing has been tried all the same.
        let now = "2026-11-22T05:30:00+08:00[Asia/Shanghai]";
        let mut facts = facts(now, Some(&seen), &record);
        assert!(installs(&policy, &facts));
        facts.begun = Some(tried);
        assert!(!installs(&policy, &facts));
        for look in ["never", "tell"] {
            let policy = self::policy(look);
            facts.begun = None;
            assert!(!installs(&policy, &facts));
        }
    }

    proptest! {
        /// A thousand machines are spread over the stretch, and each comes once in it.
        #[test]
        fn whoever_has_looked_waits_for_its_own_moment(share: u64, second in 0_i64..4_000_000_000) {
            let (policy, record) = (policy("tell"), Record::default());
            let now = Timestamp::from_second(second).unwrap();
            let seen = looked(Some(now));
            let mut facts = facts(NOW, Some(&seen), &record);
            (facts.now, facts.share) = (now.to_zoned(jiff::tz::TimeZone::UTC), share);
            let next = due(&policy, &facts).unwrap();
            prop_assert!(next > now && next.duration_since(now) <= SignedDuration::from_hours(6));
            prop_assert_eq!(next.as_second().rem_euclid(6 * 3600), (share % (6 * 3600)).cast_signed());
        }
    }
}
