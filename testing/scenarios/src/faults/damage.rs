//! What is kept on the disks is damaged.

use crate::scenario::Scenario;

use super::boots;
use crate::kill_matrix::TEXT_LOST;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "recover-store-damaged",
        "a sector is lost from the latest backup's table: no recovery to it begins, root stays \
         as it was, and the way to the factory is open",
        |context| boots(context, &[("damaged", STORE), ("factory", FACTORY)]),
    ),
    Scenario::uml(
        "recover-store-unreadable",
        "one sector of a snapshot's store can't be read, and LVM activates nothing of root: that \
         snapshot goes and the other one is gone back to, also by a recovery that has begun",
        |context| {
            let unreadable =
                |lost, target| UNREADABLE.replace("LOST", lost).replace("TARGET", target);
            let latest = unreadable("snap0", "latest") + "same_as_latest\nmade_anew";
            let factory = unreadable("snap1", "factory") + "made_anew";
            boots(context, &[("latest", &latest), ("factory", &factory)])
        },
    ),
    Scenario::uml(
        "recover-metadata-damaged",
        "one disk's copy of LVM's metadata is lost: backups and recoveries go on by the other",
        |context| boots(context, &[("damaged", METADATA), ("recovered", RECOVERED)]),
    ),
    Scenario::uml(
        "recover-metadata-torn",
        "the power went while LVM changed the group, and both disks have kept the header of the new \
         metadata and lost its text: the recovery undoes that change and goes on",
        |context| {
            let torn = format!("{METADATA_CHANGED} {TEXT_LOST}");
            boots(context, &[("torn", &torn), ("recovered", RECOVERED), ("undone", UNDONE)])
        },
    ),
    Scenario::uml(
        "recover-menu-damaged",
        "GRUB's environment and both menus are damaged: none of it is backed up, and the recovery \
         brings them back",
        |context| boots(context, &[("damaged", MENU), ("recovered", RECOVERED)]),
    ),
    Scenario::uml(
        "recover-superblock-torn",
        "one sector of the superblock of /boot is newer than the other, and the kernel refuses it: the \
         recovery mends it and goes on",
        |context| boots(context, &[("torn", TORN), ("recovered", RECOVERED)]),
    ),
    Scenario::uml(
        "recover-deleted-files-open",
        "deleted files were open when the backup was made, and stand in its filesystem as orphans: \
         nobody who reads the snapshot writes to it, and the recovery gives their room back",
        |context| {
            let with_file = format!("{ORPHAN_FILE} {OPEN}");
            let listed = [("open", OPEN), ("recovered", ORPHANS)];
            let filed = [("open-filed", with_file.as_str()), ("recovered-filed", ORPHANS)];
            boots(context, &[listed, filed].concat())
        },
    ),
    Scenario::uml(
        "recover-ledger-damaged",
        "one copy of the ledger is damaged and nobody notices; then both, and what is said names it",
        |context| boots(context, &[("one", LEDGER), ("both", NO_LEDGER)]),
    ),
];

const STORE: &str = r#"
    latest_then_broken
    lvm vgchange -q -ay vgroup
    sum=$(sha256sum </dev/vgroup/lv-root)
    cow=/dev/mapper/vgroup-snap1-cow
    chunk=$(($(od -An -tu4 -j12 -N4 $cow | tr -d ' ') * 512))
    # The table's second exception.
    dd if=/dev/zero of=$cow bs=16 seek=$((chunk / 16 + 1)) count=1 conv=notrunc,fsync status=none
    refused 'entry 1 has been lost' recover latest
    # The system would start as it is.
    mkdir -p /run/b
    mount -o ro /dev/ubda3 /run/b
    if grep zshield_recover= /run/b/zshield/grubenv; then exit 1; fi
    umount /run/b
    lvm vgchange -q -ay vgroup
    test "$sum" = "$(sha256sum </dev/vgroup/lv-root)"
"#;

const FACTORY: &str = r"
    recover factory
    mount_system
    test ! -e /run/sys/token
    offered factory
    echo fresh >/run/sys/token
    backup
    umount /run/sys/boot /run/sys
    one_latest fresh
";

/// The kernel reads the beginning of the table of exceptions to activate a snapshot, and LVM all of
/// them to activate root.
const UNREADABLE: &str = r#"
    latest_then_broken
    mkdir -p /run/b
    mount /dev/ubda3 /run/b
    grub-editenv /run/b/zshield/grubenv set zshield_recover=TARGET
    umount /run/b
    lvm vgchange -q -ay vgroup
    cow=/dev/mapper/vgroup-LOST-cow
    set -- $(dmsetup table vgroup-LOST-cow)
    bad=$(($5 + $(od -An -tu4 -j12 -N4 $cow | tr -d ' ')))
    lvm vgchange -q -an vgroup
    wrapped /dev/ubdb1 hdd
    printf '0 %s linear /dev/plain-ubdb1 0\n%s 8 error\n%s %s linear /dev/plain-ubdb1 %s\n' \
        $bad $bad $((bad + 8)) $((sectors - bad - 8)) $((bad + 8)) | changed hdd
    if lvm vgchange -q -ay vgroup; then exit 1; fi
    recover TARGET
    if lvm lvs vgroup/LOST; then exit 1; fi
    # A disk puts elsewhere what is written to such a place.
    echo "0 $sectors linear /dev/plain-ubdb1 0" | changed hdd
"#;

const METADATA: &str = r"
    latest_then_broken
    lvm vgchange -q -an vgroup
    # The label stays in the second sector; its metadata begins behind it.
    dd if=/dev/zero of=/dev/ubdb1 bs=4096 seek=1 count=255 conv=notrunc,fsync status=none
";

const METADATA_CHANGED: &str = r"
    latest_then_broken
    lvm vgchange -q --addtag new vgroup
    lvm vgchange -q -an vgroup
";

const UNDONE: &str = r#"
    lvm vgck vgroup
    test -z "$(lvm vgs --noheadings -o vg_tags vgroup | tr -d ' ')"
"#;

const RECOVERED: &str = r"
    recover latest
    same_as_latest
    made_anew
";

const MENU: &str = r"
    latest_then_broken
    mount_system
    for file in grubenv grub.cfg system.cfg; do
        head -c 1024 /dev/urandom >/run/sys/boot/zshield/$file
    done
    sync
    refused '(save-boot) failed.*system.cfg' backup
    one_latest latest
    umount /run/sys/boot /run/sys
";

const TORN: &str = r"
    latest_then_broken
    lvm vgchange -q -an vgroup
    # The number of free blocks; the checksum is in the next sector.
    printf '\377\377' | dd of=/dev/ubda3 bs=1 seek=1036 conv=notrunc,fsync status=none
    mkdir -p /run/torn
    if mount -t ext4 /dev/ubda3 /run/torn; then exit 1; fi
";

/// Newer systems keep orphans in a file and not in a list.
const ORPHAN_FILE: &str = r"
    lvm vgchange -q -ay vgroup
    e2fsck -fp /dev/vgroup/lv-root
    tune2fs -O orphan_file /dev/vgroup/lv-root
    lvm vgchange -q -an vgroup
";

const OPEN: &str = r#"
    mount_system
    echo latest >/run/sys/token
    # Unlinked at once, with blocks, and one that is still being cut shorter than it was.
    exec 8>/run/sys/held 9>/run/sys/usr/held
    head -c 3000000 /dev/urandom >&8
    head -c 70000 /dev/urandom >&9
    sync
    rm /run/sys/held /run/sys/usr/held
    backup
    dumpe2fs -h /dev/vgroup/snap1 2>/dev/null | grep -e 'First orphan' -e orphan_present
    sum=$(sha256sum </dev/vgroup/snap1)
    offered latest
    test "$sum" = "$(sha256sum </dev/vgroup/snap1)"
    echo broken >/run/sys/token
    exec 8>&- 9>&-
    umount /run/sys/boot /run/sys
"#;

const ORPHANS: &str = r#"
    lvm vgchange -q -ay vgroup
    sum=$(sha256sum </dev/vgroup/snap1)
    recover latest
    lvm vgchange -q -ay vgroup
    test "$sum" = "$(sha256sum </dev/vgroup/snap1)"
    same_as_latest
    mount_system
    test "$(cat /run/sys/token)" = latest
    umount /run/sys/boot /run/sys
"#;

const LEDGER: &str = r"
    latest_then_broken
    mount_system
    head -c 300 /dev/urandom >/run/sys/boot/zshield/ledger.a
    offered latest
    echo fresh >/run/sys/token
    backup
    one_latest fresh
    umount /run/sys/boot /run/sys
";

const NO_LEDGER: &str = r#"
    mount_system
    cp /run/sys/boot/zshield/ledger.b SHARED/ledger.b
    head -c 300 /dev/urandom >/run/sys/boot/zshield/ledger.b
    # Every file of the system and of /boot, and every volume.
    system() {
        (cd /run/sys && find . -printf '%p %y %m %U %G %T@ %l\n' && find . -type f -exec sha256sum {} +) |
            sort
    }
    stores() { for name in snap0 snap1 lv-user lv-audit; do sha256sum </dev/vgroup/$name; done; }
    sync
    system >/run/system
    stores >/run/stores
    volumes >/run/volumes
    refused 'Both copies' backup
    refused 'Both copies' offered latest
    umount /run/sys/boot /run/sys
    sum=$(sha256sum </dev/vgroup/lv-root)
    refused 'Both copies' recover latest
    lvm vgchange -q -ay vgroup
    test "$sum" = "$(sha256sum </dev/vgroup/lv-root)"
    stores | cmp - /run/stores
    volumes | cmp - /run/volumes
    mount_system
    system | diff /run/system -
    one_latest fresh
    cp SHARED/ledger.b /run/sys/boot/zshield/ledger.b
    offered latest
"#;
