//! What a verdict on a promotion needs to know of the hotfixes of where it goes.

use super::hotfix_standing::{paths_of, standing};
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::lineage::Repository;
use crate::model::{
    CarryBack, CarryStage, Code, CommitId, Hotfix, HotfixStanding, Level, OwedHotfix, PromotionPath,
    PullEnds, PullNumber, RepositoryId, Role, UnixMillis,
};
use crate::policy::{Fact, Judged};
use std::collections::BTreeSet;

/// The hotfixes of a promotion's target that its source does not have, and when the promotion begins to wait for one.
#[derive(Debug, Default)]
pub(super) struct OwedHotfixes {
    pub(super) hotfixes: Vec<OwedHotfix>,
    /// The first moment from which one is waited for that is only warned of now.
    pub(super) changes_at: Option<UnixMillis>,
}

/// What is owed by a promotion with these ends.
pub(super) async fn known(
    ctx: &EngineContext,
    path: &PromotionPath,
    repository: &Repository,
    id: RepositoryId,
    ends: &PullEnds,
) -> Result<OwedHotfixes, WorkError> {
    let head = ends.head.branch.as_ref().map(|branch| path.role(branch));
    let (Some(Role::Environment(head)), Role::Environment(base)) = (head, path.role(&ends.base.branch))
    else {
        return Ok(OwedHotfixes::default());
    };
    if !(Judged { path, pull: ends, snapshot: None }).needs(Fact::Hotfixes) {
        return Ok(OwedHotfixes::default());
    }
    let into = path.entry_of(base).map_or(&ends.base.branch, |entry| &entry.branch);
    let is_off = path.rules.level(Code::HotfixNotCarriedBack) == Level::Off;
    let now = ctx.now();
    let mut owed = OwedHotfixes::default();
    for hotfix in ctx.store.hotfixes(id).await? {
        let (Some(landed), Some(pull)) = (&hotfix.landed, hotfix.pull) else { continue };
        if !base.is_called(&hotfix.environment) {
            continue;
        }
        let stands =
            standing(repository, (&hotfix, landed), (&head.name, ends.head.commit), ends.base.commit).await?;
        if stands == HotfixStanding::Carried {
            continue;
        }
        // Where nobody asks for the account, what is owed is an untested difference like any other.
        if is_off && stands.is_owed() {
            continue;
        }
        let waits_from = landed.at + path.carry_back_within;
        if stands.is_owed() && waits_from > now {
            owed.changes_at = Some(owed.changes_at.map_or(waits_from, |known| known.min(waits_from)));
        }
        let paths = match stands {
            HotfixStanding::Mended { .. } => paths_of(repository, landed).await?,
            _ => BTreeSet::new(),
        };
        let (in_conflict, merge) = conflict_of(&hotfix);
        owed.hotfixes.push(OwedHotfix {
            title: hotfix.title.clone(),
            pull,
            by: hotfix.by.clone(),
            at: landed.at,
            standing: stands,
            waits_from,
            waits: waits_from <= now,
            picks: landed.picks.clone(),
            as_one: landed.as_one,
            brought: landed.brought.clone(),
            paths: paths.into_iter().collect(),
            carried_by: carried_by(&hotfix),
            into: into.clone(),
            in_conflict,
            merge,
        });
    }
    Ok(owed)
}

/// The paths in which carrying it back conflicts, and what may be merged instead.
fn conflict_of(hotfix: &Hotfix) -> (Vec<String>, Option<CommitId>) {
    match hotfix.carry_back.as_ref().map(|it| &it.stage) {
        Some(CarryStage::Conflict { paths, merge, .. }) => (paths.clone(), *merge),
        _ => (Vec::new(), None),
    }
}

/// The pull request that carries it back, unless somebody has closed that.
fn carried_by(hotfix: &Hotfix) -> Option<PullNumber> {
    let carry_back = hotfix.carry_back.as_ref()?;
    let is_closed = matches!(carry_back.stage, CarryStage::Closed { .. });
    CarryBack::pull(carry_back).filter(|_| !is_closed)
}
