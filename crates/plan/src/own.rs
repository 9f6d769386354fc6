//! The appliance's own partitions among those of its names: a second appliance's disks, plugged in to
//! have their data rescued, have the same names and a volume group of the same name.
//!
//! GRUB, which was read from the own SSD, tells the kernel their ids.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{Slot, Uuid};
use crate::role::{ByRole, Role};
use crate::volumes::{BOOT_NAME, GOLDEN_NAME, PHYSICAL};

/// The word on the kernel's command line that says which they are.
pub const WORD: &str = "zshield_own";

/// The ids in the partition tables by which an appliance knows its two disks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnPartitions {
    /// The Golden partition's, which is on the SSD.
    pub golden: Uuid,
    /// The HDD's; nothing where that was not known.
    pub hdd: Option<Uuid>,
}

/// What a system must know of the partitions of its disks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionIds {
    /// The partition of `/boot`.
    pub boot: Uuid,
    /// Those by which the appliance knows its disks.
    pub own: OwnPartitions,
    /// The physical volume of the SSD; nothing where it has none.
    pub ssd: Option<Uuid>,
    /// The slot of the Golden Image.
    pub slot: Slot,
}

impl OwnPartitions {
    /// What a value of [`WORD`] says.
    pub fn parse(value: &str) -> Option<Self> {
        let (golden, hdd) = value.split_once(',').map_or((value, None), |(a, b)| (a, Some(b)));
        Some(Self {
            golden: Uuid::parse(golden)?,
            hdd: hdd.map_or(Some(None), |id| Uuid::parse(id).map(Some))?,
        })
    }
}

impl fmt::Display for OwnPartitions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.golden)?;
        self.hdd.map_or(Ok(()), |hdd| write!(f, ",{hdd}"))
    }
}

/// A partition that has turned up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPartition {
    /// The path of its node.
    pub node: String,
    /// The path of its disk's node.
    pub disk: String,
    /// Its name in the partition table.
    pub name: String,
    /// Its id there, where that can be read.
    pub id: Option<Uuid>,
}

/// The nodes of the own partitions, as far as they have turned up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnNodes {
    /// Of `/boot`. Several are copies of one another.
    pub boot: Vec<String>,
    /// Of the physical volumes.
    pub physical: ByRole<Vec<String>>,
}

impl OwnNodes {
    /// Those of the physical volumes.
    pub fn of_group(&self) -> impl Iterator<Item = &String> {
        Role::ALL.into_iter().flat_map(|role| self.physical.of(role))
    }
}

/// Which of these partitions are the appliance's own; by their names alone where a menu of an earlier
/// version does not say.
pub fn nodes(found: &[FoundPartition], own: Option<&OwnPartitions>) -> OwnNodes {
    let is_golden = |disk: &str, id: Uuid| {
        let golden = |it: &FoundPartition| it.name == GOLDEN_NAME && it.id == Some(id);
        found.iter().any(|it| it.disk == disk && golden(it))
    };
    let on_ssd = |it: &FoundPartition| own.is_none_or(|own| is_golden(&it.disk, own.golden));
    let is_hdd =
        |it: &FoundPartition| own.and_then(|own| own.hdd).is_none_or(|id| it.id == Some(id));
    let named = |name: &str, ours: &dyn Fn(&FoundPartition) -> bool| {
        let ours = found.iter().filter(|it| it.name == name && ours(it));
        ours.map(|it| it.node.clone()).collect()
    };
    OwnNodes {
        boot: named(BOOT_NAME, &on_ssd),
        physical: ByRole { ssd: named(PHYSICAL.ssd, &on_ssd), hdd: named(PHYSICAL.hdd, &is_hdd) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn id(byte: u8) -> Uuid {
        Uuid::random([byte; 16])
    }

    fn found(disk: &str, number: u32, name: &str, byte: u8) -> FoundPartition {
        let (node, disk) = (format!("/dev/{disk}{number}"), format!("/dev/{disk}"));
        FoundPartition { node, disk, name: name.into(), id: Some(id(byte)) }
    }

    /// The disks of two appliances, the other one's first.
    fn two() -> Vec<FoundPartition> {
        const ON_SSD: [&str; 5] = ["zs-bios", "zs-esp", "zs-boot", "zs-golden", "zs-ssd"];
        let ssd = |disk: &'static str, byte: u8| {
            let partition =
                move |(number, name): (u8, &str)| found(disk, number.into(), name, byte + number);
            (1..).zip(ON_SSD).map(partition)
        };
        let hdds = [found("sdc", 1, "zs-hdd", 31), found("sdd", 1, "zs-hdd", 41)];
        ssd("sda", 10).chain(ssd("sdb", 20)).chain(hdds).collect()
    }

    #[test]
    fn of_two_appliances_only_the_own_partitions_are_seen() {
        let own = OwnPartitions { golden: id(24), hdd: Some(id(41)) };
        let nodes = nodes(&two(), Some(&own));
        assert_eq!(nodes.boot, ["/dev/sdb3"]);
        assert_eq!(nodes.of_group().collect::<Vec<_>>(), ["/dev/sdb5", "/dev/sdd1"]);
    }

    #[test]
    fn the_others_are_not_taken_for_an_own_disk_that_is_missing() {
        let own = OwnPartitions { golden: id(99), hdd: Some(id(98)) };
        let nodes = nodes(&two(), Some(&own));
        assert!(nodes.boot.is_empty() && nodes.of_group().next().is_none(), "{nodes:?}");
    }

    #[test]
    fn without_ids_the_names_are_all_there_is() {
        let nodes = nodes(&two(), None);
        assert_eq!((nodes.boot.len(), nodes.of_group().count()), (2, 4));
        let ssd_alone = OwnPartitions { golden: id(14), hdd: None };
        let nodes = super::nodes(&two(), Some(&ssd_alone));
        assert_eq!(nodes.of_group().collect::<Vec<_>>(), ["/dev/sda5", "/dev/sdc1", "/dev/sdd1"]);
    }

    #[test]
    fn the_word_says_what_was_written_or_nothing() {
        for hdd in [None, Some(id(2))] {
            let own = OwnPartitions { golden: id(1), hdd };
            assert_eq!(OwnPartitions::parse(&own.to_string()), Some(own));
        }
        for value in ["", ",", "a,b", &format!("{},", id(1))] {
            assert_eq!(OwnPartitions::parse(value), None, "{value}");
        }
    }
}
