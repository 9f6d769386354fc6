//! A machine without any network comes into one: a link with a cable, an address, a router, and who knows names.
//!
//! This is for the rescue system. A running system has its own services for that.

mod carrier;
mod error;
mod fixed;
mod keeper;
mod lent;

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use zshield_linux::link::Link;

use crate::client::{Connection, Names};
use crate::dns::Dns;
pub use error::{NetworkError, Unused, Why};
pub use fixed::{Fixed, FixedError, Subnet, servers};
use keeper::Keeper;

/// How a machine is to come into the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// By what a DHCP server lends.
    Dhcp,
    /// By what a person gives.
    Fixed {
        /// That.
        fixed: Fixed,
        /// The link, where there are several with a carrier.
        link: Option<String>,
    },
}

/// What is being waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The other ends of these links' cables: 15 seconds at most.
    Carrier(Vec<String>),
    /// A DHCP server on these links: 40 seconds at most, if nobody answers.
    Lease(Vec<String>),
}

/// A network that the machine is in until this is dropped.
#[derive(Debug)]
pub struct Network {
    link: Link,
    subnet: Subnet,
    router: Option<Ipv4Addr>,
    names: Arc<Dns>,
    unused: Vec<Unused>,
    /// Of a lease.
    keeper: Option<Keeper>,
}

impl Network {
    /// Brings the machine into the network. `say` is told what is waited for.
    pub fn up(wish: &Wish, say: &mut dyn FnMut(Stage)) -> Result<Self, NetworkError> {
        let (links, unused) = carrier::find(&mut |links| say(Stage::Carrier(links)))?;
        match wish {
            Wish::Dhcp => {
                say(Stage::Lease(carrier::names(&links)));
                Self::lent(links, unused)
            }
            Wish::Fixed { fixed, link } => {
                Self::given(fixed, meant(links, link.as_deref())?, unused)
            }
        }
    }

    fn lent(links: Vec<Link>, mut unused: Vec<Unused>) -> Result<Self, NetworkError> {
        let (lent, others) = lent::ask(links).map_err(|error| match error {
            NetworkError::NoLease(others) => {
                NetworkError::NoLease(unused.iter().cloned().chain(others).collect())
            }
            other => other,
        })?;
        unused.extend(others);
        let lease = &lent.lease;
        let subnet = Subnet { address: lease.address, prefix: lease.prefix };
        let names = Arc::new(Dns::new(&lease.name_servers, lease.domain.as_deref()));
        let (link, router) = (lent.link.clone(), lease.router);
        // From here on, dropping it takes the address away again.
        let mut network = Self { link, subnet, router, names, unused, keeper: None };
        network.settle()?;
        network.keeper = Some(Keeper::begin(lent, Arc::clone(&network.names))?);
        Ok(network)
    }

    fn given(fixed: &Fixed, link: Link, unused: Vec<Unused>) -> Result<Self, NetworkError> {
        let Fixed { subnet, router, name_servers } = fixed;
        let names = Arc::new(Dns::new(name_servers, None));
        let network = Self { link, subnet: *subnet, router: *router, names, unused, keeper: None };
        network.settle()?;
        Ok(network)
    }

    fn settle(&self) -> io::Result<()> {
        let Subnet { address, prefix } = self.subnet;
        self.link.add_address(address, prefix)?;
        self.router.map_or(Ok(()), |router| self.link.set_default_route(router))
    }

    /// The name of the link that is used.
    pub fn link(&self) -> String {
        error::shown(self.link.name())
    }

    /// The machine's address.
    pub fn subnet(&self) -> Subnet {
        self.subnet
    }

    /// Where everything for other networks goes. Without one, only machines in the same network are reached.
    pub fn router(&self) -> Option<Ipv4Addr> {
        self.router
    }

    /// The links that are not used, and why.
    pub fn unused(&self) -> &[Unused] {
        &self.unused
    }

    /// Who knows names.
    pub fn names(&self) -> &Arc<Dns> {
        &self.names
    }

    /// How servers are reached here, with the system's certificates and without a proxy.
    pub fn connection(&self) -> Connection<'_> {
        Connection { names: Names::Asked(&self.names), ..Connection::default() }
    }

    /// Whether it is still there; asked when something has failed, it says why.
    pub fn state(&self) -> Result<(), NetworkError> {
        if !self.link.is_there() || !self.link.has_carrier() {
            return Err(NetworkError::LinkLost(self.link()));
        }
        if self.keeper.as_ref().is_some_and(Keeper::has_lost) {
            return Err(NetworkError::LeaseLost(self.subnet.address.to_string()));
        }
        Ok(())
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // Its thread works with the address.
        drop(self.keeper.take());
        let Subnet { address, prefix } = self.subnet;
        if let Err(error) = self.link.remove_address(address, prefix) {
            tracing::debug!(%error, "the address is gone already");
        }
    }
}

/// The link that a person means.
fn meant(links: Vec<Link>, name: Option<&str>) -> Result<Link, NetworkError> {
    let names = carrier::names(&links);
    let Some(name) = name else {
        let mut links = links.into_iter();
        return match (links.next(), links.next()) {
            (Some(link), None) => Ok(link),
            (Some(_), Some(_)) => Err(NetworkError::WhichLink(names)),
            (None, _) => Err(NetworkError::NoLinks),
        };
    };
    let found = links.into_iter().find(|link| link.name() == name);
    found.ok_or_else(|| NetworkError::NotThatLink { link: name.to_owned(), others: names })
}

/// Waits until something is to be read or the time has come; says which of them it is.
fn wait<F: AsFd>(files: &[&F], until: Option<Instant>) -> io::Result<Vec<bool>> {
    let mut polled: Vec<PollFd<'_>> =
        files.iter().map(|file| PollFd::new(*file, PollFlags::IN)).collect();
    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
    let left = left.and_then(|left| Timespec::try_from(left).ok());
    match poll(&mut polled, left.as_ref()) {
        // Whoever waits looks again.
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(polled.iter().map(|file| !file.revents().is_empty()).collect())
}
