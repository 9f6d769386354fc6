//! Why there is no network.

use std::ffi::OsStr;
use std::io;

use zshield_linux::link::Link;
use zshield_messages::{list, say};

/// A link that is not used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unused {
    /// Its name.
    pub link: String,
    /// Why not.
    pub why: Why,
}

impl Unused {
    pub(super) fn new(link: &Link, why: Why) -> Self {
        Self { link: shown(link.name()), why }
    }
}

impl std::fmt::Display for Unused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", say::network::Link { link: &self.link, why: self.why.to_string() })
    }
}

/// Why a link is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// Nothing is at the other end of its cable, or there is no cable.
    #[error("{}", say::network::why_no_carrier())]
    NoCarrier,
    /// No DHCP server has answered.
    #[error("{}", say::network::why_silent())]
    Silent,
    /// A DHCP server has answered, and lends no address.
    #[error("{}", say::network::why_refused())]
    Refused,
    /// The kernel has no such link any more.
    #[error("{}", say::network::why_gone())]
    Gone,
    /// Its network leads nowhere else.
    #[error("{}", say::network::why_no_router())]
    NoRouter,
    /// Another one was there before.
    #[error("{}", say::network::why_later())]
    Later,
    /// The kernel does not do it.
    #[error("{}", say::network::why_failed(.0))]
    Failed(String),
}

/// Why there is no network. Links that were brought up stay up; none has an address.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// There is no network card, or none that this system has a driver for.
    #[error("{}", say::network::no_links())]
    NoLinks,
    /// No link of these has a carrier.
    #[error("{}", say::network::no_carrier(list(.0)))]
    NoCarrier(Vec<String>),
    /// Nobody has lent an address.
    #[error("{}", say::network::no_lease(list(.0)))]
    NoLease(Vec<Unused>),
    /// Several links could be meant.
    #[error("{}", say::network::which_link(list(.0)))]
    WhichLink(Vec<String>),
    /// The link that is meant has no carrier, or isn't there.
    #[error("{}", say::network::NotThatLink { link, others: list(others) })]
    NotThatLink {
        /// Its name.
        link: String,
        /// Those that have a carrier.
        others: Vec<String>,
    },
    /// The link that was used is gone, or its cable.
    #[error("{}", say::network::link_lost(.0))]
    LinkLost(String),
    /// The lease has come to its end and nobody has renewed it, or the server has withdrawn it.
    #[error("{}", say::network::lease_lost(.0))]
    LeaseLost(String),
    /// The kernel does not do what it is asked for.
    #[error("{}", say::network::kernel(.0))]
    Kernel(#[from] io::Error),
}

pub(super) fn shown(name: &OsStr) -> String {
    name.to_string_lossy().into_owned()
}
