//! What people have decided about a pull request, as far as it is in force: the lock on where it goes, the freeze by the
//! project's calendar, and the overrides of what is found on it.

use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::model::calendar::FreezePeriod;
use crate::model::{
    Lock, Override, PlaceAwaited, PromotionPath, PullEnds, PullNumber, RepositoryId, Role, UnixMillis,
    UnixSeconds,
};
use crate::policy::{Fact, Judged, freeze_on, next_freeze_change};
use std::time::Duration;

/// A change of the calendar has all that is stored looked at by its own work item, but for a verdict that is under way by then:
/// none takes longer than this.
const UNDER_WAY: Duration = Duration::from_secs(600);

/// What is in force.
#[derive(Debug, Clone, Default)]
pub(super) struct Decisions {
    /// The lock on the base's environment.
    pub(super) lock: Option<Lock>,
    /// How long the base's environment is frozen for it.
    pub(super) freeze: Option<FreezePeriod>,
    /// What it waits for, where it wants a place beside the base's environment.
    pub(super) place: Option<PlaceAwaited>,
    /// When the calendar may have it otherwise, where that is soon.
    calendar_changes: Option<UnixMillis>,
    /// The overrides that were given for the pull request with this head and base.
    pub(super) overrides: Vec<Override>,
    /// Those that wait for a second person: their end is told to whoever has asked.
    waiting: Vec<Override>,
}

impl Decisions {
    /// What is in force on a pull request; on what has no number, as a merge group of unknown ones, nothing but
    /// the lock and the freeze.
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
        let (freeze, calendar_changes) = if (Judged { path, pull, snapshot: None }).needs(Fact::Freeze) {
            let (at, path) = (now.to_seconds(), ctx.with_manual_freezes(path, id).await?);
            let next = next_freeze_change(&path, pull, at).map(UnixSeconds::to_millis);
            (freeze_on(&path, pull, number, at), next.filter(|next| *next <= now + UNDER_WAY))
        } else {
            (None, None)
        };
        let place = match (path.role(&pull.base.branch), number) {
            (Role::Environment(base), Some(number)) => {
                ctx.store.active_places(id, &base.name).await?.awaited_by(number)
            }
            _ => None,
        };
        Ok(Self { lock, freeze, place, calendar_changes, overrides, waiting })
    }

    /// When the first of the overrides ends by itself, confirmed or not, or a freeze begins or ends soon. The end of a lock is
    /// looked after by the lock's own work item.
    pub(super) fn next_change(&self) -> Option<UnixMillis> {
        let overrides = self.overrides.iter().chain(&self.waiting).filter_map(|it| it.until);
        overrides.chain(self.calendar_changes).min()
    }
}
