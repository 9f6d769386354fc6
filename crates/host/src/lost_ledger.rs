//! A ledger that `/boot` has lost, made again from what the kernel knows of the system that runs and
//! from the Golden partition: where `/boot` lies, where the group's volumes lie, and which slot holds
//! the image that root says it came from.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use zshield_golden::Digest;
use zshield_golden::slot::MANIFEST;
use zshield_plan::id::Slot;
use zshield_plan::ledger::Ledger;
use zshield_plan::policy::GroupName;
use zshield_plan::role::ByRole;
use zshield_plan::saved;
use zshield_plan::volumes::{
    AUDIT, BOOT_PARTITION, FACTORY, GOLDEN_PARTITION, HDD_PARTITION, LATEST, USER, named,
};
use zshield_plan::world::Disk;

use crate::boot_backup;
use crate::observe::{self, ObserveError};
use crate::read_only_mount::ReadOnlyMount;

/// The devices below a mapping, at most so many deep: a snapshot lies on its store, and that on a disk.
const DEEPEST: usize = 4;

/// The ledger of the appliance whose system is mounted at `root`, with `/boot` on its partition;
/// nothing where any part of it can't be told for certain.
pub(crate) fn made_again(root: &Path, group: &GroupName) -> Result<Option<Ledger>, ObserveError> {
    let mut disks = observe::disks()?;
    let Some(ssd) = observe::disk_of(&root.join("boot"), BOOT_PARTITION, &disks)? else {
        return Ok(None);
    };
    let Some(hdd) = hdd(group, &disks, ssd) else { return Ok(None) };
    for disk in [ssd, hdd] {
        observe::name_partitions(&mut disks[disk])?;
    }
    let id =
        |disk: usize, number: u32| disks[disk].partitions.iter().find(|it| it.number == number)?.id;
    let golden = id(ssd, GOLDEN_PARTITION);
    let Some((golden, set)) = golden.zip(boot_backup::read(&root.join(saved::DIRECTORY)).ok())
    else {
        return Ok(None);
    };
    let Some(slot) = slot(&disks[ssd].name.partition(GOLDEN_PARTITION), &set.saved.image) else {
        return Ok(None);
    };
    let identity = |index: usize| disks[index].identity.clone();
    Ok(Some(Ledger {
        version: set.saved.version,
        image: set.saved.image,
        slot,
        golden,
        hdd: id(hdd, HDD_PARTITION),
        disks: ByRole { ssd: identity(ssd), hdd: identity(hdd) },
    }))
}

/// The disk that the snapshots' stores and the data lie on, where it is one alone; a part of the data may
/// lie on the SSD.
fn hdd(group: &GroupName, disks: &[Disk], ssd: usize) -> Option<usize> {
    let mapped = |name: &str, end: &str| {
        let path = group.mapper(&named(name));
        format!("{}{end}", path.trim_start_matches("/dev/mapper/"))
    };
    let names =
        [mapped(LATEST, "-cow"), mapped(FACTORY, "-cow"), mapped(USER, ""), mapped(AUDIT, "")];
    let below = below(Path::new("/sys/block"), &names);
    let holds = |disk: &Disk| {
        let nodes = disk.partitions.iter().map(|it| disk.name.partition(it.number));
        nodes.into_iter().any(|node| below.contains(node.trim_start_matches("/dev/")))
    };
    let mut found = (0..disks.len()).filter(|index| *index != ssd && holds(&disks[*index]));
    found.next().filter(|_| found.next().is_none())
}

/// The kernel's names of the devices below these mappings of the device mapper.
fn below(block: &Path, mappings: &[String]) -> BTreeSet<String> {
    let names = |directory: &Path| {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect::<BTreeSet<_>>()
    };
    let mut level: BTreeSet<String> = names(block)
        .into_iter()
        .filter(|device| {
            let name = fs::read_to_string(block.join(device).join("dm/name"));
            name.is_ok_and(|name| mappings.iter().any(|wanted| wanted == name.trim_end()))
        })
        .collect();
    let mut all = BTreeSet::new();
    for _ in 0..DEEPEST {
        level = level.iter().flat_map(|device| names(&block.join(device).join("slaves"))).collect();
        all.extend(level.iter().cloned());
    }
    all
}

/// The slot on a Golden partition that holds this image.
fn slot(partition: &str, image: &str) -> Option<Slot> {
    let mounted = match ReadOnlyMount::mount(partition, "golden") {
        Ok(mounted) => mounted,
        Err(error) => {
            tracing::warn!("{error}: {}", error.source);
            return None;
        }
    };
    [Slot::A, Slot::B].into_iter().find(|slot| {
        let manifest = fs::read(mounted.root().join(slot.directory()).join(MANIFEST));
        manifest.is_ok_and(|manifest| Digest::of(&manifest).to_string() == image)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_leads_down_to_its_disks() {
        let block = tempfile::tempdir().unwrap();
        let device = |name: &str, mapped: &str, slaves: &[&str]| {
            let directory = block.path().join(name);
            fs::create_dir_all(directory.join("dm")).unwrap();
            fs::write(directory.join("dm/name"), format!("{mapped}\n")).unwrap();
            for slave in slaves {
                fs::create_dir_all(directory.join("slaves").join(slave)).unwrap();
            }
        };
        device("dm-0", "vgroup-lv--root-real", &["sda5"]);
        device("dm-1", "vgroup-snap1-cow", &["sdb1"]);
        device("dm-2", "vgroup-snap1", &["dm-0", "dm-1"]);
        device("dm-3", "other-lv--user", &["sdc1"]);
        let of = |name: &str| {
            below(block.path(), &[name.to_owned()]).into_iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of("vgroup-snap1-cow"), "sdb1");
        assert_eq!(of("vgroup-snap1"), "dm-0 dm-1 sda5 sdb1");
        assert_eq!(of("vgroup-lv--user"), "");
    }
}
