//! What is seen of those who deploy, and the rest of those deploys that nobody was ever there for.

use super::EnvironmentWork;
use crate::deploy::drivers::parse_key;
use crate::engine::context::EngineContext;
use crate::engine::dormancy::{is_dormant, nobody_deploys};
use crate::engine::work_error::WorkError;
use crate::github::events::DeploymentStatusEvent;
use crate::model::{DeployState, DriverSettings, Ending, PromotionPath, RepositoryId};
use crate::store::{Change, DeployActivity, RepositoryRow, WorkItem};

impl EnvironmentWork<'_> {
    /// Whether no Deployments are made, since nobody was there for the last one.
    pub(super) fn is_dormant(&self) -> bool {
        is_dormant(&self.activity, self.site.path) && !self.somebody_has_programs()
    }

    fn somebody_has_programs(&self) -> bool {
        self.site.ctx.has_any_programs(self.site.repository, self.site.path)
    }

    fn may_rest(&self) -> bool {
        nobody_deploys(&self.activity, self.site.path) && !self.somebody_has_programs()
    }

    /// Somebody but Towpath has said something on a Deployment, one of Towpath's or not.
    pub(super) fn somebody_spoke(&mut self, of_ours: bool) {
        let now = Some(self.site.ctx.now());
        let taken_up_at = now.filter(|_| of_ours);
        self.seen(&DeployActivity { reported_at: now, taken_up_at, ..DeployActivity::default() });
    }

    /// Somebody has begun to carry out what Towpath has handed over.
    pub(super) fn somebody_took_up(&mut self) {
        let taken_up_at = Some(self.site.ctx.now());
        self.seen(&DeployActivity { taken_up_at, ..DeployActivity::default() });
    }

    /// Keeps what was seen, where it is new; who waits for it is looked at again.
    pub(super) fn seen(&mut self, seen: &DeployActivity) {
        let was_dormant = self.is_dormant();
        let before = self.activity.clone();
        self.activity.join(seen);
        if self.activity == before {
            return;
        }
        let id = self.site.repository.id;
        self.changes.push(Change::DeployActivity(id, seen.clone()));
        if was_dormant != self.is_dormant() {
            self.changes.extend(concerned(id, self.site.path, Some(&self.site.environment.name)));
        }
    }

    /// Asks GitHub, once, for what was there before anybody listened.
    pub(super) async fn ask_who_deployed(&mut self) -> Result<(), WorkError> {
        if self.activity.asked_at.is_none() {
            let found = self.site.ctx.earlier_activity(self.site.repository).await?;
            self.seen(&found);
        }
        Ok(())
    }

    /// Makes sure that nobody deploys before a deploy is given up that nobody has taken up.
    pub(super) async fn be_sure_of_nobody(&mut self) -> Result<(), WorkError> {
        let site = self.site;
        let is_due = self.queue.next_expiry(site.limits()).is_some_and(|at| at <= site.ctx.now());
        let is_unheard = self.queue.under_way().is_some_and(|it| {
            let on_deployments = it.driver == DriverSettings::Deployment.as_str();
            it.state == DeployState::Requested && !it.handing_over && on_deployments
        });
        if !is_due || !is_unheard || !self.may_rest() {
            return Ok(());
        }
        self.ask_who_deployed().await?;
        if let Some(change) = site.ctx.look_for_workflow(site.repository, &self.activity).await? {
            if let Change::DeployWorkflow(_, workflow, seen) = &change {
                self.activity.workflow.clone_from(workflow);
                self.activity.workflows_seen = Some(seen.clone());
            }
            self.changes.push(change);
        }
        Ok(())
    }

    /// Lets those rest that were given up because nobody took them up, where nobody ever meant to.
    pub(super) fn rest(&mut self, given_up: &[u64]) {
        for &number in given_up {
            let unheard = self.queue.get(number).is_some_and(|it| {
                matches!(it.ending, Some(Ending::NotPickedUp { .. }))
                    && it.driver == DriverSettings::Deployment.as_str()
                    && !it.is_rollback()
            });
            if unheard && self.may_rest() {
                let now = self.site.ctx.now();
                self.queue.rest(number, now);
                self.seen(&DeployActivity { dormant_at: Some(now), ..DeployActivity::default() });
                tracing::info!(number, "nobody deploys here, so no more Deployments are made");
            }
        }
    }
}

/// Whose work depends on whether anybody deploys, beside the environment called `but`.
fn concerned(id: RepositoryId, path: &PromotionPath, but: Option<&str>) -> Vec<Change> {
    let others = path.environments.iter().filter(|it| but != Some(it.name.as_str()));
    let work_items = others.map(|it| WorkItem::Environment(id, (&it.name).into()));
    work_items.chain([WorkItem::Copy(id)]).map(Change::Mark).collect()
}

/// What statuses on Deployments to what is no environment of the path say: that somebody deploys something here.
pub(super) async fn spoken_elsewhere(
    ctx: &EngineContext,
    row: &RepositoryRow,
    path: &PromotionPath,
    events: &[DeploymentStatusEvent],
) -> Result<Vec<Change>, WorkError> {
    let by_others =
        |it: &&DeploymentStatusEvent| !ctx.api.said_it(&it.deployment_status) && !is_ours(it, row.id);
    if !events.iter().any(|it| by_others(&it))
        || ctx.store.deploy_activity(row.id).await?.reported_at.is_some()
    {
        return Ok(Vec::new());
    }
    let was_dormant = ctx.is_dormant(row, path).await?;
    let seen = DeployActivity { reported_at: Some(ctx.now()), ..DeployActivity::default() };
    let mut changes = vec![Change::DeployActivity(row.id, seen)];
    if was_dormant {
        changes.extend(concerned(row.id, path, None));
    }
    Ok(changes)
}

/// Whether the App's own bot speaks of a Deployment whose payload is the App's. GitHub does not always tell the App.
pub(super) fn is_ours(event: &DeploymentStatusEvent, id: RepositoryId) -> bool {
    let key = event.deployment.payload["deploy"].as_str().and_then(parse_key);
    key.is_some_and(|(repository, _, _)| repository == id.0) && event.is_by_the_bot_that_made_it()
}
