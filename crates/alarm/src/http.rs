//! HTTP: one POST, and what is answered.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error, Proxy};

use crate::error::SendError;
use crate::{resolve, tls};

/// The whole exchange takes no longer.
const LIMIT: Duration = Duration::from_secs(30);
/// So much of an answer is read.
const LONGEST_ANSWER: u64 = 64 << 10;

/// How the other end is reached.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Connection<'a> {
    /// Certificates to trust instead of the system's.
    pub ca: Option<&'a Path>,
    /// A proxy.
    pub proxy: Option<&'a str>,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub status: u16,
    /// The body, or the beginning of it.
    pub body: String,
}

/// Posts JSON to an address, which may be a secret: no error says it.
pub(crate) fn post(
    url: &str,
    headers: &[(&str, String)],
    body: &[u8],
    connection: Connection<'_>,
) -> Result<Answer, SendError> {
    let uri: Uri = url.parse().map_err(|_| SendError::BadAddress)?;
    let secure = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(SendError::BadAddress),
    };
    let agent = Agent::with_parts(config(secure, connection)?, DefaultConnector::new(), System);
    let mut request = agent.post(uri).header("Content-Type", "application/json; charset=utf-8");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let mut response = request.send(body).map_err(without_address)?;
    let status = response.status().as_u16();
    let answer = response.body_mut().with_config().limit(LONGEST_ANSWER).lossy_utf8(true);
    Ok(Answer { status, body: answer.read_to_string().map_err(without_address)? })
}

fn config(secure: bool, connection: Connection<'_>) -> Result<Config, SendError> {
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(LIMIT))
        .max_redirects(0)
        .user_agent(concat!("zshield/", env!("CARGO_PKG_VERSION")));
    if secure {
        let roots: Vec<Certificate<'static>> = tls::roots(connection.ca)?
            .iter()
            .map(|root| Certificate::from_der(root).to_owned())
            .collect();
        config = config.tls_config(
            TlsConfig::builder()
                .root_certs(RootCerts::Specific(Arc::new(roots)))
                .unversioned_rustls_crypto_provider(tls::provider())
                .build(),
        );
    }
    let proxy = connection.proxy.map(Proxy::new).transpose().map_err(|_| SendError::BadAddress)?;
    Ok(config.proxy(proxy).build())
}

fn without_address(error: Error) -> SendError {
    match error {
        Error::BadUri(_) => SendError::BadAddress,
        Error::HostNotFound => SendError::UnknownHost(String::new()),
        other => SendError::connection(other),
    }
}

/// The system's own resolver.
#[derive(Debug)]
struct System;

impl Resolver for System {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let host = uri.host().ok_or(Error::HostNotFound)?;
        let port = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        let port = uri.port_u16().unwrap_or(port);
        let found = resolve::addresses(host, port).map_err(|_| Error::HostNotFound)?;
        let mut all = self.empty();
        // It has room for so many.
        for address in found.into_iter().take(16) {
            all.push(address);
        }
        Ok(all)
    }
}
