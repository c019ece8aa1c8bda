//! The promotion into an environment: who asks for it, and what its pull request says.
//!
//! All that is asked for on one environment is taken up by one work item, so two who ask at once get one pull request. It is
//! looked for before it is opened, and what it says is worded from what is stored: whatever was interrupted is done again
//! with the same result.
//!
//! `open.rs` finds or opens the pull request, `contents.rs` gathers what the manifest tells, `current.rs` keeps it true,
//! `merge.rs` merges where `merge_guard.rs` lets it.

mod contents;
mod current;
mod merge;
mod merge_guard;
mod open;

use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::engine::work_items::promotion_source::source_of;
use crate::model::config::RepositoryConfig;
use crate::model::{AuditEntry, CommitId, Environment, EnvironmentName, PullNumber, RepositoryId};
use crate::report::CommentCommands;
use crate::store::{ActOutcome, Change, Lease, RepositoryRow, RequestedAct, RequestedActRow, WorkItem};
use std::collections::BTreeSet;

pub(super) async fn run(
    ctx: &EngineContext,
    lease: &Lease,
    id: RepositoryId,
    name: &EnvironmentName,
) -> Result<Vec<Change>, WorkError> {
    let row = ctx.active_repository(id).await?;
    let Some(repository) = row else { return Ok(Vec::new()) };
    let config = ctx.repository_config(&repository).await?;
    let acts = ctx.store.open_acts(id, name.as_str()).await?;
    let target = config.path.environment(name.as_str());
    let mut work = PromotionWork {
        ctx,
        lease,
        repository: &repository,
        config: &config,
        target,
        changes: Vec::new(),
        worded: BTreeSet::new(),
    };
    match work.go_on(acts).await {
        Ok(()) => Ok(work.changes),
        Err(mut error) => {
            work.changes.append(&mut error.changes);
            Err(WorkError { changes: work.changes, ..error })
        }
    }
}

/// One look at the promotions into an environment.
struct PromotionWork<'a> {
    ctx: &'a EngineContext,
    lease: &'a Lease,
    repository: &'a RepositoryRow,
    config: &'a RepositoryConfig,
    /// Where they go; `None` where the configuration has no such environment any more.
    target: Option<&'a Environment>,
    changes: Vec<Change>,
    /// The pull requests whose manifest was worded in this look.
    worded: BTreeSet<PullNumber>,
}

/// What came of an act.
struct Outcome {
    said: ActOutcome,
    /// What is promoted, and what that meets; nothing where it was refused before that was looked for.
    ends: (Option<CommitId>, Option<CommitId>),
}

impl Outcome {
    fn refused(words: impl Into<String>) -> Self {
        Self { said: ActOutcome::refused(words), ends: (None, None) }
    }
}

impl PromotionWork<'_> {
    async fn go_on(&mut self, acts: Vec<RequestedActRow>) -> Result<(), WorkError> {
        // One that cannot be taken up now holds neither the others up nor the manifests.
        let mut went = Ok(());
        for row in acts {
            match self.take_up(&row).await {
                Ok(Some(outcome)) => self.ended(&row, outcome).await?,
                Ok(None) => {}
                Err(mut error) => {
                    self.changes.append(&mut error.changes);
                    went = went.and(Err(error));
                }
            }
        }
        went.and(self.keep_current().await)
    }

    /// Stores what came of an act, and tells whoever has asked for it.
    async fn ended(&mut self, row: &RequestedActRow, outcome: Outcome) -> Result<(), WorkError> {
        let (action, by, reason) = row.act.named();
        let (head, base) = match outcome.ends {
            (None, None) => self.ends_now(&row.act).await?,
            known => known,
        };
        let (origin, said) = (row.origin.as_ref(), outcome.said.commits(head, base));
        let entry = AuditEntry {
            at: self.ctx.now(),
            actor: by.to_owned(),
            role: origin.map_or("operator", |it| it.role.as_str()).to_owned(),
            action: action.to_owned(),
            repository: self.repository.id,
            environment: Some(row.environment.clone()),
            pull_request: said.pull_request.or(origin.map(|it| it.number)),
            reason: reason.map(str::to_owned),
            head,
            base,
            done: said.accepted,
            result: said.words.clone(),
            delivery: origin.and_then(|it| it.delivery.clone()),
        };
        self.changes.push(Change::Audit(Box::new(entry)));
        self.changes.push(Change::RequestedActDone(row.id, said));
        self.changes.extend(self.told(row));
        Ok(())
    }

    /// Where the two ends are that an act is about: as it names them, otherwise as they were last seen.
    async fn ends_now(&self, act: &RequestedAct) -> Result<(Option<CommitId>, Option<CommitId>), WorkError> {
        let (Some(target), RequestedAct::Promote { from, head, base, .. }) = (self.target, act) else {
            return Ok((None, None));
        };
        let source = source_of(&self.config.path, target, from.as_deref()).ok();
        let mut ends = Vec::new();
        for (named, environment) in [(*head, source), (*base, Some(target))] {
            let seen = match environment.filter(|_| named.is_none()) {
                Some(it) => self.ctx.store.newest_tip(self.repository.id, &it.branch).await?,
                None => None,
            };
            ends.push(named.or(seen.and_then(|tip| tip.commit)));
        }
        Ok((ends[0], ends[1]))
    }

    /// How commands are written in comments here.
    fn comment_commands(&self) -> CommentCommands<'_> {
        CommentCommands { prefix: &self.config.path.command_prefix }
    }

    /// What has whoever asked for it look at how far it has come.
    fn told(&self, row: &RequestedActRow) -> Option<Change> {
        let origin = row.origin.as_ref()?;
        Some(Change::Mark(WorkItem::Command(self.repository.id, origin.number, origin.comment)))
    }
}
