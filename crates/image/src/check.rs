//! Whether a payload and its build host have all that an image takes; all that is missing is said
//! at once, with how to add it.

use zshield_golden::manifest::{Entry, Kind, Listing, ManifestError, Node};
use zshield_plan::lvm_conf::{self, Owner};
use zshield_plan::policy::{self, Policy};

use crate::error::BuildError;
use crate::fstab;
use crate::grub;
use crate::initramfs;
use crate::initrd::{Initrd, LVM_DEVICES};
use crate::kernel::{self, Kernel};
use crate::missing::Missing;
use crate::modules::Modules;
use crate::multipath;
use crate::notice::Notice;
use crate::payload::Source;
use crate::platform::Platform;
use crate::program::{FSCK, PROGRAMS};
use crate::sysroot::Sysroot;
use crate::tool::Tool;

/// What a payload brings, once it is known that nothing is missing.
#[derive(Debug)]
pub struct Checked {
    /// Its kernel.
    pub kernel: Kernel,
    /// Its kernel's modules.
    pub modules: Modules,
    /// GRUB for BIOS.
    pub pc: grub::Modules,
    /// GRUB for UEFI.
    pub efi: grub::Modules,
    /// What is worth saying.
    pub notices: Vec<Notice>,
}

/// The programs of the build host that it lacks to build from such a source.
pub fn lacking_tools(source: &Source) -> Vec<Missing> {
    const ALWAYS: [Tool; 6] =
        [Tool::GrubMkimage, Tool::Mke2fs, Tool::Debugfs, Tool::Mformat, Tool::Mmd, Tool::Mcopy];
    let mut tools = source.tools();
    tools.extend(ALWAYS);
    tools.into_iter().filter(|tool| tool.find().is_none()).map(Missing::HostTool).collect()
}

/// Checks a payload's tree. `lacking` is what is missing already.
pub fn check(
    tree: &Sysroot,
    policy: &Policy,
    mut lacking: Vec<Missing>,
) -> Result<Checked, BuildError> {
    let mut notices = Vec::new();
    let init = ["sbin/init", "usr/sbin/init", "usr/lib/systemd/systemd", "lib/systemd/systemd"];
    if tree.find_file(init).is_none() {
        lacking.push(Missing::Init);
    }
    let of_start = FSCK.iter().map(|(_, program)| program);
    let wanted = PROGRAMS.iter().chain(of_start.filter(|program| !PROGRAMS.contains(program)));
    let absent = wanted.filter(|program| initramfs::find_program(tree, program.name).is_none());
    lacking.extend(absent.map(|program| Missing::Program(*program)));
    if tree.find_file([LVM_DEVICES]).is_some() {
        lacking.push(Missing::NoLvmDevices(LVM_DEVICES.into()));
    }
    for name in ["etc/lvm/lvm.conf", "etc/lvm/lvmlocal.conf"] {
        let text = tree.text(name).unwrap_or_default();
        let group = policy.storage.group.as_str();
        lacking.extend(blocking_lvm_settings(&format!("/{name}"), &text, group));
    }
    let multipath = tree.text("etc/multipath.conf").unwrap_or_default();
    let taken = multipath::takes_disks(&multipath);
    lacking.extend(taken.map(|(line, setting)| Missing::Multipath { line, setting }));
    if tree.find_file(["etc/passwd"]).is_none() {
        lacking.push(Missing::Accounts);
    }
    let [pc, efi] = Platform::ALL.map(|platform| {
        let found = grub::Modules::locate(platform, tree);
        match &found {
            None => lacking.push(Missing::Grub(platform)),
            Some(modules) if modules.lent => notices.push(Notice::GrubLent(platform)),
            Some(_) => {}
        }
        found
    });
    let payload = &policy.payload;
    let kernel = kernel::find(tree, payload.kernel.as_deref(), payload.initrd.as_deref())?;
    let modules = kernel.as_ref().map(|kernel| Modules::read(tree, &kernel.release));
    match (&kernel, &modules) {
        (Some(kernel), Some(modules)) => {
            check_kernel(
                tree,
                policy.storage.group.as_str(),
                kernel,
                modules,
                &mut lacking,
                &mut notices,
            )?;
        }
        _ => lacking.push(Missing::Kernel),
    }
    notices.extend(personal(tree));
    let left_out = fstab::left_out(&tree.text("etc/fstab").unwrap_or_default(), policy);
    notices.extend((!left_out.is_empty()).then_some(Notice::FstabLeftOut(left_out)));
    match (lacking.is_empty(), kernel, modules, pc, efi) {
        (true, Some(kernel), Some(modules), Some(pc), Some(efi)) => {
            Ok(Checked { kernel, modules, pc, efi, notices })
        }
        _ => Err(BuildError::Lacking(lacking)),
    }
}

/// The option of a kernel that loads packed modules by itself.
const UNPACKS: &str = "CONFIG_MODULE_DECOMPRESS=y";

/// What in a text of LVM's settings keeps it from the appliance's volumes.
fn blocking_lvm_settings(place: &str, text: &str, group: &str) -> Vec<Missing> {
    let missing = |(line, setting)| Missing::LvmSetting { place: place.to_owned(), line, setting };
    lvm_conf::blocking_settings(text, group, Owner::Vendor).into_iter().map(missing).collect()
}

fn check_kernel(
    tree: &Sysroot,
    group: &str,
    kernel: &Kernel,
    modules: &Modules,
    lacking: &mut Vec<Missing>,
    notices: &mut Vec<Notice>,
) -> Result<(), BuildError> {
    if modules.is_empty() {
        lacking.push(Missing::KernelModules);
    } else {
        lacking.extend(modules.lacking().into_iter().map(Missing::Driver));
    }
    let config = kernel.config(tree);
    if modules.any_packed() && !config.is_empty() && !config.lines().any(|line| line == UNPACKS) {
        notices.push(Notice::PackedModules);
    }
    if !kernel.is_whole(tree)? {
        lacking.push(Missing::KernelWhole(kernel.image.clone()));
    }
    for file in kernel.initrd.iter().chain([&kernel.image]) {
        if !file.starts_with("boot") {
            lacking.push(Missing::InBoot(file.clone()));
        }
    }
    let Some(initrd) = &kernel.initrd else {
        lacking.push(Missing::Initrd);
        return Ok(());
    };
    let Some(held) = Initrd::read(&tree.root().join(initrd))? else {
        lacking.push(Missing::InitrdDamaged(initrd.clone()));
        return Ok(());
    };
    for (name, text) in held.lvm_settings() {
        let place = format!("/{} ({name})", initrd.display());
        lacking.extend(blocking_lvm_settings(&place, text, group));
    }
    if held.limits_lvm() {
        lacking.push(Missing::NoLvmDevices(initrd.clone()));
    }
    let named = held.of_one_machine(group);
    if !named.is_empty() {
        lacking.push(Missing::InitrdOfOneMachine(named));
    }
    if held.is_squashed() {
        notices.push(Notice::InitrdNotRead);
        return Ok(());
    }
    if !held.has_lvm() {
        lacking.push(Missing::InitrdLvm);
    }
    lacking.extend(held.lacking(modules).into_iter().map(Missing::InitrdDriver));
    Ok(())
}

/// The directories that the policy mounts volumes on and the payload lacks: one that an installation
/// made would be a difference from the image for ever.
pub fn lacking_directories(
    listing: &Listing,
    storage: &policy::Storage,
) -> Result<Vec<Missing>, ManifestError> {
    let mut missing = vec![storage.user.mount.clone(), storage.audit.mount.clone()];
    for entry in listing.iter() {
        let Entry { path, node } = entry?;
        if matches!(node, Node::Inode { kind: Kind::Directory, .. }) {
            let path = path.to_string();
            missing.retain(|directory| directory.as_str().trim_start_matches('/') != path);
        }
    }
    Ok(missing.into_iter().map(Missing::Directory).collect())
}

/// What should differ on every machine and stands in the payload.
fn personal(tree: &Sysroot) -> Vec<Notice> {
    let keys = tree.names("etc/ssh");
    let keys = keys.iter().filter(|n| n.starts_with("ssh_host_") && n.ends_with("_key")).count();
    let id = tree.text("etc/machine-id").unwrap_or_default();
    let id = !matches!(id.trim(), "" | "uninitialized");
    let keys = (keys > 0).then_some(Notice::HostKeys(keys));
    keys.into_iter().chain(id.then_some(Notice::MachineId)).collect()
}
