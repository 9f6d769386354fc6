//! From the kernel's hand-over to an open medium.

use std::time::{Duration, Instant};

use zshield_messages::say;

use crate::cmdline::CommandLine;
use crate::log;
use crate::medium::{Medium, MediumError, partition_by_guid};
use crate::modules::Modules;
use crate::operations::Failure;
use crate::text::Text;
use crate::ui::Reporter;
use zshield_linux::uevent::Uevents;

/// A stick in a slow hub, a RAID card that first spins up its disks: longer than this is a fault.
const PATIENCE: Duration = Duration::from_secs(45);

/// Devices that come up together are looked at together.
const SILENCE: Duration = Duration::from_millis(50);

/// Loads the drivers, waits for the medium and mounts it.
pub(crate) fn medium(line: &CommandLine, reporter: &Reporter) -> Result<Medium, Failure> {
    let events =
        Uevents::listen().map_err(|error| failed(Text::fixed(format!("netlink: {error}"))))?;
    reporter.say(Text::said(say::rescue::starting_drivers));
    let mut modules = Modules::of_running_kernel(line.module_parameters.clone())
        .map_err(|error| failed(Text::said(move || say::rescue::modules_unreadable(&error))))?;
    modules.load_for_devices();
    modules.load_always();
    modules.load_for_screen();
    log::line(&format!("drivers are loaded; disks: {}", disks()));
    let Some(guid) = &line.medium else { return Err(failed(Text::of(MediumError::NotNamed))) };
    reporter.say(Text::said(say::rescue::starting_medium));
    let deadline = Instant::now() + PATIENCE;
    loop {
        modules.load_for_devices();
        if let Some(partition) = partition_by_guid(guid) {
            let medium = Medium::mount(guid, &partition, line.slot)
                .map_err(|error| failed(Text::of(error)))?;
            log::line(&format!("medium {} is mounted", medium.device.display()));
            return Ok(medium);
        }
        if !events.wait(deadline, SILENCE) {
            return Err(failed(Text::of(MediumError::NotFound(*guid))));
        }
    }
}

/// The block devices that are there, for the log.
fn disks() -> String {
    let entries = std::fs::read_dir("/sys/block").into_iter().flatten().flatten();
    let names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.starts_with("loop") && !name.starts_with("ram"))
        .collect();
    names.join(" ")
}

fn failed(what: Text) -> Failure {
    Failure {
        what,
        state: Text::said(say::rescue::state_nothing_changed),
        next: Text::said(say::rescue::next_medium),
    }
}
