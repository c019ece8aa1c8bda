//! The hotfixes of a repository: level-triggered, so whatever was interrupted is done again with the same result.
//!
//! One work item writes them, so nothing of them is made twice at once; commands and merged pull requests only record new
//! ones. Branches and pull requests are found before they are made, and a branch that is about to be pushed is on record.
//!
//! `opened.rs` opens the pull request of a hotfix at its first push and sees what became of it, `account.rs` reckons what is
//! owed where, `carry.rs` carries it back.

mod account;
mod carry;
mod opened;

use super::desired_check_run::digest;
use super::pull_request::reach;
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::lineage::Repository;
use crate::model::{CommentWhen, Environment, Hotfix, PromotionPath, PullNumber, RepositoryId};
use crate::policy::{Reach, Trigger};
use crate::report;
use crate::store::{Change, Desired, Lease, RepositoryRow, WorkItem};

pub(super) async fn run(
    ctx: &EngineContext,
    lease: &Lease,
    id: RepositoryId,
) -> Result<Vec<Change>, WorkError> {
    let row = ctx.active_repository(id).await?;
    let hotfixes = ctx.store.hotfixes(id).await?;
    let (Some(row), false) = (row, hotfixes.is_empty()) else { return Ok(Vec::new()) };
    let config = ctx.repository_config(&row).await?;
    if config.invalid.is_some() {
        // What is owed where is not known; once the file is repaired, all is looked at again.
        return Ok(Vec::new());
    }
    let mirror = ctx.mirror(&row).await?;
    let repository = mirror.fetched(&[]).await?;
    let mut work = HotfixWork {
        ctx,
        lease,
        row: &row,
        path: &config.path,
        repository: &repository,
        changes: Vec::new(),
    };
    // One that cannot be gone on with now holds the others up no longer than it takes.
    let mut went = Ok(());
    for hotfix in hotfixes {
        if let Err(mut error) = Box::pin(work.look(hotfix)).await {
            work.changes.append(&mut error.changes);
            went = went.and(Err(error));
        }
    }
    match went {
        Ok(()) => Ok(work.changes),
        Err(error) => Err(WorkError { changes: work.changes, ..error }),
    }
}

/// One look at the hotfixes of a repository.
struct HotfixWork<'a> {
    ctx: &'a EngineContext,
    lease: &'a Lease,
    row: &'a RepositoryRow,
    path: &'a PromotionPath,
    repository: &'a Repository,
    changes: Vec<Change>,
}

impl HotfixWork<'_> {
    /// Goes on with one hotfix as far as it comes. What was found out is kept, also where the next step fails.
    async fn look(&mut self, before: Hotfix) -> Result<(), WorkError> {
        // An environment that the configuration has no more may come back.
        let Some(environment) = self.path.environment(&before.environment).cloned() else { return Ok(()) };
        let mut hotfix = before.clone();
        let went = self.go_on(&mut hotfix, &environment).await;
        if hotfix != before {
            self.changes.push(Change::Hotfix(self.row.id, Box::new(hotfix.clone())));
            self.judge_again(&environment).await?;
        }
        self.tell(&hotfix, &environment).await?;
        went
    }

    async fn go_on(&mut self, hotfix: &mut Hotfix, environment: &Environment) -> Result<(), WorkError> {
        if hotfix.landed.is_none() {
            self.open(hotfix, environment).await?;
            self.land(hotfix, environment).await?;
        }
        if hotfix.landed.is_none() || hotfix.over.is_some() {
            return Ok(());
        }
        self.see_carry_back(hotfix).await?;
        self.reckon(hotfix, environment).await?;
        if hotfix.over.is_none() {
            self.carry(hotfix, environment).await?;
        }
        let entry = self.path.entry_of(environment).map_or("", |entry| entry.name.as_str()).to_owned();
        self.close_carry_back(hotfix, &entry).await
    }

    /// Has the promotions into its environment judged again: what they wait for may have changed.
    async fn judge_again(&mut self, environment: &Environment) -> Result<(), WorkError> {
        let open = self.ctx.open_to_tell(self.row.id).await?;
        let rests = open.iter().filter(|it| {
            let Some(base) = &it.judged_base else { return false };
            let goes_there = *base == environment.branch || it.pull.base_branch == environment.branch;
            goes_there && reach(self.path, it, base, |_| Trigger::HotfixChanged) != Reach::NEVER
        });
        let marks = rests.map(|it| Change::Mark(WorkItem::PullRequest(self.row.id, it.pull.number)));
        self.changes.extend(marks);
        Ok(())
    }

    /// Tells in its merged pull request how it comes back.
    async fn tell(&mut self, hotfix: &Hotfix, environment: &Environment) -> Result<(), WorkError> {
        let way = report::HotfixWay {
            entry: self.path.entry_of(environment).map(|entry| entry.name.as_str()),
            waits_after: self.path.carry_back_within,
        };
        let (Some(number), Some(words)) = (hotfix.pull, report::hotfix_comment(hotfix, &way)) else {
            return Ok(());
        };
        self.comment(number, words).await
    }

    async fn comment(&mut self, number: PullNumber, content: String) -> Result<(), WorkError> {
        if self.path.comment == CommentWhen::Never {
            return Ok(());
        }
        let (item, substance) = (WorkItem::HotfixComment(self.row.id, number), digest(&content));
        let known = self.ctx.store.effect(&item).await?;
        if known.is_none_or(|known| known.substance != substance) {
            self.changes.push(Change::Desire(Desired { item, content, substance, siblings: Vec::new() }));
        }
        Ok(())
    }
}
