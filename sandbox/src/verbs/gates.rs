//! Jobs that wait until an app lets them deploy.

use std::sync::Arc;

use super::{RepoHandle, RunHandle, SOMEBODY, by_whom, sentence};
use crate::Refused;
use crate::acts::Actor;
use crate::acts::gates::{self, Waiting};

impl RepoHandle {
    /// An administrator switches an app's protection rule on or off for an environment. It is only shown: the apps are asked
    /// about each job that [`RepoHandle::job_waits`] is about.
    pub fn watch_jobs(&self, environment: &str, app: u64, on: bool) {
        self.hub.with(|world| world.environment(self.id, environment).watched_by.insert(app, on));
    }

    /// A job of somebody's workflow comes to an environment that apps watch over, with a branch or a
    /// commit. It waits there, and the apps are asked.
    pub fn job_waits(&self, environment: &str, commit: &str) -> JobWaits {
        JobWaits {
            repository: self.clone(),
            environment: environment.to_owned(),
            commit: commit.to_owned(),
            event: "push".to_owned(),
            by: SOMEBODY.to_owned(),
        }
    }
}

/// A job that is going to wait.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct JobWaits {
    repository: RepoHandle,
    environment: String,
    commit: String,
    event: String,
    by: String,
}

impl JobWaits {
    /// What made the workflow run: `push` unless said otherwise.
    pub fn event(mut self, name: &str) -> Self {
        name.clone_into(&mut self.event);
        self
    }

    async fn run(self) -> Result<RunHandle, Refused> {
        let sha = self.repository.resolve(&self.commit).await?;
        let RepoHandle { hub, id } = self.repository;
        let actor = hub.with(|world| Actor::person(world.person(&self.by)));
        let waiting = Waiting { environment: self.environment, git_ref: self.commit, sha, event: self.event };
        let run = gates::wait(&hub, id, waiting, actor).await?;
        Ok(RunHandle { hub: Arc::clone(&hub), id: run })
    }
}

/// What an app said about a waiting job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateAnswer {
    /// Slug of the app.
    pub app: String,
    /// The environment.
    pub environment: String,
    /// `approved` or `rejected`; `None` if it only commented.
    pub state: Option<String>,
    /// Its comment, Markdown; may be empty.
    pub comment: String,
}

impl RunHandle {
    /// What apps said about its waiting job, oldest first.
    pub fn answers(&self) -> Vec<GateAnswer> {
        self.hub.with(|world| {
            let reviews = world.workflow_runs.get(&self.id).into_iter().flat_map(|run| &run.reviews);
            let slug = |app: u64| world.apps.get(&app).map(|found| found.slug.clone()).unwrap_or_default();
            reviews
                .map(|review| GateAnswer {
                    app: slug(review.app),
                    environment: review.environment.clone(),
                    state: review.state.clone(),
                    comment: review.comment.clone(),
                })
                .collect()
        })
    }

    /// What was decided about its waiting job: `approved`, `rejected`, or nothing yet.
    pub fn decision(&self) -> Option<String> {
        self.answers().into_iter().rev().find_map(|answer| answer.state)
    }
}

by_whom!(JobWaits);
sentence!(JobWaits => RunHandle);
