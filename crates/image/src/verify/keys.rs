//! The public keys that a rescue system trusts, as its initramfs holds them.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use zshield_golden::signature::TrustedKeys;

use super::problem::Problem;

/// Where they are in the initramfs.
const FOLDER: &str = "etc/zshield/keys/";
/// No key is larger.
const LARGEST: u64 = 64 << 10;
/// No initramfs unpacks to more.
const LARGEST_INITRAMFS: u64 = 4 << 30;

/// The keys in an initramfs. A file that is no key is passed over, as it would be of no use.
pub(super) fn in_initramfs(path: &Path) -> Result<TrustedKeys, Problem> {
    read(path).map_err(|error| Problem::Initramfs { reason: error.to_string() })
}

fn read(path: &Path) -> io::Result<TrustedKeys> {
    let decoder = zstd::Decoder::new(File::open(path)?)?;
    let mut rest = decoder.take(LARGEST_INITRAMFS);
    let mut keys = TrustedKeys::default();
    loop {
        let mut reader = cpio::newc::Reader::new(rest)?;
        let entry = reader.entry();
        if entry.is_trailer() {
            return Ok(keys);
        }
        if entry.name().trim_start_matches('/').starts_with(FOLDER) {
            let mut text = String::new();
            if Read::by_ref(&mut reader).take(LARGEST).read_to_string(&mut text).is_ok() {
                keys.add(&text);
            }
        }
        rest = reader.finish()?;
    }
}
