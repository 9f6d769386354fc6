//! Disks and volumes of others: none is written or lost unnamed.

use super::*;
use crate::policy::Transport;

/// An appliance on an HDD with room for it, whose volumes lie on these disks.
fn appliance_with(volumes: &[(&str, &[&str], bool)]) -> World {
    let mut world = world("ssd-480gb");
    let partition = &mut world.disks[1].partitions[0];
    (partition.label, partition.content) = (Some("zs-hdd".into()), Some("LVM2_member".into()));
    let names: Vec<&str> = volumes.iter().map(|(name, ..)| *name).collect();
    let mut found = group("vgroup", &["sda", "sdb"], &names);
    for (volume, (_, disks, partial)) in found.volumes.iter_mut().zip(volumes) {
        volume.disks = disks.iter().map(|disk| DiskName((*disk).into())).collect();
        volume.partial = *partial;
    }
    world.groups = vec![found];
    world
}

#[test]
fn a_volume_that_needs_the_ssd_is_lost_by_name_and_data_on_it_can_not_be_kept() {
    let kept = [("lv-user", &["sdb"][..], false), ("lv-audit", &["sdb"], false)];
    for lost in [("lv-db", &["sda"][..], false), ("lv-db", &["sdb"], true), ("lv-db", &[], true)] {
        let world = appliance_with(&[&kept[..], &[lost]].concat());
        let Assessment::AppliancePresent { rebuild, .. } = look(&world) else { panic!() };
        let Rebuild { plan, losses } = rebuild.unwrap();
        let [loss] = losses.as_slice() else { panic!("{losses:?}") };
        assert!(loss.to_string().contains("lv-db"), "{loss}");
        // A plan that says nothing of it breaks a rule.
        let removes =
            |step: &Step| matches!(step, Step::RemoveVolume(it) if it.volume.as_str() == "lv-db");
        let silent = Plan {
            steps: plan.steps.iter().filter(|it| !removes(it)).cloned().collect(),
            ..*plan.clone()
        };
        assert!(check::violations(&plan, &world).is_empty());
        let found = check::violations(&silent, &world);
        assert!(found.iter().any(|it| it.finding.rule() == Rule::DataIsKept), "{found:?}");
    }
    for elsewhere in [("lv-user", &["sda", "sdb"][..], false), ("lv-user", &["sdb"], true)] {
        let world = appliance_with(&[kept[1], elsewhere]);
        let Assessment::AppliancePresent { rebuild, .. } = look(&world) else { panic!() };
        let why = rebuild.unwrap_err();
        assert!(matches!(why, NoRebuild::Elsewhere(_)), "{why}");
        assert!(why.to_string().contains("lv-user"), "{why}");
    }
}

#[test]
fn an_appliance_whose_group_is_not_seen_is_one_all_the_same() {
    for (disk, label, content) in [
        (0, "zs-ssd", "LVM2_member"),
        (1, "zs-hdd", "LVM2_member"),
        (1, "zs-hdd", "unknown"),
        (1, "any", "LVM2_member"),
    ] {
        let mut world = world("ssd-480gb");
        let mut partition = world.disks[1].partitions[0].clone();
        (partition.label, partition.content) = (Some(label.into()), Some(content.into()));
        world.disks[disk].partitions = vec![partition];
        let Assessment::AppliancePresent { rebuild, .. } = look(&world) else { panic!("{label}") };
        assert!(matches!(rebuild, Err(NoRebuild::NoGroup)), "{rebuild:?}");
    }
    // A journal that came to its end was an installation; behind it may be data.
    let mut world = world("ssd-480gb");
    let (plan, _) = ready(&world);
    world.disks[0].journal = Some(Box::new(Journal { plan, state: JournalState::Finished }));
    assert!(matches!(look(&world), Assessment::AppliancePresent { .. }));
    // LVM of somebody else, whose group is seen, has no data of ours.
    let mut world = self::world("ssd-480gb");
    world.disks[1].partitions[0].content = Some("LVM2_member".into());
    world.groups = vec![group("other", &["sdb"], &["data"])];
    ready(&world);
}

#[test]
fn a_disk_on_usb_or_of_zones_takes_no_role_unless_the_policy_says_so() {
    // The RAID card is gone, and a customer's disk is attached.
    let mut world = world("ssd-480gb");
    let of_customer = &mut world.disks[1];
    of_customer.identity.model = "Elements 25A2".into();
    of_customer.transport = Transport::Usb;
    let Refusal::Disks(Undecided::None(Role::Hdd), considered) = refused(&world) else { panic!() };
    assert_eq!(considered[1].passed.hdd, [PassedOver::Usb]);
    let text = format!("{POLICY}[disks.hdd]\ntransport = \"usb\"\nmin_size = \"100GiB\"\n");
    let policy = Policy::parse(&text, Path::new("appliance.toml")).unwrap();
    assert!(choice::choose(&policy, &world).is_ok());
    let mut world = self::world("ssd-480gb");
    world.disks[1].zoned = true;
    let Refusal::Disks(Undecided::None(Role::Hdd), considered) = refused(&world) else { panic!() };
    assert_eq!(considered[1].passed.hdd, [PassedOver::Zoned]);
}

#[test]
fn a_group_never_spans_sectors_of_two_sizes() {
    let mut world = world("ssd-480gb");
    world.disks[1].sector = 4096;
    let refusal = refused(&world);
    assert_eq!(refusal.code(), "mixed-sectors");
    for part in ["/dev/sda", "512", "/dev/sdb", "4096"] {
        assert!(refusal.to_string().contains(part), "{refusal}");
    }
    // Root on the HDD: the group has that disk alone.
    world.disks[0].identity.size = Bytes::gib(16);
    assert!(ready(&world).0.layout.unwrap().physical.ssd.is_none());
}
