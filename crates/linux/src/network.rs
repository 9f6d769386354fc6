//! How the machine is in the network, as the kernel tells it.

use std::fs;
use std::io;
use std::net::IpAddr;

use nix::ifaddrs::{InterfaceAddress, getifaddrs};
use nix::net::if_::InterfaceFlags;
use zshield_plan::upgrade::gate::Network;

/// A route that is in use.
const RTF_UP: u32 = 0x0001;
/// A route that leads nowhere: an answer of its own, where there is no other.
const RTF_REJECT: u32 = 0x0200;

/// How the machine is in the network now. One without any network has none of it.
pub fn read() -> io::Result<Network> {
    let addressed = getifaddrs()?.filter(is_reachable).map(|it| it.interface_name).collect();
    let table = |name: &str| fs::read_to_string(format!("/proc/net/{name}")).unwrap_or_default();
    let default_route = has_default(&table("route")) || has_default_v6(&table("ipv6_route"));
    Ok(Network { addressed, default_route })
}

/// Whether others can reach the machine by this. One end of a line between two belongs to whoever is at the other end:
/// somebody's tunnel comes and goes.
fn is_reachable(found: &InterfaceAddress) -> bool {
    let (is, no) = (
        InterfaceFlags::IFF_UP | InterfaceFlags::IFF_RUNNING,
        InterfaceFlags::IFF_LOOPBACK | InterfaceFlags::IFF_POINTOPOINT,
    );
    found.flags.contains(is) && !found.flags.intersects(no) && address(found).is_some_and(is_global)
}

fn address(found: &InterfaceAddress) -> Option<IpAddr> {
    let address = found.address?;
    let v4 = address.as_sockaddr_in().map(|it| IpAddr::V4(it.ip()));
    v4.or_else(|| address.as_sockaddr_in6().map(|it| IpAddr::V6(it.ip())))
}

/// Whether an address is more than one that every interface gives itself.
const fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => !it.is_loopback() && !it.is_link_local() && !it.is_unspecified(),
        IpAddr::V6(it) => !it.is_loopback() && !it.is_unicast_link_local() && !it.is_unspecified(),
    }
}

const fn is_used(flags: u32) -> bool {
    flags & RTF_UP != 0 && flags & RTF_REJECT == 0
}

/// `/proc/net/route`: interface, destination, gateway, flags, three counts, mask.
fn has_default(table: &str) -> bool {
    table.lines().skip(1).any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, "00000000", _, flags, _, _, _, "00000000", ..] = fields[..] else { return false };
        u32::from_str_radix(flags, 16).is_ok_and(is_used)
    })
}

/// `/proc/net/ipv6_route`: destination with its length, source with its length, next hop, metric, two counts, flags,
/// interface.
fn has_default_v6(table: &str) -> bool {
    table.lines().any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [destination, "00", _, _, _, _, _, _, flags, interface] = fields[..] else {
            return false;
        };
        destination.bytes().all(|digit| digit == b'0')
            && interface != "lo"
            && u32::from_str_radix(flags, 16).is_ok_and(is_used)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_every_interface_gives_itself_do_not_count() {
        for (text, wanted) in [
            ("192.168.1.5", true),
            ("2001:db8::1", true),
            ("fd00::1", true),
            ("127.0.0.1", false),
            ("169.254.3.4", false),
            ("::1", false),
            ("fe80::1", false),
            ("0.0.0.0", false),
        ] {
            assert_eq!(is_global(text.parse().unwrap()), wanted, "{text}");
        }
    }

    #[test]
    fn a_default_route_is_one_that_is_in_use() {
        let head =
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
        let line = |destination: &str, flags: &str, mask: &str| {
            format!("{head}eth0\t{destination}\t0102A8C0\t{flags}\t0\t0\t100\t{mask}\t0\t0\t0\n")
        };
        assert!(has_default(&line("00000000", "0003", "00000000")));
        assert!(!has_default(&line("0002A8C0", "0001", "00FFFFFF")));
        assert!(!has_default(&line("00000000", "0201", "00000000")));
        // A half of all addresses is no default.
        assert!(!has_default(&line("00000000", "0003", "00000080")));
        assert!(!has_default(head) && !has_default(""));
    }

    #[test]
    fn the_kernel_s_own_answer_is_no_default_route() {
        let zeros = "0".repeat(32);
        let line = |length: &str, flags: &str, interface: &str| {
            format!(
                "{zeros} {length} {zeros} 00 fe80{} 00000400 00000001 00000000 {flags} {interface}\n",
                "0".repeat(28)
            )
        };
        assert!(has_default_v6(&line("00", "00000003", "eth0")));
        assert!(!has_default_v6(&line("00", "00200200", "lo")));
        assert!(!has_default_v6(&line("40", "00000001", "eth0")));
        assert!(!has_default_v6(""));
    }

    #[test]
    fn this_machine_is_read() {
        let found = read().unwrap();
        assert!(!found.addressed.contains("lo"), "{found:?}");
    }
}
