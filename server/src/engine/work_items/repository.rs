//! A repository as a whole: what is stored is compared with what GitHub has, so that a lost event is
//! made good; people's requests to judge a commit again come here as well.

use super::aim::{aim, own_base};
use super::pending_deliveries::{PendingDeliveries, pull_row};
use super::pull_request::{found_ended, has_changed, last_verdict, preview};
use super::recheck::{asked_again, asked_for};
use super::{backfill, configuration, copy, renewal, reviews};
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::github::ApiError;
use crate::lineage::Repository;
use crate::model::config::RepositoryConfig;
use crate::model::{
    BranchName, EnvironmentName, LedgerEntry, MergeMethods, Outcome, PullNumber, PullRequest,
    PullRequestState, RepositoryId, Role, TipSource, UnixSeconds, error_chain,
};
use crate::store::{Change, ChecksOf, Effect, JudgedPull, RepositoryRow, RepositoryState, WorkItem};
use std::collections::HashMap;
use std::time::Duration;

/// How often a repository is compared with GitHub when nothing else calls for it.
pub(super) const RECONCILE_EVERY: Duration = Duration::from_secs(60 * 60);

/// After how long an end is found once more that could not be followed.
const FOUND_AGAIN: Duration = Duration::from_secs(60);

/// How long after its end that is tried, by GitHub's time.
const ENDED_LONG_AGO: Duration = Duration::from_secs(60 * 60);

/// By how much a push or a merge may be dated before a comparison that came earlier.
const CLOCKS_APART: Duration = Duration::from_secs(60 * 60);

pub(super) async fn run(
    ctx: &EngineContext,
    item: &WorkItem,
    id: RepositoryId,
) -> Result<Vec<Change>, WorkError> {
    let pending = PendingDeliveries::of(ctx, item).await?;
    let mut changes = pending.processed(item);
    let Some((row, more)) = pending.changed_repository(ctx, id).await? else { return Ok(changes) };
    changes.extend(more);
    if row.state == RepositoryState::Active {
        let open = ctx.store.open_pulls(id).await?;
        let asked = asked_for(&pending);
        changes.extend(asked_again(ctx, id, &open, &asked).await?);
        // What lies ahead was noted by a clock that has been set back since.
        let since = ctx.now() - RECONCILE_EVERY;
        let recent = row.reconciled_at.is_some_and(|at| at > since && at <= ctx.now());
        let is_asked_for = |head| asked.iter().any(|it| it.head_sha == head);
        let of_stack = open.iter().any(|it| it.pull.stack.is_some() && is_asked_for(it.pull.head_commit));
        let is_compared = pending.deliveries.is_empty() || !recent;
        if is_compared || pending.deliveries.iter().any(|it| it.event == "repository") {
            changes.extend(Box::pin(ctx.quoted_as_seen(&row)).await?);
        }
        if is_compared {
            return compared(ctx, row, open, changes).await;
        }
        if of_stack {
            // Whoever asks again may have taken the stack apart, of which GitHub tells nobody.
            let config = ctx.repository_config(&row).await?;
            changes.extend(pulls(ctx, &row, &config, open).await?);
        }
    } else {
        ctx.forget_mirror(id).await;
    }
    changes.push(Change::Repository(row));
    Ok(changes)
}

/// Compares all of it with what GitHub has.
async fn compared(
    ctx: &EngineContext,
    row: RepositoryRow,
    open: Vec<JudgedPull>,
    mut changes: Vec<Change>,
) -> Result<Vec<Change>, WorkError> {
    let (config, reread) = configuration::read_again(ctx, &row).await?;
    changes.extend(reread);
    // By these rules it is compared right now.
    changes.retain(|it| *it != Change::Mark(WorkItem::Repository(row.id)));
    let on_path = is_on_path(ctx, &row, &config).await;
    if matches!(on_path, Ok(false)) {
        // There is nothing to deploy, and nothing to copy. What waits where the path leads no more is ended, and what was said
        // of the copy taken back.
        let is_named = |name: &EnvironmentName| config.path.environment(name.as_str()).is_some();
        changes.retain(|it| match it {
            Change::Mark(WorkItem::Environment(_, name)) => !is_named(name),
            it => *it != Change::Mark(WorkItem::Copy(row.id)),
        });
        changes.extend(copy::to_take_back(ctx, row.id).await?);
    }
    // Nobody asks about the pull requests of a repository that is off the path; once it comes onto it, it is compared
    // again. What was said before is taken back.
    if !matches!(on_path, Ok(false)) || open.iter().any(|it| it.judged_base.is_some()) {
        changes.extend(pulls(ctx, &row, &config, open).await?);
    }
    // What was found so far is not lost when git does not answer: an unknown pull request gets its check, which says so.
    let filled = match on_path {
        Ok(true) => ledger(ctx, &row, &config, &mut changes).await,
        Ok(false) => Ok(()),
        Err(error) => Err(error),
    };
    match filled {
        Ok(()) => {
            let reconciled_at = Some(ctx.now());
            changes.push(Change::Repository(RepositoryRow { reconciled_at, ..row }));
            Ok(changes)
        }
        Err(error) => {
            changes.push(Change::Repository(row));
            Err(WorkError { changes, ..error })
        }
    }
}

async fn is_on_path(
    ctx: &EngineContext,
    row: &RepositoryRow,
    config: &RepositoryConfig,
) -> Result<bool, WorkError> {
    let mirror = ctx.mirror(row).await?;
    Ok(mirror.has_environments(&config.path).await?)
}

/// Compares the ledger with where the branches are; where one has moved unseen, every open pull request
/// among the changes is judged anew.
async fn ledger(
    ctx: &EngineContext,
    row: &RepositoryRow,
    config: &RepositoryConfig,
    changes: &mut Vec<Change>,
) -> Result<(), WorkError> {
    let repository = ctx.mirror(row).await?.fetched(&[]).await?;
    let (mut moved, mut hotfixes_into) = (false, Vec::new());
    for branch in config.path.judged_branches() {
        let tips = tips(ctx, row.id, branch, &repository).await?;
        moved |= !tips.is_empty();
        let has_alarm = ctx.store.effect(&WorkItem::BranchAlarm(row.id, branch.clone())).await?.is_some();
        if has_alarm || tips.iter().any(was_moved_unseen) {
            changes.push(Change::Mark(WorkItem::BranchRewrite(row.id, branch.clone())));
        }
        if matches!(config.path.role(branch), Role::Environment(it) if it.takes_hotfixes_alone())
            && let Some(since) = moved_since(ctx, row, branch, &tips).await?
        {
            hotfixes_into.push((branch, since));
        }
        changes.extend(tips);
    }
    if !hotfixes_into.is_empty() {
        changes.extend(merged_unseen(ctx, row, config, &hotfixes_into).await?);
    }
    let environments = config.path.environments.iter();
    // What was given up while nobody answered is taken up again, and what nobody told is found.
    changes.extend(environments.map(|it| Change::Mark(WorkItem::Environment(row.id, (&it.name).into()))));
    changes.push(Change::Mark(WorkItem::Copy(row.id)));
    if !ctx.store.hotfixes(row.id).await?.is_empty() {
        changes.push(Change::Mark(WorkItem::Hotfixes(row.id)));
    }
    changes.extend(configuration::by_the_clock(row.id, &config.path));
    if moved {
        let open = changes.iter().filter_map(|change| match change {
            Change::Pull(pull) if pull.state == PullRequestState::Open => Some(pull.number),
            _ => None,
        });
        let marks: Vec<_> = open.map(|number| Change::Mark(WorkItem::PullRequest(row.id, number))).collect();
        changes.extend(marks);
    }
    Ok(())
}

/// Whether a ledger entry is of a move that nobody told of.
fn was_moved_unseen(change: &Change) -> bool {
    matches!(change, Change::Tip(LedgerEntry { source: TipSource::Reconciled, .. }))
}

/// Since when it is looked for what was merged into a branch while nobody told: from the beginning where it has moved unseen,
/// from the last comparison on where pushes of it came, since each of GitHub's events can be lost by itself.
async fn moved_since(
    ctx: &EngineContext,
    row: &RepositoryRow,
    branch: &BranchName,
    tips: &[Change],
) -> Result<Option<UnixSeconds>, WorkError> {
    if tips.iter().any(was_moved_unseen) {
        return Ok(Some(UnixSeconds(0)));
    }
    let Some(compared) = row.reconciled_at else { return Ok(None) };
    // GitHub dates pushes, and one may have come while that comparison was under way.
    let since = compared.min(ctx.now()).to_seconds() - CLOCKS_APART;
    let moves = ctx.store.tips_since(row.id, branch, since).await?;
    Ok((!moves.is_empty()).then_some(since))
}

/// Compares the open pull requests with those that GitHub names; what differs is judged anew.
async fn pulls(
    ctx: &EngineContext,
    row: &RepositoryRow,
    config: &RepositoryConfig,
    open: Vec<JudgedPull>,
) -> Result<Vec<Change>, WorkError> {
    let to_read = reviews::to_read(&config.path, &open);
    let mut known: HashMap<PullNumber, JudgedPull> =
        open.into_iter().map(|it| (it.pull.number, it)).collect();
    let mut changes = to_read;
    if ctx.store.merged_pulls(row.id, 1).await?.is_empty() {
        changes.extend(merged_before(ctx, row).await?);
    }
    let asked = ctx.api.open_pulls(row.installation, &row.full_name).await?;
    let named: Vec<PullRequest> = asked.iter().filter_map(|pull| readable(pull, row.id)).collect();
    let told = asked.iter().find_map(|pull| pull.base.repo?.merge_methods());
    changes.extend(merge_settings(ctx, config, told, &named).await?);
    for pull in &named {
        let before = known.remove(&pull.number);
        let aimed = aim(&config.path, pull, &named);
        changes.extend(followed(ctx, row, (before.as_ref(), pull), aimed.is_some()).await?);
        changes.extend(still_to_do(ctx, config, (before.as_ref(), pull), aimed.as_ref()).await?);
        changes.push(Change::Pull(pull.clone()));
    }
    // Those that GitHub no longer names were closed meanwhile: each is asked about by itself.
    for (number, before) in known {
        let pull = match ctx.api.pull(row.installation, &row.full_name, number).await {
            Ok(pull) => pull_row(&pull, row.id)?,
            Err(ApiError::NotFound { .. }) => {
                PullRequest { state: PullRequestState::Closed, ..before.pull.clone() }
            }
            Err(error) => return Err(error.into()),
        };
        changes.extend(ended(ctx, (row, config), &before, (pull, &named)).await);
    }
    Ok(changes)
}

/// What follows for others where an open pull request is not as it was known: once it is stored, its own work finds it as it
/// was then.
async fn followed(
    ctx: &EngineContext,
    row: &RepositoryRow,
    (before, pull): (Option<&JudgedPull>, &PullRequest),
    is_judged: bool,
) -> Result<Vec<Change>, WorkError> {
    let reopened = match before {
        Some(_) => None,
        None => ctx.store.pull(row.id, pull.number).await?,
    };
    let Some(before) = before.or(reopened.as_ref()) else {
        // What is judged is passed on with its first verdict.
        let unjudged = (!is_judged).then(|| preview(row, pull, is_judged));
        return Ok(unjudged.flatten().into_iter().collect());
    };
    if !has_changed(&before.pull, pull) {
        return Ok(Vec::new());
    }
    let stack = Change::Mark(WorkItem::Stack(row.id, pull.number));
    Ok(preview(row, pull, is_judged).into_iter().chain([stack]).collect())
}

/// What follows the end of a pull request that nobody told. Where git does not answer now it stays open here, and is found
/// once more; but not without end: what was merged may be nowhere any more.
async fn ended(
    ctx: &EngineContext,
    (row, config): (&RepositoryRow, &RepositoryConfig),
    before: &JudgedPull,
    (pull, open): (PullRequest, &[PullRequest]),
) -> Vec<Change> {
    let failure = match Box::pin(found_ended(ctx, (row, config), before, (pull.clone(), open))).await {
        Ok(changes) => return changes,
        Err(error) => error.failure,
    };
    let (number, error) = (pull.number, error_chain(&failure));
    if ctx.now().since(pull.updated_at) < ENDED_LONG_AGO {
        tracing::warn!(pull_request = %number, error, "a pull request has ended, and it cannot be told yet what follows");
        return vec![Change::MarkAt(WorkItem::Repository(row.id), ctx.now() + FOUND_AGAIN)];
    }
    tracing::warn!(pull_request = %number, error, "a pull request has ended, and it is not told what follows");
    vec![Change::Pull(pull)]
}

/// What the repository's settings let people do when they merge: of a change nobody tells, and promotions say it.
async fn merge_settings(
    ctx: &EngineContext,
    config: &RepositoryConfig,
    told: Option<MergeMethods>,
    open: &[PullRequest],
) -> Result<Vec<Change>, WorkError> {
    let (Some(told), Some(id)) = (told, open.first().map(|pull| pull.repository)) else {
        return Ok(Vec::new());
    };
    let mut changes = vec![Change::MergeSettings(id, told, ctx.now())];
    if ctx.store.merge_settings(id).await?.is_some_and(|known| known != told) {
        let is_environment = |branch| matches!(config.path.role(branch), Role::Environment(_));
        let promotions =
            open.iter().filter(|it| is_environment(&it.head_branch) && is_environment(&it.base_branch));
        changes.extend(promotions.map(|it| Change::Mark(WorkItem::PullRequest(id, it.number))));
    }
    Ok(changes)
}

/// What was merged before anybody told: so that what a topic repeats, and who brought what, is known from the
/// beginning.
async fn merged_before(ctx: &EngineContext, row: &RepositoryRow) -> Result<Vec<Change>, WorkError> {
    let closed = ctx.api.last_closed_pulls(row.installation, &row.full_name).await?;
    let merged = closed.iter().filter(|it| it.merged_at.is_some()).filter_map(|it| readable(it, row.id));
    Ok(merged.map(Change::Pull).collect())
}

/// What was opened and merged into these branches, into each from a moment on, while nobody told: it may have brought a
/// hotfix.
async fn merged_unseen(
    ctx: &EngineContext,
    row: &RepositoryRow,
    config: &RepositoryConfig,
    into: &[(&BranchName, UnixSeconds)],
) -> Result<Vec<Change>, WorkError> {
    let closed = ctx.api.last_closed_pulls(row.installation, &row.full_name).await?;
    let merged = closed.iter().filter(|it| it.merged_at.is_some()).filter_map(|it| readable(it, row.id));
    let mut changes = Vec::new();
    let is_meant = |pull: &PullRequest| {
        let at = pull.merged.map_or(UnixSeconds(0), |merged| merged.at);
        into.iter().any(|(branch, since)| pull.base_branch == **branch && at >= *since)
    };
    for pull in merged.filter(is_meant) {
        match ctx.store.pull(row.id, pull.number).await? {
            // GitHub is asked about it then.
            None => changes.push(Change::Mark(WorkItem::PullRequest(row.id, pull.number))),
            Some(known) if known.pull.state == PullRequestState::Closed => {
                changes.extend(ended(ctx, (row, config), &known, (pull, &[])).await);
            }
            Some(_) => {}
        }
    }
    Ok(changes)
}

fn readable(pull: &crate::github::PullJson, id: RepositoryId) -> Option<PullRequest> {
    match pull_row(pull, id) {
        Ok(row) => Some(row),
        Err(WorkError { failure, .. }) => {
            tracing::error!(pull_request = %pull.number, error = error_chain(&failure), "a pull request cannot be read and is passed over");
            None
        }
    }
}

/// What a pull request lacks: a verdict on what it is now, or that GitHub shows the verdict. Work on either
/// may have been given up while nobody answered.
async fn still_to_do(
    ctx: &EngineContext,
    config: &RepositoryConfig,
    (before, pull): (Option<&JudgedPull>, &PullRequest),
    aimed: Option<&BranchName>,
) -> Result<Vec<Change>, WorkError> {
    let (id, number) = (pull.repository, pull.number);
    let judge = || {
        let mut changes = vec![Change::Mark(WorkItem::PullRequest(id, number))];
        if config.path.has_shared_checks() {
            // What an earlier version has said of the file would stand in the place of a verdict.
            changes.push(Change::Mark(WorkItem::ConfigPreview(id, number)));
        }
        Ok(changes)
    };
    let Some(aimed) = aimed else {
        if before.is_some_and(|it| it.judged_base.is_some() || has_changed(&it.pull, pull)) {
            return judge();
        }
        // Its former checks were taken back: that may not be shown yet.
        let checks = ctx.store.checks(id, ChecksOf::Commit(pull.head_commit)).await?;
        let work_items = checks.into_iter().map(|(item, _)| item).chain([WorkItem::Comment(id, number)]);
        return not_shown(ctx, work_items).await;
    };
    // A file may have been good for an earlier version: by one that is not, no verdict stands.
    let as_judged = before.filter(|_| config.invalid.is_none()).is_some_and(|it| {
        it.judged_head == Some(pull.head_commit)
            && it.judged_base.as_ref() == Some(aimed)
            && it.pull.stack == pull.stack
            && it.pull.details == pull.details
            && last_verdict(it).is_some_and(|verdict| verdict.outcome() != Outcome::Unknown)
    });
    if !as_judged {
        return judge();
    }
    let check = WorkItem::Check(id, pull.head_commit, aimed.clone());
    let own_base = own_base(&config.path, pull, aimed);
    let for_own_base = own_base.map(|base| WorkItem::Check(id, pull.head_commit, base.clone()));
    not_shown(ctx, [check, WorkItem::Comment(id, number)].into_iter().chain(for_own_base)).await
}

/// Those of these whose words GitHub does not show yet.
async fn not_shown(
    ctx: &EngineContext,
    work_items: impl IntoIterator<Item = WorkItem>,
) -> Result<Vec<Change>, WorkError> {
    let mut changes = Vec::new();
    for item in work_items {
        let effect = ctx.store.effect(&item).await?;
        let now = ctx.now();
        let is_to_do = |it: &Effect| {
            it.applied.as_ref() != Some(&it.substance)
                || renewal::due(&item, it, now).is_some_and(|due| due <= now)
        };
        if effect.as_ref().is_some_and(is_to_do) {
            changes.push(Change::Mark(item));
        }
    }
    Ok(changes)
}

/// The ledger entries that a branch lacks: all of its line when that was never read, its present tip
/// when a push was missed.
async fn tips(
    ctx: &EngineContext,
    id: RepositoryId,
    branch: &BranchName,
    repository: &Repository,
) -> Result<Vec<Change>, WorkError> {
    let present = repository.branch(branch).await?;
    let newest = ctx.store.newest_tip(id, branch).await?;
    // Pushes may have been heard of before: they tell of its last moves only.
    let mut changes = backfill::begin(ctx, (id, branch), repository, present).await?;
    if let Some(newest) = newest.filter(|newest| newest.commit != present) {
        // By our clock; what is found now comes after what was told by GitHub's.
        changes.push(Change::Tip(LedgerEntry {
            repository: id,
            branch: branch.clone(),
            commit: present,
            before: newest.commit,
            at: newest.at.max(ctx.now().to_seconds()),
            forced: false,
            actor: None,
            source: TipSource::Reconciled,
        }));
    }
    Ok(changes)
}
