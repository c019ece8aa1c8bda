//! Addresses among the settings: what they have to be, and how they go wrong.

use super::problem::Problem;
use super::variables::{API_URL, DOCS_URL, OTLP_ENDPOINT, PUBLIC_URL};
use crate::model::DocsUrl;
use http::Uri;
use std::net::IpAddr;

/// Where GitHub's REST API is, without a slash at its end.
pub(super) fn api_url(text: &str) -> Result<String, Problem> {
    let should = "it should be https://api.github.com, or https://HOST/api/v3 on GitHub Enterprise Server";
    let (uri, trimmed) = web_url(API_URL, text, should)?;
    let host = uri.host().unwrap_or_default();
    if uri.scheme_str() == Some("http") && !is_loopback(host) {
        let what = format!("over http:// everybody on the way reads the App's tokens; {should}");
        return Err(Problem::of(API_URL, text, what));
    }
    if ["github.com", "www.github.com"].iter().any(|site| host.eq_ignore_ascii_case(site)) {
        return Err(Problem::of(API_URL, text, format!("that is GitHub's website, not its API; {should}")));
    }
    Ok(trimmed)
}

/// Where the server is reached from outside, without a slash at its end.
pub(super) fn public_url(text: &str) -> Result<String, Problem> {
    let should = "it should begin with https:// and name the server as others reach it, such as \
                  https://towpath.example.com";
    web_url(PUBLIC_URL, text, should).map(|(_, trimmed)| trimmed)
}

/// Where a collector of traces is, without a slash at its end.
pub(super) fn otlp_endpoint(text: &str) -> Result<String, Problem> {
    let should = "it should be a collector's address, such as http://127.0.0.1:4318, without /v1/traces";
    let (_, trimmed) = web_url(OTLP_ENDPOINT, text, should)?;
    if trimmed.ends_with("/v1/traces") {
        return Err(Problem::of(OTLP_ENDPOINT, text, should));
    }
    Ok(trimmed)
}

/// The folder that the documentation is in.
pub(super) fn docs_url(text: &str) -> Result<DocsUrl, Problem> {
    let should = "it should name the folder of findings.md, such as https://docs.example.com/towpath";
    web_url(DOCS_URL, text, should).map(|(_, trimmed)| DocsUrl::new(trimmed))
}

fn web_url(name: &str, text: &str, should: &str) -> Result<(Uri, String), Problem> {
    let trimmed = text.trim_end_matches('/');
    let uri: Option<Uri> = trimmed.parse().ok();
    if text.contains('@') {
        // A password may be in it.
        return Err(Problem::new(format!("{name} holds a name or a password before its host; {should}")));
    }
    let usable = uri.filter(|uri| {
        let known = matches!(uri.scheme_str(), Some("http" | "https"));
        known && uri.authority().is_some() && !trimmed.contains(['?', '#'])
    });
    let usable = usable.ok_or_else(|| Problem::of(name, text, should))?;
    Ok((usable, trimmed.to_owned()))
}

/// Whether a host can only be this machine.
fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let named = bare.eq_ignore_ascii_case("localhost") || bare.to_ascii_lowercase().ends_with(".localhost");
    named || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for good in [
            "http://127.0.0.1:4711",
            "http://[::1]:4711/api/v3",
            "http://localhost:1",
            "http://github.localhost/api/v3",
            "https://github.example.com/api/v3",
        ] {
            assert_eq!(api_url(&format!("{good}/")).unwrap(), good);
        }
        for bad in ["http://github.example.com/api/v3", "http://127.0.0.1.example.com", "http://10.0.0.1"] {
            let error = api_url(bad).unwrap_err().to_string();
            assert!(error.contains(bad) && error.contains("over http://"), "{error}");
        }
    }

    #[test]
    fn what_is_no_address_is_told_with_one() {
        for bad in
            ["towpath.example.com", "https://", "ftp://x.example.com", "https://x.example.com?a=b", "a b"]
        {
            let error = public_url(bad).unwrap_err().to_string();
            assert!(error.starts_with(&format!("PUBLIC_URL is {bad:?}; it should")), "{error}");
            assert!(error.contains("https://towpath.example.com"), "{error}");
        }
        let error = docs_url("docs/findings.md").unwrap_err().to_string();
        assert!(error.starts_with("TOWPATH_DOCS_URL is \"docs/findings.md\"; it should name"), "{error}");
        assert_eq!(docs_url("https://docs.example.com/").unwrap(), DocsUrl::new("https://docs.example.com"));
        let error = api_url("https://ana:hush@github.example.com/api/v3").unwrap_err().to_string();
        assert!(error.starts_with("GITHUB_API_URL holds") && !error.contains("hush"), "{error}");
        let error = api_url("https://github.com/").unwrap_err().to_string();
        assert!(error.contains("GitHub's website"), "{error}");
    }
}
