//! A copy of the program apart from `/usr`: whoever has lost that calls it from there.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use zshield_linux::{durable_file, label};

/// The program, whatever has become of its file.
const OWN: &str = "/proc/self/exe";
/// Its copy.
const COPY: &str = "/var/lib/zshield/zshield";

/// Makes the copy, unless it is there already.
pub(super) fn renew() -> io::Result<()> {
    copy(Path::new(OWN), Path::new(COPY))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let size = |path: &Path| path.metadata().map(|file| file.len());
    let same = size(to).is_ok_and(|found| size(from).is_ok_and(|wanted| found == wanted));
    if same && fs::read(to)? == fs::read(from)? {
        return Ok(());
    }
    to.parent().map_or(Ok(()), label::create_dir_all)?;
    durable_file::replace(to, 0o755, |target| io::copy(&mut File::open(from)?, target).map(drop))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::*;

    #[test]
    fn it_is_made_once_and_again_where_it_is_another() {
        let directory = tempfile::tempdir().unwrap();
        let (own, to) = (directory.path().join("own"), directory.path().join("lib/copy"));
        fs::write(&own, "program").unwrap();
        copy(&own, &to).unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"program");
        assert_eq!(to.metadata().unwrap().permissions().mode() & 0o777, 0o755);
        let inode = to.metadata().unwrap().ino();
        copy(&own, &to).unwrap();
        assert_eq!(to.metadata().unwrap().ino(), inode);
        fs::write(&to, "garbage").unwrap();
        copy(&own, &to).unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"program");
    }
}
