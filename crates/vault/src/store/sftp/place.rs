//! Where a server is, and how it is spoken to.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

/// A directory of a server.
#[derive(Debug, Clone)]
pub struct SftpPlace {
    host: String,
    port: u16,
    user: String,
    /// Without `/` at its end.
    pub(super) path: String,
    identity: PathBuf,
    known_hosts: PathBuf,
}

/// What is no place for objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SftpPlaceError {
    /// No server is named so.
    #[error("not the name of a server")]
    Host,
    /// Nobody is named so.
    #[error("not the name of a user")]
    User,
    /// It is empty, or has a line's end in it.
    #[error("not a path")]
    Path,
}

impl SftpPlace {
    /// A directory of a server: relative to the user's own, or from the top. `identity` is the file of the private
    /// key; in `known_hosts` is the server's.
    pub fn new(
        (user, host, port): (&str, &str, u16),
        path: &str,
        identity: impl Into<PathBuf>,
        known_hosts: impl Into<PathBuf>,
    ) -> Result<Self, SftpPlaceError> {
        // Neither an option, nor anything that `ssh` would take apart or a shell would look at.
        let plain = |text: &str, more: &str| {
            let is_plain = |c: char| c.is_alphanumeric() || ".-_".contains(c) || more.contains(c);
            !text.is_empty() && !text.starts_with('-') && text.chars().all(is_plain)
        };
        if !plain(host, ":") {
            return Err(SftpPlaceError::Host);
        }
        if !plain(user, "\\+") {
            return Err(SftpPlaceError::User);
        }
        let trimmed = path.trim_end_matches('/');
        if path.is_empty() || path.chars().any(char::is_control) {
            return Err(SftpPlaceError::Path);
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            user: user.to_owned(),
            path: trimmed.to_owned(),
            identity: identity.into(),
            known_hosts: known_hosts.into(),
        })
    }

    /// What `ssh` is called with: nothing of anybody's own settings, agents or keys.
    pub(super) fn arguments(&self) -> Vec<OsString> {
        const SETTINGS: [&str; 17] = [
            "BatchMode=yes",
            "CheckHostIP=no",
            "ClearAllForwardings=yes",
            "ConnectTimeout=30",
            "ControlMaster=no",
            "ControlPath=none",
            "ForwardAgent=no",
            "ForwardX11=no",
            "GlobalKnownHostsFile=/dev/null",
            "IdentitiesOnly=yes",
            "PermitLocalCommand=no",
            "PreferredAuthentications=publickey",
            "ProxyCommand=none",
            "RequestTTY=no",
            "ServerAliveInterval=15",
            "StrictHostKeyChecking=yes",
            "UpdateHostKeys=no",
        ];
        let mut arguments: Vec<OsString> = vec!["-F".into(), "none".into()];
        for setting in SETTINGS {
            arguments.extend(["-o".into(), setting.into()]);
        }
        // One with blanks in it is one all the same.
        let known = format!("UserKnownHostsFile=\"{}\"", self.known_hosts.display());
        arguments.extend(["-o".into(), known.into(), "-i".into(), self.identity.clone().into()]);
        arguments.extend(["-p".into(), self.port.to_string().into()]);
        arguments.extend(["-l".into(), self.user.clone().into()]);
        arguments.extend(["-s".into(), "--".into(), self.host.clone().into(), "sftp".into()]);
        arguments
    }
}

impl fmt::Display for SftpPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sftp://{}@{}:{}/{}", self.user, self.host, self.port, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_place_is_refused() {
        let place = |user, host, path| {
            SftpPlace::new((user, host, 22), path, "/key", "/known").map(|place| place.to_string())
        };
        assert_eq!(
            place("gw", "nas.example", "/vault/"),
            Ok("sftp://gw@nas.example:22//vault".into())
        );
        assert_eq!(
            place("gw", "2001:db8::1", "vault"),
            Ok("sftp://gw@2001:db8::1:22/vault".into())
        );
        for host in ["", "-oProxyCommand=x", "a b", "a;b", "$(x)", "a/b"] {
            assert_eq!(place("gw", host, "x"), Err(SftpPlaceError::Host), "{host}");
        }
        assert_eq!(place("-x", "h", "x"), Err(SftpPlaceError::User));
        assert_eq!(place("a@b", "h", "x"), Err(SftpPlaceError::User));
        for path in ["", "a\nb"] {
            assert_eq!(place("gw", "h", path), Err(SftpPlaceError::Path));
        }
    }
}
