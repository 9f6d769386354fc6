//! Extended attributes, ACLs and capabilities among them, raw.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// The most that Linux takes as one file's list of names, and as one value.
const LARGEST: usize = 64 << 10;

/// Full name and value of each.
pub type Xattrs = BTreeMap<Vec<u8>, Vec<u8>>;

/// All extended attributes; none where the filesystem knows of none.
pub fn read(path: impl AsRef<Path>) -> io::Result<Xattrs> {
    let path = path.as_ref();
    // Nearly always there are none, and then no buffer is needed.
    let length = match rustix::fs::llistxattr_query(path) {
        Err(rustix::io::Errno::OPNOTSUPP) | Ok(0) => return Ok(Xattrs::new()),
        other => other?,
    };
    let mut list = vec![0; length.min(LARGEST)];
    let length = rustix::fs::llistxattr(path, list.as_mut_slice())?;
    let mut value = vec![0; LARGEST];
    let mut found = Xattrs::new();
    for name in list[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let length = rustix::fs::lgetxattr(path, name, value.as_mut_slice())?;
        found.insert(name.to_vec(), value[..length].to_vec());
    }
    Ok(found)
}
