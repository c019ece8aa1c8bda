//! Why a deploy of a Commerce project failed, by its log.

use super::{COMMAND, EnvironmentWork};
use crate::engine::read_log;
use crate::github::off_the_runtime;
use crate::model::{Deploy, Diagnosis, error_chain};
use crate::store::{Change, WorkItem};
use std::io;
use std::time::Duration;

/// So long after the end of a deploy its log is asked again where it could not be read.
const READ_AGAIN_FOR: Duration = Duration::from_secs(10 * 60);

impl EnvironmentWork<'_> {
    /// Reads the log of what has just failed: all of it where programs on this machine have carried it out, else what was
    /// told of it. A deploy does not depend on its log.
    pub(super) async fn read_logs(&mut self) {
        if self.site.path.commerce.is_none() {
            return;
        }
        let since = self.site.ctx.now() - READ_AGAIN_FOR;
        let is_unread = |it: &&Deploy| !self.logs_read.contains(&it.number);
        let failed: Vec<Deploy> = self.queue.undiagnosed(since).filter(is_unread).cloned().collect();
        for deploy in failed {
            let told = match self.told_by_log(&deploy).await {
                Ok(told) => told,
                Err(error) => {
                    tracing::warn!(error = error_chain(&error), "the log of a failed deploy cannot be read");
                    continue;
                }
            };
            self.logs_read.insert(deploy.number);
            let Some(told) = told else { continue };
            if let Some(deploy) = self.queue.get_mut(deploy.number) {
                deploy.diagnosis = Some(told);
            }
            // Where it had failed before, nothing else has them told.
            let concerned = deploy.pulls.iter().chain(&deploy.takes_back);
            let id = self.site.repository.id;
            self.changes.extend(concerned.map(|pull| Change::Mark(WorkItem::ChangeStatus(id, *pull))));
        }
    }

    async fn told_by_log(&self, deploy: &Deploy) -> io::Result<Option<Diagnosis>> {
        if deploy.driver == COMMAND {
            let file = self.site.ctx.drivers.commands.open_log(&self.site.key(deploy.number)).await?;
            let bytes = file.metadata()?.len();
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
            return Ok(off_the_runtime(bytes, || read_log(file))?.finish().failure());
        }
        let tail = deploy.phases.last().and_then(|run| run.log_tail.as_deref());
        Ok(read_log(tail.unwrap_or_default().as_bytes())?.finish().failure())
    }
}
