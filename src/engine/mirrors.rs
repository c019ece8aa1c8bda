use super::room::Room;
use crate::flow::RepositoryId;
use crate::github::ApiError;
use crate::lineage::{Authorization, GitError, Mirror, Remote};
use crate::store::RepositoryRow;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// The mirrors, one for each repository, each made when it is first needed.
#[derive(Debug)]
pub(super) struct Mirrors {
    folder: PathBuf,
    known: Mutex<HashMap<RepositoryId, Arc<Mirror>>>,
}

impl Mirrors {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, known: Mutex::default() }
    }

    /// The mirror of a repository. It is kept by number, so that a rename changes nothing.
    pub(super) fn of(&self, id: RepositoryId) -> Arc<Mirror> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || Arc::new(Mirror::new(self.folder.join(format!("{id}.git"))));
        Arc::clone(known.entry(id).or_insert_with(made))
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
    pub(super) async fn has_environments(&self, id: RepositoryId, remote: &Remote) -> Result<bool, GitError> {
        let mirror = self.mirrors.of(id);
        if mirror.exists().await {
            return Ok(true);
        }
        let branches: Vec<_> = self.flow.environments.iter().map(|it| &it.branch).collect();
        mirror.is_any_there(remote, &branches).await
    }

    /// Throws away what is kept of a repository that is covered no more: it is not ours to keep.
    pub(super) async fn forget_mirror(&self, id: RepositoryId) {
        if let Err(error) = self.mirrors.discard(id).await {
            tracing::error!(repository = %id, %error, "the mirror of a repository that is gone could not be removed");
        }
    }

    /// Where git fetches a repository from, with a token that can only read.
    pub(super) async fn remote(&self, repository: &RepositoryRow) -> Result<Remote, ApiError> {
        let token = self.api.git_token(repository.installation).await?;
        Ok(Remote {
            url: repository.clone_url.clone(),
            authorization: Some(Authorization::installation_token(&token)),
            // Without TLS the token would go over the network in the open; only whoever speaks to the API
            // itself that way has chosen so.
            allow_http: self.api.is_plain_http(),
            allow_file: false,
        })
    }
}
