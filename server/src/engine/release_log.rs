//! A release, told once: what a merged promotion brought, who accepted it, how it was deployed, and whether it was taken back.

use super::change_status::MERGED_AT_MOST;
use crate::model::{
    Attestation, Deploy, Override, PromotionPath, PullNumber, PullRequest, RepositoryId, Role, TreeId,
};
use crate::report::ReleaseLog;
use crate::store::{Store, StoreError};
use std::collections::BTreeSet;

/// How many deploys of an environment are looked through.
const DEPLOYS_AT_MOST: u32 = 500;

/// The files that people have accepted for a promotion: those of its head, also where others were merged, since something of
/// the target came with them.
async fn accepted_trees(
    store: &dyn Store,
    (id, source): (RepositoryId, &str),
    promotion: &PullRequest,
    (own, given): (&[Deploy], &[Attestation]),
) -> Result<BTreeSet<TreeId>, StoreError> {
    let there = store.newest_deploys(id, source, DEPLOYS_AT_MOST).await?;
    let deployed = there.iter().map(|it| (it.commit, it.tree));
    let of_head = deployed.chain(given.iter().map(|it| (it.commit, it.tree)));
    let of_head = of_head.filter(|(commit, _)| *commit == promotion.head_commit).map(|(_, tree)| tree);
    Ok(own.first().map(|it| it.tree).into_iter().chain(of_head).collect())
}

/// Whether a pull request is a merged promotion.
pub(super) fn is_release(path: &PromotionPath, pull: &PullRequest) -> bool {
    let is_own = pull.head_repository == Some(pull.repository) && pull.merged.is_some();
    let ends = [path.role(&pull.head_branch), path.role(&pull.base_branch)];
    is_own && ends.iter().all(|role| matches!(role, Role::Environment(_)))
}

/// The release of a merged promotion; without a number the newest one to production, else the newest. `None` where there is
/// none.
pub async fn release_log(
    store: &dyn Store,
    id: RepositoryId,
    path: &PromotionPath,
    number: Option<PullNumber>,
) -> Result<Option<ReleaseLog>, StoreError> {
    let merged = store.merged_pulls(id, MERGED_AT_MOST).await?;
    let goes_live = |pull: &&PullRequest| match path.role(&pull.base_branch) {
        Role::Environment(base) => path.is_production(&base.name),
        _ => false,
    };
    let mut releases = merged.iter().filter(|it| is_release(path, it));
    let found = match number {
        Some(number) => releases.find(|it| it.number == number),
        None => releases.clone().find(goes_live).or_else(|| releases.next()),
    };
    let Some(promotion) = found else { return Ok(None) };
    let (Role::Environment(source), Role::Environment(target)) =
        (path.role(&promotion.head_branch), path.role(&promotion.base_branch))
    else {
        return Ok(None);
    };
    let mut deploys = store.newest_deploys(id, &target.name, DEPLOYS_AT_MOST).await?;
    deploys.reverse();
    let brings = |it: &&Deploy| !it.is_rollback() && it.pulls.contains(&promotion.number);
    let own: Vec<Deploy> = deploys.iter().filter(brings).cloned().collect();
    let taken_back =
        deploys.iter().find(|it| it.is_rollback() && it.takes_back.contains(&promotion.number)).cloned();
    let brought = own.iter().flat_map(|it| &it.pulls).filter(|number| **number != promotion.number);
    let is_work = |pull: &&PullRequest| path.role(&pull.head_branch) == Role::Topic;
    let mut pulls: Vec<PullRequest> = Vec::new();
    for number in brought {
        let known = merged.iter().find(|it| it.number == *number).filter(is_work);
        pulls.extend(known.filter(|it| pulls.iter().all(|one| one.number != it.number)).cloned());
    }
    let overrides: Vec<Override> = store.overrides(id, promotion.number).await?;
    let mut signoffs: Vec<Attestation> = store.attestations(id, &source.name).await?;
    let accepted = accepted_trees(store, (id, &source.name), promotion, (&own, &signoffs)).await?;
    signoffs.retain(|it| !it.roles().is_empty() && accepted.contains(&it.tree) && target.hears(it));
    signoffs.reverse();
    Ok(Some(ReleaseLog {
        promotion: promotion.clone(),
        source: source.name.clone(),
        target: target.name.clone(),
        pulls,
        overrides: overrides.into_iter().filter(|it| it.head == promotion.head_commit).collect(),
        signoffs,
        deploys: own,
        taken_back,
    }))
}
