//! Check runs that are in progress for long: GitHub gives one up after fourteen days, and then shows it as stale for good. So
//! one is made anew before. GitHub does not say whether an update begins the fourteen days again, and a new run of the same
//! name takes the former one's place for certain.
//!
//! Source: GitHub's REST API, "Check runs": a run that is incomplete for more than 14 days becomes `stale`.

use super::desired_check_run::StoredCheckRun;
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::model::UnixMillis;
use crate::store::{Change, Effect, RepositoryRow, WorkItem};
use std::time::Duration;

/// How old a check run that is in progress gets: a server may be down for three days and still come in time.
pub(super) const AFTER: Duration = Duration::from_secs(10 * 24 * 60 * 60);

/// When the check run that GitHub shows has to be made anew; `None` where it is none, or its time does not run out.
pub(super) fn due(item: &WorkItem, effect: &Effect, now: UnixMillis) -> Option<UnixMillis> {
    let is_check =
        matches!(item, WorkItem::Check(..) | WorkItem::ConfigurationCheck(..) | WorkItem::CopyCheck(..));
    if !is_check || effect.github_id.is_none() {
        return None;
    }
    let stored: StoredCheckRun = serde_json::from_str(&effect.content).ok()?;
    let made_at = effect.attempted.unwrap_or(UnixMillis(1));
    (stored.body.status == IN_PROGRESS).then(|| age_ends(made_at, now))
}

/// What becomes of a check run that is too old to go on being in progress.
pub(super) async fn changes(
    ctx: &EngineContext,
    row: &RepositoryRow,
    item: &WorkItem,
) -> Result<Vec<Change>, WorkError> {
    Ok(if is_waited_for(ctx, row, item).await? {
        // The former one is left to GitHub, and is none of ours any more.
        vec![Change::Vanished(item.clone()), Change::Mark(item.clone())]
    } else {
        // GitHub may give it up. Whoever desires it after all has it made anew, though it says the same.
        vec![Change::Outdated(item.clone())]
    })
}

/// Whether anybody waits for a check: an open pull request has that head, or the environment that is copied stands there.
async fn is_waited_for(ctx: &EngineContext, row: &RepositoryRow, item: &WorkItem) -> Result<bool, WorkError> {
    match item {
        // For which branch is left to the look at the pull request, which ends what it does not need.
        WorkItem::Check(id, head, _) | WorkItem::ConfigurationCheck(id, head) => {
            let open = ctx.store.open_pulls_alone(*id).await?;
            Ok(open.iter().any(|it| it.head_commit == *head))
        }
        WorkItem::CopyCheck(id, commit) => {
            let config = ctx.repository_config(row).await?;
            if config.invalid.is_some() {
                return Ok(true);
            }
            let copied = config.path.copy.as_ref().and_then(|copy| config.path.environment(&copy.of));
            let Some(copied) = copied else { return Ok(false) };
            let tip = ctx.store.newest_tip(*id, &copied.branch).await?.and_then(|tip| tip.commit);
            Ok(tip.is_none_or(|tip| tip == *commit))
        }
        _ => Ok(false),
    }
}

/// The status of one that waits for what ends by itself.
pub(super) const IN_PROGRESS: &str = "in_progress";

/// When one that was made at this moment is too old. One that a clock has made that was ahead has its time from now on.
pub(super) fn age_ends(made_at: UnixMillis, now: UnixMillis) -> UnixMillis {
    made_at.min(now) + AFTER
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BranchName, CommitId, RepositoryId};

    const DAY: i64 = 86_400_000;

    fn effect(status: &str, attempted: Option<i64>) -> Effect {
        let content = serde_json::json!({
            "name": "towpath: production", "head_sha": "0".repeat(40), "external_id": "x", "status": status,
            "output": { "title": "x", "summary": "x" }, "actions": [],
        });
        Effect {
            content: content.to_string(),
            substance: String::new(),
            applied: None,
            github_id: Some(7),
            attempted: attempted.map(UnixMillis),
        }
    }

    #[test]
    fn what_is_in_progress_is_made_anew_four_days_before_github_gives_it_up() {
        let item = WorkItem::Check(
            RepositoryId(1),
            CommitId::from_bytes([1; 20]),
            BranchName::new("production").unwrap(),
        );
        let at = |effect: &Effect| due(&item, effect, UnixMillis(5 * DAY)).map(|at| at.0);
        assert_eq!(at(&effect("in_progress", Some(DAY))), Some(11 * DAY));
        assert_eq!(at(&effect("completed", Some(DAY))), None);
        assert_eq!(at(&Effect { github_id: None, ..effect("in_progress", Some(DAY)) }), None);
        assert_eq!(at(&effect("in_progress", Some(90 * DAY))), Some(15 * DAY), "by a clock that was ahead");
        // Whoever has not noted when it was made does not know that it is young.
        assert_eq!(at(&effect("in_progress", None)), Some(10 * DAY + 1));
        let reply = WorkItem::Comment(RepositoryId(1), crate::model::PullNumber(1));
        assert_eq!(due(&reply, &effect("in_progress", Some(DAY)), UnixMillis(5 * DAY)), None);
    }
}
