//! The factory snapshot made anew from the Golden Image beside a running system, with the power
//! lost on the way.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::running_matrix::{cut, plan_in};
use crate::scenario::{Context, Scenario, Tier};
use zshield_machines::uml_appliance::{Payload, UmlAppliance, WORDS};

pub(super) const SCENARIOS: &[Scenario] = &[Scenario {
    name: "backup-factory-anew",
    shows: "a factory snapshot that was lost comes back with the next backup, the power lost on the \
            way; root is what it was, and the factory state is the payload's, file by file",
    tier: Tier::Uml,
    in_ci: true,
    run,
}];

const LIMIT: Duration = Duration::from_mins(5);

/// The steps at which the power is lost; the others lie between two of these.
const CUT_AT: [&str; 5] =
    ["create-snapshot", "create-filesystem", "unpack", "prove", "rename-volume"];

const LOSE: &str = r"
    mount_system
    echo running >/run/sys/token
    zshield backup --root /run/sys
    lvm lvremove -q -y -f vgroup/snap0
    mkdir -p /run/user
    mount /dev/vgroup/lv-user /run/user
    echo precious >/run/user/data
    umount /run/user
";

const BACKUP: &str = r#"
    mount_system
    test "$(cat /run/sys/token)" = running
    ZSHIELD_FAIL_POINT=$POINT
    export ZSHIELD_FAIL_POINT
    zshield backup --root /run/sys
"#;

/// Both ways back are there; the factory's leads to the payload, and consumes nothing.
const AFTER: &str = r#"
    test "$(volumes)" = "lv-audit lv-root lv-user snap0 snap1 "
    no_invalid
    umount /run/sys/boot /run/sys
    sums() { for volume in snap0 snap1; do sha256sum </dev/vgroup/$volume; done; }
    before=$(sums)
    zshield recover factory --slot /run/golden/a --keys KEYS --yes >/run/said
    cat /run/said
    if grep unpack /run/said; then exit 1; fi
    lvm vgchange -q -ay vgroup
    test "$(sums)" = "$before"
    mkdir -p /run/payload /run/medium /run/boot
    mount -o ro,noload /dev/ubdc3 /run/medium
    mount -t squashfs -o ro,loop /run/medium/a/root.squashfs /run/payload
    e2fsck -fn /dev/vgroup/lv-root
    mount -o ro,noload /dev/vgroup/lv-root /run/sys
    if diff -r --no-dereference -x lost+found -x fstab -x machine-id -x 'ssh_host_*' \
        -x zshield /run/payload /run/sys | grep -v 'character special file while file'
    then exit 1; fi
    mount -o ro /dev/ubda3 /run/boot
    for file in /run/payload/boot/*; do cmp $file /run/boot/${file##*/}; done
    mount -o ro,noload /dev/vgroup/lv-user /run/medium
    test "$(cat /run/medium/data)" = precious
"#;

fn run(context: &Context) -> Result<()> {
    let small = context.uml_appliance(Payload::Smallest)?;
    small.machine.check("lose", &format!("{WORDS} {LOSE}"), LIMIT)?;
    let backup = format!("{WORDS} {BACKUP}");
    for name in CUT_AT {
        let number = number(&small, name)?;
        let place = if name == "unpack" { "within" } else { "after" };
        let point = format!("{number}:{place}");
        cut(&small.machine, &backup, &point).with_context(|| format!("at {name}"))?;
    }
    let end = small.filled(&format!("POINT=; {backup} {AFTER}"));
    small.machine.check("end", &end, LIMIT)?;
    println!("      {} cuts, the factory state after them", CUT_AT.len());
    small.remove_disks()
}

/// The number of the last step of this name: what a cut has left is removed first, so that each
/// plan has other numbers.
fn number(small: &UmlAppliance, name: &str) -> Result<usize> {
    let plan = format!("{WORDS} mount_system; zshield backup --root /run/sys --dry-run --json");
    let plan = plan_in(&small.machine.check(&format!("plan-{name}"), &plan, LIMIT)?)?;
    let index = plan.steps.iter().rposition(|step| step.name() == name);
    Ok(index.with_context(|| format!("no step {name}"))? + 1)
}
