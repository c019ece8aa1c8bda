//! Overrides that are over for good: another head, another base, something else that was found. They do not come back when
//! everything is as it was, for who gave them has not seen what came in between.

use super::Judged;
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::model::{BranchName, Override, PullNumber, PullRequest, RepositoryId, UnixMillis, Verdict};
use crate::store::Change;

/// The overrides of a pull request that nothing has ended so far.
pub(super) struct Alive {
    on: (RepositoryId, PullNumber),
    now: UnixMillis,
    given: Vec<Override>,
}

impl Alive {
    pub(super) async fn on(
        ctx: &EngineContext,
        id: RepositoryId,
        number: PullNumber,
    ) -> Result<Self, WorkError> {
        let now = ctx.now();
        let mut given = ctx.store.overrides(id, number).await?;
        given.retain(|it| !it.is_over(now));
        Ok(Self { on: (id, number), now, given })
    }

    /// Ends those since which the pull request has had another head or base, as far as we were told, though it may be back
    /// by now. `aim` tells what a pull request finally aims at; `None` where that cannot be told.
    pub(super) fn over_by_news(
        &self,
        told: &[PullRequest],
        aim: impl Fn(&PullRequest) -> Option<Option<BranchName>>,
    ) -> Vec<Change> {
        let aims_elsewhere =
            |given: &Override, row| aim(row).is_some_and(|aimed| aimed.as_ref() != Some(&given.base));
        self.over(|given| {
            let mut later = told.iter().filter(|row| row.updated_at.to_seconds() > given.at.to_seconds());
            later.any(|row| row.head_commit != given.head || aims_elsewhere(given, row))
        })
    }

    /// Ends those that were given for another head or base than was judged, and those for which something else was found.
    pub(super) fn over_by_verdict(&self, judged: &Judged) -> Vec<Change> {
        let Judged { row, pull, verdict, error: None, .. } = judged else { return Vec::new() };
        self.over(|given| {
            let is_about_it = given.head == row.head_commit && given.base == pull.base.branch;
            !is_about_it || finds_something_else(given, verdict)
        })
    }

    fn over(&self, is_over: impl Fn(&Override) -> bool) -> Vec<Change> {
        let over = self.given.iter().filter(|given| is_over(given));
        over.map(|it| Change::OverrideEnded(self.on.0, self.on.1, it.id, self.now)).collect()
    }
}

/// Whether the code was found in another way and in none that the override was given for. One that is not found at all may
/// come up again as it was.
fn finds_something_else(given: &Override, verdict: &Verdict) -> bool {
    let mut of_code = verdict.findings.iter().filter(|it| it.cause.code() == given.code).peekable();
    of_code.peek().is_some() && of_code.all(|it| it.cause.evidence() != given.evidence)
}
