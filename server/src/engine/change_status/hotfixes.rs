//! The hotfixes that a pull request has to do with, and as which commits a hotfix has travelled.

use crate::model::{CarryStage, CommitId, Hotfix, HotfixStanding, PromotionPath, PullRequest, Role};
use crate::store::{Store, StoreError};

/// What is owed of hotfixes where somebody asks about a pull request: of the one that it brings or carries back, and, of a
/// promotion that is open, of all that it waits for.
pub async fn owed_hotfixes(
    store: &dyn Store,
    path: &PromotionPath,
    pull: &PullRequest,
) -> Result<Vec<Hotfix>, StoreError> {
    let id = pull.repository;
    let own = store.hotfixes_of(id, pull.number).await?;
    let ends = [path.role(&pull.head_branch), path.role(&pull.base_branch)];
    let [Role::Environment(head), Role::Environment(base)] = ends else { return Ok(own) };
    if pull.merged.is_some() || pull.head_repository != Some(id) {
        return Ok(own);
    }
    let mut owed = store.hotfixes(id).await?;
    owed.retain(|it| {
        base.is_called(&it.environment) && it.owed_on().into_iter().any(|name| head.is_called(name))
    });
    Ok(owed)
}

/// The commits by which it is told that a branch has a hotfix, whether as it went in or carried back in another form.
pub(super) fn forms_of(hotfix: &Hotfix) -> Vec<CommitId> {
    let landed = hotfix.landed.as_ref().map(|landed| landed.made);
    let carried_back = match hotfix.carry_back.as_ref().map(|it| &it.stage) {
        Some(CarryStage::Merged { made, .. }) => Some(*made),
        _ => None,
    };
    let has_it = hotfix.accounts.iter().filter(|it| it.standing == HotfixStanding::Carried);
    landed.into_iter().chain(carried_back).chain(has_it.map(|it| it.tip)).collect()
}
