//! A signed call to an address that the operator has allowed.

use crate::deploy::operator::Endpoint;
use http::Uri;

/// What is wrong with an address, if something is.
pub(crate) fn fault_in(endpoint: &Endpoint) -> Option<String> {
    let Ok(uri) = endpoint.url.parse::<Uri>() else {
        return Some(format!("{:?} is no address; write https://host/path", endpoint.url));
    };
    match (uri.scheme_str(), uri.authority()) {
        (Some("https"), Some(_)) => {}
        (Some("http"), Some(_)) if endpoint.allow_private => {}
        (Some("http"), Some(_)) => {
            return Some(
                "it is sent in the clear; write https://, or allow_private for a network of your own"
                    .to_owned(),
            );
        }
        _ => {
            return Some(format!(
                "{:?} is no address that can be called; write https://host/path",
                endpoint.url
            ));
        }
    }
    if uri.authority().is_some_and(|it| it.as_str().contains('@')) {
        return Some("it holds a name or password; name a secret instead".to_owned());
    }
    None
}
