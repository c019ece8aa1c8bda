//! Reading a work item's deliveries: from GitHub's events to what they change.

use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::engine::work_span;
use crate::github::{PullJson, RepositoryJson, off_the_runtime};
use crate::model::{InstallationId, Merged, PullRequest, PullRequestState, Stack, UnixMillis};
use crate::store::{Change, DeliveryRow, RepositoryRow, RepositoryState, WorkItem};
use bytes::Bytes;
use serde::de::DeserializeOwned;

/// The most deliveries read by one piece of work; the next one reads the rest.
const AT_ONCE: u32 = 200;
/// And the most bytes of their bodies, but for the last one's.
const BYTES_AT_ONCE: usize = 4 << 20;

/// The deliveries of a work item that are not processed yet.
pub(super) struct PendingDeliveries {
    pub(super) deliveries: Vec<DeliveryRow>,
}

impl PendingDeliveries {
    /// Reads them from the store.
    pub(super) async fn of(ctx: &EngineContext, item: &WorkItem) -> Result<Self, WorkError> {
        let deliveries = ctx.store.inbox(item, AT_ONCE, BYTES_AT_ONCE).await?;
        work_span::note_deliveries(&deliveries);
        ctx.tally.note_pending(item, &deliveries);
        Ok(Self { deliveries })
    }

    /// What marks them as processed, and says that there may be more of them.
    pub(super) fn processed(&self, item: &WorkItem) -> Vec<Change> {
        if self.deliveries.is_empty() {
            return Vec::new();
        }
        let mut changes = vec![Change::Processed(self.deliveries.iter().map(|it| it.id).collect())];
        let held: usize = self.deliveries.iter().filter_map(|it| it.body.as_ref()).map(Bytes::len).sum();
        if self.deliveries.len() >= AT_ONCE as usize || held >= BYTES_AT_ONCE {
            changes.push(Change::Mark(item.clone()));
        }
        changes
    }

    /// The events among them that can be read, oldest first, with whether all of them could.
    pub(super) fn events<T: DeserializeOwned>(&self, kinds: &[&str]) -> (Vec<(&DeliveryRow, T)>, bool) {
        let mut all_read = true;
        let mut events = Vec::new();
        for delivery in self.deliveries.iter().filter(|it| kinds.contains(&it.event.as_str())) {
            let read = delivery.body.as_deref();
            match read.map(|body| off_the_runtime(body.len(), || serde_json::from_slice(body))) {
                Some(Ok(event)) => events.push((delivery, event)),
                Some(Err(error)) => {
                    let error: serde_json::Error = error;
                    all_read = false;
                    let (guid, event) = (&delivery.guid, &delivery.event);
                    // Its own words hold parts of the body, which may come from anybody.
                    let (line, column) = (error.line(), error.column());
                    tracing::warn!(
                        delivery = %guid, %event, line, column, "an event cannot be read; GitHub is asked instead"
                    );
                }
                None => all_read = false,
            }
        }
        (events, all_read)
    }
}

/// What GitHub says of a repository, as it is kept.
pub(super) fn repository_row(
    repository: &RepositoryJson,
    installation: InstallationId,
    reconciled_at: Option<UnixMillis>,
) -> RepositoryRow {
    RepositoryRow {
        id: repository.id,
        installation,
        full_name: repository.full_name.clone(),
        clone_url: repository.clone_url.clone(),
        html_url: repository.html_url.clone(),
        default_branch: repository.default_branch.clone(),
        state: if repository.archived { RepositoryState::Gone } else { RepositoryState::Active },
        reconciled_at,
    }
}

/// What GitHub says of a pull request, as it is kept.
pub(super) fn pull_row(
    pull: &PullJson,
    repository: crate::model::RepositoryId,
) -> Result<PullRequest, WorkError> {
    let name = |text: &str| {
        text.parse().map_err(|error| {
            WorkError::give_up("GitHub names a branch or commit that git cannot have").caused_by(error)
        })
    };
    let state = match (pull.state.as_str(), &pull.merged_at) {
        (_, Some(_)) => PullRequestState::Merged,
        ("open", None) => PullRequestState::Open,
        _ => PullRequestState::Closed,
    };
    let stack = match &pull.stack {
        Some(stack) => Some(Stack { number: stack.number, trunk: name(&stack.base.branch)? }),
        None => None,
    };
    Ok(PullRequest {
        repository,
        number: pull.number,
        state,
        head_branch: name(&pull.head.branch)?,
        head_commit: pull.head.sha,
        head_repository: pull.head.repo.map(|it| it.id),
        base_branch: name(&pull.base.branch)?,
        author: pull.user.as_ref().map_or_else(|| "ghost".to_owned(), |user| user.login.clone()),
        updated_at: pull.updated_at.into(),
        merged: pull.merged_at.map(|at| Merged { at: at.into(), commit: pull.merge_commit_sha }),
        stack,
        details: pull.details.clone(),
    })
}
