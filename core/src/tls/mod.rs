//! Calls that are encrypted: by which cryptography, and whose word for a name counts.
//!
//! Lives here: how a client encrypts that calls somebody whom an operator has named, or asks a remote for its refs.
//!
//! Does not live here: who is called and what is said (`deploy`, `traces`, `lineage`); the calls to GitHub's API, whose client
//! brings its own (`github`).
//!
//! Open first: this file; there is no other.

use rustls::{ClientConfig, Error, RootCertStore};
use std::sync::Arc;

/// The authorities that this machine trusts; none where it has no certificates of any.
pub fn system_authorities() -> RootCertStore {
    let mut authorities = RootCertStore::empty();
    authorities.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    authorities
}

/// How a client encrypts that takes the word of these authorities.
///
/// # Errors
/// When the cryptography offers no version of the protocol that is safe.
pub fn client_encryption(authorities: RootCertStore) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(authorities).with_no_client_auth())
}
