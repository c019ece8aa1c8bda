use super::super::pending_deliveries::{PendingDeliveries, pull_row};
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::github::events::PullRequestEvent;
use crate::model::{MergeMethods, PullNumber, PullRequest, PushedAt, RepositoryId};
use crate::store::{Change, JudgedPull, RepositoryRow};

/// The newest that is known of a pull request: from its deliveries where they tell it, else from GitHub.
pub(super) struct Latest {
    pub(super) repository: RepositoryRow,
    pub(super) pull: PullRequest,
    /// How the repository's settings let it be merged, where that was told.
    pub(super) settings: Option<MergeMethods>,
    /// The pull request as each delivery has it, and as it is.
    pub(super) told: Vec<PullRequest>,
    /// What the deliveries change besides.
    pub(super) changes: Vec<Change>,
}

impl Latest {
    pub(super) async fn of(
        ctx: &EngineContext,
        pending: &PendingDeliveries,
        id: RepositoryId,
        number: PullNumber,
        before: Option<&JudgedPull>,
    ) -> Result<Self, WorkError> {
        let (events, mut sure) = pending.events::<PullRequestEvent>(&["pull_request"]);
        let unknown =
            || WorkError::give_up("its repository is not known, and no delivery names its installation");
        let (repository, introduced) = pending.repository(ctx, id).await?.ok_or_else(unknown)?;
        let mut newest = before.map(|before| before.pull.clone());
        let mut told = Vec::new();
        let mut changes: Vec<_> = introduced.into_iter().collect();
        let mut settings = ctx.store.merge_settings(id).await?;
        for (_, event) in events {
            let row = pull_row(&event.pull_request, id)?;
            told.push(row.clone());
            if let Some(told) = event.pull_request.base.repo.and_then(|it| it.merge_methods()) {
                changes.push(Change::MergeSettings(id, told, row.updated_at));
                settings = Some(told);
            }
            // A fork's branch is no branch of the repository's own, whatever it is called.
            if row.head_repository == Some(id) {
                changes.push(Change::Push(row.repository, row.head_branch.clone(), head_push(&row)));
            }
            match &newest {
                Some(known) if known.updated_at > row.updated_at => {}
                // GitHub's times are whole seconds: two different states of one second cannot be ordered.
                Some(known) if known.updated_at == row.updated_at && *known != row => {
                    sure = false;
                    newest = Some(row);
                }
                _ => newest = Some(row),
            }
        }
        let pull = match newest {
            Some(pull) if sure => pull,
            _ => {
                let asked = ctx.api.pull(repository.installation, &repository.full_name, number).await?;
                if let Some(told) = asked.base.repo.and_then(|it| it.merge_methods()) {
                    changes.push(Change::MergeSettings(id, told, ctx.now()));
                    settings = Some(told);
                }
                pull_row(&asked, id)?
            }
        };
        changes.push(Change::Pull(pull.clone()));
        told.push(pull.clone());
        Ok(Self { repository, pull, settings, told, changes })
    }
}

/// The head of a pull request is known to have been pushed at the latest when GitHub told of it.
fn head_push(row: &PullRequest) -> PushedAt {
    PushedAt { commit: row.head_commit, at: row.updated_at.to_seconds(), is_new: false }
}
