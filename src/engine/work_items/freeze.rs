//! The freezes of an environment, by the calendar and by commands: when one begins or ends, whoever is not told of it yet is judged again, and so is
//! what a merge queue is about to merge into an environment that is frozen. It is looked at again at the next change.

use super::merge_group;
use super::pull_request::{ends, last_verdict};
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::model::calendar::Incoming;
use crate::model::{
    BranchName, Cause, Code, EnvironmentName, Level, PromotionPath, RepositoryId, UnixSeconds,
};
use crate::policy::freeze_on;
use crate::store::{Change, JudgedPull, WorkItem};

pub(super) async fn run(
    ctx: &EngineContext,
    item: &WorkItem,
    id: RepositoryId,
    name: &EnvironmentName,
) -> Result<Vec<Change>, WorkError> {
    let row = ctx.active_repository(id).await?;
    let Some(row) = row else { return Ok(Vec::new()) };
    let config = ctx.repository_config(&row).await?;
    let path = ctx.with_manual_freezes(&config.path, id).await?;
    let environment = path.environment(name.as_str());
    // A file that is mended, or sets another level, is another configuration, which has this looked at.
    let is_asked_for = config.invalid.is_none() && path.rules.level(Code::Frozen) != Level::Off;
    let Some(environment) = environment.filter(|_| is_asked_for) else { return Ok(Vec::new()) };
    let now = ctx.now().to_seconds();
    let open = ctx.store.open_pulls(id).await?;
    let concerned = open.iter().filter(|it| is_concerned(&path, it, &environment.branch, now));
    let mut changes: Vec<Change> =
        concerned.map(|it| Change::Mark(WorkItem::PullRequest(id, it.pull.number))).collect();
    if path.calendar.frozen_at(&environment.name, now, Incoming::default()).is_some() {
        changes.extend(merge_group::queued(ctx, id, &environment.branch).await?);
    }
    let next = path.calendar.next_change_after(&environment.name, now);
    changes.extend(next.map(|at| Change::MarkAt(item.clone(), at.to_millis())));
    Ok(changes)
}

/// Whether what GitHub shows of a pull request may be untrue of the environment on this branch.
fn is_concerned(path: &PromotionPath, judged: &JudgedPull, branch: &BranchName, now: UnixSeconds) -> bool {
    match &judged.judged_base {
        Some(base) if base == branch => !tells_freeze(path, judged, base, now),
        // What was found for its own base, as a member of a stack, is not kept; what was not judged may be on its way.
        _ => judged.pull.base_branch == *branch,
    }
}

/// Whether the verdict on a pull request tells of the freeze that is in force, and of none where none is. An earlier
/// version knew no freezes, and time may have gone on while nobody was there.
fn tells_freeze(path: &PromotionPath, judged: &JudgedPull, aimed: &BranchName, now: UnixSeconds) -> bool {
    let findings = last_verdict(judged).map(|verdict| verdict.findings).unwrap_or_default();
    let told = findings.into_iter().find_map(|finding| match finding.cause {
        Cause::Frozen { until, .. } => Some(until),
        _ => None,
    });
    let freeze = freeze_on(path, &ends(&judged.pull, aimed.clone()), Some(judged.pull.number), now);
    path.rules.level(Code::Frozen) == Level::Off || told == freeze.map(|freeze| freeze.until)
}
