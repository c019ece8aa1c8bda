//! What people have decided about a pull request, as far as it is in force: the lock on where it goes.

use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::model::{Lock, PromotionPath, PullEnds, RepositoryId, Role};
use crate::policy::{Fact, Judged};

/// What is in force.
#[derive(Debug, Clone, Default)]
pub(super) struct Decisions {
    /// The lock on the base's environment.
    pub(super) lock: Option<Lock>,
}

impl Decisions {
    /// What is in force on a pull request with these ends.
    pub(super) async fn on(
        ctx: &EngineContext,
        path: &PromotionPath,
        id: RepositoryId,
        pull: &PullEnds,
    ) -> Result<Self, WorkError> {
        let now = ctx.now();
        let lock = match path.role(&pull.base.branch) {
            Role::Environment(base) if (Judged { path, pull, snapshot: None }).needs(Fact::Lock) => {
                ctx.store.lock(id, &base.name).await?
            }
            _ => None,
        };
        Ok(Self { lock: lock.filter(|it| it.is_in_force(now)) })
    }
}
