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
use zshield_plan::step::{CreatePhysicalVolume, Persistence, Step};

use crate::scenario::{Context, Scenario};
use zshield_machines::uml::Uml;
use zshield_machines::uml_appliance::{FUNCTIONS, INSTALL, Payload, empty_disks};

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
pub(super) struct Factory {
    pub(super) machine: Uml,
}

impl Factory {
    pub(super) fn new(context: &Context, payload: Payload) -> Result<Self> {
        let stick = payload.stick(context.artifacts)?;
        empty_disks(&context.directory, payload)?;
        let (ssd, hdd) = (context.directory.join("ssd.img"), context.directory.join("hdd.img"));
        let zshield = context.artifacts.with_fail_points()?;
        let keys = stick.parent().context("the stick is in no directory")?;
        let machine = Uml::new(&context.directory)?
            .disk(&ssd)
            .rotating_disk(&hdd)
            .shared_disk(&stick)
            .env("ZSHIELD", &zshield.display().to_string())
            .env("KEYS", &keys.display().to_string())
            .env("POINT", "")
            .env("EXCLUDED", "")
            .env("MODE", "install");
        Ok(Self { machine })
    }

    /// The steps of the plan for this machine.
    fn plan(&self) -> Result<Plan> {
        let machine = self.machine.clone().env("MODE", "plan");
        let shown = machine.check("plan", INSTALL, LIMIT)?;
        let json = shown.find('{').map_or("", |start| &shown[start..]);
        serde_json::from_str(json).context("the plan is no JSON")
    }

    /// Runs the installation until the power fails at `point`.
    fn cut(&self, point: &str) -> Result<()> {
        let machine = self.machine.clone().env("ZSHIELD_FAIL_POINT", point);
        let label = format!("cut-{}", point.replace(':', "-"));
        machine.cut(&label, INSTALL, point, LIMIT)
    }

    /// Goes on to the end.
    fn finish(&self) -> Result<()> {
        self.machine.check("finish", INSTALL, LIMIT).map(drop)
    }

    /// Whether what stands at the end is an appliance with the payload's system.
    pub(super) fn is_installed(&self) -> Result<()> {
        let script = [FUNCTIONS, INSTALLED].join("\n");
        self.machine.check("installed", &script, LIMIT).map(drop)
    }
}

/// Compares root, its snapshot and `/boot` with the payload by `diff` alone.
pub(super) const INSTALLED: &str = include_str!("../sh/install/installed.sh");

/// The fail points of a step, in the order in which they are passed.
pub(super) fn points(number: usize, step: &Step) -> Vec<String> {
    let within = matches!(
        step,
        Step::EraseDisk(_)
            | Step::Unpack(_)
            | Step::WriteFiles(_)
            | Step::CopyGolden(_)
            | Step::WriteBootLoader(_)
            | Step::MakeBootable(_)
            | Step::SaveBoot(_)
            | Step::SaveRelease(_)
            | Step::CopyBack(_)
            | Step::RestoreBoot(_)
            | Step::DetachFactory(_)
            | Step::FoldStore(_)
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
        let (tear, device) = match step {
            Step::CreatePhysicalVolume(CreatePhysicalVolume {
                device: Device::Partition(Role::Ssd, 5),
                ..
            }) => (HEADER_LOST, "/dev/ubda5"),
            Step::CreatePhysicalVolume(CreatePhysicalVolume {
                device: Device::Partition(Role::Hdd, 1),
                ..
            }) => (HEADER_LOST, "/dev/ubdb1"),
            Step::CreateVolume(_) | Step::CreateSnapshot(_) => (TEXT_LOST, ""),
            _ => continue,
        };
        factory.cut(&format!("{number}:after"))?;
        let machine = factory.machine.clone().env("DEVICE", device);
        machine.check(&format!("torn-{number}"), tear, LIMIT)?;
        count += 1;
    }
    ensure!(count >= 6, "only {count} steps");
    factory.finish()?;
    factory.is_installed()?;
    println!("      {count} steps torn, installed");
    remove_disks(&context.directory)
}

/// A physical volume has its label, and no header of a metadata area.
const HEADER_LOST: &str = include_str!("../sh/install/header-lost.sh");

/// Both disks have the header of a group, which points to a text that is not there.
pub(super) const TEXT_LOST: &str = include_str!("../sh/install/metadata-text-lost.sh");

/// The disks of a scenario that has passed are of no more use.
pub(super) fn remove_disks(directory: &Path) -> Result<()> {
    for disk in ["ssd.img", "hdd.img"] {
        fs::remove_file(directory.join(disk))?;
    }
    Ok(())
}
