//! How drift is found: each kind by the quick check and by the deep one, where `docs/check.md` says
//! so; and that ordinary use is none.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::scenario::{Context, Scenario};
use zshield_machines::uml_appliance::{Payload, UmlAppliance, WORDS};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "check-drift",
        "each kind of drift is found by the quick check and by the deep one, where the documentation \
         says so, and nothing else is",
        drift,
    ),
    Scenario::uml(
        "check-offline",
        "what is changed on the disk itself with nothing to tell it but the content: the deep check \
         finds it, and the quick one, as documented, does not",
        offline,
    ),
    Scenario::uml(
        "check-machine",
        "boot code, GRUB's core, the EFI partition, GRUB's menu and the Golden Image, changed where \
         no file of the system is; a backup makes none of it right",
        machine,
    ),
    Scenario::uml(
        "check-days",
        "twelve days of ordinary use and no alarm; a package installed by hand is one, until it is \
         acknowledged",
        |context| days(context, 12),
    ),
    Scenario::uml("check-fifty-days", "the same with fifty days", |context| days(context, 50))
        .in_soak(),
];

const LIMIT: Duration = Duration::from_mins(9);

/// A kind of drift.
struct Kind {
    path: &'static str,
    /// Done to the path, `$1`, of the mounted system; its time is `$2`.
    change: &'static str,
    /// The drifts that are named, by their names in JSON.
    drifts: &'static [&'static str],
}

const fn kind(path: &'static str, change: &'static str, drifts: &'static [&'static str]) -> Kind {
    Kind { path, change, drifts }
}

/// Each on a file of its own. `retime` puts the time of the last change back, as whoever wants to
/// hide would.
const KINDS: &[Kind] = &[
    kind("usr/bin/less", "printf X | dd of=$1 conv=notrunc bs=1 seek=4096; retime", &["content"]),
    kind("usr/bin/lesskey", "echo more >>$1; retime", &["size"]),
    kind("usr/bin/lessecho", "touch $1", &["mtime"]),
    kind("usr/bin/ssh-keyscan", "chmod u+s $1", &["mode"]),
    kind("usr/bin/ssh-add", "chown 1:2 $1", &["owner"]),
    kind("usr/bin/ssh-agent", "chmod g-s $1; chmod g-x $1", &["mode"]),
    kind("usr/bin/ssh-keygen", "setcap cap_net_raw=ep $1", &["xattrs"]),
    kind("usr/bin/ssh", "setfacl -m u:7:rwx $1; retime", &["mode", "xattrs"]),
    kind("usr/bin/scp", "setfattr -n user.note -v x $1", &["xattrs"]),
    kind("usr/bin/sftp", "chattr +i $1", &["locked"]),
    kind("usr/bin/slogin", "ln -sfn scp $1", &["link-target"]),
    kind("usr/bin/lesspipe", "rm $1", &["missing"]),
    kind("usr/bin/extra", "cp /run/sys/usr/bin/ssh-argv0 $1", &["added"]),
    kind("usr/sbin/sshd", "ln $1 /run/sys/usr/sbin/other; retime", &["links"]),
    kind("usr/sbin/other", "true", &["added"]),
    kind("usr/bin/ssh-argv0", "rm $1; ln -s less $1", &["kind"]),
    kind("usr/lib/console", "mknod $1 c 5 1", &["added"]),
    kind(
        "usr/bin/ssh-copy-id",
        "sync; debugfs -w -R 'zap_block -f /usr/bin/ssh-copy-id -p 0x41 0' /dev/vgroup/lv-root; sync; echo 3 >/proc/sys/vm/drop_caches",
        &["content"],
    ),
    kind("usr/share/keyrings", "mount -t tmpfs none $1", &["mounted-over"]),
    kind("etc/passwd", "echo x:x:0:0::/:/bin/sh >>$1; retime", &["size"]),
    kind("etc/fstab", "echo '# mine' >>$1", &["size"]),
];

pub(super) const CHECK: &str = r#"
    report() {
        status=0
        zshield check --root /run/sys --json "$@" >SHARED/report.json || status=$?
        echo "status $status"
    }
    alarms() {
        zshield alarm list --root /run/sys --json |
            jq -r '[.alarms[] | select(.state.state == "open") | .id] | sort | join(" ")'
    }
"#;

/// Brings about each kind of drift in the mounted system.
pub(super) fn every_kind() -> String {
    let change = |kind: &Kind| format!("begin {}\n{}\n", kind.path, kind.change);
    let changes: String = KINDS.iter().map(change).collect();
    format!(
        "begin() {{
             set -- /run/sys/$1
             path=$1
             if test -e $path; then touch -r $path /run/time; fi
         }}
         retime() {{ touch -h -r /run/time $path; }}
         {}",
        changes.replace("$1", "$path")
    )
}

pub(super) fn report(small: &UmlAppliance, said: &str, name: &str) -> Result<Value> {
    let text = std::fs::read_to_string(small.directory().join(name))
        .with_context(|| format!("no report:\n{said}"))?;
    serde_json::from_str(&text).with_context(|| format!("the report is no JSON: {text}"))
}

/// The drifts of each path that is not in order.
pub(super) fn found(report: &Value) -> BTreeMap<String, Vec<String>> {
    let findings = report["findings"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    findings
        .filter(|finding| finding["expected"].is_null())
        .map(|finding| {
            let place = finding.get("path").or(finding.get("file")).or(finding.get("part"));
            let drifts = finding["differences"].as_array().into_iter().flatten();
            let mut names: Vec<String> = drifts.map(|drift| text(&drift["drift"])).collect();
            names.sort();
            (place.map(text).unwrap_or_default(), names)
        })
        .collect()
}

/// A line that would have nothing looked at any more is found itself, by a key of a stranger as well;
/// a backup is held, and what is accepted is in order.
const BLINDED: &str = r#"
    policy=/run/sys/etc/zshield/appliance.toml
    cp $policy /run/policy
    printf '[check]\nvolatile = ["/usr/*", "/boot/*", "/etc/*"]\n' >>$policy
    set -- /run/sys/etc/zshield/keys/*.pub
    cp $1 /run/sys/etc/zshield/keys/stranger.pub
    blinded() { jq -r '[.findings[] | select(.expected == null and .class == "system") | .path] | join(" ")' SHARED/report.json; }
    report; test $status = 4
    test "$(blinded)" = 'etc/zshield/appliance.toml etc/zshield/keys/stranger.pub'
    test "$(alarms)" = integrity
    status=0; zshield backup --root /run/sys || status=$?; test $status = 3
    rm /run/sys/etc/zshield/keys/stranger.pub
    report; test $status = 4
    test "$(blinded)" = etc/zshield/appliance.toml
    zshield check --root /run/sys --accept /etc/zshield/appliance.toml
    report; test -z "$(blinded)$(alarms)"
    cp /run/policy $policy
    report; test $status = 0
"#;

/// What was found can't be kept: it is told all the same, and holds the backup.
const LOCKED: &str = r#"
    held() {
        test "$(alarms)" = "$1"
        status=0; zshield backup --root /run/sys || status=$?; test $status = 3
    }
    last=/run/sys/var/lib/zshield/check.json
    held integrity
    rm -rf /run/sys/run/zshield/alarms* /run/sys/var/lib/zshield/alarms /run/sys/var/log/zshield/alarms
    chattr +i $last
    report; test $status = 1
    held 'integrity unchecked'
    chattr -i $last
    rm $last; mkdir $last
    report; test $status = 1
    held 'integrity unchecked'
    rmdir $last
    report; test $status = 4
    held integrity
"#;

fn drift(context: &Context) -> Result<()> {
    let small = context.uml_appliance(Payload::Demo)?;
    let clean = small.filled(&format!(
        "{WORDS} {CHECK}
         mount_system
         report; test $status = 0; cp SHARED/report.json SHARED/clean-quick.json
         report --deep; test $status = 0; cp SHARED/report.json SHARED/clean-deep.json
         zshield check --root /run/sys
         {BLINDED}"
    ));
    let said = small.machine.check("clean", &clean, LIMIT)?;
    for name in ["clean-quick.json", "clean-deep.json"] {
        let report = report(&small, &said, name)?;
        ensure!(found(&report).is_empty(), "{name} finds {:#}", report["findings"]);
        ensure!(report["no_basis"].is_null(), "{name}: {}", report["no_basis"]);
    }
    let script = small.filled(&format!(
        "{WORDS} {CHECK}
         mount_system
         {}
         report; test $status = 4; cp SHARED/report.json SHARED/quick.json
         report --deep; test $status = 4; cp SHARED/report.json SHARED/deep.json
         zshield check --root /run/sys || test $? = 4
         {LOCKED}",
        every_kind()
    ));
    let said = small.machine.check("drift", &script, LIMIT)?;
    let drifts = |kind: &Kind| kind.drifts.iter().map(|drift| (*drift).to_owned()).collect();
    let wanted: BTreeMap<String, Vec<String>> =
        KINDS.iter().map(|kind| (kind.path.to_owned(), drifts(kind))).collect();
    for name in ["quick.json", "deep.json"] {
        let found = found(&report(&small, &said, name)?);
        ensure!(found == wanted, "{name} finds {found:#?}\nwanted: {wanted:#?}");
    }
    small.remove_disks()
}

/// Changed on the disk itself, where LVM and its snapshots don't see it.
const OFFLINE: &str = r"
    mount_system
    block=$(debugfs -R 'bmap /usr/bin/ssh-copy-id 0' /dev/vgroup/lv-root)
    start=$(dmsetup table vgroup-lv--root-real | cut -d' ' -f5)
    umount /run/sys/boot /run/sys
    lvm vgchange -q -an vgroup
    printf X | dd of=/dev/ubda5 bs=1 conv=notrunc,fsync seek=$((block * 4096 + start * 512 + 3))
    mount_system
    report; test $status = 0; cp SHARED/report.json SHARED/quick.json
    report --deep; test $status = 4; cp SHARED/report.json SHARED/deep.json
    report; test $status = 4; cp SHARED/report.json SHARED/after.json
";

fn offline(context: &Context) -> Result<()> {
    let small = context.uml_appliance(Payload::Demo)?;
    let script = small.filled(&format!("{WORDS} {CHECK} {OFFLINE}"));
    let said = small.machine.check("offline", &script, LIMIT)?;
    let quick = found(&report(&small, &said, "quick.json")?);
    ensure!(quick.is_empty(), "the quick check sees more than it can: {quick:#?}");
    let deep = found(&report(&small, &said, "deep.json")?);
    let wanted = [("usr/bin/ssh-copy-id".to_owned(), vec!["content".to_owned()])].into();
    ensure!(deep == wanted, "the deep check finds {deep:#?}");
    // What the deep one has found, a quick one does not call well.
    let after = found(&report(&small, &said, "after.json")?);
    ensure!(after == wanted, "the quick check after it finds {after:#?}");
    small.remove_disks()
}

/// Whatever is changed here, no file of the system is.
const MACHINE: &str = r"
    byte() { printf X | dd of=$1 bs=1 conv=notrunc,fsync seek=$2; }
    mount_system
    byte /dev/ubda 100
    byte /dev/ubda1 1000
    byte /dev/ubda2 5000
    echo '# more' >>/run/sys/boot/zshield/grub.cfg
    echo more >>/run/sys/boot/zshield/early.img
    echo more >/run/sys/boot/zshield/more.cfg
    echo '# more' >>/run/sys/boot/zshield/system.cfg
    rm /run/sys/boot/zshield/menu.pf2
    # A backup takes all this along, and makes it no better.
    zshield backup --root /run/sys
    umount /run/golden
    mkdir -p /run/slots
    mount /dev/ubda4 /run/slots
    byte /run/slots/a/core.img 1000
    byte /run/slots/a/root.squashfs 1000000
    umount /run/slots
    sync
    report; test $status = 4; cp SHARED/report.json SHARED/quick.json
    report --deep; test $status = 4; cp SHARED/report.json SHARED/deep.json
    report; test $status = 4; cp SHARED/report.json SHARED/after.json
    alarms >SHARED/alarms
    mount /dev/ubda4 /run/slots
    byte /run/slots/a/manifest 1000
    umount /run/slots
    report; test $status = 1
    alarms >>SHARED/alarms
";

fn machine(context: &Context) -> Result<()> {
    let small = context.uml_appliance(Payload::Demo)?;
    let script = small.filled(&format!("{WORDS} {CHECK} {MACHINE}"));
    let said = small.machine.check("machine", &script, LIMIT)?;
    let both = ["boot-sector", "core", "core.img", "esp"];
    let menu = ["early.img", "grub.cfg", "menu.pf2", "more.cfg", "system.cfg"]
        .map(|name| format!("boot/zshield/{name}"));
    let image = Some("root.squashfs");
    for (name, also) in [("quick.json", None), ("deep.json", image), ("after.json", image)] {
        let report = report(&small, &said, name)?;
        let found: Vec<String> = found(&report).into_keys().collect();
        let mut wanted: Vec<String> =
            both.iter().chain(&also).map(|&name| name.to_owned()).collect();
        wanted.extend(menu.clone());
        wanted.sort();
        ensure!(found == wanted, "{name} finds {found:?}, not {wanted:?}");
    }
    let alarms = std::fs::read_to_string(small.directory().join("alarms"))?;
    // A check that can't be made takes back nothing that another has found.
    ensure!(alarms == "integrity\nintegrity unchecked\n", "the alarms are {alarms}");
    small.remove_disks()
}

/// A day of ordinary use, and what a night leaves of it.
const DAYS: &str = r#"
    inside() { chroot /run/sys "$@"; }
    day() {
        day=$1
        mv /run/sys/var/log/app.log /run/sys/var/log/app.log.1 2>/dev/null || true
        head -c $((day * 7919 % 400000)) /dev/urandom >/run/sys/var/log/app.log
        gzip -f -c /run/sys/var/log/app.log >/run/sys/var/log/app.log.2.gz
        echo "login $day" >>/run/sys/var/log/wtmp
        echo "ls $day" >>/run/sys/root/.bash_history
        mkdir -p /run/sys/root/.cache /run/sys/tmp/work-$day /run/sys/var/tmp/kept
        echo $day >/run/sys/tmp/work-$day/file
        rm -rf /run/sys/tmp/work-$((day - 3))
        echo $day >/run/sys/var/tmp/kept/$day
        echo $day >/run/sys/var/lib/systemd/random-seed
        mkdir -p /run/sys/var/spool/mail /run/sys/var/lib/product
        head -c $((day * 104729 % 3000000)) /dev/urandom >/run/sys/var/lib/product/database
        echo "nameserver 10.0.0.$day" >/run/sys/etc/resolv.conf
        inside ldconfig
        inside apt-cache gencaches >/dev/null
        # The clock is set: a little ahead, or back.
        date -s "@$(($(date +%s) + 86400 + (day % 7 - 3) * 1800))" >/dev/null
    }
    set +x
    mount_system
    zshield backup --root /run/sys >/dev/null
    day=0
    while test $day -lt COUNT; do
        day $((day + 1))
        case $day in
        10) inside useradd -m keeper ;;
        20) echo '10.0.0.1 peer' >>/run/sys/etc/hosts ;;
        30) mkdir -p /run/sys/etc/product; echo on >/run/sys/etc/product/mode ;;
        esac
        report
        case $day in
        # Configuration that no backup has yet is listed, and that is no alarm.
        10 | 20 | 30) test $status = 4; jq -e '[.findings[] | select(.expected == null) | .class] | unique == ["config"]' SHARED/report.json >/dev/null ;;
        *) test $status = 0 ;;
        esac
        case $day in
        *0 | *5) zshield backup --root /run/sys >/dev/null ;;
        esac
        echo "day $day: $(jq -c '[.compared, (.findings | length), .unexpected]' SHARED/report.json)"
    done
"#;

const PACKAGE: &str = r#"
    set -x
    mkdir -p /run/package/DEBIAN /run/package/usr/bin /run/package/usr/share/handmade
    printf 'Package: handmade
Version: 1
Architecture: all
Maintainer: Nobody <nobody@example.org>
Description: made by hand
' >/run/package/DEBIAN/control
    echo '#!/bin/sh' >/run/package/usr/bin/handmade
    echo data >/run/package/usr/share/handmade/data
    dpkg-deb --root-owner-group --build /run/package /run/sys/tmp/handmade.deb
    inside dpkg --install /tmp/handmade.deb
    test -z "$(alarms)"
    report; test $status = 4; cp SHARED/report.json SHARED/package.json
    zshield alarm list --root /run/sys | grep handmade
    status=0; zshield backup --root /run/sys || status=$?; test $status = 3
    zshield alarm ack integrity --root /run/sys --reason 'installed by hand'
    # What dpkg has noted is configuration, which the next backup takes over.
    report; jq -e '[.findings[] | select(.expected == null) | .class] | unique == ["config"]' SHARED/report.json
    test -z "$(alarms)"
    zshield backup --root /run/sys
    report; test $status = 0
    test -z "$(alarms)"
    echo more >>/run/sys/usr/bin/handmade
    report; test $status = 4; cp SHARED/report.json SHARED/again.json
    test "$(alarms)" = integrity
    zshield check --root /run/sys --accept /usr/bin/handmade
    test -z "$(alarms)"
    report; test $status = 0
"#;

fn days(context: &Context, count: usize) -> Result<()> {
    let small = context.uml_appliance(Payload::Demo)?;
    let days = DAYS.replace("COUNT", &count.to_string());
    let script = small.filled(&format!("{WORDS} {CHECK} {days} {PACKAGE}"));
    let said = small.machine.check("days", &script, LIMIT)?;
    let days = said.lines().filter(|line| line.starts_with("day ")).count();
    ensure!(days == count, "only {days} days:\n{said}");
    let package = report(&small, &said, "package.json")?;
    let system: Vec<&Value> = package["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|finding| finding["expected"].is_null() && finding["class"] == "system")
        .collect();
    let paths: Vec<&str> = system.iter().filter_map(|one| one["path"].as_str()).collect();
    ensure!(paths == ["usr/bin/handmade", "usr/share/handmade"], "it finds {system:#?}");
    ensure!(system.iter().all(|one| one["package"] == "handmade"), "{system:#?}");
    let again: Vec<String> = found(&report(&small, &said, "again.json")?).into_keys().collect();
    ensure!(again == ["usr/bin/handmade"], "what changes after that is found as {again:?}");
    small.remove_disks()
}
