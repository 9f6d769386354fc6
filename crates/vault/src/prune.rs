//! Old generations are given up, and the room that only they have needed.

use jiff::tz::TimeZone;
use jiff::{Span, Zoned};
use rustic_core::repofile::{SnapshotFile, SnapshotId};
use rustic_core::{KeepOptions, LimitOption, PruneOptions};
use zshield_units::UnixTime;

use crate::error::VaultError;
use crate::generation::{self, Generation, Kind};
use crate::repository::Vault;
use crate::store::{Object, ObjectKind, ObjectName, StoreProblem};

/// How many generations are kept: the newest of each of so many days, weeks and months. The newest factory state is kept always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Days.
    pub daily: u16,
    /// Weeks.
    pub weekly: u16,
    /// Months.
    pub monthly: u16,
}

/// Who else may use the repository meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nobody: what is not needed is removed at once.
    Alone,
    /// A machine that copies to it, or a person who reads: what is not needed is noted, and removed by a later run, a day after.
    Shared,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pruned {
    /// Generations that are given up.
    pub forgotten: Vec<Generation>,
    /// Generations that nobody can read any more; their names are removed, since no content is known by them.
    pub unreadable: Vec<String>,
    /// How many bytes were not needed any more.
    pub freed: u64,
}

/// Of these generations, which ones are kept at this time, in the order that was given. `None` keeps them all.
fn kept(
    snapshots: &[SnapshotFile],
    keep: Keep,
    now: &Zoned,
    present: &[(Kind, UnixTime)],
) -> Result<Vec<bool>, VaultError> {
    let number = |kept: u16| Some(i32::from(kept));
    let mut options = KeepOptions::default();
    options.keep_daily = number(keep.daily);
    options.keep_weekly = number(keep.weekly);
    options.keep_monthly = number(keep.monthly);
    // The newest one is kept, whatever the numbers are.
    options.keep_last = Some(1);
    let backups: Vec<_> = snapshots.iter().filter(|one| !is_factory(one)).cloned().collect();
    let kept = options.apply(backups, now)?;
    // An upgrade may have brought another one.
    let factory =
        snapshots.iter().filter(|one| is_factory(one)).max_by_key(|one| one.time.timestamp());
    let is_kept = |one: &SnapshotFile| {
        let generation = generation::of_snapshot(one);
        present
            .iter()
            .any(|(kind, taken)| generation.kind == Some(*kind) && generation.taken == *taken)
            || factory.is_some_and(|factory| factory.id == one.id)
            || kept.iter().any(|kept| kept.keep && kept.snapshot.id == one.id)
    };
    Ok(snapshots.iter().map(is_kept).collect())
}

fn is_factory(snapshot: &SnapshotFile) -> bool {
    generation::of_snapshot(snapshot).kind == Some(Kind::Factory)
}

impl Vault {
    /// Gives up generations, and then what only they have needed. Whatever a cut leaves, the next run goes on with. What the
    /// machine itself has at `present` is kept: a clock that went back has dated it before older ones.
    pub fn prune(
        &self,
        keep: Keep,
        now: UnixTime,
        present: &[(Kind, UnixTime)],
        access: Access,
    ) -> Result<Pruned, VaultError> {
        let now = Zoned::new(now.timestamp().unwrap_or_default(), TimeZone::UTC);
        let (generations, unreadable) = self.generations()?;
        for name in unreadable.iter().filter_map(|id| ObjectName::parse(id.as_bytes())) {
            let object = Object { kind: ObjectKind::Snapshot, name };
            // Where the disk does not give it out now it may do so the next time.
            self.store.read(object)?;
            self.store.remove(object)?;
        }
        let snapshots: Vec<SnapshotFile> = generations
            .iter()
            .map(|generation| self.snapshot(&generation.id))
            .collect::<Result<_, _>>()?;
        let kept = kept(&snapshots, keep, &now, present)?;
        let given_up = |place: &usize| !kept[*place];
        let ids: Vec<SnapshotId> =
            (0..snapshots.len()).filter(given_up).map(|place| snapshots[place].id).collect();
        self.repository.delete_snapshots(&ids)?;
        let freed = self.free(access)?;
        let forgotten = generations.into_iter().enumerate().filter(|(place, _)| given_up(place));
        Ok(Pruned { forgotten: forgotten.map(|(_, one)| one).collect(), unreadable, freed })
    }

    /// Removes what no generation needs: first whole packs, which takes no more room than an index. Then packs that are needed
    /// in part are made anew, some at a time and only where more than a quarter of all is not needed: each that is new has to
    /// be sent off the machine anew. Where that finds no room, there is the more for the next run.
    fn free(&self, access: Access) -> Result<u64, VaultError> {
        let whole = self.freed(access, "0")?;
        match self.freed(access, "128MiB") {
            Ok(parts) => Ok(whole + parts),
            Err(error) if matches!(error.store_problem(), Some(StoreProblem::NoSpace)) => Ok(whole),
            Err(error) => Err(error),
        }
    }

    fn freed(&self, access: Access, made_anew: &str) -> Result<u64, VaultError> {
        let mut options = PruneOptions::default();
        options.instant_delete = access == Access::Alone;
        options.max_repack = made_anew.parse::<LimitOption>()?;
        options.max_unused = LimitOption::Percentage(25);
        options.keep_pack = Span::new();
        options.no_resize = true;
        let plan = self.repository.prune_plan(&options)?;
        let sizes = plan.stats.size_sum();
        let freed = sizes.remove + sizes.repackrm + plan.stats.size_unref;
        self.repository.prune(&options, plan)?;
        Ok(freed)
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;
    use rustic_core::Id;

    use super::*;
    use crate::generation::{Described, Top};

    fn snapshot(kind: Kind, taken: &Zoned, number: u8) -> SnapshotFile {
        let described = Described {
            kind,
            taken: taken.timestamp().into(),
            host: "appliance".to_owned(),
            version: None,
        };
        let top = Top::of(std::path::Path::new("/")).unwrap();
        let mut snapshot = generation::to_snapshot(&described, top);
        snapshot.id = Id::new([number; 32]).into();
        snapshot
    }

    #[test]
    fn a_year_of_nights_leaves_days_weeks_months_and_the_factory() {
        let now = "2026-11-29T03:00:00+00[UTC]".parse::<Zoned>().unwrap();
        let night = |days: i64| &now - days.days();
        let mut snapshots = vec![snapshot(Kind::Factory, &night(240), 255)];
        snapshots.push(snapshot(Kind::Factory, &night(245), 254));
        snapshots.extend((0..250_u8).map(|days| snapshot(Kind::Latest, &night(days.into()), days)));
        let keep = Keep { daily: 7, weekly: 4, monthly: 6 };
        let kept = kept(&snapshots, keep, &now, &[]).unwrap();
        let days: Vec<usize> =
            (2..kept.len()).filter(|place| kept[*place]).map(|place| place - 2).collect();
        assert_eq!(kept[..2], [true, false], "the newest factory state alone");
        // Seven nights; the Sundays of four weeks; the last nights of six months.
        assert_eq!(days, [0, 1, 2, 3, 4, 5, 6, 7, 14, 21, 29, 60, 90, 121, 152]);
    }

    #[test]
    fn the_newest_is_kept_whatever_the_policy_says() {
        let now = "2026-11-29T03:00:00+00[UTC]".parse::<Zoned>().unwrap();
        let snapshots = [
            snapshot(Kind::Latest, &now, 1),
            snapshot(Kind::Latest, &(&now - 1.days()), 2),
            snapshot(Kind::Factory, &(&now - 400.days()), 3),
        ];
        let kept = kept(&snapshots, Keep { daily: 0, weekly: 0, monthly: 0 }, &now, &[]).unwrap();
        assert_eq!(kept, [true, false, true]);
    }

    #[test]
    fn what_the_machine_has_is_kept_whatever_its_clock_said() {
        let now = "2026-11-29T03:00:00+00[UTC]".parse::<Zoned>().unwrap();
        let back = &now - 900.days();
        let snapshots = [
            snapshot(Kind::Latest, &now, 1),
            snapshot(Kind::Latest, &back, 2),
            snapshot(Kind::Factory, &now, 3),
            snapshot(Kind::Factory, &back, 4),
        ];
        let taken = back.timestamp().into();
        let present = [(Kind::Latest, taken), (Kind::Factory, taken)];
        let keep = Keep { daily: 1, weekly: 0, monthly: 0 };
        assert_eq!(kept(&snapshots, keep, &now, &present).unwrap(), [true; 4]);
        assert_eq!(kept(&snapshots, keep, &now, &[]).unwrap(), [true, false, true, false]);
    }
}
