//! Deploys that somebody else carries out, as far as GitHub tells of them.

use serde_json::{Value, json};

use crate::Refused;
use crate::hub::Hub;
use crate::model::{Kind, Repository, World};
use crate::shape;
use crate::webhooks::{Event, Scope};

/// What was deployed, where, and how that went.
#[derive(Debug)]
pub(crate) struct Deploy {
    pub(crate) sha: String,
    pub(crate) git_ref: String,
    pub(crate) environment: String,
    pub(crate) state: String,
}

/// Tells that a deployment was made and how it ended.
pub(crate) fn report(hub: &Hub, repository: u64, deploy: &Deploy, sender: u64) -> Result<(), Refused> {
    hub.with(|world| {
        let (deployment, status) = (world.next(Kind::Deployment), world.next(Kind::Deployment));
        let home = world.repository(repository).ok_or_else(Refused::not_found)?;
        let fields = json!({
            "deployment": deployment_shape(world, home, deploy, (deployment, sender)),
            "deployment_status": status_shape(world, home, deploy, (deployment, status, sender)),
            "check_run": null,
            "workflow": null,
            "workflow_run": null,
        });
        let scope = Scope::Repository(repository);
        world.emit(&Event { name: "deployment_status", action: Some("created"), scope, sender, fields });
        Ok(())
    })
}

fn deployment_shape(world: &World, home: &Repository, deploy: &Deploy, (id, sender): (u64, u64)) -> Value {
    let url = format!("{}/repos/{}/deployments/{id}", world.urls.api, world.full_name(home));
    json!({
        "id": id,
        "node_id": shape::node_id("Deployment", id),
        "url": url,
        "statuses_url": format!("{url}/statuses"),
        "repository_url": format!("{}/repos/{}", world.urls.api, world.full_name(home)),
        "sha": deploy.sha,
        "ref": deploy.git_ref,
        "task": "deploy",
        "payload": {},
        "environment": deploy.environment,
        "original_environment": deploy.environment,
        "description": null,
        "creator": shape::user(world, sender),
        "created_at": shape::time(world.now),
        "updated_at": shape::time(world.now),
        "transient_environment": false,
        "production_environment": deploy.environment == "production",
    })
}

fn status_shape(
    world: &World,
    home: &Repository,
    deploy: &Deploy,
    (deployment, id, sender): (u64, u64, u64),
) -> Value {
    let api = format!("{}/repos/{}", world.urls.api, world.full_name(home));
    json!({
        "id": id,
        "node_id": shape::node_id("DeploymentStatus", id),
        "url": format!("{api}/deployments/{deployment}/statuses/{id}"),
        "deployment_url": format!("{api}/deployments/{deployment}"),
        "repository_url": api,
        "state": deploy.state,
        "environment": deploy.environment,
        "description": "",
        "target_url": "",
        "creator": shape::user(world, sender),
        "created_at": shape::time(world.now),
        "updated_at": shape::time(world.now),
    })
}
