//! Where the App is to be registered, and where GitHub reaches this server.

use http::Uri;
use std::net::IpAddr;

/// What somebody has chosen, and what can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// GitHub's website, without a slash at the end.
    pub(super) github: String,
    /// The organisation; `None` for whoever is logged in there.
    pub(super) organisation: Option<String>,
    /// This server's address from outside, without a slash at the end.
    pub(super) address: String,
}

/// GitHub's own website.
pub(super) const GITHUB: &str = "https://github.com";

impl Choice {
    /// Reads what was typed.
    ///
    /// # Errors
    /// What is wrong with which field, in words for people.
    pub(super) fn new(github: &str, organisation: &str, address: &str) -> Result<Self, String> {
        let github = match github.trim().trim_end_matches('/') {
            "" => GITHUB.to_owned(),
            typed => website(typed).map_err(|why| format!("GitHub's address: {why}"))?,
        };
        let organisation = organisation.trim().trim_start_matches('@');
        let is_login = organisation.len() <= 39
            && organisation.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !is_login {
            return Err("The organisation: write its name as it stands in addresses, such as acme".to_owned());
        }
        let address = website(address.trim().trim_end_matches('/'));
        let address = address.map_err(|why| format!("This server's address: {why}"))?;
        let organisation = (!organisation.is_empty()).then(|| organisation.to_owned());
        Ok(Self { github, organisation, address })
    }

    /// Where GitHub's REST API is.
    pub(super) fn api_url(&self) -> String {
        if self.github == GITHUB {
            "https://api.github.com".to_owned()
        } else {
            format!("{}/api/v3", self.github)
        }
    }

    /// Where the manifest goes.
    pub(super) fn registration(&self, state: &str) -> String {
        let of = self.organisation.as_ref().map(|name| format!("organizations/{name}/"));
        format!("{}/{}settings/apps/new?state={state}", self.github, of.unwrap_or_default())
    }

    /// What the App is called at first: names are given once on all of GitHub.
    pub(super) fn name(&self) -> String {
        let name =
            self.organisation.as_ref().map_or_else(|| "Towpath".to_owned(), |of| format!("Towpath for {of}"));
        // GitHub takes no longer one.
        name.chars().take(34).collect()
    }
}

/// An address of a website: over https, or on this machine.
fn website(typed: &str) -> Result<String, String> {
    let should = "it should begin with https://, such as https://towpath.example.com";
    let typed = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    let uri: Uri = typed.parse().map_err(|_| should.to_owned())?;
    let host = uri.host().unwrap_or_default();
    if host.is_empty() || typed.contains(['@', '?', '#', '"', '\'', '<', '>']) {
        return Err(should.to_owned());
    }
    match uri.scheme_str() {
        Some("https") => Ok(typed.trim_end_matches('/').to_owned()),
        Some("http") if is_loopback(host) => Ok(typed.trim_end_matches('/').to_owned()),
        _ => Err(format!("over http:// everybody on the way reads along; {should}")),
    }
}

/// Whether a host can only be this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let named = bare.eq_ignore_ascii_case("localhost") || bare.to_ascii_lowercase().ends_with(".localhost");
    named || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read_as_people_mean_it() {
        let choice = Choice::new(" ", "@acme", "https://towpath.example.com/").unwrap();
        assert_eq!(
            choice.registration("s"),
            "https://github.com/organizations/acme/settings/apps/new?state=s"
        );
        assert_eq!(
            (choice.api_url().as_str(), choice.name().as_str()),
            ("https://api.github.com", "Towpath for acme")
        );
        let choice = Choice::new("github.example.com", "", "towpath.example.com/path").unwrap();
        assert_eq!(choice.registration("s"), "https://github.example.com/settings/apps/new?state=s");
        assert_eq!(choice.api_url(), "https://github.example.com/api/v3");
        assert_eq!(choice.address, "https://towpath.example.com/path");
        assert!(Choice::new("http://127.0.0.1:5000", "", "http://localhost:8080").is_ok());
        assert!(Choice::new("", &"a".repeat(39), "https://x.example").unwrap().name().chars().count() <= 34);
    }

    #[test]
    fn what_cannot_be_used_is_said_by_its_field() {
        for (github, organisation, address, words) in [
            ("http://github.example.com", "", "https://x.example", "GitHub's address: over http://"),
            ("https://ana:hush@github.com", "", "https://x.example", "GitHub's address: it should begin"),
            ("", "acme/store", "https://x.example", "The organisation:"),
            ("", "", "http://x.example", "This server's address: over http://"),
            ("", "", "", "This server's address: it should begin"),
            ("", "", "ftp://x.example", "This server's address: over http://"),
            ("", "", "https://x.example/\"><script>", "This server's address: it should begin"),
        ] {
            let error = Choice::new(github, organisation, address).unwrap_err();
            assert!(error.starts_with(words), "{error}");
        }
    }
}
