//! Where a change has come to: on which branches it is, where it was deployed, where it runs.
//!
//! `stage.rs` tells how it stands in an environment by the deploys there, `hotfixes.rs` what is owed of a hotfix, and as which
//! commits it has travelled.

mod hotfixes;
mod stage;

pub use hotfixes::owed_hotfixes;

use super::dormancy::is_dormant;
use crate::deploy::DeployQueue;
use crate::lineage::{GitError, History, Holders, Mirror, Repository};
use crate::model::{
    BranchName, Carried, CommitId, Deploy, DeployState, Ending, Environment, Hotfix, HotfixStanding,
    LedgerEntry, PromotionPath, PullNumber, PullRequest, RepositoryId, Role, TipSource, UnixMillis,
    UnixSeconds, late_failure,
};
use crate::report::{BranchStatus, ChangeStage, OperatorActs};
use crate::store::{Store, StoreError};
use hotfixes::forms_of;
use stage::stage;
use std::path::Path;
use std::time::Duration;

/// How many deploys of an environment are looked through.
const DEPLOYS_AT_MOST: usize = 30;

/// So many deploys that were superseded are named.
const SUPERSEDED_AT_MOST: usize = 3;

/// Among so many of the last merged pull requests it is looked for who brought the change on, and so many of those that
/// came after it are looked at.
pub(super) const MERGED_AT_MOST: u32 = 2_000;
const FOLLOWED_AT_MOST: usize = 200;

/// By how much a branch's move may be dated before the merge that made it.
const CLOCKS_APART: Duration = Duration::from_secs(60 * 60);

/// Why it could not be told.
#[derive(Debug, thiserror::Error)]
pub enum NotTold {
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// git did not answer.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Where a merged pull request has come to, for each environment of the path and the copy branch, in their order.
pub async fn change_status(
    store: &dyn Store,
    repository: &Repository,
    path: &PromotionPath,
    pull: &PullRequest,
) -> Result<Vec<BranchStatus>, NotTold> {
    let known = StatusRecords::of(store, path, pull).await?;
    let since = promoted(path, pull).unwrap_or_else(|| own_commit(pull));
    let history = known.history(repository, path, since).await?;
    let mut forms = forms(repository, &history, path, (pull, &known.later)).await?;
    let hotfix = store.hotfixes_of(pull.repository, pull.number).await?.pop();
    forms.extend(hotfix.iter().flat_map(forms_of).map(|commit| Form::bare(&history, commit)));
    let nobody_deploys = is_dormant(&store.deploy_activity(pull.repository).await?, path);
    let mut places =
        StatusQuestion { repository, history, forms, hotfix, nobody_deploys }.answered(path, &known).await?;
    // What is found late is nothing to those who came with an earlier deploy.
    for deploy in places.iter_mut().filter_map(|place| place.deploy.as_mut()) {
        if !deploy.pulls.contains(&pull.number) {
            deploy.aftercare.clear();
            if deploy.state == DeployState::Succeeded {
                deploy.told = None;
            }
        }
    }
    Ok(places)
}

/// Where a commit has come to, for each environment of the path and the copy branch: as it is, and as what a pull request
/// made of it whose head or merge it is.
pub async fn commit_status(
    store: &dyn Store,
    repository: &Repository,
    path: &PromotionPath,
    (id, commit): (RepositoryId, CommitId),
) -> Result<Vec<BranchStatus>, NotTold> {
    let merged = store.merged_pulls(id, MERGED_AT_MOST).await?;
    let is_it = |it: &&PullRequest| own_commit(it) == commit || it.head_commit == commit;
    if let Some(pull) = merged.iter().find(is_it) {
        return change_status(store, repository, path, pull).await;
    }
    let (environments, copied) = records(store, path, id, UnixSeconds(0)).await?;
    let known = StatusRecords { later: Vec::new(), environments, copied };
    let history = known.history(repository, path, commit).await?;
    let hotfix = store.hotfix_that_brought(id, commit).await?;
    let forms = hotfix.iter().flat_map(forms_of);
    let forms = std::iter::once(commit).chain(forms).map(|commit| Form::bare(&history, commit)).collect();
    let nobody_deploys = is_dormant(&store.deploy_activity(id).await?, path);
    StatusQuestion { repository, history, forms, hotfix, nobody_deploys }.answered(path, &known).await
}

/// Of each environment its deploys and where its branch was since, and where the copy branch was.
async fn records(
    store: &dyn Store,
    path: &PromotionPath,
    id: RepositoryId,
    since: UnixSeconds,
) -> Result<(Vec<(DeployQueue, Vec<LedgerEntry>)>, Vec<LedgerEntry>), StoreError> {
    let mut environments = Vec::new();
    for environment in &path.environments {
        let known = store.environment_deploys(id, &environment.name, &environment.branch).await?;
        let tips = store.tips_since(id, &environment.branch, since).await?;
        environments.push((DeployQueue::new(known.deploys, known.hold, known.baseline), tips));
    }
    let copied = match &path.copy {
        Some(copy) => store.tips_since(id, &copy.branch, since).await?,
        None => Vec::new(),
    };
    Ok((environments, copied))
}

/// What the store knows that may tell where a pull request has come to.
struct StatusRecords {
    /// Those that were merged after it and may have brought it on, the oldest first.
    later: Vec<PullRequest>,
    /// Of each environment its deploys, and where its branch was since.
    environments: Vec<(DeployQueue, Vec<LedgerEntry>)>,
    /// Where the copy branch was since.
    copied: Vec<LedgerEntry>,
}

impl StatusRecords {
    async fn of(store: &dyn Store, path: &PromotionPath, pull: &PullRequest) -> Result<Self, StoreError> {
        let id = pull.repository;
        let since = pull.merged.map_or(UnixSeconds(0), |merged| merged.at - CLOCKS_APART);
        let (environments, copied) = records(store, path, id, since).await?;
        Ok(Self { later: later(store, path, pull).await?, environments, copied })
    }

    /// All of the history that is asked about below, in one question to git.
    async fn history(
        &self,
        repository: &Repository,
        path: &PromotionPath,
        commit: CommitId,
    ) -> Result<History, GitError> {
        let deploys = self.environments.iter().flat_map(|(queue, _)| newest(queue).map(|it| it.commit));
        let tips = self.environments.iter().flat_map(|(_, tips)| tips).chain(&self.copied);
        let tips = tips.filter_map(|tip| tip.commit);
        let later = self.later.iter().flat_map(|it| {
            let made = it.merged.and_then(|merged| merged.commit);
            made.into_iter().chain([it.head_commit])
        });
        let commits: Vec<CommitId> = deploys.chain(tips).chain(later).collect();
        let branches: Vec<&BranchName> = path.judged_branches().collect();
        repository.history_since(commit, &branches, &commits).await
    }
}

/// The newest deploys of an environment, the newest first.
fn newest(queue: &DeployQueue) -> impl Iterator<Item = &Deploy> {
    queue.deploys().iter().rev().take(DEPLOYS_AT_MOST)
}

/// As which commit a pull request came into its base.
pub(super) fn own_commit(pull: &PullRequest) -> CommitId {
    pull.merged.and_then(|merged| merged.commit).unwrap_or(pull.head_commit)
}

/// What a promotion has brought on: where it comes from has that, and will never have the commit that its merge made.
fn promoted(path: &PromotionPath, pull: &PullRequest) -> Option<CommitId> {
    let is_own = pull.head_repository == Some(pull.repository);
    (is_own && is_on_the_path(path, &pull.head_branch)).then_some(pull.head_commit)
}

fn is_on_the_path(path: &PromotionPath, branch: &BranchName) -> bool {
    path.role(branch) != Role::Topic
}

/// Those that were merged after `pull` and may have brought it on, the oldest first.
async fn later(
    store: &dyn Store,
    path: &PromotionPath,
    pull: &PullRequest,
) -> Result<Vec<PullRequest>, StoreError> {
    let Some(merged) = pull.merged else { return Ok(Vec::new()) };
    let may_bring = |it: &PullRequest| {
        // What is on the path goes on only to another branch of it.
        let goes_on = is_on_the_path(path, &it.base_branch) && it.base_branch != pull.base_branch;
        let may_bring = !is_on_the_path(path, &pull.base_branch) || goes_on;
        may_bring && it.number != pull.number && it.merged.is_some_and(|it| it.at >= merged.at)
    };
    let mut later = store.merged_pulls(pull.repository, MERGED_AT_MOST).await?;
    later.retain(may_bring);
    later.reverse();
    later.truncate(FOLLOWED_AT_MOST);
    Ok(later)
}

/// The copy that the server with this data folder keeps of a repository, for who only wants to look; `None` where there
/// is none.
pub fn mirror_of(data_dir: &Path, id: RepositoryId) -> Option<Repository> {
    let folder = data_dir.join("mirrors").join(format!("{id}.git"));
    Some(Repository::beside(&Mirror::newest_in(&folder)?))
}

/// A commit as which the change has come into a branch.
#[derive(Debug)]
struct Form {
    commit: CommitId,
    /// The pull request that brought it there, and that branch; `None` where only the commit is asked about.
    brought: Option<(PullNumber, BranchName)>,
    /// Those that have it.
    holders: Holders,
}

impl Form {
    /// A commit that is asked about as it is.
    fn bare(history: &History, commit: CommitId) -> Self {
        Self { commit, brought: None, holders: history.holders(commit) }
    }

    fn branch(&self) -> Option<&BranchName> {
        self.brought.as_ref().map(|(_, branch)| branch)
    }

    /// Whether a deploy names the pull request that brought it.
    fn is_named_by(&self, deploy: &Deploy) -> bool {
        self.brought.as_ref().is_some_and(|(number, _)| deploy.pulls.contains(number))
    }
}

/// As which commits the change has travelled: as what its own merge made; and where the branch that it went into was
/// squashed or rebased into another one, as what that made, and so on.
async fn forms(
    repository: &Repository,
    history: &History,
    path: &PromotionPath,
    (pull, later): (&PullRequest, &[PullRequest]),
) -> Result<Vec<Form>, NotTold> {
    let form = |pull: &PullRequest, commit| Form {
        commit,
        brought: Some((pull.number, pull.base_branch.clone())),
        holders: history.holders(commit),
    };
    let mut forms = vec![form(pull, own_commit(pull))];
    forms.extend(promoted(path, pull).map(|commit| Form::bare(history, commit)));
    for next in later {
        let Some(made) = next.merged.and_then(|it| it.commit) else { continue };
        let mut brings = false;
        let mut keeps = false;
        for form in &forms {
            keeps |= is_reached(repository, history, made, form).await?;
            let rewritten = form.branch().is_some_and(|branch| !is_on_the_path(path, branch));
            brings = brings || (!keeps && brings_on(repository, history, next, (form, rewritten)).await?);
        }
        if brings && !keeps {
            forms.push(form(next, made));
        }
    }
    Ok(forms)
}

/// Whether the head of `next` had the change in this form. Topics are rewritten (`may_be_rewritten`) after changes came
/// into them, and what was squashed may be in no clone any more: then it is the topic's name that tells.
async fn brings_on(
    repository: &Repository,
    history: &History,
    next: &PullRequest,
    (form, may_be_rewritten): (&Form, bool),
) -> Result<bool, GitError> {
    if is_reached(repository, history, next.head_commit, form).await? {
        return Ok(true);
    }
    let own = next.head_repository == Some(next.repository);
    if !may_be_rewritten || !own || form.branch() != Some(&next.head_branch) {
        return Ok(false);
    }
    if !repository.missing(&[next.head_commit, form.commit]).await?.is_empty() {
        return Ok(true);
    }
    // Where the files that would tell are out of reach, nothing is claimed.
    let carried = repository.carried(form.commit, next.head_commit).await.map(|answer| answer.carried);
    Ok(carried.is_ok_and(|carried| !matches!(carried, Carried::NoOp | Carried::Missing)))
}

/// Whether `tip` has the change in this form. git is asked only where the history that was read does not tell.
async fn is_reached(
    repository: &Repository,
    history: &History,
    tip: CommitId,
    form: &Form,
) -> Result<bool, GitError> {
    if let Some(answer) = history.has(tip, &form.holders) {
        return Ok(answer);
    }
    let known = repository.missing(&[tip, form.commit]).await?.is_empty();
    Ok(known && repository.reaches(tip, form.commit).await?)
}

struct StatusQuestion<'a> {
    repository: &'a Repository,
    history: History,
    forms: Vec<Form>,
    /// The hotfix that it is, or carries back.
    hotfix: Option<Hotfix>,
    nobody_deploys: bool,
}

impl StatusQuestion<'_> {
    async fn is_in(&self, tip: CommitId) -> Result<bool, GitError> {
        for form in &self.forms {
            if is_reached(self.repository, &self.history, tip, form).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn is_on(&self, branch: &BranchName) -> Result<bool, GitError> {
        let tip = match self.history.tip(branch) {
            Some(known) => known,
            None => self.repository.branch(branch).await?,
        };
        match tip {
            Some(tip) => self.is_in(tip).await,
            None => Ok(false),
        }
    }

    async fn answered(
        &self,
        path: &PromotionPath,
        known: &StatusRecords,
    ) -> Result<Vec<BranchStatus>, NotTold> {
        let mut places = Vec::new();
        for (environment, (queue, tips)) in path.environments.iter().zip(&known.environments) {
            places.push(self.in_environment(environment, queue, tips).await?);
        }
        if let Some(copy) = &path.copy {
            let is_there = self.is_on(&copy.branch).await?;
            let since = if is_there { self.since_on(&known.copied).await? } else { None };
            let stage = if is_there { ChangeStage::Copied } else { ChangeStage::NotThere };
            places.push(BranchStatus {
                name: copy.branch.to_string(),
                branch: copy.branch.clone(),
                stage,
                since,
                deploy: None,
                waits_for: None,
                acts: OperatorActs::default(),
                nobody_deploys: false,
                superseded: Vec::new(),
                hotfix: None,
            });
        }
        Ok(places)
    }

    async fn in_environment(
        &self,
        environment: &Environment,
        queue: &DeployQueue,
        tips: &[LedgerEntry],
    ) -> Result<BranchStatus, NotTold> {
        let on_branch = self.is_on(&environment.branch).await?;
        let (mut bring, mut superseded) = (Vec::new(), Vec::new());
        for deploy in newest(queue) {
            let named = self.forms.iter().any(|form| form.is_named_by(deploy));
            if named && never_began_for_a_newer(deploy) {
                superseded.push(deploy.number);
            } else if named && deploy.was_begun() {
                // It had one of its own before those.
                superseded.clear();
            }
            if named || self.is_in(queue.restored_by(deploy)).await? {
                bring.push(deploy);
            }
        }
        let account = self.hotfix.as_ref().and_then(|it| it.account(&environment.name));
        let standing = account.map(|it| it.standing.clone());
        // What was taken back is in the history, and not in the files.
        let is_taken_back = matches!(standing, Some(HotfixStanding::Reverted { .. }));
        // Who owed it before it was undone owes it no more.
        let hotfix = standing.filter(|_| !self.hotfix.as_ref().is_some_and(Hotfix::is_undone));
        let on_branch = on_branch && !is_taken_back;
        if is_taken_back {
            bring.clear();
        }
        let (stage, since, deploy) = stage(queue, &bring);
        let (stage, since) = match (stage, on_branch) {
            (ChangeStage::NotThere, true) => (ChangeStage::Merged, self.since_on(tips).await?),
            (stage, _) => (stage, since),
        };
        let (name, branch) = (environment.name.clone(), environment.branch.clone());
        let waits_for = deploy.and_then(|it| queue.waits_for(it.number));
        let acts = OperatorActs {
            roll_back_to: queue.rollback_target(),
            try_again: deploy.is_some_and(|it| queue.may_try_again(it)),
        };
        let nobody_deploys = self.nobody_deploys && stage == ChangeStage::Merged;
        superseded.truncate(SUPERSEDED_AT_MOST);
        superseded.reverse();
        let deploy = deploy.cloned();
        Ok(BranchStatus {
            name,
            branch,
            stage,
            since,
            deploy,
            waits_for,
            acts,
            nobody_deploys,
            superseded,
            hotfix,
        })
    }

    /// Since when the branch has the commit, where a push told.
    async fn since_on(&self, tips: &[LedgerEntry]) -> Result<Option<UnixMillis>, GitError> {
        let mut since = None;
        for tip in tips.iter().rev().filter(|tip| tip.source != TipSource::Backfill) {
            let Some(commit) = tip.commit else { break };
            if !self.is_in(commit).await? {
                break;
            }
            since = Some(tip.at.to_millis());
        }
        Ok(since)
    }
}

/// Whether a newer one went instead, so that GitHub has no Deployment of it.
fn never_began_for_a_newer(deploy: &Deploy) -> bool {
    !deploy.was_begun() && matches!(deploy.ending, Some(Ending::Superseded { .. }))
}

/// Whether anything went otherwise than it should lately, so that somebody may have to be told.
pub(super) async fn is_troubled(
    store: &dyn Store,
    path: &PromotionPath,
    id: RepositoryId,
) -> Result<bool, StoreError> {
    for environment in &path.environments {
        let at_most = u32::try_from(DEPLOYS_AT_MOST).unwrap_or(u32::MAX);
        let deploys = store.newest_deploys(id, &environment.name, at_most).await?;
        let troubled = |it: &Deploy| {
            it.is_rollback()
                || late_failure(&it.aftercare).is_some()
                || it.is_about_to_fail()
                || matches!(it.state, DeployState::Failed | DeployState::Error | DeployState::Refused)
        };
        if deploys.iter().any(troubled) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether where a pull request has come to is worth telling: it went into an environment.
pub(super) fn travels(path: &PromotionPath, pull: &PullRequest) -> bool {
    matches!(path.role(&pull.base_branch), Role::Environment(_)) && pull.merged.is_some()
}
