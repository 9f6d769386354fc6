//! Any bytes as a COW store and as the filesystem in front of it: an error, or chunks of the store
//! in their places, and never a byte behind the origin's end.

use std::fs::File;
use std::io::Write as _;

use rustix::fs::{MemfdFlags, memfd_create};
use zshield_formats::cow::{ExceptionStore, Mark, State, copy_back, verify};
use zshield_formats::ext4::FreeMap;

const ORIGIN: usize = 64 << 10;

/// A file in memory.
pub(crate) fn file(bytes: &[u8]) -> File {
    let mut file = File::from(memfd_create("fuzz", MemfdFlags::CLOEXEC).expect("memfd"));
    file.write_all(bytes).expect("memory");
    file
}

pub(crate) fn store(bytes: &[u8]) {
    let store = file(bytes);
    let origin = file(&vec![0x5a; ORIGIN]);
    let free = FreeMap::read(&store).ok();
    if let Ok(opened) = ExceptionStore::open(&store, &origin) {
        let exceptions = opened.exceptions();
        let state = State { stores: &[opened], free: free.as_ref() };
        let (report, copied) = copy_back(state, &origin, &mut |_, _| {}).expect("copied");
        assert_eq!(report.free + report.equal + report.written, exceptions);
        verify(state, &copied, &origin, &mut |_, _| {}).expect("read back");
    }
    assert_eq!(origin.metadata().expect("memory").len(), ORIGIN as u64);
}

/// A mark, whose checksum no chance finds: it is put right, so that what it covers is read too.
pub(crate) fn mark(bytes: &[u8]) {
    let mut sector = [0; 512];
    let length = bytes.len().min(480);
    sector[..length].copy_from_slice(&bytes[..length]);
    let checksum = blake3::hash(&sector[..480]);
    sector[480..].copy_from_slice(checksum.as_bytes());
    assert!(Mark::decode(&sector).is_none_or(|mark| mark.encode() == sector));
}
