//! A job that waits to be let into an environment.

use super::news::News;
use crate::deploy::Course;
use crate::engine::context::{EngineContext, WorkError};
use crate::github::GateAnswer;
use crate::github::events::GateEvent;
use crate::model::{Cause, CommitId, EnvironmentName, RepositoryId};
use crate::policy::{self, AtTheGate, Gate};
use crate::report::{self, GateWords, WaitingJob};
use crate::store::{Change, Lease, RepositoryRow, RepositoryState};

pub(super) async fn run(
    context: &EngineContext,
    lease: &Lease,
    id: RepositoryId,
    run: u64,
    name: &EnvironmentName,
) -> Result<Vec<Change>, WorkError> {
    let news = News::of(context, &lease.unit).await?;
    let (events, _) = news.events::<GateEvent>(&["deployment_protection_rule"]);
    let row = context.store.repository(id).await?.filter(|row| row.state == RepositoryState::Active);
    let (Some(row), Some((_, event))) = (row, events.last()) else { return Ok(news.digested(&lease.unit)) };
    // In the spelling that GitHub has, since it is GitHub that is answered.
    let name = event.environment.as_deref().unwrap_or(name.as_str());
    let job = Job { context, row: &row, run, name };
    let commit = event.deployment.as_ref().map(|it| it.sha);
    match job.decide(commit).await {
        Ok(()) => Ok(news.digested(&lease.unit)),
        Err(error) => {
            // GitHub keeps the job waiting; that it is still being decided is worth a word, once.
            if lease.failures == 0 {
                let comment = report::gate(&job.waits(name, commit), GateWords::Undecided(&error.what));
                if let Err(error) = job.answer(None, &comment).await {
                    tracing::warn!(what = error.what, "a job that waits could not be told why");
                }
            }
            Err(error)
        }
    }
}

struct Job<'a> {
    context: &'a EngineContext,
    row: &'a RepositoryRow,
    run: u64,
    name: &'a str,
}

impl<'a> Job<'a> {
    fn waits<'b>(&'b self, branch: &'b str, commit: Option<CommitId>) -> WaitingJob<'b>
    where
        'a: 'b,
    {
        WaitingJob { repository: &self.row.full_name, environment: self.name, branch, commit }
    }

    async fn decide(&self, commit: Option<CommitId>) -> Result<(), WorkError> {
        let config = self.context.repository_config(self.row).await?;
        let path = &config.path;
        if let Some(Cause::ConfigurationInvalid { place, .. }) = &config.invalid {
            // As for merges: by a file that cannot be used nothing is let through.
            let comment = report::gate(&self.waits(self.name, commit), GateWords::Unreadable(place));
            return self.answer(Some(false), &comment).await;
        }
        let Some(environment) = path.environment(self.name) else {
            let known: Vec<&str> = path.environments.iter().map(|it| it.name.as_str()).collect();
            let comment = report::gate(&self.waits(self.name, commit), GateWords::NoEnvironment(&known));
            return self.answer(Some(false), &comment).await;
        };
        let branch = environment.branch.as_str();
        let Some(commit) = commit else {
            let comment = report::gate(&self.waits(branch, None), GateWords::NoCommit);
            return self.answer(Some(false), &comment).await;
        };
        let mirror = self.context.mirror(self.row).await?;
        let repository = mirror.fetched(&[]).await?;
        let tip = repository.branch(&environment.branch).await?;
        let is_there = repository.missing(&[commit]).await?.is_empty();
        let on_branch = match tip {
            Some(tip) if is_there => repository.reaches(tip, commit).await?,
            _ => false,
        };
        let hold = self
            .context
            .store
            .hold(self.row.id, &environment.name)
            .await?
            .filter(|hold| hold.lifted.is_none());
        let said = policy::gate(&AtTheGate { commit, tip, on_branch, hold });
        let words = match &said {
            Gate::Open => GateWords::Open,
            Gate::Held(hold) => GateWords::Held(hold),
            Gate::Older { tip } => {
                let lane = self.context.store.lane(self.row.id, self.name, &environment.branch).await?;
                let roll_back_to = Course::new(lane.deploys, lane.hold, lane.baseline).rollback_target();
                GateWords::Older { tip: *tip, roll_back_to }
            }
            Gate::OffPath => GateWords::OffPath,
        };
        let comment = report::gate(&self.waits(branch, Some(commit)), words);
        self.answer(Some(said == Gate::Open), &comment).await
    }

    async fn answer(&self, open: Option<bool>, comment: &str) -> Result<(), WorkError> {
        let state = open.map(|open| if open { "approved" } else { "rejected" });
        let answer = GateAnswer { environment_name: self.name, state, comment };
        Ok(self
            .context
            .api
            .answer_gate(self.row.installation, &self.row.full_name, self.run, &answer)
            .await?)
    }
}
