//! The configuration by which a repository is judged.

use super::room::Room;
use crate::flow::{Cause, Flow, RepositoryId};
use crate::store::StoreError;
use std::sync::Arc;

/// The rules of one repository, as they were last read.
#[derive(Debug, Clone)]
pub(super) struct Rulebook {
    /// The path. Where the file is invalid, the last one that was valid: it tells which branches are judged.
    pub(super) flow: Arc<Flow>,
    /// What is wrong with the file: nothing is judged by it then.
    pub(super) invalid: Option<Cause>,
}

impl Room {
    /// The rules of a repository.
    pub(super) async fn rulebook(&self, _id: RepositoryId) -> Result<Rulebook, StoreError> {
        Ok(Rulebook { flow: Arc::clone(&self.flow), invalid: None })
    }
}
