//! How large what is shipped is, and how much memory what runs all the time takes.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::findings::Findings;
use super::form::Form;
use super::row::{Row, Unit};
use super::unpack::take_slot;
use zshield_machines::artifacts::Artifacts;
use zshield_machines::qemu::{Firmware, Shell};
use zshield_machines::tool::{capture, tool};

const BENCH: &str = "size";
const LONG: Duration = Duration::from_mins(4);

pub(super) fn findings(artifacts: &Artifacts, _: Form) -> Result<Findings> {
    let directory = artifacts.work().run_directory("bench-size")?;
    let row = |case: &str, ours: f64, peer, note: &str| Row {
        bench: BENCH,
        case: case.to_owned(),
        unit: Unit::Bytes,
        ours,
        peer,
        note: note.to_owned(),
    };
    let binary = bytes(&artifacts.binary()?)?;
    let slot = directory.join("slot");
    take_slot(&artifacts.stick()?, &slot, &["initramfs.img", "root.squashfs"])?;
    let rescue = bytes(&slot.join("initramfs.img"))?;
    let payload = bytes(&payload_initrd(&artifacts.payload()?, &directory)?)?;
    let mut rows = vec![
        row("zshield, static", binary, None, "one file, no library of the payload's"),
        row("rescue initramfs", rescue, Some(("payload's initrd", payload)), ""),
        row("Golden Image", bytes(&slot.join("root.squashfs"))?, None, "with its hash tree"),
    ];
    fs::remove_dir_all(slot)?;
    rows.extend(daemon(&directory, artifacts)?.map(|(case, bytes)| row(case, bytes, None, "")));
    Ok(rows.into())
}

#[expect(clippy::cast_precision_loss, reason = "shown with four digits")]
fn bytes(file: &Path) -> Result<f64> {
    Ok(fs::metadata(file).with_context(|| format!("no {}", file.display()))?.len() as f64)
}

/// What the payload's own boot loads.
fn payload_initrd(payload: &Path, directory: &Path) -> Result<std::path::PathBuf> {
    let take = ["--zstd", "--wildcards", "-xf"];
    let mut tar = tool("tar", take);
    capture(tar.arg(payload).arg("-C").arg(directory).arg("./boot/initrd.img-*"))?;
    let found =
        fs::read_dir(directory.join("boot"))?.next().context("the payload has no initrd")?;
    Ok(found?.path())
}

/// The daemon of an installed appliance, after a backup and a look at all disks.
fn daemon(directory: &Path, artifacts: &Artifacts) -> Result<[(&'static str, f64); 2]> {
    let appliance = artifacts.appliance(directory, Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("daemon")?;
    let mut shell = Shell::open(&mut machine)?;
    let until = |what: &str| format!("timeout 200 sh -c 'until {what}; do sleep 1; done'");
    shell.run_within(&until("systemctl -q is-active zshield"), LONG)?;
    shell.check("zshield backup >/dev/null")?;
    shell.run_within(&until("zshield --lang en status"), LONG)?;
    let of = "/proc/$(systemctl show -P MainPID zshield)";
    let said = shell.check(&format!("grep -h -E '^(VmHWM|Pss):' {of}/status {of}/smaps_rollup"))?;
    machine.cut_power();
    Ok([("daemon, at its peak", kib(&said, "VmHWM:")?), ("daemon, its share", kib(&said, "Pss:")?)])
}

/// `VmHWM:      1234 kB`
fn kib(said: &str, name: &str) -> Result<f64> {
    let line = said.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next()).context("no amount")?;
    Ok(number.parse::<f64>()? * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_in_bytes() {
        let said = "VmHWM:\t    5176 kB\nPss:                2048 kB\n";
        assert!((kib(said, "VmHWM:").unwrap() - 5_300_224.0).abs() < 0.5);
        assert!((kib(said, "Pss:").unwrap() - 2_097_152.0).abs() < 0.5);
        assert!(kib(said, "VmRSS:").is_err());
    }
}
