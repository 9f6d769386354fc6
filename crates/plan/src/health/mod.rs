//! What is not as it should be: conditions, worked out from facts. Status, daemon and whatever
//! tells people share them.

mod condition;
mod disk;
mod filesystem;
mod hardware;
mod kind;
mod raid;
mod upgrade;
mod upgrade_text;
mod vault;
mod vault_trouble;

pub use condition::{Condition, Severity};
pub use disk::{DiskHealth, Fault, Warning};
pub use filesystem::{Filesystem, Usage};
pub use hardware::Hardware;
pub use kind::Kind;
pub use raid::{Array, Card, Raid};
pub use upgrade::{of_looked, of_upgrades};
pub use vault::{VaultFacts, of_vault};
pub use vault_trouble::VaultTrouble;

use zshield_messages::Said;

use crate::model::Target;
use crate::policy::Thresholds;
use crate::role::Role;

/// What conditions are worked out from.
#[derive(Clone, Debug, Default)]
// Each of them is a fact of its own.
#[allow(clippy::struct_excessive_bools)]
pub struct HealthInput {
    /// Whether the disks have ever answered.
    pub looked: bool,
    /// The disks that are not there.
    pub missing: Vec<Role>,
    /// The disks that hold copies of the appliance's own, by their models and serial numbers.
    pub copies: Vec<String>,
    /// Whether the HDD does not answer.
    pub stalled: bool,
    /// Why the volumes could not be looked at; nothing where they were.
    pub unseen: Option<Said>,
    /// The ways back that are there; nothing where they could not be looked at.
    pub ways: Option<Vec<Target>>,
    /// Whether there is a latest backup that can't be gone back to.
    pub latest_lost: bool,
    /// Whether the snapshots could not follow.
    pub stale: bool,
    /// Whether a backup is made every night.
    pub nightly: bool,
    /// Seconds since the last backup, or since the start where there is none.
    pub backup_age: Option<u64>,
    /// The last operation, where it failed, and why.
    pub failure: Option<(String, Said)>,
    /// Whether an operation is under way: nothing is said then of what is half done.
    pub under_way: bool,
    /// A recovery that the next start makes, and whether it has begun.
    pub recovery: Option<(Target, bool)>,
    /// Starts in a row that did not come to a healthy system.
    pub tries: u32,
    /// Whether an alarm holds the nightly backup.
    pub held: bool,
    /// What the disks say of themselves; nothing where they could not all be asked.
    pub disks: Option<Vec<DiskHealth>>,
    /// Whether a disk did not answer of which nothing is known.
    pub silent: bool,
    /// The RAID cards; nothing where there is none, or none that can be asked.
    pub raid: Option<Raid>,
    /// The hardware that its tools could not ask, and why; nothing where none was asked yet.
    pub unasked: Option<Vec<(Hardware, Said)>>,
    /// The first setting of LVM's that keeps it from the own volumes, with its place.
    pub lvm_blocked_by: Option<(String, Said)>,
    /// How full the filesystems are; nothing where they could not all be asked.
    pub usage: Option<Vec<Usage>>,
    /// From when on one of them is nearly full.
    pub thresholds: Thresholds,
    /// By how many seconds the clock was set to another time within the last day.
    pub jumped: Option<i64>,
    /// How often the daemon was ended out of order within the last day.
    pub ended: u32,
    /// What people should know of upgrades ([`of_upgrades`]).
    pub upgrade: Option<Condition>,
    /// And of a newer version ([`of_looked`]).
    pub newer: Option<Condition>,
    /// And of the vault ([`of_vault`]); nothing where its state or the appliance's can't be seen.
    pub vault: Option<Vec<Condition>>,
}

/// A backup may be so much older than a day before somebody hears of it: the random delay, a clock
/// change, a retry.
const OVERDUE: u64 = 30 * 3600;
/// The start that is under way counts as one until it is complete.
const USUAL_TRIES: u32 = 1;

/// What is not as it should be, the gravest first.
pub fn conditions(facts: &HealthInput) -> Vec<Condition> {
    let mut found: Vec<Condition> =
        facts.missing.iter().map(|role| Condition::DiskMissing { role: *role }).collect();
    if facts.stalled {
        found.push(Condition::DiskStalled { role: Role::Hdd });
    }
    if let Some(why) = facts.unseen.as_ref().filter(|_| found.is_empty()) {
        found.push(Condition::Unseen { why: why.clone() });
    }
    found.extend(facts.copies.iter().map(|disk| Condition::DiskCopy { disk: disk.clone() }));
    if facts.stale {
        found.push(Condition::Stale);
    }
    if let Some(ways) = &facts.ways
        && !ways.contains(&Target::Factory)
    {
        found.push(Condition::NoWayBack { target: Target::Factory });
    }
    if facts.latest_lost {
        found.push(Condition::NoWayBack { target: Target::Latest });
    }
    found.extend(facts.raid.iter().flat_map(of_raid));
    found.extend(facts.disks.iter().flatten().filter_map(failing));
    found.extend(
        facts
            .unasked
            .iter()
            .flatten()
            .map(|(hardware, why)| Condition::Unasked { hardware: *hardware, why: why.clone() }),
    );
    if let Some(age) = facts.backup_age.filter(|age| facts.nightly && *age > OVERDUE) {
        found.push(Condition::BackupOverdue { days: age / (24 * 3600) });
    }
    if let Some((target, begun)) = facts.recovery.filter(|_| !facts.under_way) {
        found.push(Condition::RecoveryWaits { target, begun });
    }
    if let Some((operation, why)) = &facts.failure {
        found.push(Condition::Failed { operation: operation.clone(), why: why.clone() });
    }
    if facts.tries > USUAL_TRIES {
        found.push(Condition::FailedStarts { count: facts.tries });
    }
    if let Some((place, setting)) = facts.lvm_blocked_by.clone() {
        found.push(Condition::LvmHindered { place, setting });
    }
    if facts.held {
        found.push(Condition::BackupHeld);
    }
    let usage = facts.usage.as_deref().unwrap_or_default();
    found.extend(
        filesystem::nearly_full(usage, facts.thresholds)
            .map(|Usage { filesystem, percent }| Condition::NearlyFull { filesystem, percent }),
    );
    found.extend(facts.jumped.map(|seconds| Condition::ClockJumped { seconds }));
    if facts.ended > 0 {
        found.push(Condition::DaemonEnded { count: facts.ended });
    }
    found.extend(facts.upgrade.clone());
    found.extend(facts.newer.clone());
    found.extend(facts.vault.iter().flatten().cloned());
    found
}

/// The kinds that these facts say nothing of: what was known of them still holds.
pub fn unseen_kinds(facts: &HealthInput) -> Vec<Kind> {
    // Whether the files are what they should be, a check says.
    let mut kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| kind.is_by_check()).collect();
    if facts.under_way {
        kinds.extend([Kind::Failed, Kind::RecoveryWaits]);
    }
    if !facts.looked {
        kinds.extend([Kind::DiskMissing, Kind::Unseen, Kind::Failed, Kind::FailedStarts]);
        kinds.extend([Kind::DiskStalled, Kind::DiskCopy, Kind::BackupHeld, Kind::RecoveryWaits]);
        kinds.extend([Kind::UpgradeWentBack, Kind::UpgradeUnfinished, Kind::UpgradeWaits]);
    }
    if facts.ways.is_none() {
        kinds.extend([Kind::NoWayBack, Kind::Stale, Kind::BackupOverdue, Kind::LvmHindered]);
    }
    if facts.disks.is_none() || facts.silent {
        kinds.push(Kind::DiskFailing);
    }
    if facts.raid.is_none() {
        kinds.extend([Kind::RaidDegraded, Kind::RaidCard]);
    }
    if facts.unasked.is_none() {
        kinds.push(Kind::Unasked);
    }
    if facts.usage.is_none() {
        kinds.push(Kind::NearlyFull);
    }
    if facts.vault.is_none() {
        kinds.extend(vault_trouble::KINDS);
    }
    kinds
}

/// The arrays and cards that are not well.
fn of_raid(raid: &Raid) -> Vec<Condition> {
    let arrays = raid.degraded().map(|array| Condition::RaidDegraded {
        array: array.name.clone(),
        state: array.state.clone(),
    });
    let cards = raid.unwell().map(|(card, state)| Condition::RaidCard {
        card: card.name.clone(),
        state: state.to_owned(),
    });
    arrays.chain(cards).collect()
}

/// A disk that is failing, or about to; nothing where it is well.
fn failing(health: &DiskHealth) -> Option<Condition> {
    let faults = disk::faults(health);
    (!faults.is_empty()).then(|| Condition::DiskFailing { disk: health.disk.clone(), faults })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_healthy_appliance_has_none() {
        let facts = HealthInput {
            ways: Some(vec![Target::Factory, Target::Latest]),
            nightly: true,
            backup_age: Some(25 * 3600),
            tries: 1,
            ..HealthInput::default()
        };
        assert_eq!(conditions(&facts), []);
    }

    #[test]
    fn each_fact_has_its_condition() {
        let facts = HealthInput {
            missing: vec![Role::Hdd],
            stalled: true,
            ways: Some(Vec::new()),
            stale: true,
            nightly: true,
            backup_age: Some(50 * 3600),
            failure: Some(("backup".into(), "why".into())),
            recovery: Some((Target::Latest, true)),
            tries: 2,
            latest_lost: true,
            held: true,
            lvm_blocked_by: Some(("/etc/lvm/lvm.conf:7".into(), "volume_list = []".into())),
            disks: Some(vec![worn()]),
            raid: Some(Raid { arrays: vec![array("Optl"), array("Dgrd")], cards: vec![card()] }),
            unasked: Some(vec![(Hardware::Raid, "why".into())]),
            usage: Some(vec![usage(89), usage(90)]),
            jumped: Some(-3600),
            ended: 1,
            upgrade: Some(Condition::UpgradeUnfinished {
                version: "2".into(),
                phase: "on trial".into(),
            }),
            vault: Some(vec![Condition::Vault {
                place: "hdd".into(),
                trouble: VaultTrouble::Full,
            }]),
            ..HealthInput::default()
        };
        let found = conditions(&facts);
        assert_eq!(found.len(), 20, "{found:?}");
        assert!(found.iter().all(|condition| !condition.to_string().is_empty()));
        let unknown = HealthInput { nightly: false, ways: None, ..facts };
        assert_eq!(conditions(&unknown).len(), 18);
    }

    #[test]
    fn a_disk_that_does_not_answer_is_not_well_by_that() {
        let facts = HealthInput { disks: Some(vec![worn()]), ..HealthInput::default() };
        assert!(!unseen_kinds(&facts).contains(&Kind::DiskFailing));
        let facts = HealthInput { silent: true, ..facts };
        assert!(unseen_kinds(&facts).contains(&Kind::DiskFailing));
        assert_eq!(conditions(&facts).len(), 1);
    }

    fn worn() -> DiskHealth {
        DiskHealth { disk: "S1".into(), worn: Some(91), ..DiskHealth::default() }
    }

    fn array(state: &str) -> Array {
        Array { name: "c0-v1".into(), state: state.into() }
    }

    fn card() -> Card {
        Card { name: "c0".into(), state: "Optimal".into(), batteries: vec!["Failed".into()] }
    }

    fn usage(percent: u8) -> Usage {
        Usage { filesystem: Filesystem::Root, percent }
    }

    #[test]
    fn a_clock_says_which_way_it_was_set() {
        for (seconds, way) in [(-3600, "back by"), (3600, "ahead by")] {
            let text = Condition::ClockJumped { seconds }.to_string();
            assert!(text.contains(way) && text.contains("600 seconds"), "{text}");
        }
    }

    #[test]
    fn ids_are_stable_and_can_be_typed() {
        for (condition, id) in [
            (Condition::DiskMissing { role: Role::Hdd }, "disk-missing:hdd"),
            (Condition::NoWayBack { target: Target::Factory }, "no-way-back:factory"),
            (Condition::BackupOverdue { days: 2 }, "backup-overdue"),
            (Condition::DiskFailing { disk: "S 1/ä".into(), faults: vec![] }, "disk-failing:S-1/-"),
        ] {
            assert_eq!(condition.id(), id);
        }
    }

    #[test]
    fn what_gets_worse_is_news_and_what_gets_better_is_none() {
        let full = |percent| Condition::NearlyFull { filesystem: Filesystem::Boot, percent };
        assert!(full(95).is_news_after(&full(91)));
        assert!(!full(92).is_news_after(&full(91)));
        assert!(!full(91).is_news_after(&full(99)));
        let overdue = |days| Condition::BackupOverdue { days };
        assert!(!overdue(3).is_news_after(&overdue(2)));
        let failed = |count| Condition::FailedStarts { count };
        assert!(failed(3).is_news_after(&failed(2)));
    }

    #[test]
    fn a_disk_that_may_be_gone_tomorrow_is_graver_than_a_worn_one() {
        let verdict = DiskHealth { passed: Some(false), ..worn() };
        assert_eq!(failing(&verdict).unwrap().severity(), Severity::Critical);
        assert_eq!(failing(&worn()).unwrap().severity(), Severity::Warning);
        assert_eq!(failing(&DiskHealth { passed: Some(true), ..DiskHealth::default() }), None);
    }

    #[test]
    fn every_kind_has_a_name_of_its_own_and_says_what_to_do() {
        let names: std::collections::BTreeSet<_> =
            Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        assert!(Kind::ALL.iter().all(|kind| kind.advice().len() > 20));
        let pages = [
            include_str!("../../../../docs/alarms.md"),
            include_str!("../../../../docs/alarms.zh.md"),
        ];
        for (page, name) in pages.iter().flat_map(|page| names.iter().map(move |name| (page, name)))
        {
            assert!(page.contains(&format!("\n| `{name}")), "no page says what {name} means");
        }
    }

    #[test]
    fn what_was_not_looked_at_is_not_taken_for_well() {
        let all = unseen_kinds(&HealthInput::default());
        assert!(all.contains(&Kind::DiskMissing) && all.contains(&Kind::NearlyFull));
        let facts = HealthInput {
            looked: true,
            ways: Some(vec![]),
            disks: Some(vec![]),
            raid: Some(Raid::default()),
            unasked: Some(vec![]),
            usage: Some(vec![]),
            vault: Some(vec![]),
            ..HealthInput::default()
        };
        assert_eq!(unseen_kinds(&facts), [Kind::Access, Kind::Integrity, Kind::Unchecked]);
    }

    #[test]
    fn what_can_t_be_seen_is_told_unless_its_cause_is() {
        let facts = HealthInput { unseen: Some("why".into()), ..HealthInput::default() };
        assert!(matches!(conditions(&facts)[..], [Condition::Unseen { .. }]));
        let stalled = HealthInput { stalled: true, ..facts };
        assert!(matches!(conditions(&stalled)[..], [Condition::DiskStalled { .. }]));
    }
}
