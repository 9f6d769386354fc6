//! What is in the demo payload, as arguments for mmdebstrap.

use std::fmt;

/// A Debian release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Suite {
    /// Debian 11: kernel 5.10, LVM 2.03.11.
    Bullseye,
    /// Debian 12: kernel 6.1, LVM 2.03.16.
    Bookworm,
    /// Debian 13: kernel 6.12, LVM 2.03.31.
    Trixie,
}

/// What makes the payload's own initrd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Initrd {
    /// Debian's default.
    InitramfsTools,
    /// As on Fedora, RHEL and their kin.
    Dracut,
}

/// As which distribution's system the payload is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Family {
    /// As it comes.
    Debian,
    /// As of Red Hat, Rocky and their kin, with dracut.
    El,
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bullseye => "bullseye",
            Self::Bookworm => "bookworm",
            Self::Trixie => "trixie",
        })
    }
}

impl fmt::Display for Initrd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InitramfsTools => "initramfs-tools",
            Self::Dracut => "dracut",
        })
    }
}

const PACKAGES: &[&str] = &[
    "dbus",
    "dmsetup",
    "e2fsprogs",
    "grub-efi-amd64-bin",
    "grub-pc-bin",
    "grub2-common",
    "iproute2",
    "kmod",
    "less",
    "linux-image-amd64",
    "lvm2",
    "openssh-server",
    "procps",
    "squashfs-tools",
    "systemd",
    "systemd-sysv",
    "udev",
    "zstd",
];

/// Documentation, and what only other firmware or a desktop would use.
const UNWANTED: &[&str] = &[
    "/usr/lib/grub/x86_64-efi/monolithic",
    "/usr/lib/udev/hwdb.d",
    "/usr/share/bash-completion",
    "/usr/share/doc",
    "/usr/share/info",
    "/usr/share/locale",
    "/usr/share/man",
];

/// Kernel modules that no appliance here loads. Kept: storage, USB, keyboards, device-mapper,
/// filesystems of disks and sticks, and a few wired network cards.
const UNWANTED_MODULES: &[&str] = &[
    "arch/x86/kvm",
    "drivers/bluetooth",
    "drivers/comedi",
    "drivers/crypto",
    "drivers/gpu",
    "drivers/hwmon",
    "drivers/iio",
    "drivers/infiniband",
    "drivers/input/joystick",
    "drivers/input/touchscreen",
    "drivers/isdn",
    "drivers/media",
    "drivers/mmc",
    "drivers/mtd",
    "drivers/net",
    "drivers/platform",
    "drivers/scsi/bfa",
    "drivers/scsi/bnx2fc",
    "drivers/scsi/bnx2i",
    "drivers/scsi/csiostor",
    "drivers/scsi/cxgbi",
    "drivers/scsi/fnic",
    "drivers/scsi/lpfc",
    "drivers/scsi/qedf",
    "drivers/scsi/qedi",
    "drivers/scsi/qla2xxx",
    "drivers/staging",
    "drivers/target",
    "drivers/usb/gadget",
    "drivers/usb/misc",
    "drivers/usb/serial",
    "drivers/video",
    "fs/afs",
    "fs/btrfs",
    "fs/ceph",
    "fs/dlm",
    "fs/f2fs",
    "fs/gfs2",
    "fs/jfs",
    "fs/nfs",
    "fs/nfsd",
    "fs/ntfs3",
    "fs/ocfs2",
    "fs/orangefs",
    "fs/reiserfs",
    "fs/smb",
    "fs/ubifs",
    "net/bluetooth",
    "net/bridge",
    "net/ceph",
    "net/mac80211",
    "net/netfilter",
    "net/openvswitch",
    "net/rxrpc",
    "net/sched",
    "net/sctp",
    "net/sunrpc",
    "net/tipc",
    "net/wireless",
    "sound",
    "virt",
];

const WANTED_MODULES: &[&str] = &[
    "drivers/net/ethernet/intel/e1000/*",
    "drivers/net/ethernet/intel/e1000e/*",
    "drivers/net/ethernet/intel/igb/*",
    "drivers/net/ethernet/realtek/*",
    "drivers/net/virtio_net.ko*",
    "drivers/net/net_failover.ko*",
];

/// Units that cost a slow machine seconds at every boot and show nothing in a demo.
const MASKED: &[&str] = &[
    "apt-daily-upgrade.timer",
    "apt-daily.timer",
    "dev-hugepages.mount",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "ssh.service",
    "sys-fs-fuse-connections.mount",
    "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount",
    "systemd-pstore.service",
];

/// `/bin` and its like as links into `/usr`.
const MERGED_USR: &str = "/usr/share/mmdebstrap/hooks/merged-usr";

/// Everything but suite, target and mirrors.
pub(super) fn mmdebstrap_arguments(suite: Suite, initrd: Initrd) -> Vec<String> {
    let mut packages = PACKAGES.to_vec();
    packages.push(match initrd {
        Initrd::InitramfsTools => "initramfs-tools",
        Initrd::Dracut => "dracut",
    });
    if suite == Suite::Bookworm {
        // Else the transitional package brings 50 MB of Perl.
        packages.push("usr-is-merged");
    }
    let mut arguments: Vec<String> = [
        "--quiet",
        "--format=tar",
        "--variant=minbase",
        "--aptopt=APT::Install-Recommends \"false\"",
    ]
    .map(str::to_owned)
    .into();
    arguments.push(match suite {
        // The layout of today, before the package that stands for it.
        Suite::Bullseye => format!("--setup-hook={MERGED_USR}/setup00.sh \"$1\""),
        Suite::Bookworm | Suite::Trixie => format!("--hook-dir={MERGED_USR}"),
    });
    arguments.push(format!("--include={}", packages.join(",")));
    arguments.extend(unwanted_paths());
    if initrd == Initrd::Dracut {
        arguments.push(write_file("essential", "/etc/dracut.conf.d/appliance.conf", DRACUT));
    }
    arguments.extend(configuration());
    arguments
}

pub(super) fn unwanted_paths() -> impl Iterator<Item = String> {
    let files = UNWANTED.iter().map(|dir| format!("--dpkgopt=path-exclude={dir}/*"));
    // The kernel's package of trixie has its modules below /usr/lib, the older ones below /lib.
    let modules = ["/lib", "/usr/lib"].into_iter().flat_map(|lib| {
        let excluded = UNWANTED_MODULES
            .iter()
            .map(move |dir| format!("--dpkgopt=path-exclude={lib}/modules/*/kernel/{dir}/*"));
        let included = WANTED_MODULES
            .iter()
            .map(move |path| format!("--dpkgopt=path-include={lib}/modules/*/kernel/{path}"));
        excluded.chain(included)
    });
    files.chain(modules)
}

const DRACUT: &str = "hostonly=no\nadd_dracutmodules+=\" lvm \"\n";

const AUTOLOGIN: &str = "[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin root --noclear \
                         --keep-baud 115200,38400,9600 %I dumb\n";

fn configuration() -> Vec<String> {
    vec![
        write_file("customize", "/etc/hostname", "appliance\n"),
        write_file("customize", "/etc/hosts", "127.0.0.1 localhost\n127.0.1.1 appliance\n"),
        write_file(
            "customize",
            "/etc/systemd/system/serial-getty@ttyS0.service.d/autologin.conf",
            AUTOLOGIN,
        ),
        write_file(
            "customize",
            "/etc/systemd/system/getty@tty1.service.d/autologin.conf",
            &AUTOLOGIN.replace(" dumb", " linux"),
        ),
        format!("--customize-hook=chroot \"$1\" systemctl mask {}", MASKED.join(" ")),
        "--customize-hook=chroot \"$1\" systemctl enable serial-getty@ttyS0.service".to_owned(),
    ]
}

fn write_file(stage: &str, path: &str, content: &str) -> String {
    format!(
        "--{stage}-hook=mkdir -p \"$1$(dirname {path})\" && printf '%s' '{content}' > \"$1{path}\""
    )
}
