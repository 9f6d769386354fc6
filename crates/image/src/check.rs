//! Whether a payload and its build host have all that an image takes; all that is missing is said
//! at once, with how to add it.

use std::fmt;
use std::path::{Path, PathBuf};

use zshield_golden::manifest::{Entry, Kind, Listing, ManifestError, Node};
use zshield_messages::say;
use zshield_plan::policy::{self, MountPath};

use crate::error::BuildError;
use crate::grub::{self, Platform};
use crate::initramfs::{self, FSCK, PROGRAMS, Program};
use crate::kernel::{self, Kernel, LVM_DEVICES, Lvm};
use crate::modules::{Modules, Need};
use crate::notice::Notice;
use crate::payload::Source;
use crate::tool::Tool;
use crate::tree::Tree;

/// Something that an image can't be built without.
#[derive(Clone)]
pub enum Lack {
    /// A program of the build host.
    HostTool(Tool),
    /// The payload has nothing to start as its first process.
    Init,
    /// The payload lacks a program.
    Program(Program),
    /// Neither payload nor build host has GRUB for this firmware.
    Grub(Platform),
    /// The payload has no kernel.
    Kernel,
    /// The payload has no initial RAM disk for its kernel.
    Initrd,
    /// The payload's initial RAM disk can't open its root.
    InitrdLvm,
    /// The payload, or its initial RAM disk, has a list of the only disks that LVM is to use.
    NoLvmDevices(PathBuf),
    /// The payload has no modules for its kernel.
    KernelModules,
    /// The payload's kernel lacks a driver.
    Driver(&'static Need),
    /// The payload has no directory where the policy mounts a volume.
    Directory(MountPath),
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::HostTool(tool) => {
                let (debian, redhat) = tool.packages();
                say::image::LackHostTool { debian, name: tool.name(), redhat }.to_string()
            }
            Self::Program(program) => {
                let (debian, redhat) = program.packages;
                say::image::LackProgram { debian, name: program.name, redhat }.to_string()
            }
            Self::Grub(platform) => {
                let (debian, redhat) = platform.packages();
                say::image::LackGrub { debian, firmware: platform.firmware(), redhat }.to_string()
            }
            Self::Init => say::image::lack_init(),
            Self::Kernel => say::image::lack_kernel(),
            Self::Initrd => say::image::lack_initrd(),
            Self::InitrdLvm => say::image::lack_initrd_lvm(),
            Self::NoLvmDevices(place) => {
                say::image::lack_no_lvm_devices(Path::new("/").join(place).display())
            }
            Self::KernelModules => say::image::lack_kernel_modules(),
            Self::Directory(directory) => say::image::lack_directory(directory.as_str()),
            Self::Driver(need) => {
                say::image::LackDriver { modules: need.any_of.join(", "), what: need.what }
                    .to_string()
            }
        })
    }
}

impl fmt::Debug for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

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
pub fn lacking_tools(source: &Source) -> Vec<Lack> {
    const ALWAYS: [Tool; 6] =
        [Tool::GrubMkimage, Tool::Mke2fs, Tool::Debugfs, Tool::Mformat, Tool::Mmd, Tool::Mcopy];
    let mut tools = source.tools();
    tools.extend(ALWAYS);
    tools.into_iter().filter(|tool| tool.find().is_none()).map(Lack::HostTool).collect()
}

/// Checks a payload's tree. `lacking` is what is missing already.
pub fn check(
    tree: &Tree,
    policy: &policy::Payload,
    mut lacking: Vec<Lack>,
) -> Result<Checked, BuildError> {
    let mut notices = Vec::new();
    let init = ["sbin/init", "usr/sbin/init", "usr/lib/systemd/systemd", "lib/systemd/systemd"];
    if tree.find_file(init).is_none() {
        lacking.push(Lack::Init);
    }
    let of_start = FSCK.iter().map(|(_, program)| program);
    let wanted = PROGRAMS.iter().chain(of_start.filter(|program| !PROGRAMS.contains(program)));
    let absent = wanted.filter(|program| initramfs::find_program(tree, program.name).is_none());
    lacking.extend(absent.map(|program| Lack::Program(*program)));
    if tree.find_file([LVM_DEVICES]).is_some() {
        lacking.push(Lack::NoLvmDevices(LVM_DEVICES.into()));
    }
    let [pc, efi] = Platform::ALL.map(|platform| {
        let found = grub::Modules::locate(platform, tree);
        match &found {
            None => lacking.push(Lack::Grub(platform)),
            Some(modules) if modules.lent => notices.push(Notice::GrubLent(platform)),
            Some(_) => {}
        }
        found
    });
    let kernel = kernel::find(tree, policy.kernel.as_deref(), policy.initrd.as_deref())?;
    let modules = kernel.as_ref().map(|kernel| Modules::read(tree, &kernel.release));
    match (&kernel, &modules) {
        (Some(kernel), Some(modules)) => {
            check_kernel(tree, kernel, modules, &mut lacking, &mut notices)?;
        }
        _ => lacking.push(Lack::Kernel),
    }
    notices.extend(personal(tree));
    match (lacking.is_empty(), kernel, modules, pc, efi) {
        (true, Some(kernel), Some(modules), Some(pc), Some(efi)) => {
            Ok(Checked { kernel, modules, pc, efi, notices })
        }
        _ => Err(BuildError::Lacking(lacking)),
    }
}

/// The option of a kernel that loads packed modules by itself.
const UNPACKS: &str = "CONFIG_MODULE_DECOMPRESS=y";

fn check_kernel(
    tree: &Tree,
    kernel: &Kernel,
    modules: &Modules,
    lacking: &mut Vec<Lack>,
    notices: &mut Vec<Notice>,
) -> Result<(), BuildError> {
    if modules.is_empty() {
        lacking.push(Lack::KernelModules);
    } else {
        lacking.extend(modules.lacking().into_iter().map(Lack::Driver));
    }
    let config = kernel.config(tree);
    if modules.any_packed() && !config.is_empty() && !config.lines().any(|line| line == UNPACKS) {
        notices.push(Notice::PackedModules);
    }
    let Some(initrd) = &kernel.initrd else {
        lacking.push(Lack::Initrd);
        return Ok(());
    };
    match kernel::lvm_in_initrd(&tree.root().join(initrd))? {
        Some(Lvm { devices: true, .. }) => lacking.push(Lack::NoLvmDevices(initrd.clone())),
        Some(Lvm { program: false, .. }) => lacking.push(Lack::InitrdLvm),
        Some(_) => {}
        None => notices.push(Notice::InitrdNotRead),
    }
    Ok(())
}

/// The directories that the policy mounts volumes on and the payload lacks: one that an installation
/// made would be a difference from the image for ever.
pub fn lacking_directories(
    listing: &Listing,
    storage: &policy::Storage,
) -> Result<Vec<Lack>, ManifestError> {
    let mut missing = vec![storage.user.mount.clone(), storage.audit.mount.clone()];
    for entry in listing.iter() {
        let Entry { path, node } = entry?;
        if matches!(node, Node::Inode { kind: Kind::Directory, .. }) {
            let path = path.to_string();
            missing.retain(|directory| directory.as_str().trim_start_matches('/') != path);
        }
    }
    Ok(missing.into_iter().map(Lack::Directory).collect())
}

/// What should differ on every machine and stands in the payload.
fn personal(tree: &Tree) -> Vec<Notice> {
    let keys = tree.names("etc/ssh");
    let keys = keys.iter().filter(|n| n.starts_with("ssh_host_") && n.ends_with("_key")).count();
    let id = tree.text("etc/machine-id").unwrap_or_default();
    let id = !matches!(id.trim(), "" | "uninitialized");
    let keys = (keys > 0).then_some(Notice::HostKeys(keys));
    keys.into_iter().chain(id.then_some(Notice::MachineId)).collect()
}
