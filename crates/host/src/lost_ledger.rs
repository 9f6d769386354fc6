//! A ledger that `/boot` has lost, made again: for a system that runs from what the kernel knows of it and
//! from the Golden partition (where `/boot` lies, where the group's volumes lie, and which slot holds
//! the image that root says it came from); in the rescue system from what lies on the disks.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use zshield_golden::Digest;
use zshield_golden::slot::MANIFEST;
use zshield_plan::appliance::Appliance;
use zshield_plan::id::{MappingName, Slot, Uuid};
use zshield_plan::ledger::Ledger;
use zshield_plan::policy::GroupName;
use zshield_plan::role::{ByRole, Role};
use zshield_plan::saved::{self, BootSetMeta};
use zshield_plan::volumes::{
    AUDIT, BOOT_PARTITION, FACTORY, GOLDEN_PARTITION, HDD_PARTITION, LATEST, PHYSICAL, USER, named,
};
use zshield_plan::world::{Disk, Partition, VolumeGroup, World};

use crate::boot_backup;
use crate::inside;
use crate::observe::{self, ObserveError};
use crate::read_only_mount::ReadOnlyMount;
use crate::steps::marked;

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
    let BootSetMeta { version, image, .. } = set.saved;
    let Some((slot, in_slot)) = slot(&disks[ssd].name.partition(GOLDEN_PARTITION), &image) else {
        return Ok(None);
    };
    let identity = |index: usize| disks[index].identity.clone();
    let ledger = Ledger {
        version,
        image,
        slot,
        golden_image: None,
        golden,
        hdd: id(hdd, HDD_PARTITION),
        disks: ByRole { ssd: identity(ssd), hdd: identity(hdd) },
    };
    Ok(Some(ledger.with_golden(in_slot)))
}

/// The HDD that belongs to an SSD, by the names of its partitions and by the volume group where several
/// have them; nothing where it is not one alone.
pub(crate) fn only_hdd<'a>(world: &'a World, ssd: &Disk, group: &GroupName) -> Option<&'a Disk> {
    let is_hdd = |disk: &&Disk| disk.name != ssd.name && partition(disk, PHYSICAL.hdd).is_some();
    let of_one = |disk: &&Disk| {
        let joins = |it: &VolumeGroup| {
            it.name == *group && it.disks.contains(&ssd.name) && it.disks.contains(&disk.name)
        };
        world.groups.iter().any(joins)
    };
    let all: Vec<&Disk> = world.disks.iter().filter(is_hdd).collect();
    let found = if all.len() > 1 { all.into_iter().filter(of_one).collect() } else { all };
    match found[..] {
        [hdd] => Some(hdd),
        _ => None,
    }
}

/// The partition of this name.
fn partition<'a>(disk: &'a Disk, name: &str) -> Option<&'a Partition> {
    disk.partitions.iter().find(|it| it.label.as_deref() == Some(name))
}

/// The ledger of an appliance that the rescue system has found on these two disks; nothing where nothing
/// on them says that they belong together, or what was installed.
pub(crate) fn at_rest(
    appliance: &Appliance,
    world: &World,
    (ssd, hdd): (&Disk, &Disk),
) -> Option<Ledger> {
    let golden = world.medium.partition?;
    let kept = kept(appliance, golden)?;
    let is_one = match partition(ssd, PHYSICAL.ssd) {
        Some(_) => Role::ALL.iter().all(|role| appliance.members.contains(role)),
        // All of the group is on the HDD.
        None => kept.names_golden,
    };
    if !is_one || appliance.partial {
        return None;
    }
    Some(Ledger {
        version: kept.saved.version,
        image: kept.saved.image,
        slot: world.medium.slot,
        // What lies in the slot says nothing of itself: only the backup names an image of this machine.
        golden_image: None,
        golden,
        hdd: partition(hdd, PHYSICAL.hdd).and_then(|it| it.id),
        disks: appliance.disks.clone(),
    })
}

/// What a boot set tells of the appliance that it was saved on.
struct Kept {
    saved: BootSetMeta,
    /// Whether its menu names this Golden partition.
    names_golden: bool,
}

/// What the first boot set that can be read tells.
fn kept(appliance: &Appliance, golden: Uuid) -> Option<Kept> {
    inside::first(appliance, |name, root| {
        let directory = root.join(saved::DIRECTORY);
        let found = boot_backup::read(&directory);
        let set = found.inspect_err(|error| tracing::warn!("{name}: {error}")).ok()?;
        let menu = fs::read_to_string(boot_backup::menu(&directory));
        let names_golden = menu.is_ok_and(|menu| menu.contains(&golden.to_string()));
        Some(Kept { saved: set.saved, names_golden })
    })
}

/// The disk that the snapshots' stores and the data lie on, where it is one alone; a part of the data may
/// lie on the SSD.
fn hdd(group: &GroupName, disks: &[Disk], ssd: usize) -> Option<usize> {
    let [latest, factory, user, audit] =
        [LATEST, FACTORY, USER, AUDIT].map(|name| group.mapping(&named(name)));
    let names = [latest.store(), factory.store(), user, audit];
    let below = below(Path::new("/sys/block"), &names);
    let holds = |disk: &Disk| {
        let nodes = disk.partitions.iter().map(|it| disk.name.partition(it.number));
        nodes.into_iter().any(|node| below.contains(node.trim_start_matches("/dev/")))
    };
    let mut found = (0..disks.len()).filter(|index| *index != ssd && holds(&disks[*index]));
    found.next().filter(|_| found.next().is_none())
}

/// The kernel's names of the devices below these mappings of the device mapper.
fn below(block: &Path, mappings: &[MappingName]) -> BTreeSet<String> {
    let names = |directory: &Path| {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect::<BTreeSet<_>>()
    };
    let mut level: BTreeSet<String> = names(block)
        .into_iter()
        .filter(|device| {
            let name = fs::read_to_string(block.join(device).join("dm/name"));
            name.is_ok_and(|name| mappings.iter().any(|wanted| wanted.as_str() == name.trim_end()))
        })
        .collect();
    let mut all = BTreeSet::new();
    for _ in 0..DEEPEST {
        level = level.iter().flat_map(|device| names(&block.join(device).join("slaves"))).collect();
        all.extend(level.iter().cloned());
    }
    all
}

/// The slot on a Golden partition that holds this image, or the one that GRUB starts the rescue system from, with
/// the image in it: an upgrade may have left the factory state what it was.
fn slot(partition: &str, image: &str) -> Option<(Slot, String)> {
    let mounted = match ReadOnlyMount::golden(partition, "golden") {
        Ok(mounted) => mounted,
        Err(error) => {
            tracing::warn!("{error}: {}", error.source);
            return None;
        }
    };
    let held = |slot: Slot| {
        let manifest = fs::read(mounted.root().join(slot.directory()).join(MANIFEST)).ok()?;
        Some((slot, Digest::of(&manifest).to_string()))
    };
    let marked = marked(mounted.root());
    chosen(image, [marked, marked.other()].map(held))
}

/// Of two with this image the first, which GRUB starts; without any the first, if it holds one.
fn chosen(image: &str, held: [Option<(Slot, String)>; 2]) -> Option<(Slot, String)> {
    let [first, second] = held;
    let is_it = |held: &(Slot, String)| held.1 == image;
    first.clone().filter(is_it).or(second.filter(is_it)).or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(name: &str, partition: u32, label: &str) -> Disk {
        serde_json::from_value(serde_json::json!({
            "name": name, "model": "m", "serial": name, "size": 1, "rotational": true,
            "transport": "scsi", "partitions": [{"number": partition, "size": 1, "label": label}]
        }))
        .unwrap()
    }

    #[test]
    fn the_hdd_of_an_ssd_is_the_one_alone_or_the_one_in_its_group() {
        let group = GroupName::new("vgroup").unwrap();
        let found = |disks: &[&Disk], groups: &[&[&str]]| {
            let groups = groups.iter().enumerate().map(|(id, disks)| {
                serde_json::json!({"name": "vgroup", "id": id.to_string(), "disks": disks, "volumes": []})
            });
            let world: World = serde_json::from_value(serde_json::json!({
                "image": {"digest": "", "version": "", "slot_bytes": 0, "payload_bytes": 0,
                    "payload_entries": 0, "kernel": "", "initrd": ""},
                "medium": {"slot": "a"}, "disks": disks, "groups": groups.collect::<Vec<_>>()
            }))
            .unwrap();
            only_hdd(&world, disks[0], &group).map(|disk| disk.name.0.clone())
        };
        let ssd = disk("sda", 5, "zs-ssd");
        let (own, other) = (disk("sdb", 1, "zs-hdd"), disk("sdc", 1, "zs-hdd"));
        let empty = disk("sdd", 1, "data");
        assert_eq!(found(&[&ssd, &empty, &own], &[]).as_deref(), Some("sdb"));
        assert_eq!(found(&[&ssd, &empty], &[]), None);
        assert_eq!(found(&[&ssd, &own, &other], &[]), None);
        let groups: [&[&str]; 2] = [&["sdc"], &["sda", "sdb"]];
        assert_eq!(found(&[&ssd, &own, &other], &groups).as_deref(), Some("sdb"));
    }

    #[test]
    fn the_slot_is_that_of_the_image_or_the_one_that_is_started() {
        let held = |slot, image: &str| Some((slot, image.to_owned()));
        let (a, b) = (held(Slot::A, "1"), held(Slot::B, "2"));
        assert_eq!(chosen("2", [a.clone(), b.clone()]), b);
        assert_eq!(chosen("3", [a.clone(), b]), a);
        assert_eq!(chosen("1", [held(Slot::B, "1"), a.clone()]), held(Slot::B, "1"));
        assert_eq!(chosen("3", [None, a]), None);
    }

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
            below(block.path(), &[MappingName::new(name)]).into_iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of("vgroup-snap1-cow"), "sdb1");
        assert_eq!(of("vgroup-snap1"), "dm-0 dm-1 sda5 sdb1");
        assert_eq!(of("vgroup-lv--user"), "");
    }
}
