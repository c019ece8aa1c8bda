use super::room::Room;
use crate::flow::RepositoryId;
use crate::github::ApiError;
use crate::lineage::{Authorization, Mirror, Remote};
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
}

impl Room {
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
