//! What every HTTP exchange has in common: the certificates, the proxy, names, and the limits.

use std::io;
use std::path::Path;
use std::sync::Arc;

use ureq::config::{Config, ConfigBuilder};
use ureq::http::Uri;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::typestate::AgentScope;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error, Proxy, ProxyProtocol};

use crate::dns::Dns;
use crate::error::ConnectError;
use crate::{resolve, tls};

/// How the other end is reached.
#[derive(Clone, Copy, Debug, Default)]
pub struct Connection<'a> {
    /// Certificates to trust instead of the system's.
    pub ca: Option<&'a Path>,
    /// A proxy, which every address is asked for by `CONNECT`. No other is used, whatever the environment says.
    pub proxy: Option<&'a str>,
    /// Who is asked for the addresses of names.
    pub names: Names<'a>,
}

/// Who is asked for the addresses of names.
#[derive(Clone, Copy, Debug, Default)]
pub enum Names<'a> {
    /// The system, by its `getent`.
    #[default]
    System,
    /// These servers, where the system has no `getent`.
    Asked(&'a Arc<Dns>),
}

/// A client for addresses that are `secure`, or for those that are not. `limits` sets its time-outs. A status
/// is no error to it, and it follows no redirect.
pub fn agent(
    secure: bool,
    connection: Connection<'_>,
    limits: impl FnOnce(ConfigBuilder<AgentScope>) -> ConfigBuilder<AgentScope>,
) -> Result<Agent, ConnectError> {
    let proxy = connection.proxy.map(proxy).transpose()?;
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("zshield/", env!("CARGO_PKG_VERSION")));
    // A proxy may be behind TLS where the address is not.
    if secure || proxy.as_ref().is_some_and(|proxy| proxy.protocol() == ProxyProtocol::Https) {
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
    let config = limits(config.proxy(proxy)).build();
    let resolver = match connection.names {
        Names::System => Finder::System,
        Names::Asked(servers) => Finder::Asked(Arc::clone(servers)),
    };
    Ok(Agent::with_parts(config, DefaultConnector::new(), resolver))
}

/// ureq panics for what it is not built for.
fn proxy(address: &str) -> Result<Proxy, ConnectError> {
    Proxy::new(address)
        .ok()
        .filter(|proxy| matches!(proxy.protocol(), ProxyProtocol::Http | ProxyProtocol::Https))
        .ok_or(ConnectError::BadProxy)
}

/// What finds addresses.
#[derive(Debug)]
enum Finder {
    System,
    Asked(Arc<Dns>),
}

impl Resolver for Finder {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let host = uri.host().ok_or(Error::HostNotFound)?;
        let port = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        let port = uri.port_u16().unwrap_or(port);
        let found = match self {
            Self::System => resolve::addresses(host, port).map_err(|_| Error::HostNotFound)?,
            Self::Asked(servers) => servers.addresses(host, port).map_err(|error| match error {
                ConnectError::UnknownHost(_) => Error::HostNotFound,
                // A network without an answer is no name that nobody has.
                error => Error::Io(io::Error::other(error)),
            })?,
        };
        let mut all = self.empty();
        // It has room for so many.
        for address in found.into_iter().take(16) {
            all.push(address);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_one_that_ureq_is_built_for() {
        for address in ["http://proxy.example:3128", "https://proxy.example", "proxy.example:80"] {
            assert!(proxy(address).is_ok(), "{address}");
        }
        for address in ["socks5://proxy.example", "socks4://a", "ftp://a", "", "http://"] {
            assert!(matches!(proxy(address), Err(ConnectError::BadProxy)), "{address}");
        }
    }
}
