//! The HDD is gone while it is used.

use crate::scenario::Scenario;

use super::boots;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "backup-hdd-gone",
        "the HDD is gone while the system runs: backups fail and say so, and when it is back its \
         snapshots, which could not follow, are not gone back to",
        |context| boots(context, &[("gone", GONE), ("back", BACK)]),
    ),
    Scenario::uml(
        "backup-hdd-gone-within",
        "the HDD is gone between a snapshot and its proof; with it back the next backup leaves one \
         latest and nothing else",
        |context| boots(context, &[("gone", WITHIN), ("back", AFTER_WITHIN)]),
    ),
    Scenario::uml(
        "recover-hdd-gone",
        "the HDD fails while root is copied back, then it is gone: the recovery says so and stays \
         armed, and with the HDD back it ends",
        |context| boots(context, &[("gone", COPYING), ("back", AGAIN)]),
    ),
];

const GONE: &str = r#"
    wrapped /dev/ubdb1 hdd
    mount_system
    echo first >/run/sys/token
    backup
    one_latest first
    gone hdd
    # The first write of a chunk that no store has yet is what the kernel gives them up for.
    echo second >/run/sys/token
    head -c 20000000 /dev/urandom >/run/sys/usr/noise
    sync
    refused "A disk of the volume group is missing" backup
    echo third >/run/sys/token
    sync
    test -s /run/sys/boot/zshield/degraded
    umount /run/sys/boot /run/sys
"#;

const BACK: &str = r#"
    mount_system
    test "$(cat /run/sys/token)" = third
    # LVM calls them valid: only the note says what they are worth.
    no_invalid
    refused "There is no way back to the latest backup" offered latest
    offered_by_image factory
    echo fourth >/run/sys/token
    backup
    test ! -e /run/sys/boot/zshield/degraded
    one_latest fourth
    offered latest
    offered factory
    umount /run/sys/boot /run/sys
"#;

const WITHIN: &str = r#"
    wrapped /dev/ubdb1 hdd
    mount_system
    echo first >/run/sys/token
    backup
    echo second >/run/sys/token
    sync
    # What is run once the snapshot is there takes the HDD away.
    cp -a /etc /run/etc
    mount --bind /run/etc /etc
    hook=/etc/zshield/hooks/backup-post.d/gone
    mkdir -p ${hook%/*}
    echo '#!/bin/sh' >$hook
    echo "dmsetup suspend --noflush --nolockfs hdd" >>$hook
    echo "dmsetup load hdd --table '0 $sectors error'" >>$hook
    echo "dmsetup resume hdd" >>$hook
    chmod +x $hook
    refused '(\(mount\|prove-backup\)) failed' backup
    umount /run/sys/boot /run/sys
"#;

const AFTER_WITHIN: &str = r#"
    mount_system
    # The one before, whole and offered, until another is made.
    offered latest
    grep -o '"snapshot":"[^"]*"' /run/way-latest | grep -q '"snap1"'
    mkdir -p /run/snap
    mount -o ro,noload /dev/vgroup/snap1 /run/snap
    grep first /run/snap/token
    umount /run/snap
    echo third >/run/sys/token
    backup
    mount -o ro,noload /dev/vgroup/snap1 /run/snap
    grep third /run/snap/token
    umount /run/snap
    no_invalid
    volumes | grep -v -e next -e old
    offered latest
    offered factory
"#;

/// A place of the store that holds nothing but a part of a file's content: it is read by the copying,
/// and by nothing before that.
const COPYING: &str = r#"
    wrapped /dev/ubdb1 hdd
    latest_then_broken
    lvm vgchange -q -ay vgroup
    block=$(debugfs -R "blocks /usr/data" /dev/vgroup/lv-root 2>/dev/null | awk '{print $(int(NF / 2))}')
    cow=/dev/mapper/vgroup-snap1-cow
    chunk=$(od -An -tu4 -j12 -N4 $cow | tr -d ' ')
    bytes=$((chunk * 512))
    stored=$(od -An -v -w16 -tu8 -j$bytes -N$bytes $cow |
        awk -v wanted=$((block * 8 / chunk)) '$1 == wanted && $2 > 0 { print $2 }')
    set -- $(dmsetup table vgroup-snap1-cow)
    bad=$(($5 + stored * chunk))
    lvm vgchange -q -an vgroup
    printf '0 %s linear /dev/plain-ubdb1 0\n%s %s error\n%s %s linear /dev/plain-ubdb1 %s\n' \
        $bad $bad $chunk $((bad + chunk)) $((sectors - bad - chunk)) $((bad + chunk)) | changed hdd
    refused "(copy-back) failed" recover latest
    gone hdd
    armed latest
"#;

const AGAIN: &str = r"
    recover latest
    same_as_latest
    mount_system
    offered latest
    offered factory
";
