//! How drift is found: each kind by the quick check and by the deep one, where `docs/check.md` says
//! so; and that ordinary use is none.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::scenario::{Context, Scenario};
use zshield_machines::uml_appliance::{Payload, UmlAppliance};

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
    Scenario::uml(
        "check-access",
        "an account with the number of root and a program with its rights are an alarm of their own, beside \
         that of the files; each is acknowledged for itself",
        access,
    ),
    Scenario::uml("check-fifty-days", "the same with fifty days", |context| days(context, 50))
        .in_soak(),
];

const LIMIT: Duration = Duration::from_mins(9);

/// A kind of drift.
struct Kind {
    path: &'static str,
    /// Done to the path, `$path`, of the mounted system.
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
    kind(
        "usr/bin/less",
        "printf X | dd of=$path conv=notrunc bs=1 seek=4096; retime",
        &["content"],
    ),
    kind("usr/bin/lesskey", "echo more >>$path; retime", &["size"]),
    kind("usr/bin/lessecho", "touch $path", &["mtime"]),
    kind("usr/bin/ssh-keyscan", "chmod u+s $path", &["mode"]),
    kind("usr/bin/ssh-add", "chown 1:2 $path", &["owner"]),
    kind("usr/bin/ssh-agent", "chmod g-s $path; chmod g-x $path", &["mode"]),
    kind("usr/bin/ssh-keygen", "setcap cap_net_raw=ep $path", &["xattrs"]),
    kind("usr/bin/ssh", "setfacl -m u:7:rwx $path; retime", &["mode", "xattrs"]),
    kind("usr/bin/scp", "setfattr -n user.note -v x $path", &["xattrs"]),
    kind("usr/bin/sftp", "chattr +i $path", &["locked"]),
    kind("usr/bin/slogin", "ln -sfn scp $path", &["link-target"]),
    kind("usr/bin/lesspipe", "rm $path", &["missing"]),
    kind("usr/bin/extra", "cp /run/sys/usr/bin/ssh-argv0 $path", &["added"]),
    kind("usr/sbin/sshd", "ln $path /run/sys/usr/sbin/other; retime", &["links"]),
    kind("usr/sbin/other", "true", &["added"]),
    kind("usr/bin/ssh-argv0", "rm $path; ln -s less $path", &["kind"]),
    kind("usr/lib/console", "mknod $path c 5 1", &["added"]),
    kind(
        "usr/bin/ssh-copy-id",
        "sync; debugfs -w -R 'zap_block -f /usr/bin/ssh-copy-id -p 0x41 0' /dev/vgroup/lv-root; sync; echo 3 >/proc/sys/vm/drop_caches",
        &["content"],
    ),
    kind("usr/share/keyrings", "mount -t tmpfs none $path", &["mounted-over"]),
    kind("etc/passwd", "echo x:x:5000:5000::/:/bin/sh >>$path; retime", &["size"]),
    kind("etc/fstab", "echo '# mine' >>$path", &["size"]),
];

pub(super) const CHECK: &str = include_str!("../sh/check/functions.sh");

/// Brings about a kind of drift.
pub(super) const KINDS_CHANGED: &str = include_str!("../sh/check/kinds.sh");

/// Brings about each kind of drift in the mounted system, with [`KINDS_CHANGED`] before it.
pub(super) fn every_kind() -> String {
    KINDS.iter().flat_map(|kind| ["begin ", kind.path, "\n", kind.change, "\n"]).collect()
}

pub(super) fn report(appliance: &UmlAppliance, said: &str, name: &str) -> Result<Value> {
    let text = std::fs::read_to_string(appliance.directory().join(name))
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
const BLINDED: &str = include_str!("../sh/check/blinded.sh");

/// What was found can't be kept: it is told all the same, and holds the backup.
const LOCKED: &str = include_str!("../sh/check/record-unwritable.sh");

const CLEAN: &str = include_str!("../sh/check/clean.sh");
const DRIFT: &str = include_str!("../sh/check/drift.sh");

fn drift(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Demo)?;
    let said = appliance.run("clean", &[CHECK, CLEAN, BLINDED], LIMIT)?;
    for name in ["clean-quick.json", "clean-deep.json"] {
        let report = report(&appliance, &said, name)?;
        ensure!(found(&report).is_empty(), "{name} finds {:#}", report["findings"]);
        ensure!(report["no_basis"].is_null(), "{name}: {}", report["no_basis"]);
    }
    let kinds = every_kind();
    let scripts = [CHECK, "mount_system", KINDS_CHANGED, &kinds, DRIFT, LOCKED];
    let said = appliance.run("drift", &scripts, LIMIT)?;
    let drifts = |kind: &Kind| kind.drifts.iter().map(|drift| (*drift).to_owned()).collect();
    let wanted: BTreeMap<String, Vec<String>> =
        KINDS.iter().map(|kind| (kind.path.to_owned(), drifts(kind))).collect();
    for name in ["quick.json", "deep.json"] {
        let found = found(&report(&appliance, &said, name)?);
        ensure!(found == wanted, "{name} finds {found:#?}\nwanted: {wanted:#?}");
    }
    appliance.remove_disks()
}

const ACCESS: &str = include_str!("../sh/check/access.sh");

fn access(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Demo)?;
    appliance.run("access", &[CHECK, "mount_system", ACCESS], LIMIT)?;
    appliance.remove_disks()
}

/// Changed on the disk itself, where LVM and its snapshots don't see it.
const OFFLINE: &str = include_str!("../sh/check/offline.sh");

fn offline(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Demo)?;
    let said = appliance.run("offline", &[CHECK, OFFLINE], LIMIT)?;
    let quick = found(&report(&appliance, &said, "quick.json")?);
    ensure!(quick.is_empty(), "the quick check sees more than it can: {quick:#?}");
    let deep = found(&report(&appliance, &said, "deep.json")?);
    let wanted = [("usr/bin/ssh-copy-id".to_owned(), vec!["content".to_owned()])].into();
    ensure!(deep == wanted, "the deep check finds {deep:#?}");
    // What the deep one has found, a quick one does not call well.
    let after = found(&report(&appliance, &said, "after.json")?);
    ensure!(after == wanted, "the quick check after it finds {after:#?}");
    appliance.remove_disks()
}

/// Whatever is changed here, no file of the system is.
const MACHINE: &str = include_str!("../sh/check/machine.sh");

fn machine(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Demo)?;
    let said = appliance.run("machine", &[CHECK, MACHINE], LIMIT)?;
    let both = ["boot-sector", "core", "core.img", "esp"];
    let menu = ["early.img", "grub.cfg", "ledger.d", "menu.pf2", "more.cfg", "system.cfg"]
        .map(|name| format!("boot/zshield/{name}"));
    let image = Some("root.squashfs");
    for (name, also) in [("quick.json", None), ("deep.json", image), ("after.json", image)] {
        let report = report(&appliance, &said, name)?;
        let found: Vec<String> = found(&report).into_keys().collect();
        let mut wanted: Vec<String> =
            both.iter().chain(&also).map(|&name| name.to_owned()).collect();
        wanted.extend(menu.clone());
        wanted.sort();
        ensure!(found == wanted, "{name} finds {found:?}, not {wanted:?}");
    }
    let alarms = std::fs::read_to_string(appliance.directory().join("alarms"))?;
    // A check that can't be made takes back nothing that another has found.
    ensure!(alarms == "integrity\nintegrity unchecked\n", "the alarms are {alarms}");
    appliance.remove_disks()
}

/// A day of ordinary use, and what a night leaves of it.
const DAYS: &str = include_str!("../sh/check/days.sh");

const PACKAGE: &str = include_str!("../sh/check/package.sh");

fn days(context: &Context, count: usize) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Demo)?.env("COUNT", &count.to_string());
    let said = appliance.run("days", &[CHECK, DAYS, PACKAGE], LIMIT)?;
    let days = said.lines().filter(|line| line.starts_with("day ")).count();
    ensure!(days == count, "only {days} days:\n{said}");
    let package = report(&appliance, &said, "package.json")?;
    let system: Vec<&Value> = package["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|finding| finding["expected"].is_null() && finding["class"] == "system")
        .collect();
    let paths: Vec<&str> = system.iter().filter_map(|one| one["path"].as_str()).collect();
    ensure!(paths == ["usr/bin/handmade", "usr/share/handmade"], "it finds {system:#?}");
    ensure!(system.iter().all(|one| one["package"] == "handmade"), "{system:#?}");
    let again: Vec<String> = found(&report(&appliance, &said, "again.json")?).into_keys().collect();
    ensure!(again == ["usr/bin/handmade"], "what changes after that is found as {again:?}");
    appliance.remove_disks()
}
