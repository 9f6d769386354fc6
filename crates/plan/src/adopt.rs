//! The texts of a system in which partitions are named, made those of another disk's partitions: each is nothing where it
//! is right as it is. The rest of a text is the administrator's.

use crate::id::Uuid;
use crate::own::OwnPartitions;
use crate::own::PartitionIds;

pub use crate::install::{UDEV_RULE, udev_rule};

/// Where `/boot` is named.
pub const FSTAB: &str = "etc/fstab";

/// By what a partition or its filesystem is named that another disk has not.
const BY_ID: [&str; 4] = ["PARTUUID=", "UUID=", "/dev/disk/by-partuuid/", "/dev/disk/by-uuid/"];

/// `fstab` with this partition as `/boot`. Somebody who has named it by a label or a path knows why.
pub fn fstab(text: &str, boot: Uuid) -> Option<String> {
    let device = format!("PARTUUID={boot}");
    let adopted = |line: &str| {
        let mut fields = line.split_whitespace();
        let (of, at) = (fields.next()?, fields.next()?);
        let is_by_id = BY_ID.iter().any(|beginning| of.starts_with(beginning));
        let is_other = at == "/boot" && is_by_id && of != device;
        is_other.then(|| line.replacen(of, &device, 1))
    };
    changed(text, adopted)
}

/// The menu with these partitions as the appliance's own.
pub fn menu(text: &str, own: &OwnPartitions) -> Option<String> {
    let value = text.lines().find_map(|line| line.trim().strip_prefix("set own="))?;
    let was = OwnPartitions::parse(value)?;
    if was == *own {
        return None;
    }
    let adopted = text.replace(&format!("set own={value}"), &format!("set own={own}"));
    Some(adopted.replace(&was.golden.to_string(), &own.golden.to_string()))
}

/// The rule of udev with these partitions; nothing too where they are not all known.
pub fn rule(text: &str, partitions: &PartitionIds) -> Option<String> {
    udev_rule(partitions).filter(|rule| rule != text)
}

/// A text of which some lines are others.
fn changed(text: &str, other: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut is_changed = false;
    let lines = text.split_inclusive('\n').map(|line| {
        let adopted = other(line);
        is_changed |= adopted.is_some();
        adopted.unwrap_or_else(|| line.to_owned())
    });
    let adopted: String = lines.collect();
    is_changed.then_some(adopted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grub;
    use crate::id::Slot;
    use crate::policy::Policy;

    const fn id(byte: u8) -> Uuid {
        Uuid::random([byte; 16])
    }

    #[test]
    fn boot_alone_is_named_anew_and_only_where_it_is_another() {
        let line = |boot: Uuid| format!("PARTUUID={boot} /boot ext4 noatime 0 2\n");
        let others = "# mine\nPARTUUID=1 /srv ext4 x 0 2\n/dev/sdb1 /mnt ext4 x 0 2";
        let text = |boot| format!("{}{others}", line(boot));
        assert_eq!(fstab(&text(id(1)), id(2)), Some(text(id(2))));
        assert_eq!(fstab(&text(id(2)), id(2)), None);
        assert_eq!(fstab("LABEL=boot /boot ext4 x 0 2\n", id(2)), None);
        let by_filesystem = "UUID=0a1b /boot ext4 noatime 0 2\n";
        assert_eq!(fstab(by_filesystem, id(2)), Some(line(id(2))));
    }

    #[test]
    fn the_menu_names_the_new_partitions_wherever_it_named_the_old_ones() {
        let text = "[product]\nname = \"Gateway\"\nversion = \"1.0.0\"\n[payload]\nsource = \"rootfs.tar\"\n";
        let policy = Policy::parse(text, "appliance.toml".as_ref()).unwrap();
        let own = |golden, hdd| OwnPartitions { golden: id(golden), hdd };
        for (before, after) in [
            (own(1, Some(id(2))), own(3, Some(id(2)))),
            (own(1, Some(id(2))), own(1, Some(id(4)))),
            (own(1, None), own(3, Some(id(4)))),
        ] {
            let adopted = menu(&grub::installed(&policy, &before), &after);
            assert_eq!(adopted, Some(grub::installed(&policy, &after)));
        }
        assert_eq!(menu(&grub::installed(&policy, &own(1, None)), &own(1, None)), None);
        assert_eq!(menu("no menu of ours", &own(1, None)), None);
    }

    #[test]
    fn a_rule_is_written_where_all_is_known() {
        let own = OwnPartitions { golden: id(1), hdd: Some(id(2)) };
        let known = PartitionIds { boot: id(3), own, ssd: None, slot: Slot::A };
        let written = rule("", &known).unwrap();
        assert_eq!(rule(&written, &known), None);
        let unknown = PartitionIds { own: OwnPartitions { hdd: None, ..own }, ..known };
        assert_eq!(rule("", &unknown), None);
    }
}
