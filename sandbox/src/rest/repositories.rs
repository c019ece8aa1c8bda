//! Repositories, branches, and who may do what.

use super::paging::array;
use super::{Answer, Call, Reply};
use crate::Refused;
use crate::model::{AccountKind, Level, Permission};
use crate::shape;

const METADATA: [(&str, Level); 1] = [("metadata", Level::Read)];
const ADMINISTRATION: [(&str, Level); 1] = [("administration", Level::Write)];
const CONTENTS: [(&str, Level); 1] = [("contents", Level::Read)];

/// `GET /repos/{owner}/{repo}`
pub(crate) async fn show(call: Call) -> Answer {
    let id = call.repository(&METADATA)?;
    call.shaped(id, |world, found| Some(shape::full(world, found))).map(Reply::ok)
}

/// `PATCH /repos/{owner}/{repo}`: of its settings those that say how pull requests are merged.
pub(crate) async fn change(call: Call) -> Answer {
    let id = call.repository(&ADMINISTRATION)?;
    let body = call.body()?;
    let said = |name: &str| body[name].as_bool();
    let methods = [
        ("merge", said("allow_merge_commit")),
        ("squash", said("allow_squash_merge")),
        ("rebase", said("allow_rebase_merge")),
    ];
    call.hub.with(|world| {
        let found = world.repositories.get_mut(&id).ok_or_else(Refused::not_found)?;
        found.deletes_heads = said("delete_branch_on_merge").unwrap_or(found.deletes_heads);
        for (method, allowed) in methods.iter().filter_map(|(method, said)| Some((*method, (*said)?))) {
            found.methods.retain(|it| it != method);
            if allowed {
                found.methods.push(method.to_owned());
            }
        }
        Ok(())
    })?;
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

/// `GET /repos/{owner}/{repo}/collaborators/{login}`: 204 for whom somebody has let in, 404 for everybody else.
pub(crate) async fn collaborator(call: Call) -> Answer {
    let id = call.repository(&METADATA)?;
    let login = call.param("login");
    call.hub.with(|world| {
        let found = world.repository(id).ok_or_else(Refused::not_found)?;
        let account = world.account_named(login).filter(|it| it.kind == AccountKind::User);
        let account = account.ok_or_else(Refused::not_found)?;
        if found.collaborators.contains_key(&account.id) {
            Ok(Reply::empty())
        } else {
            Err(Refused::not_found())
        }
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
