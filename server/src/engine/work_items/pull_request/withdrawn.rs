//! What is taken back: checks on a pull request's head that nobody needs any more, and a comment on what is not judged.
//!
//! Each look goes over all that is shown on the head, whatever made it stop being wanted: another base, a path that is
//! another one, a pull request of the same head that was closed. So nothing has to tell of it.

use super::PullRequestWork;
use crate::engine::work_error::WorkError;
use crate::engine::work_items::aim::own_base;
use crate::engine::work_items::applied_check::{checks, is_needed};
use crate::engine::work_items::desired_check_run::digest;
use crate::model::{BranchName, PullRequest, Role};
use crate::report::{self, Withdrawn};
use crate::store::{Change, ChecksOf, Desired, WorkItem};

impl PullRequestWork<'_> {
    /// Takes back the checks on the head for branches that it does not go to, `now` being the one that it does: left as
    /// they were they would stay red, or green, for a question that nobody asks any more. What somebody else has let
    /// merge stays as a record of that.
    pub(super) async fn withdrawn(
        &self,
        row: &PullRequest,
        now: Option<&BranchName>,
    ) -> Result<Vec<Change>, WorkError> {
        let (id, head) = (row.repository, row.head_commit);
        let own = self.before.filter(|before| before.judged_head == Some(head));
        let own = own.and_then(|before| before.judged_base.as_ref());
        let mut changes = Vec::new();
        for check in checks(self.ctx, id, ChecksOf::Commit(head)).await? {
            if let WorkItem::ConfigurationCheck(..) = check.item {
                let counts = now.is_some() || row.base_branch.as_str() == self.repository.default_branch;
                let stays = counts || check.is_withdrawn();
                changes.extend((!stays).then_some(Change::Mark(WorkItem::ConfigPreview(id, row.number))));
            }
            // One in a stack keeps the check for the branch that it goes into itself.
            let kept = [now, now.and_then(|now| own_base(&self.config.path, row, now))];
            let Some(base) = check.base().filter(|base| !kept.contains(&Some(base))) else { continue };
            let is_own = own == Some(base);
            let is_over = check.is_withdrawn() || check.put_on.is_some() || (!is_own && check.lets_merge());
            let open = &self.open;
            if is_over || is_needed(&self.config.path, open, Some(row.number), (head, base)) {
                continue;
            }
            // Whoever it is for may have come after this look began, together with it.
            if !is_own
                && is_needed(&self.config.path, &self.open_now().await?, Some(row.number), (head, base))
            {
                continue;
            }
            let why = if is_own { self.why(row, base, now) } else { Withdrawn::Unasked };
            changes.push(check.withdrawn(self.ctx, &why, (base.as_str(), Some(row.number))).await?);
        }
        Ok(changes)
    }

    async fn open_now(&self) -> Result<Vec<PullRequest>, WorkError> {
        let open = self.ctx.store.open_pulls(self.repository.id).await?;
        Ok(open.into_iter().map(|it| it.pull).collect())
    }

    /// The comment on a pull request that is judged no more, where there is one.
    pub(super) async fn withdrawn_comment(&self, row: &PullRequest) -> Result<Option<Change>, WorkError> {
        let Some(before) = self.before else { return Ok(None) };
        let Some(base) = &before.judged_base else { return Ok(None) };
        let item = WorkItem::Comment(row.repository, row.number);
        if self.ctx.store.effect(&item).await?.is_none() {
            return Ok(None);
        }
        let why = self.why(row, base, None);
        let earlier = self.as_before(&super::ends(row, base.clone()), before);
        let content = report::withdrawn_comment(&self.config.path, base, &why, earlier.as_ref());
        let content = report::with_notes(content, &self.notes(row).await?);
        let substance = digest(&content);
        Ok(Some(Change::Desire(Desired { item, content, substance, siblings: Vec::new() })))
    }

    /// Why a pull request is judged for `base` no more.
    fn why(&self, row: &PullRequest, base: &BranchName, now: Option<&BranchName>) -> Withdrawn {
        let (path, number) = (&self.config.path, row.number.0);
        match now {
            _ if path.role(base) == Role::Topic => Withdrawn::OffThePath,
            Some(now) => Withdrawn::Retargeted { number, now: now.clone() },
            None if path.role(&row.base_branch) == Role::Topic => {
                Withdrawn::LedNowhere { number, now: row.base_branch.clone() }
            }
            None => Withdrawn::PathGone,
        }
    }
}
