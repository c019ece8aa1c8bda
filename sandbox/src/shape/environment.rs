//! Environments, and what keeps their jobs.

use serde_json::{Value, json};

use super::repository::{api_url, html_url};
use super::{node_id, time};
use crate::model::{App, Environment, Repository, World};

/// `environment`. Of its own protection rules it names that people review its jobs.
pub(crate) fn environment(world: &World, repository: &Repository, number: u64, found: &Environment) -> Value {
    let rules: Vec<Value> = if found.reviewed {
        vec![json!({
            "id": number,
            "node_id": node_id("Gate", number),
            "type": "required_reviewers",
            "prevent_self_review": false,
            "reviewers": [],
        })]
    } else {
        Vec::new()
    };
    json!({
        "id": number,
        "node_id": node_id("Environment", number),
        "name": found.name,
        "url": format!("{}/environments/{}", api_url(world, repository), found.name),
        "html_url": format!("{}/deployments/activity_log?environments_filter={}", html_url(world, repository), found.name),
        "created_at": time(repository.created_at),
        "updated_at": time(repository.created_at),
        "protection_rules": rules,
        "deployment_branch_policy": null,
    })
}

/// `deployment-protection-rule` of an app.
pub(crate) fn protection_rule(world: &World, app: &App, enabled: bool) -> Value {
    json!({
        "id": app.id,
        "node_id": node_id("Gate", app.id),
        "enabled": enabled,
        "app": {
            "id": app.id,
            "slug": app.slug,
            "integration_url": format!("{}/apps/{}", world.urls.api, app.slug),
            "node_id": node_id("App", app.id),
        },
    })
}
