//! The kernels of a running system, and the menu that starts one of them.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use zshield_linux::IoError;
use zshield_linux::durable_file;
use zshield_linux::ioctl;
use zshield_plan::kernel_release::compare;

/// A kernel that can be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kernel {
    /// The kernel.
    pub kernel: PathBuf,
    /// Its initial RAM disk.
    pub initrd: PathBuf,
}

/// What distributions put before a kernel's release, and around it for its initial RAM disk.
const KERNEL: &str = "vmlinuz-";
const INITRDS: [(&str, &str); 3] = [("initrd.img-", ""), ("initramfs-", ".img"), ("initrd-", "")];

/// The newest kernel in `/boot` that has its initial RAM disk and its modules.
pub fn newest(root: &Path) -> Result<Option<Kernel>, IoError> {
    let boot = root.join("boot");
    let mut found: Option<(String, Kernel)> = None;
    for entry in fs::read_dir(&boot).map_err(IoError::at(&boot))? {
        let name = entry.map_err(IoError::at(&boot))?.file_name();
        let Some(release) = name.to_str().and_then(|name| name.strip_prefix(KERNEL)) else {
            continue;
        };
        let whole = |path: &PathBuf| path.metadata().is_ok_and(|file| file.len() > 0);
        let initrd = INITRDS
            .iter()
            .map(|(before, after)| boot.join(format!("{before}{release}{after}")))
            .find(whole);
        let modules = ["lib/modules", "usr/lib/modules"].map(|at| root.join(at).join(release));
        let kernel = boot.join(&name);
        let Some(initrd) = initrd else { continue };
        if !whole(&kernel) || !modules.iter().any(|directory| directory.is_dir()) {
            continue;
        }
        if found.as_ref().is_none_or(|(best, _)| compare(release, best).is_gt()) {
            found = Some((release.to_owned(), Kernel { kernel, initrd }));
        }
    }
    Ok(found.map(|(_, kernel)| kernel))
}

/// Replaces a file of GRUB's directory, and has the filesystem write down where it lies: GRUB replays
/// no journal.
pub fn replace_menu(root: &Path, name: &str, text: &str) -> Result<(), IoError> {
    let directory = root.join(crate::BOOT_DIRECTORY);
    let replace = || {
        durable_file::write(&directory.join(name), 0o644, text.as_bytes())?;
        checkpoint(&root.join("boot"))
    };
    replace().map_err(IoError::at(directory.join(name)))
}

/// Has a filesystem bring everything to its place, as unmounting it would. One that can't be
/// frozen is none that has a journal.
pub(crate) fn checkpoint(mounted: &Path) -> io::Result<()> {
    let directory = File::open(mounted)?;
    rustix::fs::syncfs(&directory)?;
    loop {
        match ioctl::freeze(&directory) {
            Ok(()) => return ioctl::thaw(&directory),
            Err(error) if error.kind() == io::ErrorKind::Unsupported => return Ok(()),
            // Somebody else has frozen it: until he thaws it nothing can be made there.
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                drop(tempfile::tempfile_in(mounted)?);
            }
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        root
    }

    #[test]
    fn the_newest_kernel_that_is_whole_is_found() {
        let root = root(&[
            "boot/vmlinuz-6.1.0-9-amd64",
            "boot/initrd.img-6.1.0-9-amd64",
            "lib/modules/6.1.0-9-amd64/modules.dep",
            "boot/vmlinuz-6.1.0-44-amd64",
            "boot/initrd.img-6.1.0-44-amd64",
            "usr/lib/modules/6.1.0-44-amd64/modules.dep",
            "boot/vmlinuz-6.12.0-1-amd64",
            "lib/modules/6.12.0-1-amd64/modules.dep",
        ]);
        let newest = newest(root.path()).unwrap().unwrap();
        assert!(newest.kernel.ends_with("vmlinuz-6.1.0-44-amd64"), "{newest:?}");
    }

    /// `/boot` as a system of Red Hat 9 has it, in the middle of an update.
    #[test]
    fn neither_a_rescue_kernel_nor_one_for_crashes_nor_an_entry_of_another_loader_is_the_newest() {
        let root = root(&[
            "boot/.vmlinuz-5.14.0-284.30.1.el9_2.x86_64.hmac",
            "boot/grub2/grub.cfg",
            "boot/initramfs-0-rescue-4d3c2b1a.img",
            "boot/initramfs-5.14.0-284.30.1.el9_2.x86_64.img",
            "boot/initramfs-5.14.0-284.30.1.el9_2.x86_64kdump.img",
            "boot/initramfs-5.14.0-284.el9.x86_64.img",
            "boot/initramfs-5.14.0-427.el9_4.x86_64kdump.img",
            "boot/loader/entries/4d3c2b1a-5.14.0-427.el9_4.x86_64.conf",
            "boot/vmlinuz-0-rescue-4d3c2b1a",
            "boot/vmlinuz-5.14.0-284.30.1.el9_2.x86_64",
            "boot/vmlinuz-5.14.0-284.el9.x86_64",
            "boot/vmlinuz-5.14.0-427.el9_4.x86_64",
            "lib/modules/5.14.0-284.30.1.el9_2.x86_64/kernel/fs/ext4/ext4.ko.xz",
            "lib/modules/5.14.0-284.el9.x86_64/kernel/fs/ext4/ext4.ko.xz",
            "lib/modules/5.14.0-427.el9_4.x86_64/kernel/fs/ext4/ext4.ko.xz",
        ]);
        let newest = newest(root.path()).unwrap().unwrap();
        assert!(newest.kernel.ends_with("vmlinuz-5.14.0-284.30.1.el9_2.x86_64"), "{newest:?}");
        let initrd = "initramfs-5.14.0-284.30.1.el9_2.x86_64.img";
        assert!(newest.initrd.ends_with(initrd), "{newest:?}");
    }

    #[test]
    fn none_is_found_where_none_is_whole() {
        let root = root(&["boot/vmlinuz-6.1.0"]);
        assert_eq!(newest(root.path()).unwrap(), None);
    }
}
