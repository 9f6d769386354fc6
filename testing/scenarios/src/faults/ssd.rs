//! The SSD has places that can't be read.

use crate::scenario::Scenario;

use super::boots;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "recover-ssd-errors",
        "places in root that can't be read: the recovery says so and stays armed; once they are \
         read again it ends",
        |context| boots(context, &[("errors", ROOT), ("again", AGAIN)]),
    ),
    Scenario::uml(
        "recover-golden-damaged",
        "places of the Golden Image that are not what they were: unpacking says so and stays \
         armed, the latest backup stays, and with the image whole it ends",
        |context| boots(context, &[("damaged", GOLDEN), ("again", UNPACKED)]),
    ),
];

/// In the middle of a file that has to come back.
const ROOT: &str = r#"
    latest_then_broken
    lvm vgchange -q -ay vgroup
    block=$(debugfs -R "blocks /usr/data" /dev/vgroup/lv-root 2>/dev/null | awk '{print $(int(NF / 2))}')
    set -- $(dmsetup table vgroup-lv--root-real)
    bad=$(($5 + block * 8))
    lvm vgchange -q -an vgroup
    wrapped /dev/ubda5 ssd
    printf '0 %s linear /dev/plain-ubda5 0\n%s 512 error\n%s %s linear /dev/plain-ubda5 %s\n' \
        $bad $bad $((bad + 512)) $((sectors - bad - 512)) $((bad + 512)) | changed ssd
    refused "(copy-back) failed" recover latest
    armed latest
"#;

const AGAIN: &str = r"
    recover latest
    same_as_latest
";

const GOLDEN: &str = r#"
    mount_system
    echo latest >/run/sys/token
    backup
    umount /run/sys/boot /run/sys
    lvm lvremove -q -y -f vgroup/snap0
    umount /run/golden
    block=$(debugfs -R "blocks /a/root.squashfs" /dev/ubda4 2>/dev/null | awk '{print $(int(NF / 2))}')
    # Its blocks have 1 KiB.
    bad=$((block * 2))
    dd if=/dev/ubda4 of=SHARED/kept bs=512 skip=$bad count=64 status=none
    dd if=/dev/zero of=/dev/ubda4 bs=512 seek=$bad count=64 conv=notrunc,fsync status=none
    mount -o ro,noload /dev/ubda4 /run/golden
    refused "(unpack) failed" recover factory
    armed factory
    lvm vgchange -q -ay vgroup
    no_invalid
    lvm lvs vgroup/snap1
"#;

const UNPACKED: &str = r#"
    umount /run/golden
    block=$(debugfs -R "blocks /a/root.squashfs" /dev/ubda4 2>/dev/null | awk '{print $(int(NF / 2))}')
    dd if=SHARED/kept of=/dev/ubda4 bs=1k seek=$block conv=notrunc,fsync status=none
    mount -o ro,noload /dev/ubda4 /run/golden
    recover factory
    one_latest latest
    mount_system
    test ! -e /run/sys/token
    offered factory
    offered latest
"#;
