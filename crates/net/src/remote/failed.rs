//! What a broken exchange is worth: whether another try may not break.

use ureq::Error;
use zshield_messages::say;

use super::error::{Failure, FetchError, Oddity};
use crate::address::WebAddress;
use crate::error::ConnectError;
use crate::untrusted::Untrusted;

/// What no answer came for, or only the beginning of one.
pub(super) fn failed(error: Error, address: &WebAddress, first: bool) -> Failure {
    let url = || address.to_string();
    if let Some(why) = Untrusted::of(&error) {
        return FetchError::Certificate { url: url(), why }.into();
    }
    match error {
        Error::Timeout(_) => Failure::passing(say::net::silent()),
        // A name that was found before is there again when the network is.
        Error::HostNotFound if first => {
            FetchError::from(ConnectError::UnknownHost(address.host().to_owned())).into()
        }
        Error::ConnectProxyFailed(text) => match proxy_status(&text) {
            Some(status @ 400..500) => FetchError::ProxyRefuses { status }.into(),
            _ => Failure::passing(text),
        },
        error @ (Error::Protocol(_) | Error::LargeResponseHeader(..) | Error::Http(_)) => {
            FetchError::Odd { url: url(), what: Oddity::Protocol(error.to_string()) }.into()
        }
        other => Failure::passing(other),
    }
}

/// ureq has the status in a text alone: `proxy server responded 403/403`.
fn proxy_status(text: &str) -> Option<u16> {
    text.rsplit('/').next()?.parse().ok()
}
