//! Going back after an upgrade and a mishap, file by file and block by block: the same root, the
//! same damage, each way in turn.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::findings::Findings;
use super::form::Form;
use super::machine::{Hdd, Machine};
use super::restore::compared;
use zshield_machines::artifacts::Artifacts;
use zshield_machines::tool::{capture, tool};

const TURNS: usize = 3;
/// The default of the policy.
const CHUNK: &str = "128k";

pub(super) fn findings(artifacts: &Artifacts, form: Form) -> Result<Findings> {
    let directory = artifacts.work().run_directory("bench-restore-files")?;
    let tool = artifacts.copy_back()?.display().to_string();
    let image = root_image(&artifacts.payload_base()?, &directory)?;
    let mut turns = Vec::new();
    for turn in 0..form.turns(TURNS) {
        let mut machine =
            Machine::new(&directory, Hdd::Seeks)?.env("TOOL", &tool).env("CHUNK", CHUNK);
        machine.uml = machine.uml.shared_disk(&image).env("CONFIG", TIMESHIFT);
        turns.push(machine.run(&format!("turn-{turn}"), SCRIPT)?.0);
        machine.remove_disks()?;
    }
    std::fs::remove_file(image)?;
    let case = format!("upgrade undone, 2 GiB root, {CHUNK} chunks, seeks");
    Ok(compared("restore-files", &case, &turns)?.into())
}

/// The payload in an ext4 of 2 GiB.
fn root_image(payload: &Path, directory: &Path) -> Result<PathBuf> {
    let tree = tempfile::tempdir_in(directory).context("no directory for the payload")?;
    capture(tool("tar", ["--exclude=./dev/*", "-xf"]).arg(payload).arg("-C").arg(tree.path()))?;
    let image = directory.join("root.img");
    let make = ["-q", "-t", "ext4", "-E", "lazy_itable_init=0,root_owner=0:0", "-d"];
    capture(tool("mke2fs", make).arg(tree.path()).arg(&image).arg("2G"))?;
    Ok(image)
}

/// Timeshift asks for what it does not find here.
const TIMESHIFT: &str = r#"{ "do_first_run": "false", "btrfs_mode": "false", "stop_cron_emails": "true",
    "schedule_daily": "false", "exclude": [], "exclude-apps": [], "backup_device_uuid": "BACKUP" }"#;

/// `damage` replaces all of `/usr/share`, as an upgrade does, with other content in some of it,
/// removes libraries and fills space.
/// The first damage and its repair are not measured: what is damaged again makes next to no new
/// exceptions, so all sides find the same store; copying the volume, which fills it, comes last.
/// Timeshift has a copy of root on the HDD, in its own layout, and asks udev's database which
/// filesystems there are.
const SCRIPT: &str = include_str!("../sh/restore-files.sh");
