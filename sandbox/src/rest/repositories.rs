//! Repositories, branches, their rules, and who may do what.

use serde_json::{Value, json};

use super::paging::array;
use super::{Answer, Call, Reply};
use crate::Refused;
use crate::model::{AccountKind, Level, Permission, Protection, ProtectionKind};
use crate::shape;

const METADATA: [(&str, Level); 1] = [("metadata", Level::Read)];
const CONTENTS: [(&str, Level); 1] = [("contents", Level::Read)];

/// `GET /repos/{owner}/{repo}`
pub(crate) async fn show(call: Call) -> Answer {
    let id = call.repository(&METADATA)?;
    call.shaped(id, |world, found| Some(shape::full(world, found))).map(Reply::ok)
}

/// `GET /repos/{owner}/{repo}/branches`
pub(crate) async fn branches(call: Call) -> Answer {
    let id = call.repository(&CONTENTS)?;
    let protected = call.query.get("protected").map(|word| word == "true");
    let all = call.shaped(id, |world, found| {
        let listed = found.branches().filter(|(name, _)| {
            protected.is_none_or(|wanted| found.protections.contains_key(*name) == wanted)
        });
        Some(listed.map(|(name, sha)| shape::short_branch(world, found, name, sha)).collect())
    })?;
    Ok(array(&call, all))
}

/// `GET /repos/{owner}/{repo}/branches/{branch}`
pub(crate) async fn branch(call: Call) -> Answer {
    let id = call.repository(&CONTENTS)?;
    let name = call.param("branch");
    let missing = || Refused::new(404, "Branch not found");
    let tip = call.shaped(id, |_, found| Some(found.branch(name).map(str::to_owned)))?;
    let tip = tip.ok_or_else(missing)?;
    let info = call.hub.git.commit_info(id, &tip).await?.ok_or_else(missing)?;
    call.shaped(id, |world, found| Some(shape::branch(world, found, name, &info))).map(Reply::ok)
}

/// `GET /repos/{owner}/{repo}/rules/branches/{branch}`
pub(crate) async fn rules(call: Call) -> Answer {
    let id = call.repository(&METADATA)?;
    let branch = call.param("branch");
    let all: Vec<Value> = call.shaped(id, |world, found| {
        let Some(protection) = found.protections.get(branch).filter(|it| it.kind == ProtectionKind::Ruleset)
        else {
            return Some(Vec::new());
        };
        let rule = |kind: &str, parameters: Value| {
            json!({
                "type": kind,
                "ruleset_source_type": "Repository",
                "ruleset_source": world.full_name(found),
                "ruleset_id": found.id,
                "parameters": parameters,
            })
        };
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
        Some(rules)
    })?;
    Ok(array(&call, all))
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
        "dismiss_stale_reviews_on_push": false,
        "require_code_owner_review": false,
        "require_last_push_approval": false,
        "required_approving_review_count": 0,
        "required_review_thread_resolution": false,
    })
}

/// `GET /repos/{owner}/{repo}/collaborators/{login}/permission`: of a stranger 404 where it is private, `read` where it is
/// public.
pub(crate) async fn permission(call: Call) -> Answer {
    let id = call.repository(&METADATA)?;
    let login = call.param("login");
    call.hub.with(|world| {
        let found = world.repository(id).ok_or_else(Refused::not_found)?;
        let account = world.account_named(login).filter(|it| it.kind != AccountKind::Organization);
        let account = account.ok_or_else(|| Refused::new(404, format!("{login} is not a user")))?;
        let bot = account.kind == AccountKind::Bot;
        if !bot && world.permission_of(found, account.id) == Permission::None {
            return Err(Refused::not_found());
        }
        Ok(Reply::ok(shape::collaborator(world, found, account)))
    })
}
