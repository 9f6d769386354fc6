//! Where a bucket is, and who asks.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;
use url::Url;
use zshield_net::dns::Dns;

/// How a bucket is named in addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `https://server/bucket/…`, as most servers of one's own have it.
    Path,
    /// `https://bucket.server/…`, as AWS has it.
    Host,
}

/// Where a bucket is.
#[derive(Debug, Clone)]
pub struct S3Place {
    /// The server.
    endpoint: Url,
    pub(super) bucket: String,
    pub(super) region: String,
    style: Style,
    /// Of all names in the bucket; empty, or with `/` at its end.
    pub(super) prefix: String,
    /// Certificates to trust instead of the system's.
    pub ca: Option<PathBuf>,
    /// A proxy for all requests.
    pub proxy: Option<String>,
    /// Who is asked for the server's address, where the system has no `getent`.
    pub names: Option<Arc<Dns>>,
}

/// What is no place for objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum S3PlaceError {
    /// The address of the server is none, or has more in it than the server.
    #[error("not the address of a server")]
    Endpoint,
    /// No bucket is named so.
    #[error("not the name of a bucket")]
    Bucket,
    /// No region is named so.
    #[error("not the name of a region")]
    Region,
    /// The prefix has an empty part, `.` or `..`.
    #[error("not a prefix")]
    Prefix,
}

impl S3Place {
    /// A bucket of a server, and the beginning of all names in it.
    pub fn new(
        endpoint: &str,
        bucket: &str,
        region: &str,
        style: Style,
        prefix: &str,
    ) -> Result<Self, S3PlaceError> {
        let plain = |text: &str| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
            !text.is_empty() && text.len() <= 255 && text.chars().all(is_plain)
        };
        let endpoint = Url::parse(endpoint).map_err(|_| S3PlaceError::Endpoint)?;
        let only_server = matches!(endpoint.scheme(), "http" | "https")
            && endpoint.host_str().is_some_and(|host| !host.is_empty())
            && endpoint.path() == "/"
            && endpoint.query().is_none()
            && endpoint.username().is_empty()
            && endpoint.password().is_none();
        let prefix = prefix.trim_matches('/');
        let parts = || prefix.split('/').filter(|_| !prefix.is_empty());
        let check = |holds, error| if holds { Ok(()) } else { Err(error) };
        check(only_server, S3PlaceError::Endpoint)?;
        check(plain(bucket) && !bucket.starts_with('.'), S3PlaceError::Bucket)?;
        check(plain(region), S3PlaceError::Region)?;
        let no_part = |part: &str| matches!(part, "" | "." | "..") || part.contains('\0');
        check(prefix.len() <= 512 && !parts().any(no_part), S3PlaceError::Prefix)?;
        Ok(Self {
            endpoint,
            bucket: bucket.to_owned(),
            region: region.to_owned(),
            style,
            prefix: if prefix.is_empty() { String::new() } else { format!("{prefix}/") },
            ca: None,
            proxy: None,
            names: None,
        })
    }

    /// Whether it is behind TLS.
    pub(super) fn is_secure(&self) -> bool {
        self.endpoint.scheme() == "https"
    }

    /// The server that is asked, with its port where that is not the usual one.
    pub(super) fn host(&self) -> String {
        let server = self.endpoint.host_str().unwrap_or_default();
        let port = self.endpoint.port().map(|port| format!(":{port}")).unwrap_or_default();
        match self.style {
            Style::Path => format!("{server}{port}"),
            Style::Host => format!("{}.{server}{port}", self.bucket),
        }
    }

    /// Scheme and server.
    pub(super) fn origin(&self) -> String {
        format!("{}://{}", self.endpoint.scheme(), self.host())
    }

    /// The path of a name in the bucket; of the bucket itself, where the name is empty.
    pub(super) fn path(&self, name: &str) -> String {
        match self.style {
            Style::Path => format!("/{}/{name}", self.bucket),
            Style::Host => format!("/{name}"),
        }
    }
}

impl fmt::Display for S3Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = self.endpoint.as_str().trim_end_matches('/');
        write!(f, "s3:{server}/{}/{}", self.bucket, self.prefix.trim_end_matches('/'))
    }
}

/// Who asks. Never shown.
#[derive(Clone)]
pub struct S3Credentials {
    /// The id of the access key.
    pub key_id: String,
    /// Its secret.
    pub secret: String,
    /// What goes with a key that holds for a while only.
    pub session_token: Option<String>,
}

impl fmt::Debug for S3Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("S3Credentials(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_shown_and_asked_for_as_its_style_has_it() {
        let place = |style, prefix| {
            S3Place::new("https://s3.example:9000", "backups", "eu-1", style, prefix).unwrap()
        };
        let path = place(Style::Path, "/gw/1/");
        assert_eq!(path.to_string(), "s3:https://s3.example:9000/backups/gw/1");
        assert_eq!(path.origin() + &path.path("x"), "https://s3.example:9000/backups/x");
        let host = place(Style::Host, "");
        assert_eq!(host.origin() + &host.path("x"), "https://backups.s3.example:9000/x");
        assert_eq!((path.prefix.as_str(), host.prefix.as_str()), ("gw/1/", ""));
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for (endpoint, bucket, region, prefix, error) in [
            ("s3.example", "b", "r", "", S3PlaceError::Endpoint),
            ("ftp://s3.example", "b", "r", "", S3PlaceError::Endpoint),
            ("https://s3.example/s3", "b", "r", "", S3PlaceError::Endpoint),
            ("https://me:secret@s3.example", "b", "r", "", S3PlaceError::Endpoint),
            ("https://s3.example", "a/b", "r", "", S3PlaceError::Bucket),
            ("https://s3.example", "", "r", "", S3PlaceError::Bucket),
            ("https://s3.example", "b", "r s", "", S3PlaceError::Region),
            ("https://s3.example", "b", "r", "a/../b", S3PlaceError::Prefix),
            ("https://s3.example", "b", "r", "a//b", S3PlaceError::Prefix),
        ] {
            let found = S3Place::new(endpoint, bucket, region, Style::Path, prefix);
            assert_eq!(found.unwrap_err(), error, "{endpoint} {bucket} {region} {prefix}");
        }
    }
}
