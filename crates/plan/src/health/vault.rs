//! What people should know of the vault.

use zshield_units::UnixTime;

use super::condition::Condition;
use super::vault_trouble::VaultTrouble;
use crate::policy::{ON_HDD, Vault};
use crate::vault_state::{Failure, FailureKind, PlaceState, VaultState};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
/// A copy may come so much later than its turn before somebody hears of it: it waits for its window, the backup itself
/// was late, a try failed.
const LATE: u64 = 30 * HOUR;
/// A proof is due each month, and may come some days later.
const PROOF: u64 = 35 * DAY;
/// A server may be away for so many tries. What lasts longer than they take is told.
const TRIES: u32 = 4;

/// What the conditions of the vault are worked out from.
#[derive(Clone, Copy, Debug)]
pub struct VaultFacts<'a> {
    /// What the policy asks for.
    pub policy: &'a Vault,
    /// Whether its volume is on the HDD.
    pub on_hdd: bool,
    /// What is known of its places.
    pub state: &'a VaultState,
    /// When the latest backup was taken, where there is one.
    pub latest: Option<UnixTime>,
    /// Now.
    pub now: UnixTime,
    /// When the machine was started.
    pub started: UnixTime,
}

/// What people should know of the vault: of its volume, and of each place off the machine.
pub fn of_vault(facts: &VaultFacts<'_>) -> Vec<Condition> {
    let unknown = PlaceState::default();
    let hdd = facts.on_hdd.then_some((ON_HDD, &facts.state.hdd, DAY));
    let far = facts.policy.far();
    let far = far.iter().map(|place| {
        let state = facts.state.far.get(place.name).unwrap_or(&unknown);
        (place.name.as_str(), state, place.every.0.as_secs())
    });
    hdd.into_iter()
        .chain(far)
        .flat_map(|(place, state, every)| {
            let mut troubles = of_place(facts, state, every);
            // What is elsewhere is read by nobody: its own objects are, here.
            if place == ON_HDD {
                troubles.extend(unproved(facts, state));
            }
            troubles
                .into_iter()
                .map(move |trouble| Condition::Vault { place: place.to_owned(), trouble })
        })
        .collect()
}

fn of_place(facts: &VaultFacts<'_>, state: &PlaceState, every: u64) -> Vec<VaultTrouble> {
    let mut found: Vec<VaultTrouble> = Vec::new();
    for trouble in [&state.failed, &state.unproved].into_iter().flatten().filter_map(told) {
        // One alarm for each kind: the copy's own.
        if found.iter().all(|known| known.kind() != trouble.kind()) {
            found.push(trouble);
        }
    }
    found.extend(overdue(facts, state, every));
    found
}

/// What people are told of a failure: what may be over by itself, when it has lasted.
fn told(failure: &Failure) -> Option<VaultTrouble> {
    let why = failure.why.clone();
    match failure.kind {
        FailureKind::Full => Some(VaultTrouble::Full),
        FailureKind::Damaged => Some(VaultTrouble::Damaged { why }),
        FailureKind::Unreachable if failure.count < TRIES => None,
        kind @ (FailureKind::Unreachable
        | FailureKind::Refused
        | FailureKind::ClockWrong
        | FailureKind::WrongKey
        | FailureKind::Gone
        | FailureKind::Other) => Some(VaultTrouble::Failing { kind, why }),
    }
}

/// A place that lacks the latest backup, and has had more than its turn. Backups are renewed meanwhile: what counts is
/// the age of the newest one that it has, or how long the machine runs where it has none.
fn overdue(facts: &VaultFacts<'_>, state: &PlaceState, every: u64) -> Option<VaultTrouble> {
    let latest = facts.latest?;
    let age = state.newest.and_then(|newest| age(newest, facts.now));
    let waits = age.or_else(|| self::age(facts.started, facts.now))?;
    let is_late = state.lacks(latest) && waits > every.saturating_add(LATE);
    is_late.then(|| VaultTrouble::Overdue { days: age.map(|age| age / DAY) })
}

/// A place with something in it that was not looked at for too long.
fn unproved(facts: &VaultFacts<'_>, state: &PlaceState) -> Option<VaultTrouble> {
    let since = age(state.proved.or(state.since)?, facts.now)?;
    let days = state.proved.map(|_| since / DAY);
    (since > PROOF).then_some(VaultTrouble::Unproved { days })
}

/// How long ago it was; nothing of what another clock has noted.
fn age(then: UnixTime, now: UnixTime) -> Option<u64> {
    u64::try_from(now.since(then)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PlaceName;

    const NOW: UnixTime = UnixTime(1_800_000_000);
    const HOURS: i64 = 3600;

    fn ago(hours: i64) -> UnixTime {
        NOW + -hours * HOURS
    }

    fn policy() -> Vault {
        toml::from_str("[[directory]]\nname = \"nas\"\npath = \"/mnt/nas\"\nevery = \"7d\"\n")
            .unwrap()
    }

    fn ids(state: &VaultState, on_hdd: bool, started: UnixTime) -> Vec<String> {
        let policy = policy();
        let (latest, now) = (Some(ago(5)), NOW);
        let facts = VaultFacts { policy: &policy, on_hdd, state, latest, now, started };
        let found = of_vault(&facts);
        assert!(found.iter().all(|condition| !condition.to_string().is_empty()));
        found.iter().map(Condition::id).collect()
    }

    fn copied(hours: i64) -> PlaceState {
        let mut place = PlaceState::default();
        place.copy_ended(ago(hours), ago(hours - 1));
        place
    }

    fn of(hdd: PlaceState, nas: PlaceState) -> VaultState {
        let far = [(PlaceName::new("nas").unwrap(), nas)].into();
        VaultState { hdd, far, ..VaultState::default() }
    }

    #[test]
    fn a_place_is_overdue_after_its_turn_and_a_day() {
        let none: [&str; 0] = [];
        assert_eq!(ids(&of(copied(5), copied(5)), true, ago(9000)), none);
        // The backup of the night before is in both; their turn is a day and a week.
        assert_eq!(ids(&of(copied(29), copied(150)), true, ago(9000)), none);
        assert_eq!(ids(&of(copied(54), copied(198)), true, ago(9000)), none);
        assert_eq!(ids(&of(copied(55), copied(5)), true, ago(9000)), ["vault-overdue:hdd"]);
        assert_eq!(ids(&of(copied(5), copied(199)), true, ago(9000)), ["vault-overdue:nas"]);
        // Without a volume there is nothing on the HDD to be late.
        assert_eq!(ids(&of(copied(55), copied(5)), false, ago(9000)), none);
    }

    #[test]
    fn where_nothing_was_copied_yet_the_time_since_the_start_counts() {
        let none: [&str; 0] = [];
        let empty = VaultState::default();
        assert_eq!(ids(&empty, true, ago(50)), none);
        assert_eq!(ids(&empty, true, ago(199)), ["vault-overdue:hdd", "vault-overdue:nas"]);
        let policy = policy();
        let facts = VaultFacts {
            policy: &policy,
            on_hdd: true,
            state: &empty,
            latest: None,
            now: NOW,
            started: ago(900),
        };
        assert_eq!(of_vault(&facts), []);
    }

    #[test]
    fn another_clock_raises_no_alarm() {
        let mut ahead = copied(-1000);
        ahead.proof_ended(ago(-1000));
        let none: [&str; 0] = [];
        assert_eq!(ids(&of(ahead.clone(), ahead), true, ago(-1000)), none);
    }

    #[test]
    fn a_server_may_be_away_for_a_while_and_anything_else_is_told_at_once() {
        let failing = |kind: FailureKind, count| {
            let mut place = copied(5);
            (0..count).for_each(|_| place.copy_failed(kind, "why".into(), ago(1)));
            ids(&of(copied(5), place), true, ago(9000))
        };
        let none: [&str; 0] = [];
        assert_eq!(failing(FailureKind::Unreachable, TRIES - 1), none);
        assert_eq!(failing(FailureKind::Unreachable, TRIES), ["vault-failing:nas"]);
        for kind in [
            FailureKind::Refused,
            FailureKind::ClockWrong,
            FailureKind::WrongKey,
            FailureKind::Gone,
            FailureKind::Other,
        ] {
            assert_eq!(failing(kind, 1), ["vault-failing:nas"], "{kind:?}");
        }
        assert_eq!(failing(FailureKind::Full, 1), ["vault-full:nas"]);
        assert_eq!(failing(FailureKind::Damaged, 1), ["vault-damaged:nas"]);
    }

    #[test]
    fn a_proof_that_fails_is_told_by_what_it_found_and_once() {
        let mut place = copied(5);
        place.proof_failed(FailureKind::Damaged, "pack".into(), ago(2));
        place.copy_failed(FailureKind::Damaged, "index".into(), ago(1));
        let found = ids(&of(place.clone(), copied(5)), true, ago(9000));
        assert_eq!(found, ["vault-damaged:hdd"]);
        place.copy_ended(ago(5), ago(1));
        let found = ids(&of(place, copied(5)), true, ago(9000));
        assert_eq!(found, ["vault-damaged:hdd"]);
    }

    #[test]
    fn a_vault_is_proved_within_five_weeks() {
        let none: [&str; 0] = [];
        let mut place = copied(5);
        place.since = Some(ago(35 * 24));
        assert_eq!(ids(&of(place.clone(), copied(5)), true, ago(9000)), none);
        place.since = Some(ago(36 * 24));
        assert_eq!(ids(&of(place.clone(), copied(5)), true, ago(9000)), ["vault-unproved:hdd"]);
        place.proof_ended(ago(24));
        assert_eq!(ids(&of(place.clone(), copied(5)), true, ago(9000)), none);
        place.proof_ended(ago(36 * 24));
        assert_eq!(ids(&of(place, copied(5)), true, ago(9000)), ["vault-unproved:hdd"]);
    }
}
