//! Deployments and their statuses.

use serde_json::{Value, json};

use super::repository::api_url;
use super::{app, merge, node_id, time, user};
use crate::model::{Deployment, DeploymentStatus, Repository, World};

fn via(world: &World, id: Option<u64>) -> Value {
    id.and_then(|id| world.apps.get(&id)).map_or(Value::Null, |found| app(world, found))
}

/// `deployment`.
pub(crate) fn deployment(world: &World, repository: &Repository, subject: &Deployment) -> Value {
    let mut shaped = webhook_deployment(world, repository, subject);
    merge(&mut shaped, json!({ "performed_via_github_app": via(world, subject.app) }));
    shaped
}

/// The deployment of a webhook.
pub(crate) fn webhook_deployment(world: &World, repository: &Repository, subject: &Deployment) -> Value {
    let api = api_url(world, repository);
    let url = format!("{api}/deployments/{}", subject.id);
    json!({
        "id": subject.id,
        "node_id": node_id("Deployment", subject.id),
        "url": url,
        "statuses_url": format!("{url}/statuses"),
        "repository_url": api,
        "sha": subject.sha,
        "ref": subject.git_ref,
        "task": subject.task,
        "payload": subject.payload,
        "environment": subject.environment,
        "original_environment": subject.original_environment,
        "description": subject.description,
        "creator": user(world, subject.creator),
        "created_at": time(subject.created_at),
        "updated_at": time(subject.updated_at),
        "transient_environment": subject.transient,
        "production_environment": subject.production,
    })
}

/// `deployment-status`.
pub(crate) fn deployment_status(
    world: &World,
    repository: &Repository,
    deployment: u64,
    subject: &DeploymentStatus,
) -> Value {
    let mut shaped = webhook_deployment_status(world, repository, deployment, subject);
    merge(&mut shaped, json!({ "performed_via_github_app": via(world, subject.app) }));
    shaped
}

/// The deployment status of a webhook.
pub(crate) fn webhook_deployment_status(
    world: &World,
    repository: &Repository,
    deployment: u64,
    subject: &DeploymentStatus,
) -> Value {
    let api = api_url(world, repository);
    json!({
        "id": subject.id,
        "node_id": node_id("DeploymentStatus", subject.id),
        "url": format!("{api}/deployments/{deployment}/statuses/{}", subject.id),
        "deployment_url": format!("{api}/deployments/{deployment}"),
        "repository_url": api,
        "state": subject.state,
        "environment": subject.environment,
        "description": subject.description,
        "target_url": subject.log_url,
        "log_url": subject.log_url,
        "environment_url": subject.environment_url,
        "creator": user(world, subject.creator),
        "created_at": time(subject.created_at),
        "updated_at": time(subject.created_at),
    })
}
