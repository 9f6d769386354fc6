//! Before the payload's own start: an HDD that is slow is waited for, one that is gone is done
//! without, and so are snapshots that can't be read.

mod copies;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use zshield_host::degraded::{self, OwnGroup, VolumeLocation};
use zshield_host::metadata;
use zshield_messages::{Language, in_language, list, say};
use zshield_plan::degraded::{
    BootDecision, Degraded, DiskPresence, FORMAT, SnapshotProbe, Unreadable, decide, given_up,
    is_in_doubt, sees_enough, unreadable,
};
use zshield_plan::grub::DIRECTORY;
use zshield_plan::id::MappingName;
use zshield_plan::own::{self, FoundPartition, OwnNodes, OwnPartitions};
use zshield_plan::volumes::BOOT_NAME;
use zshield_units::UnixTime;

/// What a start gives to work with before the payload's own `/init`.
pub trait Early {
    /// A line on the consoles.
    fn say(&self, text: &str);
    /// The value of a word on the kernel's command line.
    fn word(&self, key: &str) -> Option<&str>;
    /// Loads drivers until `enough` says so, or until the time is up. It is asked anew whenever
    /// devices have come, and told how much time is left.
    fn wait_until(&self, enough: &mut dyn FnMut(Duration) -> bool) -> io::Result<bool>;
    /// The partitions that have turned up whose names are an appliance's.
    fn partitions(&self) -> Vec<FoundPartition>;
    /// Has the payload's own start see these physical volumes and no others, and activate the volumes
    /// of this group.
    fn confine_lvm(&self, physical: &[String], group: &str) -> io::Result<()>;
    /// Does something with a partition mounted, and unmounts it again.
    fn with_mounted(
        &self,
        device: &Path,
        work: &mut dyn FnMut(&Path) -> io::Result<()>,
    ) -> io::Result<()>;
}

/// Sees to it that root can be found and activated.
pub fn prepare(early: &dyn Early) -> io::Result<()> {
    let root = early.word("root").and_then(MappingName::of_node);
    let Some((group, volume)) = root.and_then(|root| root.volume()) else { return Ok(()) };
    let own = early.word(own::WORD).and_then(OwnPartitions::parse);
    let nodes = || own::nodes(&early.partitions(), own.as_ref());
    let mut told = None;
    early.wait_until(&mut |left| {
        let found = decide(there(&nodes()), left.is_zero());
        if found == BootDecision::Wait && told.is_none_or(|at: Duration| at > left) {
            tell(early, || say::early::waiting(left.as_secs()));
            told = Some(left.saturating_sub(Duration::from_secs(5)));
        }
        found != BootDecision::Wait
    })?;
    if let Some(own) = &own
        && let Err(alike) = copies::hide(early, own)
    {
        tell(early, || say::early::alike(list(&alike.0)));
        // LVM sees none of them, so that nothing is written, and the start ends in a restart.
        return early.confine_lvm(&[], &group);
    }
    let nodes = nodes();
    let (there, physical) = (there(&nodes), nodes.of_group().cloned().collect::<Vec<_>>());
    // What follows may do without.
    let say = |error: io::Error| early.say(&error.to_string());
    undo_torn(early, &group, &physical).unwrap_or_else(say);
    let decision = decide(there, true);
    if own.is_some() && sees_enough(there, decision) {
        early.confine_lvm(&physical, &group).unwrap_or_else(say);
    }
    let start = Start { early, nodes, group: OwnGroup::on(&physical, group), volume };
    match decision {
        BootDecision::DoWithout => start.do_without(say::early::without_hdd),
        BootDecision::GoOn | BootDecision::Wait => start.see_to_snapshots(there),
    }
}

/// What is known of a start when nothing more is waited for.
struct Start<'a> {
    early: &'a dyn Early,
    nodes: OwnNodes,
    group: OwnGroup,
    /// The volume of root.
    volume: String,
}

impl Start<'_> {
    /// Snapshots that can't be read keep LVM from activating root: it is seen to where an earlier
    /// start gives reason to.
    fn see_to_snapshots(&self, there: DiskPresence) -> io::Result<()> {
        let Self { early, group, volume, .. } = self;
        let noted = early.word("zshield_degraded").is_some() && !self.proved_untouched()?;
        let tries = early.word("zshield_tries").and_then(|tries| tries.parse().ok()).unwrap_or(0);
        if !is_in_doubt(tries, noted) || !there.root_on_ssd {
            return Ok(());
        }
        let whole = group.is_whole()?;
        if whole && group.can_activate(volume)? {
            return Ok(());
        }
        let removed = match unreadable(noted, whole) {
            Unreadable::DoWithout => Ok(Vec::new()),
            Unreadable::Remove => group.snapshots(volume),
            Unreadable::DropUnreadable => self.snapshots().map(given_up),
        };
        let removed =
            removed.inspect_err(|error| early.say(&error.to_string())).unwrap_or_default();
        if removed.is_empty() || !self.activates_without(&removed) {
            return self.do_without(say::early::unreadable);
        }
        let names = removed.join(" ");
        tell(*early, || if noted { say::early::removed() } else { say::early::given_up(&names) });
        Ok(())
    }

    /// Root's snapshots. One of which it can't be said whether it can be read counts as one that can.
    fn snapshots(&self) -> io::Result<Vec<SnapshotProbe>> {
        let Self { early, group, volume, .. } = self;
        let origin = VolumeLocation::of(group, volume)?;
        let names = group.snapshots(volume)?.into_iter();
        let seen = names.map(|name| {
            let readable = group.can_be_read(&name, &origin);
            let readable =
                readable.inspect_err(|error| early.say(&error.to_string())).unwrap_or(true);
            SnapshotProbe { name, readable }
        });
        Ok(seen.collect())
    }

    /// Removes these snapshots; whether LVM can activate root then.
    fn activates_without(&self, snapshots: &[String]) -> bool {
        let mut removed = snapshots.iter().map(|name| self.group.remove_snapshot(name));
        let can = removed
            .try_for_each(|removed| removed)
            .and_then(|()| self.group.can_activate(&self.volume));
        can.inspect_err(|error| self.early.say(&error.to_string())).unwrap_or(false)
    }

    /// The partition of `/boot`.
    fn boot(&self) -> io::Result<&Path> {
        match self.nodes.boot.as_slice() {
            [boot] => Ok(boot.as_ref()),
            // A copy of the SSD: which of them is ours is not for guessing.
            found => Err(io::Error::other(format!("{} partitions {BOOT_NAME}", found.len()))),
        }
    }

    /// Notes it, maps root without its snapshots, and tells why.
    fn do_without(&self, why: impl Fn() -> String) -> io::Result<()> {
        let Self { early, group, volume, .. } = self;
        let place = VolumeLocation::of(group, volume)?;
        let since = UnixTime::from(jiff::Timestamp::now());
        let note = Degraded { format: FORMAT, since, superblock: place.superblock()? };
        early.with_mounted(self.boot()?, &mut |at| {
            degraded::note(&directory(at), &note).map_err(io::Error::other)
        })?;
        let name = early.word("root").and_then(MappingName::of_node);
        place.map(name.as_ref().map_or("", MappingName::as_str))?;
        tell(*early, why);
        Ok(())
    }

    /// Takes the note away where nothing was written meanwhile, for the snapshots are what they were
    /// then; whether there is none any more.
    fn proved_untouched(&self) -> io::Result<bool> {
        let place = VolumeLocation::of(&self.group, &self.volume)?;
        let Some(superblock) = place.superblock()? else { return Ok(false) };
        let mut proved = false;
        self.early.with_mounted(self.boot()?, &mut |at| {
            let directory = directory(at);
            let note = degraded::read(&directory).map_err(io::Error::other)?;
            proved = note.is_some_and(|note| note.superblock.as_ref() == Some(&superblock));
            if proved {
                degraded::clear(&directory).map_err(io::Error::other)?;
                tell(self.early, say::early::untouched);
            }
            Ok(())
        })?;
        Ok(proved)
    }
}

/// A change of the group that a power cut tore on all its disks: LVM would find no group.
fn undo_torn(early: &dyn Early, group: &str, physical: &[String]) -> io::Result<()> {
    let physical: Vec<PathBuf> = physical.iter().map(PathBuf::from).collect();
    if metadata::undo_torn(group, &physical).map_err(io::Error::other)?.is_some() {
        tell(early, say::early::undone);
    }
    Ok(())
}

/// What has turned up so far. An HDD of which LVM can read nothing is none.
fn there(nodes: &OwnNodes) -> DiskPresence {
    let hdd = nodes.physical.hdd.iter().any(|part| degraded::is_physical(part.as_ref()));
    let root_on_ssd = !nodes.physical.ssd.is_empty();
    DiskPresence { hdd, ssd: !nodes.boot.is_empty(), root_on_ssd }
}

/// A line in both languages.
fn tell(early: &dyn Early, text: impl Fn() -> String) {
    early.say(&in_language(Language::Chinese, &text));
    early.say(&in_language(Language::English, &text));
}

fn directory(boot: &Path) -> PathBuf {
    boot.join(DIRECTORY)
}
