//! The disks that an appliance knows by its ledger, among those that are there.

use crate::ledger::Ledger;
use crate::role::Role;
use crate::world::Disk;

impl Ledger {
    /// The disk of a role among these: the one that it was, or else the one with its partition, since
    /// another RAID card calls the same array by another model and serial number. Nothing where it is
    /// not there, or where several may be it.
    pub fn disk<'a>(&self, role: Role, disks: &'a [Disk]) -> Option<&'a Disk> {
        let is_same = |disk: &&Disk| disk.identity == *self.disks.of(role);
        let has_it = |disk: &&Disk| self.has_partition(role, disk);
        only(disks.iter().filter(is_same)).or_else(|| only(disks.iter().filter(has_it)))
    }

    /// Those of these disks that hold a copy of the disk of a role, which is there itself.
    pub fn copies<'a>(&self, role: Role, disks: &'a [Disk]) -> Vec<&'a Disk> {
        let Some(own) = self.disk(role, disks) else { return Vec::new() };
        let is_copy = |disk: &&Disk| disk.name != own.name && self.has_partition(role, disk);
        disks.iter().filter(is_copy).collect()
    }

    /// Whether a disk has the partition by which that of a role is known.
    fn has_partition(&self, role: Role, disk: &Disk) -> bool {
        let wanted = match role {
            Role::Ssd => Some(self.golden),
            Role::Hdd => self.hdd,
        };
        wanted.is_some() && disk.partitions.iter().any(|found| found.id == wanted)
    }
}

/// The one there is, where there is no second.
fn only<T>(mut found: impl Iterator<Item = T>) -> Option<T> {
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Slot, Uuid};
    use crate::role::ByRole;

    fn disk(name: &str, model: &str, id: u8) -> Disk {
        let id = Uuid::random([id; 16]).to_string();
        serde_json::from_value(serde_json::json!({
            "name": name, "model": model, "serial": "s", "size": 1, "rotational": true,
            "transport": "scsi", "partitions": [{"number": 1, "size": 1, "id": id}]
        }))
        .unwrap()
    }

    fn ledger() -> Ledger {
        let identity = |model: &str| disk("", model, 0).identity;
        Ledger {
            version: String::new(),
            image: String::new(),
            slot: Slot::A,
            golden_image: None,
            golden: Uuid::random([1; 16]),
            hdd: Some(Uuid::random([2; 16])),
            disks: ByRole { ssd: identity("SSD"), hdd: identity("MR9361") },
        }
    }

    fn found(disks: &[Disk]) -> Option<&str> {
        ledger().disk(Role::Hdd, disks).map(|disk| disk.name.0.as_str())
    }

    #[test]
    fn a_copy_is_told_from_the_disk_itself() {
        let own = disk("sda", "MR9361", 2);
        let disks = [disk("sdb", "USB", 2), own.clone(), disk("sdc", "other", 3)];
        let copies =
            |role, disks| ledger().copies(role, disks).into_iter().cloned().collect::<Vec<_>>();
        assert_eq!(copies(Role::Hdd, &disks), [disks[0].clone()]);
        assert_eq!(copies(Role::Ssd, &disks), []);
        // Alone it is the disk, behind another card.
        assert_eq!(copies(Role::Hdd, &disks[..1]), []);
    }

    #[test]
    fn a_disk_behind_another_card_is_known_by_its_partition() {
        let (old, new) = (disk("sda", "MR9361", 2), disk("sdb", "MR9460", 2));
        let foreign = disk("sdc", "MR9460", 3);
        assert_eq!(found(&[foreign.clone(), new.clone()]), Some("sdb"));
        // A copy beside the disk that it was is not that.
        assert_eq!(found(&[new.clone(), old]), Some("sda"));
        assert_eq!(found(&[foreign]), None);
        assert_eq!(found(&[new.clone(), disk("sdd", "other", 2)]), None);
    }
}
