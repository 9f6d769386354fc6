//! What is known of the copies in the vault, place by place: a copy writes it, status, daemon and alarms read it.
//!
//! It is kept in a file of the system. A recovery brings an older one back, or none: then it is copied once more, which
//! finds that nothing is new.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use zshield_messages::{Said, say};
use zshield_units::UnixTime;

use crate::policy::PlaceName;

/// The format that is written today.
pub const FORMAT: u32 = 1;
/// The file, within the system.
pub const FILE: &str = "var/lib/zshield/vault.json";

/// What is known of all places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultState {
    /// The format.
    pub format: u32,
    /// The vault on the HDD.
    #[serde(default)]
    pub hdd: PlaceState,
    /// The places off the machine.
    #[serde(default)]
    pub far: BTreeMap<PlaceName, PlaceState>,
}

impl Default for VaultState {
    fn default() -> Self {
        Self { format: FORMAT, hdd: PlaceState::default(), far: BTreeMap::new() }
    }
}

/// What is known of one place. All times are seconds since 1970, UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlaceState {
    /// When the first copy ended.
    pub since: Option<UnixTime>,
    /// When the newest backup that is in it was taken.
    pub newest: Option<UnixTime>,
    /// When the last copy ended well.
    pub copied: Option<UnixTime>,
    /// When copies that the policy does not keep were last removed.
    pub retained: Option<UnixTime>,
    /// When a sample was last read and found right.
    pub proved: Option<UnixTime>,
    /// Whether something of the copies was damaged and given up: backups that are there are copied once more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub mend: bool,
    /// Copies that have failed since the last that ended well.
    pub failed: Option<Failure>,
    /// Proofs that have failed since the last that ended well.
    pub unproved: Option<Failure>,
}

/// What has failed so often in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// When it failed last.
    pub at: UnixTime,
    /// How often.
    pub count: u32,
    /// What kind of failure it was.
    pub kind: FailureKind,
    /// Why, in its own words.
    pub why: Said,
}

/// Kinds of failures: what people do about them differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// There is no answer, or one that says to come again later.
    Unreachable,
    /// Who asks may not do that.
    Refused,
    /// The clocks of both sides differ by more than the server takes.
    ClockWrong,
    /// The repository is another key's.
    WrongKey,
    /// There is no such bucket, directory or volume.
    Gone,
    /// There is no room.
    Full,
    /// What is stored is not what was written.
    Damaged,
    /// Anything else.
    Other,
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Unreachable => say::health::vault_unreachable(),
            Self::Refused => say::health::vault_refused(),
            Self::ClockWrong => say::health::vault_clock_wrong(),
            Self::WrongKey => say::health::vault_wrong_key(),
            Self::Gone => say::health::vault_gone(),
            Self::Full => say::health::vault_no_room(),
            Self::Damaged => say::health::vault_not_as_written(),
            Self::Other => say::health::vault_other(),
        })
    }
}

impl PlaceState {
    /// Whether it lacks this backup, which was taken then, or a part of one.
    pub fn lacks(&self, latest: UnixTime) -> bool {
        // Not by which is later: a clock may have been ahead.
        self.mend || self.newest != Some(latest)
    }

    /// A copy has ended well: the newest backup in it was taken then.
    pub fn copy_ended(&mut self, newest: UnixTime, now: UnixTime) {
        self.copy_made(newest, now);
        self.failed = None;
    }

    /// It has this backup, whatever else has failed.
    pub fn copy_made(&mut self, newest: UnixTime, now: UnixTime) {
        self.since.get_or_insert(now);
        (self.newest, self.copied) = (Some(newest), Some(now));
    }

    /// A copy has failed.
    pub fn copy_failed(&mut self, kind: FailureKind, why: Said, now: UnixTime) {
        self.failed = Some(once_more(self.failed.take(), kind, why, now));
    }

    /// A proof has ended well.
    pub fn proof_ended(&mut self, now: UnixTime) {
        (self.proved, self.unproved) = (Some(now), None);
    }

    /// A proof has failed.
    pub fn proof_failed(&mut self, kind: FailureKind, why: Said, now: UnixTime) {
        self.unproved = Some(once_more(self.unproved.take(), kind, why, now));
    }
}

fn once_more(before: Option<Failure>, kind: FailureKind, why: Said, at: UnixTime) -> Failure {
    let count = before.map_or(0, |before| before.count).saturating_add(1);
    Failure { at, count, kind, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_missing_is_not_known() {
        let mut state = VaultState::default();
        state.hdd.copy_ended(UnixTime(10), UnixTime(20));
        let nas = state.far.entry(PlaceName::new("nas").unwrap()).or_default();
        nas.copy_failed(FailureKind::ClockWrong, "why".into(), UnixTime(30));
        let json = serde_json::to_value(&state).unwrap();
        assert_eq!(json["format"], 1);
        assert_eq!(json["far"]["nas"]["failed"]["kind"], "clock-wrong");
        assert_eq!(serde_json::from_value::<VaultState>(json).unwrap(), state);
        let least: VaultState = serde_json::from_str("{\"format\":1}").unwrap();
        assert_eq!(least, VaultState::default());
    }

    #[test]
    fn failures_are_counted_until_one_ends_well() {
        let mut place = PlaceState::default();
        for count in 1..4 {
            place.copy_failed(FailureKind::Unreachable, "why".into(), UnixTime(count));
            place.proof_failed(FailureKind::Damaged, "why".into(), UnixTime(count));
        }
        let counted = |failure: &Option<Failure>| failure.as_ref().map(|it| (it.count, it.at.0));
        assert_eq!(
            (counted(&place.failed), counted(&place.unproved)),
            (Some((3, 3)), Some((3, 3)))
        );
        place.copy_ended(UnixTime(5), UnixTime(6));
        place.copy_ended(UnixTime(7), UnixTime(8));
        place.proof_ended(UnixTime(9));
        assert_eq!((place.failed.clone(), place.unproved.clone()), (None, None));
        assert_eq!((place.since, place.newest), (Some(UnixTime(6)), Some(UnixTime(7))));
        assert!(place.lacks(UnixTime(8)) && !place.lacks(UnixTime(7)));
        place.mend = true;
        assert!(place.lacks(UnixTime(7)));
    }

    #[test]
    fn every_kind_of_failure_has_its_words() {
        use FailureKind::*;
        let all = [Unreachable, Refused, ClockWrong, WrongKey, Gone, Full, Damaged, Other];
        let texts: std::collections::BTreeSet<String> =
            all.iter().map(ToString::to_string).collect();
        assert_eq!(texts.len(), all.len());
    }
}
