//! Environments and the apps that watch over their jobs.

use serde_json::{Value, json};

use super::paging::page;
use super::{Answer, Call, Reply};
use crate::Refused;
use crate::model::{Level, folded};
use crate::shape;

const READ: [(&str, Level); 1] = [("actions", Level::Read)];

/// `GET /repos/{owner}/{repo}/environments`
pub(crate) async fn list(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let all: Vec<Value> = call.shaped(id, |world, found| {
        let own = world.environments.iter().filter(|((of, _), _)| *of == id);
        let numbered = (1_u64..).zip(own);
        Some(numbered.map(|(number, (_, it))| shape::environment(world, found, number, it)).collect())
    })?;
    let page = page(&call, all);
    let body = json!({ "total_count": page.total, "environments": page.items });
    Ok(Reply { status: 200, body: Some(body), link: page.link, raw: None })
}

/// `GET /repos/{owner}/{repo}/environments/{environment}/deployment_protection_rules`: those of apps.
pub(crate) async fn protection_rules(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let key = (id, folded(call.param("environment")));
    call.hub.with(|world| {
        let environment = world.environments.get(&key).ok_or_else(Refused::not_found)?;
        let apps = environment.watched_by.iter().filter_map(|(app, on)| Some((world.apps.get(app)?, *on)));
        let rules: Vec<Value> = apps.map(|(app, on)| shape::protection_rule(world, app, on)).collect();
        Ok(Reply::ok(json!({ "total_count": rules.len(), "custom_deployment_protection_rules": rules })))
    })
}
