//! The payload's kernel and its initial RAM disk.

use std::path::{Path, PathBuf};

use crate::compression::{RamdiskCompression, first_bytes};
use crate::error::{BuildError, at};
use crate::sysroot::Sysroot;

/// A kernel that boots, and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kernel {
    /// Its release, as `uname -r` says and as its modules' directory is called.
    pub release: String,
    /// Its image within the payload, links resolved.
    pub image: PathBuf,
    /// Its initial RAM disk within the payload, if there is one.
    pub initrd: Option<PathBuf>,
}

/// The kernel in the payload: the one that the policy names, or the only one in `/boot`.
pub fn find(
    tree: &Sysroot,
    named: Option<&Path>,
    named_initrd: Option<&Path>,
) -> Result<Option<Kernel>, BuildError> {
    let Some(image) = find_image(tree, named)? else { return Ok(None) };
    let path = tree.root().join(&image);
    let Some(release) = release(&first_bytes(&path, 1 << 16)?) else {
        return Err(BuildError::NotAKernel(image));
    };
    let initrd = match named_initrd {
        Some(named) => {
            Some(tree.resolve(named).ok_or_else(|| BuildError::NamedFileAbsent(named.to_owned()))?)
        }
        None => [
            format!("boot/initrd.img-{release}"),
            format!("boot/initramfs-{release}.img"),
            format!("boot/initrd-{release}"),
        ]
        .iter()
        .find_map(|name| tree.resolve(name)),
    };
    Ok(Some(Kernel { release, image, initrd }))
}

fn find_image(tree: &Sysroot, named: Option<&Path>) -> Result<Option<PathBuf>, BuildError> {
    if let Some(named) = named {
        let found = tree.resolve(named);
        return found.map(Some).ok_or_else(|| BuildError::NamedFileAbsent(named.to_owned()));
    }
    let mut images: Vec<PathBuf> = tree
        .names("boot")
        .iter()
        // Red Hat's rescue kernel is a second copy of the ordinary one.
        .filter(|name| name.starts_with("vmlinuz") && !name.contains("rescue"))
        .filter_map(|name| tree.resolve(Path::new("boot").join(name)))
        .filter(|image| tree.root().join(image).is_file())
        .collect();
    images.sort();
    images.dedup();
    match images.len() {
        0 | 1 => Ok(images.pop()),
        _ => Err(BuildError::ManyKernels(images)),
    }
}

/// The release in the header of an x86 kernel image.
pub(crate) fn release(image: &[u8]) -> Option<String> {
    const MAGIC: usize = 0x202;
    const VERSION: usize = 0x20e;
    if image.get(MAGIC..MAGIC + 4)? != b"HdrS" {
        return None;
    }
    let offset = u16::from_le_bytes([*image.get(VERSION)?, *image.get(VERSION + 1)?]);
    let text = image.get(usize::from(offset) + 0x200..)?;
    let length = text.iter().position(|byte| matches!(byte, b' ' | 0))?;
    let release = std::str::from_utf8(&text[..length]).ok()?;
    // It names a directory, and stands in menus: nothing that leads elsewhere or breaks a line will do.
    let plain = release.chars().all(|character| character.is_ascii_graphic() && character != '/');
    (!release.is_empty() && plain && !release.starts_with('.')).then(|| release.to_owned())
}

/// The least length of the x86 kernel image that begins so, by its own header.
fn least_length(image: &[u8]) -> Option<u64> {
    const SECTOR: u64 = 512;
    const PARAGRAPH: u64 = 16;
    let sectors = match *image.get(0x1f1)? {
        0 => 4,
        sectors => sectors,
    };
    let paragraphs = u32::from_le_bytes(*image.get(0x1f4..)?.first_chunk()?);
    Some((u64::from(sectors) + 1) * SECTOR + u64::from(paragraphs) * PARAGRAPH)
}

/// The compressions of an initramfs, the kernel's configuration name of each, the best first.
const RAMDISKS: [(RamdiskCompression, &str); 2] = [
    (RamdiskCompression::Zstd, "CONFIG_RD_ZSTD=y"),
    (RamdiskCompression::Gzip, "CONFIG_RD_GZIP=y"),
];

impl Kernel {
    /// Whether its image is as long as it says itself.
    pub fn is_whole(&self, tree: &Sysroot) -> Result<bool, BuildError> {
        let path = tree.root().join(&self.image);
        let length = path.metadata().map_err(at(&path))?.len();
        Ok(least_length(&first_bytes(&path, 1 << 10)?).is_some_and(|least| least <= length))
    }

    /// The best compression of an initramfs that this kernel undoes; every kernel knows gzip.
    pub fn ramdisk_compression(&self, tree: &Sysroot) -> RamdiskCompression {
        let config = self.config(tree);
        RAMDISKS
            .into_iter()
            .find(|(_, option)| config.lines().any(|line| line == *option))
            .map_or(RamdiskCompression::Gzip, |(compression, _)| compression)
    }

    /// Its configuration, empty if it is nowhere.
    pub fn config(&self, tree: &Sysroot) -> String {
        [
            format!("boot/config-{}", self.release),
            format!("usr/lib/modules/{}/config", self.release),
        ]
        .iter()
        .find_map(|path| tree.text(path))
        .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn image(release: &str) -> Vec<u8> {
        let mut image = vec![0; 0x1000];
        image[0x202..0x206].copy_from_slice(b"HdrS");
        image[0x20e..0x210].copy_from_slice(&0x0800u16.to_le_bytes());
        let text = format!("{release} (builder@host) #1 SMP");
        image[0xa00..0xa00 + text.len()].copy_from_slice(text.as_bytes());
        image
    }

    #[test]
    fn a_release_is_read_from_the_kernel_itself() {
        assert_eq!(release(&image("6.1.0-56-amd64")).as_deref(), Some("6.1.0-56-amd64"));
        assert_eq!(release(&image("../../etc")), None);
        assert_eq!(release(&image("6.1.0\n}\nboot")), None);
        assert_eq!(release(b"no kernel"), None);
    }

    #[test]
    fn a_kernel_says_how_long_it_is() {
        // As a Debian kernel of 6.1 begins: 39 sectors of setup, 8,156,992 bytes in all.
        let mut start = image("6.1.0-56-amd64");
        start[0x1f1] = 39;
        start[0x1f4..0x1f8].copy_from_slice(&508_532_u32.to_le_bytes());
        assert_eq!(least_length(&start), Some(40 * 512 + 508_532 * 16));
        assert_eq!(least_length(&start[..0x1f6]), None);
    }

    #[test]
    fn two_kernels_are_a_question_and_a_named_one_its_answer() {
        let directory = tempfile::tempdir().unwrap();
        let boot = directory.path().join("boot");
        fs::create_dir(&boot).unwrap();
        for release in ["6.1.0-1", "6.1.0-2", "0-rescue-1234"] {
            fs::write(boot.join(format!("vmlinuz-{release}")), image(release)).unwrap();
        }
        fs::write(boot.join("initramfs-6.1.0-2.img"), "").unwrap();
        std::os::unix::fs::symlink("vmlinuz-6.1.0-2", boot.join("vmlinuz")).unwrap();
        let tree = Sysroot::new(directory.path());
        match find(&tree, None, None) {
            Err(BuildError::ManyKernels(found)) => assert_eq!(found.len(), 2),
            other => panic!("{other:?}"),
        }
        let kernel = find(&tree, Some(Path::new("/boot/vmlinuz")), None).unwrap().unwrap();
        assert_eq!(kernel.release, "6.1.0-2");
        assert_eq!(kernel.image, Path::new("boot/vmlinuz-6.1.0-2"));
        assert_eq!(kernel.initrd.as_deref(), Some(Path::new("boot/initramfs-6.1.0-2.img")));
        let absent = find(&tree, Some(Path::new("boot/absent")), None);
        assert!(matches!(absent, Err(BuildError::NamedFileAbsent(_))));
    }
}
