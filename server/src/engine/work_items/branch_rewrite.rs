//! A branch of the path that may have been rewritten by *Rebase stack*: the issue that says so.
//!
//! It is looked at by what is stored, so that a push nobody told of is found as well, and it is closed by where the branch
//! is, not by who brought it there.

use super::desired_check_run::digest;
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::lineage::Repository;
use crate::model::{
    Base, BranchName, CommitId, Head, LedgerEntry, PullEnds, PullRequest, RepositoryId, Role, TipSource,
};
use crate::report::{self, Rewritten, Subject};
use crate::store::{Change, Desired, RepositoryRow, WorkItem};
use serde_json::json;

/// So many of a branch's last moves are looked through.
const MOVES_AT_MOST: usize = 20;

pub(super) async fn run(
    ctx: &EngineContext,
    id: RepositoryId,
    branch: &BranchName,
) -> Result<Vec<Change>, WorkError> {
    let row = ctx.active_repository(id).await?;
    let Some(row) = row else { return Ok(Vec::new()) };
    let config = ctx.repository_config(&row).await?;
    let mirror = ctx.mirror(&row).await?;
    if !mirror.has_environments(&config.path).await? {
        return Ok(Vec::new());
    }
    let item = WorkItem::BranchAlarm(id, branch.clone());
    let known = ctx.store.effect(&item).await?;
    let known = known.and_then(|effect| serde_json::from_str::<StoredAlarm>(&effect.content).ok());
    let repository = mirror.fetched(&[]).await?;
    let mut others = Vec::new();
    for other in config.path.judged_branches().filter(|it| *it != branch) {
        others.extend(repository.branch(other).await?);
    }
    let open = ctx.store.open_pulls(id).await?.into_iter().map(|it| it.pull);
    let search = RewriteSearch { branch, repository: &repository, others, open: open.collect() };
    let on_path = config.path.role(branch) != Role::Topic;
    let newest = if on_path {
        search.newest(ctx.store.tips(id, Some(branch)).await?, known.as_ref()).await?
    } else {
        None
    };
    // Once it was repaired, what becomes of the branch later is another matter.
    let is_over = newest.is_none() && known.as_ref().is_some_and(|told| !told.open);
    let Some(rewritten) = newest.or(known.map(|told| told.rewritten)) else { return Ok(Vec::new()) };
    let repaired = match repository.branch(branch).await? {
        Some(present) => search.holds(present, rewritten.before).await?,
        None => false,
    };
    let (title, body) = report::rewritten_alarm(&config.path, &subject(ctx, &row, &rewritten), &rewritten);
    let open = on_path && !repaired && !is_over;
    let told = StoredAlarm { title, body, open, marker: report::rewritten_marker(branch), rewritten };
    let content = json!(told).to_string();
    let substance = digest(&content);
    Ok(vec![Change::Desire(Desired { item, content, substance, siblings: Vec::new() })])
}

/// The issue as it is stored, with what it is about.
#[derive(serde::Serialize, serde::Deserialize)]
struct StoredAlarm {
    title: String,
    body: String,
    open: bool,
    marker: String,
    rewritten: Rewritten,
}

struct RewriteSearch<'a> {
    branch: &'a BranchName,
    repository: &'a Repository,
    /// Where the other branches of the path are.
    others: Vec<CommitId>,
    open: Vec<PullRequest>,
}

impl RewriteSearch<'_> {
    /// The last move that was such a rebase, unless the known one is.
    async fn newest(
        &self,
        tips: Vec<LedgerEntry>,
        known: Option<&StoredAlarm>,
    ) -> Result<Option<Rewritten>, WorkError> {
        let moves = tips.into_iter().filter(|tip| tip.source != TipSource::Backfill);
        for tip in moves.rev().take(MOVES_AT_MOST) {
            let (Some(before), Some(after)) = (tip.before, tip.commit) else { continue };
            let is_known =
                |told: &StoredAlarm| (told.rewritten.before, told.rewritten.after) == (before, after);
            if known.is_some_and(is_known) {
                return Ok(None);
            }
            // A push that goes forward rewrites nothing; of one that nobody told of it is not known.
            if !tip.forced && tip.source == TipSource::Push {
                continue;
            }
            if let Some(stack) = self.rewritten(before, after, &tip).await? {
                let by = tip.actor.filter(|login| is_a_person(login));
                let at = tip.at;
                let branch = self.branch.clone();
                return Ok(Some(Rewritten { branch, before, after, by, stack, at }));
            }
        }
        Ok(None)
    }

    /// Whether it was GitHub's rebase, and of which stack: its number, where there is one that names it.
    async fn rewritten(
        &self,
        before: CommitId,
        after: CommitId,
        tip: &LedgerEntry,
    ) -> Result<Option<Option<u64>>, WorkError> {
        let head_here = |row: &&PullRequest| {
            row.head_repository == Some(row.repository) && row.head_branch == *self.branch
        };
        let stack = self.open.iter().filter(head_here).find_map(|row| row.stack.as_ref());
        let number = stack.and_then(|stack| stack.number);
        if !self.repository.missing(&[before, after]).await?.is_empty() {
            // What was there before may never have come to the mirror.
            return Ok((stack.is_some() && tip.forced).then_some(number));
        }
        // What stands on the branch by now was put there by the same rebase, and holds all of it.
        let mut without = Vec::new();
        for other in &self.others {
            if !self.repository.reaches(*other, after).await? {
                without.push(*other);
            }
        }
        let rebase = self.repository.rebase(before, after, &without).await?;
        Ok(rebase.filter(|rebase| rebase.by_github || stack.is_some()).map(|_| number))
    }

    async fn holds(&self, present: CommitId, before: CommitId) -> Result<bool, WorkError> {
        Ok(self.repository.missing(&[before]).await?.is_empty()
            && self.repository.reaches(present, before).await?)
    }
}

/// GitHub and Apps press no buttons.
fn is_a_person(login: &str) -> bool {
    !login.ends_with("[bot]") && login != "web-flow"
}

/// The branch as if it was to be brought to where it was.
fn subject(ctx: &EngineContext, row: &RepositoryRow, rewritten: &Rewritten) -> Subject {
    let Rewritten { branch, before, after, .. } = rewritten;
    Subject {
        repository: row.full_name.clone(),
        web_url: row.html_url.clone(),
        docs_url: None,
        number: 0,
        pull: PullEnds {
            head: Head { branch: Some(branch.clone()), commit: *before, fork: false },
            base: Base { branch: branch.clone(), commit: *after },
        },
        judged_at: ctx.now().to_seconds(),
    }
}
