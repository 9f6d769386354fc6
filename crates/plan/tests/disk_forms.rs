//! Disks in every form: each takes a role, or is refused before anything is written, with the reason beside
//! it. `forms` holds what was observed of them; how, the tests of `zshield-host` show.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use zshield_plan::choice::{PassedOver, Undecided};
use zshield_plan::id::{DiskName, Uuid};
use zshield_plan::install::{Assessment, Ids, Inputs, Loss, Refusal, assess};
use zshield_plan::policy::{Policy, Transport};
use zshield_plan::role::Role;
use zshield_plan::upgrade::keys::Statements;
use zshield_plan::world::{Disk, World};
use zshield_units::{Bytes, UnixTime};

const POLICY: &str =
    "[product]\nname = \"Gateway\"\nversion = \"1.0.0\"\n[payload]\nsource = \"rootfs.tar\"\n";
/// Policies for machines that are not the usual one.
const NVME: &str = "[disks.ssd]\nrotational = false\ntransport = \"nvme\"\n";
const EMMC: &str = "[disks.ssd]\nrotational = false\ntransport = \"other\"\nmin_size = \"60GB\"\n";
const VIRTIO: &str = "[disks.ssd]\ntransport = \"virtio\"\nmax_size = \"100GB\"\n\
                      [disks.hdd]\ntransport = \"virtio\"\nmin_size = \"200GB\"\n";
const ZONED_IS_NAMED: &str = "[disks.hdd]\nmodel = \"HGST*\"\n";
const LARGE: &str = "[disks.hdd]\nrotational = true\nmin_size = \"1TB\"\n";

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The usual machine: a SATA SSD, an HDD behind a card, a stick.
fn usual() -> World {
    serde_json::from_str(&file("worlds/ssd-480gb.json")).unwrap()
}

/// A machine with these disks and the stick.
fn with(form: &str) -> World {
    let mut world = usual();
    let stick = world.disks.remove(2);
    world.disks = serde_json::from_str(&file(&format!("forms/{form}.json"))).unwrap();
    world.disks.push(Disk { name: DiskName("sdz".into()), ..stick });
    world
}

fn look(policy: &str, world: &World) -> Assessment {
    let text = format!("{POLICY}{policy}");
    let policy = Policy::parse(&text, Path::new("appliance.toml")).unwrap();
    let mut count = 0u8;
    let ids = Ids::new(|| {
        count += 1;
        Uuid::random([count; 16])
    });
    let inputs = Inputs {
        policy: &policy,
        policy_text: &text,
        keys: &[],
        said: &Statements::NONE,
        world,
        now: UnixTime(0),
        brings_back: None,
    };
    assess(&inputs, &ids)
}

/// The names of the disks that would be taken.
fn taken(policy: &str, world: &World) -> (String, String) {
    let (Assessment::Ready { binding, .. } | Assessment::AppliancePresent { binding, .. }) =
        look(policy, world)
    else {
        panic!("{:?}", look(policy, world))
    };
    (binding.disks.ssd.0, binding.disks.hdd.0)
}

fn are_taken(policy: &str, world: &World, ssd: &str, hdd: &str) {
    assert_eq!(taken(policy, world), (ssd.into(), hdd.into()));
}

fn refusal(policy: &str, world: &World) -> Refusal {
    match look(policy, world) {
        Assessment::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

/// Why a disk was passed over for a role, on a machine where none fits it.
fn passed(policy: &str, world: &World, role: Role, name: &str) -> Vec<PassedOver> {
    let Refusal::Disks(Undecided::None(lacks), considered) = refusal(policy, world) else {
        panic!("{:?}", refusal(policy, world))
    };
    assert_eq!(lacks, role);
    // Every disk has its reasons.
    assert_eq!(considered.len(), world.disks.len());
    let found = considered.into_iter().find(|it| it.name.0 == name).unwrap();
    found.passed.of(role).clone()
}

#[test]
fn nvme_emmc_and_virtio_take_a_role_where_the_policy_says_so() {
    let nvme = with("nvme-and-card");
    are_taken(NVME, &nvme, "nvme0n1", "sda");
    let why = passed("", &nvme, Role::Ssd, "nvme0n1");
    assert_eq!(why, [PassedOver::Transport(Transport::Sata)]);

    let emmc = with("emmc-and-card");
    are_taken(EMMC, &emmc, "mmcblk0", "sda");
    let why = passed("", &emmc, Role::Ssd, "mmcblk0");
    assert_eq!(why, [PassedOver::Transport(Transport::Sata)]);

    let virtio = with("virtio");
    are_taken(VIRTIO, &virtio, "vda", "vdb");
    let why = passed("", &virtio, Role::Ssd, "vda");
    assert_eq!(why, [PassedOver::Rotational(false), PassedOver::Transport(Transport::Sata)]);
}

#[test]
fn the_nodes_of_a_plan_are_those_of_its_kind_of_disk() {
    for (policy, form, boot) in [
        (NVME, "nvme-and-card", "/dev/nvme0n1p3"),
        (EMMC, "emmc-and-card", "/dev/mmcblk0p3"),
        (VIRTIO, "virtio", "/dev/vda3"),
    ] {
        let (Assessment::Ready { plan, binding, .. }
        | Assessment::AppliancePresent { plan, binding, .. }) = look(policy, &with(form))
        else {
            panic!("{form}")
        };
        let actions = plan.steps.iter().flat_map(|step| step.actions(&binding));
        let text = actions.map(|action| action.to_string()).collect::<Vec<_>>().join("\n");
        assert!(text.contains(boot), "{form}: {text}");
    }
}

#[test]
fn of_the_four_pairs_of_sectors_two_are_installed_on() {
    let pair = |ssd: u32, hdd: u32| {
        let mut world = usual();
        (world.disks[0].sector, world.disks[1].sector) = (ssd, hdd);
        world
    };
    are_taken("", &pair(512, 512), "sda", "sdb");
    assert_eq!(refusal("", &pair(512, 4096)).code(), "mixed-sectors");
    // With root on the HDD the group has no part on the SSD.
    let mut small = pair(512, 4096);
    small.disks[0].identity.size = Bytes::gib(16);
    are_taken("", &small, "sda", "sdb");
    // GRUB of BIOS counts in 512 bytes.
    for hdd in [512, 4096] {
        let why = passed("", &pair(4096, hdd), Role::Ssd, "sda");
        assert_eq!(why, [PassedOver::SectorSize(4096)]);
    }
}

#[test]
fn a_disk_of_any_size_takes_its_role_and_all_of_it_is_used() {
    let mut world = usual();
    world.disks[1].identity.size = Bytes::gib(3 << 10);
    let Assessment::Ready { plan, .. } = look("", &world) else { panic!() };
    let user = plan.layout.unwrap().user;
    assert!(user > Bytes::gib(2 << 10), "{user}");

    let large = with("large-4k-and-zoned");
    assert_eq!(refusal("", &large).code(), "mixed-sectors");
    let mut small_ssd = large.clone();
    small_ssd.disks[0].identity.size = Bytes::gib(16);
    are_taken("", &small_ssd, "sda", "sdb");
    // The zoned disk beside it takes no role, not even by its name.
    let why = passed(ZONED_IS_NAMED, &large, Role::Hdd, "sdc");
    assert_eq!(why, [PassedOver::Zoned]);
}

#[test]
fn two_arrays_behind_the_card_are_refused_until_the_policy_tells_them_apart() {
    let mut world = usual();
    let mut second = world.disks[1].clone();
    second.name = DiskName("sdd".into());
    second.identity.size = Bytes::gib(4 << 10);
    world.disks.push(second);
    let Refusal::Disks(Undecided::Several(Role::Hdd, disks), _) = refusal("", &world) else {
        panic!()
    };
    assert_eq!(disks, [DiskName("sdb".into()), DiskName("sdd".into())]);
    are_taken(LARGE, &world, "sda", "sdd");
}

#[test]
fn a_bay_that_calls_its_disk_removable_is_no_card_reader() {
    let mut world = with("bay-and-card");
    are_taken("", &world, "sdb", "sda");
    // An HDD of which the policy says no transport may be a customer's, in a port to the outside.
    world.disks[0].removable = true;
    world.disks[0].transport = Transport::Sata;
    assert_eq!(passed("", &world, Role::Hdd, "sda"), [PassedOver::Bay]);
    are_taken("[disks.hdd]\nrotational = true\ntransport = \"sata\"\n", &world, "sdb", "sda");
    world.disks[0].transport = Transport::Scsi;
    assert_eq!(passed("", &world, Role::Hdd, "sda"), [PassedOver::Removable]);
}

#[test]
fn what_is_made_of_a_disk_keeps_it_and_what_is_left_of_it_is_lost_by_name() {
    for holder in ["md126", "md127", "mpatha"] {
        let mut world = usual();
        world.disks[1].in_use = vec![holder.into()];
        let why = passed("", &world, Role::Hdd, "sdb");
        assert_eq!(why, [PassedOver::InUse(vec![holder.into()])]);
        assert!(why[0].to_string().contains(holder), "{}", why[0]);
    }
    // A BIOS's RAID of which nothing was made.
    for content in ["isw_raid_member", "ddf_raid_member"] {
        let mut world = usual();
        world.disks[0].content = Some(content.into());
        let Assessment::Ready { losses, plan, .. } = look("", &world) else { panic!() };
        let holds = Loss::Content { disk: DiskName("sda".into()), holds: content.into() };
        assert!(losses.contains(&holds), "{losses:?}");
        assert!(plan.steps.iter().any(|step| step.name() == "erase-disk"));
    }
}

#[test]
fn disks_of_others_copies_and_sticks_take_no_role_from_the_own_ones() {
    let own = usual();
    for (disk, role) in [(0, Role::Ssd), (1, Role::Hdd)] {
        // Of another appliance, or a copy: with its number or with another.
        for serial in [None, Some("OTHER")] {
            let mut world = own.clone();
            let mut other = world.disks[disk].clone();
            other.name = DiskName("sdd".into());
            other.identity.serial = serial.unwrap_or(&other.identity.serial).into();
            world.disks.push(other);
            let found = refusal("", &world);
            let Refusal::Disks(Undecided::Several(several, names), _) = &found else {
                panic!("{found:?}")
            };
            assert_eq!((*several, names.len()), (role, 2));
            assert!(found.to_string().contains("/dev/sdd"), "{found}");
        }
    }
    let mut world = own;
    let mut of_customer = world.disks[1].clone();
    of_customer.name = DiskName("sdd".into());
    of_customer.transport = Transport::Usb;
    of_customer.identity.serial = "WX12".into();
    world.disks.push(of_customer);
    are_taken("", &world, "sda", "sdb");
}

#[test]
fn names_that_change_change_no_role() {
    let world = usual();
    let mut renamed = world.clone();
    renamed.disks[0].name = DiskName("sdb".into());
    renamed.disks[1].name = DiskName("sda".into());
    are_taken("", &renamed, "sdb", "sda");
    let plan = |world: &World| match look("", world) {
        Assessment::Ready { plan, .. } => plan,
        other => panic!("{other:?}"),
    };
    // What is written down is the same, letter by letter.
    let json = |world| serde_json::to_string(&plan(world)).unwrap();
    assert_eq!(json(&world), json(&renamed));
    assert_eq!(renamed.bind(&plan(&world)).unwrap().disks.ssd.0, "sdb");
}
