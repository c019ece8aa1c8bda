//! What a remote is asked over HTTP without a git: which refs it has, and the few objects that are new. Most fetches bring
//! nothing or little, and by git each is several processes and a connection of its own.
//!
//! It is what git itself would ask: the commands `ls-refs` and `fetch` of version 2 of its protocol (gitprotocol-v2,
//! gitprotocol-http). Whatever goes wrong here, a fetch by git says what it is.

mod protocol;

use crate::lineage::Remote;
use crate::model::CommitId;
use crate::tls::{client_encryption, system_authorities};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, RequestBuilder};
use rustls::RootCertStore;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::Duration;

/// How long the questions for refs may take together, how long a pack, and how long it may take to be connected.
const WITHIN: Duration = Duration::from_secs(8);
const PACKED_WITHIN: Duration = Duration::from_secs(30);
const CONNECTED_WITHIN: Duration = Duration::from_secs(4);
/// How long a connection is kept that nobody uses: what lies between may forget it sooner than either end.
const KEPT_IDLE: Duration = Duration::from_secs(30);
/// How much of an answer is taken, in bytes: a hundred thousand refs, or the commits of some months.
const ANSWER_MAX: usize = 8 << 20;
/// GitHub speaks git to agents alone whose names begin like this.
const AGENT: &str = concat!("git/towpath-", env!("CARGO_PKG_VERSION"));
const VERSION_2: (&str, &str) = ("git-protocol", "version=2");

/// Asks remotes over HTTP. Connections are used again.
#[derive(Debug, Default)]
pub struct SmartHttp {
    plain: OnceLock<Client>,
    encrypted: OnceLock<Client>,
}

/// Why a remote did not tell.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
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
    #[error("the remote sends less than it was asked for")]
    Incomplete,
    #[error("the remote's answer cannot be read")]
    Unreadable,
    #[error("the remote sends more than is taken without a git")]
    TooLarge,
}

impl AskError {
    /// Whether the next question for refs would be in vain as well, and cost as much.
    pub(super) fn will_stay(&self) -> bool {
        matches!(self, Self::Silent | Self::OtherVersion | Self::TooLarge)
    }
}

impl SmartHttp {
    /// The refs of `remote` whose names begin with one of `prefixes`, and where they point.
    pub(super) async fn refs(
        &self,
        remote: &Remote,
        prefixes: &[String],
    ) -> Result<BTreeMap<String, CommitId>, AskError> {
        let asked = async {
            let client = self.client(remote)?;
            let greeting = client.get(format!("{}/info/refs?service=git-upload-pack", remote.url));
            if !protocol::speaks_version_2(&answer(remote, greeting).await?) {
                return Err(AskError::OtherVersion);
            }
            let told = answer(remote, question(client, remote, protocol::ls_refs(prefixes))).await?;
            let mut refs = protocol::listed(&told).ok_or(AskError::Unreadable)?;
            // A server may tell of more than it was asked for.
            refs.retain(|name, _| prefixes.iter().any(|prefix| name.starts_with(prefix.as_str())));
            Ok(refs)
        };
        tokio::time::timeout(WITHIN, asked).await.unwrap_or(Err(AskError::Silent))
    }

    /// A pack with the commits that `wants` lead to and `haves` do not. The remote has told of the former just now.
    pub(super) async fn commits(
        &self,
        remote: &Remote,
        wants: &BTreeSet<CommitId>,
        haves: &BTreeSet<CommitId>,
    ) -> Result<Vec<u8>, AskError> {
        let [wants, haves] =
            [wants, haves].map(|ids| ids.iter().map(ToString::to_string).collect::<Vec<_>>());
        self.pack(remote, protocol::fetch("tree:0", &wants, &haves)).await
    }

    /// A pack with the trees and files of these names, each named once, and the trees below them.
    pub(super) async fn objects(&self, remote: &Remote, names: &[String]) -> Result<Vec<u8>, AskError> {
        let pack = self.pack(remote, protocol::fetch("blob:none", names, &[])).await?;
        let are_all_there = protocol::objects_in(&pack).is_some_and(|count| count >= names.len());
        are_all_there.then_some(pack).ok_or(AskError::Incomplete)
    }

    async fn pack(&self, remote: &Remote, words: String) -> Result<Vec<u8>, AskError> {
        let asked = async {
            let question = question(self.client(remote)?, remote, words);
            protocol::pack(&answer(remote, question).await?).ok_or(AskError::Unreadable)
        };
        tokio::time::timeout(PACKED_WITHIN, asked).await.unwrap_or(Err(AskError::Silent))
    }

    fn client(&self, remote: &Remote) -> Result<&Client, AskError> {
        let (kept, authorities): (_, fn() -> RootCertStore) = match remote.url.split_once("://") {
            Some(("https", _)) => (&self.encrypted, system_authorities),
            Some(("http", _)) if remote.allow_http => (&self.plain, RootCertStore::empty),
            _ => return Err(AskError::NotAsked),
        };
        if let Some(client) = kept.get() {
            return Ok(client);
        }
        let client = Client::builder()
            .tls_backend_preconfigured(client_encryption(authorities()).map_err(AskError::Tls)?)
            // As with git: nobody else is shown the token, and what the environment says of proxies does not count.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECTED_WITHIN)
            .pool_idle_timeout(KEPT_IDLE)
            .user_agent(AGENT)
            .build()
            .map_err(AskError::Client)?;
        Ok(kept.get_or_init(|| client))
    }
}

fn question(client: &Client, remote: &Remote, words: String) -> RequestBuilder {
    let question = client.post(format!("{}/git-upload-pack", remote.url));
    let question = question.header(CONTENT_TYPE, "application/x-git-upload-pack-request");
    question.header(ACCEPT, "application/x-git-upload-pack-result").body(words)
}

async fn answer(remote: &Remote, request: RequestBuilder) -> Result<Vec<u8>, AskError> {
    let call = |error: reqwest::Error| AskError::Call(error.without_url());
    let mut request = request.header(VERSION_2.0, VERSION_2.1);
    if let Some(shown) = remote.shown() {
        let mut shown = HeaderValue::from_str(shown).map_err(|_| AskError::NotAsked)?;
        shown.set_sensitive(true);
        request = request.header(AUTHORIZATION, shown);
    }
    let mut response = request.send().await.map_err(call)?;
    if response.status() != reqwest::StatusCode::OK {
        return Err(AskError::Refused(response.status().as_u16()));
    }
    let mut answer = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(call)? {
        if answer.len() + piece.len() > ANSWER_MAX {
            return Err(AskError::TooLarge);
        }
        answer.extend_from_slice(&piece);
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_is_asked_but_over_http_where_that_is_allowed() {
        for url in
            ["/srv/git/r.git", "file:///srv/git/r.git", "ssh://git@h/r.git", "http://127.0.0.1:1/r.git"]
        {
            let remote =
                Remote { url: url.to_owned(), authorization: None, allow_http: false, allow_file: true };
            let asked = SmartHttp::default().refs(&remote, &[]).await;
            assert!(matches!(asked, Err(AskError::NotAsked)), "{url}: {asked:?}");
        }
        // With the authorities of this machine a client can be made; nobody listens there.
        let url = "https://127.0.0.1:1/r.git".to_owned();
        let remote = Remote { url, authorization: None, allow_http: false, allow_file: false };
        let asked = SmartHttp::default().refs(&remote, &[]).await;
        assert!(matches!(asked, Err(AskError::Call(_))), "{asked:?}");
    }
}
