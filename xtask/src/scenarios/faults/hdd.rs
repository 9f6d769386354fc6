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
        "the HDD is gone while root is copied back: the recovery says so and stays armed, and \
         with the HDD back it ends",
        |context| boots(context, &[("gone", COPYING), ("back", AGAIN)]),
    ),
];

const GONE: &str = r"
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
    refused backup
    echo third >/run/sys/token
    sync
    test -s /run/sys/boot/zshield/degraded
    umount /run/sys/boot /run/sys
";

const BACK: &str = r#"
    mount_system
    test "$(cat /run/sys/token)" = third
    # LVM calls them valid: only the note says what they are worth.
    no_invalid
    refused offered latest
    offered_by_image factory
    echo fourth >/run/sys/token
    backup
    test ! -e /run/sys/boot/zshield/degraded
    one_latest fourth
    offered latest
    offered factory
    umount /run/sys/boot /run/sys
"#;

const WITHIN: &str = r"
    wrapped /dev/ubdb1 hdd
    mount_system
    echo first >/run/sys/token
    backup
    echo second >/run/sys/token
    sync
    (until test -e /dev/mapper/vgroup-snap1--next-cow; do :; done; gone hdd) &
    refused backup
    wait
    umount /run/sys/boot /run/sys
";

const AFTER_WITHIN: &str = r"
    mount_system
    echo third >/run/sys/token
    backup
    mkdir -p /run/snap
    mount -o ro,noload /dev/vgroup/snap1 /run/snap
    grep third /run/snap/token
    umount /run/snap
    no_invalid
    volumes | grep -v -e next -e old
    offered latest
    offered factory
";

const COPYING: &str = r#"
    wrapped /dev/ubdb1 hdd
    latest_then_broken
    lvm vgchange -q -an vgroup
    said=SHARED/said
    recover latest >$said 2>&1 &
    until grep -q name=activate-volumes $said; do :; done
    gone hdd
    if wait $!; then cat $said; exit 1; fi
    shown "$(cat $said)"
    armed latest
"#;

const AGAIN: &str = r"
    recover latest
    same_as_latest
    mount_system
    offered latest
    offered factory
";
