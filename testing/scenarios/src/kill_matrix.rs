//! The kill matrix of the installation: the power fails at every fail point of every step, and
//! the next run goes on by itself, on real LVM and device-mapper.
//!
//! One pair of disks goes through all cuts one after another: each run goes on where
//! the last was cut, and dies at the next place. At its end stands an installed appliance, which
//! is compared with the payload by tools that share nothing with ours.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use zshield_plan::model::Device;
use zshield_plan::plan::Plan;
use zshield_plan::role::Role;
use zshield_plan::step::{Persistence, Step};

use crate::scenario::{Context, Scenario};
use zshield_machines::uml::Uml;
use zshield_machines::uml_appliance::{Payload, empty_disks};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "install-kill-matrix",
        "power lost within and after each step of an installation: every time the next run goes on",
        |context| matrix(context, Payload::Smallest),
    ),
    Scenario::uml(
        "install-kill-matrix-debian",
        "the same with a Debian, and before each step",
        |context| matrix(context, Payload::Demo),
    )
    .in_soak(),
    Scenario::uml(
        "install-metadata-torn",
        "power lost with LVM's metadata written in part, a label without a header or headers without \
         the text: the next run goes on",
        torn,
    ),
];

const LIMIT: Duration = Duration::from_mins(5);

/// A machine in user-mode Linux with two empty disks and the stick.
struct Factory {
    machine: Uml,
    install: String,
}

impl Factory {
    fn new(context: &Context, payload: Payload) -> Result<Self> {
        let stick = payload.stick(context.artifacts)?;
        empty_disks(&context.directory, payload)?;
        let (ssd, hdd) = (context.directory.join("ssd.img"), context.directory.join("hdd.img"));
        let zshield = context.artifacts.with_fail_points()?;
        let keys = stick.parent().context("the stick is in no directory")?;
        let install = format!(
            "mkdir -p /run/medium && mount -o ro,noload /dev/ubdc3 /run/medium
             exec {} install --slot /run/medium/a --keys {} --yes",
            zshield.display(),
            keys.display()
        );
        let machine =
            Uml::new(&context.directory)?.disk(&ssd).rotating_disk(&hdd).shared_disk(&stick);
        Ok(Self { machine, install })
    }

    /// The steps of the plan for this machine.
    fn plan(&self) -> Result<Plan> {
        let script = format!("{} --dry-run --json", self.install);
        let shown = self.machine.check("plan", &script, LIMIT)?;
        let json = shown.find('{').map_or("", |start| &shown[start..]);
        serde_json::from_str(json).context("the plan is no JSON")
    }

    /// Runs the installation until the power fails at `point`.
    fn cut(&self, point: &str) -> Result<()> {
        let machine = self.machine.clone().env("ZSHIELD_FAIL_POINT", point);
        let label = format!("cut-{}", point.replace(':', "-"));
        machine.cut(&label, &self.install, point, LIMIT)
    }

    /// Goes on to the end.
    fn finish(&self) -> Result<()> {
        self.machine.check("finish", &self.install, LIMIT).map(drop)
    }

    /// Whether what stands at the end is an appliance with the payload's system.
    fn is_installed(&self) -> Result<()> {
        self.machine.check("installed", INSTALLED, LIMIT).map(drop)
    }
}

/// Compares root, its snapshot and `/boot` with the payload by `diff` alone.
pub(super) const INSTALLED: &str = r#"
    mkdir -p /run/medium /run/payload /run/root /run/snap
    mount -o ro,noload /dev/ubdc3 /run/medium
    mount -t squashfs -o ro,loop /run/medium/a/root.squashfs /run/payload
    lvm vgchange -q -ay vgroup
    test "$(lvm lvs --noheadings -o lv_snapshot_invalid vgroup/snap0 | tr -d ' ')" = ""
    for volume in lv-root lv-user lv-audit; do e2fsck -fn /dev/vgroup/$volume; done
    e2fsck -fn /dev/ubda3
    e2fsck -fn /dev/ubda4
    for pair in lv-root:root snap0:snap; do
        at=/run/${pair#*:}
        mount -o ro,noload /dev/vgroup/${pair%:*} $at
        mount -o ro,noload /dev/ubda3 $at/boot
        mount -o ro,noload /dev/vgroup/lv-user $at/home
        mount -o ro,noload /dev/vgroup/lv-audit $at/var/log
        # diff does not look at the numbers of devices, and says so as a difference.
        if diff -r --no-dereference -x lost+found -x fstab -x machine-id -x 'ssh_host_*' \
            -x zshield /run/payload $at | grep -v 'character special file while file'
        then exit 1; fi
    done
    mkdir -p /run/golden && mount -o ro,noload /dev/ubda4 /run/golden
    diff -r /run/medium/a /run/golden/a
    test "$(head -c 2 /dev/ubda | od -An -tx1 | tr -d ' ')" = eb63
    cmp -n $(stat -c %s /run/medium/a/esp.img) /run/medium/a/esp.img /dev/ubda2
    cmp -n $(stat -c %s /run/medium/a/core.img) /run/medium/a/core.img /dev/ubda1
    ls /run/root/var/log/zshield/install-*.json
"#;

/// The fail points of a step, in the order in which they are passed.
pub(super) fn points(number: usize, step: &Step) -> Vec<String> {
    let within = matches!(
        step,
        Step::EraseDisk { .. }
            | Step::Unpack { .. }
            | Step::WriteFiles { .. }
            | Step::CopyGolden { .. }
            | Step::WriteBootLoader { .. }
            | Step::MakeBootable { .. }
            | Step::SaveBoot { .. }
            | Step::CopyBack { .. }
            | Step::RestoreBoot { .. }
    );
    // After a step that lasts for a boot only, nothing is other than before the next one.
    let after = step.persistence() == Persistence::Durable;
    [("before", true), ("within", within), ("after", after)]
        .into_iter()
        .filter(|(_, there)| *there)
        .map(|(place, _)| format!("{number}:{place}"))
        .collect()
}

fn matrix(context: &Context, payload: Payload) -> Result<()> {
    let factory = Factory::new(context, payload)?;
    let plan = factory.plan()?;
    let mut cuts = 0;
    for (number, step) in (1..).zip(&plan.steps) {
        for point in points(number, step).iter().filter(|point| payload.is_cut_at(point)) {
            factory.cut(point).with_context(|| format!("at {point}"))?;
            cuts += 1;
        }
    }
    factory.finish()?;
    factory.is_installed()?;
    ensure!(cuts > plan.steps.len() / 2, "only {cuts} cuts in {} steps", plan.steps.len());
    println!("      {cuts} cuts in {} steps, installed", plan.steps.len());
    remove_disks(&context.directory)
}

/// As disks' caches leave it that have come to some of what LVM writes without a flush between.
fn torn(context: &Context) -> Result<()> {
    let factory = Factory::new(context, Payload::Smallest)?;
    let plan = factory.plan()?;
    let mut count = 0;
    for (number, step) in (1..).zip(&plan.steps) {
        let tear = match step {
            Step::CreatePhysicalVolume { device: Device::Partition(Role::Ssd, 5), .. } => {
                HEADER_LOST.replace("DEVICE", "/dev/ubda5")
            }
            Step::CreatePhysicalVolume { device: Device::Partition(Role::Hdd, 1), .. } => {
                HEADER_LOST.replace("DEVICE", "/dev/ubdb1")
            }
            Step::CreateVolume { .. } | Step::CreateSnapshot { .. } => TEXT_LOST.to_owned(),
            _ => continue,
        };
        factory.cut(&format!("{number}:after"))?;
        factory.machine.check(&format!("torn-{number}"), &tear, LIMIT)?;
        count += 1;
    }
    ensure!(count >= 6, "only {count} steps");
    factory.finish()?;
    factory.is_installed()?;
    println!("      {count} steps torn, installed");
    remove_disks(&context.directory)
}

/// A physical volume has its label, and no header of a metadata area.
const HEADER_LOST: &str = "
    dd if=/dev/zero of=DEVICE bs=512 seek=8 count=1 conv=notrunc,fsync status=none
    lvm pvs DEVICE 2>&1 | grep 'bad metadata header'
";

/// Both disks have the header of a group, which points to a text that is not there.
pub(super) const TEXT_LOST: &str = "
    for device in /dev/ubda5 /dev/ubdb1; do
        # Where in the metadata area, which begins at 4 KiB, the header says that the text is.
        at=$((4096 + $(od -An -tu8 -j$((4096 + 40)) -N8 $device)))
        dd if=/dev/zero of=$device bs=512 seek=$((at / 512)) count=2 conv=notrunc,fsync status=none
    done
    if lvm vgs vgroup; then exit 1; fi
";

/// The disks of a scenario that has passed are of no more use.
fn remove_disks(directory: &Path) -> Result<()> {
    for disk in ["ssd.img", "hdd.img"] {
        fs::remove_file(directory.join(disk))?;
    }
    Ok(())
}
