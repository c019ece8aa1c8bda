//! One call, to an address that was looked at first.

use super::error::CallError;
use super::resolver::Resolver;
use super::signing::SigningKey;
use crate::deploy::{Endpoint, allowed_addresses};
use crate::model::UnixSeconds;
use crate::tls::{client_encryption, system_authorities};
use http::{StatusCode, header};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, RequestBuilder, Response, Url};
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// More of an answer is not read: only its status counts.
const ANSWER_MAX: usize = 64 * 1024;

/// Sends signed calls.
#[derive(Debug)]
pub struct Caller {
    resolver: Arc<dyn Resolver>,
    within: Duration,
    /// Made once: the authorities' certificates are many.
    tls: OnceLock<ClientConfig>,
}

/// What is sent to whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) key: &'a SigningKey,
    /// The same `id` stands for the same call, however often it is sent.
    pub(super) id: &'a str,
    pub(super) body: &'a serde_json::Value,
    /// The time.
    pub(super) at: UnixSeconds,
}

impl Caller {
    /// A caller that gives each call so long.
    pub fn new(resolver: Arc<dyn Resolver>, within: Duration) -> Self {
        Self { resolver, within, tls: OnceLock::new() }
    }

    /// Sends a body.
    pub(super) async fn post(&self, call: Call<'_>) -> Result<(), CallError> {
        let url = call.endpoint.parsed().map_err(CallError::Endpoint)?;
        match tokio::time::timeout(self.within, self.send(&url, call)).await {
            Ok(status) => judged(&url, status?),
            Err(_) => Err(CallError::Timeout { url: shown(&url), within: self.within }),
        }
    }

    async fn send(&self, url: &Url, call: Call<'_>) -> Result<StatusCode, CallError> {
        let body = call.body.to_string();
        let request = |client: &Client| {
            client
                .post(url.clone())
                .header(header::CONTENT_TYPE, "application/json")
                .header("webhook-id", call.id)
                .header("webhook-timestamp", call.at.0)
                .header("webhook-signature", call.key.sign(call.id, call.at, body.as_bytes()))
                .body(body.clone())
        };
        let mut answer = self.open(url, call.endpoint.allow_private, request).await?;
        read_a_part(&mut answer).await;
        Ok(answer.status())
    }

    /// Sends a request to an address that is judged first, and answers what comes back, its body unread. How long that
    /// may take is the caller's business.
    pub(in crate::deploy::drivers) async fn open(
        &self,
        url: &Url,
        private_too: bool,
        request: impl FnOnce(&Client) -> RequestBuilder,
    ) -> Result<Response, CallError> {
        let checked = self.checked(url, private_too).await?;
        let client = self.client(url, checked.clone())?;
        let answer = request(&client).send().await.map_err(|error| CallError::sending(shown(url), error))?;
        check_peer(url, answer.remote_addr(), &checked)?;
        Ok(answer)
    }

    /// The addresses that may be connected to. Resolved here and once: what is judged is what is pinned.
    async fn checked(&self, url: &Url, private_too: bool) -> Result<Vec<SocketAddr>, CallError> {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        let addresses = if let Some(ip) = allowed_addresses::literal(url) {
            vec![SocketAddr::new(ip, port)]
        } else {
            let found = self.resolver.resolve(host, port).await;
            found.map_err(|source| CallError::Resolve { url: shown(url), source })?
        };
        if addresses.is_empty() {
            return Err(CallError::NoAddress { url: shown(url) });
        }
        let (allowed, kept_out): (Vec<_>, Vec<_>) =
            addresses.into_iter().partition(|it| allowed_addresses::is_allowed(it.ip(), private_too));
        match kept_out.first() {
            Some(first) if allowed.is_empty() => {
                Err(CallError::NotAllowed { url: shown(url), ip: first.ip(), private_too })
            }
            _ => Ok(allowed),
        }
    }

    /// A client for one call: it knows no other addresses than these, keeps no connection, and asks nobody else.
    fn client(&self, url: &Url, addresses: Vec<SocketAddr>) -> Result<Client, CallError> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let client = Client::builder()
            .tls_backend_preconfigured(self.tls(url.scheme() == "https")?)
            .dns_resolver(Pinned { host, addresses })
            .redirect(reqwest::redirect::Policy::none())
            // A proxy would connect in our place, to whatever it takes the name for.
            .no_proxy()
            // The engine repeats calls, and nothing else does.
            .retry(reqwest::retry::never())
            .pool_max_idle_per_host(0)
            .user_agent("towpath")
            .build();
        client.map_err(|source| CallError::Client { url: shown(url), source })
    }

    /// How to encrypt. Where the machine has no authorities' certificates, calls that are not encrypted need none.
    fn tls(&self, is_needed: bool) -> Result<ClientConfig, CallError> {
        if let Some(config) = self.tls.get() {
            return Ok(config.clone());
        }
        let authorities = if is_needed { system_authorities() } else { RootCertStore::empty() };
        if is_needed && authorities.is_empty() {
            return Err(CallError::NoAuthorities);
        }
        let config = client_encryption(authorities).map_err(CallError::Tls)?;
        Ok(if is_needed { self.tls.get_or_init(|| config).clone() } else { config })
    }
}

/// Answers with what was checked, and for no other host.
struct Pinned {
    host: String,
    addresses: Vec<SocketAddr>,
}

impl Resolve for Pinned {
    fn resolve(&self, name: Name) -> Resolving {
        let answer = if name.as_str() == self.host {
            Ok(Box::new(self.addresses.clone().into_iter()) as Addrs)
        } else {
            Err(io::Error::other(format!("{:?} was not checked", name.as_str())).into())
        };
        Box::pin(std::future::ready(answer))
    }
}

/// Holds where a call went against where it was allowed to go: the library is trusted to ask the resolver, and this
/// tells if it ever does not.
pub(super) fn check_peer(
    url: &Url,
    peer: Option<SocketAddr>,
    checked: &[SocketAddr],
) -> Result<(), CallError> {
    let peer = peer.map(|it| it.ip());
    if peer.is_some_and(|peer: IpAddr| checked.iter().any(|it| it.ip() == peer)) {
        Ok(())
    } else {
        Err(CallError::Peer { url: shown(url), peer })
    }
}

/// Reads for the sake of the other side; what it says is not needed.
async fn read_a_part(answer: &mut Response) {
    let mut read = 0;
    while read < ANSWER_MAX {
        match answer.chunk().await {
            Ok(Some(piece)) => read += piece.len(),
            Ok(None) | Err(_) => return,
        }
    }
}

fn judged(url: &Url, status: StatusCode) -> Result<(), CallError> {
    if status.is_success() { Ok(()) } else { Err(CallError::Status { url: shown(url), status }) }
}

/// An address without its query, which may hold what is nobody's business.
pub(in crate::deploy::drivers) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}
