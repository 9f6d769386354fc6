//! Copies of the own disks that are left in: this start does without them.

use std::io;
use std::path::Path;
use std::time::Duration;

use zshield_host::{copies, observe};
use zshield_messages::say;
use zshield_plan::copies::{
    Candidate, IndistinguishableDisks, copies as copies_among, names_others, own_disks,
};
use zshield_plan::own::OwnPartitions;
use zshield_plan::volumes::BOOT_NAME;
use zshield_plan::world::Disk;

use super::{Early, tell};

/// So long a disk that the ledger does not name is taken for a copy whose original is still to come. It
/// may as well be the own one, behind another card.
const SETTLE: Duration = Duration::from_secs(15);
const AT: &str = "/zshield/ledger";

/// Hides what was copied from the own disks, where that can be told from them.
pub(super) fn hide(early: &dyn Early, own: &OwnPartitions) -> Result<(), IndistinguishableDisks> {
    let seen = || look(early, own).inspect_err(|error| early.say(&error.to_string()));
    let Ok(mut disks) = seen() else { return Ok(()) };
    if names_others(&own_disks(&early.partitions(), own), &candidates(&disks)) {
        settle(early, own).unwrap_or_else(|error| early.say(&error.to_string()));
        disks = seen().unwrap_or(disks);
    }
    for copy in copies_among(&own_disks(&early.partitions(), own), &candidates(&disks))? {
        let Some((disk, _)) = disks.iter().find(|(disk, _)| disk.name.device() == copy) else {
            continue;
        };
        match copies::hide(disk) {
            Ok(()) => tell(early, || say::early::hidden(&copy)),
            Err(error) => early.say(&format!("{copy}: {error}")),
        }
    }
    Ok(())
}

/// Waits for another disk of the same role.
fn settle(early: &dyn Early, own: &OwnPartitions) -> io::Result<()> {
    let count = || {
        let disks = own_disks(&early.partitions(), own);
        disks.ssd.len() + disks.hdd.len()
    };
    let (found, mut first) = (count(), None);
    early
        .wait_until(&mut |left| {
            let first = *first.get_or_insert(left);
            count() > found || first.saturating_sub(left) >= SETTLE
        })
        .map(drop)
}

/// The disks with the own partitions, and the ledger on each SSD.
fn look(early: &dyn Early, own: &OwnPartitions) -> io::Result<Vec<(Disk, Candidate)>> {
    let partitions = early.partitions();
    let ours = own_disks(&partitions, own);
    let ours = || ours.ssd.iter().chain(&ours.hdd);
    let disks = observe::disks().map_err(io::Error::other)?.into_iter();
    let disks = disks.filter(|disk| ours().any(|it| *it == disk.name.device()));
    let candidate = |disk: Disk| {
        let node = disk.name.device();
        let boot = partitions.iter().find(|it| it.disk == node && it.name == BOOT_NAME);
        let ledger = boot.and_then(|boot| {
            let read = copies::ledger_on(boot.node.as_ref(), Path::new(AT));
            read.inspect_err(|error| early.say(&format!("{}: {error}", boot.node))).ok().flatten()
        });
        let candidate = Candidate { disk: node, identity: disk.identity.clone(), ledger };
        (disk, candidate)
    };
    Ok(disks.map(candidate).collect())
}

fn candidates(disks: &[(Disk, Candidate)]) -> Vec<Candidate> {
    disks.iter().map(|(_, candidate)| candidate.clone()).collect()
}
