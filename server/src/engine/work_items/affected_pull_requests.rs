//! Which pull requests may be judged otherwise because a branch of the path has moved.
//!
//! Each family of rules says which of its verdicts a move can alter ([`crate::policy::Family`]); here is only asked which pull
//! requests those are. A branch that comes or goes changes what can be judged at all, so everything is judged anew. What
//! was never judged as it is now, or could not be decided, is always judged.

use super::aim::aim;
use super::pull_request::{last_verdict, reach};
use crate::lineage::{GitError, Repository};
use crate::model::config::RepositoryConfig;
use crate::model::{BranchName, CommitId, Outcome, PullNumber, PullRequest};
use crate::policy::{Reach, Trigger};
use crate::store::JudgedPull;
use std::collections::{BTreeMap, BTreeSet};

/// A move of a branch of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Move {
    /// What it pointed at, where that is known and there was something.
    pub(super) from: Option<CommitId>,
    /// What it points at, unless it was deleted.
    pub(super) to: Option<CommitId>,
}

/// The open pull requests that have to be judged anew after `moves` of `branch`.
pub(super) async fn affected(
    config: &RepositoryConfig,
    branch: &BranchName,
    moves: &[Move],
    open: &[JudgedPull],
    repository: &Repository,
) -> Result<Vec<PullNumber>, GitError> {
    let rows: Vec<PullRequest> = open.iter().map(|it| it.pull.clone()).collect();
    if moves.iter().any(|it| it.from.is_none() || it.to.is_none()) {
        return Ok(open.iter().map(|it| it.pull.number).collect());
    }
    let forward = goes_forward(moves, repository).await?;
    let mut numbers = BTreeSet::new();
    let mut sharing_commits: BTreeMap<BranchName, Vec<&JudgedPull>> = BTreeMap::new();
    let mut sharing_changes: Vec<&PullRequest> = Vec::new();
    for judged in open {
        let pull = &judged.pull;
        let Some(aimed) = aim(&config.path, pull, &rows) else { continue };
        let standing = standing(judged, &aimed);
        let reach = reach(&config.path, judged, &aimed, |base| match (base == branch, forward) {
            (true, true) => Trigger::BaseAdvanced,
            (true, false) => Trigger::BaseRewritten,
            (false, true) => Trigger::OtherBranchAdvanced,
            (false, false) => Trigger::OtherBranchRewritten,
        });
        if standing == LastVerdict::Open || reach.alters(standing == LastVerdict::Found) {
            numbers.insert(pull.number);
            continue;
        }
        if reach.has(Reach::SHARING_CHANGES) {
            sharing_changes.push(pull);
        }
        if reach.has(Reach::SHARING_COMMITS) {
            sharing_commits.entry(aimed).or_default().push(judged);
        }
    }
    let heads: Vec<CommitId> = sharing_changes.iter().map(|it| it.head_commit).collect();
    for (from, to) in moves.iter().filter_map(|it| it.from.zip(it.to)) {
        let got = repository.may_have_got((from, to), &heads).await?;
        numbers.extend(sharing_changes.iter().filter(|it| got.contains(&it.head_commit)).map(|it| it.number));
    }
    for (aimed, pulls) in sharing_commits {
        let holding = holding_what_was_gained(repository, &aimed, moves).await?;
        let meant =
            pulls.iter().filter(|it| holding.as_ref().is_none_or(|all| all.contains(&it.pull.number)));
        numbers.extend(meant.map(|it| it.pull.number));
    }
    Ok(numbers.into_iter().collect())
}

/// How a pull request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LastVerdict {
    /// It was not judged as it is now, or nothing could be decided.
    Open,
    /// Nothing was found.
    Clean,
    /// Something was.
    Found,
}

fn standing(judged: &JudgedPull, aimed: &BranchName) -> LastVerdict {
    let as_it_is =
        judged.judged_head == Some(judged.pull.head_commit) && judged.judged_base.as_ref() == Some(aimed);
    match last_verdict(judged).filter(|_| as_it_is) {
        None => LastVerdict::Open,
        Some(verdict) if verdict.outcome() == Outcome::Unknown => LastVerdict::Open,
        Some(verdict) if verdict.findings.is_empty() => LastVerdict::Clean,
        Some(_) => LastVerdict::Found,
    }
}

/// Whether every move went from a commit to one that contains it.
async fn goes_forward(moves: &[Move], repository: &Repository) -> Result<bool, GitError> {
    for Move { from, to } in moves {
        let (Some(from), Some(to)) = (from, to) else { return Ok(false) };
        // What a force push has taken away may never come to the mirror.
        if !repository.missing(&[*from, *to]).await?.is_empty() || !repository.reaches(*to, *from).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The pull requests that hold something the branch gained and `base` does not have; `None` for all.
async fn holding_what_was_gained(
    repository: &Repository,
    base: &BranchName,
    moves: &[Move],
) -> Result<Option<BTreeSet<PullNumber>>, GitError> {
    let Some(base) = repository.branch(base).await? else { return Ok(None) };
    let to: Vec<CommitId> = moves.iter().filter_map(|it| it.to).collect();
    let without: Vec<CommitId> = moves.iter().filter_map(|it| it.from).chain([base]).collect();
    let Some(roots) = repository.roots(&to, &without).await? else { return Ok(None) };
    let holding = repository.pulls_containing(&roots).await?;
    Ok(Some(holding.into_iter().map(PullNumber).collect()))
}
