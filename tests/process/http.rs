//! Speaking HTTP to the server, as GitHub does and as others might.

use crate::shop::SECRET;
use bytes::Bytes;
use hmac::{Hmac, Mac};
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use sha2::Sha256;

/// What the server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// Sends one request over a connection of its own.
pub async fn send(request: Request<Full<Bytes>>) -> Answer {
    let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
    let response = client.request(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    Answer { status, body: String::from_utf8_lossy(&body).into_owned() }
}

pub async fn get(address: &str, path: &str) -> Answer {
    send(Request::get(format!("http://{address}{path}")).body(Full::default()).unwrap()).await
}

/// A webhook call that is being put together; everything is right unless it is said otherwise.
#[derive(Debug, Clone)]
pub struct Call {
    headers: Vec<(&'static str, String)>,
    body: Bytes,
}

impl Call {
    /// A call as GitHub would make it, signed with the stories' secret.
    pub fn of(event: &str, guid: &str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("x-github-event", event.to_owned()),
            ("x-github-delivery", guid.to_owned()),
            ("x-hub-signature-256", signature(SECRET, &body)),
        ];
        Self { headers, body }
    }

    /// Signed with another secret.
    pub fn signed_with(self, secret: &str) -> Self {
        let signature = signature(secret, &self.body);
        self.with("x-hub-signature-256", &signature)
    }

    /// With another value in a header.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self = self.without(name);
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Without a header.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(present, _)| *present != name);
        self
    }

    pub async fn to(self, address: &str) -> Answer {
        let mut request = Request::post(format!("http://{address}/webhooks/github"));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        send(request.body(Full::new(self.body)).unwrap()).await
    }
}

/// GitHub's signature of a body.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}
