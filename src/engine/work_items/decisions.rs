//! What people have decided about a pull request, as far as it is in force: the lock on where it goes, and the overrides of
//! what is found on it.

use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::model::{Lock, Override, PromotionPath, PullEnds, PullNumber, RepositoryId, Role, UnixMillis};
use crate::policy::{Fact, Judged};

/// What is in force.
#[derive(Debug, Clone, Default)]
pub(super) struct Decisions {
    /// The lock on the base's environment.
    pub(super) lock: Option<Lock>,
    /// The overrides that were given for the pull request with this head and base.
    pub(super) overrides: Vec<Override>,
    /// Those that wait for a second person: their end is told to whoever has asked.
    waiting: Vec<Override>,
}

impl Decisions {
    /// What is in force on a pull request; on what has no number, as a merge group of unknown ones, nothing but the lock.
    pub(super) async fn on(
        ctx: &EngineContext,
        path: &PromotionPath,
        (id, number): (RepositoryId, Option<PullNumber>),
        pull: &PullEnds,
    ) -> Result<Self, WorkError> {
        let now = ctx.now();
        let lock = match path.role(&pull.base.branch) {
            Role::Environment(base) if (Judged { path, pull, snapshot: None }).needs(Fact::Lock) => {
                ctx.store.lock(id, &base.name).await?
            }
            _ => None,
        };
        let given = match number {
            Some(number) => ctx.store.overrides(id, number).await?,
            None => Vec::new(),
        };
        let is_about_it = |it: &Override| it.head == pull.head.commit && it.base == pull.base.branch;
        let alive = given.into_iter().filter(|it| is_about_it(it) && !it.is_over(now));
        let (overrides, waiting) = alive.partition(|it| it.is_in_force(now));
        let lock = lock.filter(|it| it.is_in_force(now) && number.is_none_or(|number| it.keeps_out(number)));
        Ok(Self { lock, overrides, waiting })
    }

    /// When the first of the overrides ends by itself, confirmed or not. The end of a lock is looked after by the lock's own work item.
    pub(super) fn first_end(&self) -> Option<UnixMillis> {
        self.overrides.iter().chain(&self.waiting).filter_map(|it| it.until).min()
    }
}
