//! What a promotion of a Commerce project will do to the shop: its files, and what is on record of the environments.

use super::CommerceFiles;
use crate::commerce::rules::Target;
use crate::deploy::{deploy_record, phase_lengths};
use crate::engine::context::EngineContext;
use crate::engine::not_decided::NotDecided;
use crate::engine::work_error::WorkError;
use crate::lineage::{GitError, Repository};
use crate::model::{
    BranchName, BuiltOn, CommerceSettings, CommitId, Deploy, DeployRecord, DeployState, Environment,
    FileFinding, Forecast, PhaseLengths, PromotionPath, RepositoryId, Role, TreeId, error_chain,
};
use crate::policy::{self, Fact, Judged, Route};
use crate::store::{Store, StoreError};
use std::collections::BTreeMap;
use std::time::Duration;

/// How many deploys of an environment are looked through: some ten that ended well are among them.
const DEPLOYS_AT_MOST: u32 = 50;

/// How long the platform's answer about its record is waited for.
const ASKED_WITHIN: Duration = Duration::from_secs(10);

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
    let records = DeployRecords::read(&*ctx.store, id, path).await;
    let mut records = records.map_err(|error| NotDecided::by(error.into()))?;
    records.ask_platform(ctx, id, environment).await;
    let project = CommerceProject { path, settings, target: Some(environment) };
    let forecast = project.forecast_of(repository, &files, &records).await.map_err(NotDecided::by_git)?;
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
    let mut records = DeployRecords::read(&*ctx.store, id, path).await?;
    records.ask_platform(ctx, id, environment).await;
    let project = CommerceProject { path, settings, target: Some(environment) };
    Ok(Some(project.forecast(repository, ends, &records).await?))
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

/// The newest deploys of each environment, as far as anybody has asked for them.
#[derive(Debug, Default)]
pub struct DeployRecords {
    deploys: BTreeMap<String, Vec<Deploy>>,
    /// What the platform has on record of an environment of which Towpath has nothing.
    on_platform: Option<(String, PhaseLengths)>,
}

impl DeployRecords {
    /// Reads those of a repository.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn read(store: &dyn Store, id: RepositoryId, path: &PromotionPath) -> Result<Self, StoreError> {
        let mut deploys = BTreeMap::new();
        for environment in &path.environments {
            let newest = store.newest_deploys(id, &environment.name, DEPLOYS_AT_MOST).await?;
            deploys.insert(environment.name.clone(), newest);
        }
        Ok(Self { deploys, on_platform: None })
    }

    /// Asks whoever deploys to an environment, where nothing of it is on record. That there is no answer keeps nobody waiting:
    /// then the forecast says that it is not known.
    async fn ask_platform(&mut self, ctx: &EngineContext, id: RepositoryId, environment: &Environment) {
        if matches!(self.of(Some(environment)), DeployRecord::Known(_)) {
            return;
        }
        let now = ctx.now();
        let took = if let Some((took, _)) = ctx.drivers.asked_records.known((id, &environment.name), now) {
            took
        } else {
            let took = platform_record(ctx, id, environment).await;
            ctx.drivers.asked_records.keep((id, &environment.name), (took, now));
            took
        };
        self.on_platform = took.map(|took| (environment.name.clone(), took));
    }

    /// How long the last deploys of an environment took.
    fn of(&self, environment: Option<&Environment>) -> DeployRecord {
        let Some(name) = environment.map(|it| it.name.as_str()) else { return DeployRecord::NotAsked };
        let own = self.deploys.get(name).map_or(DeployRecord::NotAsked, deploy_record);
        match &self.on_platform {
            Some((of, lengths)) if of == name => DeployRecord::OnPlatform(*lengths),
            _ => own,
        }
    }

    /// The files that an environment runs.
    fn live(&self, environment: &Environment) -> Option<TreeId> {
        let deploys = self.deploys.get(&environment.name)?;
        deploys.iter().find(|it| it.state == DeployState::Succeeded).map(|it| it.tree)
    }
}

/// How long deploys to an environment took, by the record of whoever carries them out.
async fn platform_record(
    ctx: &EngineContext,
    id: RepositoryId,
    environment: &Environment,
) -> Option<PhaseLengths> {
    let row = ctx.active_repository(id).await.ok()??;
    let driver = ctx.driver(&row, &environment.deploy.driver).ok()?;
    match tokio::time::timeout(ASKED_WITHIN, driver.phase_record(&environment.name)).await {
        Ok(Ok(took)) => phase_lengths(took),
        Ok(Err(error)) => {
            tracing::debug!(error = error_chain(&error), "whoever deploys cannot be asked for its record");
            None
        }
        Err(_) => None,
    }
}

/// A Commerce project, where its files are promoted.
#[derive(Debug, Clone, Copy)]
pub struct CommerceProject<'a> {
    /// The path that it goes.
    pub path: &'a PromotionPath,
    /// Its settings.
    pub settings: &'a CommerceSettings,
    /// Where the files go; `None` for none of its environments.
    pub target: Option<&'a Environment>,
}

impl CommerceProject<'_> {
    /// What deploying the result of merging `head` into `base` will do to the shop.
    ///
    /// # Errors
    ///
    /// If git does not answer.
    pub async fn forecast(
        self,
        repository: &Repository,
        (head, base): (CommitId, CommitId),
        records: &DeployRecords,
    ) -> Result<Forecast, GitError> {
        let files = CommerceFiles::of_merge(repository, &self.settings.root, (head, base), true).await?;
        self.forecast_of(repository, &files, records).await
    }

    async fn forecast_of(
        self,
        repository: &Repository,
        files: &CommerceFiles,
        records: &DeployRecords,
    ) -> Result<Forecast, GitError> {
        let built_on = match files.tree {
            Some(tree) => built_on(repository, self.path, tree, records).await?,
            None => None,
        };
        let kind = Target::of(self.target.is_some_and(|it| self.settings.takes_tickets(it)));
        Ok(files.forecast(kind, built_on.as_ref(), records.of(self.target)))
    }
}

/// Where these very files are already: what was deployed counts, and branches where that is not known.
async fn built_on(
    repository: &Repository,
    path: &PromotionPath,
    tree: TreeId,
    records: &DeployRecords,
) -> Result<Option<BuiltOn>, GitError> {
    let survey = repository.survey(path).await?;
    for environment in &path.environments {
        let name = || environment.name.clone();
        match records.live(environment) {
            Some(live) if live == tree => return Ok(Some(BuiltOn::Deploy(name()))),
            Some(_) => {}
            None => {
                let Some(tip) = survey.tips.get(&environment.branch) else { continue };
                if repository.tree(tip.commit).await? == Some(tree) {
                    return Ok(Some(BuiltOn::Branch(name())));
                }
            }
        }
    }
    Ok(None)
}
