//! The log of the job that has failed in a workflow's run, read for what it tells of a deploy.

use crate::commerce::log::LogReader;
use crate::engine::context::EngineContext;
use crate::github::{ApiError, WorkflowJobJson};
use crate::model::Phase;
use crate::store::RepositoryRow;

/// What there is of a job's log.
#[derive(Debug)]
pub(in crate::engine) enum JobLog {
    /// All of it.
    Read(Box<LogReader>),
    /// GitHub does not have it yet, or no more.
    Missing,
    /// The App may not read it: an account has not granted *Actions*.
    Forbidden,
}

/// Reads the log of the job that has failed in a run: of the phase in which the deploy did, where several have.
pub(in crate::engine) async fn job_log(
    ctx: &EngineContext,
    row: &RepositoryRow,
    run: u64,
    phase: Option<Phase>,
) -> Result<JobLog, ApiError> {
    match read(ctx, row, run, phase).await {
        Err(ApiError::NotFound { .. }) => Ok(JobLog::Missing),
        // Whoever has not granted it knows; `doctor` says what does not work without it.
        Err(ApiError::Forbidden { .. }) => Ok(JobLog::Forbidden),
        outcome => outcome,
    }
}

async fn read(
    ctx: &EngineContext,
    row: &RepositoryRow,
    run: u64,
    phase: Option<Phase>,
) -> Result<JobLog, ApiError> {
    let (installation, name) = (row.installation, row.full_name.as_str());
    let jobs = ctx.api.workflow_jobs(installation, name, run).await?;
    let Some(job) = failed_job(&jobs, phase) else { return Ok(JobLog::Missing) };
    let mut reader = Box::new(LogReader::new());
    ctx.api.job_log(installation, name, job, &mut |piece| reader.push(piece)).await?;
    Ok(JobLog::Read(reader))
}

fn failed_job(jobs: &[WorkflowJobJson], phase: Option<Phase>) -> Option<u64> {
    let has_failed = |job: &&WorkflowJobJson| {
        job.status == "completed" && matches!(job.conclusion.as_deref(), Some("failure" | "timed_out"))
    };
    let is_of_phase =
        |job: &&WorkflowJobJson| Phase::at_the_start_of(&job.name).map(|(phase, _)| phase) == phase;
    let mut failed: Vec<&WorkflowJobJson> = jobs.iter().filter(has_failed).collect();
    failed.sort_by_key(|job| (!is_of_phase(job), job.completed_at));
    failed.first().map(|job| job.id)
}

#[cfg(test)]
mod tests {
    use super::failed_job;
    use crate::github::WorkflowJobJson;
    use crate::model::Phase;
    use serde_json::json;

    fn job(id: u64, name: &str, conclusion: Option<&str>) -> WorkflowJobJson {
        let status = if conclusion.is_some() { "completed" } else { "in_progress" };
        let ended = format!("2026-01-05T08:00:{id:02}Z");
        let ended = conclusion.map(|_| ended);
        let job = json!({ "id": id, "name": name, "status": status, "conclusion": conclusion, "completed_at": ended });
        serde_json::from_value(job).unwrap()
    }

    #[test]
    fn the_job_that_failed_is_that_of_the_deploys_phase_or_else_the_first() {
        let failed = Some("failure");
        let jobs = [
            job(1, "build", Some("success")),
            job(2, "lint", failed),
            job(3, "deploy / shop", failed),
            job(4, "verify", None),
        ];
        assert_eq!(failed_job(&jobs, Some(Phase::Deploy)), Some(3));
        assert_eq!(failed_job(&jobs, Some(Phase::Verify)), Some(2));
        assert_eq!(failed_job(&jobs[..1], None), None);
        assert_eq!(failed_job(&[job(5, "all", Some("cancelled"))], None), None);
    }
}
