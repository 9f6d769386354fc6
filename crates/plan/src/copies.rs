//! Copies of the appliance's own disks that are left in: `dd` and disk cloners copy every id with the rest.
//! What no copy has is the model and the serial number of the disk that it was made from, which the ledger
//! on both of them names.

use crate::id::Identity;
use crate::ledger::Ledger;
use crate::own::{FoundPartition, OwnPartitions};
use crate::role::{ByRole, Role};
use crate::volumes::{GOLDEN_NAME, PHYSICAL};

/// A disk that has turned up at a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The path of its node.
    pub disk: String,
    /// What it is.
    pub identity: Identity,
    /// The ledger on it, where it is an SSD of an appliance and that can be read.
    pub ledger: Option<Ledger>,
}

/// Disks that hold the same and can't be told apart: none of them is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndistinguishableDisks(pub Vec<String>);

/// The disks of each role, by their nodes: the own one, and what was copied from it.
pub fn own_disks(found: &[FoundPartition], own: &OwnPartitions) -> ByRole<Vec<String>> {
    let with = |name: &str, id| {
        let ours = found.iter().filter(|it| it.name == name && it.id.is_some() && it.id == id);
        ours.map(|it| it.disk.clone()).collect()
    };
    ByRole { ssd: with(GOLDEN_NAME, Some(own.golden)), hdd: with(PHYSICAL.hdd, own.hdd) }
}

/// Those of these disks that are copies of an own one; nothing where there is none.
pub fn copies(
    disks: &ByRole<Vec<String>>,
    seen: &[Candidate],
) -> Result<Vec<String>, IndistinguishableDisks> {
    if Role::ALL.iter().all(|role| disks.of(*role).len() < 2) {
        return Ok(Vec::new());
    }
    let candidate = |disk: &String| seen.iter().find(|it| it.disk == *disk);
    let ledger_of = |disk| candidate(disk).and_then(|it| it.ledger.as_ref());
    let is_itself = |disk: &&String| is_original(candidate(disk));
    let ssd = the_one(&disks.ssd, is_itself)?;
    let ledger = ssd.and_then(ledger_of);
    let is_hdd = |disk: &&String| {
        let wanted = ledger.map(|ledger| &ledger.disks.hdd);
        wanted.is_some() && candidate(disk).map(|it| &it.identity) == wanted
    };
    let hdd = the_one(&disks.hdd, is_hdd)?;
    let others = |role: Role, own: Option<&String>| {
        let others = disks.of(role).iter().filter(move |disk| Some(*disk) != own);
        others.cloned().collect::<Vec<_>>()
    };
    Ok([others(Role::Ssd, ssd), others(Role::Hdd, hdd)].concat())
}

/// Whether a ledger names other disks than those that are there: they may be copies of some that are
/// still to come.
pub fn names_others(disks: &ByRole<Vec<String>>, seen: &[Candidate]) -> bool {
    let mut ledgers = seen.iter().filter(|it| it.ledger.is_some()).peekable();
    if ledgers.peek().is_none() {
        return false;
    }
    let own = ledgers.find(|it| is_original(Some(it))).and_then(|it| it.ledger.as_ref());
    let is_hdd = |disk: &String| {
        let seen = seen.iter().find(|it| it.disk == *disk);
        own.zip(seen).is_some_and(|(ledger, it)| ledger.disks.hdd == it.identity)
    };
    own.is_none() || !(disks.hdd.is_empty() || disks.hdd.iter().any(is_hdd))
}

/// Whether an SSD is the one that its own ledger names. Behind another controller it need not be: alone it
/// is the appliance's all the same.
pub fn is_original(seen: Option<&Candidate>) -> bool {
    seen.is_some_and(|it| it.ledger.as_ref().is_some_and(|ledger| ledger.disks.ssd == it.identity))
}

/// The one of these disks for which this holds; a disk alone needs no proof.
fn the_one(
    disks: &[String],
    holds: impl Fn(&&String) -> bool,
) -> Result<Option<&String>, IndistinguishableDisks> {
    if let [] | [_] = disks {
        return Ok(disks.first());
    }
    let mut found = disks.iter().filter(holds);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(Some(one)),
        (None, _) | (Some(_), Some(_)) => Err(IndistinguishableDisks(disks.to_vec())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Slot, Uuid};
    use zshield_units::Bytes;

    const fn id(byte: u8) -> Uuid {
        Uuid::random([byte; 16])
    }

    const OWN: OwnPartitions = OwnPartitions { golden: id(1), hdd: Some(id(2)) };

    fn identity(serial: &str) -> Identity {
        Identity { model: "M".into(), serial: serial.into(), size: Bytes::gib(64) }
    }

    /// A disk, with the ledger of the SSD `s` and the HDD `h` where it is an SSD.
    fn candidate(disk: &str, serial: &str, is_ssd: bool) -> Candidate {
        let ledger = is_ssd.then(|| Ledger {
            version: String::new(),
            image: String::new(),
            slot: Slot::A,
            golden_image: None,
            golden: OWN.golden,
            hdd: OWN.hdd,
            disks: ByRole { ssd: identity("s"), hdd: identity("h") },
        });
        Candidate { disk: disk.into(), identity: identity(serial), ledger }
    }

    fn partition(disk: &str, name: &str, byte: u8) -> FoundPartition {
        let (name, id) = (name.into(), Some(id(byte)));
        FoundPartition { node: format!("{disk}4"), disk: disk.into(), name, id }
    }

    /// What is found of SSDs and HDDs with these serial numbers.
    fn found(ssds: &[&str], hdds: &[&str]) -> Result<Vec<String>, IndistinguishableDisks> {
        let mut partitions = vec![partition("other", GOLDEN_NAME, 9)];
        let mut seen = Vec::new();
        let all = ssds.iter().map(|it| (true, it)).chain(hdds.iter().map(|it| (false, it)));
        for (number, (is_ssd, serial)) in all.enumerate() {
            let disk = format!("disk{number}");
            seen.push(candidate(&disk, serial, is_ssd));
            let (name, byte) = if is_ssd { (GOLDEN_NAME, 1) } else { (PHYSICAL.hdd, 2) };
            partitions.push(partition(&disk, name, byte));
        }
        copies(&own_disks(&partitions, &OWN), &seen)
    }

    #[test]
    fn the_disk_that_the_ledger_names_is_the_own_one_and_the_others_are_copies() {
        assert_eq!(found(&["s"], &["h"]), Ok(vec![]));
        assert_eq!(found(&["other", "s"], &["h"]), Ok(vec!["disk0".into()]));
        assert_eq!(found(&["s"], &["h", "copy"]), Ok(vec!["disk2".into()]));
        let two = vec!["disk1".into(), "disk2".into()];
        assert_eq!(found(&["s", "copy"], &["copy", "h"]), Ok(two));
        // An SSD that took the place of the first one, and a copy of the HDD.
        assert_eq!(found(&["new"], &["h", "copy"]), Ok(vec!["disk2".into()]));
        // Alone, whatever is said of it, and where one of the two is missing.
        assert_eq!(found(&["other"], &["another"]), Ok(vec![]));
        assert_eq!(found(&["other"], &[]), Ok(vec![]));
    }

    #[test]
    fn disks_that_the_ledger_does_not_name_may_be_copies_of_some_to_come() {
        let others = |ssd: &str, hdd: Option<&str>, has_ledger: bool| {
            let mut seen = vec![candidate("a", ssd, has_ledger)];
            seen.extend(hdd.map(|serial| candidate("b", serial, false)));
            let hdd = hdd.map(|_| "b".to_owned()).into_iter().collect();
            names_others(&ByRole { ssd: vec!["a".into()], hdd }, &seen)
        };
        assert!(!others("s", Some("h"), true) && !others("s", None, true));
        assert!(others("other", Some("h"), true) && others("s", Some("other"), true));
        // Nobody is named.
        assert!(!others("other", Some("other"), false));
    }

    #[test]
    fn what_can_not_be_told_apart_is_named_and_nothing_is_chosen() {
        let alike = |disks: &[&str]| {
            Err(IndistinguishableDisks(disks.iter().map(|it| (*it).to_owned()).collect()))
        };
        // Arrays behind a card, or virtual disks, have no number of their own.
        assert_eq!(found(&["s", "s"], &["h"]), alike(&["disk0", "disk1"]));
        assert_eq!(found(&["one", "two"], &["h"]), alike(&["disk0", "disk1"]));
        assert_eq!(found(&["s"], &["h", "h"]), alike(&["disk1", "disk2"]));
        assert_eq!(found(&["s"], &["one", "two"]), alike(&["disk1", "disk2"]));
        // Without its ledger, an SSD says of no HDD whether it is the own one.
        let seen = [
            Candidate { ledger: None, ..candidate("a", "s", true) },
            candidate("b", "h", false),
            candidate("c", "x", false),
        ];
        let disks = ByRole { ssd: vec!["a".into()], hdd: vec!["b".into(), "c".into()] };
        assert_eq!(copies(&disks, &seen), alike(&["b", "c"]));
    }
}
