//! A repository that deliveries name: what is known of it, else what GitHub answers for its number.
//!
//! What a delivery says of a repository is not believed beyond its number. Where git goes with a token is answered by the
//! API alone.

use super::pending_deliveries::{PendingDeliveries, repository_row};
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::github::ApiError;
use crate::model::{InstallationId, RepositoryId};
use crate::store::{Change, RepositoryRow, RepositoryState, WorkItem};

impl PendingDeliveries {
    /// The installation that the last delivery names that names one.
    fn installation(&self) -> Option<InstallationId> {
        self.deliveries.iter().rev().find_map(|it| it.installation)
    }

    /// The repository that the deliveries are about, as it is known; asked for where it is not. The change keeps it.
    /// `None` where no delivery says through which installation it could be asked for.
    pub(super) async fn repository(
        &self,
        ctx: &EngineContext,
        id: RepositoryId,
    ) -> Result<Option<(RepositoryRow, Option<Change>)>, WorkError> {
        if let Some(known) = ctx.store.repository(id).await? {
            return Ok(Some((known, None)));
        }
        let Some(installation) = self.installation() else { return Ok(None) };
        match ctx.api.repository(installation, id).await {
            Ok(repository) => {
                let row = repository_row(&repository, installation, None);
                Ok(Some((row.clone(), Some(Change::Introduced(row)))))
            }
            Err(error) => {
                // What it covers may not have been looked at yet.
                let changes = vec![Change::Mark(WorkItem::Installation(installation))];
                Err(WorkError { changes, ..WorkError::from(error) })
            }
        }
    }

    /// The repository after events that tell of itself, asked for anew, and what has to be looked at besides.
    pub(super) async fn changed_repository(
        &self,
        ctx: &EngineContext,
        id: RepositoryId,
    ) -> Result<Option<(RepositoryRow, Vec<Change>)>, WorkError> {
        let known = ctx.store.repository(id).await?;
        let told = self.deliveries.iter().any(|it| it.event == "repository");
        let Some(installation) = known.as_ref().map(|row| row.installation).or(self.installation()) else {
            return Ok(None);
        };
        if !told {
            return Ok(known.map(|row| (row, Vec::new())));
        }
        let reconciled_at = known.as_ref().and_then(|row| row.reconciled_at);
        let row = match ctx.api.repository(installation, id).await {
            Ok(repository) => Some(repository_row(&repository, installation, reconciled_at)),
            // Deleted, or out of this installation's reach.
            Err(ApiError::NotFound { .. }) => {
                known.map(|row| RepositoryRow { state: RepositoryState::Gone, ..row })
            }
            Err(error) => return Err(error.into()),
        };
        // Only its own list says that an installation covers a repository: of a public one anybody may read.
        let lists = [Some(installation), self.installation().filter(|it| *it != installation)];
        let mut changes: Vec<_> =
            lists.into_iter().flatten().map(|it| Change::Mark(WorkItem::Installation(it))).collect();
        // The default branch may be another one.
        changes.push(Change::Mark(WorkItem::Configuration(id)));
        Ok(row.map(|row| (row, changes)))
    }
}
