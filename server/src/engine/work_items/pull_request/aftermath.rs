//! What became of a promotion: whether the base holds what was predicted, and still shares its history.

use super::{PullRequestWork, ends, last_verdict};
use crate::engine::work_error::WorkError;
use crate::engine::work_items::desired_check_run::digest;
use crate::lineage::{GitError, Repository};
use crate::model::{CommentWhen, CommitId, PullEnds, PullRequest, Role};
use crate::report::{self, Aftermath};
use crate::store::{Change, Desired, WorkItem};

impl PullRequestWork<'_> {
    /// The comment on a promotion that was merged, where something has to be said about it.
    pub(super) async fn aftermath(&self, row: &PullRequest) -> Result<Option<Change>, WorkError> {
        let Some((made, pull)) = self.promoted_by(row) else { return Ok(None) };
        let mirror = self.ctx.mirror(self.repository).await?;
        let repository = mirror.fetched(&[]).await?;
        let aftermath = look(&repository, row.head_commit, made).await?;
        if aftermath.is_as_predicted() || self.config.path.comment == CommentWhen::Never {
            return Ok(None);
        }
        let subject = self.subject_of(row.number, &pull);
        let content = report::aftermath(&self.config.path, &subject, &aftermath);
        let substance = digest(&content);
        let item = WorkItem::Comment(row.repository, row.number);
        Ok(Some(Change::Desire(Desired { item, content, substance, siblings: Vec::new() })))
    }

    /// The commit that a promotion between environments gave its base, when it has just been merged, and its two ends: of
    /// a snapshot as if it came from the environment itself.
    fn promoted_by(&self, row: &PullRequest) -> Option<(CommitId, PullEnds)> {
        let was_open = self.before.is_none_or(|before| before.pull.merged.is_none());
        let path = &self.config.path;
        let before = self.before.filter(|before| before.judged_head == Some(row.head_commit));
        let snapshot = before.and_then(last_verdict).and_then(|verdict| verdict.snapshot().cloned());
        let mut pull = ends(row, row.base_branch.clone());
        if let Some(snapshot) = snapshot {
            pull = pull.promoting(&snapshot);
        }
        let environments = pull.head.branch.iter().chain([&pull.base.branch]);
        let between =
            environments.into_iter().all(|branch| matches!(path.role(branch), Role::Environment(_)));
        let made = row.merged.filter(|_| was_open && between && !pull.head.fork)?.commit?;
        pull.base.commit = made;
        Some((made, pull))
    }
}

async fn look(repository: &Repository, head: CommitId, made: CommitId) -> Result<Aftermath, GitError> {
    let trees = (repository.tree(head).await?, repository.tree(made).await?);
    let (Some(tested), Some(shipped)) = trees else {
        let why = "what was merged is not here yet".to_owned();
        return Err(GitError::Unreadable { what: "rev-list", why });
    };
    Ok(Aftermath { differs: tested != shipped, cut: !repository.reaches(made, head).await? })
}
