//! What the system tells GRUB: that it has come up, and which kernel is to be started.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use clap::ArgMatches;
use zshield_host::appliance::BOOT_DIRECTORY;
use zshield_host::boot_files::{self, Kernel};
use zshield_host::grubenv::Grubenv;
use zshield_messages::say;
use zshield_plan::grub;
use zshield_plan::grubenv::EnvKey;
use zshield_plan::policy::Policy;

use super::{path, running};
use crate::report::refused;

/// `zshield boot-complete`: this start came to a healthy system.
pub(super) fn complete() -> Result<ExitCode> {
    running::needs_root()?;
    if target_was_missed()? {
        return Err(refused(say::boot::target_missed()));
    }
    Grubenv::in_directory(&Path::new("/").join(BOOT_DIRECTORY)).set(&[(EnvKey::Tries, None)])?;
    Ok(ExitCode::SUCCESS)
}

/// Whether what the vendor made a part of `boot-complete.target` failed. A systemd before 240 does
/// not know that target, and then nothing is a part of it.
fn target_was_missed() -> Result<bool> {
    let asked = ["show", "-p", "LoadState", "-p", "ActiveState", "boot-complete.target"];
    let output = Command::new("systemctl").args(asked).output().context("systemctl")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let is = |line: &str| said.lines().any(|said| said == line);
    Ok(is("LoadState=loaded") && !is("ActiveState=active"))
}

/// `zshield boot-menu`: GRUB starts the newest kernel that is whole. Packages run it after they
/// have changed a kernel; where there is no menu of ours yet, there is nothing to do.
pub(super) fn menu(matches: &ArgMatches) -> Result<ExitCode> {
    let root = path(matches, "root");
    let directory = root.join(BOOT_DIRECTORY);
    if !directory.join("system.cfg").exists() {
        return Ok(ExitCode::SUCCESS);
    }
    let policy = running::policy(&root)?;
    let Some(newest) = boot_files::newest(&root)? else {
        // Half way through a package's change the old menu still starts the old kernel.
        err!("{}", say::boot::no_kernel());
        return Ok(ExitCode::SUCCESS);
    };
    let text = menu_of(&policy, &newest)?;
    boot_files::replace_menu(&root, "system.cfg", &text)?;
    out!("{}", say::boot::starts(name(&newest.kernel)?));
    Ok(ExitCode::SUCCESS)
}

/// The menu that starts this kernel.
pub(crate) fn menu_of(policy: &Policy, start: &Kernel) -> Result<String> {
    Ok(grub::system(policy, &name(&start.kernel)?, &name(&start.initrd)?))
}

fn name(path: &Path) -> Result<String> {
    let name = path.file_name().and_then(|name| name.to_str());
    Ok(name.with_context(|| path.display().to_string())?.to_owned())
}
