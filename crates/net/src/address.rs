//! The address of a file on a web server. What is secret in it is never shown.

use std::fmt;

use ct_codecs::{Base64, Encoder as _};
use percent_encoding::percent_decode_str;
use ureq::http::{HeaderValue, Uri};
use url::Url;

/// The address of a file on a web server: `http://…` or `https://…`.
///
/// A user and a password in it are sent to that server alone. Shown ([`Display`](fmt::Display), [`Debug`]) it is
/// without them and without its query, which may be a signature that lets anybody in.
#[derive(Clone, PartialEq, Eq)]
pub struct WebAddress {
    url: Url,
    uri: Uri,
    authorization: Option<HeaderValue>,
}

impl WebAddress {
    /// Reads an address; `None` if it is none of a web server.
    pub fn parse(text: &str) -> Option<Self> {
        Self::of(Url::parse(text).ok()?)
    }

    fn of(mut url: Url) -> Option<Self> {
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return None;
        }
        let authorization = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => Some(basic(user, password.unwrap_or_default())?),
        };
        url.set_username("").ok()?;
        url.set_password(None).ok()?;
        url.set_fragment(None);
        Some(Self { uri: url.as_str().parse().ok()?, url, authorization })
    }

    /// Where a redirection from here leads to. Who is let in here is not told to another server.
    pub fn redirected(&self, location: &str) -> Option<Self> {
        let mut next = Self::of(self.url.join(location).ok()?)?;
        if next.authorization.is_none() && next.url.origin() == self.url.origin() {
            next.authorization.clone_from(&self.authorization);
        }
        Some(next)
    }

    /// Whether it is behind TLS.
    pub fn is_secure(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The server's name.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// What is asked for, without user and password.
    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Who asks.
    pub(crate) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }
}

fn basic(user: &str, password: &str) -> Option<HeaderValue> {
    let decoded = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
    let both = [decoded(user), decoded(password)].join(&b':');
    let text = format!("Basic {}", Base64::encode_to_string(both).ok()?);
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.url.clone();
        shown.set_query(None);
        write!(f, "{shown}{}", if self.url.query().is_some() { "?…" } else { "" })
    }
}

impl fmt::Debug for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_is_sent_and_never_shown() {
        let text = "https://me:s%3Ac%C3%A9@updates.example:8443/a/b.zsb?token=abc#x";
        let address = WebAddress::parse(text).unwrap();
        assert_eq!(address.to_string(), "https://updates.example:8443/a/b.zsb?…");
        assert_eq!(format!("{address:?}"), format!("WebAddress({address})"));
        assert_eq!(address.uri().to_string(), "https://updates.example:8443/a/b.zsb?token=abc");
        // As Python's base64 has it.
        assert_eq!(address.authorization().unwrap(), "Basic bWU6czpjw6k=");
        assert!(address.is_secure());
        assert_eq!(address.host(), "updates.example");
    }

    #[test]
    fn a_redirection_tells_no_other_server_who_asks() {
        let address = WebAddress::parse("http://me:secret@one.example/a/b").unwrap();
        for (location, to, told) in [
            ("c", "http://one.example/a/c", true),
            ("/c?x", "http://one.example/c?…", true),
            ("http://one.example:80/c", "http://one.example/c", true),
            ("//two.example/c", "http://two.example/c", false),
            ("https://one.example/c", "https://one.example/c", false),
            ("http://one.example:81/c", "http://one.example:81/c", false),
            ("http://you:x@two.example/c", "http://two.example/c", true),
        ] {
            let next = address.redirected(location).unwrap();
            assert_eq!((next.to_string().as_str(), next.authorization().is_some()), (to, told));
        }
        for location in ["file:///etc/shadow", "ftp://a/b", "http://", "mailto:a@b"] {
            assert_eq!(address.redirected(location), None, "{location}");
        }
    }

    #[test]
    fn other_places_are_no_addresses_of_a_web_server() {
        for text in ["", "a.zsb", "/srv/a.zsb", "ftp://a/b", "file:///a", "http://", "https:///"] {
            assert_eq!(WebAddress::parse(text), None, "{text}");
        }
        assert!(WebAddress::parse("http://[::1]:8080/a").is_some());
        assert!(WebAddress::parse("HTTPS://例子.example/网关 1.zsb").is_some());
    }
}
