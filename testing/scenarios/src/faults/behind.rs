//! The HDD is gone: what the daemon notes before it looks at the disks again.

use crate::scenario::Scenario;

use super::boots_of;
use zshield_machines::uml_appliance::Payload;

pub(super) const SCENARIOS: &[Scenario] = &[Scenario::uml(
    "daemon-hdd-gone",
    "the kernel gives the snapshots up: the daemon is told at once and notes it, before it looks at the disks \
     again, and they are not gone back to",
    |context| boots_of(context, Payload::Demo, &[("gone", GONE), ("back", BACK)]),
)];

/// The daemon looks when it begins, and then after a minute.
const GONE: &str = r"
    wrapped /dev/ubdb1 hdd
    mount_system
    echo first >/run/sys/token
    backup
    enter
    chroot /run/sys env TMPDIR=/tmp zshield daemon &
    daemon=$!
    until test -s /run/sys/run/zshield/daemon.json; do sleep 0.1; done
    test ! -e /run/sys/boot/zshield/degraded
    gone hdd
    begun=$(cut -d. -f1 /proc/uptime)
    echo second >/run/sys/usr/token
    until test -s /run/sys/boot/zshield/degraded; do
        test $(($(cut -d. -f1 /proc/uptime) - begun)) -lt 30
        sync -f /run/sys/usr/token
        sleep 0.1
    done
    kill $daemon
    wait $daemon
    sync
";

const BACK: &str = r#"
    mount_system
    no_invalid
    refused "There is no way back to the latest backup" offered latest
    echo third >/run/sys/token
    backup
    test ! -e /run/sys/boot/zshield/degraded
    one_latest third
"#;
