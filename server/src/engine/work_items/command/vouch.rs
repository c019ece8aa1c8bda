//! What commands share by which somebody vouches for something: for which files, and who is judged again.

use super::call::{Call, Step};
use super::seen::AsSeen;
use super::state::refused;
use crate::deploy::DeployQueue;
use crate::engine::work_error::WorkError;
use crate::engine::work_items::attested::judged_again;
use crate::model::{
    Attestation, Attested, CommitId, Environment, EnvironmentName, PullRequestState, TreeId, Withdrawal,
};
use crate::report::{self, CommandReply, CommandStatus};
use crate::store::Change;

/// What somebody has looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) commit: CommitId,
    pub(super) tree: TreeId,
}

impl Call<'_> {
    /// What ran in an environment when the comment was written; where nobody deploys, what its branch pointed at.
    pub(super) async fn live_as_seen(&self, environment: &Environment) -> AsSeen<Seen> {
        let (store, id, name) = (&self.ctx.store, self.repository.id, environment.name.as_str());
        if self.ctx.is_dormant(self.repository, self.path).await? {
            return Ok(match self.tip_as_seen(&environment.branch).await? {
                Ok(tip) => self.seen_at(tip).await?,
                Err(said) => Err(said),
            });
        }
        let known = store.environment_deploys(id, name, &environment.branch).await?;
        let queue = DeployQueue::new(known.deploys, known.hold, known.baseline);
        let Some(live) = queue.live() else {
            let why = report::sentence("No deploy to % is known to have succeeded.", &[name]);
            return Ok(Err(refused("not_live", self.spec.unchanged, &why)));
        };
        let seen_at = self.ctx.api.our_time_of(self.seen_at);
        if live.ended_at.is_some_and(|at| at > seen_at) {
            let words = "% went live on % after the comment was written.";
            let why = report::sentence(words, &[&live.commit.short(), name]);
            let next = report::sentence("Look at %, then write % again.", &[name, &self.written()]);
            return Ok(Err(refused("moved", self.spec.unchanged, &why).next(next)));
        }
        Ok(Ok(Seen { commit: live.commit, tree: live.tree }))
    }

    /// A commit with its files.
    pub(super) async fn seen_at(&self, commit: CommitId) -> AsSeen<Seen> {
        let mirror = self.ctx.mirror(self.repository).await?;
        let tree = match mirror.at_hand().await?.tree(commit).await? {
            Some(tree) => Some(tree),
            None => mirror.fetched(&[self.number.0]).await?.tree(commit).await?,
        };
        let unknown = || WorkError::later(format!("the commit {} is not here yet", commit.short()));
        Ok(Ok(Seen { commit, tree: tree.ok_or_else(unknown)? }))
    }

    /// What would go into an environment by this pull request, or is there, where it goes elsewhere.
    pub(super) async fn content_as_seen(&self, environment: &Environment) -> AsSeen<Seen> {
        let goes_there = self.pull.is_some_and(|it| {
            it.pull.state == PullRequestState::Open && it.pull.base_branch == environment.branch
        });
        if goes_there {
            return match self.pull_as_seen().await? {
                Ok(now) => self.seen_at(now.head.sha).await,
                Err(said) => Ok(Err(said)),
            };
        }
        match self.tip_as_seen(&environment.branch).await? {
            Ok(tip) => self.seen_at(tip).await,
            Err(said) => Ok(Err(said)),
        }
    }

    /// Somebody vouches for something in an environment, as its author has seen it.
    pub(super) async fn vouched(
        &self,
        environment: &Environment,
        (what, seen): (Attested, Seen),
        said: CommandReply,
    ) -> Result<Step, WorkError> {
        let attestation = Attestation {
            command: self.key.to_owned(),
            what,
            commit: seen.commit,
            tree: seen.tree,
            by: self.asker.login.to_owned(),
            by_id: self.asker.id,
            note: self.reason(),
            at: self.ctx.now(),
            withdrawn: None,
        };
        let id = self.repository.id;
        let name = EnvironmentName::from(environment.name.as_str());
        let mut changes = vec![Change::Attest(id, name, Box::new(attestation))];
        changes.extend(judged_again(self.ctx, self.path, id, &environment.name).await?);
        Ok(Step::Ended(said.commits(Some(seen.commit), None), changes))
    }

    /// Somebody takes back what was vouched for in an environment.
    pub(super) async fn withdrawn(
        &self,
        environment: &Environment,
        given: &Attestation,
        words: String,
    ) -> Result<Step, WorkError> {
        let id = self.repository.id;
        let withdrawal = Withdrawal { at: self.ctx.now(), by: self.asker.login.to_owned() };
        let name = EnvironmentName::from(environment.name.as_str());
        let mut changes = vec![Change::Withdraw(id, name, given.command.clone(), withdrawal)];
        changes.extend(judged_again(self.ctx, self.path, id, &environment.name).await?);
        let said = CommandReply::new(CommandStatus::Done, "done", words);
        Ok(Step::Ended(said.commits(Some(given.commit), None), changes))
    }
}
