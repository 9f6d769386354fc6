//! Alarms: what an appliance tells people, and how.
//!
//! | module | holds |
//! |---|---|
//! | [`alarm`], [`event`] | a condition with its history; what is told of it |
//! | [`list`], [`outbox`], [`batch`] | the rules, pure: what follows of what was seen, what is to be told to whom and when, and how much of it stands in one message |
//! | [`store`], [`audit`] | where the list is kept; who acknowledged what, and why |
//! | [`sink`] | the ways of telling |
//! | [`metrics`] | numbers for Prometheus |
//! | [`dispatcher`] | the threads in which all this is done |
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod banner;
mod error;
mod http;
mod secret;

pub mod alarm;
pub mod audit;
pub mod batch;
pub mod dispatcher;
pub mod event;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod list;
pub mod metrics;
pub mod outbox;
pub mod sink;
pub mod store;

pub use error::SendError;
