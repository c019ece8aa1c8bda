//! A branch's own environment beside one of the path: deployed as that one is, for as long as the branch has its place.
//!
//! What is deployed is the branch's tip, also one that was pushed back: nothing is promoted from here, so nothing that holds
//! an environment of the path counts here, and nothing that is deployed here counts as tested.

use super::{COMMAND, EnvironmentContext, EnvironmentWork};
use crate::deploy::drivers::DriverError;
use crate::deploy::{Wanted, slug};
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::model::{
    ActivePlace, ActiveRules, BranchName, CommitId, Deploy, Environment, EnvironmentName, PromotionPath,
    PullRequestState, RepositoryId, Requires, StartingPoint, Trigger, active_environment,
};
use crate::store::{Change, WorkItem};
use std::collections::HashSet;

/// A branch's own environment.
#[derive(Debug)]
pub(super) struct BranchEnvironment<'p> {
    /// The environment beside which it is, whose driver deploys it.
    pub(super) beside: &'p Environment,
    /// It itself, as the configuration would name it.
    pub(super) environment: Environment,
    /// The branch's place; `None` once that is free.
    pub(super) place: Option<ActivePlace>,
}

impl BranchEnvironment<'_> {
    /// The place, as long as the branch is deployed there.
    pub(super) fn held(&self) -> Option<&ActivePlace> {
        self.place.as_ref().filter(|place| place.is_held())
    }
}

/// The branch's own environment of this name, where there is one, or was.
pub(super) async fn branch_environment<'p>(
    ctx: &EngineContext,
    id: RepositoryId,
    path: &'p PromotionPath,
    name: &EnvironmentName,
) -> Result<Option<BranchEnvironment<'p>>, WorkError> {
    let mut was_beside = None;
    for beside in &path.environments {
        let Some(branch) = beside.branch_beside(name.as_str()) else { continue };
        let places = ctx.store.active_places(id, &beside.name).await?;
        let is_it = |it: &&ActivePlace| *name == *active_environment(&beside.name, &it.branch);
        if let Some(place) = places.taken.iter().find(is_it) {
            let environment = environment_of(beside, &place.branch);
            return Ok(Some(BranchEnvironment { beside, environment, place: Some(place.clone()) }));
        }
        was_beside = was_beside.or(Some((beside, branch)));
    }
    let Some((beside, branch)) = was_beside else { return Ok(None) };
    let newest = ctx.store.newest_deploys(id, name.as_str(), 1).await?;
    let Some(called) = newest.first().map(|it| it.environment.clone()) else { return Ok(None) };
    let environment = Environment { name: called, ..environment_of(beside, &branch) };
    Ok(Some(BranchEnvironment { beside, environment, place: None }))
}

/// From which deploy on they count: what was there before the branch had its place is gone.
pub(super) fn start_of(of_branch: Option<&BranchEnvironment<'_>>) -> Option<StartingPoint> {
    let after = of_branch?.place.as_ref()?.after;
    Some(StartingPoint { commit: None, after })
}

fn environment_of(beside: &Environment, branch: &BranchName) -> Environment {
    Environment {
        name: active_environment(&beside.name, branch),
        branch: branch.clone(),
        accepts: Vec::new(),
        requires: Requires::default(),
        deploy: beside.deploy.clone(),
        active: ActiveRules::default(),
        aftercare: Vec::new(),
    }
}

impl EnvironmentContext<'_> {
    /// The environment by whose name the operator has programs for this one.
    pub(super) fn carrier(&self) -> &Environment {
        self.of_branch.map_or(self.environment, |it| it.beside)
    }

    /// Whether the operator's programs may begin a deploy: the operator's file may say otherwise since the branch has its
    /// place.
    ///
    /// # Errors
    /// [`DriverError::Refused`] if they may not.
    pub(super) fn programs_may_begin(&self, deploy: &Deploy) -> Result<(), DriverError> {
        let Some(of) = self.of_branch.filter(|_| deploy.driver == COMMAND) else { return Ok(()) };
        let drivers = &self.ctx.drivers;
        let why = drivers.refuses_branch(self.repository, of.beside, &self.environment.name);
        why.map_or(Ok(()), |why| Err(DriverError::refused(why)))
    }
}

impl EnvironmentWork<'_> {
    /// Makes a deploy of the branch's tip, where there is none yet since it has its place.
    pub(super) async fn want_of_branch(&mut self, place: &ActivePlace) -> Result<(), WorkError> {
        let site = self.site;
        let pull = site.ctx.store.pull(site.repository.id, place.number).await?.map(|it| it.pull);
        let Some(pull) = pull.filter(|it| it.state == PullRequestState::Open) else { return Ok(()) };
        if self.queue.wanted(Some(pull.head_commit)) == Wanted::Nothing {
            return Ok(());
        }
        let repository = site.ctx.mirror(site.repository).await?.fetched(&[]).await?;
        let Some(tip) = repository.branch(&place.branch).await? else {
            // GitHub closes the pull request of a branch that is deleted, which may not be known yet.
            self.changes.push(Change::Mark(WorkItem::PullRequest(site.repository.id, place.number)));
            return Ok(());
        };
        self.queue.leave_branch(&HashSet::from([tip]), site.ctx.now());
        let Wanted::Deploy(commit) = self.queue.wanted(Some(tip)) else { return Ok(()) };
        let tree = repository.tree(commit).await?;
        let tree = tree.ok_or_else(|| WorkError::later(format!("{} is not here yet", commit.short())))?;
        let slug = slug::name(tree, &site.slug_settings());
        let number = self.number_for(commit).await?.max(place.after + 1);
        let reuses_slug = site.ctx.store.was_built(site.repository.id, &slug).await?;
        self.queue.add(Deploy {
            previous: self.live_since(place),
            pulls: vec![place.number],
            reuses_slug,
            slug,
            made_at: site.ctx.now(),
            ..Deploy::new(number, &site.environment.name, (commit, tree), Trigger::Active)
        });
        Ok(())
    }

    /// What runs there since the branch has its place.
    fn live_since(&self, place: &ActivePlace) -> Option<CommitId> {
        self.queue.live().filter(|live| live.number > place.after).map(|live| live.commit)
    }

    /// What follows from deploys that have come further: the comment on the pull request tells of them.
    pub(super) fn places_to_look_at(&self) -> Option<Change> {
        let of = self.site.of_branch?;
        self.queue.come_further().next()?;
        Some(Change::Mark(WorkItem::ActivePlaces(self.site.repository.id, (&of.beside.name).into())))
    }
}
