//! Rulesets, and the rules that hold for a branch.

use serde_json::Value;

use super::paging::array;
use super::{Answer, Call, Reply};
use crate::Refused;
use crate::model::{
    Bypass, BypassActor, BypassMode, Kind, Level, Protection, ProtectionKind, Repository, RequiredCheck,
};
use crate::shape;

const ADMINISTRATION: [(&str, Level); 1] = [("administration", Level::Write)];
const METADATA: [(&str, Level); 1] = [("metadata", Level::Read)];

/// The branches of a repository that rulesets protect.
fn rulesets(repository: &Repository) -> impl Iterator<Item = (&String, &Protection)> {
    repository.protections.iter().filter(|(_, protection)| protection.kind != ProtectionKind::Classic)
}

/// `GET /repos/{owner}/{repo}/rules/branches/{branch}`
pub(crate) async fn of_branch(call: Call) -> Answer {
    let id = call.repository(&METADATA)?;
    let branch = call.param("branch");
    let all = call.shaped(id, |world, found| {
        let own = rulesets(found).filter(|(name, _)| *name == branch);
        Some(own.flat_map(|(_, protection)| shape::branch_rules(world, found, protection)).collect())
    })?;
    Ok(array(&call, all))
}

/// `GET /repos/{owner}/{repo}/rulesets`: without their rules. Those of the owner are among them unless told otherwise.
pub(crate) async fn list(call: Call) -> Answer {
    let id = call.repository(&METADATA)?;
    let parents = call.query.get("includes_parents").is_none_or(|word| word != "false");
    let all = call.shaped(id, |world, found| {
        let own = rulesets(found).filter(|(_, it)| parents || it.kind == ProtectionKind::Ruleset);
        Some(own.map(|(branch, it)| shape::ruleset_simple(world, found, branch, it)).collect())
    })?;
    Ok(array(&call, all))
}

/// `GET /repos/{owner}/{repo}/rulesets/{ruleset}`: who may bypass it is told to those who could change it.
pub(crate) async fn show(call: Call) -> Answer {
    let id = call.repository(&METADATA)?;
    let ruleset = call.number("ruleset")?;
    let app = call.actor()?.app;
    let writes = call.token()?.grants("administration", Level::Write);
    call.shaped(id, |world, found| {
        let (branch, protection) = rulesets(found).find(|(_, protection)| protection.id == ruleset)?;
        let mut shaped = shape::ruleset(world, found, branch, protection);
        shaped["current_user_can_bypass"] = shape::bypass(app.and_then(|app| protection.bypass_of(app)));
        if writes {
            shaped["bypass_actors"] = shape::bypass_actors(protection);
        }
        Some(shaped)
    })
    .map(Reply::ok)
}

/// `POST /repos/{owner}/{repo}/rulesets`, for one branch by its name. The stand-in keeps one ruleset for each branch: where
/// there is one, the rules join it.
pub(crate) async fn create(call: Call) -> Answer {
    let id = call.repository(&ADMINISTRATION)?;
    call.needed("name")?;
    let included = call.body()?["conditions"]["ref_name"]["include"].as_array().map(Vec::as_slice);
    let branch = match included {
        Some([one]) => one.as_str().and_then(|name| name.strip_prefix("refs/heads/")),
        _ => None,
    };
    let branch =
        branch.ok_or_else(|| Refused::unprocessable("the stand-in takes rulesets for one branch"))?;
    let body = call.body()?.clone();
    let ruleset = call.hub.with(|world| {
        let number = world.next(Kind::Ruleset);
        let found = world.repositories.get_mut(&id).ok_or_else(Refused::not_found)?;
        let protection =
            found.protections.entry(branch.to_owned()).or_insert_with(|| Protection::new(number));
        apply(protection, &body)?;
        Ok::<_, Refused>(protection.id)
    })?;
    shaped(&call, id, ruleset).map(Reply::created)
}

/// `PUT /repos/{owner}/{repo}/rulesets/{ruleset}`: the rules and the bypass list that are sent take the place of what was
/// there.
pub(crate) async fn change(call: Call) -> Answer {
    let id = call.repository(&ADMINISTRATION)?;
    let (number, body) = (call.number("ruleset")?, call.body()?.clone());
    call.hub.with(|world| {
        let found = world.repositories.get_mut(&id).ok_or_else(Refused::not_found)?;
        let protection = found.protections.values_mut().find(|it| it.id == number);
        let protection = protection.ok_or_else(Refused::not_found)?;
        if body["rules"].is_array() {
            let kept = Protection { kind: protection.kind, ..Protection::new(number) };
            let bypasses = std::mem::replace(protection, kept).bypasses;
            protection.bypasses = bypasses;
        }
        if body["bypass_actors"].is_array() {
            protection.bypasses.clear();
        }
        apply(protection, &body)
    })?;
    shaped(&call, id, number).map(Reply::ok)
}

fn shaped(call: &Call, id: u64, number: u64) -> Result<Value, Refused> {
    call.shaped(id, |world, found| {
        let (branch, protection) = rulesets(found).find(|(_, protection)| protection.id == number)?;
        Some(shape::ruleset(world, found, branch, protection))
    })
}

/// Adds rules and bypasses to what protects a branch.
fn apply(protection: &mut Protection, body: &Value) -> Result<(), Refused> {
    let list = |name: &str| body[name].as_array().cloned().unwrap_or_default();
    for rule in list("rules") {
        let parameters = &rule["parameters"];
        match rule["type"].as_str().unwrap_or_default() {
            "deletion" => protection.deletion_forbidden = true,
            "non_fast_forward" => protection.force_pushes_forbidden = true,
            "update" => protection.updates_restricted = true,
            "required_status_checks" => require(protection, parameters),
            "pull_request" => {
                let allowed = parameters["allowed_merge_methods"].as_array();
                let words =
                    |all: &Vec<Value>| all.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect();
                protection.methods = allowed.map(words);
                protection.pull_request_required = true;
                let approvals = parameters["required_approving_review_count"].as_u64().unwrap_or_default();
                protection.approvals = usize::try_from(approvals).unwrap_or_default();
                protection.dismisses_stale = parameters["dismiss_stale_reviews_on_push"] == true;
            }
            "merge_queue" => {
                protection.queue = true;
                parameters["merge_method"]
                    .as_str()
                    .unwrap_or("MERGE")
                    .clone_into(&mut protection.queue_method);
            }
            other => return Err(Refused::unprocessable(format!("the stand-in plays no rule {other:?}"))),
        }
    }
    for actor in list("bypass_actors").iter().filter(|it| it["actor_type"] == "Integration") {
        let mode = match actor["bypass_mode"].as_str() {
            Some("pull_request") => BypassMode::PullRequests,
            Some("exempt") => BypassMode::Exempt,
            _ => BypassMode::Always,
        };
        let app = actor["actor_id"].as_u64().unwrap_or_default();
        protection.bypasses.push(Bypass { actor: BypassActor::App(app), mode });
    }
    Ok(())
}

fn require(protection: &mut Protection, parameters: &Value) {
    protection.strict = parameters["strict_required_status_checks_policy"] == true;
    for check in parameters["required_status_checks"].as_array().into_iter().flatten() {
        let context = check["context"].as_str().unwrap_or_default().to_owned();
        let required = RequiredCheck { context, app: check["integration_id"].as_u64() };
        if !protection.required.contains(&required) {
            protection.required.push(required);
        }
    }
}
