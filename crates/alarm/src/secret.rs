//! Secrets: each is one line in a file that root alone can read.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::error::SendError;

/// No secret is longer.
const LONGEST: u64 = 4096;

/// Reads a secret; one that others can read is none.
pub(crate) fn read(path: &Path) -> Result<String, SendError> {
    let unreadable =
        |source: io::Error| SendError::SecretUnreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    // Of what was opened, whatever stands under the name by now.
    let facts = file.metadata().map_err(unreadable)?;
    let owner = rustix::process::geteuid().as_raw();
    if facts.uid() != owner || facts.mode() & 0o077 != 0 || !facts.is_file() {
        return Err(SendError::SecretOpen(path.to_owned()));
    }
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text).map_err(unreadable)?;
    let text = text.trim();
    if text.is_empty() || text.contains(char::is_control) {
        return Err(SendError::SecretEmpty(path.to_owned()));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn only_a_line_that_nobody_else_can_read_is_a_secret() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        let with = |text: &str, mode| {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            read(&path)
        };
        assert_eq!(with("SEC123\n", 0o600).unwrap(), "SEC123");
        for mode in [0o640, 0o604, 0o644] {
            assert!(matches!(with("SEC123", mode), Err(SendError::SecretOpen(_))), "{mode:o}");
        }
        for text in ["", "\n", "a\nb"] {
            assert!(matches!(with(text, 0o600), Err(SendError::SecretEmpty(_))), "{text:?}");
        }
        assert!(matches!(read(directory.path()), Err(SendError::SecretOpen(_))));
        let absent = read(Path::new("/no/such")).unwrap_err();
        assert!(matches!(absent, SendError::SecretUnreadable { .. }));
    }
}
