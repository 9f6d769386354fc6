//! Parsers that nobody else needs from outside, for the fuzz targets.
// A target fails by a panic.
#![allow(clippy::missing_panics_doc)]

use std::net::SocketAddr;

use std::time::Duration;

use crate::dhcp;
use crate::dhcp::message::{Answer, Client};
use crate::dns::message::{Question, Reply};
use crate::resolve;
use crate::uplink::Fixed;

/// What a DHCP server has sent, of which something was understood; it panics where no machine could live with that.
pub fn dhcp(datagram: &[u8]) -> bool {
    // The number and the address that it is for, whoever that is.
    let part = |at: usize, length: usize| datagram.get(at..at + length).unwrap_or_default();
    let transaction = part(4, 4).try_into().map_or(0, u32::from_be_bytes);
    let hardware = part(28, 6).try_into().unwrap_or_default();
    match (Client { hardware, transaction }).read(datagram) {
        Some(Answer::Lease(lease)) => {
            assert!(dhcp::is_host(lease.address) && (1..=32).contains(&lease.prefix));
            assert!(lease.router != Some(lease.address) && lease.name_servers.len() <= 3);
            assert!(lease.renewal <= lease.rebinding && lease.renewal > Duration::ZERO);
            assert!(lease.lasts.is_none_or(|lasts| lease.rebinding < lasts));
            assert!(lease.domain.is_none_or(|domain| !domain.is_empty() && domain.is_ascii()));
            true
        }
        Some(Answer::Offer(_) | Answer::Refused) => true,
        None => false,
    }
}

/// What a server for names has sent to a question for `s3.example.net`, whose number it has; returns how many addresses
/// it says.
pub fn dns(datagram: &[u8]) -> usize {
    let number = datagram.get(..2).and_then(|it| it.try_into().ok()).map_or(0, u16::from_be_bytes);
    let question = Question::new("s3.example.net").map(|it| it.numbered(number));
    match question.and_then(|question| question.read(datagram)) {
        Some(Reply::Addresses(found)) => {
            assert!(found.iter().all(|it| !it.is_unspecified() && !it.is_multicast()));
            found.len()
        }
        Some(Reply::Nobody | Reply::TooLong | Reply::Failed) | None => 0,
    }
}

/// What a person gives: an address, a router and servers for names, a line for each. It panics where one contradicts
/// another.
pub fn fixed(text: &str) -> bool {
    let mut lines = text.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    match Fixed::parse(line(), line(), line()) {
        Ok(fixed) => {
            assert!(dhcp::is_host(fixed.subnet.address) && fixed.name_servers.len() <= 3);
            assert!(fixed.router != Some(fixed.subnet.address));
            assert_eq!(fixed.subnet.to_string().parse(), Ok(fixed.subnet));
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

/// What `getent` prints of a name.
pub fn getent(text: &str) -> Vec<SocketAddr> {
    resolve::parse(text, 443)
}
