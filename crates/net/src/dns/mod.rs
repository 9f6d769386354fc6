//! Names asked for at servers, where the system has no resolver of its own: the rescue system has neither `getent` nor
//! a libc.

mod ask;
pub(crate) mod message;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::error::ConnectError;
use message::{Question, Reply};

/// Each server is waited for so long, and once more so long, when all have been asked.
const PATIENCE: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(4)];
/// Where servers listen.
const PORT: u16 = 53;

/// The servers that know names. They may be told anew while they are in use, as a lease is renewed.
#[derive(Debug, Default)]
pub struct Dns(Mutex<Known>);

#[derive(Clone, Debug, Default)]
struct Known {
    servers: Vec<SocketAddrV4>,
    /// What a name without a dot is completed with.
    domain: Option<String>,
}

impl Dns {
    /// Servers, and what a name without a dot is completed with.
    pub fn new(servers: &[Ipv4Addr], domain: Option<&str>) -> Self {
        let dns = Self::default();
        dns.set(servers, domain);
        dns
    }

    /// From now on it is these.
    pub fn set(&self, servers: &[Ipv4Addr], domain: Option<&str>) {
        let servers = servers.iter().map(|server| SocketAddrV4::new(*server, PORT)).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Known { servers, domain: domain.map(str::to_owned) };
    }

    /// The addresses of a server, in the order in which they are to be tried. Asking takes 18 seconds at most.
    pub fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectError> {
        // As it stands in the address of a page.
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for name in names(host, known.domain.as_deref()) {
            let Some(question) = Question::new(&name) else { continue };
            if known.servers.is_empty() {
                return Err(ConnectError::NoNameServer(host.to_owned()));
            }
            let found =
                asked(&question, &known.servers).ok_or_else(|| unanswered(host, &known.servers))?;
            if !found.is_empty() {
                return Ok(found.into_iter().map(|it| SocketAddr::new(it.into(), port)).collect());
            }
        }
        Err(ConnectError::UnknownHost(host.to_owned()))
    }
}

/// What may be meant by a name, in this order.
fn names(host: &str, domain: Option<&str>) -> Vec<String> {
    let completed = domain.filter(|_| !host.contains('.')).map(|domain| format!("{host}.{domain}"));
    completed.into_iter().chain([host.to_owned()]).collect()
}

/// The first answer of a server that can say; nothing if none can.
fn asked(question: &Question, servers: &[SocketAddrV4]) -> Option<Vec<Ipv4Addr>> {
    let tries = PATIENCE.iter().flat_map(|patience| servers.iter().map(move |it| (it, *patience)));
    for (server, patience) in tries {
        match ask::ask(*server, question, patience) {
            Ok(Reply::Addresses(found)) => return Some(found),
            Ok(Reply::Nobody) => return Some(Vec::new()),
            Ok(Reply::TooLong | Reply::Failed) => tracing::debug!(%server, "can't say"),
            Err(error) => tracing::debug!(%server, %error, "not answered"),
        }
    }
    None
}

fn unanswered(host: &str, servers: &[SocketAddrV4]) -> ConnectError {
    let servers = servers.iter().map(|server| server.ip().to_string()).collect();
    ConnectError::NamesUnanswered { host: host.to_owned(), servers }
}

#[cfg(test)]
mod tests;
