//! The kill matrix of backups and recoveries: the power fails at every fail point, and what comes
//! next finds a way back, goes on by itself, and ends as if nothing had happened; on real LVM and
//! device-mapper.
//!
//! Each boot first ends what the one before was cut in, and looks at what came of it with tools
//! that share nothing with ours; then it changes the system and is cut at the next place.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use zshield_plan::plan::Plan;

use super::kill_matrix::points;
use crate::scenario::{Context, Scenario};
use zshield_machines::uml::Uml;
use zshield_machines::uml_appliance::{Payload, WORDS};

const DEBIAN: &str = "the same with a Debian, and before each step";

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "backup-kill-matrix",
        "power lost at each fail point of a backup: a valid latest backup is always there, and the \
         next one leaves nothing behind",
        backup,
    ),
    Scenario::uml(
        "recover-kill-matrix-latest",
        "power lost within and after each step of a recovery to the latest backup: it is gone on with, \
         and root and /boot are then the backup's, file by file",
        |context| recover(context, "latest", Payload::Smallest),
    ),
    Scenario::uml("recover-kill-matrix-factory", "the same to the factory state", |context| {
        recover(context, "factory", Payload::Smallest)
    }),
    Scenario::uml("recover-kill-matrix-latest-debian", DEBIAN, |context| {
        recover(context, "latest", Payload::Demo)
    })
    .in_soak(),
    Scenario::uml("recover-kill-matrix-factory-debian", DEBIAN, |context| {
        recover(context, "factory", Payload::Demo)
    })
    .in_soak(),
    Scenario::uml(
        "recover-unpack",
        "without a factory snapshot the Golden Image is unpacked, power lost at the steps that \
         matter; the latest backup and the data stay",
        unpack,
    ),
];

const LIMIT: Duration = Duration::from_mins(5);

/// Runs a script until the power fails at `point`.
pub(super) fn cut(machine: &Uml, script: &str, point: &str) -> Result<()> {
    let machine = machine.clone().env("POINT", point);
    let label = format!("cut-{}", point.replace(':', "-"));
    machine.cut(&label, script, point, LIMIT)
}

pub(super) fn plan_in(said: &str) -> Result<Plan> {
    let json = said.find('{').map_or("", |start| &said[start..]);
    serde_json::from_str(json).with_context(|| format!("the plan is no JSON: {said}"))
}

/// Ends a backup that was cut off, and looks at what there is before and after.
pub(super) const AFTER_BACKUP: &str = r#"
    mount_system
    found=$(zshield recover latest --offline --root /run/sys --dry-run --json | sed -n 's/.*"snapshot":"\([^"]*\)".*/\1/p')
    test -n "$found"
    mkdir -p /run/snap
    mount -o ro,noload /dev/vgroup/$found /run/snap
    token=$(cat /run/snap/token)
    umount /run/snap
    echo "after the cut: $found holds $token, root holds $(cat /run/sys/token)"
    test "$token" = "$(cat /run/sys/token)" || test "$token" = "$(cat /run/sys/token.before)"
    zshield backup --root /run/sys
    test "$(volumes)" = "lv-audit lv-root lv-user snap0 snap1 "
    no_invalid
    mount -o ro,noload /dev/vgroup/snap1 /run/snap
    cmp /run/snap/token /run/sys/token
    umount /run/snap
"#;

const NEXT_BACKUP: &str = r#"
    cp /run/sys/token /run/sys/token.before
    echo "$POINT" >/run/sys/token
    head -c 3000000 /dev/urandom >/run/sys/usr/noise
    sync
    ZSHIELD_FAIL_POINT=$POINT
    export ZSHIELD_FAIL_POINT
    zshield backup --root /run/sys
"#;

fn backup(context: &Context) -> Result<()> {
    let small = context.uml_appliance(Payload::Smallest)?;
    let first = format!(
        "{WORDS}
         mount_system
         echo first >/run/sys/token
         zshield backup --root /run/sys
         cp /run/sys/token /run/sys/token.before"
    );
    small.machine.check("first", &first, LIMIT)?;
    let plan = format!("{WORDS} mount_system; zshield backup --root /run/sys --dry-run --json");
    let plan = plan_in(&small.machine.check("plan", &plan, LIMIT)?)?;
    let steps = (1..).zip(&plan.steps);
    let points: Vec<String> = steps.flat_map(|(number, step)| points(number, step)).collect();
    for point in &points {
        let script = format!("{WORDS} {AFTER_BACKUP} {NEXT_BACKUP}");
        cut(&small.machine, &script, point).with_context(|| format!("at {point}"))?;
    }
    small.machine.check("end", &format!("{WORDS} {AFTER_BACKUP}"), LIMIT)?;
    ensure!(points.len() > plan.steps.len(), "only {} cuts", points.len());
    println!("      {} cuts, a latest backup after each", points.len());
    small.remove_disks()
}

/// Makes a backup that differs from the factory state in files and in `/boot`.
pub(super) const LATEST: &str = r#"
    mount_system
    echo latest >/run/sys/token
    rm -rf /run/sys/usr/share/man /run/sys/usr/share/zoneinfo
    cp -a /run/sys/usr/sbin /run/sys/usr/sbin.copy
    head -c 20000000 /dev/urandom >/run/sys/usr/noise
    kernel=$(ls /run/sys/boot/vmlinuz-*)
    cp $kernel /run/sys/boot/vmlinuz-of-latest
    echo "set of=latest" >>/run/sys/boot/zshield/system.cfg
    zshield backup --root /run/sys
    umount /run/sys/boot /run/sys
    hashes >SHARED/hashes
    cat SHARED/hashes
"#;

/// Goes on with a recovery to `$1` that was cut off, as a start of the rescue system does.
pub(super) const GO_ON: &str = r#"
    go_on() {
        mkdir -p /run/boot
        mount /dev/ubda3 /run/boot
        armed=$(sed -n 's/^zshield_recover=//p' /run/boot/zshield/grubenv)
        umount /run/boot
        echo "after the cut: armed=$armed"
        if test -n "$armed"; then
            test "$armed" = $1
            zshield recover $armed --slot /run/golden/a --keys KEYS --yes
        fi
        lvm vgchange -q -ay vgroup
    }
"#;

/// Ends what was cut, and compares with the snapshot.
const AFTER_RECOVERY: &str = r#"
    go_on TARGET
    mkdir -p /run/root /run/snap
    mount -o ro,noload /dev/vgroup/lv-root /run/root
    token=$(cat /run/root/token || true)
    umount /run/root
    # Either it has not begun, or it has ended: there is nothing between.
    if test "$token" != broken; then
        e2fsck -fn /dev/vgroup/lv-root
        mount -o ro,noload /dev/vgroup/lv-root /run/root
        mount -o ro,noload /dev/vgroup/SNAPSHOT /run/snap
        if diff -r --no-dereference /run/snap /run/root |
            grep -v 'character special file while file'; then exit 1; fi
        mount -o ro /dev/ubda3 /run/boot
        diff -r -x ledger.a -x ledger.b -x outcome.a -x outcome.b -x grubenv -x lost+found \
            /run/snap/var/lib/zshield/boot/files /run/boot
        if grep zshield_recover /run/boot/zshield/grubenv; then exit 1; fi
        umount /run/boot /run/snap /run/root
    fi
    test "$(volumes)" = "lv-audit lv-root lv-user snap0 snap1 "
    no_invalid
"#;

/// Breaks root and `/boot`.
const BREAK_ALL: &str = r#"
    mount_system
    echo broken >/run/sys/token
    rm -rf /run/sys/usr/lib/systemd /run/sys/etc/zshield
    head -c 20000000 /dev/urandom >/run/sys/usr/bin/broken
    rm -f /run/sys/boot/vmlinuz-*
    echo "a kernel" >/run/sys/boot/vmlinuz-broken
    echo "linux nothing" >/run/sys/boot/zshield/system.cfg
    sync
    umount /run/sys/boot /run/sys
"#;

const CUT: &str = r"
    ZSHIELD_FAIL_POINT=$POINT
    export ZSHIELD_FAIL_POINT
    zshield recover TARGET --slot /run/golden/a --keys KEYS --yes
";

fn recover(context: &Context, target: &str, payload: Payload) -> Result<()> {
    let small = context.uml_appliance(payload)?;
    let snapshot = if target == "factory" { "snap0" } else { "snap1" };
    let fill =
        |script: &str| small.filled(script).replace("TARGET", target).replace("SNAPSHOT", snapshot);
    small.machine.check("latest", &fill(&format!("{WORDS} {LATEST}")), LIMIT)?;
    // From a state that is tidy the steps are the same each time.
    let run = "zshield recover TARGET --slot /run/golden/a --keys KEYS --yes";
    let said = small.machine.check("whole", &fill(&format!("{WORDS} {run}")), LIMIT)?;
    let points = points_said(&said, payload)?;
    for point in &points {
        let script = fill(&format!("{WORDS} {GO_ON} {AFTER_RECOVERY} {BREAK_ALL} {CUT}"));
        cut(&small.machine, &script, point).with_context(|| format!("at {point}"))?;
    }
    let end = format!(
        "{WORDS} {GO_ON} {AFTER_RECOVERY}
         zshield recover TARGET --slot /run/golden/a --keys KEYS --yes
         lvm vgchange -q -ay vgroup
         hashes >SHARED/hashes.end
         cmp SHARED/hashes SHARED/hashes.end
         mount_system
         offered latest
         offered factory"
    );
    small.machine.check("end", &fill(&end), LIMIT)?;
    println!("      {} cuts, root and /boot equal after each", points.len());
    small.remove_disks()
}

/// The numbers and names of the steps that a run said it did.
fn steps_said(said: &str) -> impl Iterator<Item = (&str, &str)> {
    said.lines().filter_map(|line| {
        let (numbers, rest) = line.split_once("step=")?.1.split_once(" name=")?;
        Some((numbers.split('/').next()?, rest.split(' ').next()?))
    })
}

/// The fail points of a run at which it is cut, by the steps that it said it did.
pub(super) fn points_said(said: &str, payload: Payload) -> Result<Vec<String>> {
    let mut points = Vec::new();
    for (number, name) in steps_said(said) {
        let within = matches!(name, "copy-back" | "restore-boot" | "unpack" | "put-right");
        let session = matches!(
            name,
            "mount" | "unmount" | "activate-volumes" | "open-golden" | "close-golden"
        );
        points.push(format!("{number}:before"));
        points.extend(within.then(|| format!("{number}:within")));
        points.extend((!session).then(|| format!("{number}:after")));
    }
    ensure!(points.len() > 10, "the recovery said too little:\n{said}");
    points.retain(|point| payload.is_cut_at(point));
    Ok(points)
}

/// The steps at which an unpacking recovery is cut; the others lie between two of these.
const CUT_AT: [&str; 7] = [
    "arm",
    "remove-volume",
    "create-filesystem",
    "unpack",
    "restore-boot",
    "create-snapshot",
    "prove",
];

fn unpack(context: &Context) -> Result<()> {
    let small = context.uml_appliance(Payload::Smallest)?;
    let prepare = format!(
        "{WORDS} {LATEST}
         mkdir -p /run/user
         mount /dev/vgroup/lv-user /run/user
         echo precious >/run/user/data
         umount /run/user"
    );
    small.machine.check("latest", &small.filled(&prepare), LIMIT)?;
    let lose = "
         lvm vgchange -q -ay vgroup
         if lvm lvs vgroup/snap0 >/dev/null 2>&1; then lvm lvremove -q -y -f vgroup/snap0; fi
         ZSHIELD_FAIL_POINT=$POINT
         export ZSHIELD_FAIL_POINT
         zshield recover factory --slot /run/golden/a --keys KEYS --yes";
    let whole = small.filled(&format!("{WORDS} POINT=; {lose}"));
    let said = small.machine.check("whole", &whole, LIMIT)?;
    let points = unpack_points(&said)?;
    for point in &points {
        let script = small.filled(&format!("{WORDS} {lose}"));
        cut(&small.machine, &script, point).with_context(|| format!("at {point}"))?;
        small.is_armed("factory").with_context(|| format!("at {point}"))?;
    }
    let end = format!(
        "{WORDS}
         zshield recover factory --slot /run/golden/a --keys KEYS --yes
         {FACTORY_AGAIN}"
    );
    small.machine.check("end", &small.filled(&end), LIMIT)?;
    println!("      {} cuts, the factory state after them", points.len());
    small.remove_disks()
}

/// Before the arming there is nothing to go on with: the cuts begin after it.
fn unpack_points(said: &str) -> Result<Vec<String>> {
    let mut points = Vec::new();
    for (number, name) in steps_said(said) {
        if CUT_AT.contains(&name) {
            points.push(format!("{number}:{}", if name == "unpack" { "within" } else { "after" }));
        }
    }
    ensure!(points.len() >= CUT_AT.len() - 1, "the recovery said too little:\n{said}");
    Ok(points)
}

/// Root is the payload's again, the latest backup is what it was, and so is the data.
const FACTORY_AGAIN: &str = r#"
    lvm vgchange -q -ay vgroup
    test "$(volumes)" = "lv-audit lv-root lv-user snap0 snap1 "
    no_invalid
    mkdir -p /run/medium /run/payload /run/root /run/snap /run/user /run/boot
    mount -o ro,noload /dev/ubdc3 /run/medium
    mount -t squashfs -o ro,loop /run/medium/a/root.squashfs /run/payload
    e2fsck -fn /dev/vgroup/lv-root
    mount -o ro,noload /dev/vgroup/lv-root /run/root
    if diff -r --no-dereference -x lost+found -x fstab -x machine-id -x 'ssh_host_*' \
        -x zshield /run/payload /run/root | grep -v 'character special file while file'
    then exit 1; fi
    mount -o ro /dev/ubda3 /run/boot
    for file in /run/payload/boot/*; do cmp $file /run/boot/${file##*/}; done
    test ! -e /run/boot/vmlinuz-of-latest
    mount -o ro,noload /dev/vgroup/snap1 /run/snap
    test "$(cat /run/snap/token)" = latest
    mount -o ro,noload /dev/vgroup/lv-user /run/user
    test "$(cat /run/user/data)" = precious
    umount /run/snap /run/root /run/boot
    hashes >SHARED/hashes.end
    grep snap1 SHARED/hashes >SHARED/one
    grep snap1 SHARED/hashes.end >SHARED/two
    cmp SHARED/one SHARED/two
"#;
