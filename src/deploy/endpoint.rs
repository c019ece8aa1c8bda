//! Addresses that the operator names: how they are written, and what of that may be called.

use super::allowed_addresses;
use reqwest::Url;
use serde::Deserialize;

/// An address that deploys may be sent to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// The address: `https://…`, or `http://…` where private addresses are allowed.
    pub url: String,
    /// The name of the secret that signs what is sent and what comes back; the endpoint's own name where none is
    /// written.
    #[serde(default)]
    pub secret: Option<String>,
    /// Whether it may lie in a private network or on this machine.
    #[serde(default)]
    pub allow_private: bool,
}

impl Endpoint {
    /// The address to call, or what is wrong with it. Read here alone and by the same reader as the client's, so that
    /// nothing is judged as one host and called as another.
    pub(super) fn parsed(&self) -> Result<Url, String> {
        callable(&self.url, self.allow_private)
    }
}

/// Whether a host may be spoken to: one that is named by an address, in a network or on this machine, only where that is
/// allowed.
pub(super) fn is_callable_host(host: &str, allow_private: bool) -> bool {
    host.parse().map_or(true, |ip| allowed_addresses::is_allowed(ip, allow_private))
}

/// An address that the operator has written, as it is called, or what is wrong with it.
pub(super) fn callable(shown: &str, allow_private: bool) -> Result<Url, String> {
    let url = Url::parse(shown)
        .map_err(|error| format!("{shown:?} is no address ({error}); write https://host/path"))?;
    match url.scheme() {
        "https" => {}
        "http" if allow_private => {}
        "http" => {
            return Err(
                    "what is sent could be read on its way; write https://, or allow_private for a network of your own"
                        .to_owned(),
                );
        }
        _ => return Err(format!("{shown:?} is no address that can be called; write https://host/path")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds a name or password; name a secret instead".to_owned());
    }
    match allowed_addresses::literal(&url) {
        Some(ip) if !allowed_addresses::is_allowed(ip, allow_private) => Err(format!(
            "{ip} is an address of a private network or of this machine; allow_private lets it be called where that is meant"
        )),
        _ => Ok(url),
    }
}
