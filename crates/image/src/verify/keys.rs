//! The public keys that a rescue system trusts, as its initramfs holds them.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use zshield_golden::signature::TrustedKeys;

use super::problem::Problem;
use crate::archive::each_entry;
use crate::compression::Compression;

/// Where they are in the initramfs.
const DIRECTORY: &str = "etc/zshield/keys/";
/// No key is larger.
const LARGEST: u64 = 64 << 10;
/// No initramfs unpacks to more.
const LARGEST_INITRAMFS: u64 = 4 << 30;

/// The keys in an initramfs. A file that is no key is passed over, as it would be of no use.
pub(super) fn in_initramfs(path: &Path) -> Result<TrustedKeys, Problem> {
    unpacked(path).map_err(|error| Problem::Initramfs { reason: error.to_string() })
}

/// The same, whatever it is packed with: the kernel it was built for says what it understands.
fn unpacked(path: &Path) -> Result<TrustedKeys, Box<dyn Error>> {
    let file = File::open(path)?;
    match Compression::of_file(path)? {
        None => Ok(read(file)?),
        Some(Compression::Zstd) => Ok(read(zstd::Decoder::new(file)?)?),
        Some(other) => {
            let mut tool = other.undo()?.reading(file).piped()?;
            let keys = read(tool.stdout()?)?;
            tool.wait()?;
            Ok(keys)
        }
    }
}

fn read(archive: impl Read) -> io::Result<TrustedKeys> {
    let mut keys = TrustedKeys::default();
    each_entry(archive.take(LARGEST_INITRAMFS), |name, _, content| {
        if name.trim_start_matches('/').starts_with(DIRECTORY) {
            let mut text = String::new();
            if content.take(LARGEST).read_to_string(&mut text).is_ok() {
                keys.add(&text);
            }
        }
        Ok(())
    })?;
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Archive;
    use crate::compression::RamdiskCompression;

    #[test]
    fn keys_are_found_whatever_the_kernel_understands() {
        let directory = tempfile::tempdir().unwrap();
        let (secret, public) =
            (directory.path().join("secret"), directory.path().join("vendor.pub"));
        zshield_golden::key::generate(&secret, &public, None).unwrap();
        let expected = TrustedKeys::load([&public]).unwrap();
        let mut archive = Archive::default();
        archive.copy(&format!("{DIRECTORY}vendor.pub"), &public, 0o644).unwrap();
        let file = directory.path().join("initramfs.img");
        for compression in [RamdiskCompression::Zstd, RamdiskCompression::Gzip] {
            archive.write_file(&file, compression, zshield_units::UnixTime(1)).unwrap();
            let found = in_initramfs(&file).unwrap();
            assert!(!found.is_empty() && found.ids().eq(expected.ids()));
        }
    }
}
