//! One call, to an address that was looked at first.

use super::address::{self, Resolver};
use super::signing::SigningKey;
use crate::deploy::drivers::DriverError;
use crate::deploy::operator::Endpoint;
use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// More of an answer is not read: only its status counts.
const ANSWER_MAX: usize = 64 * 1024;

/// Sends signed calls.
#[derive(Debug)]
pub struct Caller {
    resolver: Arc<dyn Resolver>,
    within: Duration,
    tls: OnceLock<Result<Arc<ClientConfig>, String>>,
}

impl Caller {
    /// A caller that gives each call so long.
    pub fn new(resolver: Arc<dyn Resolver>, within: Duration) -> Self {
        Self { resolver, within, tls: OnceLock::new() }
    }

    /// Sends a body. The same `id` stands for the same call, however often it is sent.
    pub(super) async fn post(
        &self,
        endpoint: &Endpoint,
        key: &SigningKey,
        id: &str,
        body: &serde_json::Value,
        seconds: i64,
    ) -> Result<(), DriverError> {
        if let Some(fault) = super::fault_in(endpoint) {
            return Err(DriverError::Refused(fault));
        }
        let uri: Uri =
            endpoint.url.parse().map_err(|_| DriverError::Refused("the address is malformed".to_owned()))?;
        let body = body.to_string();
        let request = Request::post(uri.path_and_query().map_or("/", |it| it.as_str()))
            .header(header::HOST, uri.authority().map_or("", |it| it.as_str()))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, "towpath")
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", key.sign(id, seconds, body.as_bytes()))
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| DriverError::Refused(format!("the call cannot be made: {error}")))?;
        let whole = async {
            let stream = self.connect(&uri, endpoint.allow_private).await?;
            if uri.scheme_str() == Some("https") {
                exchange(self.encrypted(&uri, stream).await?, request).await
            } else {
                exchange(stream, request).await
            }
        };
        match tokio::time::timeout(self.within, whole).await {
            Ok(status) => judged(status?),
            Err(_) => Err(DriverError::Later(format!("{} did not answer in time", shown(&uri)))),
        }
    }

    /// Connects to what was looked at, and to nothing else.
    async fn connect(&self, uri: &Uri, private_too: bool) -> Result<TcpStream, DriverError> {
        let later = |what: String| DriverError::Later(format!("{}: {what}", shown(uri)));
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        let addresses: Vec<SocketAddr> = if let Some(ip) = address::literal(uri) {
            vec![SocketAddr::new(ip, port)]
        } else {
            let host = uri.host().unwrap_or_default();
            self.resolver.resolve(host, port).await.map_err(|error| later(error.to_string()))?
        };
        let allowed: Vec<_> =
            addresses.iter().filter(|it| address::is_allowed(it.ip(), private_too)).copied().collect();
        if allowed.is_empty() && !addresses.is_empty() {
            return Err(DriverError::Refused(format!(
                "{} leads into a private network; allow_private lets it be called where that is meant",
                shown(uri)
            )));
        }
        let mut last = "it has no address".to_owned();
        for address in allowed {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error.to_string(),
            }
        }
        Err(later(last))
    }

    async fn encrypted(
        &self,
        uri: &Uri,
        stream: TcpStream,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, DriverError> {
        let config = self.tls.get_or_init(tls).clone().map_err(DriverError::Later)?;
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(host).map_err(|error| DriverError::Refused(error.to_string()))?;
        let connector = tokio_rustls::TlsConnector::from(config);
        connector
            .connect(name, stream)
            .await
            .map_err(|error| DriverError::Later(format!("{}: {error}", shown(uri))))
    }
}

fn tls() -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err("this machine has no certificates of authorities, so no https:// address can be called"
            .to_owned());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Full<Bytes>>,
) -> Result<StatusCode, DriverError> {
    let later = |error: hyper::Error| DriverError::Later(format!("no answer came: {error}"));
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(later)?;
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(later);
    let status = match answer {
        Ok(answer) => {
            let status = answer.status();
            // Read for the sake of the other side; what it says is not needed.
            let _ = Limited::new(answer.into_body(), ANSWER_MAX).collect().await;
            Ok(status)
        }
        Err(error) => Err(error),
    };
    connection.abort();
    status
}

fn judged(status: StatusCode) -> Result<(), DriverError> {
    match status.as_u16() {
        200..=299 => Ok(()),
        300..=399 => Err(DriverError::Refused(format!(
            "it redirects ({status}), which is not followed; name the address it leads to"
        ))),
        408 | 425 | 429 | 500..=599 => Err(DriverError::Later(format!("it answered {status}"))),
        _ => Err(DriverError::Refused(format!("it answered {status}"))),
    }
}

/// An address without its query, which may hold what is nobody's business.
fn shown(uri: &Uri) -> String {
    format!(
        "{}://{}{}",
        uri.scheme_str().unwrap_or_default(),
        uri.authority().map_or("", |it| it.as_str()),
        uri.path()
    )
}
