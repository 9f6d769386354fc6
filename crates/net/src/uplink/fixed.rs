//! An address that a person gives: read, with what is wrong and what it should look like.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use zshield_messages::say;

use crate::dhcp;

/// More servers for names are not asked.
const NAME_SERVERS: usize = 3;

/// An address and how many bits of it are its network's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// The address.
    pub address: Ipv4Addr,
    /// 1 to 32.
    pub prefix: u8,
}

/// How a machine is in a network without a DHCP server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// Its own address.
    pub subnet: Subnet,
    /// Where everything for other networks goes.
    pub router: Option<Ipv4Addr>,
    /// Who knows names; three at most.
    pub name_servers: Vec<Ipv4Addr>,
}

/// What is wrong with what was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FixedError {
    /// It is no address.
    #[error("{}", say::network::bad_address(.0))]
    Address(String),
    /// It lacks the length of its network.
    #[error("{}", say::network::no_prefix(.0))]
    NoPrefix(String),
    /// Neither a length of a network, nor a mask.
    #[error("{}", say::network::bad_prefix(.0))]
    Prefix(String),
    /// No machine can have it.
    #[error("{}", say::network::no_host(.0.to_string()))]
    NoHost(Ipv4Addr),
    /// It means the network itself, or everybody in it.
    #[error("{}", say::network::of_all(.0.to_string()))]
    OfAll(Ipv4Addr),
    /// It is no address of a router.
    #[error("{}", say::network::bad_router(.0))]
    Router(String),
    /// The router is in another network.
    #[error("{}", say::network::RouterOutside { router: router.to_string(), network: network.clone() })]
    RouterOutside {
        /// The router.
        router: Ipv4Addr,
        /// The machine's own network.
        network: String,
    },
    /// The machine would be its own router.
    #[error("{}", say::network::router_is_self(.0.to_string()))]
    RouterIsSelf(Ipv4Addr),
    /// It is no address of a server for names.
    #[error("{}", say::network::bad_name_server(.0))]
    NameServer(String),
    /// There are too many of them.
    #[error("{}", say::network::too_many_name_servers(.0))]
    TooManyNameServers(usize),
}

impl Fixed {
    /// Reads what a person has given: `192.168.1.20/24`; a router or nothing; servers for names with a comma or a space
    /// between, or nothing.
    pub fn parse(address: &str, router: &str, name_servers: &str) -> Result<Self, FixedError> {
        let subnet: Subnet = address.parse()?;
        Ok(Self { subnet, router: subnet.router(router)?, name_servers: servers(name_servers)? })
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl FromStr for Subnet {
    type Err = FixedError;

    fn from_str(text: &str) -> Result<Self, FixedError> {
        let text = text.trim();
        let (address, prefix) = text.split_once('/').unwrap_or((text, ""));
        let address: Ipv4Addr =
            address.trim().parse().map_err(|_| FixedError::Address(text.to_owned()))?;
        let prefix = prefix.trim();
        if prefix.is_empty() {
            return Err(FixedError::NoPrefix(text.to_owned()));
        }
        let number = prefix.parse().ok();
        let mask = || dhcp::prefix_of(prefix.parse().ok()?);
        let prefix = number
            .or_else(mask)
            .filter(|bits| (1..=32).contains(bits))
            .ok_or_else(|| FixedError::Prefix(prefix.to_owned()))?;
        let subnet = Self { address, prefix };
        if !dhcp::is_host(address) {
            return Err(FixedError::NoHost(address));
        }
        if subnet.is_of_all(address) { Err(FixedError::OfAll(address)) } else { Ok(subnet) }
    }
}

impl Subnet {
    /// Reads the router of this network, or nothing.
    pub fn router(self, text: &str) -> Result<Option<Ipv4Addr>, FixedError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let bad = || FixedError::Router(text.to_owned());
        let router: Ipv4Addr = text.parse().map_err(|_| bad())?;
        if router == self.address {
            return Err(FixedError::RouterIsSelf(router));
        }
        if !dhcp::is_host(router) {
            return Err(bad());
        }
        // A network of one has its router outside, always.
        if self.prefix < 32 && self.network(router) != self.network(self.address) {
            let network = format!("{}/{}", self.network(self.address), self.prefix);
            return Err(FixedError::RouterOutside { router, network });
        }
        if self.is_of_all(router) { Err(FixedError::OfAll(router)) } else { Ok(Some(router)) }
    }

    fn hosts(self) -> u32 {
        u32::MAX.checked_shr(self.prefix.into()).unwrap_or_default()
    }

    fn network(self, address: Ipv4Addr) -> Ipv4Addr {
        (u32::from(address) & !self.hosts()).into()
    }

    /// Networks of one and of two have no address for all.
    fn is_of_all(self, address: Ipv4Addr) -> bool {
        let host = u32::from(address) & self.hosts();
        self.prefix < 31 && (host == 0 || host == self.hosts())
    }
}

/// Reads servers for names, or none.
pub fn servers(text: &str) -> Result<Vec<Ipv4Addr>, FixedError> {
    let words = text.split([',', ' ', '\t', ';']).filter(|word| !word.is_empty());
    let found: Vec<Ipv4Addr> = words
        .map(|word| {
            let address = word.parse().ok().filter(|address| dhcp::is_host(*address));
            address.ok_or_else(|| FixedError::NameServer(word.to_owned()))
        })
        .collect::<Result<_, _>>()?;
    if found.len() > NAME_SERVERS {
        Err(FixedError::TooManyNameServers(found.len()))
    } else {
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subnet(text: &str) -> Result<(String, u8), FixedError> {
        text.parse::<Subnet>().map(|it| (it.address.to_string(), it.prefix))
    }

    #[test]
    fn an_address_comes_with_the_length_of_its_network_or_a_mask() {
        for (text, address, prefix) in [
            ("192.168.1.20/24", "192.168.1.20", 24),
            (" 10.0.0.1 / 255.255.0.0 ", "10.0.0.1", 16),
            ("10.0.0.0/31", "10.0.0.0", 31),
            ("10.0.0.255/32", "10.0.0.255", 32),
        ] {
            assert_eq!(subnet(text), Ok((address.to_owned(), prefix)), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_an_address_is_told_apart() {
        let text = |text: &str| text.to_owned();
        for (given, wrong) in [
            ("", FixedError::Address(text(""))),
            ("192.168.1/24", FixedError::Address(text("192.168.1/24"))),
            ("fe80::1/64", FixedError::Address(text("fe80::1/64"))),
            ("192.168.1.20", FixedError::NoPrefix(text("192.168.1.20"))),
            ("192.168.1.20/", FixedError::NoPrefix(text("192.168.1.20/"))),
            ("192.168.1.20/0", FixedError::Prefix(text("0"))),
            ("192.168.1.20/33", FixedError::Prefix(text("33"))),
            ("192.168.1.20/255.0.255.0", FixedError::Prefix(text("255.0.255.0"))),
            ("127.0.0.1/8", FixedError::NoHost(Ipv4Addr::LOCALHOST)),
            ("224.0.0.1/24", FixedError::NoHost(Ipv4Addr::new(224, 0, 0, 1))),
            ("192.168.1.0/24", FixedError::OfAll(Ipv4Addr::new(192, 168, 1, 0))),
            ("192.168.1.255/24", FixedError::OfAll(Ipv4Addr::new(192, 168, 1, 255))),
        ] {
            assert_eq!(subnet(given), Err(wrong), "{given}");
        }
    }

    #[test]
    fn a_router_is_another_machine_of_the_same_network() {
        let own: Subnet = "192.168.1.20/24".parse().unwrap();
        assert_eq!(own.router(" "), Ok(None));
        assert_eq!(own.router("192.168.1.1"), Ok(Some(Ipv4Addr::new(192, 168, 1, 1))));
        let wrong = |text: &str| own.router(text).unwrap_err();
        assert!(matches!(wrong("gateway"), FixedError::Router(_)));
        assert!(matches!(wrong("0.0.0.0"), FixedError::Router(_)));
        assert!(matches!(wrong("192.168.1.20"), FixedError::RouterIsSelf(_)));
        assert!(matches!(wrong("192.168.1.255"), FixedError::OfAll(_)));
        let outside = wrong("192.168.2.1").to_string();
        assert!(outside.contains("192.168.2.1") && outside.contains("192.168.1.0/24"), "{outside}");
        let alone: Subnet = "203.0.113.9/32".parse().unwrap();
        assert!(alone.router("10.0.0.1").unwrap().is_some());
    }

    #[test]
    fn servers_for_names_are_three_at_most() {
        let given =
            |text: &str| Fixed::parse("10.0.0.2/8", "", text).map(|it| it.name_servers.len());
        assert_eq!(given(""), Ok(0));
        assert_eq!(given("10.0.0.1, 10.0.0.3 10.0.0.4"), Ok(3));
        assert_eq!(
            given("1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4"),
            Err(FixedError::TooManyNameServers(4))
        );
        assert_eq!(given("10.0.0.1 dns"), Err(FixedError::NameServer("dns".to_owned())));
    }
}
