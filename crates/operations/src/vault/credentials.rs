//! Credentials in files that root alone reads.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;
use zshield_linux::IoError;
use zshield_messages::say;
use zshield_vault::store::s3::S3Credentials;

/// Why a file gives no credentials.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoCredentials {
    /// It can't be read.
    #[error(transparent)]
    Unread(#[from] IoError),
    /// Others than its owner read it.
    #[error("{}", say::vault::credentials_open(.0.display()))]
    Open(PathBuf),
    /// There are none in it.
    #[error("{}", say::vault::credentials_file(.0.display()))]
    Malformed(PathBuf),
    /// Nobody has given any for this command.
    #[error("{}", say::vault::credentials_not_given())]
    NotGiven,
}

/// Credentials for one command, in place of the policy's.
pub(super) enum Given {
    /// In a file.
    File(PathBuf),
    /// In the environment, by the names that other programs have for them.
    Environment,
}

impl Given {
    pub(super) fn of(file: Option<PathBuf>) -> Self {
        file.map_or(Self::Environment, Self::File)
    }

    /// The key of a bucket.
    pub(super) fn key(&self) -> Result<S3Credentials, NoCredentials> {
        match self {
            Self::File(path) => of_file(path),
            Self::Environment => {
                let value = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
                Ok(S3Credentials {
                    key_id: value("AWS_ACCESS_KEY_ID").ok_or(NoCredentials::NotGiven)?,
                    secret: value("AWS_SECRET_ACCESS_KEY").ok_or(NoCredentials::NotGiven)?,
                    session_token: value("AWS_SESSION_TOKEN"),
                })
            }
        }
    }

    /// The file with a private key of SSH.
    pub(super) fn identity(&self) -> Result<&str, NoCredentials> {
        match self {
            Self::File(path) => path.to_str().ok_or_else(|| NoCredentials::Malformed(path.clone())),
            Self::Environment => Err(NoCredentials::NotGiven),
        }
    }
}

/// Reads the id of a key from the first line, the key from the second, and what goes with a key that holds for a while only from
/// the third.
pub(super) fn of_file(path: &Path) -> Result<S3Credentials, NoCredentials> {
    let found = fs::metadata(path).map_err(IoError::at(path))?;
    if found.mode() & 0o077 != 0 || found.uid() != rustix::process::geteuid().as_raw() {
        return Err(NoCredentials::Open(path.to_owned()));
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(IoError::at(path))?);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut next = || lines.next().map(str::to_owned);
    let (key_id, secret, session_token) = (next(), next(), next());
    let malformed = || NoCredentials::Malformed(path.to_owned());
    Ok(S3Credentials {
        key_id: key_id.ok_or_else(malformed)?,
        secret: secret.ok_or_else(malformed)?,
        session_token,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn two_lines_of_a_file_that_root_alone_reads_are_credentials() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s3");
        let read = |text: &str, mode| {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            of_file(&path)
        };
        let found = read("AKID\nsecret/+=\n", 0o600).unwrap();
        assert_eq!((found.key_id.as_str(), found.secret.as_str()), ("AKID", "secret/+="));
        assert_eq!(found.session_token, None);
        let found = read("\n AKID \r\n secret\r\n\ntoken\n", 0o400).unwrap();
        assert_eq!(found.session_token.as_deref(), Some("token"));
        assert!(matches!(read("AKID\nsecret\n", 0o640), Err(NoCredentials::Open(_))));
        for text in ["", "AKID\n", "\n\n"] {
            assert!(matches!(read(text, 0o600), Err(NoCredentials::Malformed(_))), "{text:?}");
        }
    }
}
