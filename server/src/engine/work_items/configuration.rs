//! The configuration of a repository: read again, and what it changes is judged again.

use super::applied_check::checks;
use super::config_change::{judged, reconfigured};
use super::reviews;
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::model::config::RepositoryConfig;
use crate::model::{
    CommitId, Environment, EnvironmentName, PromotionPath, PullNumber, RepositoryId, RepositoryName,
    StartingPoint,
};
use crate::store::{Change, ChecksOf, ConfigurationRow, RepositoryRow, WorkItem};

pub(super) async fn run(ctx: &EngineContext, id: RepositoryId) -> Result<Vec<Change>, WorkError> {
    let Some(row) = ctx.active_repository(id).await? else { return Ok(Vec::new()) };
    let is_first = ctx.store.configuration(id).await?.is_none();
    let (_, mut changes) = read_again(ctx, &row).await?;
    if is_first {
        changes.push(Change::Mark(WorkItem::Repository(id)));
    }
    Ok(changes)
}

/// Where nobody deploys, or a workflow alone tells that somebody does, it is looked for.
async fn somebody_may_deploy_now(ctx: &EngineContext, row: &RepositoryRow) -> Result<Vec<Change>, WorkError> {
    let known = ctx.store.deploy_activity(row.id).await?;
    if known.dormant_at.is_none() || known.reported_at.is_some() || known.taken_up_at.is_some() {
        return Ok(Vec::new());
    }
    let Some(found) = ctx.look_for_workflow(row, &known).await? else { return Ok(Vec::new()) };
    let path = ctx.repository_config(row).await?.path;
    Ok(std::iter::once(found).chain(to_look_at(row.id, &path)).collect())
}

/// Reads the configuration. Where it means something else than before, every open pull request is judged
/// again, and the branches that it names are compared with the ledger. Answers the rules by what was read, which are not
/// stored yet where they have changed.
pub(super) async fn read_again(
    ctx: &EngineContext,
    row: &RepositoryRow,
) -> Result<(RepositoryConfig, Vec<Change>), WorkError> {
    if let Some(known) = ctx.store.configuration(row.id).await? {
        return read_after(ctx, row, known).await;
    }
    // Nothing was decided before, so nothing can be decided otherwise now.
    let read = ctx.read_configuration(row, None).await?;
    let mut changes = of_the_account(ctx, row, &read).await?;
    let config = ctx.first_config(read).await?;
    changes.extend(to_look_at(row.id, &config.path));
    Ok((config, changes))
}

async fn read_after(
    ctx: &EngineContext,
    row: &RepositoryRow,
    known: ConfigurationRow,
) -> Result<(RepositoryConfig, Vec<Change>), WorkError> {
    let read = ctx.read_configuration(row, Some(&known)).await?;
    let mut changes = somebody_may_deploy_now(ctx, row).await?;
    if known.place == read.place && known.text == read.text {
        return Ok((ctx.config_of(known), changes));
    }
    let (before, now) = (ctx.config_of(known), ctx.config_of(read.clone()));
    changes.extend(of_the_account(ctx, row, &read).await?);
    changes.push(Change::Configuration(read));
    // A merge may have waited for the file to be mended, or for somebody to be named who deploys it.
    changes.extend(to_look_at(row.id, &now.path));
    changes.extend(by_the_clock(row.id, &now.path));
    changes.extend(come_and_gone(ctx, row, (&before.path, &now.path)).await?);
    let open = ctx.open_to_tell(row.id).await?;
    changes.extend(reviews::to_read(&now.path, &open));
    let again: Vec<PullNumber> = if before.invalid.is_none() && now.invalid.is_none() {
        if judged(&before.path) != judged(&now.path) {
            // The ledger of a branch that was not judged before is filled in.
            changes.push(Change::Mark(WorkItem::Repository(row.id)));
        }
        reconfigured(&before.path, &now.path, &open).map(|it| it.pull.number).collect()
    } else {
        changes.push(Change::Mark(WorkItem::Repository(row.id)));
        open.iter().map(|it| it.pull.number).collect()
    };
    changes.extend(again.into_iter().map(|number| Change::Mark(WorkItem::PullRequest(row.id, number))));
    // What others propose is compared with the file that holds.
    let proposed: Vec<CommitId> = checks(ctx, row.id, ChecksOf::Configuration)
        .await?
        .iter()
        .filter(|check| !check.is_withdrawn())
        .map(|check| check.body.head_sha)
        .collect();
    let proposals = open.iter().filter(|it| proposed.contains(&it.pull.head_commit));
    changes.extend(proposals.map(|it| Change::Mark(WorkItem::ConfigPreview(row.id, it.pull.number))));
    Ok((now, changes))
}

/// Those of the account that go by another file than the one that counts for them now.
async fn of_the_account(
    ctx: &EngineContext,
    row: &RepositoryRow,
    read: &ConfigurationRow,
) -> Result<Vec<Change>, WorkError> {
    if !RepositoryName::from(&row.full_name).is_shared() {
        return Ok(Vec::new());
    }
    let others = ctx.account_files.judged_by_another(&*ctx.store, row, read).await?;
    Ok(others.iter().map(|it| Change::Mark(WorkItem::Configuration(it.id))).collect())
}

/// What of the environments time changes, to be looked at: what is frozen now, which places are to be freed, and when that
/// is otherwise.
pub(super) fn by_the_clock(id: RepositoryId, path: &PromotionPath) -> impl Iterator<Item = Change> {
    let frozen = path.environments.iter().filter(|it| path.calendar.is_about(&it.name));
    let frozen = frozen.map(move |it| WorkItem::Freeze(id, (&it.name).into()));
    let with_places = path.environments.iter().filter(|it| it.active.places > 0);
    let places = with_places.map(move |it| WorkItem::ActivePlaces(id, (&it.name).into()));
    frozen.chain(places).map(Change::Mark)
}

fn to_look_at(id: RepositoryId, path: &PromotionPath) -> impl Iterator<Item = Change> {
    let environments = path.environments.iter().map(move |it| WorkItem::Environment(id, (&it.name).into()));
    environments.chain([WorkItem::Copy(id)]).map(Change::Mark)
}

/// What follows for environments that were not in the file before, or are no more. Nobody has looked at the branch of
/// one that comes, or comes back: what is on it by now was there before, and only its next move asks for a deploy.
async fn come_and_gone(
    ctx: &EngineContext,
    row: &RepositoryRow,
    (before, now): (&PromotionPath, &PromotionPath),
) -> Result<Vec<Change>, WorkError> {
    let is_in = |path: &PromotionPath, one: &Environment| {
        path.environments.iter().any(|it| it.is_called(&one.name) && it.branch == one.branch)
    };
    let mut changes = Vec::new();
    for one in now.environments.iter().filter(|one| !is_in(before, one)) {
        let commit = ctx.api.branch_tip(row.installation, &row.full_name, &one.branch).await?;
        let newest = ctx.store.newest_deploys(row.id, &one.name, 1).await?;
        let after = newest.first().map_or(0, |it| it.number);
        let environment = EnvironmentName::from(&one.name);
        changes.push(Change::StartingPoint(row.id, environment, StartingPoint { commit, after }));
    }
    // What is under way there is followed to its end.
    let gone = before.environments.iter().filter(|one| now.environment(&one.name).is_none());
    changes.extend(gone.map(|it| Change::Mark(WorkItem::Environment(row.id, (&it.name).into()))));
    Ok(changes)
}
