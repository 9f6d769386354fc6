//! What the system tells GRUB: that it has come up, and which kernel is to be started.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::Context as _;
use rustix::system::RebootCommand;
use zshield_host::appliance;
use zshield_host::boot_files::{self, Kernel};
use zshield_host::grubenv::Grubenv;
use zshield_host::health::units;
use zshield_host::{tools, upgrade_record};
use zshield_linux::program::{self, Program};
use zshield_messages::{Said, say};
use zshield_plan::grub;
use zshield_plan::grubenv::EnvKey;
use zshield_plan::lvm_conf::{self, Owner};
use zshield_plan::policy::Policy;
use zshield_plan::upgrade::pin;

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
    if units::boot_complete_was_missed()? {
        return Err(Refusal::operation(TargetMissed).into());
    }
    note_started(env).with_context(|| STARTED)?;
    // The start of a version on trial is complete when that is healthy: the gate says so. Where nobody knows of a trial any more,
    // GRUB's word of one would take this system back.
    if !gate_counts(&env.boot())? {
        let words = [EnvKey::Tries, EnvKey::Trial].map(|word| (word, None));
        Grubenv::in_directory(&env.boot()).set(&words)?;
    }
    Ok(())
}

/// Whether GRUB's count of starts is the health gate's to clear, in GRUB's directory: that of a version which may still
/// be left.
pub(crate) fn gate_counts(boot: &Path) -> anyhow::Result<bool> {
    let record = upgrade_record::read(boot)?;
    Ok(pin::pinned(&record).is_some() && Grubenv::in_directory(boot).read()?.is_trial())
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
pub fn blocking_lvm_setting_of(env: &Env) -> anyhow::Result<Option<(String, Said)>> {
    let group = env.policy()?.storage.group;
    // Of disks that can't be seen now, a list of disks says nothing.
    let found = appliance::running(&env.root, &group, false);
    let found = found.inspect_err(|error| tracing::info!("{error}")).ok();
    let physical = found.map_or_else(Vec::new, |found| found.appliance.physical);
    Ok(blocking_lvm_setting(&env.root, group.as_str(), &physical))
}

/// The same for this group on these physical volumes.
pub(crate) fn blocking_lvm_setting(
    root: &Path,
    group: &str,
    physical: &[String],
) -> Option<(String, Said)> {
    // A file that is not there blocks nothing.
    let text = |name: &str| {
        let text = fs::read(root.join(name)).unwrap_or_default();
        String::from_utf8_lossy(&text).into_owned()
    };
    let texts = LVM_SETTINGS.map(text);
    let by_setting = LVM_SETTINGS.iter().zip(&texts).find_map(|(name, text)| {
        let found = lvm_conf::blocking_settings(text, group, Owner::Administrator);
        let (line, setting) = found.into_iter().next()?;
        Some((format!("/{name}:{line}"), setting.into()))
    });
    by_setting.or_else(|| {
        let name = format!("{}/{}", lvm_conf::DEVICES, lvm_conf::devices_file(&texts)?);
        let devices = fs::read(root.join(&name)).ok()?;
        let id = lvm_conf::left_out(&String::from_utf8_lossy(&devices), physical)?.to_owned();
        Some((format!("/{name}"), Said::of(|| say::health::lvm_left_out(&id))))
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

/// The last name of a kernel's path, or of its initial RAM disk's.
pub(crate) fn name(path: &Path) -> anyhow::Result<String> {
    let name = path.file_name().and_then(|name| name.to_str());
    Ok(name.with_context(|| path.display().to_string())?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_devices_file_without_an_own_disk_hinders_lvm_as_a_filter_does() {
        let root = tempfile::tempdir().unwrap();
        let own = ["Pi3DNq-qIYC-Azvf-1zcb-fkCv-xSIq-hVHmPQ".to_owned()];
        let place = || Some(blocking_lvm_setting(root.path(), "vgroup", &own)?.0);
        fs::create_dir_all(root.path().join(lvm_conf::DEVICES)).unwrap();
        assert_eq!(place(), None);
        let devices = root.path().join("etc/lvm/devices/system.devices");
        fs::write(&devices, "VERSION=1.1.2\n").unwrap();
        assert_eq!(place().as_deref(), Some("/etc/lvm/devices/system.devices"));
        let settings = root.path().join("etc/lvm/lvm.conf");
        fs::write(&settings, "devices { use_devicesfile = 0 }\n").unwrap();
        assert_eq!(place(), None);
        fs::write(&settings, "devices {\n use_devicesfile = 1\n filter = [ \"r|.*|\" ]\n}\n")
            .unwrap();
        assert_eq!(place().as_deref(), Some("/etc/lvm/lvm.conf:3"));
        fs::remove_file(&settings).unwrap();
        let entry = format!("IDTYPE=devname IDNAME=/dev/sdb1 PVID={}\n", own[0].replace('-', ""));
        fs::write(&devices, entry).unwrap();
        assert_eq!(place(), None);
    }
}
