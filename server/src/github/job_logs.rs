//! The logs of workflows' jobs, which lie in a storage of their own.

use super::api::{Api, Call, Caller};
use super::error::{ApiError, TransportError};
use crate::model::InstallationId;
use http::{Method, Request, Uri, header};
use http_body_util::BodyExt as _;
use std::time::Duration;

/// More of a log is not read, in bytes.
const LOG_MAX: usize = 32 << 20;
/// How long reading one may take.
const WITHIN: Duration = Duration::from_secs(60);
/// GitHub's word for where else it is.
const FOUND: u16 = 302;

impl Api {
    /// Reads the log of a job that has ended, piece by piece, up to 32 MB of it.
    ///
    /// GitHub answers with an address of its storage that holds its own permission and is good for a minute. Our token is
    /// for GitHub alone, so it does not go there.
    ///
    /// # Errors
    /// [`ApiError::NotFound`] where there is none, or none yet; [`ApiError::Forbidden`] without *Actions: read*.
    pub async fn job_log(
        &self,
        id: InstallationId,
        repository: &str,
        job: u64,
        take: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<(), ApiError> {
        let path = format!("/repos/{repository}/actions/jobs/{job}/logs");
        let name = format!("GET {path}");
        let call = Call { caller: Caller::Installation(id), method: Method::GET, path: &path, body: None };
        let answer = self.send_and_hear(call, &[FOUND]).await?;
        let target = answer.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
        let target = target.and_then(|text| text.parse::<Uri>().ok());
        let is_safe = |uri: &Uri| uri.scheme_str() == Some("https") || self.is_plain_http();
        let Some(target) = target.filter(|uri| uri.authority().is_some() && is_safe(uri)) else {
            return Err(ApiError::unreadable(name, "it names no address of a log"));
        };
        let read = self.read_stored(target, &name, take);
        tokio::time::timeout(WITHIN, read).await.unwrap_or_else(|_| {
            Err(ApiError::no_answer(&name, format!("not read within {} s", WITHIN.as_secs())))
        })
    }

    /// What is at an address of the storage. The address is a secret for as long as it is good: no error names it.
    async fn read_stored(
        &self,
        target: Uri,
        name: &str,
        take: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<(), ApiError> {
        let broken = |error| ApiError::no_answer(name, TransportError(error));
        let request = self.client().build_request(Request::get(target), None::<&()>).map_err(broken)?;
        let answer = self.client().send(request).await.map_err(broken)?;
        let status = answer.status();
        if !status.is_success() {
            let call = name.to_owned();
            return Err(match status.as_u16() {
                404 | 410 => ApiError::NotFound { call },
                status => ApiError::Failed { call, status },
            });
        }
        let (mut body, mut read) = (answer.into_body(), 0);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(broken)?;
            let Ok(piece) = frame.into_data() else { continue };
            let piece = &piece[..piece.len().min(LOG_MAX - read)];
            take(piece);
            read += piece.len();
            if read == LOG_MAX {
                break;
            }
        }
        Ok(())
    }
}
