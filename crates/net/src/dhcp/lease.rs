//! What a server lends.

use std::net::Ipv4Addr;
use std::time::Duration;

use dhcproto::v4::{DhcpOption, Message, OptionCode};

/// No more servers for names are asked than this.
const NAME_SERVERS: usize = 3;

/// An address that is lent for a time, and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The address.
    pub address: Ipv4Addr,
    /// How many bits of it are its network's: 1 to 32.
    pub prefix: u8,
    /// Where everything for other networks goes.
    pub router: Option<Ipv4Addr>,
    /// Who knows names; three at most.
    pub name_servers: Vec<Ipv4Addr>,
    /// What a name without a dot is completed with.
    pub domain: Option<String>,
    /// Who lends it.
    pub server: Ipv4Addr,
    /// For how long; nothing if for ever.
    pub lasts: Option<Duration>,
    /// After which time the server is asked to go on with it.
    pub renewal: Duration,
    /// After which time everybody is asked to.
    pub rebinding: Duration,
}

impl Lease {
    /// What an acknowledgement lends; `None` if no machine could live with it.
    pub(super) fn of(message: &Message) -> Option<Self> {
        let address = Some(message.yiaddr()).filter(|address| is_host(*address))?;
        let lasts = lasts(message)?;
        let (renewal, rebinding) = times(message, lasts);
        let name_servers = addresses(message, OptionCode::DomainNameServer);
        Some(Self {
            address,
            prefix: prefix(message)?,
            router: addresses(message, OptionCode::Router).into_iter().find(|it| *it != address),
            name_servers: name_servers.into_iter().take(NAME_SERVERS).collect(),
            domain: domain(message),
            server: server(message)?,
            lasts,
            renewal,
            rebinding,
        })
    }
}

/// Who has sent a message.
pub(super) fn server(message: &Message) -> Option<Ipv4Addr> {
    match message.opts().get(OptionCode::ServerIdentifier)? {
        DhcpOption::ServerIdentifier(server) => Some(*server).filter(|server| is_host(*server)),
        _ => None,
    }
}

/// Whether one machine can have an address.
pub(crate) fn is_host(address: Ipv4Addr) -> bool {
    let first = address.octets()[0];
    first != 0 && first != 127 && first < 224
}

/// The bits of a network's mask, all at its beginning.
pub(crate) fn prefix_of(mask: Ipv4Addr) -> Option<u8> {
    let bits = u32::from(mask);
    let prefix = bits.leading_ones();
    (bits.count_ones() == prefix).then(|| u8::try_from(prefix).ok()).flatten()
}

fn prefix(message: &Message) -> Option<u8> {
    let DhcpOption::SubnetMask(mask) = message.opts().get(OptionCode::SubnetMask)? else {
        return None;
    };
    prefix_of(*mask).filter(|prefix| *prefix > 0)
}

fn addresses(message: &Message, code: OptionCode) -> Vec<Ipv4Addr> {
    let found = match message.opts().get(code) {
        Some(DhcpOption::Router(found) | DhcpOption::DomainNameServer(found)) => found.as_slice(),
        _ => &[],
    };
    // A name server may be the machine next to the client itself: nothing but other hosts counts.
    found.iter().copied().filter(|address| is_host(*address)).collect()
}

/// Some servers end it with a zero byte or a dot.
fn domain(message: &Message) -> Option<String> {
    let DhcpOption::DomainName(name) = message.opts().get(OptionCode::DomainName)? else {
        return None;
    };
    let name = name.trim_end_matches('\0').trim_end_matches('.');
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    (name.len() <= 200 && name.split('.').all(label)).then(|| name.to_owned())
}

fn seconds(message: &Message, code: OptionCode) -> Option<u32> {
    match message.opts().get(code)? {
        DhcpOption::AddressLeaseTime(seconds)
        | DhcpOption::Renewal(seconds)
        | DhcpOption::Rebinding(seconds) => Some(*seconds),
        _ => None,
    }
}

/// Nothing for one that says no time, or none at all; `Some(None)` is for ever.
#[allow(clippy::option_option)]
fn lasts(message: &Message) -> Option<Option<Duration>> {
    match seconds(message, OptionCode::AddressLeaseTime)? {
        0 => None,
        u32::MAX => Some(None),
        seconds => Some(Some(Duration::from_secs(seconds.into()))),
    }
}

/// The times that the server says, as far as they are in order; else those of RFC 2131.
fn times(message: &Message, lasts: Option<Duration>) -> (Duration, Duration) {
    let lasts = lasts.unwrap_or(Duration::from_secs(u32::MAX.into()));
    let said = |code| seconds(message, code).map(|seconds| Duration::from_secs(seconds.into()));
    let said = said(OptionCode::Renewal).zip(said(OptionCode::Rebinding));
    let in_order = |times: &(Duration, Duration)| {
        Duration::ZERO < times.0 && times.0 < times.1 && times.1 < lasts
    };
    said.filter(in_order).unwrap_or((lasts / 2, lasts / 8 * 7))
}
