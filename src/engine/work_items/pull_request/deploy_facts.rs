//! What a verdict on a promotion needs to know of deploys.

use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::model::{DeployFacts, DeployState, HeadDeploy, PromotionPath, PullEnds, PullRequest, Role};
use crate::policy::{Fact, Judged};
use crate::report;

/// How many deploys of an environment are looked through.
const DEPLOYS_AT_MOST: u32 = 50;

/// What is known of deploys where a promotion comes from and where it goes, with the ends as they are judged.
pub(in crate::engine::work_items) async fn known(
    ctx: &EngineContext,
    path: &PromotionPath,
    row: &PullRequest,
    ends: &PullEnds,
) -> Result<DeployFacts, WorkError> {
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
    let hold = ctx.store.hold(id, &to.name).await?;
    let mut hold_is_over = false;
    if let Some(lifted) = hold.as_ref().and_then(|hold| hold.lifted.as_ref()) {
        let deploys = ctx.store.newest_deploys(id, &to.name, DEPLOYS_AT_MOST).await?;
        let well = deploys.iter().filter(|it| it.state == DeployState::Succeeded && !it.is_rollback());
        hold_is_over = well.filter_map(|it| it.ended_at).any(|at| at > lifted.at);
    }
    Ok(DeployFacts { of_head, hold, hold_is_over })
}

/// What the head is on the path, by its name.
fn role_of_head<'a>(path: &'a PromotionPath, pull: &PullEnds) -> Role<'a> {
    pull.head.branch.as_ref().map_or(Role::Topic, |branch| path.role(branch))
}
