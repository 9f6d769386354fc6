//! What rtnetlink is asked for, one request at a time, and its answer.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::OwnedFd;

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_REPLACE, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage,
    NetlinkPayload,
};
use netlink_packet_route::address::{AddressAttribute, AddressMessage, AddressScope};
use netlink_packet_route::link::{LinkFlags, LinkMessage};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteHeader, RouteMessage, RouteProtocol, RouteScope,
    RouteType,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily as Family, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto,
    socket_with,
};

/// A request and its flags.
pub(super) struct Request {
    message: RouteNetlinkMessage,
    flags: u16,
}

pub(super) fn up(link: u32) -> Request {
    let mut message = LinkMessage::default();
    message.header.index = link;
    message.header.flags = LinkFlags::Up;
    message.header.change_mask = LinkFlags::Up;
    Request { message: RouteNetlinkMessage::SetLink(message), flags: 0 }
}

pub(super) fn add_address(link: u32, address: Ipv4Addr, prefix: u8) -> Request {
    let message = RouteNetlinkMessage::NewAddress(of_address(link, address, prefix));
    Request { message, flags: NLM_F_CREATE | NLM_F_REPLACE }
}

pub(super) fn remove_address(link: u32, address: Ipv4Addr, prefix: u8) -> Request {
    let message = RouteNetlinkMessage::DelAddress(of_address(link, address, prefix));
    Request { message, flags: 0 }
}

fn of_address(link: u32, address: Ipv4Addr, prefix: u8) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.family = AddressFamily::Inet;
    message.header.prefix_len = prefix;
    message.header.scope = AddressScope::Universe;
    message.header.index = link;
    message.attributes = vec![
        AddressAttribute::Local(IpAddr::V4(address)),
        AddressAttribute::Address(IpAddr::V4(address)),
    ];
    // Two addresses are everybody in a network of two.
    if prefix < 31 {
        let hosts = u32::MAX.checked_shr(prefix.into()).unwrap_or_default();
        let everybody = Ipv4Addr::from(u32::from(address) | hosts);
        message.attributes.push(AddressAttribute::Broadcast(everybody));
    }
    message
}

pub(super) fn default_route(link: u32, router: Ipv4Addr) -> Request {
    let mut message = RouteMessage::default();
    message.header = RouteHeader {
        address_family: AddressFamily::Inet,
        table: RouteHeader::RT_TABLE_MAIN,
        protocol: RouteProtocol::Boot,
        scope: RouteScope::Universe,
        kind: RouteType::Unicast,
        flags: RouteFlags::Onlink,
        ..RouteHeader::default()
    };
    message.attributes =
        vec![RouteAttribute::Gateway(RouteAddress::Inet(router)), RouteAttribute::Oif(link)];
    Request { message: RouteNetlinkMessage::NewRoute(message), flags: NLM_F_CREATE | NLM_F_REPLACE }
}

/// A socket to rtnetlink.
pub(super) fn socket(flags: SocketFlags) -> rustix::io::Result<OwnedFd> {
    // `NETLINK_ROUTE` is the protocol 0.
    socket_with(Family::NETLINK, SocketType::RAW, flags, None)
}

/// Asks the kernel, and waits for what it says.
pub(super) fn exchange(request: Request) -> io::Result<()> {
    /// It answers at once.
    const LIMIT: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | NLM_F_ACK | request.flags;
    header.sequence_number = 1;
    let mut message = NetlinkMessage::new(header, NetlinkPayload::from(request.message));
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    let socket = socket(SocketFlags::CLOEXEC)?;
    sendto(&socket, &bytes, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    let mut answer = [0; 8192];
    if poll(&mut [PollFd::new(&socket, PollFlags::IN)], Some(&LIMIT))? == 0 {
        return Err(io::ErrorKind::TimedOut.into());
    }
    let (_, length) = recv(&socket, &mut answer[..], RecvFlags::empty())?;
    let answer =
        NetlinkMessage::<RouteNetlinkMessage>::deserialize(&answer[..length.min(answer.len())]);
    match answer.map_err(io::Error::other)?.payload {
        NetlinkPayload::Error(said) => match said.code {
            Some(code) => Err(io::Error::from_raw_os_error(code.get().saturating_neg())),
            None => Ok(()),
        },
        // The enum is a library's, and grows.
        other => Err(io::Error::other(format!("rtnetlink answered {}", other.message_type()))),
    }
}
