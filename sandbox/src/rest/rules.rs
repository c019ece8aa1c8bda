//! Rulesets, and the rules that hold for a branch.

use super::paging::array;
use super::{Answer, Call, Reply};
use crate::model::{Level, Protection, ProtectionKind, Repository};
use crate::shape;

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
