//! No room, little memory, a wrong clock, and processes that are killed.

use anyhow::Result;

use crate::scenario::{Context, Scenario};

use super::{boots, boots_of};
use zshield_machines::uml_appliance::Payload;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "backup-disk-full",
        "root and /boot are full to the last block: the backup is there or says why not, the one \
         before stays, and a recovery brings the room back",
        |context| boots(context, &[("full", FULL), ("recovered", RECOVERED)]),
    ),
    Scenario::uml(
        "backup-clock-back",
        "the clock is set back ten years: backups go on, and the newest is the latest",
        |context| boots(context, &[("back", CLOCK)]),
    ),
    Scenario::uml(
        "backup-killed",
        "a backup is killed five times, from its beginning to its end: afterwards there is one \
         latest, no lock and nothing to tidy",
        |context| boots(context, &[("killed", &KILLED.replace("TIMES", "5"))]),
    ),
    Scenario::uml("backup-killed-hundred-times", "the same a hundred times", |context| {
        boots(context, &[("killed", &KILLED.replace("TIMES", "100"))])
    })
    .in_soak(),
    Scenario::uml(
        "daemon-killed",
        "a daemon is killed five times, with what it has begun or without, while it checks and backs \
         up: both ways back are offered, each time is counted, and the next one makes the night's backup",
        |context| killed_daemon(context, 5),
    ),
    Scenario::uml("daemon-killed-hundred-times", "the same a hundred times", |context| {
        killed_daemon(context, 100)
    })
    .in_soak(),
    Scenario::uml(
        "recover-little-memory",
        "a recovery that may use 96 MiB of addresses ends; one that is given no more once it is armed \
         fails, stays armed and is gone on with",
        |context| boots(context, &[("little", MEMORY), ("recovered", RECOVERED)]),
    ),
];

fn killed_daemon(context: &Context, times: u32) -> Result<()> {
    let script = DAEMON.replace("TIMES", &times.to_string());
    boots_of(context, Payload::Demo, &[("killed", &script)])
}

const FULL: &str = r"
    latest_then_broken
    mount_system
    dd if=/dev/zero of=/run/sys/full bs=1M status=none || true
    dd if=/dev/zero of=/run/sys/full.too bs=4096 status=none || true
    dd if=/dev/zero of=/run/sys/boot/full bs=4096 status=none || true
    test $(df --output=avail /run/sys | tail -1) = 0
    refused '(save-boot) failed' backup
    one_latest latest
    umount /run/sys/boot /run/sys
";

const RECOVERED: &str = r"
    recover latest
    same_as_latest
    mount_system
    test $(df --output=avail /run/sys | tail -1) -gt 1000
    echo fresh >/run/sys/token
    backup
    one_latest fresh
";

const CLOCK: &str = r"
    mount_system
    for token in one two three; do
        echo $token >/run/sys/token
        backup
        one_latest $token
        offered latest
        date -s @$(($(date +%s) - 315360000))
    done
";

/// Killed after each fifth, or hundredth, of what a whole backup takes. Commands that it has
/// started go on without it, and are waited for.
const KILLED: &str = r#"
    set +x
    mount_system
    echo first >/run/sys/token
    backup >/dev/null
    # What one leaves that is killed while it proves.
    lvm lvcreate -q -y -s -l 100%ORIGIN -n snap1-next vgroup/lv-root /dev/ubdb1
    mkdir -p /run/zshield/mnt/proof
    mount -o ro,noload /dev/vgroup/snap1-next /run/zshield/mnt/proof
    begun() { "$ZSHIELD" backup --root /run/sys >/run/said 2>&1 & }
    whole=0
    begun
    while kill -0 $! 2>/dev/null; do whole=$((whole + 1)); done
    wait $!
    echo "a backup takes $whole turns"
    count=0
    while test $count -lt TIMES; do
        count=$((count + 1))
        echo $count >/run/sys/token
        turns=$((count * whole / TIMES))
        begun
        while test $turns -gt 0 && kill -0 $! 2>/dev/null; do turns=$((turns - 1)); done
        kill -9 $! 2>/dev/null || true
        status=0
        wait $! || status=$?
        # One that was refused, and not killed, would try nothing.
        if test $status != 0 && test $status != 137; then cat /run/said; exit 1; fi
        while pgrep -r D,R,S -x lvm >/dev/null; do :; done
        flock -n /run/zshield/lock true
        offered latest
        offered factory
        echo "killed at $count: $(volumes)"
    done
    echo last >/run/sys/token
    backup
    one_latest last
    no_mounts=$(grep -c /run/zshield /proc/mounts || true)
    test "$no_mounts" = 0
"#;

/// Killed after each fifth, or hundredth, of the time that a night takes: a check, then a backup.
/// Every second time what it has begun is killed with it, as systemd does; else that goes on, and
/// the next daemon comes upon it.
const DAEMON: &str = r#"
    set +x
    mount_system
    enter
    mkdir -p /run/sys/var/lib/product
    past_three
    token=/run/sys/var/lib/product/token
    tidy() { test "$(volumes)" = "lv-audit lv-root lv-user snap0 snap1 "; }
    # A process group of its own.
    begin() {
        rm -f /run/sys/run/zshield/daemon.json
        setsid chroot /run/sys env TMPDIR=/tmp zshield daemon 2>>/run/daemon.log &
        daemon=$!
        until test -s /run/sys/run/zshield/daemon.json; do kill -0 $daemon; sleep 0.1; done
    }
    # A day later by the clock the daemon has a check and a backup to make.
    night() {
        date -s '+1 day' >/dev/null
        since=$(date +%s)
    }
    made() {
        until test "$(latest 2>/dev/null || echo 0)" -ge $since && tidy; do
            kill -0 $daemon
            sleep 0.2
        done
    }
    now() { cut -d' ' -f1 /proc/uptime; }
    begin
    night
    begun=$(now)
    made
    whole=$(awk "BEGIN { print $(now) - $begun }")
    kill $daemon
    wait $daemon
    echo "a night takes $whole s"
    count=0
    while test $count -lt TIMES; do
        count=$((count + 1))
        echo $count >$token
        begin
        night
        sleep $(awk "BEGIN { print $whole * $count / TIMES }")
        if test $((count % 2)) = 0; then kill -9 -$daemon; else kill -9 $daemon; fi
        wait $daemon || test $? = 137
        echo "killed at $count: $(volumes)"
        test $((count % 2)) = 0 || continue
        flock -w 20 /run/sys/run/zshield/lock true || { echo "somebody holds the lock"; exit 1; }
        for way in latest factory; do
            inside zshield recover $way --offline --dry-run --json >/run/way || { cat /run/way; exit 1; }
            grep -q '"copy-back"' /run/way
        done
        inside zshield alarm list --json >/dev/null
    done
    echo last >$token
    begin
    night
    made
    grep '"ended":TIMES,' /run/sys/run/zshield/incidents.json
    kill $daemon
    wait $daemon
    inside zshield --lang en status || true
    inside zshield --lang en alarm list
    if grep panicked /run/daemon.log; then exit 1; fi
    mkdir -p /run/snap
    mount -o ro,noload /dev/vgroup/snap1 /run/snap
    test "$(cat /run/snap/var/lib/product/token)" = last
    umount /run/snap
    no_invalid
    no_mounts=$(grep -c /run/zshield /proc/mounts || true)
    test "$no_mounts" = 0
"#;

const MEMORY: &str = r#"
    latest_then_broken
    (ulimit -v 98304; recover latest)
    same_as_latest
    mount_system
    echo broken >/run/sys/token
    umount /run/sys/boot /run/sys
    # From the step that arms it on, it is given no more.
    "$ZSHIELD" recover latest --slot /run/golden/a --keys KEYS --yes >/run/said 2>&1 &
    pid=$!
    (set +x; until grep -q 'name=arm status=ok' /run/said; do kill -0 $pid; done)
    prlimit --pid $pid --as=1
    status=0
    wait $pid || status=$?
    shown "$(cat /run/said)"
    echo "said: status $status after $(grep -c ::zshield /run/said) steps"
    test $status != 0
    if grep 'name=prove-copy' /run/said; then exit 1; fi
    # It may have left its mounts.
    mkdir -p /run/b
    mount /dev/ubda3 /run/b
    grep '^zshield_recover=latest$' /run/b/zshield/grubenv
    umount /run/b
"#;
