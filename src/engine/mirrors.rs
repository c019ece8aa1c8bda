use super::room::Room;
use crate::flow::{Flow, Millis, RepositoryId};
use crate::github::ApiError;
use crate::lineage::{Authorization, GitError, Mirror, Remote};
use crate::store::{PullRow, RepositoryRow};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// The mirrors, one for each repository, each made when it is first needed.
#[derive(Debug)]
pub(super) struct Mirrors {
    folder: PathBuf,
    known: Mutex<HashMap<RepositoryId, Arc<Mirror>>>,
    /// When the last fetch of all branches began.
    fetched: Mutex<HashMap<RepositoryId, Millis>>,
}

/// How long the branches of a mirror count as being what they are, where no event says otherwise, in
/// milliseconds.
const FRESH: Millis = 30_000;

impl Mirrors {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, known: Mutex::default(), fetched: Mutex::default() }
    }

    /// The mirror of a repository. It is kept by number, so that a rename changes nothing.
    pub(super) fn of(&self, id: RepositoryId) -> Arc<Mirror> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || Arc::new(Mirror::new(self.folder.join(format!("{id}.git"))));
        Arc::clone(known.entry(id).or_insert_with(made))
    }

    fn note_fetch(&self, id: RepositoryId, began: Millis) {
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner).insert(id, began);
    }

    fn fetched_since(&self, id: RepositoryId, moment: Millis) -> bool {
        let fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        fetched.get(&id).is_some_and(|at| *at >= moment)
    }

    async fn discard(&self, id: RepositoryId) -> Result<(), GitError> {
        let mirror = self.of(id);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        mirror.discard().await
    }
}

impl Room {
    /// A token that is refused looks like any other failure of git's, so the next fetch brings a new one.
    pub(super) async fn after_failed_fetch(&self, repository: &RepositoryRow) {
        self.api.forget_git_token(repository.installation).await;
    }

    /// Whether a repository has any of the path's environments. One that has none never asked for a verdict,
    /// and is not copied.
    pub(super) async fn has_environments(
        &self,
        id: RepositoryId,
        flow: &Flow,
        remote: &Remote,
    ) -> Result<bool, GitError> {
        let mirror = self.mirrors.of(id);
        if mirror.exists().await {
            return Ok(true);
        }
        let branches: Vec<_> = flow.environments.iter().map(|it| &it.branch).collect();
        mirror.is_any_there(remote, &branches).await
    }

    /// Brings all branches to the mirror, and remembers when.
    pub(super) async fn fetched(
        &self,
        mirror: &Mirror,
        remote: &Remote,
        id: RepositoryId,
    ) -> Result<(), GitError> {
        let began = self.now();
        mirror.fetch(remote, &[]).await?;
        self.mirrors.note_fetch(id, began);
        Ok(())
    }

    /// Makes the mirror hold what a pull request is judged by. Nothing is fetched where all branches were a
    /// moment ago and the head is there: many pull requests are judged because one branch has moved.
    pub(super) async fn brought_up_to_date(
        &self,
        mirror: &Mirror,
        remote: &Remote,
        row: &PullRow,
        nothing_new: bool,
    ) -> Result<(), GitError> {
        if nothing_new
            && self.mirrors.fetched_since(row.repository, self.now() - FRESH)
            && mirror.exists().await
        {
            let head = mirror.repository(None).resolve(&format!("refs/pull/{}/head", row.number)).await;
            if matches!(head, Ok(Some(head)) if head == row.head_commit) {
                return Ok(());
            }
        }
        let began = self.now();
        mirror.fetch(remote, &[row.number.0]).await?;
        self.mirrors.note_fetch(row.repository, began);
        Ok(())
    }

    /// Throws away what is kept of a repository that is covered no more: it is not ours to keep.
    pub(super) async fn forget_mirror(&self, id: RepositoryId) {
        if let Err(error) = self.mirrors.discard(id).await {
            tracing::error!(repository = %id, %error, "the mirror of a repository that is gone could not be removed");
        }
    }

    /// Where git fetches a repository from, with a token that can only read.
    pub(super) async fn remote(&self, repository: &RepositoryRow) -> Result<Remote, ApiError> {
        Ok(self.remote_with(repository, &self.api.git_token(repository.installation).await?))
    }

    /// The same with a token that can push, for what people have asked for.
    pub(super) async fn remote_to_push_to(&self, repository: &RepositoryRow) -> Result<Remote, ApiError> {
        Ok(self.remote_with(repository, &self.api.push_token(repository.installation).await?))
    }

    fn remote_with(&self, repository: &RepositoryRow, token: &str) -> Remote {
        Remote {
            url: repository.clone_url.clone(),
            authorization: Some(Authorization::installation_token(token)),
            // Without TLS the token would go over the network in the open; only whoever speaks to the API
            // itself that way has chosen so.
            allow_http: self.api.is_plain_http(),
            allow_file: false,
        }
    }
}
