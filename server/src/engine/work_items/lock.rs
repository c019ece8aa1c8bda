//! A lock on an environment that began, was changed or ended: pull requests into the environment, and what a merge queue
//! is about to merge there, are judged again. It is looked at once more when the lock's time is over.

use super::merge_group;
use super::pull_request::reach;
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::model::{BranchName, Code, EnvironmentName, Level, PromotionPath, RepositoryId};
use crate::policy::{Reach, Trigger};
use crate::store::{Change, JudgedPull, WorkItem};

pub(super) async fn run(
    ctx: &EngineContext,
    item: &WorkItem,
    id: RepositoryId,
    name: &EnvironmentName,
) -> Result<Vec<Change>, WorkError> {
    let row = ctx.active_repository(id).await?;
    let Some(row) = row else { return Ok(Vec::new()) };
    let path = ctx.repository_config(&row).await?.path;
    let Some(environment) = path.environment(name.as_str()) else { return Ok(Vec::new()) };
    let now = ctx.now();
    let lock = ctx.store.lock(id, &environment.name).await?.filter(|it| it.is_in_force(now));
    let open = ctx.open_to_tell(id).await?;
    let concerned = open.iter().filter(|it| rests_on(&path, it, &environment.branch));
    let mut changes: Vec<Change> =
        concerned.map(|it| Change::Mark(WorkItem::PullRequest(id, it.pull.number))).collect();
    if let Some(lock) = lock {
        changes.extend(merge_group::queued(ctx, id, &environment.branch).await?);
        changes.extend(lock.until.map(|until| Change::MarkAt(item.clone(), until.max(now.just_after()))));
    }
    Ok(changes)
}

/// Whether a verdict may be another one now. What it tells of a lock says nothing: another verdict may be on its way, made
/// when the lock was another.
fn rests_on(path: &PromotionPath, judged: &JudgedPull, branch: &BranchName) -> bool {
    let Some(base) = &judged.judged_base else { return false };
    let is_off = path.rules.level(Code::Locked) == Level::Off;
    if is_off || reach(path, judged, base, |_| Trigger::LockChanged) == Reach::NEVER {
        return false;
    }
    // What was found for its own base, as a member of a stack, is not kept.
    base == branch || judged.pull.base_branch == *branch
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Cause, CommitId, Finding, Lock, Outcome, PullNumber, PullRequest, PullRequestDetails,
        PullRequestState, Stack, UnixMillis, Verdict,
    };

    fn name(branch: &str) -> BranchName {
        BranchName::new(branch).unwrap()
    }

    fn lock(id: u64) -> Lock {
        let (by, reason, since) = ("rita".to_owned(), "stocktaking".to_owned(), UnixMillis(5));
        Lock { id, by, by_id: None, reason, since, until: None, while_open: None, ended: None }
    }

    /// A topic that was judged for one branch and goes into another, with what the check tells of a lock.
    fn judged((judged_for, goes_into): (&str, &str), told: Option<Lock>) -> JudgedPull {
        let commit = CommitId::from_bytes([1; 20]);
        let cause = |lock| Cause::Locked { environment: judged_for.to_owned(), lock };
        let findings = told.map(|lock| Finding::new(Outcome::Wait, cause(lock))).into_iter().collect();
        let trunk = name(judged_for);
        JudgedPull {
            pull: PullRequest {
                repository: RepositoryId(1),
                number: PullNumber(1),
                state: PullRequestState::Open,
                head_branch: name("feature/x"),
                head_commit: commit,
                head_repository: Some(RepositoryId(1)),
                base_branch: name(goes_into),
                author: "ana".to_owned(),
                updated_at: UnixMillis(1),
                merged: None,
                stack: (judged_for != goes_into).then_some(Stack { number: Some(7), trunk }),
                details: PullRequestDetails::default(),
            },
            judged_head: Some(commit),
            judged_base: Some(name(judged_for)),
            verdict: Some(serde_json::to_string(&Verdict { findings }).unwrap()),
            judged_at: Some(UnixMillis(1)),
            judged_version: 1,
            grants_noted: None,
        }
    }

    #[test]
    fn what_goes_into_the_environment_is_judged_again_whatever_it_tells_of_a_lock() {
        let mut path = PromotionPath::pro();
        let ends = ("staging", "staging");
        let rests = |path: &PromotionPath, judged: JudgedPull| rests_on(path, &judged, &name("staging"));
        assert!(rests(&path, judged(ends, None)), "it begins, or a verdict that tells of it is on its way");
        assert!(rests(&path, judged(ends, Some(lock(1)))), "it has changed, or ended");
        assert!(!rests(&path, judged(("production", "production"), None)));
        assert!(rests(&path, judged(("production", "staging"), None)), "a member of a stack");
        path.rules.set(Code::Locked, Level::Off);
        assert!(!rests(&path, judged(ends, None)), "nobody looks for it");
    }
}
