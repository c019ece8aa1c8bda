//! What a verdict on a promotion needs to know of the hotfixes of where it goes.

use super::hotfix_standing::standing;
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::lineage::{GitError, Repository};
use crate::model::{
    CarryBack, CarryStage, Code, Hotfix, HotfixStanding, LandedHotfix, Level, OwedHotfix, PromotionPath,
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
    let Role::Environment(base) = path.role(&ends.base.branch) else { return Ok(OwedHotfixes::default()) };
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
        let stands = standing(repository, (&hotfix, landed), ends.head.commit).await?;
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
        });
    }
    Ok(owed)
}

/// The pull request that carries it back, unless somebody has closed that.
fn carried_by(hotfix: &Hotfix) -> Option<PullNumber> {
    let carry_back = hotfix.carry_back.as_ref()?;
    let is_closed = matches!(carry_back.stage, CarryStage::Closed { .. });
    CarryBack::pull(carry_back).filter(|_| !is_closed)
}

/// The files that a hotfix has changed.
async fn paths_of(repository: &Repository, landed: &LandedHotfix) -> Result<BTreeSet<String>, GitError> {
    let mut paths = BTreeSet::new();
    for pick in &landed.picks {
        let before = repository.resolve(&format!("{pick}^1")).await?;
        let before = match before {
            Some(before) => repository.tree(before).await?,
            None => None,
        };
        if let (Some(before), Some(after)) = (before, repository.tree(*pick).await?) {
            paths.extend(repository.differing_paths(before, after).await?);
        }
    }
    Ok(paths)
}
