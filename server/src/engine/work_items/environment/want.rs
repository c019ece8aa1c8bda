//! What the environment's branch asks for.
//!
//! Only a move that was seen asks for a deploy: a push, or a comparison that finds the branch elsewhere than before.
//! What was there when Towpath came is not deployed. Before a deploy is made, GitHub is asked where the branch is.

use super::EnvironmentWork;
use super::revert::Reverted;
use crate::deploy::{Wanted, slug};
use crate::engine::work_error::WorkError;
use crate::lineage::{GitError, Repository};
use crate::model::{CommitId, Deploy, Hold, LedgerEntry, PullNumber, PullRequest, TipSource, Trigger};
use crate::store::{Change, WorkItem};
use std::collections::HashSet;

/// What a deploy brings is looked up among so many commits; more than that is a line of its own.
const LOOKED_UP: usize = 10_000;
/// And among so many of the last merged pull requests.
const MERGED_AT_MOST: u32 = 1_000;

impl EnvironmentWork<'_> {
    /// Makes a deploy of the branch's tip, where there is none yet.
    pub(super) async fn want(&mut self) -> Result<(), WorkError> {
        let site = self.site;
        if let Some(place) = site.of_branch.and_then(|it| it.held()) {
            return self.want_of_branch(place).await;
        }
        let tip = site.ctx.store.newest_tip(site.repository.id, &site.environment.branch).await?;
        // What was only read off the history was there before anybody asked for deploys.
        let Some(tip) = tip.filter(|tip| tip.source != TipSource::Backfill) else { return Ok(()) };
        let there = self.waiting_on(tip.commit).await?;
        self.queue.leave_branch(&there, site.ctx.now());
        let Wanted::Deploy(commit) = self.queue.wanted(tip.commit) else { return Ok(()) };
        if self.queue.live().is_some_and(|live| live.commit == commit) {
            return Ok(());
        }
        let tip = self.as_it_is(tip).await?;
        let Wanted::Deploy(commit) = self.queue.wanted(tip.commit) else { return Ok(()) };
        if self.queue.live().is_some_and(|live| live.commit == commit) {
            return Ok(());
        }
        let (deploy, reverted) = self.made_of(&tip, commit).await?;
        let number = deploy.number;
        self.queue.add(deploy);
        if let Some(hold) = reverted {
            self.keep_hold(&hold);
        }
        // Told at once where it is known; what is live may be newer by the time its turn comes.
        self.refuse_older(number).await.map(drop)
    }

    /// The tip, where the branch still is there; else where it is now, which is kept. Moves may be told in any order, or
    /// never, but the branch itself is never out of date.
    pub(super) async fn as_it_is(&mut self, tip: LedgerEntry) -> Result<LedgerEntry, WorkError> {
        let site = self.site;
        let repository = site.ctx.mirror(site.repository).await?.fetched(&[]).await?;
        let present = repository.branch(&site.environment.branch).await?;
        if present == tip.commit {
            return Ok(tip);
        }
        let seen = LedgerEntry {
            commit: present,
            before: tip.commit,
            at: tip.at.max(site.ctx.now().to_seconds()),
            forced: false,
            actor: None,
            source: TipSource::Reconciled,
            ..tip
        };
        self.changes.push(Change::Tip(seen.clone()));
        // Whoever goes by where the branch is has not been told of it either.
        let branch = WorkItem::Branch(site.repository.id, site.environment.branch.clone());
        self.changes.push(Change::Mark(branch));
        Ok(seen)
    }

    /// A deploy of the branch's tip, and the hold as it is with that where it is a rollback that somebody has merged.
    pub(super) async fn made_of(
        &mut self,
        tip: &LedgerEntry,
        commit: CommitId,
    ) -> Result<(Deploy, Option<Hold>), WorkError> {
        let site = self.site;
        let repository = self.with(commit).await?;
        let tree = repository.tree(commit).await?;
        let tree = tree.ok_or_else(|| WorkError::later(format!("{} is not here yet", commit.short())))?;
        let previous = self.last_known().or(tip.before);
        let pulls = self.brought_by(&repository, commit, previous).await?;
        let reverted = self.reverted_by(&repository, (commit, tree)).await?;
        let is_merge = pulls.iter().any(|(_, made)| *made);
        // Of what came before it the branch has nothing any more.
        let brought = pulls.into_iter().filter(|(_, made)| *made || reverted.is_none());
        let pulls = brought.map(|(number, _)| number).collect();
        let (trigger, takes_back, hold) = match reverted {
            Some(Reverted { trigger, takes_back, hold }) => (trigger, takes_back, Some(hold)),
            None if is_merge => (Trigger::Merge, Vec::new(), None),
            None => (Trigger::DirectPush { by: tip.actor.clone() }, Vec::new(), None),
        };
        let slug = slug::name(tree, &site.slug_settings());
        let number = self.number_for(commit).await?;
        let reuses_slug = site.ctx.store.was_built(site.repository.id, &slug).await?;
        let deploy = Deploy {
            previous,
            pulls,
            takes_back,
            reuses_slug,
            slug,
            production: site.path.is_production(&site.environment.name),
            made_at: site.ctx.now(),
            ..Deploy::new(number, &site.environment.name, (commit, tree), trigger)
        };
        Ok((deploy, hold))
    }

    /// The commits that wait for their turn and are on the branch whose tip this is.
    async fn waiting_on(&self, tip: Option<CommitId>) -> Result<HashSet<CommitId>, WorkError> {
        let Some(tip) = tip else { return Ok(HashSet::new()) };
        let mut there = HashSet::new();
        for commit in self.queue.waiting() {
            if commit == tip || is_in(&self.with(tip).await?, commit, tip).await? {
                there.insert(commit);
            }
        }
        Ok(there)
    }

    /// Refuses what is older than what is live, unless it is meant to be. Answers whether it did.
    pub(super) async fn refuse_older(&mut self, number: u64) -> Result<bool, WorkError> {
        let live = self.queue.live().map(|it| it.commit).filter(|_| self.site.of_branch.is_none());
        let deploy = self.queue.get(number).filter(|it| !it.is_rollback());
        let (Some(live), Some(commit)) = (live, deploy.map(|it| it.commit)) else { return Ok(false) };
        if commit == live || !is_in(&self.with(commit).await?, commit, live).await? {
            return Ok(false);
        }
        self.queue.refuse(number, live, self.site.ctx.now());
        Ok(true)
    }

    /// What runs there as far as known: where no deploy has ended well yet, what was there before the first.
    fn last_known(&self) -> Option<CommitId> {
        let live = self.queue.live().map(|it| it.commit);
        live.or_else(|| self.queue.deploys().iter().find(|it| !it.is_rollback())?.previous)
    }

    /// Works out again what a deploy brings when its turn has come: others may have run, or failed, since it was made.
    pub(super) async fn bring_up_to_date(&mut self, number: u64) -> Result<(), WorkError> {
        let Some(deploy) = self.queue.get(number).cloned() else { return Ok(()) };
        let previous = self.last_known().or(deploy.previous);
        if deploy.is_rollback() || previous == deploy.previous || self.site.of_branch.is_some() {
            return Ok(());
        }
        let repository = self.with(deploy.commit).await?;
        let brought = self.brought_by(&repository, deploy.commit, previous).await?;
        if let Some(deploy) = self.queue.get_mut(number) {
            deploy.previous = previous;
            bring(deploy, &brought);
        }
        Ok(())
    }

    /// Names what a deploy brings that was made of a push alone, where the merge was told since.
    pub(super) async fn name_late_merges(&mut self) -> Result<(), WorkError> {
        let is_meant = |it: &&Deploy| it.state.is_open() && is_direct_push(it);
        let pushed: Vec<Deploy> = self.queue.deploys().iter().filter(is_meant).cloned().collect();
        if pushed.is_empty() {
            return Ok(());
        }
        let site = self.site;
        let merged = site.ctx.store.merged_pulls(site.repository.id, MERGED_AT_MOST).await?;
        for deploy in pushed {
            if !merged.iter().any(|pull| made_by(pull) == Some(deploy.commit)) {
                continue;
            }
            let repository = self.with(deploy.commit).await?;
            let commits = commits_of(&repository, deploy.commit, deploy.previous).await?;
            let brought = merged_with(&merged, deploy.commit, &commits);
            if let Some(deploy) = self.queue.get_mut(deploy.number) {
                bring(deploy, &brought);
            }
            let numbers = brought.into_iter().map(|(number, _)| number);
            let told = numbers.map(|number| WorkItem::ChangeStatus(site.repository.id, number));
            self.changes.extend(told.map(Change::Mark));
        }
        Ok(())
    }

    /// The repository, fetched where it lacks the commit.
    pub(super) async fn with(&self, commit: CommitId) -> Result<Repository, WorkError> {
        let mirror = self.site.ctx.mirror(self.site.repository).await?;
        if mirror.exists() && !mirror.is_suspect() {
            let repository = mirror.repository();
            if repository.missing(&[commit]).await.is_ok_and(|missing| missing.is_empty()) {
                return Ok(repository);
            }
        }
        Ok(mirror.fetched(&[]).await?)
    }

    /// The pull requests that a deploy brings, each with whether it made the tip.
    async fn brought_by(
        &self,
        repository: &Repository,
        commit: CommitId,
        previous: Option<CommitId>,
    ) -> Result<Vec<(PullNumber, bool)>, WorkError> {
        let site = self.site;
        let brought = commits_of(repository, commit, previous).await?;
        let merged = site.ctx.store.merged_pulls(site.repository.id, MERGED_AT_MOST).await?;
        let mut found = merged_with(&merged, commit, &brought);
        if !found.iter().any(|(_, made)| *made) {
            found.extend(self.being_merged(commit, &brought).await?);
        }
        found.sort_unstable();
        found.dedup_by_key(|(number, _)| *number);
        Ok(found)
    }

    /// The pull request whose merge the tip is, where GitHub has not told yet that it was merged.
    async fn being_merged(
        &self,
        commit: CommitId,
        brought: &HashSet<CommitId>,
    ) -> Result<Option<(PullNumber, bool)>, WorkError> {
        let site = self.site;
        let open = site.ctx.store.open_pulls(site.repository.id).await?;
        let branch = &site.environment.branch;
        let mut here = open.iter().map(|it| &it.pull).filter(|it| it.base_branch == *branch);
        if let Some(pull) = here.find(|pull| brought.contains(&pull.head_commit)) {
            return Ok(Some((pull.number, true)));
        }
        // A squashed one has left no commit of its own behind, and one that nobody has told of is not known here.
        // GitHub knows both; a direct push is called so only if it knows none.
        let (installation, name) = (site.repository.installation, &site.repository.full_name);
        let pulls = site.ctx.api.pulls_of_commit(installation, name, commit).await?;
        let made = pulls
            .iter()
            .find(|pull| pull.base.branch == branch.as_str() && pull.merge_commit_sha == Some(commit));
        Ok(made.map(|pull| (pull.number, true)))
    }
}

/// What a deploy of `commit` brings to where `previous` runs.
async fn commits_of(
    repository: &Repository,
    commit: CommitId,
    previous: Option<CommitId>,
) -> Result<HashSet<CommitId>, GitError> {
    let mut brought: HashSet<CommitId> = HashSet::from([commit]);
    if let Some(previous) = previous
        && repository.missing(&[previous]).await?.is_empty()
    {
        brought.extend(repository.brought(commit, previous).await?.into_iter().take(LOOKED_UP));
    }
    Ok(brought)
}

/// The merged pull requests that these commits came by, each with whether it made `commit`.
fn merged_with(
    merged: &[PullRequest],
    commit: CommitId,
    brought: &HashSet<CommitId>,
) -> Vec<(PullNumber, bool)> {
    let came = merged.iter().filter(|pull| made_by(pull).is_some_and(|made| brought.contains(&made)));
    came.map(|pull| (pull.number, made_by(pull) == Some(commit))).collect()
}

/// Notes what a deploy brings. One that a pull request has made is no direct push, whatever was known when it was made.
fn bring(deploy: &mut Deploy, brought: &[(PullNumber, bool)]) {
    if is_direct_push(deploy) && brought.iter().any(|(_, made)| *made) {
        deploy.trigger = Trigger::Merge;
    }
    deploy.pulls = brought.iter().map(|(number, _)| *number).collect();
    deploy.pulls.sort_unstable();
}

fn is_direct_push(deploy: &Deploy) -> bool {
    matches!(deploy.trigger, Trigger::DirectPush { .. })
}

/// Whether `newer` has `commit` in its history, as far as both are there.
async fn is_in(repository: &Repository, commit: CommitId, newer: CommitId) -> Result<bool, GitError> {
    Ok(repository.missing(&[commit, newer]).await?.is_empty() && repository.reaches(newer, commit).await?)
}

/// What the base got by a merged pull request.
fn made_by(pull: &PullRequest) -> Option<CommitId> {
    pull.merged.and_then(|it| it.commit)
}
