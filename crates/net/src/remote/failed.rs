//! What a broken exchange is worth: whether another try may not break.

use ureq::Error;
use zshield_messages::say;

use super::error::{Failure, FetchError, Oddity};
use crate::address::WebAddress;
use crate::error::ConnectError;

/// What no answer came for, or only the beginning of one.
pub(super) fn failed(error: Error, address: &WebAddress, first: bool) -> Failure {
    let url = || address.to_string();
    match error {
        Error::Io(error) => match certificate(&error) {
            Some(why) => FetchError::Certificate { url: url(), why }.into(),
            None => Failure::passing(error),
        },
        Error::Rustls(error @ rustls::Error::InvalidCertificate(_)) => {
            FetchError::Certificate { url: url(), why: error.to_string() }.into()
        }
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

/// What is against a certificate, where that is the reason.
fn certificate(error: &std::io::Error) -> Option<String> {
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    matches!(error, rustls::Error::InvalidCertificate(_)).then(|| error.to_string())
}

/// ureq has the status in a text alone: `proxy server responded 403/403`.
fn proxy_status(text: &str) -> Option<u16> {
    text.rsplit('/').next()?.parse().ok()
}
