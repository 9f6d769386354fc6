//! The bytes of the files that an installation writes.

use super::inputs::{Inputs, PublicKey};
use super::partition_ids::partition_ids;
use crate::appliance::Appliance;
use crate::grub::{self, DIRECTORY};
use crate::grubenv;
use crate::id::Uuid;
use crate::own::PartitionIds;
use crate::role::ByRole;
use crate::step::NewFile;
use crate::volumes::{AUDIT, PHYSICAL, ROOT, USER, named};

fn file(path: &str, content: String) -> NewFile {
    NewFile { path: path.to_owned(), mode: 0o644, content }
}

/// What makes the payload this machine's system.
pub(super) fn system(inputs: &Inputs<'_>, places: &PartitionIds, machine: Uuid) -> Vec<NewFile> {
    let mut files = vec![
        file("etc/fstab", fstab(inputs, places)),
        NewFile { mode: 0o444, ..file("etc/machine-id", format!("{}\n", machine.digits())) },
        file("etc/zshield/appliance.toml", inputs.policy_text.to_owned()),
    ];
    let key = |key: &PublicKey| file(&format!("etc/zshield/keys/{}", key.name), key.text.clone());
    files.extend(inputs.keys.iter().map(key));
    files.extend(udev_rule(places).map(|rule| file(UDEV_RULE, rule)));
    files
}

/// What makes a system of this policy that of an installed appliance; nothing where its partitions can't be told.
pub fn of_installed(
    inputs: &Inputs<'_>,
    appliance: &Appliance,
    machine: Uuid,
) -> Option<Vec<NewFile>> {
    Some(system(
        inputs,
        &partition_ids(&appliance.binding, &inputs.world.disks, inputs.world.medium.slot)?,
        machine,
    ))
}

/// The rule by which the system starts no other appliance's group: behind the rules that look what a
/// partition holds, before LVM's own.
pub const UDEV_RULE: &str = "etc/udev/rules.d/66-zshield.rules";

/// Another appliance's group has the same name: LVM, which starts a group as soon as it is whole,
/// would find two of it and start neither. Nothing where the own partitions are not all known.
pub fn udev_rule(places: &PartitionIds) -> Option<String> {
    let ByRole { ssd, hdd } = PHYSICAL;
    let own: Vec<String> =
        [places.own.hdd, places.ssd].into_iter().flatten().map(|id| id.to_string()).collect();
    places.own.hdd?;
    Some(format!(
        "# Written by zshield at the installation: LVM starts no group of another appliance by itself.\n\
         SUBSYSTEM==\"block\", ENV{{ID_FS_TYPE}}==\"LVM2_member\", \
         ENV{{ID_PART_ENTRY_NAME}}==\"{ssd}|{hdd}\", ENV{{ID_PART_ENTRY_UUID}}!=\"{}\", \
         ENV{{ID_FS_TYPE}}=\"\"\n",
        own.join("|")
    ))
}

/// Volumes by path, since a snapshot has its origin's UUID; `/boot` by its partition's id, since
/// disks change their names. Nothing on the HDD is needed to start; but it is waited for, as long as
/// before root: a service that is started before its volume is there writes to the directory below.
fn fstab(inputs: &Inputs<'_>, places: &PartitionIds) -> String {
    let storage = &inputs.policy.storage;
    let volume = |name: &str| storage.group.device(&named(name));
    let (root, user, audit) = (volume(ROOT), volume(USER), volume(AUDIT));
    let nofail = format!(
        "noatime,nofail,x-systemd.before=local-fs.target,x-systemd.device-timeout={}s",
        grub::WAIT
    );
    let own = format!(
        "# Written by zshield at the installation.\n\
         {root} / ext4 noatime,noinit_itable,errors=remount-ro 0 1\n\
         PARTUUID={} /boot ext4 noatime 0 2\n\
         {user} {} ext4 {nofail} 0 2\n\
         {audit} {} ext4 {nofail} 0 2\n",
        places.boot, storage.user.mount, storage.audit.mount
    );
    let vendor = inputs.policy.payload.fstab.iter().flat_map(|line| [line.as_str(), "\n"]);
    std::iter::once(own.as_str()).chain(vendor).collect()
}

/// GRUB's configuration and environment.
pub(super) fn boot_menu(inputs: &Inputs<'_>, places: &PartitionIds) -> Vec<NewFile> {
    let Inputs { policy, world, .. } = inputs;
    let in_boot = |path: &str| path.strip_prefix("boot/").unwrap_or(path).to_owned();
    let (kernel, initrd) = (in_boot(&world.image.kernel), in_boot(&world.image.initrd));
    let environment = String::from_utf8_lossy(&grubenv::empty()).into_owned();
    vec![
        file(&format!("{DIRECTORY}/grub.cfg"), grub::installed(policy, &places.own)),
        file(&format!("{DIRECTORY}/system.cfg"), grub::system(policy, &kernel, &initrd)),
        file(&format!("{DIRECTORY}/grubenv"), environment),
    ]
}
