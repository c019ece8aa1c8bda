//! The places beside an environment: who has one, who waits, and what is over.
//!
//! One work item looks after all places of an environment, so two who ask in the same second come one after the other. It
//! works out what is to be from what is stored: pull requests as they are, what was asked for, and the time. Deploys are made
//! by the work item of the branch's own environment, which goes by what is stored here.
//!
//! `acts.rs` takes up what people ask for, `told.rs` says on pull requests what has come of it.

mod acts;
mod told;

use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::model::config::RepositoryConfig;
use crate::model::{
    ActivePlace, ActivePlaces, Environment, EnvironmentName, PlacesMoved, PromotionPath, PullNumber,
    PullRequest, PullRequestState, RepositoryId, UnixMillis, WhyToBeFreed, active_environment,
};
use crate::store::{Change, DeployActivity, RepositoryRow, WorkItem};
use std::collections::BTreeSet;

/// The environments beside which a pull request has a place, or waits for one.
pub(super) async fn concerning(
    ctx: &EngineContext,
    id: RepositoryId,
    number: PullNumber,
) -> Result<Vec<EnvironmentName>, WorkError> {
    let all = ctx.store.all_active_places(id).await?.into_iter();
    Ok(all.filter(|(_, places)| places.concern(number)).map(|(name, _)| name).collect())
}

pub(super) async fn run(
    ctx: &EngineContext,
    item: &WorkItem,
    id: RepositoryId,
    name: &EnvironmentName,
) -> Result<Vec<Change>, WorkError> {
    let Some(repository) = ctx.active_repository(id).await? else { return Ok(Vec::new()) };
    let config = ctx.repository_config(&repository).await?;
    if config.invalid.is_some() {
        // Once the file is mended this is looked at again.
        return Ok(Vec::new());
    }
    let environment = config.path.environment(name.as_str());
    let places = ctx.store.active_places(id, name.as_str()).await?;
    let mut work = PlacesWork {
        ctx,
        repository: &repository,
        config: &config,
        name,
        before: places.clone(),
        places,
        moved: PlacesMoved::default(),
        now: ctx.now(),
        changes: Vec::new(),
    };
    if let Some(environment) = environment {
        work.see_pulls(environment).await?;
        work.go_on(environment).await?;
    }
    work.take_up(environment).await?;
    let Some(environment) = environment else { return Ok(work.changes) };
    work.keep(environment);
    work.tell(environment).await?;
    let next = work.places.next_change(&environment.active);
    work.changes.extend(next.map(|at| Change::MarkAt(item.clone(), at.max(work.now.just_after()))));
    Ok(work.changes)
}

/// One look at the places beside an environment.
struct PlacesWork<'a> {
    ctx: &'a EngineContext,
    repository: &'a RepositoryRow,
    config: &'a RepositoryConfig,
    name: &'a EnvironmentName,
    before: ActivePlaces,
    places: ActivePlaces,
    /// Who has got a place in this look, which places are free, and who waited for nothing.
    moved: PlacesMoved,
    now: UnixMillis,
    changes: Vec<Change>,
}

impl<'a> PlacesWork<'a> {
    fn path(&self) -> &'a PromotionPath {
        &self.config.path
    }

    async fn pull(&self, number: PullNumber) -> Result<Option<PullRequest>, WorkError> {
        Ok(self.ctx.store.pull(self.repository.id, number).await?.map(|it| it.pull))
    }

    /// Ends what a pull request no longer asks for, and sees where the branches are.
    async fn see_pulls(&mut self, environment: &Environment) -> Result<(), WorkError> {
        let taken =
            self.places.taken.iter().filter(|it| it.is_held()).map(|it| (it.number, it.branch.clone()));
        let waiting = self.places.queue.iter().map(|it| (it.number, it.branch.clone()));
        let all: Vec<_> = taken.chain(waiting).collect();
        for (number, branch) in all {
            // What is forgotten was closed long ago.
            let pull = self.pull(number).await?;
            let why = match &pull {
                None => Some(WhyToBeFreed::Closed),
                Some(pull) => match pull.state {
                    PullRequestState::Merged => Some(WhyToBeFreed::Merged),
                    PullRequestState::Closed => Some(WhyToBeFreed::Closed),
                    PullRequestState::Open if pull.base_branch != environment.branch => {
                        Some(WhyToBeFreed::Retargeted)
                    }
                    PullRequestState::Open => (pull.head_branch != branch).then_some(WhyToBeFreed::Renamed),
                },
            };
            match (why, pull, self.places.of_mut(number)) {
                (Some(why), ..) => {
                    self.places.leave(number, why, self.now);
                }
                (None, Some(pull), Some(place)) if place.head != Some(pull.head_commit) => {
                    place.head = Some(pull.head_commit);
                    place.pushed_at = self.now;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Goes on with the queue, and sees where the branches are of those who have got a place.
    async fn go_on(&mut self, environment: &Environment) -> Result<(), WorkError> {
        let PlacesMoved { given, freed, waits_ended } = self.places.go_on(&environment.active, self.now);
        for number in &given {
            let head = self.pull(*number).await?.map(|it| it.head_commit);
            let after = match self.places.of(*number) {
                Some(place) => self.newest_deploy(environment, place).await?,
                None => 0,
            };
            if let Some(place) = self.places.of_mut(*number) {
                (place.head, place.after) = (head, after);
            }
        }
        if !given.is_empty() {
            // Where nobody was there for the last one, somebody asks now.
            let seen = DeployActivity { woken_at: Some(self.now), ..DeployActivity::default() };
            self.changes.push(Change::DeployActivity(self.repository.id, seen));
        }
        self.moved.given.extend(given);
        self.moved.freed.extend(freed);
        self.moved.waits_ended.extend(waits_ended);
        Ok(())
    }

    /// The number of the newest deploy of a branch's own environment; 0 where there was none.
    async fn newest_deploy(&self, environment: &Environment, place: &ActivePlace) -> Result<u64, WorkError> {
        let name = active_environment(&environment.name, &place.branch);
        let newest = self.ctx.store.newest_deploys(self.repository.id, &name, 1).await?;
        Ok(newest.first().map_or(0, |it| it.number))
    }

    /// Stores the places, and has looked at whatever goes by them.
    fn keep(&mut self, environment: &Environment) {
        if self.places == self.before {
            return;
        }
        let id = self.repository.id;
        let kept = Box::new(self.places.clone());
        self.changes.push(Change::ActivePlaces(id, self.name.clone(), kept));
        let taken = |it: &ActivePlaces| it.taken.iter().map(|it| it.branch.clone()).collect::<BTreeSet<_>>();
        let branches = taken(&self.before).into_iter().chain(taken(&self.places)).collect::<BTreeSet<_>>();
        for branch in branches {
            let name = active_environment(&environment.name, &branch);
            self.changes.push(Change::Mark(WorkItem::Environment(id, name.as_str().into())));
        }
        // Checks tell of the queue.
        let waiting = self.before.queue.iter().chain(&self.places.queue).map(|it| it.number);
        let waiting = waiting.collect::<BTreeSet<_>>();
        self.changes.extend(waiting.into_iter().map(|it| Change::Mark(WorkItem::PullRequest(id, it))));
    }
}
