//! Kernel modules: found by the devices that are there, loaded with what they need, no kmod, no
//! udev.

use std::collections::HashSet;
use std::ffi::CString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::system::{finit_module, uname};
use zshield_formats::depmod::{Index, SCREEN_DRIVERS};
use zshield_linux::program::{self, Program};

use crate::log;

/// What is needed however the machine looks: nothing has a modalias for these. What the image
/// lacks of them is passed over.
const ALWAYS: &[&str] = &[
    "sd_mod",
    "dm_mod",
    "dm_snapshot",
    "dm_verity",
    "loop",
    "ext4",
    "fuse",
    "vfat",
    "nls_cp437",
    "nls_iso8859_1",
    "nls_ascii",
    "nls_utf8",
    "efivarfs",
];

/// Where a kernel with a framebuffer shows it.
const FRAMEBUFFER: &str = "/sys/class/graphics/fb0";

/// Drivers for what a rescue system uses: disks, keyboards, and the buses to them. A display driver
/// would take the framebuffer away, a network driver costs time.
const USED: &[&str] = &[
    "kernel/drivers/ata/",
    "kernel/drivers/block/",
    "kernel/drivers/hid/",
    "kernel/drivers/input/keyboard/",
    "kernel/drivers/input/serio/",
    "kernel/drivers/message/",
    "kernel/drivers/mmc/",
    "kernel/drivers/nvme/",
    "kernel/drivers/pci/",
    "kernel/drivers/scsi/",
    "kernel/drivers/ufs/",
    "kernel/drivers/usb/core/",
    "kernel/drivers/usb/host/",
    "kernel/drivers/usb/storage/",
    "kernel/drivers/virtio/",
];

/// Drivers of wired network cards, where the network is asked for.
const NETWORK: &[&str] = &["kernel/drivers/net/ethernet/", "kernel/drivers/net/usb/"];
/// Those of paravirtual ones lie beside other things.
const NETWORK_DRIVERS: &[&str] = &["virtio_net", "vmxnet3", "hv_netvsc"];
/// A card's driver asks `modprobe` for the one of the chip at its socket, and there is none.
const BEFORE_NETWORK: &[&str] = &["realtek", "broadcom"];

/// The flag of `finit_module` for a file that the kernel itself unpacks (`MODULE_INIT_COMPRESSED_FILE`).
const COMPRESSED_FILE: i32 = 4;

/// What loads a packed module where the kernel can't.
const MODPROBE: &str = "modprobe";

/// The modules of the running kernel, and which of them have been tried.
#[derive(Debug)]
pub(crate) struct Modules {
    directory: PathBuf,
    index: Index,
    parameters: Vec<(String, String)>,
    tried: HashSet<String>,
    seen: HashSet<String>,
}

impl Modules {
    /// The lists of the running kernel's modules. `parameters` are those of the command line.
    pub(crate) fn of_running_kernel(parameters: Vec<(String, String)>) -> io::Result<Self> {
        let release = uname().release().to_string_lossy().into_owned();
        let directory = Path::new("/lib/modules").join(release);
        let index = Index::read(&directory)?;
        Ok(Self { directory, index, parameters, tried: HashSet::new(), seen: HashSet::new() })
    }

    /// Loads drivers for every device there is, again until loading brings no new device to light.
    /// Returns whether anything was loaded.
    pub(crate) fn load_for_devices(&mut self) -> bool {
        let mut loaded = false;
        loop {
            let mut fresh: Vec<String> =
                modaliases().into_iter().filter(|alias| !self.seen.contains(alias)).collect();
            if fresh.is_empty() {
                return loaded;
            }
            // USB first: its devices take the longest to turn up, in the background.
            fresh.sort_by_key(|alias| !is_usb_host(alias));
            for alias in fresh {
                loaded |= self.load_for(&alias);
                self.seen.insert(alias);
            }
        }
    }

    fn load_for(&mut self, modalias: &str) -> bool {
        let wanted: Vec<String> = self
            .index
            .for_device(modalias)
            .filter(|module| self.index.file(module).is_some_and(is_used))
            .map(str::to_owned)
            .collect();
        wanted.iter().fold(false, |loaded, module| self.load(module) | loaded)
    }

    /// Loads drivers for the wired network cards that are there.
    pub(crate) fn load_for_network(&mut self) {
        let is_network = |index: &Index, module: &str| {
            NETWORK_DRIVERS.contains(&module)
                || index.file(module).is_some_and(|path| below(path, NETWORK))
        };
        let wanted: Vec<String> = modaliases()
            .iter()
            .flat_map(|alias| self.index.for_device(alias))
            .filter(|module| is_network(&self.index, module))
            .map(str::to_owned)
            .collect();
        if !wanted.is_empty() {
            for module in BEFORE_NETWORK {
                self.load(module);
            }
        }
        for module in wanted {
            self.load(&module);
        }
    }

    /// Loads what is needed on every machine.
    pub(crate) fn load_always(&mut self) {
        for module in ALWAYS {
            self.load(module);
        }
    }

    /// Loads what draws, until there is something to draw on.
    pub(crate) fn load_for_screen(&mut self) {
        for module in SCREEN_DRIVERS {
            if Path::new(FRAMEBUFFER).exists() {
                return;
            }
            self.load(module);
        }
    }

    /// Loads a module after all that it needs; what is loaded or built in stays as it is.
    fn load(&mut self, module: &str) -> bool {
        let mut loaded = false;
        for name in self.index.in_order(module) {
            if !self.tried.insert(name.clone()) {
                continue;
            }
            match self.insert(&name) {
                Ok(()) => loaded = true,
                Err(Errno::EXIST | Errno::NOENT | Errno::NODEV) => {}
                Err(error) => log::line(&format!("module {name}: {error}")),
            }
        }
        loaded
    }

    fn insert(&self, name: &str) -> Result<(), Errno> {
        let path = self.index.file(name).ok_or(Errno::NOENT)?;
        let file = fs::File::open(self.directory.join(path))
            .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        let packed = Path::new(path).extension().is_some_and(|extension| extension != "ko");
        let flags = if packed { COMPRESSED_FILE } else { 0 };
        let parameters = self.parameters_of(name);
        let result = match finit_module(&file, &parameters, flags) {
            // The kernel is older than this flag, or built without what undoes the packing.
            Err(error @ (Errno::INVAL | Errno::OPNOTSUPP)) if packed => {
                modprobe(MODPROBE, name, &parameters).map_err(|_| error)
            }
            result => result,
        };
        log::line(&format!(
            "module {name}: {}",
            if result.is_ok() { "loaded" } else { "not loaded" }
        ));
        result
    }

    fn parameters_of(&self, name: &str) -> CString {
        let mut words: Vec<&str> = self
            .parameters
            .iter()
            .filter(|(module, _)| module == name)
            .map(|(_, parameter)| parameter.as_str())
            .collect();
        // With the scan done inside finit_module, the disks of a card are there when it returns.
        if name == "scsi_mod" && !words.iter().any(|word| word.starts_with("scan=")) {
            words.push("scan=sync");
        }
        CString::new(words.join(" ")).unwrap_or_default()
    }
}

fn is_used(path: &str) -> bool {
    below(path, USED)
}

fn below(path: &str, directories: &[&str]) -> bool {
    directories.iter().any(|directory| path.starts_with(directory))
}

/// Has a module loaded by the initrd's own means, where it has them.
fn modprobe(modprobe: &str, name: &str, parameters: &CString) -> io::Result<()> {
    let parameters = parameters.to_string_lossy();
    let modprobe = Program::new(modprobe, program::READING).arg(name);
    let modprobe = modprobe.args(parameters.split_whitespace()).inherit_stderr();
    if modprobe.run()?.status.success() { Ok(()) } else { Err(io::ErrorKind::Other.into()) }
}

/// PCI class 0c03: a USB host.
fn is_usb_host(modalias: &str) -> bool {
    modalias.starts_with("usb:") || modalias.contains("bc0Csc03")
}

/// The modalias of every device on every bus.
fn modaliases() -> Vec<String> {
    let mut found = Vec::new();
    for bus in fs::read_dir("/sys/bus").into_iter().flatten().flatten() {
        for device in fs::read_dir(bus.path().join("devices")).into_iter().flatten().flatten() {
            if let Ok(alias) = fs::read_to_string(device.path().join("modalias")) {
                found.push(alias.trim_end().to_owned());
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modprobe_is_given_the_parameters_and_believed() {
        let asked = |program| modprobe(program, "scsi_mod", &c"scan=sync".to_owned());
        assert!(asked("true").is_ok());
        assert!(asked("false").is_err());
        assert!(asked("/nowhere/modprobe").is_err());
        // Name and parameters are words of their own.
        let words = modprobe("test", "scsi_mod", &c"= scsi_mod".to_owned());
        assert!(words.is_ok());
    }
}
