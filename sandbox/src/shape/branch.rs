//! Branches and their protection.

use serde_json::{Value, json};

use super::commit;
use super::repository::{api_url, html_url};
use crate::git::CommitInfo;
use crate::model::{ProtectionKind, Repository, World};

fn protection(world: &World, repository: &Repository, branch: &str) -> Value {
    let api = format!("{}/branches/{branch}/protection", api_url(world, repository));
    // Rulesets are told elsewhere.
    let found = repository.protections.get(branch).filter(|it| it.kind == ProtectionKind::Classic);
    let required = found.map(|found| found.required.as_slice()).unwrap_or_default();
    let contexts: Vec<&str> = required.iter().map(|check| check.context.as_str()).collect();
    let checks: Vec<Value> =
        required.iter().map(|check| json!({ "context": check.context, "app_id": check.app })).collect();
    let level = if found.is_some() { "non_admins" } else { "off" };
    json!({
        "url": api,
        // Of rulesets it tells no more than that the branch is protected.
        "enabled": found.is_some_and(|found| found.kind == ProtectionKind::Classic),
        "required_status_checks": {
            "url": format!("{api}/required_status_checks"),
            "contexts_url": format!("{api}/required_status_checks/contexts"),
            "strict": found.is_some_and(|found| found.strict),
            "enforcement_level": level,
            "contexts": contexts,
            "checks": checks,
        },
    })
}

/// `short-branch`.
pub(crate) fn short_branch(world: &World, repository: &Repository, name: &str, sha: &str) -> Value {
    let api = api_url(world, repository);
    json!({
        "name": name,
        "commit": { "sha": sha, "url": format!("{api}/commits/{sha}") },
        "protected": repository.protections.contains_key(name),
        "protection": protection(world, repository, name),
        "protection_url": format!("{api}/branches/{name}/protection"),
    })
}

/// `branch-with-protection`.
pub(crate) fn branch(world: &World, repository: &Repository, name: &str, tip: &CommitInfo) -> Value {
    let api = api_url(world, repository);
    json!({
        "name": name,
        "commit": commit(world, repository, tip),
        "_links": {
            "self": format!("{api}/branches/{name}"),
            "html": format!("{}/tree/{name}", html_url(world, repository)),
        },
        "protected": repository.protections.contains_key(name),
        "protection": protection(world, repository, name),
        "protection_url": format!("{api}/branches/{name}/protection"),
    })
}
