//! Other machines: how they are found, trusted and spoken to.
//!
//! | module | holds |
//! |---|---|
//! | [`resolve`] | the addresses of a name, by the system's own `getent` |
//! | [`dns`] | the same by servers that are asked, where there is no `getent` |
//! | [`dhcp`] | an address of a server's, for as long as it is used |
//! | [`uplink`] | a machine without any network comes into one |
//! | [`tls`] | the certificates to trust, and the one provider of cryptography |
//! | [`client`] | what every HTTP exchange has in common |
//! | [`address`] | the address of a file on a web server, shown without what is secret |
//! | [`remote`] | such a file, read as if it were here |
// Lengths are u64 in formats and usize in memory, which is the same here.
#![allow(clippy::cast_possible_truncation)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

const _: () = assert!(usize::BITS == 64);

mod error;
mod untrusted;

pub mod address;
pub mod client;
pub mod dhcp;
pub mod dns;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod remote;
pub mod resolve;
pub mod tls;
pub mod uplink;

pub use error::ConnectError;
pub use untrusted::Untrusted;
