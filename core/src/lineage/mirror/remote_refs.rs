//! Which refs a remote has, asked over HTTP without a git: most fetches bring nothing, and each is several processes and a
//! connection of its own.
//!
//! It is what git itself would ask first: the command `ls-refs` of version 2 of its protocol (gitprotocol-v2, gitprotocol-http).
//! Whatever goes wrong here, a fetch says what it is.

use crate::lineage::Remote;
use crate::model::CommitId;
use crate::tls::{client_encryption, system_authorities};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, RequestBuilder};
use rustls::RootCertStore;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

/// How long both questions may take together, and how long it may take to be connected.
const WITHIN: Duration = Duration::from_secs(8);
const CONNECTED_WITHIN: Duration = Duration::from_secs(4);
/// How long a connection is kept that nobody uses: what lies between may forget it sooner than either end.
const KEPT_IDLE: Duration = Duration::from_secs(30);
/// How much of an answer is taken, in bytes: a hundred thousand refs.
const ANSWER_MAX: usize = 8 << 20;
/// GitHub speaks git to agents alone whose names begin like this.
const AGENT: &str = concat!("git/towpath-", env!("CARGO_PKG_VERSION"));
const VERSION_2: (&str, &str) = ("git-protocol", "version=2");

/// Asks remotes which refs they have. Connections are used again.
#[derive(Debug, Default)]
pub struct RemoteRefs {
    plain: OnceLock<Client>,
    encrypted: OnceLock<Client>,
}

/// Why a remote's refs are not known.
#[derive(Debug, thiserror::Error)]
pub(super) enum RefsError {
    #[error("the remote is not asked over HTTP")]
    NotAsked,
    #[error("the calls cannot be encrypted")]
    Tls(#[source] rustls::Error),
    #[error("the client cannot be made")]
    Client(#[source] reqwest::Error),
    #[error("the remote cannot be called")]
    Call(#[source] reqwest::Error),
    #[error("the remote does not answer in time")]
    Silent,
    #[error("the remote answers {0}")]
    Refused(u16),
    #[error("the remote does not speak version 2 of git's protocol")]
    OtherVersion,
    #[error("the remote's answer cannot be read")]
    Unreadable,
    #[error("the remote has more refs than are compared")]
    TooMany,
}

impl RefsError {
    /// Whether the next question would be in vain as well, and cost as much.
    pub(super) fn will_stay(&self) -> bool {
        matches!(self, Self::Silent | Self::OtherVersion | Self::TooMany)
    }
}

impl RemoteRefs {
    /// The refs of `remote` whose names begin with one of `prefixes`, and where they point.
    pub(super) async fn of(
        &self,
        remote: &Remote,
        prefixes: &[String],
    ) -> Result<BTreeMap<String, CommitId>, RefsError> {
        let asked = async {
            let client = self.client(remote)?;
            let greeting = client.get(format!("{}/info/refs?service=git-upload-pack", remote.url));
            if !speaks_version_2(&answer(remote, greeting).await?) {
                return Err(RefsError::OtherVersion);
            }
            let question = client
                .post(format!("{}/git-upload-pack", remote.url))
                .header(CONTENT_TYPE, "application/x-git-upload-pack-request")
                .header(ACCEPT, "application/x-git-upload-pack-result")
                .body(question(prefixes));
            let mut refs = listed(&answer(remote, question).await?).ok_or(RefsError::Unreadable)?;
            // A server may tell of more than it was asked for.
            refs.retain(|name, _| prefixes.iter().any(|prefix| name.starts_with(prefix.as_str())));
            Ok(refs)
        };
        tokio::time::timeout(WITHIN, asked).await.unwrap_or(Err(RefsError::Silent))
    }

    fn client(&self, remote: &Remote) -> Result<&Client, RefsError> {
        let (kept, authorities): (_, fn() -> RootCertStore) = match remote.url.split_once("://") {
            Some(("https", _)) => (&self.encrypted, system_authorities),
            Some(("http", _)) if remote.allow_http => (&self.plain, RootCertStore::empty),
            _ => return Err(RefsError::NotAsked),
        };
        if let Some(client) = kept.get() {
            return Ok(client);
        }
        let client = Client::builder()
            .tls_backend_preconfigured(client_encryption(authorities()).map_err(RefsError::Tls)?)
            // As with git: nobody else is shown the token, and what the environment says of proxies does not count.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECTED_WITHIN)
            .pool_idle_timeout(KEPT_IDLE)
            .user_agent(AGENT)
            .build()
            .map_err(RefsError::Client)?;
        Ok(kept.get_or_init(|| client))
    }
}

async fn answer(remote: &Remote, request: RequestBuilder) -> Result<Vec<u8>, RefsError> {
    let call = |error: reqwest::Error| RefsError::Call(error.without_url());
    let mut request = request.header(VERSION_2.0, VERSION_2.1);
    if let Some(shown) = remote.shown() {
        let mut shown = HeaderValue::from_str(shown).map_err(|_| RefsError::NotAsked)?;
        shown.set_sensitive(true);
        request = request.header(AUTHORIZATION, shown);
    }
    let mut response = request.send().await.map_err(call)?;
    if response.status() != reqwest::StatusCode::OK {
        return Err(RefsError::Refused(response.status().as_u16()));
    }
    let mut answer = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(call)? {
        if answer.len() + piece.len() > ANSWER_MAX {
            return Err(RefsError::TooMany);
        }
        answer.extend_from_slice(&piece);
    }
    Ok(answer)
}

/// A line, before which stands its length with the four digits of it.
fn packet(line: &str) -> String {
    format!("{:04x}{line}", line.len() + 4)
}

fn question(prefixes: &[String]) -> String {
    const SEPARATOR: &str = "0001";
    const END: &str = "0000";
    let prefixes: String = prefixes.iter().map(|prefix| packet(&format!("ref-prefix {prefix}\n"))).collect();
    packet("command=ls-refs\n") + SEPARATOR + &prefixes + END
}

/// The lines of an answer up to its end; `None` where it is cut off or no such answer. What only separates has no line.
fn packets(mut answer: &[u8]) -> Option<Vec<&[u8]>> {
    let mut lines = Vec::new();
    loop {
        let (length, rest) = answer.split_at_checked(4)?;
        let length = usize::from_str_radix(str::from_utf8(length).ok()?, 16).ok()?;
        answer = match length {
            0 => return Some(lines),
            1 => rest,
            _ => {
                let (line, rest) = rest.split_at_checked(length.checked_sub(4)?)?;
                lines.push(line);
                rest
            }
        };
    }
}

/// Some servers announce the service first, as they do in older versions.
fn speaks_version_2(greeting: &[u8]) -> bool {
    const SERVICE: &[u8] = b"001e# service=git-upload-pack\n0000";
    let greeting = greeting.strip_prefix(SERVICE).unwrap_or(greeting);
    packets(greeting).is_some_and(|lines| {
        let knows = |line: &&[u8]| *line == b"ls-refs\n" || line.starts_with(b"ls-refs=");
        lines.first() == Some(&b"version 2\n".as_slice()) && lines.iter().any(knows)
    })
}

fn listed(answer: &[u8]) -> Option<BTreeMap<String, CommitId>> {
    let line = |line: &[u8]| {
        let line = str::from_utf8(line).ok()?;
        let (id, name) = line.strip_suffix('\n').unwrap_or(line).split_once(' ')?;
        Some((name.to_owned(), id.parse().ok()?))
    };
    packets(answer)?.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "1111111111111111111111111111111111111111";

    #[test]
    fn the_question_is_in_gits_words() {
        let prefixes = ["refs/heads/".to_owned(), "refs/pull/7/".to_owned()];
        let asked = "0014command=ls-refs\n0001001bref-prefix refs/heads/\n001cref-prefix refs/pull/7/\n0000";
        assert_eq!(question(&prefixes), asked);
    }

    #[test]
    fn an_answer_is_taken_whole_or_not_at_all() {
        let answer =
            packet(&format!("{ONE} refs/heads/a\n")) + &packet(&format!("{ONE} refs/heads/b")) + "0000";
        let found = listed(answer.as_bytes()).unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), ["refs/heads/a", "refs/heads/b"]);
        assert_eq!(listed(b"0000"), Some(BTreeMap::new()));
        for end in 0..answer.len() {
            assert_eq!(listed(&answer.as_bytes()[..end]), None, "cut at {end}");
        }
        for bad in [
            packet("ERR not now\n") + "0000",
            packet("unborn HEAD\n") + "0000",
            packet("") + "0000",
            "0003".to_owned(),
            "00zz".to_owned(),
            "+0040000".to_owned(),
            "<html>".to_owned(),
        ] {
            assert_eq!(listed(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn who_speaks_another_version_is_told_by_its_greeting() {
        let version_2 =
            packet("version 2\n") + &packet("agent=git/2\n") + &packet("ls-refs=unborn\n") + "0000";
        assert!(speaks_version_2(version_2.as_bytes()));
        assert!(speaks_version_2(format!("001e# service=git-upload-pack\n0000{version_2}").as_bytes()));
        let older = packet(&format!("{ONE} HEAD\0multi_ack\n")) + "0000";
        let without = packet("version 2\n") + &packet("fetch=shallow\n") + "0000";
        for other in [older.as_str(), &without, "", "0000", "<html>", &version_2[..20]] {
            assert!(!speaks_version_2(other.as_bytes()), "{other}");
        }
    }

    #[tokio::test]
    async fn nobody_is_asked_but_over_http_where_that_is_allowed() {
        for url in
            ["/srv/git/r.git", "file:///srv/git/r.git", "ssh://git@h/r.git", "http://127.0.0.1:1/r.git"]
        {
            let remote =
                Remote { url: url.to_owned(), authorization: None, allow_http: false, allow_file: true };
            let asked = RemoteRefs::default().of(&remote, &[]).await;
            assert!(matches!(asked, Err(RefsError::NotAsked)), "{url}: {asked:?}");
        }
        // With the authorities of this machine a client can be made; nobody listens there.
        let url = "https://127.0.0.1:1/r.git".to_owned();
        let remote = Remote { url, authorization: None, allow_http: false, allow_file: false };
        let asked = RemoteRefs::default().of(&remote, &[]).await;
        assert!(matches!(asked, Err(RefsError::Call(_))), "{asked:?}");
    }
}
