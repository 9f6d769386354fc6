//! Where a bundle is read from: a file of this machine, or one on a web server.

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use zshield_bundle::source::Source;
use zshield_messages::say;
use zshield_net::address::WebAddress;
use zshield_net::client::Connection;
use zshield_net::remote::{FetchError, Fetched, Patience, Remote, Sleeps, Waits};
use zshield_plan::policy::{Policy, ProxyAddress};

/// Why there is nothing to read a bundle from. Nothing was changed, and nobody on the network was asked.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// What was named is the address of a file here.
    #[error("{}", say::upgrade::source_file_address(.0))]
    FileAddress(String),
    /// What was named is the address of something else than a web server, or of none.
    #[error("{}", say::upgrade::source_bad_address())]
    BadAddress,
    /// The file is not there, or can't be read.
    #[error("{}", say::upgrade::source_unreadable(path.display()))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is no file.
    #[error("{}", say::upgrade::source_no_file(.0.display()))]
    NoFile(PathBuf),
    /// A server can't be asked from here.
    #[error(transparent)]
    Fetch(#[from] FetchError),
}

/// What a bundle is read from.
#[derive(Debug)]
pub enum Opened {
    /// A file of this machine.
    File(File, PathBuf),
    /// A file on a web server.
    Remote(Box<Remote>),
}

/// Opens what was named: a path, or an address that begins with `http://` or `https://`. A server is asked with the
/// first read, by the proxy and with the certificates that the policy names. Waits between tries are slept through.
pub fn open(named: &OsStr, policy: &Policy) -> Result<Opened, SourceError> {
    open_with(named, policy, Patience::default(), Box::new(Sleeps))
}

/// The same, with whoever waits between tries and tells people of it.
pub fn open_with(
    named: &OsStr,
    policy: &Policy,
    patience: Patience,
    waits: Box<dyn Waits>,
) -> Result<Opened, SourceError> {
    let Some((text, scheme)) = named.to_str().and_then(|text| Some((text, scheme(text)?))) else {
        return open_file(Path::new(named));
    };
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => {}
        "file" => return Err(SourceError::FileAddress(text[scheme.len() + 3..].to_owned())),
        _ => return Err(SourceError::BadAddress),
    }
    let address = WebAddress::parse(text).ok_or(SourceError::BadAddress)?;
    let upgrade = &policy.upgrade;
    let proxy = upgrade.proxy.as_ref().map(ProxyAddress::as_str);
    let connection = Connection { ca: upgrade.ca.as_deref(), proxy, ..Connection::default() };
    Ok(Opened::Remote(Box::new(Remote::open(address, connection, patience, waits)?)))
}

/// What stands in front of `://`, where that makes an address of a text.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once("://")?;
    let valid = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    (scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(valid))
        .then_some(scheme)
}

fn open_file(path: &Path) -> Result<Opened, SourceError> {
    let unreadable = |source| SourceError::Unreadable { path: path.to_owned(), source };
    // Before it is opened: opening a pipe waits for somebody who writes.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(SourceError::NoFile(path.to_owned()));
    }
    Ok(Opened::File(File::open(path).map_err(unreadable)?, path.to_owned()))
}

impl Opened {
    /// How much has come from a server, and how much is still expected. It can be asked while another thread
    /// reads. Nothing comes of a file of this machine.
    pub fn fetched(&self) -> Option<Fetched> {
        match self {
            Self::File(..) => None,
            Self::Remote(remote) => Some(remote.fetched()),
        }
    }
}

/// The path, or the address without what is secret in it.
impl fmt::Display for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(_, path) => path.display().fmt(f),
            Self::Remote(remote) => remote.address().fmt(f),
        }
    }
}

impl Source for Opened {
    fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        match self {
            Self::File(file, _) => Source::read_exact_at(file, bytes, at),
            Self::Remote(remote) => remote.read_exact_at(bytes, at),
        }
    }

    fn length(&self) -> io::Result<Option<u64>> {
        match self {
            Self::File(file, _) => file.length(),
            Self::Remote(remote) => remote.length(),
        }
    }

    fn expect(&self, stretches: &[Range<u64>]) {
        match self {
            Self::File(..) => {}
            Self::Remote(remote) => remote.expect(stretches),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    fn policy(upgrade: &str) -> Policy {
        let text = format!(
            "[product]\nname = \"x\"\nversion = \"1\"\n[payload]\nsource = \"x\"\n[upgrade]\n{upgrade}"
        );
        Policy::parse(&text, Path::new("appliance.toml")).unwrap()
    }

    fn named(text: &str) -> Result<Opened, SourceError> {
        open(OsStr::new(text), &policy(""))
    }

    #[test]
    fn a_file_is_read_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(OsStr::from_bytes(b"a\xff.zsb"));
        fs::write(&path, b"0123456789").unwrap();
        let opened = open(path.as_os_str(), &policy("")).unwrap();
        let mut bytes = [0; 3];
        opened.read_exact_at(&mut bytes, 4).unwrap();
        assert_eq!((&bytes, opened.length().unwrap(), opened.fetched()), (b"456", Some(10), None));
        let end = opened.read_exact_at(&mut bytes, 8).unwrap_err();
        assert_eq!(end.kind(), io::ErrorKind::UnexpectedEof);

        let shown = directory.path().to_str().unwrap();
        assert!(matches!(named(shown), Err(SourceError::NoFile(_))));
        assert!(matches!(named(&format!("{shown}/no")), Err(SourceError::Unreadable { .. })));
    }

    #[test]
    fn addresses_of_the_web_are_opened_and_no_others() {
        for text in ["http://a.example/b.zsb", "HTTP://me:secret@a.example/b.zsb"] {
            let opened = named(text).unwrap();
            assert_eq!(opened.to_string(), "http://a.example/b.zsb");
            assert_eq!(opened.fetched(), Some(Fetched { came: 0, coming: 0 }));
        }
        let error = named("file:///srv/b.zsb").unwrap_err();
        assert!(matches!(&error, SourceError::FileAddress(path) if path == "/srv/b.zsb"));
        assert!(error.to_string().contains("zshield upgrade /srv/b.zsb"), "{error}");
        for text in ["ftp://a/b", "http://", "https://me:secret@/b"] {
            let error = named(text).unwrap_err();
            assert!(matches!(error, SourceError::BadAddress), "{text}");
            assert!(!error.to_string().contains("secret"));
        }
        // No scheme: a name of a file.
        assert!(matches!(named("a b://c"), Err(SourceError::Unreadable { .. })));
    }

    #[test]
    fn certificates_of_the_policy_are_read_before_anybody_is_asked() {
        let text = OsStr::new("https://a.example/b.zsb");
        let error = open(text, &policy("ca = \"/no/such.pem\"")).unwrap_err();
        assert!(error.to_string().contains("/no/such.pem"), "{error}");
    }
}
