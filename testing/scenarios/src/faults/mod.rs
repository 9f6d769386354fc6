//! Faults of devices and of the machine around them: nothing is lost, what happened is said, and
//! the next operation finds its way.

mod behind;
mod damage;
mod hdd;
mod limits;
mod ssd;

use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::scenario::{Context, Scenario};
use zshield_machines::uml_appliance::{Payload, WORDS};

/// How long a boot may take that does not hang: in one of them a hundred backups are killed.
const LIMIT: Duration = Duration::from_mins(20);

/// All of them.
pub(super) const GROUPS: [&[Scenario]; 5] =
    [behind::SCENARIOS, hdd::SCENARIOS, ssd::SCENARIOS, damage::SCENARIOS, limits::SCENARIOS];

/// An installed appliance and its boots, one script each; with the words that faults are said in.
fn boots(context: &Context, scripts: &[(&str, &str)]) -> Result<()> {
    boots_of(context, Payload::Smallest, scripts)
}

/// The same of another payload: the smallest has no programs in it.
fn boots_of(context: &Context, payload: Payload, scripts: &[(&str, &str)]) -> Result<()> {
    let small = context.uml_appliance(payload)?;
    for (label, script) in scripts {
        let script = small.filled(&format!("{WORDS} {FAULTS} {script}"));
        let said = small.machine.check(label, &script, LIMIT).context((*label).to_owned())?;
        for line in
            said.lines().filter(|line| line.starts_with("said: ") || line.starts_with("killed "))
        {
            println!("      {label}: {line}");
        }
    }
    small.remove_disks()
}

/// Disks between which and their users something can be put, and what has to fail.
const FAULTS: &str = r#"
    # A partition becomes a device whose table can be changed: $1 is its node, $2 its name.
    wrapped() {
        sectors=$(blockdev --getsz $1)
        dmsetup create $2 --table "0 $sectors linear $1 0"
        # LVM looks at no node of this name.
        mv $1 /dev/plain-${1##*/}
        ln -s /dev/mapper/$2 $1
    }
    # Another table from now on, read from stdin.
    changed() {
        dmsetup suspend --noflush --nolockfs $1
        dmsetup load $1
        dmsetup resume $1
    }
    gone() { echo "0 $(blockdev --getsz /dev/mapper/$1) error" | changed $1; }
    # What a command says that has to fail; $1 is among it, and says that what failed is what had to.
    refused() {
        why=$1
        shift
        if said=$(set +x; "$@" 2>&1); then echo "did not fail: $*: $said"; return 1; fi
        shown "$said"
        echo "$said" | grep -q "$why" || { echo "failed, and not by «$why»: $said"; return 1; }
    }
    shown() {
        echo "said: $(echo "$1" | grep -v ^::zshield | tail -3 | tr '\n' ' ')"
        if echo "$1" | grep -i panicked; then return 1; fi
    }
    backup() { zshield backup --root /run/sys; }
    recover() { zshield recover $1 --slot /run/golden/a --keys KEYS --yes; }
    one_latest() {
        test "$(volumes)" = "lv-audit lv-root lv-user snap0 snap1 "
        no_invalid
        mkdir -p /run/snap
        mount -o ro,noload /dev/vgroup/snap1 /run/snap
        test "$(cat /run/snap/token)" = "$1"
        umount /run/snap
    }
    # The next backup, and both ways back after it.
    made_anew() {
        mount_system
        echo fresh >/run/sys/token
        backup
        one_latest fresh
        offered factory
    }
    armed() { mkdir -p /run/b; mount -o ro /dev/ubda3 /run/b; grep "^zshield_recover=$1$" /run/b/zshield/grubenv; umount /run/b; }
    same_as_latest() {
        lvm vgchange -q -ay vgroup
        e2fsck -fn /dev/vgroup/lv-root
        mkdir -p /run/root /run/snap /run/b
        mount -o ro,noload /dev/vgroup/lv-root /run/root
        mount -o ro,noload /dev/vgroup/snap1 /run/snap
        if diff -r --no-dereference /run/snap /run/root |
            grep -v 'character special file while file'; then exit 1; fi
        mount -o ro /dev/ubda3 /run/b
        diff -r -x ledger.a -x ledger.b -x outcome.a -x outcome.b -x grubenv -x lost+found \
            /run/snap/var/lib/zshield/boot/files /run/b
        if grep zshield_recover /run/b/zshield/grubenv; then exit 1; fi
        umount /run/b /run/snap /run/root
    }
    # A backup to go back to, and a system that is then another.
    latest_then_broken() {
        mount_system
        echo latest >/run/sys/token
        cp -a /run/sys/usr/sbin /run/sys/usr/sbin.copy
        head -c 20000000 /dev/urandom >/run/sys/usr/data
        backup
        dd if=/dev/urandom of=/run/sys/usr/data bs=1M count=19 conv=notrunc status=none
        echo broken >/run/sys/token
        rm -rf /run/sys/usr/sbin.copy
        head -c 40000000 /dev/urandom >/run/sys/usr/noise
        sync
        umount /run/sys/boot /run/sys
    }
"#;
