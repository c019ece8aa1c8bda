//! The check runs of ours that GitHub shows, as they are stored: taken back where nobody needs them any more, and said
//! once more where somebody asks.
//!
//! Each look at a pull request goes over all checks on its head, so that nothing has to note what ended the need for
//! one. What let something merge stays as a record. A check on a commit that is no longer a head stays what it was:
//! GitHub shows it with that commit alone.
//!
//! Taken back means `cancelled`: every other end of a check that nobody judges would let something merge.

use super::aim::{aim, own_base};
use super::desired_check_run::{StoredCheckRun, digest};
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::github::{CheckRunBody, CheckRunOutput};
use crate::model::{BranchName, CommitId, PromotionPath, PullNumber, PullRequest, RepositoryId};
use crate::report::{self, CheckText, Conclusion, NotAgain, Withdrawn};
use crate::store::{Change, ChecksOf, Desired, WorkItem};

/// A check run that GitHub shows, or is to show.
pub(super) struct AppliedCheck {
    /// Whose work it is to show it.
    pub(super) item: WorkItem,
    /// What it says.
    pub(super) body: CheckRunBody,
    /// Of a merge group: what it was put on.
    pub(super) put_on: Option<CommitId>,
}

/// The checks that are stored. One that another version wrote and this one cannot read is nobody's to change.
pub(super) async fn checks(
    ctx: &EngineContext,
    id: RepositoryId,
    of: ChecksOf,
) -> Result<Vec<AppliedCheck>, WorkError> {
    let stored = ctx.store.checks(id, of).await?;
    let read = stored.into_iter().filter_map(|(item, effect)| {
        let StoredCheckRun { body, put_on } = serde_json::from_str(&effect.content).ok()?;
        Some(AppliedCheck { item, body, put_on })
    });
    Ok(read.collect())
}

/// Whether an open pull request other than `but` has this head and ends up on this branch, or goes into it as a member of a
/// stack.
pub(super) fn is_needed(
    path: &PromotionPath,
    open: &[PullRequest],
    but: Option<PullNumber>,
    (head, base): (CommitId, &BranchName),
) -> bool {
    open.iter().any(|row| {
        Some(row.number) != but
            && row.head_commit == head
            && aim(path, row, open)
                .is_some_and(|aimed| aimed == *base || own_base(path, row, &aimed) == Some(base))
    })
}

impl AppliedCheck {
    /// The branch of the path that it is about, if it is about one.
    pub(super) fn base(&self) -> Option<&BranchName> {
        match &self.item {
            WorkItem::Check(_, _, base) => Some(base),
            _ => None,
        }
    }

    pub(super) fn is_withdrawn(&self) -> bool {
        self.body.conclusion.as_deref() == Some(Conclusion::Cancelled.as_str())
    }

    pub(super) fn lets_merge(&self) -> bool {
        self.body.conclusion.as_deref() == Some(Conclusion::Success.as_str())
    }

    /// Takes it back. `but` is the pull request whose look this is.
    pub(super) async fn withdrawn(
        &self,
        ctx: &EngineContext,
        why: &Withdrawn,
        (of, but): (&str, Option<PullNumber>),
    ) -> Result<Change, WorkError> {
        let text = report::withdrawn(of, why, ctx.now().to_seconds());
        let mut body = self.body.clone();
        let (status, conclusion) = text.conclusion.as_status();
        status.clone_into(&mut body.status);
        body.conclusion = conclusion.map(str::to_owned);
        body.output = output(&text);
        body.actions.clear();
        self.desired(ctx, body, text.substance(), but).await
    }

    /// Says beneath it that it was asked for again, and why it stays as it is. Its buttons would do no more than that.
    pub(super) async fn asked_again(
        &self,
        ctx: &EngineContext,
        why: &NotAgain,
    ) -> Result<Vec<Change>, WorkError> {
        let mut body = self.body.clone();
        body.output.summary = report::asked_again(&body.output.summary, why, ctx.now().to_seconds());
        body.output.annotations.clear();
        body.actions.clear();
        let substance = digest(&body.output.summary);
        let desired = self.desired(ctx, body, substance, None).await?;
        Ok(vec![desired, Change::Resend(self.item.clone())])
    }

    async fn desired(
        &self,
        ctx: &EngineContext,
        body: CheckRunBody,
        substance: String,
        but: Option<PullNumber>,
    ) -> Result<Change, WorkError> {
        let siblings = match &self.item {
            WorkItem::Check(id, head, base) => {
                let sharing = ctx.store.sharing(*id, *head, base).await?;
                let others = sharing.iter().filter(|it| Some(it.pull.number) != but);
                others.map(|it| (it.pull.number, it.judged_version)).collect()
            }
            _ => Vec::new(),
        };
        let content = StoredCheckRun { body, put_on: self.put_on }.content()?;
        Ok(Change::Desire(Desired { item: self.item.clone(), content, substance, siblings }))
    }
}

fn output(text: &CheckText) -> CheckRunOutput {
    CheckRunOutput {
        title: text.title.clone(),
        summary: text.full_summary(),
        text: text.text.clone(),
        annotations: Vec::new(),
    }
}
