//! What GitHub hands out when an App was registered from a manifest.

use super::api::message_in;
use super::error::{ApiError, TransportError};
use super::off_the_runtime;
use bytes::Bytes;
use http::{Method, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use percent_encoding::utf8_percent_encode;
use serde::Deserialize;
use std::fmt;
use std::time::Duration;

/// The largest answer taken, in bytes.
const ANSWER_MAX: usize = 1 << 20;

/// An App as GitHub has just registered it, with all its secrets: they are told once.
#[derive(Deserialize)]
pub struct RegistrationJson {
    /// Its number.
    pub id: u64,
    /// Its name in addresses.
    pub slug: String,
    /// What people call it.
    pub name: String,
    /// Its page.
    pub html_url: String,
    /// Its private key.
    pub pem: String,
    /// What its webhooks are signed with.
    pub webhook_secret: Option<String>,
    /// By what it is known where people log in.
    pub client_id: String,
    /// And the secret of that.
    pub client_secret: String,
}

impl fmt::Debug for RegistrationJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistrationJson")
            .field("id", &self.id)
            .field("slug", &self.slug)
            .finish_non_exhaustive()
    }
}

/// Exchanges the code that GitHub sends a browser back with. It can be exchanged once, within an hour.
///
/// Source: GitHub's REST API, "Create a GitHub App from a manifest".
pub async fn exchange_code(
    api_url: &str,
    code: &str,
    within: Duration,
) -> Result<RegistrationJson, ApiError> {
    // The code is as good as the secrets, so nothing names it.
    let name = "POST /app-manifests/…/conversions";
    let code = utf8_percent_encode(code, super::calls::QUERY);
    let address = format!("{}/app-manifests/{code}/conversions", api_url.trim_end_matches('/'));
    let no_connection = |error| ApiError::no_answer(name, TransportError(error));
    let client = octocrab::Octocrab::builder();
    let client = client.set_connect_timeout(Some(within)).build().map_err(no_connection)?;
    let request = http::Request::builder()
        .method(Method::POST)
        .uri(address)
        .header(header::ACCEPT, "application/vnd.github+json");
    let request = client.build_request(request, None::<&()>).map_err(no_connection)?;
    let whole = async {
        let (parts, body) = client.send(request).await.map_err(no_connection)?.into_parts();
        let body = Limited::new(body, ANSWER_MAX).collect().await;
        let body = body.map_err(|error| ApiError::no_answer(name, error))?.to_bytes();
        Ok((parts.status, body))
    };
    let late = |_| Err(ApiError::no_answer(name, format!("no answer within {} s", within.as_secs())));
    let (status, body): (StatusCode, Bytes) =
        tokio::time::timeout(within, whole).await.unwrap_or_else(late)?;
    if status.is_success() {
        return off_the_runtime(body.len(), || serde_json::from_slice(&body))
            // Its own words could hold parts of the answer, which is all secrets.
            .map_err(|_| ApiError::unreadable(name, "it is not what GitHub describes"));
    }
    let (call, message) = (name.to_owned(), message_in(&body));
    Err(match status.as_u16() {
        403 => ApiError::Forbidden { call, message, needs: None },
        404 | 410 => ApiError::NotFound { call },
        status @ 500.. => ApiError::Failed { call, status },
        status => ApiError::Refused { call, status, message },
    })
}
