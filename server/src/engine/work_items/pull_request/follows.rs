//! What has to be looked at because a pull request is not what it was known to be: by an event, or since a comparison with
//! GitHub has found it so.

use super::overrides_over::Alive;
use super::{PullRequestWork, deploy_facts, left};
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::engine::work_items::{active_places, open_promotions, waiting_commands};
use crate::model::config::RepositoryConfig;
use crate::model::{BranchName, PullRequest, PullRequestState, Role};
use crate::store::{Change, JudgedPull, RepositoryRow, WorkItem};

/// Whether something has changed that others go by.
pub(in crate::engine::work_items) fn has_changed(before: &PullRequest, now: &PullRequest) -> bool {
    before.state != now.state
        || before.head_commit != now.head_commit
        || before.base_branch != now.base_branch
        || before.stack != now.stack
}

/// Looks at what an open pull request would make of the configuration, where that may count.
pub(in crate::engine::work_items) fn preview(
    repository: &RepositoryRow,
    row: &PullRequest,
    is_judged: bool,
) -> Option<Change> {
    let may_configure = is_judged || row.base_branch.as_str() == repository.default_branch;
    let is_wanted = row.state == PullRequestState::Open && may_configure;
    is_wanted.then_some(Change::Mark(WorkItem::ConfigPreview(row.repository, row.number)))
}

/// What follows the end of a pull request that nobody told, and the end itself. `open` are those that are open.
pub(in crate::engine::work_items) async fn found_ended(
    ctx: &EngineContext,
    (repository, config): (&RepositoryRow, &RepositoryConfig),
    before: &JudgedPull,
    (row, open): (PullRequest, &[PullRequest]),
) -> Result<Vec<Change>, WorkError> {
    let places = active_places::concerning(ctx, row.repository, row.number).await?;
    let overrides = Alive::on(ctx, row.repository, row.number).await?;
    let work = PullRequestWork {
        ctx,
        config: config.clone(),
        open: open.to_vec(),
        repository,
        before: Some(before),
        settings: None,
        places,
        nothing_new: true,
    };
    let is_path_known = config.invalid.is_none();
    let told = std::slice::from_ref(&row);
    let mut changes = overrides.over_by_news(told, |row| is_path_known.then(|| work.aim(row)));
    changes.extend(work.follows(&row).await?);
    changes.extend(work.ended(&row).await?);
    changes.push(Change::Pull(row));
    Ok(changes)
}

impl PullRequestWork<'_> {
    /// What waits for news of it, whatever they are.
    pub(super) async fn follows(&self, row: &PullRequest) -> Result<Vec<Change>, WorkError> {
        // Who has asked for a verdict is told of this one.
        let mut changes = waiting_commands::marked(self.ctx, row.repository, Some(row.number)).await?;
        changes.extend(open_promotions::marked(self.ctx, &self.config.path, row).await?);
        changes.extend(self.hotfix(row).await?);
        Ok(changes)
    }

    /// What follows its end.
    pub(super) async fn ended(&self, row: &PullRequest) -> Result<Vec<Change>, WorkError> {
        let (id, path) = (row.repository, &self.config.path);
        // Locks that were to last no longer.
        let locked = self.ctx.store.locks_while_open(id, row.number).await?;
        let mut changes: Vec<Change> =
            locked.into_iter().map(|name| Change::Mark(WorkItem::Environment(id, name))).collect();
        changes.extend(deploy_facts::closed_rollback(path, row));
        let was_merged = self.before.is_some_and(|before| before.pull.state == PullRequestState::Merged);
        if row.state == PullRequestState::Merged
            && !was_merged
            && let Role::Environment(base) = path.role(&row.base_branch)
        {
            // Its deploy may have been made of the push alone.
            changes.push(Change::Mark(WorkItem::Environment(id, (&base.name).into())));
        }
        changes.extend(self.left(row, None).await?);
        let judged_for = self.before.and_then(|it| it.judged_base.as_ref());
        changes.extend(self.passed_on(row, judged_for));
        changes.extend(self.aftermath(row).await?);
        Ok(changes)
    }

    /// What has to be looked at because of how this pull request is now. Two that stand on each other come to
    /// rest, since a second look finds both as they were.
    pub(super) fn passed_on(&self, row: &PullRequest, judged_for: Option<&BranchName>) -> Vec<Change> {
        let is_news = self.before.is_none_or(|before| {
            // A head that a comparison has found is stored before it is judged.
            let is_unjudged = judged_for.is_some()
                && row.state == PullRequestState::Open
                && before.judged_head != Some(row.head_commit);
            has_changed(&before.pull, row) || before.judged_base.as_ref() != judged_for || is_unjudged
        });
        if !is_news {
            return Vec::new();
        }
        // By a work item of its own: those that stand on it have to see what is stored by then.
        let mut changes = vec![Change::Mark(WorkItem::Stack(row.repository, row.number))];
        let places = self.places.iter().map(|it| WorkItem::ActivePlaces(row.repository, it.clone()));
        changes.extend(places.map(Change::Mark));
        changes.extend(preview(self.repository, row, judged_for.is_some()));
        changes
    }

    /// `judged_for` is the branch it is judged for now, if it is.
    pub(super) async fn left(
        &self,
        row: &PullRequest,
        judged_for: Option<&BranchName>,
    ) -> Result<Vec<Change>, WorkError> {
        match self.before {
            Some(before) => left(self.ctx, before, judged_for.map(|base| (row.head_commit, base))).await,
            None => Ok(Vec::new()),
        }
    }
}
