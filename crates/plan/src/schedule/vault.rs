//! When the vault's work is due: a copy, a proof, the removal of what is not kept.

use jiff::{SignedDuration, Timestamp, Zoned};
use zshield_units::UnixTime;

use super::{OTHER_CLOCK, around, retry};
use crate::policy::{FarPlace, TimeOfDay, Vault, Window};
use crate::vault_state::{Failure, PlaceState, VaultState};

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// A proof each month.
const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// When the copy onto the HDD is due: as soon as a backup was made that it lacks. Nothing where it lacks none.
pub fn copy_due(state: &PlaceState, latest: Option<UnixTime>, now: Timestamp) -> Option<Timestamp> {
    let due = lacking(state, latest, now)?;
    Some(after_failure(due, state.failed.as_ref(), now))
}

/// When the copy to a place off the machine is due, likewise: once in each `every`, within its window.
pub fn far_due(
    place: &FarPlace<'_>,
    state: &PlaceState,
    latest: Option<UnixTime>,
    now: &Zoned,
) -> Option<Timestamp> {
    let made = lacking(state, latest, now.timestamp())?;
    let every = SignedDuration::try_from(place.every.0).unwrap_or(DAY);
    let turn =
        known(state.copied, now.timestamp()).and_then(|copied| copied.checked_add(every).ok());
    let due = turn.map_or(made, |turn| turn.max(made));
    let due = after_failure(due, state.failed.as_ref(), now.timestamp());
    match place.window {
        Some(window) => within(window, due, now),
        None => Some(due),
    }
}

/// The places off the machine to which what the HDD has is to be sent now.
pub fn due_places<'a>(policy: &'a Vault, state: &VaultState, now: &Zoned) -> Vec<FarPlace<'a>> {
    let unknown = PlaceState::default();
    let is_due = |place: &FarPlace<'_>| {
        let known = state.far.get(place.name).unwrap_or(&unknown);
        far_due(place, known, state.hdd.newest, now).is_some_and(|due| due <= now.timestamp())
    };
    policy.far().into_iter().filter(is_due).collect()
}

/// When the monthly proof is due: a month after the last one, or a day after the first copy. Nothing where there is
/// nothing to prove.
pub fn proof_due(state: &PlaceState, now: Timestamp) -> Option<Timestamp> {
    let since = state.since?.timestamp()?;
    let due = match known(state.proved, now) {
        Some(proved) => proved.checked_add(MONTH).ok()?,
        // A clock that was ahead says nothing of when that was.
        None if since.duration_since(now) >= OTHER_CLOCK => now,
        None => since.min(now).checked_add(DAY).ok()?,
    };
    Some(after_failure(due, state.unproved.as_ref(), now))
}

/// When copies that the policy does not keep are to be removed: after a copy, and once a day at most.
pub fn retention_due(state: &PlaceState, now: Timestamp) -> Option<Timestamp> {
    let copied = state.copied?.timestamp()?;
    match known(state.retained, now) {
        Some(retained) if retained >= copied => None,
        Some(retained) => Some(retained.checked_add(DAY).ok()?.max(copied)),
        None => Some(copied),
    }
}

/// When the backup was made that it lacks; now, where a clock was ahead then.
fn lacking(state: &PlaceState, latest: Option<UnixTime>, now: Timestamp) -> Option<Timestamp> {
    latest.filter(|latest| state.lacks(*latest))?.timestamp().map(|made| made.min(now))
}

/// A moment; nothing where it was noted by a clock that was ahead of this one.
fn known(then: Option<UnixTime>, now: Timestamp) -> Option<Timestamp> {
    then?.timestamp().filter(|then| then.duration_since(now) < OTHER_CLOCK)
}

fn after_failure(due: Timestamp, failure: Option<&Failure>, now: Timestamp) -> Timestamp {
    let failed = failure.and_then(|it| Some((it.at.timestamp()?, it.count)));
    retry(failed, now).map_or(due, |retry| due.max(retry))
}

/// The first moment from `due` and from now on that is in a window.
fn within(window: Window, due: Timestamp, now: &Zoned) -> Option<Timestamp> {
    let first = due.max(now.timestamp()).to_zoned(now.time_zone().clone());
    let time = TimeOfDay { hour: first.hour(), minute: first.minute() };
    if window.has(time) {
        return Some(due);
    }
    around(window.from, &first).map(|(_, next)| next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault_state::FailureKind;

    fn at(text: &str) -> Zoned {
        format!("2026-11-{text}:00+08:00[Asia/Shanghai]").parse().unwrap()
    }

    fn unix(text: &str) -> UnixTime {
        at(text).timestamp().into()
    }

    fn copied(newest: &str, ended: &str) -> PlaceState {
        let mut state = PlaceState::default();
        state.copy_ended(unix(newest), unix(ended));
        state
    }

    fn policy(more: &str) -> Vault {
        toml::from_str(&format!("[[directory]]\nname = \"nas\"\npath = \"/mnt/nas\"\n{more}"))
            .unwrap()
    }

    fn far(more: &str, state: &PlaceState, latest: &str, now: &str) -> Option<Timestamp> {
        let policy = policy(more);
        far_due(&policy.far()[0], state, Some(unix(latest)), &at(now))
    }

    fn moment(text: &str) -> Timestamp {
        at(text).timestamp()
    }

    #[test]
    fn each_backup_is_copied_onto_the_hdd_once() {
        let now = at("20T04:00").timestamp();
        let none = PlaceState::default();
        assert_eq!(copy_due(&none, None, now), None);
        assert_eq!(copy_due(&none, Some(unix("20T03:00")), now), Some(moment("20T03:00")));
        let mut state = copied("20T03:00", "20T03:10");
        assert_eq!(copy_due(&state, Some(unix("20T03:00")), now), None);
        assert_eq!(copy_due(&state, Some(unix("20T03:30")), now), Some(moment("20T03:30")));
        // Tried again after a while, and not at once.
        state.copy_failed(FailureKind::Full, "why".into(), unix("20T03:50"));
        assert_eq!(copy_due(&state, Some(unix("20T03:30")), now), Some(moment("20T04:05")));
    }

    #[test]
    fn a_far_place_is_copied_to_in_its_turn() {
        let state = copied("19T03:00", "19T03:30");
        assert_eq!(far("", &state, "19T03:00", "20T04:00"), None);
        assert_eq!(far("", &state, "20T03:00", "20T04:00"), Some(moment("20T03:30")));
        assert_eq!(
            far("every = \"7d\"\n", &state, "20T03:00", "20T04:00"),
            Some(moment("26T03:30"))
        );
        assert_eq!(
            far("", &PlaceState::default(), "20T03:00", "20T04:00"),
            Some(moment("20T03:00"))
        );
        // A copy that was noted by a clock ahead of this one says nothing of its turn.
        let ahead = PlaceState { newest: Some(unix("01T00:00")), ..copied("29T03:00", "29T03:00") };
        assert_eq!(far("", &ahead, "20T03:00", "20T04:00"), Some(moment("20T03:00")));
    }

    #[test]
    fn a_far_place_waits_for_its_window() {
        let state = copied("19T03:00", "19T03:30");
        let night = "window = \"22:00-05:00\"\n";
        assert_eq!(far(night, &state, "20T03:00", "20T04:00"), Some(moment("20T03:30")));
        assert_eq!(far(night, &state, "20T03:00", "20T05:00"), Some(moment("20T22:00")));
        assert_eq!(far(night, &state, "20T03:00", "20T12:00"), Some(moment("20T22:00")));
        assert_eq!(far(night, &state, "20T03:00", "20T23:00"), Some(moment("20T03:30")));
        // Away for a week, tried within the windows alone.
        let mut away = state;
        (0..9)
            .for_each(|_| away.copy_failed(FailureKind::Unreachable, "w".into(), unix("20T04:50")));
        assert_eq!(far(night, &away, "20T03:00", "20T04:55"), Some(moment("20T22:00")));
        assert_eq!(far(night, &away, "20T03:00", "20T22:30"), Some(moment("20T10:50")));
    }

    #[test]
    fn a_proof_is_due_each_month() {
        let mut state = PlaceState::default();
        let now = at("20T04:00").timestamp();
        assert_eq!(proof_due(&state, now), None);
        state.copy_ended(unix("18T03:00"), unix("18T03:30"));
        assert_eq!(proof_due(&state, now), Some(moment("19T03:30")));
        state.proof_failed(FailureKind::Other, "why".into(), unix("20T03:55"));
        assert_eq!(proof_due(&state, now), Some(moment("20T04:10")));
        state.proof_ended(unix("01T00:00"));
        let later = at("01T00:00").timestamp().checked_add(MONTH).ok();
        assert_eq!(proof_due(&state, now), later);
    }

    #[test]
    fn a_place_is_sent_to_when_the_hdd_has_what_it_lacks() {
        let policy = policy("every = \"7d\"");
        let due = |state: &VaultState, now: &str| due_places(&policy, state, &at(now)).len();
        let mut state = VaultState::default();
        assert_eq!(due(&state, "09T04:00"), 0, "nothing was copied yet");
        state.hdd = copied("09T03:00", "09T03:10");
        assert_eq!(due(&state, "09T04:00"), 1);
        let nas = policy.far()[0].name.clone();
        state.far.insert(nas, copied("09T03:00", "09T04:10"));
        assert_eq!(due(&state, "09T05:00"), 0);
        state.hdd = copied("10T03:00", "10T03:10");
        assert_eq!(due(&state, "10T04:00"), 0, "a week is not over");
        assert_eq!(due(&state, "16T05:00"), 1);
    }

    #[test]
    fn a_clock_that_was_ahead_keeps_nothing_from_being_copied_or_proved() {
        let now = at("09T04:00").timestamp();
        let ahead = copied("19T03:00", "19T03:10");
        let latest = Some(unix("09T03:00"));
        assert_eq!(copy_due(&ahead, latest, now), latest.and_then(UnixTime::timestamp));
        let early = Some(unix("19T03:00"));
        assert_eq!(copy_due(&PlaceState::default(), early, now), Some(now));
        assert_eq!(proof_due(&ahead, now), Some(now));
    }

    #[test]
    fn what_is_not_kept_goes_after_a_copy_and_once_a_day() {
        let now = at("20T04:00").timestamp();
        assert_eq!(retention_due(&PlaceState::default(), now), None);
        let mut state = copied("20T03:00", "20T03:30");
        assert_eq!(retention_due(&state, now), Some(moment("20T03:30")));
        state.retained = Some(unix("20T03:40"));
        assert_eq!(retention_due(&state, now), None);
        state.retained = Some(unix("19T12:00"));
        assert_eq!(retention_due(&state, now), Some(moment("20T12:00")));
        state.retained = Some(unix("18T12:00"));
        assert_eq!(retention_due(&state, now), Some(moment("20T03:30")));
    }
}
