//! DHCP for IPv4 as a client speaks it (RFC 2131): what to send when, and what an answer means. No socket and no clock.
//!
//! [`Exchange`] is the talk up to a lease, [`Renewal`] what keeps it. Both are told the time and given every datagram that
//! comes, and say what to send next.

mod exchange;
mod lease;
pub(crate) mod message;
mod renewal;

pub use exchange::{Exchange, Next};
pub use lease::Lease;
pub(crate) use lease::{is_host, prefix_of};
pub use renewal::{Due, Renewal, Renewed};

/// Where servers listen.
pub const SERVER_PORT: u16 = 67;
/// Where clients listen.
pub const CLIENT_PORT: u16 = 68;
