//! Other machines: how they are found, trusted and spoken to.
//!
//! | module | holds |
//! |---|---|
//! | [`resolve`] | the addresses of a name, by the system's own `getent` |
//! | [`tls`] | the certificates to trust, and the one provider of cryptography |
//! | [`client`] | what every HTTP exchange has in common |
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod error;

pub mod client;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod resolve;
pub mod tls;

pub use error::ConnectError;
