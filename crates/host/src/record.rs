//! The record of an installation: what it was done to, with what, and how long it took.

use std::time::Duration;

use serde::Serialize;
use zshield_plan::plan::Plan;
use zshield_plan::world::World;

/// What is left behind of an installation, as JSON.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// The format of this record.
    pub format: u32,
    /// The operation.
    pub operation: &'static str,
    /// When it began, RFC 3339.
    pub begun: String,
    /// The product's name.
    pub product: String,
    /// The payload's version.
    pub version: String,
    /// The digest of the image's manifest.
    pub image: String,
    /// Who signed it; nothing where nobody did.
    pub signer: Option<String>,
    /// The machine's own identity, as its firmware tells it.
    pub machine: Machine,
    /// Every disk that was there, with its serial number.
    pub disks: Vec<DiskRecord>,
    /// The plan's sizes.
    pub layout: Option<zshield_plan::layout::Layout>,
    /// How long each step took.
    pub steps: Vec<StepRecord>,
}

/// What the firmware says of the machine.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Machine {
    /// Its maker.
    pub vendor: String,
    /// Its model.
    pub product: String,
    /// Its serial number.
    pub serial: String,
    /// The kernel that installed it.
    pub kernel: String,
    /// `bios` or `uefi`.
    pub firmware: &'static str,
    /// The processor.
    pub processor: String,
    /// Its memory in KiB.
    pub memory_kib: u64,
}

/// A disk of the machine.
#[derive(Clone, Debug, Serialize)]
pub struct DiskRecord {
    /// Its role, where it has one.
    pub role: Option<zshield_plan::role::Role>,
    /// Its name at the time.
    pub name: String,
    /// Its maker.
    pub vendor: String,
    /// What it is.
    #[serde(flatten)]
    pub identity: zshield_plan::id::Identity,
    /// The driver of its controller.
    pub driver: Option<String>,
}

/// A step that was done.
#[derive(Clone, Debug, Serialize)]
pub struct StepRecord {
    /// Its name.
    pub name: &'static str,
    /// How long it took.
    pub milliseconds: u64,
}

impl Record {
    /// The beginning of a record.
    pub fn new(plan: &Plan, world: &World, product: &str, signer: Option<String>) -> Self {
        let role = |identity: &zshield_plan::id::Identity| {
            zshield_plan::role::Role::ALL.into_iter().find(|role| plan.disks.of(*role) == identity)
        };
        let disk = |disk: &zshield_plan::world::Disk| DiskRecord {
            role: role(&disk.identity),
            name: disk.name.0.clone(),
            vendor: disk.vendor.clone(),
            identity: disk.identity.clone(),
            driver: disk.driver.clone(),
        };
        Self {
            format: 1,
            operation: plan.operation.name(),
            begun: jiff::Timestamp::now().to_string(),
            product: product.to_owned(),
            version: plan.version.clone(),
            image: plan.image.clone(),
            signer,
            machine: Machine::this(),
            disks: world.disks.iter().map(disk).collect(),
            layout: plan.layout.clone(),
            steps: Vec::new(),
        }
    }

    /// Notes that a step is done.
    pub(crate) fn step(&mut self, name: &'static str, took: Duration) {
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.steps.push(StepRecord { name, milliseconds });
    }
}

impl Machine {
    /// This machine; what its firmware does not tell stays empty.
    pub fn this() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let dmi = |name: &str| read(&format!("/sys/class/dmi/id/{name}")).trim().to_owned();
        let value = |text: &str, key: &str| {
            let line = text.lines().find(|line| line.starts_with(key));
            line.and_then(|line| line.split(':').nth(1)).unwrap_or_default().trim().to_owned()
        };
        let memory = value(&read("/proc/meminfo"), "MemTotal");
        let uefi = std::path::Path::new("/sys/firmware/efi").exists();
        Self {
            vendor: dmi("sys_vendor"),
            product: dmi("product_name"),
            serial: dmi("product_serial"),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            firmware: if uefi { "uefi" } else { "bios" },
            processor: value(&read("/proc/cpuinfo"), "model name"),
            memory_kib: memory.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0),
        }
    }
}
