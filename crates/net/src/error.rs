//! Why another machine can't be spoken to. No address stands in it, for an address may hold a secret.

use std::path::PathBuf;

use zshield_messages::{list, say};

use crate::untrusted::Untrusted;

/// Why another machine can't be spoken to.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// What is called a proxy is the address of none that is known here.
    #[error("{}", say::net::bad_proxy())]
    BadProxy,
    /// A name is nobody's.
    #[error("{}", say::net::unknown_host(.0))]
    UnknownHost(String),
    /// No server for names is known.
    #[error("{}", say::net::no_name_server(.0))]
    NoNameServer(String),
    /// No server for names answers.
    #[error("{}", say::net::NamesUnanswered { host, servers: list(servers) })]
    NamesUnanswered {
        /// The name.
        host: String,
        /// The servers that were asked.
        servers: Vec<String>,
    },
    /// There is no certificate to trust.
    #[error("{}", say::net::no_roots())]
    NoRoots,
    /// Certificates can't be read.
    #[error("{}", say::net::bad_roots(.0.display()))]
    BadRoots(PathBuf),
    /// The server's certificate is not trusted.
    #[error("{}", say::net::untrusted(.0.to_string()))]
    Untrusted(#[from] Untrusted),
    /// The connection failed.
    #[error("{}", say::net::unreachable(.0))]
    Failed(String),
}

impl ConnectError {
    /// An exchange with a host that no answer came of, in words.
    pub fn broken(error: ureq::Error, host: &str) -> Self {
        if let Some(why) = Untrusted::of(&error) {
            return why.into();
        }
        match error {
            ureq::Error::HostNotFound => Self::UnknownHost(host.to_owned()),
            ureq::Error::Timeout(_) => Self::failed(say::net::silent()),
            ureq::Error::Io(error) => match error.downcast::<Self>() {
                Ok(own) => own,
                Err(error) => Self::failed(error),
            },
            // The enum is a library's, and grows.
            error => Self::failed(error),
        }
    }

    /// A connection that failed, and why.
    pub fn failed(why: impl ToString) -> Self {
        Self::Failed(why.to_string())
    }
}
