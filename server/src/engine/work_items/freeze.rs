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

/// Whether a verdict may be another one once a command has changed what is frozen on this branch. What it tells says nothing:
/// another verdict may be on its way, made when the freeze was another. Time alone changes nothing that a verdict under way
/// does not know, so that what the clock marks goes by what is told.
pub(super) fn rests_on(path: &PromotionPath, judged: &JudgedPull, branch: &BranchName) -> bool {
    let is_off = path.rules.level(Code::Frozen) == Level::Off;
    // What was found for its own base, as a member of a stack, is not kept.
    !is_off && (judged.judged_base.as_ref() == Some(branch) || judged.pull.base_branch == *branch)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        CommitId, Finding, Outcome, PullNumber, PullRequest, PullRequestDetails, PullRequestState,
        UnixMillis, Verdict,
    };

    /// A pull request that was judged for a branch, with whether its check tells of a freeze.
    fn judged(base: &str, tells: bool) -> JudgedPull {
        let commit = CommitId::from_bytes([1; 20]);
        let environment = base.to_owned();
        let reasons = vec!["audit".to_owned()];
        let cause = Cause::Frozen { environment, since: None, until: Some(UnixSeconds(20)), reasons };
        let findings = tells.then(|| Finding::new(Outcome::Wait, cause)).into_iter().collect();
        let base = BranchName::new(base).unwrap();
        JudgedPull {
            pull: PullRequest {
                repository: RepositoryId(1),
                number: PullNumber(1),
                state: PullRequestState::Open,
                head_branch: BranchName::new("feature/x").unwrap(),
                head_commit: commit,
                head_repository: Some(RepositoryId(1)),
                base_branch: base.clone(),
                author: "ana".to_owned(),
                updated_at: UnixMillis(1),
                merged: None,
                stack: None,
                details: PullRequestDetails::default(),
            },
            judged_head: Some(commit),
            judged_base: Some(base),
            verdict: Some(serde_json::to_string(&Verdict { findings }).unwrap()),
            judged_at: Some(UnixMillis(1)),
            judged_version: 1,
            grants_noted: None,
        }
    }

    #[test]
    fn a_command_has_all_judged_again_and_the_clock_whom_it_makes_untrue() {
        let mut path = PromotionPath::pro();
        let staging = BranchName::new("staging").unwrap();
        let by_clock =
            |path: &PromotionPath, it: &JudgedPull| is_concerned(path, it, &staging, UnixSeconds(15));
        // The environment is thawed, and a verdict that tells of the freeze is on its way to take this one's place.
        let open = judged("staging", false);
        assert!(!by_clock(&path, &open) && rests_on(&path, &open, &staging));
        let told = judged("staging", true);
        assert!(by_clock(&path, &told) && rests_on(&path, &told, &staging));
        assert!(!rests_on(&path, &judged("production", false), &staging));
        path.rules.set(Code::Frozen, Level::Off);
        assert!(!rests_on(&path, &open, &staging), "nobody looks for it");
    }
}
