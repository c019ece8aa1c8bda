//! Jobs that wait for apps to let them deploy: GitHub's custom deployment protection rules.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Actor;
use super::actions::{NewRun, declare, start};
use super::deploys::{self, NewDeployment};
use super::runs::{begin, end};
use crate::Refused;
use crate::hub::Hub;
use crate::model::{Review, World};
use crate::shape;
use crate::webhooks::{Event, Scope};

/// The workflow whose job waits.
const FILE: &str = "release.yml";

/// A job that comes to an environment whose protection asks apps.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) environment: String,
    /// The branch's name, or the commit's if no branch was named.
    pub(crate) git_ref: String,
    pub(crate) sha: String,
    /// What made the workflow run.
    pub(crate) event: String,
}

/// A job waits, and the apps that watch over deployments are asked; answers its run's id.
pub(crate) async fn wait(hub: &Hub, repository: u64, waiting: Waiting, actor: Actor) -> Result<u64, Refused> {
    let workflow = declare(hub, repository, FILE);
    let run = NewRun {
        workflow,
        event: waiting.event.clone(),
        branch: waiting.git_ref.clone(),
        sha: waiting.sha.clone(),
        inputs: BTreeMap::new(),
        status: "waiting",
    };
    let run = start(hub, run, actor).await?;
    let new = NewDeployment::new(&waiting.sha, &waiting.git_ref, &waiting.environment);
    let deployment = deploys::create(hub, repository, new, actor)?;
    hub.with(|world| {
        if let Some(found) = world.workflow_runs.get_mut(&run) {
            found.waits = Some(deployment);
        }
        ask(world, run, &waiting, actor.account);
    });
    Ok(run)
}

fn ask(world: &mut World, run: u64, waiting: &Waiting, sender: u64) {
    let deployment = world.workflow_runs.get(&run).and_then(|found| found.waits);
    let Some(deployment) = deployment.and_then(|id| world.deployments.get(&id)) else {
        return;
    };
    let repository = deployment.repository;
    let Some(home) = world.repository(repository) else {
        return;
    };
    let pulls = world.pulls_at(repository, &waiting.sha).into_iter();
    let pulls: Vec<Value> = pulls.map(|pull| shape::pull(world, home, pull)).collect();
    let url = shape::run_url(world, home, run);
    let fields = json!({
        "environment": deployment.environment,
        "event": waiting.event,
        "deployment_callback_url": format!("{url}/deployment_protection_rule"),
        "deployment": shape::deployment(world, home, deployment),
        "pull_requests": pulls,
    });
    let scope = Scope::Repository(repository);
    let name = "deployment_protection_rule";
    world.emit(&Event { name, action: Some("requested"), scope, sender, fields });
}

/// An app says something about a waiting job: lets it go on, stops it, or only comments.
pub(crate) fn review(hub: &Hub, repository: u64, run: u64, review: Review) -> Result<(), Refused> {
    hub.with(|world| {
        let found = world.workflow_runs.get(&run).filter(|found| found.repository == repository);
        let found = found.ok_or_else(Refused::not_found)?;
        let waits = found.waits.and_then(|id| world.deployments.get(&id));
        let meant = waits.is_some_and(|deployment| deployment.goes_to(&review.environment));
        if !meant || found.status != "waiting" {
            let sentence = format!("No job waits for the environment {}.", review.environment);
            return Err(Refused::new(422, sentence));
        }
        let state = review.state.clone();
        if let Some(found) = world.workflow_runs.get_mut(&run) {
            found.reviews.push(review);
        }
        match state.as_deref() {
            Some("approved") => begin(world, run),
            Some("rejected") => end(world, run, "failure"),
            _ => Ok(()),
        }
    })
}
