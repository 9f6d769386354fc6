//! Why a file on a server can't be read. Addresses stand in it as they are shown: without what is secret.

use std::time::Duration;

use zshield_messages::say;

use crate::error::ConnectError;
use crate::untrusted::Untrusted;

/// Why a file on a server can't be read. Each ends the reading; whatever passes was tried again before.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The other end can't be spoken to.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The server has no such file: 404 or 410.
    #[error("{}", say::net::not_there(url))]
    NotThere {
        /// The address.
        url: String,
    },
    /// The server does not give the file to this machine: 401 or 403.
    #[error("{}", say::net::NotAllowed { status, url })]
    NotAllowed {
        /// The address.
        url: String,
        /// The status.
        status: u16,
    },
    /// The proxy does not let this machine through.
    #[error("{}", say::net::proxy_refuses(status))]
    ProxyRefuses {
        /// The status.
        status: u16,
    },
    /// The server answers with another status that no file comes with.
    #[error("{}", say::net::Status { status, url })]
    Status {
        /// The address.
        url: String,
        /// The status.
        status: u16,
    },
    /// The server wants to be asked much later.
    #[error("{}", say::net::MuchLater { seconds: wait.as_secs(), url })]
    MuchLater {
        /// The address.
        url: String,
        /// After this time.
        wait: Duration,
    },
    /// It failed as often as it is tried.
    #[error("{}", say::net::GaveUp { tries, url, why })]
    GaveUp {
        /// The address.
        url: String,
        /// How often in a row.
        tries: u32,
        /// How it failed last.
        why: String,
    },
    /// The file on the server is another one by now.
    #[error("{}", say::net::changed(url))]
    Changed {
        /// The address.
        url: String,
    },
    /// One redirection led to the next.
    #[error("{}", say::net::too_many_redirections(url))]
    TooManyRedirections {
        /// The address.
        url: String,
    },
    /// A redirection leads to nowhere, or out of TLS.
    #[error("{}", say::net::bad_redirection(url))]
    BadRedirection {
        /// The address that it leads away from.
        url: String,
    },
    /// The server's certificate is not trusted.
    #[error("{}", say::net::Certificate { url, why: why.to_string() })]
    Certificate {
        /// The address.
        url: String,
        /// What is against it.
        why: Untrusted,
    },
    /// The answer contradicts itself, or the request.
    #[error("{}", say::net::Odd { url, what: what.to_string() })]
    Odd {
        /// The address.
        url: String,
        /// What makes no sense.
        what: Oddity,
    },
}

/// What makes no sense in an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Oddity {
    /// It has other bytes than those that were asked for.
    #[error("{}", say::net::odd_range())]
    Range,
    /// It has more bytes than it says.
    #[error("{}", say::net::odd_length())]
    Length,
    /// It is compressed, which nobody asked for.
    #[error("{}", say::net::odd_encoding())]
    Encoding,
    /// It is no HTTP, or its headers are too long.
    #[error("{}", say::net::odd_protocol(.0))]
    Protocol(String),
}

/// How a try failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// Another one would fail likewise.
    Lasting(FetchError),
    /// Another one may not.
    Passing {
        /// What happened.
        why: String,
        /// When the server wants to be asked again.
        after: Option<Duration>,
    },
}

impl Failure {
    pub(super) fn passing(why: impl ToString) -> Self {
        Self::Passing { why: why.to_string(), after: None }
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self::Lasting(error)
    }
}
