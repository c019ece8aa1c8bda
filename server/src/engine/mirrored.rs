//! A repository's mirror, brought up to date for whoever asks it.

use super::context::EngineContext;
use crate::github::ApiError;
use crate::lineage::{Authorization, FetchedTips, GitError, Mirror, Remote, Repository};
use crate::model::{BranchName, CommitId, PromotionPath, PullRequest, RepositoryId};
use crate::store::RepositoryRow;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How long the branches of a mirror count as being what they are, where no event says otherwise.
const FRESH: Duration = Duration::from_secs(30);

/// A repository's mirror and the way to what it mirrors. While this is held, the mirror is not taken away.
pub(super) struct Mirrored<'a> {
    ctx: &'a EngineContext,
    row: &'a RepositoryRow,
    mirror: Arc<Mirror>,
    remote: Remote,
}

impl EngineContext {
    /// The mirror of a repository, with a token that can only read.
    pub(super) async fn mirror<'a>(&'a self, row: &'a RepositoryRow) -> Result<Mirrored<'a>, ApiError> {
        let token = self.api.git_token(row.installation).await?;
        self.mirror_with(row, &token).await
    }

    /// The same with a token that can push, for new branches: those that people ask for, and those that carry hotfixes back.
    pub(super) async fn mirror_to_push<'a>(
        &'a self,
        row: &'a RepositoryRow,
    ) -> Result<Mirrored<'a>, ApiError> {
        let token = self.api.push_token(row.installation).await?;
        self.mirror_with(row, &token).await
    }

    async fn mirror_with<'a>(
        &'a self,
        row: &'a RepositoryRow,
        token: &str,
    ) -> Result<Mirrored<'a>, ApiError> {
        let remote = self.remote(row, token).await?;
        Ok(Mirrored { ctx: self, row, mirror: self.mirrors.of(row.id), remote })
    }

    /// Where git fetches a repository from, with a token that is good for what it is to do there.
    pub(super) async fn remote(&self, row: &RepositoryRow, token: &str) -> Result<Remote, ApiError> {
        let url = if row.clone_url.is_empty() {
            // What an earlier version kept may have been an event's word, and was dropped.
            self.api.repository(row.installation, row.id).await?.clone_url
        } else {
            row.clone_url.clone()
        };
        Ok(Remote {
            url,
            authorization: Some(Authorization::installation_token(token)),
            // Without TLS the token would go over the network in the open; only whoever speaks to the API
            // itself that way has chosen so.
            allow_http: self.api.is_plain_http(),
            allow_file: false,
        })
    }

    /// Throws away what is kept of a repository that is covered no more: it is not ours to keep.
    pub(super) async fn forget_mirror(&self, id: RepositoryId) {
        self.mirrors.discard(id).await;
    }
}

impl Mirrored<'_> {
    /// Whether it has been made.
    pub(super) fn exists(&self) -> bool {
        self.mirror.exists()
    }

    /// Whether an answer spoke of damage: then what it says is to be asked again after a fetch.
    pub(super) fn is_suspect(&self) -> bool {
        self.mirror.is_suspect()
    }

    /// The repository as it was fetched last.
    pub(super) fn repository(&self) -> Repository {
        self.mirror.repository(Some(self.remote.clone()))
    }

    /// The repository as it was fetched last; fetched now where that is not there or not good.
    pub(super) async fn at_hand(&self) -> Result<Repository, GitError> {
        if self.is_good() { Ok(self.repository()) } else { self.fetched(&[]).await }
    }

    /// Whether the repository has any of the path's environments. One that has none never asked for a
    /// verdict, and is not copied.
    pub(super) async fn has_environments(&self, path: &PromotionPath) -> Result<bool, GitError> {
        if self.exists() {
            return Ok(true);
        }
        let branches: Vec<_> = path.environments.iter().map(|it| &it.branch).collect();
        let asking = self.mirror.is_any_there(&self.remote, &branches);
        let asked = self.ctx.mirrors.asking(self.row.installation, asking).await;
        self.note_failure(asked).await
    }

    /// The same by its branches as they were seen last, where it is copied.
    pub(super) async fn showed_environments(&self, path: &PromotionPath) -> Result<bool, GitError> {
        if !self.exists() {
            return self.has_environments(path).await;
        }
        let repository = self.repository();
        for environment in &path.environments {
            if repository.branch(&environment.branch).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The branches that are at any of these commits, each with the commit. It is not copied for that.
    pub(super) async fn branches_at(
        &self,
        commits: &[CommitId],
    ) -> Result<Vec<(CommitId, BranchName)>, GitError> {
        if self.exists() {
            return self.repository().branches_at(commits).await;
        }
        let asking = self.mirror.tips_of(&self.remote);
        let asked = self.ctx.mirrors.asking(self.row.installation, asking).await;
        let tips = self.note_failure(asked).await?.into_iter().map(|(branch, at)| (at, branch));
        Ok(tips.filter(|(at, _)| commits.contains(at)).collect())
    }

    /// The branches that the repository has. It is not copied for that.
    pub(super) async fn branches(&self) -> Result<BTreeSet<BranchName>, GitError> {
        let asking = self.mirror.branches_of(&self.remote);
        let asked = self.ctx.mirrors.asking(self.row.installation, asking).await;
        self.note_failure(asked).await
    }

    /// The repository with all branches and these pull requests as they are now.
    pub(super) async fn fetched(&self, pulls: &[u64]) -> Result<Repository, GitError> {
        let mut pulls = pulls.to_vec();
        if !self.exists() {
            // One that is made brings all that are open, or each would be fetched by itself.
            let open = self.ctx.store.open_pulls(self.row.id).await.unwrap_or_default();
            pulls.extend(open.iter().map(|it| it.pull.number.0));
        }
        let whose = (self.row.installation, self.row.id);
        let fetched = self.ctx.mirrors.fetch(whose, &self.remote, &pulls).await;
        self.note_failure(fetched).await?;
        Ok(self.repository())
    }

    /// The repository with what a pull request is judged by. Nothing is fetched where all branches were a
    /// moment ago and the head is there: many pull requests are judged because one branch has moved.
    pub(super) async fn fetched_for(
        &self,
        pull: &PullRequest,
        path: &PromotionPath,
        nothing_new: bool,
    ) -> Result<(Repository, FetchedTips), GitError> {
        if nothing_new && self.ctx.mirrors.fetched_within(self.row.id, FRESH) && self.is_good() {
            let repository = self.repository().for_pull(pull.number.0);
            if let Ok(standing) = repository.standing(path, &pull.base_branch).await
                && standing.head == Some(pull.head_commit)
            {
                return Ok((repository, standing));
            }
        }
        self.fetched_now_for(pull, path).await
    }

    /// The same, fetched in any case.
    pub(super) async fn fetched_now_for(
        &self,
        pull: &PullRequest,
        path: &PromotionPath,
    ) -> Result<(Repository, FetchedTips), GitError> {
        let repository = self.fetched(&[pull.number.0]).await?.for_pull(pull.number.0);
        let standing = repository.standing(path, &pull.base_branch).await?;
        Ok((repository, standing))
    }

    fn is_good(&self) -> bool {
        self.exists() && !self.is_suspect()
    }

    /// A token that is refused looks like any other failure of git's, so the next fetch brings a new one.
    async fn note_failure<T>(&self, outcome: Result<T, GitError>) -> Result<T, GitError> {
        if outcome.is_err() {
            self.ctx.api.forget_git_token(self.row.installation).await;
        }
        outcome
    }
}
