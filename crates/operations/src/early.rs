//! Before the payload's own start: an HDD that is slow is waited for, one that is gone is done
//! without, and so are snapshots that can't be read.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use zshield_host::degraded::{self, VolumeLocation};
use zshield_host::metadata;
use zshield_messages::{Language, in_language, say};
use zshield_plan::degraded::{
    BootDecision, Degraded, DiskPresence, FORMAT, SnapshotProbe, Unreadable, decide, given_up,
    is_in_doubt, unreadable, volume_of,
};
use zshield_plan::grub::DIRECTORY;
use zshield_plan::volumes::PHYSICAL;
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
    /// The nodes of the partitions with this name in their tables.
    fn partitions_named(&self, name: &str) -> Vec<PathBuf>;
    /// Does something with a partition mounted, and unmounts it again.
    fn with_mounted(
        &self,
        device: &Path,
        work: &mut dyn FnMut(&Path) -> io::Result<()>,
    ) -> io::Result<()>;
}

/// Sees to it that root can be found and activated.
pub fn prepare(early: &dyn Early) -> io::Result<()> {
    let Some((group, volume)) = early.word("root").and_then(volume_of) else { return Ok(()) };
    let mut told = None;
    early.wait_until(&mut |left| {
        let found = decide(there(early), left.is_zero());
        if found == BootDecision::Wait && told.is_none_or(|at: Duration| at > left) {
            tell(early, || say::early::waiting(left.as_secs()));
            told = Some(left.saturating_sub(Duration::from_secs(5)));
        }
        found != BootDecision::Wait
    })?;
    if let Err(error) = undo_torn(early, &group) {
        // What follows may do without.
        early.say(&error.to_string());
    }
    match decide(there(early), true) {
        BootDecision::DoWithout => do_without(early, &group, &volume, say::early::without_hdd),
        BootDecision::GoOn | BootDecision::Wait => see_to_snapshots(early, &group, &volume),
    }
}

/// Snapshots that can't be read keep LVM from activating root: it is seen to where an earlier start
/// gives reason to.
fn see_to_snapshots(early: &dyn Early, group: &str, volume: &str) -> io::Result<()> {
    let noted =
        early.word("zshield_degraded").is_some() && !proved_untouched(early, group, volume)?;
    let tries = early.word("zshield_tries").and_then(|tries| tries.parse().ok()).unwrap_or(0);
    if !is_in_doubt(tries, noted) || !there(early).root_on_ssd {
        return Ok(());
    }
    let whole = degraded::is_whole(group)?;
    if whole && degraded::can_activate(group, volume)? {
        return Ok(());
    }
    let removed = match unreadable(noted, whole) {
        Unreadable::DoWithout => Ok(Vec::new()),
        Unreadable::Remove => degraded::snapshots(group, volume),
        Unreadable::DropUnreadable => snapshots(early, group, volume).map(given_up),
    };
    let removed = removed.inspect_err(|error| early.say(&error.to_string())).unwrap_or_default();
    if removed.is_empty() || !activates_without(early, group, volume, &removed) {
        return do_without(early, group, volume, say::early::unreadable);
    }
    let names = removed.join(" ");
    tell(early, || if noted { say::early::removed() } else { say::early::given_up(&names) });
    Ok(())
}

/// Root's snapshots. One of which it can't be said whether it can be read counts as one that can.
fn snapshots(early: &dyn Early, group: &str, volume: &str) -> io::Result<Vec<SnapshotProbe>> {
    let origin = VolumeLocation::of(group, volume)?;
    let names = degraded::snapshots(group, volume)?.into_iter();
    let seen = names.map(|name| {
        let readable = degraded::can_be_read(group, &name, &origin);
        let readable = readable.inspect_err(|error| early.say(&error.to_string())).unwrap_or(true);
        SnapshotProbe { name, readable }
    });
    Ok(seen.collect())
}

/// Removes these snapshots; whether LVM can activate root then.
fn activates_without(early: &dyn Early, group: &str, volume: &str, snapshots: &[String]) -> bool {
    let mut removed = snapshots.iter().map(|name| degraded::remove_snapshot(group, name));
    let can = removed
        .try_for_each(|removed| removed)
        .and_then(|()| degraded::can_activate(group, volume));
    can.inspect_err(|error| early.say(&error.to_string())).unwrap_or(false)
}

/// A change of the group that a power cut tore on all disks: LVM would find no group.
fn undo_torn(early: &dyn Early, group: &str) -> io::Result<()> {
    let physical: Vec<_> = [PHYSICAL.ssd, PHYSICAL.hdd]
        .into_iter()
        .flat_map(|name| early.partitions_named(name))
        .collect();
    if metadata::undo_torn(group, &physical).map_err(io::Error::other)?.is_some() {
        tell(early, say::early::undone);
    }
    Ok(())
}

/// What has turned up so far. An HDD of which LVM can read nothing is none.
fn there(early: &dyn Early) -> DiskPresence {
    let named = |name: &str| !early.partitions_named(name).is_empty();
    let hdd = early.partitions_named(PHYSICAL.hdd).iter().any(|part| degraded::is_physical(part));
    DiskPresence { hdd, ssd: named("zs-boot"), root_on_ssd: named(PHYSICAL.ssd) }
}

/// A line in both languages.
fn tell(early: &dyn Early, text: impl Fn() -> String) {
    early.say(&in_language(Language::Chinese, &text));
    early.say(&in_language(Language::English, &text));
}

fn boot(early: &dyn Early) -> io::Result<PathBuf> {
    match <[_; 1]>::try_from(early.partitions_named("zs-boot")) {
        Ok([boot]) => Ok(boot),
        // A second appliance's SSD: which of them is ours is not for guessing.
        Err(found) => Err(io::Error::other(format!("{} partitions zs-boot", found.len()))),
    }
}

/// Notes it, maps root without its snapshots, and tells why.
fn do_without(
    early: &dyn Early,
    group: &str,
    volume: &str,
    why: impl Fn() -> String,
) -> io::Result<()> {
    let place = VolumeLocation::of(group, volume)?;
    let since = UnixTime::from(jiff::Timestamp::now());
    let note = Degraded { format: FORMAT, since, superblock: place.superblock()? };
    early.with_mounted(&boot(early)?, &mut |at| {
        degraded::note(&directory(at), &note).map_err(io::Error::other)
    })?;
    let mapped = early.word("root").and_then(|root| root.strip_prefix("/dev/mapper/"));
    place.map(mapped.unwrap_or_default())?;
    tell(early, why);
    Ok(())
}

/// Takes the note away where nothing was written meanwhile, for the snapshots are what they were then;
/// whether there is none any more.
fn proved_untouched(early: &dyn Early, group: &str, volume: &str) -> io::Result<bool> {
    let Some(superblock) = VolumeLocation::of(group, volume)?.superblock()? else {
        return Ok(false);
    };
    let mut proved = false;
    early.with_mounted(&boot(early)?, &mut |at| {
        let directory = directory(at);
        let note = degraded::read(&directory).map_err(io::Error::other)?;
        proved = note.is_some_and(|note| note.superblock.as_ref() == Some(&superblock));
        if proved {
            degraded::clear(&directory).map_err(io::Error::other)?;
            tell(early, say::early::untouched);
        }
        Ok(())
    })?;
    Ok(proved)
}

fn directory(boot: &Path) -> std::path::PathBuf {
    boot.join(DIRECTORY)
}
