//! Why another machine can't be spoken to. No address stands in it, for an address may hold a secret.

use std::path::PathBuf;

use zshield_messages::say;

/// Why another machine can't be spoken to.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// What is called a proxy is the address of none that is known here.
    #[error("{}", say::net::bad_proxy())]
    BadProxy,
    /// A name is nobody's.
    #[error("{}", say::net::unknown_host(.0))]
    UnknownHost(String),
    /// There is no certificate to trust.
    #[error("{}", say::net::no_roots())]
    NoRoots,
    /// Certificates can't be read.
    #[error("{}", say::net::bad_roots(.0.display()))]
    BadRoots(PathBuf),
    /// The connection failed.
    #[error("{}", say::net::unreachable(.0))]
    Failed(String),
}

impl ConnectError {
    /// A connection that failed, and why.
    pub fn failed(why: impl ToString) -> Self {
        Self::Failed(why.to_string())
    }
}
