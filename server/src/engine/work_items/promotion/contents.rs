//! What a manifest tells, gathered from what is stored and from git.

use super::PromotionWork;
use crate::engine::commerce_files::forecast_between;
use crate::engine::work_error::WorkError;
use crate::engine::work_items::pull_request::{ends, last_verdict};
use crate::lineage::Repository;
use crate::model::calendar::FreezePeriod;
use crate::model::{
    BranchName, Code, CommitId, DeployOutcome, Environment, Forecast, Hold, Level, Override, PromotionPath,
    PullRequest, Role,
};
use crate::policy::freeze_on;
use crate::report::{self, BroughtPull, Manifest, Subject, TestedSince};
use crate::store::JudgedPull;
use std::collections::BTreeSet;

/// How many of the last merged pull requests are looked through: all that are kept.
const LOOKED_THROUGH: u32 = 2_000;

/// Of how many pull requests the overrides are told: as many as a manifest lists.
const OVERRIDES_OF: usize = 100;

/// What would be merged where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends<'a> {
    pub(super) source: &'a Environment,
    pub(super) target: &'a Environment,
    /// The source's commit.
    pub(super) head: CommitId,
    /// The target's commit.
    pub(super) base: CommitId,
}

impl PromotionWork<'_> {
    /// The manifest of a promotion; `pull` is its pull request as far as it is known.
    pub(super) async fn manifest(
        &self,
        repository: &Repository,
        ends: Ends<'_>,
        (brought, pull): (&[BroughtPull], Option<&JudgedPull>),
    ) -> Result<String, WorkError> {
        let judged = pull.and_then(|it| self.verdict(it));
        let merged = pull.and_then(|it| it.pull.merged);
        let forecast = match merged {
            Some(_) => None,
            None => self.forecast(repository, ends).await?,
        };
        let freeze = self.frozen(ends.target, pull.filter(|_| merged.is_none())).await?;
        let told = Manifest {
            path: &self.config.path,
            source: ends.source,
            target: ends.target,
            head: ends.head,
            merged,
            pulls: brought,
            overrides: &self.overrides(pull, ends).await?,
            holds: &self.holds(ends).await?,
            freeze: freeze.as_ref(),
            tested: self.tested(repository, ends).await?,
            forecast: forecast.as_ref(),
            verdict: judged.as_ref().map(|(subject, verdict)| (subject, verdict)),
        };
        Ok(report::manifest(&told))
    }

    /// What it will do to the shop, where there is one.
    async fn forecast(&self, repository: &Repository, ends: Ends<'_>) -> Result<Option<Forecast>, WorkError> {
        let asked = (&*self.config.path, self.repository.id);
        let (commits, target) = ((ends.head, ends.base), ends.target);
        Box::pin(forecast_between(self.ctx, repository, asked, commits, target)).await
    }

    /// The pull requests that a promotion brings, by number. Promotions are no changes of their own, and neither is what
    /// brings an environment back into another one.
    pub(super) async fn brought(
        &self,
        repository: &Repository,
        ends: Ends<'_>,
    ) -> Result<Vec<BroughtPull>, WorkError> {
        let path = &self.config.path;
        let commits: BTreeSet<CommitId> =
            repository.brought(ends.head, ends.base).await?.into_iter().collect();
        let merged = self.ctx.store.merged_pulls(self.repository.id, LOOKED_THROUGH).await?;
        let is_brought = |pull: &&PullRequest| {
            let made = pull.merged.and_then(|it| it.commit);
            made.is_some_and(|made| commits.contains(&made)) && path.role(&pull.head_branch) == Role::Topic
        };
        let told = |pull: &PullRequest| BroughtPull {
            number: pull.number,
            author: pull.author.clone(),
            hotfix_of: is_by_another_way(path, ends.source, &pull.base_branch)
                .then(|| pull.base_branch.to_string()),
            overrides: Vec::new(),
        };
        let mut pulls: Vec<&PullRequest> = merged.iter().filter(is_brought).collect();
        pulls.sort_unstable_by_key(|pull| pull.number);
        let mut brought: Vec<BroughtPull> = pulls.iter().copied().map(told).collect();
        for (pull, told) in pulls.into_iter().zip(&mut brought).take(OVERRIDES_OF) {
            told.overrides = self.overrides_at_the_merge(pull).await?;
        }
        Ok(brought)
    }

    /// The overrides that were in force on a pull request when it was merged.
    async fn overrides_at_the_merge(&self, pull: &PullRequest) -> Result<Vec<Override>, WorkError> {
        let Some(merged) = pull.merged else { return Ok(Vec::new()) };
        let at = self.ctx.api.our_time_of(merged.at.to_millis());
        let mut given = self.ctx.store.overrides(self.repository.id, pull.number).await?;
        given.retain(|it| {
            let is_confirmed = !it.needs_second || it.confirmed_by.is_some();
            let lasted = it.ended.is_none_or(|end| end > at) && it.until.is_none_or(|until| until > at);
            is_confirmed && lasted && it.head == pull.head_commit
        });
        Ok(given)
    }

    /// How long a promotion cannot go into its target; `None` of one that has no pull request any more or none so far.
    pub(super) async fn frozen(
        &self,
        target: &Environment,
        pull: Option<&JudgedPull>,
    ) -> Result<Option<FreezePeriod>, WorkError> {
        let path = &self.config.path;
        let Some(pull) = pull.filter(|_| path.rules.level(Code::Frozen) != Level::Off) else {
            return Ok(None);
        };
        let path = self.ctx.with_manual_freezes(path, self.repository.id).await?;
        let (ends, now) = (ends(&pull.pull, target.branch.clone()), self.ctx.now().to_seconds());
        Ok(freeze_on(&path, &ends, Some(pull.pull.number), now))
    }

    fn verdict(&self, judged: &JudgedPull) -> Option<(Subject, crate::model::Verdict)> {
        let verdict = last_verdict(judged)?;
        let base = judged.judged_base.clone()?;
        let subject = Subject {
            repository: self.repository.full_name.clone(),
            web_url: self.repository.html_url.clone(),
            docs_url: Some(self.ctx.settings.docs.findings()),
            number: judged.pull.number.0,
            pull: ends(&judged.pull, base),
            judged_at: judged.judged_at.unwrap_or_default().to_seconds(),
        };
        Some((subject, verdict))
    }

    async fn overrides(&self, pull: Option<&JudgedPull>, ends: Ends<'_>) -> Result<Vec<Override>, WorkError> {
        let Some(pull) = pull else { return Ok(Vec::new()) };
        let (now, branch) = (self.ctx.now(), &ends.target.branch);
        let mut given = self.ctx.store.overrides(self.repository.id, pull.pull.number).await?;
        given.retain(|it| it.is_in_force(now) && it.head == pull.pull.head_commit && it.base == *branch);
        Ok(given)
    }

    /// The holds in force on both ends.
    async fn holds<'e>(&self, ends: Ends<'e>) -> Result<Vec<(&'e Environment, Hold)>, WorkError> {
        let mut in_force = Vec::new();
        for environment in [ends.source, ends.target] {
            let hold = self.ctx.store.hold(self.repository.id, &environment.name).await?;
            in_force.extend(hold.filter(|hold| hold.lifted.is_none()).map(|hold| (environment, hold)));
        }
        Ok(in_force)
    }

    /// What the newest word on these files is, on the environment that they come from.
    async fn tested(&self, repository: &Repository, ends: Ends<'_>) -> Result<TestedSince, WorkError> {
        let tree = repository.tree(ends.head).await?;
        let outcomes = self.ctx.store.outcomes(self.repository.id, &ends.source.name).await?;
        let known = outcomes.iter().find(|it| Some(it.tree) == tree);
        Ok(known.map_or(TestedSince::NotKnown, |it| match it.outcome {
            DeployOutcome::Success => TestedSince::Deployed(it.at),
            DeployOutcome::Degraded => TestedSince::Degraded(it.at),
            DeployOutcome::Failure => TestedSince::Failed(it.at),
            DeployOutcome::RolledBack => TestedSince::RolledBack(it.at),
        }))
    }
}

/// Whether what was merged into this branch came to the source by another way than the path's: from an environment that does
/// not lead there. A topic's own branch says nothing.
fn is_by_another_way(path: &PromotionPath, source: &Environment, base: &BranchName) -> bool {
    match path.role(base) {
        Role::Environment(merged) => merged.name != source.name && !path.leads_to(&merged.name, &source.name),
        Role::Copy(_) => true,
        Role::Topic => false,
    }
}
