//! Where git fetches from, and what it shows there. The token that git gets can only read, unless somebody asked for a
//! push. It is passed in the environment of one process, and is bound to the host it is for.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What a remote is shown so that it lets us read. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorization {
    /// What the header `Authorization` says.
    value: String,
    secrets: Vec<String>,
}

impl Authorization {
    /// An installation token of a GitHub App, in the form GitHub takes for git over HTTP.
    pub fn installation_token(token: &str) -> Self {
        let pair = STANDARD.encode(format!("x-access-token:{token}"));
        Self { value: format!("Basic {pair}"), secrets: vec![token.to_owned(), pair] }
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authorization(…)")
    }
}

/// Where a mirror copies from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// The repository's own `clone_url`.
    pub url: String,
    /// What to show it; `None` reads what anybody may read.
    pub authorization: Option<Authorization>,
    /// Whether plain `http://` may be spoken with it.
    pub allow_http: bool,
    /// Whether it may be a directory on this machine.
    pub allow_file: bool,
}

impl Remote {
    /// The git settings that reach this remote: for the environment of one process, never for a file.
    ///
    /// The header belongs to scheme and host of the URL, so no other host is shown it; redirects are not
    /// followed, so none is asked either. A remote that says nothing for a minute is given up; one that is
    /// still packing says so every five seconds.
    pub(super) fn settings(&self) -> Vec<(String, String)> {
        let mut settings = vec![
            setting("remote.origin.url", &self.url),
            setting("http.followRedirects", "false"),
            setting("http.lowSpeedLimit", "1"),
            setting("http.lowSpeedTime", "60"),
        ];
        if let (Some(authorization), Some(host)) = (&self.authorization, scheme_and_host(&self.url)) {
            let header = format!("Authorization: {}", authorization.value);
            settings.push((format!("http.{host}/.extraHeader"), header));
        }
        settings
    }

    /// The protocols git may speak, as `GIT_ALLOW_PROTOCOL` wants them.
    pub(super) fn protocols(&self) -> String {
        let mut protocols = vec!["https"];
        if self.allow_http {
            protocols.push("http");
        }
        if self.allow_file {
            protocols.push("file");
        }
        protocols.join(":")
    }

    /// What is shown to it in the header `Authorization`; nothing where the address does not say to which host.
    pub(super) fn shown(&self) -> Option<&str> {
        let authorization = self.authorization.as_ref().filter(|_| scheme_and_host(&self.url).is_some());
        authorization.map(|authorization| authorization.value.as_str())
    }

    /// The texts that must be in no message.
    pub(super) fn secrets(&self) -> &[String] {
        self.authorization.as_ref().map_or(&[], |authorization| &authorization.secrets)
    }
}

fn setting(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

/// `scheme://host[:port]` of a URL that has both.
fn scheme_and_host(url: &str) -> Option<&str> {
    let host_at = url.find("://")? + 3;
    let end = url[host_at..].find('/').map_or(url.len(), |slash| host_at + slash);
    // A user name in the URL would make the setting match that user only.
    (end > host_at && !url[host_at..end].contains('@')).then(|| &url[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(url: &str) -> Remote {
        let authorization = Some(Authorization::installation_token("ghs_secret"));
        Remote { url: url.to_owned(), authorization, allow_http: false, allow_file: false }
    }

    #[test]
    fn the_token_is_bound_to_scheme_and_host() {
        let keys = |url| remote(url).settings().into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        assert!(
            keys("https://github.com/o/r.git").contains(&"http.https://github.com/.extraHeader".to_owned())
        );
        assert!(
            keys("http://127.0.0.1:99/o/r").contains(&"http.http://127.0.0.1:99/.extraHeader".to_owned())
        );
        assert!(keys("/srv/git/r.git").iter().all(|key| !key.ends_with("extraHeader")));
    }

    #[test]
    fn the_token_is_not_printed() {
        let shown = format!("{:?}", remote("https://github.com/o/r.git"));
        assert!(!shown.contains("ghs_secret"), "{shown}");
        assert!(!shown.contains(&STANDARD.encode("x-access-token:ghs_secret")), "{shown}");
    }
}
