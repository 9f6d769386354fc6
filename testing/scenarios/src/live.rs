//! A running system that was changed in every way there is, put right file by file from a real
//! snapshot of its own volume; compared with the snapshot by tools that share nothing with ours.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::check::{self, CHECK};
use crate::scenario::{Context, Scenario};
use zshield_machines::uml_appliance::{Payload, WORDS};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "live-drift",
        "content behind its old time and size, kind, mode, owner, time, attributes, ACL, capability, \
         links of both kinds, device, flag, added, removed and /boot: put right without a restart, \
         nothing left over; what is kept stays",
        drift,
    ),
    Scenario::uml(
        "live-check",
        "every kind of drift that a check finds is put right by the command that it names, and what is \
         configuration with the rest of the system; a second check, quick or deep, finds nothing",
        checked,
    ),
    Scenario::uml(
        "live-disk-full",
        "a root without a free block is put right: what is too much goes first",
        disk_full,
    ),
    Scenario::uml(
        "live-untouched",
        "a system that nobody has changed has no difference, and nothing is written",
        untouched,
    ),
];

pub(super) const LIMIT: Duration = Duration::from_mins(5);

/// Says all there is to say of two trees, and compares it.
pub(super) const SAME: &str = r"
    told() {
        (cd $1
         find . -xdev -mindepth 1 -printf '%p %y %m %U %G %T@ %l %n\n' | sort
         find . -xdev \( -type b -o -type c \) -exec stat -c '%n %t %T' {} + | sort
         find . -xdev \( -type f -o -type d \) -exec lsattr -d {} + | sed 's/[eI]/-/g' | sort -k 2
         find . -xdev -print0 | sort -z | xargs -0 getfattr -h -d -m - -e hex 2>/dev/null)
    }
    same() {
        told $1 >/run/one
        told $2 >/run/two
        if ! cmp -s /run/one /run/two; then diff /run/one /run/two | head -40; return 1; fi
        if diff -r --no-dereference $1 $2 | grep -v ' is a \(.*\) while file .* is a \1$'; then return 1; fi
    }
";

/// Something of every kind, in a latest backup.
pub(super) const LATEST: &str = r"
    mount_system
    echo latest >/run/sys/token
    mkdir -p /run/sys/opt/kinds/deep/er
    cd /run/sys/opt/kinds
    for name in content kind mode owner time attribute acl capability flag gone removed; do
        echo $name >$name
    done
    echo linked >link-a && ln link-a link-b && ln link-a deep/link-c
    echo alone >alone
    ln -s content symlink
    mknod device c 1 3
    mkfifo pipe
    setfattr -n user.note -v right attribute
    setfacl -m u:1:r acl
    setcap cap_net_raw+ep capability
    chattr +i flag
    echo below >deep/er/below
    touch -d '2001-02-03 04:05:06.789' deep time
    cd /
    zshield backup --root /run/sys
";

/// Each of them changed.
const DRIFT: &str = r#"
    cd /run/sys/opt/kinds
    touch -r content /run/reference
    echo CONTENT | dd of=content conv=notrunc status=none && touch -r /run/reference content
    rm kind && mkdir -p kind/was/a/file
    chmod 4755 mode
    chown 7:8 owner
    touch -d '2020-01-01' time
    setfattr -n user.note -v wrong attribute && setfattr -n user.more -v more attribute
    setfacl -m u:2:rw acl
    setcap cap_sys_admin+ep capability
    chattr -i flag && echo changed >flag && chattr +i flag
    chattr +a removed
    rm gone && rm -rf deep/er && echo evil >deep/er && chattr +i deep/er
    cp link-b copy && mv copy link-b
    rm alone && ln link-a alone
    ln -sf /etc/shadow symlink
    rm device && mknod device c 1 5
    rm pipe && echo pipe >pipe
    mkdir -p added/much && echo evil >added/much/file && chattr +i added/much/file added/much
    ln /run/sys/token /run/sys/token-too
    echo evil >/run/sys/token
    echo machine >/run/sys/etc/machine-id.new && mv /run/sys/etc/machine-id.new /run/sys/etc/machine-id
    echo "linux nothing" >/run/sys/boot/zshield/system.cfg
    echo nonsense >/run/sys/etc/zshield/appliance.toml
    cd /
    sync
"#;

fn drift(context: &Context) -> Result<()> {
    let small = context.uml_appliance(Payload::Demo)?;
    let script = format!(
        "{WORDS} {SAME} {LATEST}
         hashes >/run/hashes
         {DRIFT}
         zshield recover latest --root /run/sys --yes --only /opt/kinds/mode
         test \"$(stat -c %a /run/sys/opt/kinds/mode /run/sys/opt/kinds/owner | tr '\\n' ' ')\" = '644 644 '
         test \"$(stat -c %U /run/sys/opt/kinds/owner)\" != root
         zshield recover latest --root /run/sys --dry-run
         zshield recover latest --root /run/sys --dry-run --json >SHARED/plan.json
         status=0
         zshield recover latest --root /run/sys --yes || status=$?
         echo status=$status
         zshield recover latest --root /run/sys --deep --dry-run | tee /run/second
         grep -q '{NOTHING}' /run/second
         if grep zshield_recover /run/sys/boot/zshield/grubenv; then exit 1; fi
         mkdir -p /run/snap
         mount -o ro,noload /dev/vgroup/snap1 /run/snap
         diff -r -x 'ledger.*' -x 'outcome.*' -x grubenv -x lost+found \
            /run/snap/var/lib/zshield/boot/files /run/sys/boot
         umount /run/sys/boot
         test \"$(cat /run/sys/etc/machine-id)\" = machine
         cat /run/snap/etc/machine-id >/run/sys/etc/machine-id
         touch -r /run/snap/etc/machine-id /run/sys/etc/machine-id
         chmod --reference=/run/snap/etc/machine-id /run/sys/etc/machine-id
         touch -r /run/snap/etc /run/sys/etc
         same /run/snap /run/sys
         umount /run/snap
         hashes >/run/hashes.end
         cmp /run/hashes /run/hashes.end
         echo all-the-same"
    );
    let said = small.machine.check("drift", &small.filled(&script), LIMIT)?;
    // The menu had named another kernel.
    ensure!(said.contains("status=5"), "a restart is needed, and nobody said so:\n{said}");
    ensure!(said.contains("policy counts") || said.contains("策略为准"), "{said}");
    ensure!(said.contains("all-the-same"), "{said}");
    small.remove_disks()
}

/// The first report names a command; done, only what it does not name is left.
fn checked(context: &Context) -> Result<()> {
    let small = context.uml_appliance(Payload::Demo)?;
    let script = small.filled(&format!(
        "{WORDS} {CHECK}
         mount_system
         zshield backup --root /run/sys
         {}
         report; test $status = 4
         eval \"$(jq -r .repair SHARED/report.json) --root /run/sys --yes\"
         report --deep; test $status = 4; cp SHARED/report.json SHARED/between.json
         umount /run/sys/usr/share/keyrings
         zshield recover latest --root /run/sys --yes
         report; test $status = 0; cp SHARED/report.json SHARED/quick.json
         report --deep; test $status = 0; jq -e '.findings == []' SHARED/quick.json SHARED/report.json",
        check::every_kind()
    ));
    let said = small.machine.check("check", &script, LIMIT)?;
    let between: Vec<String> =
        check::found(&check::report(&small, &said, "between.json")?).into_keys().collect();
    ensure!(between == ["etc/fstab", "etc/passwd", "usr/share/keyrings"], "left: {between:?}");
    small.remove_disks()
}

const NOTHING: &str = "Nothing differs\\|没有差别";

fn disk_full(context: &Context) -> Result<()> {
    let small = context.uml_appliance(Payload::Demo)?;
    let script = format!(
        "{WORDS} {SAME} {LATEST}
         rm -rf /run/sys/usr/share/zoneinfo /run/sys/usr/sbin
         cat /dev/zero >/run/sys/usr/full || sync
         cat /dev/zero >/run/sys/usr/full-too || df /run/sys
         test $(stat -f -c %a /run/sys) = 0
         zshield recover latest --root /run/sys --yes
         mkdir -p /run/snap
         mount -o ro,noload /dev/vgroup/snap1 /run/snap
         umount /run/sys/boot
         same /run/snap /run/sys
         echo all-the-same"
    );
    let said = small.machine.check("full", &small.filled(&script), LIMIT)?;
    ensure!(said.contains("all-the-same"), "{said}");
    small.remove_disks()
}

fn untouched(context: &Context) -> Result<()> {
    let small = context.uml_appliance(Payload::Demo)?;
    let script = format!(
        "{WORDS} {LATEST}
         zshield recover latest --root /run/sys --yes | tee /run/said
         grep '{NOTHING}' /run/said
         if grep 'step=' /run/said; then exit 1; fi
         zshield recover latest --root /run/sys --deep --dry-run | grep '{NOTHING}'"
    );
    small.machine.check("untouched", &small.filled(&script), LIMIT)?;
    small.remove_disks()
}
