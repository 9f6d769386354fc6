//! What other machines answer, and who they are.

use std::time::Duration;

use zshield_net::address::WebAddress;
use zshield_net::fuzzing;
use zshield_net::remote::{ContentRange, retry_after};

pub(crate) fn getent(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let found = fuzzing::getent(&text);
    assert!(found.len() <= text.lines().count());
}

/// What a DHCP server sends.
pub(crate) fn dhcp(bytes: &[u8]) {
    // It panics by itself.
    fuzzing::dhcp(bytes);
}

/// What a server for names sends.
pub(crate) fn dns(bytes: &[u8]) {
    assert!(fuzzing::dns(bytes) <= 16);
}

/// What a person gives of a network.
pub(crate) fn network(bytes: &[u8]) {
    fuzzing::fixed(&String::from_utf8_lossy(bytes));
}

pub(crate) fn content_range(bytes: &[u8]) {
    match ContentRange::parse(&String::from_utf8_lossy(bytes)) {
        Some(ContentRange::Bytes { first, last, length }) => {
            assert!(first <= last && length.is_none_or(|length| last < length) && last < u64::MAX);
        }
        Some(ContentRange::None(_)) | None => {}
    }
}

/// What the server says, and its date in the next line.
pub(crate) fn retry(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (after, date) = text.split_once('\n').unwrap_or((&text, ""));
    let wait = retry_after(after, Some(date));
    if after.trim().parse::<u64>().is_err() {
        // No clock of HTTP goes beyond four digits of a year.
        assert!(wait.is_none_or(|wait| wait < Duration::from_hours(10_000 * 366 * 24)));
    }
}

/// An address, and in the next line where a redirection leads.
pub(crate) fn address(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (address, location) = text.split_once('\n').unwrap_or((&text, ""));
    let Some(address) = WebAddress::parse(address) else { return };
    for address in [Some(address.clone()), address.redirected(location)].into_iter().flatten() {
        let shown = address.to_string();
        assert!(shown.starts_with("http://") || shown.starts_with("https://"));
        // Neither who asks nor what is asked for is shown.
        let server = shown.split('/').nth(2).unwrap_or_default();
        assert!(!server.is_empty() && !server.contains('@'), "{shown}");
        assert!(shown.split_once('?').is_none_or(|(_, rest)| rest == "…"), "{shown}");
    }
}
