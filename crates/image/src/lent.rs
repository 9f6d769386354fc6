//! The programs of a rescue system, taken out of its initramfs: for a system whose own don't start. No
//! other program is run for that.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt as _, symlink};
use std::path::{Component, Path};

use crate::archive::each_entry;
use crate::compression::Compression;

/// Where programs, their libraries and settings are. What else there is, drivers above all, is not lent.
const PLACES: [&str; 5] = ["usr/sbin/", "usr/bin/", "usr/lib/", "usr/lib64/", "etc/"];
const DRIVERS: [&str; 2] = ["usr/lib/modules/", "usr/lib/firmware/"];
/// No rescue system is as large.
const LARGEST: u64 = 1 << 30;
/// The kinds of files in the modes of a cpio archive.
const KIND: u32 = 0o170_000;
const FILE: u32 = 0o100_000;
const LINK: u32 = 0o120_000;

/// Unpacks them below a directory. Links lead from one name to another beside it.
pub fn unpack(initramfs: &[u8], to: &Path) -> io::Result<()> {
    let mut links = BTreeMap::new();
    each_entry(plain(initramfs)?, |name, mode, content| {
        if is_lent(name) && mode & KIND == FILE {
            write(&to.join(name), mode & 0o755, content)?;
        } else if is_lent(name) && mode & KIND == LINK {
            let mut target = String::new();
            content.read_to_string(&mut target)?;
            links.insert(name.to_owned(), target);
        }
        Ok(())
    })?;
    for (name, target) in links.iter().filter(|(_, target)| !target.contains('/')) {
        let link = to.join(name);
        link.parent().map_or(Ok(()), fs::create_dir_all)?;
        symlink(target, link)?;
    }
    Ok(())
}

/// A reader of the archive in an initramfs: it is never in memory as a whole.
fn plain(initramfs: &[u8]) -> io::Result<Box<dyn Read + '_>> {
    match Compression::of_bytes(initramfs) {
        Some(Compression::Zstd) => Ok(Box::new(zstd::Decoder::new(initramfs)?.take(LARGEST))),
        Some(Compression::Gzip) => {
            Ok(Box::new(flate2::read::GzDecoder::new(initramfs).take(LARGEST)))
        }
        Some(
            Compression::Xz
            | Compression::Bzip2
            | Compression::Lzip
            | Compression::Lzop
            | Compression::Lz4,
        )
        | None => Err(io::ErrorKind::Unsupported.into()),
    }
}

fn is_lent(name: &str) -> bool {
    let is_plain = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    let begins = |place: &&str| name.starts_with(*place);
    is_plain && PLACES.iter().any(begins) && !DRIVERS.iter().any(begins)
}

fn write(path: &Path, mode: u32, content: &mut dyn Read) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    io::copy(content, &mut file).map(drop)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use zshield_units::UnixTime;

    use super::*;
    use crate::archive::Archive;
    use crate::compression::RamdiskCompression;

    #[test]
    fn programs_are_taken_out_of_a_rescue_system_and_nothing_leads_elsewhere() {
        let mut archive = Archive::default();
        archive.file("usr/sbin/lvm", 0o755, b"lvm".to_vec());
        archive.link("usr/sbin/pvs", "lvm");
        archive.link("usr/bin/zshield", "/init");
        archive.link("lib", "usr/lib");
        archive.file("usr/lib/x86_64-linux-gnu/libc.so.6", 0o644, b"libc".to_vec());
        archive.file("usr/lib/modules/6/kernel/big.ko", 0o644, vec![0; 10]);
        archive.file("usr/lib/../../outside", 0o644, b"outside".to_vec());
        archive.text("etc/lvm/lvm.conf", "conf");
        archive.file("init", 0o755, b"init".to_vec());
        for with in [RamdiskCompression::Zstd, RamdiskCompression::Gzip] {
            let directory = tempfile::tempdir().unwrap();
            let (file, to) = (directory.path().join("initramfs"), directory.path().join("a/b"));
            archive.write_file(&file, with, UnixTime(1)).unwrap();
            fs::create_dir_all(&to).unwrap();
            unpack(&fs::read(&file).unwrap(), &to).unwrap();
            let lvm = to.join("usr/sbin/lvm");
            assert_eq!(fs::read(to.join("usr/sbin/pvs")).unwrap(), b"lvm");
            assert_eq!(lvm.metadata().unwrap().permissions().mode() & 0o777, 0o755);
            assert!(to.join("usr/lib/x86_64-linux-gnu/libc.so.6").is_file());
            assert!(to.join("etc/lvm/lvm.conf").is_file());
            for left in ["lib", "init", "usr/lib/modules", "usr/bin/zshield", "outside"] {
                assert!(to.join(left).symlink_metadata().is_err(), "{left}");
            }
            assert!(!directory.path().join("outside").exists());
        }
        let directory = tempfile::tempdir().unwrap();
        assert!(unpack(b"no archive", directory.path()).is_err());
    }
}
