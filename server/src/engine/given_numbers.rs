//! Which numbers deploys were given before this run, as GitHub remembers them.

use crate::model::{CommitId, EnvironmentName, RepositoryId};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The Deployments that GitHub had of each environment when this run first made a deploy there: the database may be a new
/// one, or an old one that was restored.
#[derive(Debug, Default)]
pub(super) struct GivenNumbers(Mutex<HashMap<(RepositoryId, EnvironmentName), Given>>);

/// The numbers, each with the commit that the newest deploy of it brought.
type Given = Vec<(u64, CommitId)>;

impl GivenNumbers {
    pub(super) fn of(&self, environment_deploys: &(RepositoryId, EnvironmentName)) -> Option<Given> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(environment_deploys).cloned()
    }

    pub(super) fn keep(&self, environment_deploys: (RepositoryId, EnvironmentName), given: Given) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(environment_deploys, given);
    }
}
