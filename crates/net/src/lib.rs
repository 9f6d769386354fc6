//! Other machines: how they are found, trusted and spoken to.
//!
//! | module | holds |
//! |---|---|
//! | [`resolve`] | the addresses of a name, by the system's own `getent` |
//! | [`tls`] | the certificates to trust, and the one provider of cryptography |
//! | [`client`] | what every HTTP exchange has in common |
//! | [`address`] | the address of a file on a web server, shown without what is secret |
//! | [`remote`] | such a file, read as if it were here |
// Lengths are u64 in formats and usize in memory, which is the same here.
#![allow(clippy::cast_possible_truncation)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

const _: () = assert!(usize::BITS == 64);

mod error;

pub mod address;
pub mod client;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod remote;
pub mod resolve;
pub mod tls;

pub use error::ConnectError;
