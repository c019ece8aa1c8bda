//! Why a deploy of a Commerce project failed, by its log.

use super::{COMMAND, EnvironmentWork};
use crate::commerce::log::LogReader;
use crate::engine::commerce_files::{JobLog, job_log, read_log};
use crate::github::off_the_runtime;
use crate::model::{Deploy, DriverSettings, SharedError, error_chain, shared_error};
use std::time::Duration;

/// So long after the end of a deploy its log is asked again where it could not be read.
const READ_AGAIN_FOR: Duration = Duration::from_secs(10 * 60);

/// When it is asked again for a log that is not there yet.
const READ_AGAIN_EVERY: Duration = Duration::from_secs(30);

/// What there is of a log.
enum Found {
    /// All of it, or its last lines where somebody has sent no more.
    Read(Box<LogReader>),
    /// Nothing yet.
    NotYet,
    /// Nothing that may be read.
    Forbidden,
}

impl EnvironmentWork<'_> {
    /// Reads the log of what has just failed: all of it where programs on this machine or a workflow have carried it out,
    /// else what was told of it. A deploy does not depend on its log.
    pub(super) async fn read_logs(&mut self) {
        if self.site.path.commerce.is_none() {
            return;
        }
        let since = self.site.ctx.now() - READ_AGAIN_FOR;
        let is_unread = |it: &&Deploy| !self.logs_read.contains(&it.number);
        let failed: Vec<Deploy> = self.queue.undiagnosed(since).filter(is_unread).cloned().collect();
        for deploy in failed {
            self.logs_read.insert(deploy.number);
            let found = match self.log_of(&deploy).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::warn!(error = error_chain(&error), "the log of a failed deploy cannot be read");
                    Found::NotYet
                }
            };
            self.note_read(deploy.number, found);
        }
    }

    /// Notes what the log of a failed deploy tells. What is shown of it are the lines that say why it failed, without secrets.
    fn note_read(&mut self, number: u64, found: Found) {
        let now = self.site.ctx.now();
        let Some(deploy) = self.queue.get_mut(number) else { return };
        let reader = match found {
            Found::Read(reader) => reader,
            Found::NotYet => {
                self.log_at = Some(now + READ_AGAIN_EVERY);
                return;
            }
            Found::Forbidden => {
                deploy.log_is_read = true;
                return;
            }
        };
        let reading = reader.finish();
        deploy.log_is_read = true;
        let Some(told) = reading.failure() else { return };
        deploy.diagnosis = Some(told);
        deploy.customers = reading.customers_now();
        let lines = reading.last_lines.join("\n");
        if let Some(run) = deploy.phases.last_mut().filter(|_| !lines.is_empty()) {
            run.log_tail = Some(lines);
        }
    }

    async fn log_of(&self, deploy: &Deploy) -> Result<Found, SharedError> {
        let ctx = self.site.ctx;
        if deploy.driver == COMMAND {
            let key = self.site.key(deploy.number);
            let file = ctx.drivers.commands.open_log(&key).await.map_err(shared_error)?;
            let bytes = usize::try_from(file.metadata().map_err(shared_error)?.len()).unwrap_or(usize::MAX);
            let read = off_the_runtime(bytes, || read_log(file)).map_err(shared_error)?;
            return Ok(Found::Read(Box::new(read)));
        }
        let settings = deploy.driver_settings.as_ref();
        let is_by_workflow =
            matches!(settings, Some(DriverSettings::Actions { .. } | DriverSettings::Deployment));
        let run = deploy.handle.as_deref().and_then(|handle| handle.parse().ok());
        let run = run.or_else(|| run_at(&self.site.repository.html_url, deploy.log_url.as_deref()?));
        if let Some(run) = run.filter(|_| is_by_workflow) {
            let read = job_log(ctx, self.site.repository, run, deploy.phase()).await;
            return Ok(match read.map_err(shared_error)? {
                JobLog::Read(reader) => Found::Read(reader),
                JobLog::Missing => Found::NotYet,
                JobLog::Forbidden => Found::Forbidden,
            });
        }
        let tail = deploy.phases.last().and_then(|run| run.log_tail.as_deref());
        let read = read_log(tail.unwrap_or_default().as_bytes()).map_err(shared_error)?;
        Ok(Found::Read(Box::new(read)))
    }
}

/// The run of this repository that has a page at an address, as statuses name it.
fn run_at(repository: &str, address: &str) -> Option<u64> {
    let rest = address.strip_prefix(repository)?.strip_prefix("/actions/runs/")?;
    rest.split(['/', '?', '#']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::run_at;

    #[test]
    fn a_status_names_its_run_by_the_address_of_its_log() {
        let run = |address: &str| run_at("https://github.com/acme/store", address);
        assert_eq!(run("https://github.com/acme/store/actions/runs/77"), Some(77));
        assert_eq!(run("https://github.com/acme/store/actions/runs/77/job/8#step:3:1"), Some(77));
        for other in
            ["https://github.com/acme/other/actions/runs/77", "https://ci.example/7", "x/actions/runs/7"]
        {
            assert_eq!(run(other), None, "{other}");
        }
    }
}
