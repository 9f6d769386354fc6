//! TLS: the system's certificates or those that the policy names, and one provider for all.

use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;

use crate::error::ConnectError;

/// The one provider of cryptography.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The certificates to trust: those in the file, or the system's.
pub fn roots(ca: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, ConnectError> {
    if let Some(path) = ca {
        let found = rustls_native_certs::load_certs_from_paths(Some(path), None).certs;
        let none = found.is_empty();
        return if none { Err(ConnectError::BadRoots(path.to_owned())) } else { Ok(found) };
    }
    let found = rustls_native_certs::load_native_certs().certs;
    if found.is_empty() { Err(ConnectError::NoRoots) } else { Ok(found) }
}

/// A client that trusts these.
pub fn client(ca: Option<&Path>) -> Result<Arc<ClientConfig>, ConnectError> {
    let mut store = rustls::RootCertStore::empty();
    // The system may hold some that rustls does not take.
    store.add_parsable_certificates(roots(ca)?);
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(ConnectError::failed)?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
