//! Deployment protection: a job waits to be let into an environment, and is answered.

use super::pending_deliveries::PendingDeliveries;
use crate::deploy::DeployQueue;
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::github::DeploymentProtectionAnswer;
use crate::github::events::DeploymentProtectionEvent;
use crate::model::{
    ActivePlace, BranchName, Cause, CommitId, Environment, EnvironmentName, ForPeople, PromotionPath,
    RepositoryId, active_environment, error_chain,
};
use crate::policy::{self, DeploymentProtection, ProtectedJob};
use crate::report::{self, CommentCommands, ProtectionWords, WaitingJob};
use crate::store::{Change, Lease, RepositoryRow};

/// How many deploys of a branch's own environment are looked through.
const DEPLOYS_AT_MOST: u32 = 20;

pub(super) async fn run(
    ctx: &EngineContext,
    lease: &Lease,
    id: RepositoryId,
    run: u64,
    name: &EnvironmentName,
) -> Result<Vec<Change>, WorkError> {
    let pending = PendingDeliveries::of(ctx, &lease.item).await?;
    let (events, _) = pending.events::<DeploymentProtectionEvent>(&["deployment_protection_rule"]);
    let row = ctx.active_repository(id).await?;
    let (Some(row), Some((_, event))) = (row, events.last()) else {
        return Ok(pending.processed(&lease.item));
    };
    // In the spelling that GitHub has, since it is GitHub that is answered.
    let name = event.environment.as_deref().unwrap_or(name.as_str());
    let job = Job { ctx, row: &row, run, name };
    let commit = event.deployment.as_ref().map(|it| it.sha);
    match job.decide(commit).await {
        Ok(()) => Ok(pending.processed(&lease.item)),
        Err(error) => {
            // GitHub keeps the job waiting; that it is still being decided is worth a word, once.
            if lease.failures == 0 {
                let comment = report::deployment_protection(
                    &job.waits("", name, commit),
                    ProtectionWords::Undecided(&error.failure.for_people()),
                );
                if let Err(error) = job.answer(None, &comment).await {
                    tracing::warn!(
                        error = error_chain(&error.failure),
                        "a job that waits could not be told why"
                    );
                }
            }
            Err(error)
        }
    }
}

struct Job<'a> {
    ctx: &'a EngineContext,
    row: &'a RepositoryRow,
    run: u64,
    name: &'a str,
}

impl<'a> Job<'a> {
    fn waits<'b>(&'b self, prefix: &'b str, branch: &'b str, commit: Option<CommitId>) -> WaitingJob<'b>
    where
        'a: 'b,
    {
        WaitingJob { commands: CommentCommands { prefix }, environment: self.name, branch, commit }
    }

    async fn decide(&self, commit: Option<CommitId>) -> Result<(), WorkError> {
        let config = self.ctx.repository_config(self.row).await?;
        let path = &config.path;
        if let Some(Cause::ConfigurationInvalid { place, .. }) = &config.invalid {
            // As for merges: by a file that cannot be used nothing is let through.
            let comment = report::deployment_protection(
                &self.waits(&path.command_prefix, self.name, commit),
                ProtectionWords::Unreadable(place),
            );
            return self.answer(Some(false), &comment).await;
        }
        if path.environment(self.name).is_none()
            && let Some((beside, branch)) = path.beside(self.name)
        {
            return self.decide_beside(path, (beside, &branch), commit).await;
        }
        let Some(environment) = path.environment(self.name) else {
            let known: Vec<&str> = path.environments.iter().map(|it| it.name.as_str()).collect();
            let comment = report::deployment_protection(
                &self.waits(&path.command_prefix, self.name, commit),
                ProtectionWords::NoEnvironment(&known),
            );
            return self.answer(Some(false), &comment).await;
        };
        let branch = environment.branch.as_str();
        let Some(commit) = commit else {
            let comment = report::deployment_protection(
                &self.waits(&path.command_prefix, branch, None),
                ProtectionWords::NoCommit,
            );
            return self.answer(Some(false), &comment).await;
        };
        let mirror = self.ctx.mirror(self.row).await?;
        let repository = mirror.fetched(&[]).await?;
        let tip = repository.branch(&environment.branch).await?;
        let is_there = repository.missing(&[commit]).await?.is_empty();
        let on_branch = match tip {
            Some(tip) if is_there => repository.reaches(tip, commit).await?,
            _ => false,
        };
        let hold =
            self.ctx.store.hold(self.row.id, &environment.name).await?.filter(|hold| hold.lifted.is_none());
        let said = policy::deployment_protection(&ProtectedJob { commit, tip, on_branch, hold });
        let words = match &said {
            DeploymentProtection::Open => ProtectionWords::Open,
            DeploymentProtection::Held(hold) => ProtectionWords::Held(hold),
            DeploymentProtection::Older { tip } => {
                let environment_deploys =
                    self.ctx.store.environment_deploys(self.row.id, self.name, &environment.branch).await?;
                let roll_back_to = DeployQueue::new(
                    environment_deploys.deploys,
                    environment_deploys.hold,
                    environment_deploys.baseline,
                )
                .rollback_target();
                ProtectionWords::Older { tip: *tip, roll_back_to }
            }
            DeploymentProtection::OffPath => ProtectionWords::OffPath,
        };
        let comment =
            report::deployment_protection(&self.waits(&path.command_prefix, branch, Some(commit)), words);
        self.answer(Some(said == DeploymentProtection::Open), &comment).await
    }

    /// Of a branch's own environment: what Towpath itself deploys there for whoever has the place, and nothing else.
    async fn decide_beside(
        &self,
        path: &PromotionPath,
        (beside, branch): (&Environment, &BranchName),
        commit: Option<CommitId>,
    ) -> Result<(), WorkError> {
        let (store, id) = (&self.ctx.store, self.row.id);
        let places = store.active_places(id, &beside.name).await?;
        let is_it = |it: &&ActivePlace| {
            it.is_held() && EnvironmentName::are_alike(it.branch.as_str(), branch.as_str())
        };
        let place = places.taken.iter().find(is_it);
        let is_ours = match place {
            None => false,
            Some(place) => {
                let own = active_environment(&beside.name, &place.branch);
                let deploys = store.newest_deploys(id, &own, DEPLOYS_AT_MOST).await?;
                deploys.iter().any(|it| {
                    let is_under_way = it.state.is_open() && it.was_begun();
                    it.number > place.after && is_under_way && Some(it.commit) == commit
                })
            }
        };
        let is_held = place.is_some();
        let words = if is_ours { ProtectionWords::OpenBeside } else { ProtectionWords::NotOurs { is_held } };
        let job = self.waits(&path.command_prefix, branch.as_str(), commit);
        self.answer(Some(is_ours), &report::deployment_protection(&job, words)).await
    }

    async fn answer(&self, open: Option<bool>, comment: &str) -> Result<(), WorkError> {
        let state = open.map(|open| if open { "approved" } else { "rejected" });
        let answer = DeploymentProtectionAnswer { environment_name: self.name, state, comment };
        Ok(self.ctx.api.answer_gate(self.row.installation, &self.row.full_name, self.run, &answer).await?)
    }
}
