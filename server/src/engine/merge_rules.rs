//! How a branch's rules let pull requests be merged: asked for when a promotion is judged, and not again with each push.

use crate::github::{Api, ApiError, methods_of_rules};
use crate::model::{BranchName, MergeMethods, RepositoryId, UnixMillis};
use crate::store::RepositoryRow;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long an answer holds: of a change nobody tells. Who presses Re-check has it asked for anew.
const HOLDS: Duration = Duration::from_secs(60 * 60);

/// Answers by branch, each with when it came.
type Answers = HashMap<(RepositoryId, BranchName), (Option<MergeMethods>, UnixMillis)>;

/// What was answered lately.
#[derive(Debug, Default)]
pub(super) struct MergeRules(Mutex<Answers>);

impl MergeRules {
    fn known(&self) -> MutexGuard<'_, Answers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has them asked for anew.
    pub(super) fn forget(&self, id: RepositoryId) {
        self.known().retain(|(of, _), _| *of != id);
    }

    /// How the rules of a branch let pull requests be merged, where one says so. GitHub is asked where no answer holds.
    pub(super) async fn methods(
        &self,
        api: &Api,
        (row, branch): (&RepositoryRow, &BranchName),
        now: UnixMillis,
    ) -> Result<Option<MergeMethods>, ApiError> {
        let key = (row.id, branch.clone());
        let known = self.known().get(&key).copied();
        if let Some((methods, _)) = known.filter(|(_, at)| (*at..*at + HOLDS).contains(&now)) {
            return Ok(methods);
        }
        let rules = api.branch_rules(row.installation, &row.full_name, branch).await?;
        let methods = methods_of_rules(&rules);
        let mut known = self.known();
        known.retain(|_, (_, at)| (*at..*at + HOLDS).contains(&now));
        known.insert(key, (methods, now));
        Ok(methods)
    }
}
