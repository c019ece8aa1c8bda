//! What people want to be looked at once more: by GitHub's own Re-run, for one check or for all of a commit, and by our
//! button Re-check. GitHub has reset what it shows, so something is sent each time, even if the verdict stays.
//!
//! A check may be asked for that nobody needs: of a pull request that is closed or has gone on, of a merge group that is
//! over. That is said beneath it, and the check stays what it was.

use super::applied_check::{AppliedCheck, checks};
use super::pending_deliveries::PendingDeliveries;
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::github::events::{OnCommit, RecheckEvent};
use crate::model::config::CONFIGURATION_PATH;
use crate::model::{BranchName, CheckName, CommitId, RepositoryId, Role};
use crate::report::{self, NotAgain, Withdrawn};
use crate::store::{Change, ChecksOf, JudgedPull, WorkItem};

/// The check runs and check suites that the events want another look at.
pub(super) fn asked_for(pending: &PendingDeliveries) -> Vec<OnCommit> {
    let (events, _) = pending.events::<RecheckEvent>(&["check_run", "check_suite"]);
    events.into_iter().filter_map(|(_, event)| event.check_run.or(event.check_suite)).collect()
}

/// What is done about them.
pub(super) async fn asked_again(
    ctx: &EngineContext,
    id: RepositoryId,
    open: &[JudgedPull],
    asked: &[OnCommit],
) -> Result<Vec<Change>, WorkError> {
    if !asked.is_empty() {
        ctx.merge_rules.forget(id);
    }
    let mut changes = Vec::new();
    for it in asked {
        changes.extend(about(ctx, id, open, (it.head_sha, it.name.as_deref())).await?);
    }
    Ok(changes)
}

/// What is done where somebody asks for the check of this name on a commit, or for all on it.
pub(super) async fn about(
    ctx: &EngineContext,
    id: RepositoryId,
    open: &[JudgedPull],
    (commit, name): (CommitId, Option<&str>),
) -> Result<Vec<Change>, WorkError> {
    let pulls: Vec<&JudgedPull> = open.iter().filter(|it| it.pull.head_commit == commit).collect();
    let marks = pulls.iter().map(|it| Change::Mark(WorkItem::PullRequest(id, it.pull.number)));
    let mut changes: Vec<Change> = marks.collect();
    let shown = checks(ctx, id, ChecksOf::Commit(commit)).await?;
    let meant: Vec<&AppliedCheck> =
        shown.iter().filter(|check| name.is_none_or(|name| check.body.name == name)).collect();
    for check in &meant {
        changes.extend(again(ctx, &pulls, check).await?);
    }
    let of_file = ctx.path.check_of_configuration().text();
    let is_of_file = name.is_some_and(|name| name == of_file);
    if meant.is_empty() && (pulls.is_empty() || is_of_file) {
        changes.extend(name.map(|name| forgotten(ctx, id, (commit, name))).transpose()?.flatten());
    }
    let is_stored = shown.iter().any(|check| matches!(check.item, WorkItem::ConfigurationCheck(..)));
    if !is_stored && (is_of_file || name.is_none()) {
        changes.extend(previews(id, &pulls));
    }
    Ok(changes)
}

fn previews(id: RepositoryId, pulls: &[&JudgedPull]) -> impl Iterator<Item = Change> {
    pulls.iter().map(move |it| Change::Mark(WorkItem::ConfigPreview(id, it.pull.number)))
}

async fn again(
    ctx: &EngineContext,
    pulls: &[&JudgedPull],
    check: &AppliedCheck,
) -> Result<Vec<Change>, WorkError> {
    // Whoever looks at it desires it anew, and that is sent though it may say the same.
    let looked_at = |item| Ok(vec![Change::Outdated(check.item.clone()), Change::Mark(item)]);
    match &check.item {
        WorkItem::Check(id, head, base) => {
            if let Some(pull) = pulls.iter().find(|it| it.judged_base.as_ref() == Some(base)) {
                return looked_at(WorkItem::PullRequest(*id, pull.pull.number));
            }
            if let Some(pull) = pulls.iter().find(|it| it.pull.base_branch == *base) {
                return match off_path(ctx, *id, base).await? {
                    Some(why) => check.asked_again(ctx, &why).await,
                    None => looked_at(WorkItem::PullRequest(*id, pull.pull.number)),
                };
            }
            if check.put_on.is_some() {
                return looked_at(WorkItem::MergeGroup(*id, *head, base.clone()));
            }
            check.asked_again(ctx, &NotAgain::Unasked(base.clone())).await
        }
        WorkItem::ConfigurationCheck(id, _) => {
            let mut changes: Vec<Change> = previews(*id, pulls).collect();
            if changes.is_empty() || check.is_withdrawn() {
                changes.extend(check.asked_again(ctx, &NotAgain::SameConfiguration).await?);
            } else {
                changes.push(Change::Outdated(check.item.clone()));
            }
            Ok(changes)
        }
        WorkItem::CopyCheck(id, commit) => {
            let Some(row) = ctx.store.repository(*id).await? else { return Ok(Vec::new()) };
            let config = ctx.repository_config(&row).await?;
            if config.invalid.is_some() {
                return Ok(vec![Change::Resend(check.item.clone())]);
            }
            let copied = config.path.copy.as_ref().and_then(|copy| config.path.environment(&copy.of));
            let tip = match copied {
                Some(copied) => ctx.store.newest_tip(*id, &copied.branch).await?,
                None => None,
            };
            let tip = tip.and_then(|tip| tip.commit);
            if copied.is_some() && !check.is_withdrawn() && tip.is_none_or(|tip| tip == *commit) {
                return looked_at(WorkItem::Copy(*id));
            }
            check.asked_again(ctx, &NotAgain::CopyWentOn(tip)).await
        }
        _ => Ok(Vec::new()),
    }
}

/// Why nothing that goes into a branch is judged, where that is so.
async fn off_path(
    ctx: &EngineContext,
    id: RepositoryId,
    base: &BranchName,
) -> Result<Option<NotAgain>, WorkError> {
    let Some(row) = ctx.store.repository(id).await? else { return Ok(None) };
    let config = ctx.repository_config(&row).await?;
    Ok(match config.path.role(base) {
        Role::Topic => Some(NotAgain::OffThePath(base.clone())),
        Role::Environment(_) => None,
        Role::Copy(_) => {
            let is_there = ctx.mirror(&row).await?.showed_environments(&config.path).await?;
            (!is_there).then_some(NotAgain::PathGone)
        }
    })
}

/// A check on which nothing is stored any more, since it has rested for long: it is made anew, as one that is over.
fn forgotten(
    ctx: &EngineContext,
    id: RepositoryId,
    (commit, name): (CommitId, &str),
) -> Result<Option<Change>, WorkError> {
    let (path, now) = (ctx.path.as_ref(), ctx.now().to_seconds());
    if name == path.check_of_configuration().text() {
        // Those that change the file are looked at, and say otherwise.
        let text = report::withdrawn(CONFIGURATION_PATH, &Withdrawn::SameConfiguration, now);
        let of = (commit, path.check_of_configuration());
        return super::config_preview::check_run(id, of, (&text, Vec::new())).map(Some);
    }
    let Some(Ok(base)) = CheckName::about(name).map(BranchName::new) else { return Ok(None) };
    let text = report::withdrawn(base.as_str(), &Withdrawn::Unasked, now);
    super::pull_request::check_run(path, id, (commit, &base), (&text, Vec::new(), Vec::new())).map(Some)
}
