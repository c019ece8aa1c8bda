//! What a promotion of a Commerce project will do to the shop: its files, and what is on record of the environments.

use super::CommerceFiles;
use crate::commerce::rules::Target;
use crate::deploy::deploy_record;
use crate::engine::context::EngineContext;
use crate::engine::not_decided::NotDecided;
use crate::engine::work_error::WorkError;
use crate::lineage::Repository;
use crate::model::{
    BranchName, BuiltOn, CommerceSettings, CommitId, DeployState, Environment, FileFinding, Forecast,
    PromotionPath, RepositoryId, Role, TreeId,
};
use crate::policy::{self, Fact, Judged, Route};

/// How many deploys of an environment are looked through: some ten that ended well are among them.
const DEPLOYS_AT_MOST: u32 = 50;

/// What the files say that merging a pull request would give.
#[derive(Debug, Default)]
pub(in crate::engine) struct Foreseen {
    /// What the rules find, before the project's rules soften any of it.
    pub(in crate::engine) findings: Vec<FileFinding>,
    /// What the deploy will do to the shop; of a promotion alone.
    pub(in crate::engine) forecast: Option<Forecast>,
}

/// Looks into the files that merging a pull request would give; nothing where its verdict does not need that.
pub(in crate::engine) async fn foreseen(
    ctx: &EngineContext,
    repository: &Repository,
    judged: Judged<'_>,
    (id, branch): (RepositoryId, &BranchName),
) -> Result<Foreseen, NotDecided> {
    let Judged { path, pull, .. } = judged;
    let Some((settings, environment)) = commerce_of(path, &pull.base.branch) else {
        return Ok(Foreseen::default());
    };
    if !judged.needs(Fact::CommerceFiles) {
        return Ok(Foreseen::default());
    }
    let is_promotion = policy::route(path, pull) == Route::Promotion;
    let ends = (pull.head.commit, pull.base.commit);
    let files = CommerceFiles::of_merge(repository, &settings.root, ends, is_promotion);
    let files = files.await.map_err(NotDecided::by_git)?;
    let findings = files.findings(repository, judged, Some(branch), ctx.now()).await;
    let findings = findings.map_err(NotDecided::by_git)?;
    if !is_promotion {
        return Ok(Foreseen { findings, forecast: None });
    }
    let known = Known { ctx, repository, path, id };
    let forecast = known.forecast((settings, environment), &files).await.map_err(NotDecided::by)?;
    Ok(Foreseen { findings, forecast: Some(forecast) })
}

/// What promoting one commit onto another one will do; `None` where the project is none of Adobe Commerce.
pub(in crate::engine) async fn forecast_between(
    ctx: &EngineContext,
    repository: &Repository,
    (path, id): (&PromotionPath, RepositoryId),
    ends: (CommitId, CommitId),
    target: &Environment,
) -> Result<Option<Forecast>, WorkError> {
    let Some((settings, environment)) = commerce_of(path, &target.branch) else { return Ok(None) };
    let files = CommerceFiles::of_merge(repository, &settings.root, ends, true).await?;
    let known = Known { ctx, repository, path, id };
    known.forecast((settings, environment), &files).await.map(Some)
}

/// The Commerce project and the environment that a branch belongs to, where it does.
fn commerce_of<'p>(
    path: &'p PromotionPath,
    base: &BranchName,
) -> Option<(&'p CommerceSettings, &'p Environment)> {
    match (&path.commerce, path.role(base)) {
        (Some(settings), Role::Environment(environment)) => Some((settings, environment)),
        _ => None,
    }
}

/// Where a forecast looks.
struct Known<'a> {
    ctx: &'a EngineContext,
    repository: &'a Repository,
    path: &'a PromotionPath,
    id: RepositoryId,
}

impl Known<'_> {
    async fn forecast(
        &self,
        (settings, target): (&CommerceSettings, &Environment),
        files: &CommerceFiles,
    ) -> Result<Forecast, WorkError> {
        let built_on = match files.tree {
            Some(tree) => self.built_on(tree).await?,
            None => None,
        };
        let deploys = self.ctx.store.newest_deploys(self.id, &target.name, DEPLOYS_AT_MOST).await?;
        let kind = Target::of(settings.takes_tickets(target));
        Ok(files.forecast(kind, built_on.as_ref(), deploy_record(&deploys)))
    }

    /// Where these very files are already: what was deployed counts, and branches where that is not known.
    async fn built_on(&self, tree: TreeId) -> Result<Option<BuiltOn>, WorkError> {
        for environment in &self.path.environments {
            let name = || environment.name.clone();
            let deploys = self.ctx.store.newest_deploys(self.id, &environment.name, DEPLOYS_AT_MOST).await?;
            match deploys.iter().find(|it| it.state == DeployState::Succeeded) {
                Some(live) if live.tree == tree => return Ok(Some(BuiltOn::Deploy(name()))),
                Some(_) => {}
                None => {
                    let Some(tip) = self.repository.branch(&environment.branch).await? else { continue };
                    if self.repository.tree(tip).await? == Some(tree) {
                        return Ok(Some(BuiltOn::Branch(name())));
                    }
                }
            }
        }
        Ok(None)
    }
}
