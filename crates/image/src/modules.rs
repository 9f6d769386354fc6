//! The payload's kernel modules: which there are, what they need, and which the rescue system takes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use zshield_formats::depmod::{Index, Lists, SCREEN_DRIVERS};

use crate::sysroot::Sysroot;

/// A device or filesystem that the rescue system must be able to use.
pub struct Need {
    /// What it is for, as a person would say it.
    pub what: &'static str,
    /// The modules, of which one at least must be there or be built in.
    pub any_of: &'static [&'static str],
}

/// What no rescue system can do without. The squashfs of an image is none of it: it is read as a file, since
/// the kernels of Red Hat 7 and 8 mount none with zstd.
pub const NEEDS: &[Need] = &[
    Need { what: "SATA (AHCI)", any_of: &["ahci"] },
    Need { what: "NVMe", any_of: &["nvme"] },
    Need { what: "LSI MegaRAID", any_of: &["megaraid_sas"] },
    Need { what: "LSI SAS3", any_of: &["mpt3sas"] },
    Need { what: "SCSI disks", any_of: &["sd_mod"] },
    Need { what: "USB 3", any_of: &["xhci_pci"] },
    Need { what: "USB storage", any_of: &["usb_storage"] },
    Need { what: "USB attached SCSI", any_of: &["uas"] },
    Need { what: "virtio disks", any_of: &["virtio_blk"] },
    Need { what: "virtio on PCI", any_of: &["virtio_pci"] },
    Need { what: "device-mapper", any_of: &["dm_mod"] },
    Need { what: "LVM snapshots", any_of: &["dm_snapshot"] },
    Need { what: "dm-verity", any_of: &["dm_verity"] },
    Need { what: "dm-bufio", any_of: &["dm_bufio"] },
    Need { what: "loop devices", any_of: &["loop"] },
    Need { what: "ext4", any_of: &["ext4"] },
    Need { what: "FAT", any_of: &["vfat"] },
    Need { what: "code page 437", any_of: &["nls_cp437"] },
    Need { what: "a FAT character set", any_of: &["nls_ascii", "nls_iso8859_1", "nls_utf8"] },
];

/// What else is taken where the payload has it: other controllers, keyboards, checksums, and what mounts a vault's
/// generations.
const WELCOME: &str = "
    fuse
    ata_piix ata_generic sata_nv sata_sil sata_sil24 sata_via isci vmd
    mptsas mptspi mpi3mr megaraid_mbox hpsa aacraid smartpqi ses
    pm80xx mvsas arcmsr sdhci_pci mmc_block
    ehci_pci uhci_hcd ohci_pci xhci_pci_renesas
    usbhid hid_generic atkbd i8042 evdev
    virtio_scsi virtio_mmio vmw_pvscsi
    crc32c_intel crc32c_generic crc32_pclmul sha256_ssse3 sha256_generic
    nls_ascii nls_iso8859_1 nls_utf8";

/// Wired network cards, those of USB among them, as far as they work without a firmware file: their drivers are loaded
/// where the network is asked for. Two names at the end of the first line belong to `tg3` and `r8169`, which no list
/// of a module says. Mellanox's alone would be half as large as all of these.
const NETWORK: &str = "
    virtio_net vmxnet3 hv_netvsc ena tg3 r8169 realtek broadcom
    e100 e1000 e1000e igb igbvf igc ixgbe ixgbevf i40e iavf ice
    8139too 8139cp bnxt_en be2net atlantic atl1c alx sky2 skge forcedeth hinic ngbe txgbe
    r8152 ax88179_178a asix cdc_ether cdc_ncm";

/// The kernel options of which one makes the firmware's frame buffer work without modules.
const SCREENS_BUILT_IN: &[&str] = &["CONFIG_DRM_SIMPLEDRM=y", "CONFIG_FB_SIMPLE=y"];
/// Those too, where the kernel does not show the firmware's frame buffer as one for the others.
const SCREENS_OF_FIRMWARE: &[&str] = &["CONFIG_FB_EFI=y", "CONFIG_FB_VESA=y"];
const SHOWN_TO_OTHERS: &str = "CONFIG_SYSFB_SIMPLEFB=y";

/// A kernel's modules, by their names with `_` for `-`.
#[derive(Debug, Default)]
pub struct Modules {
    release: String,
    index: Index,
}

/// The directory of a release's modules within a tree.
pub fn directory(release: &str) -> PathBuf {
    Path::new("lib/modules").join(release)
}

impl Modules {
    /// The modules of a release, as `depmod` listed them.
    pub fn read(tree: &Sysroot, release: &str) -> Self {
        let text = |file: &str| tree.text(directory(release).join(file)).unwrap_or_default();
        let (dep, builtin) = (text("modules.dep"), text("modules.builtin"));
        Self::parse(release, &dep, &builtin, &text("modules.softdep"))
    }

    pub(crate) fn parse(release: &str, dep: &str, builtin: &str, softdep: &str) -> Self {
        let lists = Lists { dep, builtin, softdep, alias: "" };
        Self { release: release.to_owned(), index: Index::parse(lists) }
    }

    /// Whether `depmod` has listed any.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// The release that they are for.
    pub fn release(&self) -> &str {
        &self.release
    }

    /// Whether the kernel has it, in itself or as a module.
    pub fn has(&self, name: &str) -> bool {
        self.index.has(name)
    }

    /// Whether any lies there packed.
    pub fn any_packed(&self) -> bool {
        self.index.files().any(|file| stored(Path::new(file)) != Path::new(file))
    }

    /// What is needed and not there.
    pub fn lacking(&self) -> Vec<&'static Need> {
        NEEDS.iter().filter(|need| !need.any_of.iter().any(|name| self.has(name))).collect()
    }

    /// The names of the modules for a rescue system, with all that they need.
    pub fn chosen(&self, kernel_config: &str) -> BTreeSet<String> {
        let screens = if has_screen(kernel_config) { &[] } else { SCREEN_DRIVERS };
        let needed = NEEDS.iter().flat_map(|need| need.any_of);
        let wanted = needed
            .chain(screens)
            .copied()
            .chain(WELCOME.split_whitespace())
            .chain(NETWORK.split_whitespace());
        self.index.closure(wanted)
    }

    /// A module's file, relative to the release's directory.
    pub fn file(&self, name: &str) -> Option<&Path> {
        self.index.file(name).map(Path::new)
    }

    /// `modules.dep` for these modules alone, which are stored without compression.
    pub fn dependencies(&self, chosen: &BTreeSet<String>) -> String {
        let plain = |name: &String| self.file(name).map(|file| stored(file).display().to_string());
        let mut lines = String::new();
        for name in chosen {
            let Some(file) = plain(name) else { continue };
            // As depmod has it: what is needed first comes last.
            let needs = self.index.needs(name).iter().rev().filter_map(plain);
            lines.extend([file, ":".to_owned()]);
            lines.extend(needs.map(|need| format!(" {need}")));
            lines.push('\n');
        }
        lines
    }
}

/// Whether a kernel of this configuration draws on the firmware's frame buffer without modules.
fn has_screen(kernel_config: &str) -> bool {
    let has = |options: &[&str]| kernel_config.lines().any(|line| options.contains(&line));
    has(SCREENS_BUILT_IN) || (has(SCREENS_OF_FIRMWARE) && !has(&[SHOWN_TO_OTHERS]))
}

/// The path under which a module is stored: without the ending of its compression.
pub fn stored(file: &Path) -> PathBuf {
    match file.extension().and_then(|e| e.to_str()) {
        Some("xz" | "zst" | "gz") => file.with_extension(""),
        _ => file.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEP: &str = "kernel/drivers/nvme/host/nvme.ko.xz: kernel/drivers/nvme/host/nvme-core.ko.xz\n\
        kernel/drivers/nvme/host/nvme-core.ko.xz:\n\
        kernel/fs/ext4/ext4.ko: kernel/fs/jbd2/jbd2.ko\n\
        kernel/fs/jbd2/jbd2.ko:\n\
        kernel/fs/fuse/fuse.ko.xz:\n\
        kernel/arch/x86/crypto/crc32c-intel.ko.zst:\n\
        kernel/drivers/net/ethernet/intel/igb/igb.ko: kernel/drivers/dca/dca.ko\n\
        kernel/drivers/dca/dca.ko:\n\
        kernel/drivers/net/wireless/ath/ath.ko:\n\
        kernel/sound/snd.ko:\n";

    fn modules() -> Modules {
        Modules::parse(
            "6.1",
            DEP,
            "kernel/drivers/md/dm-mod.ko\n",
            "softdep ext4 pre: crc32c-intel\n",
        )
    }

    #[test]
    fn a_module_brings_what_it_needs_hard_and_soft() {
        let chosen = modules().chosen("CONFIG_FB_EFI=y\n");
        let names: Vec<&str> = chosen.iter().map(String::as_str).collect();
        assert_eq!(
            names,
            ["crc32c_intel", "dca", "ext4", "fuse", "igb", "jbd2", "nvme", "nvme_core"]
        );
    }

    #[test]
    fn a_screen_is_built_in_where_its_driver_gets_the_frame_buffer() {
        assert!(has_screen("CONFIG_FB_EFI=y\nCONFIG_FB_VESA=y\n"));
        assert!(!has_screen("CONFIG_FB_EFI=y\nCONFIG_SYSFB_SIMPLEFB=y\n"));
        assert!(has_screen("CONFIG_SYSFB_SIMPLEFB=y\nCONFIG_DRM_SIMPLEDRM=y\n"));
        assert!(has_screen("CONFIG_SYSFB_SIMPLEFB=y\nCONFIG_FB_SIMPLE=y\n"));
        assert!(!has_screen("CONFIG_DRM_SIMPLEDRM=m\n"));
        assert!(modules().any_packed());
        assert!(!Modules::parse("6.1", "kernel/fs/jbd2/jbd2.ko:\n", "", "").any_packed());
    }

    #[test]
    fn the_list_for_the_loader_names_the_files_as_stored() {
        let modules = modules();
        let chosen = ["nvme".to_owned(), "nvme_core".to_owned()].into();
        assert_eq!(
            modules.dependencies(&chosen),
            "kernel/drivers/nvme/host/nvme.ko: kernel/drivers/nvme/host/nvme-core.ko\n\
             kernel/drivers/nvme/host/nvme-core.ko:\n"
        );
    }

    #[test]
    fn what_is_built_in_is_not_lacking() {
        let lacking: Vec<&str> = modules().lacking().iter().map(|need| need.what).collect();
        assert!(!lacking.contains(&"device-mapper") && !lacking.contains(&"ext4"));
        assert!(lacking.contains(&"LSI MegaRAID") && lacking.contains(&"USB storage"));
    }
}
