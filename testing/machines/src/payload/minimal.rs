//! The smallest payload that an image can be built of: what a power cut does depends on the order
//! of writes and not on how many files there are, and each cut is followed by a whole operation.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::tool::{capture, tool};

/// The sizes of SSD and HDD that it needs, in bytes.
pub const DISKS: [u64; 2] = [2200 << 20, 3200 << 20];

const RELEASE: &str = "6.1.0-small";
const NEXT_RELEASE: &str = "6.1.1-small";
/// The drivers that an image asks for; nobody loads these.
const MODULES: [&str; 19] = [
    "ahci",
    "nvme",
    "megaraid_sas",
    "mpt3sas",
    "sd_mod",
    "xhci_pci",
    "usb_storage",
    "uas",
    "virtio_blk",
    "virtio_pci",
    "dm_mod",
    "dm_snapshot",
    "dm_verity",
    "dm_bufio",
    "loop",
    "ext4",
    "vfat",
    "nls_cp437",
    "nls_ascii",
];
/// The programs that it asks for.
const PROGRAMS: [&str; 7] = ["lvm", "dmsetup", "mke2fs", "e2fsck", "blkid", "fsck", "logsave"];

/// Fills a directory.
pub fn fill(root: &Path) -> Result<()> {
    fill_with(root, RELEASE)?;
    for (path, text) in [
        ("etc/settings", "one\n"),
        ("etc/shared", "delivered\n"),
        ("etc/gone", "gone\n"),
        ("usr/lib/gone", "gone\n"),
    ] {
        fs::write(root.join(path), text)?;
    }
    Ok(())
}

/// Fills a directory with the version after it: another kernel, another program, a new account, and files that
/// are new, other, gone, and other names of one.
pub fn fill_next(root: &Path) -> Result<()> {
    fill_with(root, NEXT_RELEASE)?;
    let noise: Vec<u8> =
        (0_u32..1 << 17).flat_map(|at| at.wrapping_mul(at).to_le_bytes()).collect();
    fs::write(root.join("usr/lib/new"), noise)?;
    fs::hard_link(root.join("usr/lib/new"), root.join("usr/lib/new-again"))?;
    fs::create_dir(root.join("usr/lib/more"))?;
    symlink("../new", root.join("usr/lib/more/link"))?;
    for (path, text) in [
        ("usr/sbin/init", "#!init of the next version\n"),
        ("etc/settings", "two\n"),
        ("etc/shared", "delivered anew\n"),
        ("etc/passwd", "root:x:0:0::/root:/bin/sh\nnew:x:7:7::/:/bin/false\n"),
    ] {
        fs::write(root.join(path), text)?;
    }
    Ok(())
}

fn fill_with(root: &Path, release: &str) -> Result<()> {
    for directory in [
        "usr/sbin",
        "usr/bin",
        "usr/lib",
        "usr/lib64",
        "etc/udev/rules.d",
        "boot",
        "dev",
        "home",
        "proc",
        "run",
        "sys",
        "var/lib",
        "var/log",
    ] {
        fs::create_dir_all(root.join(directory))?;
    }
    for name in ["sbin", "bin", "lib", "lib64"] {
        symlink(format!("usr/{name}"), root.join(name))?;
    }
    fs::write(root.join("usr/sbin/init"), "#!init\n")?;
    fs::write(root.join("etc/passwd"), "root:x:0:0::/root:/bin/sh\n")?;
    for name in PROGRAMS {
        fs::copy("/usr/bin/true", root.join("usr/sbin").join(name))?;
    }
    for library in libraries("/usr/bin/true")? {
        let directory = if library.contains("ld-linux") { "usr/lib64" } else { "usr/lib" };
        let name = Path::new(&library).file_name().context("a library without a name")?;
        fs::copy(&library, root.join(directory).join(name))?;
    }
    fs::write(root.join(format!("boot/vmlinuz-{release}")), kernel(release))?;
    fs::write(root.join(format!("boot/config-{release}")), "CONFIG_RD_ZSTD=y\n")?;
    initrd(root, release)?;
    let modules = root.join("usr/lib/modules").join(release);
    fs::create_dir_all(modules.join("kernel"))?;
    // As hardlink leaves a payload: one file on what will be two filesystems.
    fs::hard_link(root.join(format!("boot/vmlinuz-{release}")), modules.join("vmlinuz"))?;
    let mut list = String::new();
    for name in MODULES {
        fs::write(modules.join(format!("kernel/{name}.ko")), name)?;
        list.extend(["kernel/", name, ".ko:\n"]);
    }
    fs::write(modules.join("modules.dep"), list)?;
    fs::write(modules.join("modules.alias"), "")?;
    Ok(())
}

fn libraries(program: &str) -> Result<Vec<String>> {
    let said = capture(tool("ldd", [program]).env("LC_ALL", "C"))?;
    let paths = said.split_whitespace().filter(|word| word.starts_with('/'));
    Ok(paths.map(str::to_owned).collect())
}

/// The header by which a kernel tells its release, and some bytes that are not all the same.
fn kernel(release: &str) -> Vec<u8> {
    const TEXT: usize = 0x0a00;
    let mut image: Vec<u8> = (0_u32..1 << 16).flat_map(u32::to_le_bytes).collect();
    image[0x202..0x206].copy_from_slice(b"HdrS");
    image[0x20e..0x210].copy_from_slice(&[0x00, 0x08]);
    let text = format!("{release} (builder@host) ");
    image[TEXT..TEXT + text.len()].copy_from_slice(text.as_bytes());
    image
}

/// A cpio with LVM and drivers in it, as the check of an image looks for.
fn initrd(root: &Path, release: &str) -> Result<()> {
    let modules = MODULES.map(|name| format!("usr/lib/modules/{release}/kernel/{name}.ko"));
    let mut archive = Vec::new();
    for name in modules.iter().map(String::as_str).chain(["usr/sbin/lvm"]) {
        archive = cpio::newc::Builder::new(name).mode(0o100_755).write(archive, 0).finish()?;
    }
    let archive = cpio::newc::trailer(archive)?;
    Ok(fs::write(root.join(format!("boot/initrd.img-{release}")), archive)?)
}

/// A policy for it, on small disks.
pub fn policy(payload: &Path) -> String {
    let source = payload.display().to_string();
    format!(
        r#"[product]
name = "Torture"
version = "1.0.0"
language = "en"
[payload]
source = {source:?}
[disks.ssd]
max_size = "2500MB"
min_size = "2GB"
rotational = false
[disks.hdd]
min_size = "3GB"
rotational = true
[storage]
boot = "520MiB"
[storage.root]
size = "640MiB"
min = "640MiB"
[storage.user]
size = "rest"
min = "32MiB"
mount = "/home"
[storage.audit]
size = "64MiB"
min = "64MiB"
mount = "/var/log"
"#
    )
}
