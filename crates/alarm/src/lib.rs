//! Alarms: what an appliance tells people, and how.
//!
//! | module | holds |
//! |---|---|
//! | [`alarm`], [`event`] | a condition with its history; what is told of it |
//! | [`book`], [`outbox`], [`digest`] | the rules, pure: what follows of what was seen, what is to be told to whom and when, and how much of it stands in one message |
//! | [`sink`] | the ways of telling |
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod error;
mod http;
mod process;
mod resolve;
mod secret;
mod tls;

pub mod alarm;
pub mod book;
pub mod digest;
pub mod event;
pub mod outbox;
pub mod sink;

pub use error::SendError;
