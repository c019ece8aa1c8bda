//! An environment that the configuration names no more: what is under way there is followed to its end, what waits is ended,
//! and nothing new begins.

use super::EnvironmentWork;
use super::poll::LOOKED_BACK_FOR;
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::model::{ActiveRules, BranchName, Deploy, DeploySettings, Environment, EnvironmentName, Requires};
use crate::store::{ActOutcome, RepositoryRow};

/// How many of its newest deploys are searched for one that is not over.
const LOOKED_THROUGH: u32 = 50;

/// The environment as far as it is still known; `None` where nothing of it is left to be done.
pub(super) async fn left_environment(
    ctx: &EngineContext,
    repository: &RepositoryRow,
    name: &EnvironmentName,
) -> Result<Option<Environment>, WorkError> {
    let id = repository.id;
    let newest = ctx.store.newest_deploys(id, name.as_str(), LOOKED_THROUGH).await?;
    let Some(called) = newest.first().map(|it| it.environment.clone()) else { return Ok(None) };
    // Its branch is not asked for anything any more.
    let branch = BranchName::new(name.as_str()).or_else(|_| BranchName::new(&repository.default_branch));
    let Ok(branch) = branch else { return Ok(None) };
    let now = ctx.now();
    // One that has ended lately may not be shown so yet, or may still be said otherwise of.
    let lately =
        |it: &Deploy| it.was_begun() && it.ended_at.is_some_and(|at| now.since(at) < LOOKED_BACK_FOR);
    let is_open = newest.iter().any(|it| it.state.is_open() || it.may_still_run() || lately(it));
    if !is_open && ctx.store.environment_deploys(id, &called, &branch).await?.requested_acts.is_empty() {
        return Ok(None);
    }
    Ok(Some(Environment {
        name: called,
        branch,
        accepts: Vec::new(),
        requires: Requires::default(),
        deploy: DeploySettings::default(),
        active: ActiveRules::default(),
        aftercare: Vec::new(),
    }))
}

impl EnvironmentWork<'_> {
    /// What an order is answered, where the configuration does not name the environment.
    pub(super) fn is_not_named(&self) -> Option<ActOutcome> {
        let name = &self.site.environment.name;
        let refused = || ActOutcome::refused(format!("the configuration names no environment {name}"));
        (!self.site.is_named).then(refused)
    }

    /// Ends what waits in an environment that the configuration does not name.
    pub(super) fn end_what_waits(&mut self) {
        let now = self.site.ctx.now();
        match self.site.of_branch {
            Some(of) if of.held().is_none() => self.queue.leave_place(of.place.is_none(), now),
            None if !self.site.is_named => self.queue.leave_path(now),
            _ => {}
        }
    }
}
