//! Rulesets and their rules.

use serde_json::{Value, json};

use super::repository::{api_url, html_url};
use super::{merge, node_id, time};
use crate::model::{BypassActor, BypassMode, Permission, Protection, ProtectionKind, Repository, World};

/// `repository-rule`, each.
fn rules(protection: &Protection) -> Vec<Value> {
    let rule = |kind: &str, parameters: Value| json!({ "type": kind, "parameters": parameters });
    let mut rules = Vec::new();
    if !protection.required.is_empty() {
        rules.push(rule("required_status_checks", required_checks(protection)));
    }
    if protection.methods.is_some() || protection.pull_request_required {
        rules.push(rule("pull_request", pull_request_rule(protection)));
    }
    if protection.updates_restricted {
        rules.push(rule("update", json!({ "update_allows_fetch_and_merge": false })));
    }
    if protection.queue {
        rules.push(rule("merge_queue", queue_rule(&protection.queue_method)));
    }
    for (holds, kind) in
        [(protection.deletion_forbidden, "deletion"), (protection.force_pushes_forbidden, "non_fast_forward")]
    {
        if holds {
            rules.push(json!({ "type": kind }));
        }
    }
    rules
}

fn queue_rule(method: &str) -> Value {
    json!({
        "check_response_timeout_minutes": 60,
        "grouping_strategy": "ALLGREEN",
        "max_entries_to_build": 5,
        "max_entries_to_merge": 5,
        "merge_method": method,
        "min_entries_to_merge": 1,
        "min_entries_to_merge_wait_minutes": 5,
    })
}

fn required_checks(protection: &Protection) -> Value {
    let required: Vec<Value> = protection
        .required
        .iter()
        .map(|check| match check.app {
            Some(app) => json!({ "context": check.context, "integration_id": app }),
            None => json!({ "context": check.context }),
        })
        .collect();
    json!({
        "required_status_checks": required,
        "strict_required_status_checks_policy": protection.strict,
        "do_not_enforce_on_create": false,
    })
}

fn pull_request_rule(protection: &Protection) -> Value {
    let every = || ["merge", "squash", "rebase"].map(str::to_owned).to_vec();
    let methods = protection.methods.clone().unwrap_or_else(every);
    json!({
        "allowed_merge_methods": methods,
        "dismiss_stale_reviews_on_push": protection.dismisses_stale,
        "require_code_owner_review": false,
        "require_last_push_approval": false,
        "required_approving_review_count": protection.approvals,
        "required_review_thread_resolution": false,
    })
}

/// Where a ruleset is written down: a word for it, and the name.
fn source(world: &World, repository: &Repository, protection: &Protection) -> (&'static str, String) {
    match protection.kind {
        ProtectionKind::OrganizationRuleset => ("Organization", world.login(repository.owner)),
        _ => ("Repository", world.full_name(repository)),
    }
}

/// `repository-rule-detailed`, each.
pub(crate) fn branch_rules(world: &World, repository: &Repository, protection: &Protection) -> Vec<Value> {
    let (kind, name) = source(world, repository, protection);
    let mut rules = rules(protection);
    for rule in &mut rules {
        let of = json!({
            "ruleset_source_type": kind,
            "ruleset_source": name,
            "ruleset_id": protection.id,
        });
        merge(rule, of);
    }
    rules
}

/// `repository-ruleset`, as lists carry it.
pub(crate) fn ruleset_simple(
    world: &World,
    repository: &Repository,
    branch: &str,
    protection: &Protection,
) -> Value {
    let (id, (kind, name)) = (protection.id, source(world, repository, protection));
    let (api, html) = match protection.kind {
        ProtectionKind::OrganizationRuleset => (
            format!("{}/orgs/{name}/rulesets/{id}", world.urls.api),
            format!("{}/organizations/{name}/settings/rules/{id}", world.urls.html),
        ),
        _ => (
            format!("{}/rulesets/{id}", api_url(world, repository)),
            format!("{}/rules/{id}", html_url(world, repository)),
        ),
    };
    json!({
        "id": id,
        "name": format!("Protect {branch}"),
        "target": "branch",
        "source_type": kind,
        "source": name,
        "enforcement": "active",
        "node_id": node_id("RepositoryRuleset", id),
        "_links": { "self": { "href": api }, "html": { "href": html } },
        "created_at": time(repository.created_at),
        "updated_at": time(repository.created_at),
    })
}

/// `repository-ruleset`, without what depends on who asks.
pub(crate) fn ruleset(
    world: &World,
    repository: &Repository,
    branch: &str,
    protection: &Protection,
) -> Value {
    let mut shaped = ruleset_simple(world, repository, branch, protection);
    let rest = json!({
        "conditions": { "ref_name": { "include": [format!("refs/heads/{branch}")], "exclude": [] } },
        "rules": rules(protection),
    });
    merge(&mut shaped, rest);
    shaped
}

/// `current_user_can_bypass`.
pub(crate) fn bypass(mode: Option<BypassMode>) -> Value {
    json!(match mode {
        None => "never",
        Some(BypassMode::Always) => "always",
        Some(BypassMode::PullRequests) => "pull_requests_only",
        Some(BypassMode::Exempt) => "exempt",
    })
}

/// `repository-ruleset-bypass-actor`, each.
pub(crate) fn bypass_actors(protection: &Protection) -> Value {
    let shaped = protection.bypasses.iter().map(|bypass| {
        let (kind, id) = match bypass.actor {
            BypassActor::App(app) => ("Integration", app),
            // GitHub numbers its own roles.
            BypassActor::Role(Permission::Admin) => ("RepositoryRole", 5),
            BypassActor::Role(Permission::Maintain) => ("RepositoryRole", 2),
            BypassActor::Role(_) => ("RepositoryRole", 4),
        };
        let mode = match bypass.mode {
            BypassMode::Always => "always",
            BypassMode::PullRequests => "pull_request",
            BypassMode::Exempt => "exempt",
        };
        json!({ "actor_id": id, "actor_type": kind, "bypass_mode": mode })
    });
    shaped.collect()
}
