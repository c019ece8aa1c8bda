//! What a verdict needs to know of deploys, on a promotion and on what takes an environment back.

use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::lineage::{GitError, Repository};
use crate::model::{
    AftercareRun, CommitId, DeployFacts, DeployState, Environment, HeadDeploy, PreparedRollback,
    PromotionPath, PullEnds, PullRequest, PullRequestState, RepositoryId, RevertPull, Role, RollbackStanding,
    late_failure,
};
use crate::policy::{self, Fact, Judged, ROLLBACK_BRANCHES};
use crate::report;
use crate::store::{Change, WorkItem};

/// How many deploys of an environment are looked through.
const DEPLOYS_AT_MOST: u32 = 50;

/// What is known of deploys where a promotion comes from and where it goes, with the ends as they are judged.
pub(in crate::engine::work_items) async fn known(
    ctx: &EngineContext,
    path: &PromotionPath,
    repository: &Repository,
    row: &PullRequest,
    ends: &PullEnds,
) -> Result<DeployFacts, WorkError> {
    if let (Role::Environment(base), true) =
        (path.role(&ends.base.branch), policy::may_be_rollback(path, ends))
    {
        let rollback = rollback(ctx, (row.repository, base), repository, ends).await?;
        return Ok(DeployFacts { rollback, ..DeployFacts::default() });
    }
    let between = (role_of_head(path, ends), path.role(&ends.base.branch));
    let (Role::Environment(from), Role::Environment(to)) = between else { return Ok(DeployFacts::default()) };
    if !(Judged { path, pull: ends, snapshot: None }).needs(Fact::Deploys) {
        return Ok(DeployFacts::default());
    }
    let (id, head) = (row.repository, row.head_commit);
    let of_source = ctx.store.newest_deploys(id, &from.name, DEPLOYS_AT_MOST).await?;
    // One that rests is nobody's to wait for.
    let is_awaited = |state| !matches!(state, DeployState::Succeeded | DeployState::Inactive);
    let of_head = of_source.iter().find(|it| it.commit == head).filter(|it| is_awaited(it.state));
    let of_head = of_head.map(|it| HeadDeploy {
        taken_up: it.picked_up_at.is_some(),
        since: it.picked_up_at.unwrap_or(it.made_at).to_seconds(),
        ended: (!it.state.is_open()).then(|| report::ended(it)),
    });
    let newest = of_source.iter().find(|it| it.commit == head);
    let failed_late = newest.and_then(|it| late_failure(&it.aftercare)).and_then(AftercareRun::failure);
    let hold = ctx.store.hold(id, &to.name).await?;
    let mut hold_is_over = false;
    if let Some(lifted) = hold.as_ref().and_then(|hold| hold.lifted.as_ref()) {
        let deploys = ctx.store.newest_deploys(id, &to.name, DEPLOYS_AT_MOST).await?;
        let well = deploys.iter().filter(|it| it.state == DeployState::Succeeded && !it.is_rollback());
        hold_is_over = well.filter_map(|it| it.ended_at).any(|at| at > lifted.at);
    }
    Ok(DeployFacts { of_head, failed_late, hold, hold_is_over, rollback: None })
}

/// Whether the head is what was prepared to take the base's environment back: on the branch that is on record, one commit
/// with the files that ran there, on top of where the base was.
async fn rollback(
    ctx: &EngineContext,
    (id, base): (RepositoryId, &Environment),
    repository: &Repository,
    ends: &PullEnds,
) -> Result<Option<PreparedRollback>, WorkError> {
    let Some(hold) = ctx.store.hold(id, &base.name).await? else { return Ok(None) };
    let revert = hold.revert.as_ref().filter(|it| ends.head.branch.as_ref() == Some(&it.branch));
    let Some(revert) = revert else { return Ok(None) };
    if !is_prepared(repository, ends.head.commit, revert).await? {
        return Ok(None);
    }
    let standing = if hold.lifted.is_some() {
        RollbackStanding::HoldLifted
    } else if ends.base.commit == revert.onto {
        RollbackStanding::Ready
    } else {
        RollbackStanding::BranchMoved
    };
    let (environment, to) = (base.name.clone(), hold.to);
    Ok(Some(PreparedRollback { environment, to, by: hold.by, reason: hold.reason, standing }))
}

/// Whether a commit is what was prepared to take an environment back, whoever has made it.
pub(in crate::engine::work_items) async fn is_prepared(
    repository: &Repository,
    head: CommitId,
    revert: &RevertPull,
) -> Result<bool, GitError> {
    let tree = repository.tree(head).await?;
    let mut parents = Vec::new();
    for place in 1..=2 {
        parents.extend(repository.resolve(&format!("{head}^{place}")).await?);
    }
    Ok(tree.is_some_and(|tree| revert.is_commit(tree, &parents)))
}

/// Marks the environment that a closed pull request may have been prepared to take back: it is to be merged no longer.
pub(super) fn closed_rollback(path: &PromotionPath, row: &PullRequest) -> Option<Change> {
    let is_one =
        row.state == PullRequestState::Closed && row.head_branch.as_str().starts_with(ROLLBACK_BRANCHES);
    match path.role(&row.base_branch) {
        Role::Environment(base) if is_one => {
            Some(Change::Mark(WorkItem::Environment(row.repository, (&base.name).into())))
        }
        _ => None,
    }
}

/// What the head is on the path, by its name.
fn role_of_head<'a>(path: &'a PromotionPath, pull: &PullEnds) -> Role<'a> {
    pull.head.branch.as_ref().map_or(Role::Topic, |branch| path.role(branch))
}
