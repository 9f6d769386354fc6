//! What the system tells GRUB: that it has come up, and which kernel is to be started.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::Context as _;
use rustix::system::RebootCommand;
use zshield_host::boot_files::{self, Kernel};
use zshield_host::grubenv::Grubenv;
use zshield_host::tools;
use zshield_linux::program::{self, Program};
use zshield_messages::{Said, say};
use zshield_plan::grub;
use zshield_plan::grubenv::EnvKey;
use zshield_plan::lvm_conf::{self, Owner};
use zshield_plan::policy::Policy;

use crate::env::{self, Env};
use crate::error::{Refusal, Result};

/// A unit that the vendor made a part of a healthy system failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", say::boot::target_missed())]
pub struct TargetMissed;

/// Says, for as long as the machine runs, that its start came to a healthy system.
const STARTED: &str = "run/zshield/started";

/// Notes that this start came to a healthy system.
pub fn complete(env: &Env) -> Result<()> {
    env::needs_root()?;
    if target_was_missed()? {
        return Err(Refusal::operation(TargetMissed).into());
    }
    note_started(env).with_context(|| STARTED)?;
    Grubenv::in_directory(&env.boot()).set(&[(EnvKey::Tries, None)])?;
    Ok(())
}

fn note_started(env: &Env) -> io::Result<()> {
    let note = env.root.join(STARTED);
    note.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(note, "")
}

/// Whether this start came to a healthy system, whatever became of that since.
pub(crate) fn has_started(env: &Env) -> bool {
    env.root.join(STARTED).exists()
}

/// Whether what the vendor made a part of `boot-complete.target` failed. A systemd before 240 does
/// not know that target, and then nothing is a part of it.
fn target_was_missed() -> anyhow::Result<bool> {
    let asked = ["show", "-p", "LoadState", "-p", "ActiveState", "boot-complete.target"];
    let output = Program::new("systemctl", program::CHANGING).args(asked).run()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let is = |line: &str| said.lines().any(|said| said == line);
    Ok(is("LoadState=loaded") && !is("ActiveState=active"))
}

/// What became of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Menu {
    /// There is no menu of ours yet.
    Absent,
    /// Half way through a package's change no kernel is whole: the old menu still starts the old one.
    NoKernel,
    /// It starts this kernel.
    Starts(String),
}

/// Has GRUB start the newest kernel that is whole. Packages ask for it after they have changed a
/// kernel; where there is no menu of ours yet, there is nothing to do.
pub fn renew_menu(env: &Env) -> Result<Menu> {
    if !env.boot().join("system.cfg").exists() {
        return Ok(Menu::Absent);
    }
    let policy = env.policy()?;
    let Some(newest) = boot_files::newest(&env.root)? else { return Ok(Menu::NoKernel) };
    boot_files::replace_menu(&env.root, "system.cfg", &menu_of(&policy, &newest)?)?;
    Ok(Menu::Starts(name(&newest.kernel)?))
}

/// LVM's own settings, of which the second file's count before the first one's.
const LVM_SETTINGS: [&str; 2] = ["etc/lvm/lvm.conf", "etc/lvm/lvmlocal.conf"];

/// The first setting of LVM's by which it leaves volumes of this machine out, with its place; whoever
/// rebuilds an initial RAM disk puts a copy of it there.
pub fn blocking_lvm_setting_of(env: &Env) -> anyhow::Result<Option<(String, String)>> {
    let group = env.policy()?.storage.group;
    Ok(blocking_lvm_setting(&env.root, group.as_str()))
}

/// The same for this group.
pub(crate) fn blocking_lvm_setting(root: &Path, group: &str) -> Option<(String, String)> {
    LVM_SETTINGS.iter().find_map(|name| {
        // A file that is not there blocks nothing.
        let text = fs::read(root.join(name)).unwrap_or_default();
        let found = lvm_conf::blocking_settings(
            &String::from_utf8_lossy(&text),
            group,
            Owner::Administrator,
        );
        let (line, setting) = found.into_iter().next()?;
        Some((format!("/{name}:{line}"), setting))
    })
}

/// Restarts the machine in good order; without one, where no service manager can be asked for it.
pub fn restart() -> Result<()> {
    if tools::manager_answers() {
        Program::new("systemctl", program::CHANGING).arg("reboot").inherit_stderr().run()?;
        return Ok(());
    }
    rustix::fs::sync();
    rustix::system::reboot(RebootCommand::Restart)
        .with_context(|| Said::of(say::boot::not_restarted))?;
    Ok(())
}

/// The menu that starts this kernel.
pub(crate) fn menu_of(policy: &Policy, start: &Kernel) -> anyhow::Result<String> {
    Ok(grub::system(policy, &name(&start.kernel)?, &name(&start.initrd)?))
}

fn name(path: &Path) -> anyhow::Result<String> {
    let name = path.file_name().and_then(|name| name.to_str());
    Ok(name.with_context(|| path.display().to_string())?.to_owned())
}
