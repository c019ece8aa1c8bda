//! The storage for logs of jobs: another host than GitHub's, which lets in whoever has an address that it was asked for.

use std::sync::Arc;

use axum::extract::{Path, State};
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};

use crate::hub::Hub;

/// The log of a job. Like the real storage it takes no other credentials beside the address.
pub(super) async fn job_log(
    State(hub): State<Arc<Hub>>,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Result<String, StatusCode> {
    if headers.contains_key(AUTHORIZATION) {
        return Err(StatusCode::BAD_REQUEST);
    }
    hub.with(|world| {
        let found = world.log_addresses.get(&key).ok_or(StatusCode::NOT_FOUND)?;
        if world.now > found.ends_at {
            return Err(StatusCode::FORBIDDEN);
        }
        let run = world.workflow_runs.get(&found.run).ok_or(StatusCode::NOT_FOUND)?;
        let job = run.jobs.iter().find(|job| job.id == found.job).ok_or(StatusCode::NOT_FOUND)?;
        Ok(job.log.clone())
    })
}
