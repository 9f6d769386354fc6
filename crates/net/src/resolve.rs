//! Names of servers, resolved by the system's own `getent`.
//!
//! zshield is a static program. glibc's resolver in one would load the system's modules for its
//! `nsswitch.conf` at run time (`resolve`, `mdns`, `sss`), which are made for another libc: that
//! crashes at worst. And a resolver of our own would know neither these nor `/etc/hosts`. `getent`
//! is part of every libc, knows them all, and can be ended when it takes too long.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use zshield_linux::program::Program;

use crate::error::ConnectError;

/// A name is looked up for so long at most.
const LIMIT: Duration = Duration::from_secs(15);

/// The addresses of a server, in the order in which they are to be tried.
pub fn addresses(host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectError> {
    // As it stands in the address of a page.
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let unknown = || ConnectError::UnknownHost(host.to_owned());
    if host.is_empty() || host.starts_with('-') {
        return Err(unknown());
    }
    let output = Program::new("getent", LIMIT).args(["ahosts", host]).run();
    let output = output.map_err(ConnectError::failed)?;
    let found = parse(&String::from_utf8_lossy(&output.stdout), port);
    if found.is_empty() { Err(unknown()) } else { Ok(found) }
}

/// Each address stands once for every kind of socket.
pub(crate) fn parse(text: &str, port: u16) -> Vec<SocketAddr> {
    let mut found: Vec<SocketAddr> = Vec::new();
    for line in text.lines() {
        let address = line.split_whitespace().next().and_then(|word| word.parse::<IpAddr>().ok());
        if let Some(address) = address.map(|address| SocketAddr::new(address, port))
            && !found.contains(&address)
        {
            found.push(address);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_once_and_in_order() {
        let text = "2001:db8::1     STREAM log.example\n2001:db8::1     DGRAM  \n\
                    192.0.2.7       STREAM \nfe80::1%eth0 STREAM\n";
        let found: Vec<_> = parse(text, 514).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["[2001:db8::1]:514", "192.0.2.7:514"]);
    }

    #[test]
    fn names_and_addresses_are_taken_and_options_are_not() {
        assert_eq!(addresses("[::1]", 1).unwrap()[0].to_string(), "[::1]:1");
        assert!(addresses("localhost", 1).unwrap().iter().any(|found| found.ip().is_loopback()));
        assert!(matches!(addresses("-s", 1), Err(ConnectError::UnknownHost(_))));
        assert!(matches!(addresses("no-such.invalid", 1), Err(ConnectError::UnknownHost(_))));
    }
}
