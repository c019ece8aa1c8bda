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

/// Names that lead into the own network or to this machine, whatever stands before them.
const LOCAL_NAMES: [&str; 4] = ["localhost", "local", "internal", "home.arpa"];

/// Whether a host may be spoken to that is resolved by somebody else: one in a network of one's own or on this machine only
/// where that is allowed.
pub(super) fn is_callable_host(host: &str, allow_private: bool) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if let Ok(ip) = host.parse() {
        return allowed_addresses::is_allowed(ip, allow_private);
    }
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_number = match last.strip_prefix("0x") {
        Some(hexadecimal) => hexadecimal.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => last.bytes().all(|byte| byte.is_ascii_digit()),
    };
    if is_number || host.contains(':') {
        // An address in a spelling that resolvers read, as `127.1`: which one cannot be told here.
        return false;
    }
    let is_below = |name: &&str| host.strip_suffix(name).is_some_and(|it| it.is_empty() || it.ends_with('.'));
    // What has no dot is completed by the resolver's own domain.
    allow_private || host.contains('.') && !LOCAL_NAMES.iter().any(is_below)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_judged_however_it_is_spelled() {
        for public in
            ["git.example.org", "93.184.215.14", "internal.example.org", "2606:2800:21f:cb07::1", "x1.de"]
        {
            assert!(is_callable_host(public, false), "{public}");
        }
        for private in [
            "10.1.2.3",
            "::1",
            "localhost",
            "LOCALHOST.",
            "git.localhost",
            "git.local",
            "git.internal",
            "git.home.arpa",
            "git",
        ] {
            assert!(!is_callable_host(private, false), "{private}");
            assert!(is_callable_host(private, true), "{private}");
        }
        for never in [
            "169.254.169.254",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "127.0.0.0x1",
            "169.254.43518",
            "1::2::3",
            ".",
            "",
        ] {
            assert!(!is_callable_host(never, true), "{never}");
        }
    }
}
