//! What deploys say of the files they bring: whether these are verified.
//!
//! Kept apart from the course of the deploys: a late word changes nothing about what runs, and still is the newest on
//! its files.

use super::EnvironmentWork;
use crate::deploy::DeployReport;
use crate::engine::work_error::WorkError;
use crate::model::{CommitId, Deploy, DeployOutcome, TreeId, UnixMillis, error_chain};
use crate::store::{Change, OutcomeRow};
use std::collections::{BTreeMap, HashSet};

impl EnvironmentWork<'_> {
    /// Notes a report on a deploy. Answers whether it changed anything.
    pub(super) fn hear(&mut self, number: u64, report: &DeployReport, now: UnixMillis) -> bool {
        let begun = self.queue.get(number).filter(|it| it.requested_at.is_some());
        if let (Some(deploy), Some(outcome)) = (begun, report.outcome()) {
            // Whose clock runs behind ours cannot speak of it before there was such a deploy.
            let said = (report.at.max(deploy.made_at), report.place);
            let files = (deploy.tree, deploy.commit);
            // What a rollback takes back while it is still under way may end well, and was taken back all the same.
            let taken_back = |it: &Deploy| it.number > number && it.is_rollback() && it.tree != deploy.tree;
            if outcome != DeployOutcome::Success || !self.queue.deploys().iter().any(taken_back) {
                self.record(files, said, outcome);
            }
        }
        let changed = self.queue.report(number, report, now);
        if self.queue.get(number).is_some_and(|it| it.picked_up_at.is_some()) {
            self.somebody_took_up();
        }
        changed
    }

    /// Notes how a deploy of certain files has ended, as somebody has said at a moment and a place in it.
    pub(super) fn record(
        &mut self,
        (tree, commit): (TreeId, CommitId),
        (at, place): (UnixMillis, u64),
        outcome: DeployOutcome,
    ) {
        if self.site.of_branch.is_some() {
            // Nothing is promoted from there.
            return;
        }
        let (repository, environment) = (self.site.repository.id, self.site.environment.name.clone());
        self.outcomes.push(OutcomeRow { repository, environment, tree, commit, at, place, outcome });
    }

    /// The newest word on certain files, with what this look has noted.
    pub(super) async fn newest_outcome(&self, tree: TreeId) -> Result<Option<OutcomeRow>, WorkError> {
        let site = self.site;
        let known = site.ctx.store.outcomes(site.repository.id, &site.environment.name).await?;
        let all = known.into_iter().chain(self.outcomes.iter().cloned());
        Ok(all.filter(|it| it.tree == tree).max_by_key(|it| (it.at, it.place)))
    }

    /// Takes the verification away from what a rollback takes back: all that was deployed between the two, `from`
    /// included, but for the files that run from now on.
    pub(super) async fn take_back(
        &mut self,
        from: CommitId,
        (to, kept): (CommitId, TreeId),
    ) -> Result<(), WorkError> {
        let EnvironmentWork { site, .. } = self;
        let (id, name) = (site.repository.id, &site.environment.name);
        let mut taken = HashSet::from([from]);
        match self.brought_since(to, from).await {
            Ok(more) => taken.extend(more),
            // On the worst day git may be silent, too.
            Err(error) => {
                tracing::warn!(
                    error = error_chain(&error.failure),
                    "what else a rollback takes back cannot be told"
                );
            }
        }
        let known = self.site.ctx.store.outcomes(id, name).await?;
        let deploys = self.queue.deploys().iter().map(|it| (it.commit, it.tree));
        let of_rows = known.iter().map(|it| (it.commit, it.tree));
        let back: BTreeMap<TreeId, CommitId> = deploys
            .chain(of_rows)
            .filter(|(commit, tree)| taken.contains(commit) && *tree != kept)
            .map(|(commit, tree)| (tree, commit))
            .collect();
        let now = self.site.ctx.now();
        for (tree, commit) in back {
            // Whose clock runs before ours has still spoken before this.
            let last = known.iter().find(|it| it.tree == tree).map(|it| it.at.just_after());
            self.record((tree, commit), (now.max(last.unwrap_or(now)), 0), DeployOutcome::RolledBack);
        }
        Ok(())
    }

    /// The commits that `newer` has and `older` has not, as far as both are there.
    async fn brought_since(&self, older: CommitId, newer: CommitId) -> Result<Vec<CommitId>, WorkError> {
        let repository = self.with(newer).await?;
        if !repository.missing(&[newer, older]).await?.is_empty() {
            return Ok(Vec::new());
        }
        Ok(repository.brought(newer, older).await?)
    }

    /// What was noted of outcomes, and whether promotions may be judged otherwise by it.
    pub(super) async fn outcomes_to_keep(&mut self) -> Result<Vec<Change>, WorkError> {
        if self.outcomes.is_empty() {
            return Ok(Vec::new());
        }
        let site = self.site;
        let known = site.ctx.store.outcomes(site.repository.id, &site.environment.name).await?;
        let pending: Vec<_> = self.outcomes.iter().filter(|it| !known.contains(it)).cloned().collect();
        self.others_wait |= !pending.is_empty();
        Ok(pending.into_iter().map(Change::Outcome).collect())
    }
}
