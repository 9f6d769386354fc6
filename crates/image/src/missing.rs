//! All that an image can't be built without, said with how to add it.

use std::fmt;
use std::path::{Path, PathBuf};

use zshield_golden::escape;
use zshield_messages::say;
use zshield_plan::policy::MountPath;

use crate::modules::Need;
use crate::platform::Platform;
use crate::program::Program;
use crate::tool::Tool;

/// Something that an image can't be built without.
#[derive(Clone)]
pub enum Missing {
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
    /// The payload's kernel is cut short.
    KernelWhole(PathBuf),
    /// The payload's kernel or initial RAM disk lies outside of `/boot`, a partition of its own.
    InBoot(PathBuf),
    /// The payload has no accounts.
    Accounts,
    /// A setting of the payload's LVM keeps it from the appliance's volumes.
    LvmSetting {
        /// The file.
        place: String,
        /// Its line, from 1.
        line: usize,
        /// The setting.
        setting: String,
    },
    /// The payload's multipath takes every disk from LVM.
    Multipath {
        /// The line, from 1.
        line: usize,
        /// The setting.
        setting: String,
    },
    /// The payload's initial RAM disk is cut short or none.
    InitrdDamaged(PathBuf),
    /// The payload's initial RAM disk can't open its root.
    InitrdLvm,
    /// The payload's initial RAM disk lacks a driver that its kernel has.
    InitrdDriver(&'static Need),
    /// The payload's initial RAM disk was made for the machine that made it, by these signs.
    InitrdOfOneMachine(Vec<String>),
    /// The payload, or its initial RAM disk, has a list of the only disks that LVM is to use.
    NoLvmDevices(PathBuf),
    /// The payload has no modules for its kernel.
    KernelModules,
    /// The payload's kernel lacks a driver.
    Driver(&'static Need),
    /// The payload has no directory where the policy mounts a volume.
    Directory(MountPath),
}

impl fmt::Display for Missing {
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
            Self::KernelWhole(place) => {
                say::image::lack_kernel_whole(Path::new("/").join(place).display())
            }
            Self::InBoot(place) => say::image::lack_in_boot(Path::new("/").join(place).display()),
            Self::Accounts => say::image::lack_accounts(),
            Self::LvmSetting { place, line, setting } => {
                let (line, setting) = (line.to_string(), escape(setting.as_bytes()));
                say::image::LackLvmSetting { line, place, setting }.to_string()
            }
            Self::Multipath { line, setting } => {
                say::image::LackMultipath { line: line.to_string(), setting }.to_string()
            }
            Self::InitrdDamaged(place) => {
                say::image::lack_initrd_whole(Path::new("/").join(place).display())
            }
            Self::InitrdDriver(need) => {
                let modules = need.any_of.join(", ");
                say::image::LackInitrdDriver { modules, what: need.what }.to_string()
            }
            Self::InitrdOfOneMachine(signs) => {
                let signs: Vec<String> = signs.iter().map(|sign| escape(sign.as_bytes())).collect();
                say::image::lack_initrd_for_all(signs.join(", "))
            }
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

impl fmt::Debug for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
