//! Kernels of the Red Hat family, by their own configurations: what an image may ask of them.

use std::fs;
use std::path::Path;

use zshield_image::compression::RamdiskCompression;
use zshield_image::kernel::Kernel;
use zshield_image::modules::{Modules, NEEDS};
use zshield_image::notice::Notice;
use zshield_image::sysroot::Sysroot;

use crate::fixture::{Factory, RELEASE};

/// A kernel of the family: its release, its configuration as far as an image goes by it, and whether
/// it knows zstd, in an initramfs as in a squashfs.
struct Captured {
    release: &'static str,
    config: &'static str,
    knows_zstd: bool,
}

const CAPTURED: [Captured; 3] = [
    Captured {
        release: "3.10.0-1160.119.1.el7.x86_64",
        config: include_str!("../captured/kernel-el7.9.config"),
        knows_zstd: false,
    },
    Captured {
        release: "4.18.0-372.32.1.el8_6.x86_64",
        config: include_str!("../captured/kernel-el8.6.config"),
        knows_zstd: false,
    },
    Captured {
        release: "5.14.0-284.30.1.el9_2.x86_64",
        config: include_str!("../captured/kernel-el9.2.config"),
        knows_zstd: true,
    },
];

/// The option of the kernel that makes each driver which an image asks for.
const OPTIONS: [(&str, &str); 21] = [
    ("ahci", "SATA_AHCI"),
    ("nvme", "BLK_DEV_NVME"),
    ("megaraid_sas", "MEGARAID_SAS"),
    ("mpt3sas", "SCSI_MPT3SAS"),
    ("sd_mod", "BLK_DEV_SD"),
    // Its own option has no line where it follows this one.
    ("xhci_pci", "USB_XHCI_HCD"),
    ("usb_storage", "USB_STORAGE"),
    ("uas", "USB_UAS"),
    ("virtio_blk", "VIRTIO_BLK"),
    ("virtio_pci", "VIRTIO_PCI"),
    ("dm_mod", "BLK_DEV_DM"),
    ("dm_snapshot", "DM_SNAPSHOT"),
    ("dm_verity", "DM_VERITY"),
    // Both need it.
    ("dm_bufio", "DM_SNAPSHOT"),
    ("loop", "BLK_DEV_LOOP"),
    ("squashfs", "SQUASHFS"),
    ("ext4", "EXT4_FS"),
    ("vfat", "VFAT_FS"),
    ("nls_cp437", "NLS_CODEPAGE_437"),
    ("nls_ascii", "NLS_ASCII"),
    ("nls_utf8", "NLS_UTF8"),
];

impl Captured {
    fn has(&self, option: &str, value: &str) -> bool {
        let line = format!("CONFIG_{option}={value}");
        self.config.lines().any(|found| found == line)
    }

    /// A payload of it with its configuration in the file `config`.
    fn payload(&self, config: &str) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let modules = root.path().join("usr/lib/modules").join(self.release);
        let file = root.path().join(config);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::create_dir_all(&modules).unwrap();
        std::os::unix::fs::symlink("usr/lib", root.path().join("lib")).unwrap();
        fs::write(file, self.config).unwrap();
        let drivers = |value: &str, rest: &str| -> String {
            let of_value = OPTIONS.iter().filter(|(_, option)| self.has(option, value));
            of_value.flat_map(|(module, _)| ["kernel/", module, ".ko", rest, "\n"]).collect()
        };
        // As its package has them.
        fs::write(modules.join("modules.dep"), drivers("m", ".xz:")).unwrap();
        fs::write(modules.join("modules.builtin"), drivers("y", "")).unwrap();
        root
    }

    fn kernel(&self) -> Kernel {
        let image = format!("boot/vmlinuz-{}", self.release).into();
        Kernel { release: self.release.to_owned(), image, initrd: None }
    }
}

#[test]
fn the_rescue_initramfs_is_packed_as_each_kernel_of_red_hat_undoes_it() {
    for captured in &CAPTURED {
        let release = captured.release;
        assert_eq!(captured.has("RD_ZSTD", "y"), captured.knows_zstd, "{release}");
        let wanted =
            if captured.knows_zstd { RamdiskCompression::Zstd } else { RamdiskCompression::Gzip };
        // The kernel's package has it in both places, and kernel-install need not have run.
        for config in [format!("boot/config-{release}"), format!("lib/modules/{release}/config")] {
            let place = config.replacen("lib/", "usr/lib/", 1);
            let payload = captured.payload(&place);
            let tree = Sysroot::new(payload.path());
            let chosen = captured.kernel().ramdisk_compression(&tree);
            assert_eq!(chosen, wanted, "{release} {config}");
        }
        let payload = captured.payload("etc/elsewhere");
        let chosen = captured.kernel().ramdisk_compression(&Sysroot::new(payload.path()));
        assert_eq!(chosen, RamdiskCompression::Gzip, "{release} without its configuration");
    }
}

#[test]
fn no_kernel_of_red_hat_lacks_a_driver_that_is_asked_for() {
    for captured in &CAPTURED {
        let payload = captured.payload("etc/elsewhere");
        let modules = Modules::read(&Sysroot::new(payload.path()), captured.release);
        let lacking: Vec<&str> = modules.lacking().iter().map(|need| need.what).collect();
        assert!(lacking.is_empty(), "{}: {lacking:?}", captured.release);
        // Each draws on the firmware's frame buffer by itself.
        let chosen = modules.chosen(captured.config);
        assert!(chosen.contains("ext4") && chosen.contains("dm_snapshot"), "{chosen:?}");
        // And none of them unpacks a driver: those of a rescue system lie there unpacked.
        assert!(modules.any_packed() && !captured.has("MODULE_DECOMPRESS", "y"));
        assert!(!modules.dependencies(&chosen).contains(".xz"));
    }
}

#[test]
fn no_kernel_is_asked_to_mount_the_image_which_those_of_red_hat_7_and_8_can_not() {
    for captured in &CAPTURED {
        assert_eq!(captured.has("SQUASHFS_ZSTD", "y"), captured.knows_zstd);
        let payload = captured.payload("etc/elsewhere");
        let modules = Modules::read(&Sysroot::new(payload.path()), captured.release);
        assert!(modules.has("squashfs"));
        assert!(!modules.chosen(captured.config).contains("squashfs"), "{}", captured.release);
    }
    assert!(NEEDS.iter().all(|need| !need.any_of.contains(&"squashfs")));
}

#[test]
fn an_image_for_a_kernel_without_zstd_has_no_initramfs_of_it() {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    const ZSTD: [u8; 2] = [0x28, 0xb5];
    let factory = Factory::new();
    let config = factory.path("payload/boot").join(format!("config-{RELEASE}"));
    let modules = factory.path("payload/lib/modules").join(RELEASE);
    pack_modules(&modules);
    for captured in &CAPTURED {
        fs::write(&config, captured.config).unwrap();
        let summary = factory.build("payload", "usb.img").unwrap();
        assert!(summary.notices.contains(&Notice::PackedModules), "{:?}", summary.notices);
        let slot = factory.slot("usb.img");
        for file in ["initramfs.img", "early.img"] {
            let bytes = fs::read(slot.join(file)).unwrap();
            let wanted = if captured.knows_zstd { ZSTD } else { GZIP };
            assert_eq!(bytes[..2], wanted, "{file} for {}", captured.release);
        }
    }
}

/// Packs each module as Red Hat's packages have it.
fn pack_modules(directory: &Path) {
    let list = directory.join("modules.dep");
    let text = fs::read_to_string(&list).unwrap();
    for line in text.lines() {
        let module = directory.join(line.trim_end_matches(':'));
        crate::fixture::run(std::process::Command::new("xz").arg(module));
    }
    fs::write(list, text.replace(".ko:", ".ko.xz:")).unwrap();
}
