//! Refs: read, made, moved, deleted.

use serde_json::Value;

use super::paging::array;
use super::{Answer, Call, Reply};
use crate::Refused;
use crate::acts::refs::move_refs;
use crate::git::{is_sha, valid_branch};
use crate::model::{Level, Protection};
use crate::shape;

const READ: [(&str, Level); 1] = [("contents", Level::Read)];
const WRITE: [(&str, Level); 1] = [("contents", Level::Write)];

fn shaped(call: &Call, id: u64, name: &str) -> Result<Value, Refused> {
    call.shaped(id, |world, found| {
        let sha = found.refs.get(name)?;
        Some(shape::git_ref(world, found, name, sha))
    })
}

/// `GET /repos/{owner}/{repo}/git/ref/{ref}`
pub(crate) async fn show(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let name = format!("refs/{}", call.param("name"));
    shaped(&call, id, &name).map(Reply::ok)
}

/// `GET /repos/{owner}/{repo}/git/matching-refs/{ref}`
pub(crate) async fn matching(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let start = format!("refs/{}", call.param("name"));
    let all = call.shaped(id, |world, found| {
        let listed = found.refs.iter().filter(|(name, _)| name.starts_with(&start));
        Some(listed.map(|(name, sha)| shape::git_ref(world, found, name, sha)).collect())
    })?;
    Ok(array(&call, all))
}

async fn known_commit(call: &Call, id: u64, sha: &str) -> Result<(), Refused> {
    if !is_sha(sha) {
        return Err(Refused::unprocessable(
            "The sha parameter must be exactly 40 characters and contain only [0-9a-f].",
        ));
    }
    match call.hub.git.resolve(id, sha).await? {
        Some(_) => Ok(()),
        None => Err(Refused::new(422, "Object does not exist")),
    }
}

/// Insists that the branch's protection lets the app through.
fn unprotected(call: &Call, id: u64, name: &str) -> Result<(), Refused> {
    let app = call.actor()?.app;
    let broken = call.shaped(id, |_, found| Some(found.refuses(name, app)))?;
    broken.map_or(Ok(()), |sentence| Err(Refused::new(422, sentence)))
}

/// Insists that no rule of this kind holds for a branch, unless the app is let through.
fn ruled(
    call: &Call,
    id: u64,
    name: &str,
    forbids: impl Fn(&Protection) -> bool,
    sentence: &str,
) -> Result<(), Refused> {
    let app = call.actor()?.app.unwrap_or_default();
    let branch = name.strip_prefix("refs/heads/").unwrap_or_default();
    let broken = call.shaped(id, |_, found| {
        let protection = found.protections.get(branch);
        Some(protection.is_some_and(|it| forbids(it) && !it.lets_through(app, false)))
    })?;
    if broken {
        return Err(Refused::new(422, format!("Repository rule violations found\n\n{sentence}\n\n")));
    }
    Ok(())
}

/// Insists on the permission `workflows` if a ref comes to commits that touch workflows; a new ref to
/// such as are on no branch yet.
async fn touches_no_workflow(call: &Call, id: u64, before: Option<&str>, sha: &str) -> Result<(), Refused> {
    if call.token()?.grants("workflows", Level::Write) {
        return Ok(());
    }
    let known = match before {
        Some(before) => vec![format!("^{before}")],
        None => call.shaped(id, |_, found| {
            Some(found.branches().map(|(_, tip)| format!("^{tip}")).collect::<Vec<_>>())
        })?,
    };
    let mut args = vec!["rev-list", "--max-count=1", sha];
    args.extend(known.iter().map(String::as_str));
    args.extend(["--", ".github/workflows"]);
    let touching = call.hub.git.run(id, &args).await?;
    if touching.is_empty() {
        Ok(())
    } else {
        Err(Refused::forbidden_without("contents=write,workflows=write".to_owned()))
    }
}

/// `POST /repos/{owner}/{repo}/git/refs`
pub(crate) async fn create(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let (name, sha) = (call.needed("ref")?, call.needed("sha")?);
    let branch = name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/tags/"));
    if !branch.is_some_and(valid_branch) {
        return Err(Refused::new(422, format!("{name} is not a valid ref name.")));
    }
    known_commit(&call, id, &sha).await?;
    let actor = call.actor()?;
    let guard = call.hub.lock(id).await;
    if shaped(&call, id, &name).is_ok() {
        return Err(Refused::new(422, "Reference already exists"));
    }
    unprotected(&call, id, &name)?;
    touches_no_workflow(&call, id, None, &sha).await?;
    move_refs(&call.hub, id, vec![(name.clone(), Some(sha))], actor.account, None).await?;
    drop(guard);
    shaped(&call, id, &name).map(Reply::created)
}

/// `PATCH /repos/{owner}/{repo}/git/refs/{ref}`
pub(crate) async fn update(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let name = format!("refs/{}", call.param("name"));
    let sha = call.needed("sha")?;
    let force = call.body()?["force"].as_bool().unwrap_or(false);
    known_commit(&call, id, &sha).await?;
    let actor = call.actor()?;
    let guard = call.hub.lock(id).await;
    let before = call.shaped(id, |_, found| Some(found.refs.get(&name).cloned()))?;
    let Some(before) = before.filter(|_| !name.starts_with("refs/pull/")) else {
        return Err(Refused::new(422, "Reference does not exist"));
    };
    if !force && !call.hub.git.contains(id, &sha, &before).await? {
        return Err(Refused::new(422, "Update is not a fast forward"));
    }
    unprotected(&call, id, &name)?;
    if force && !call.hub.git.contains(id, &sha, &before).await? {
        ruled(&call, id, &name, |rules| rules.force_pushes_forbidden, "Cannot force-push to this branch")?;
    }
    touches_no_workflow(&call, id, Some(&before), &sha).await?;
    move_refs(&call.hub, id, vec![(name.clone(), Some(sha))], actor.account, None).await?;
    drop(guard);
    shaped(&call, id, &name).map(Reply::ok)
}

/// `DELETE /repos/{owner}/{repo}/git/refs/{ref}`
pub(crate) async fn delete(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let name = format!("refs/{}", call.param("name"));
    let actor = call.actor()?;
    let _guard = call.hub.lock(id).await;
    if shaped(&call, id, &name).is_err() || name.starts_with("refs/pull/") {
        return Err(Refused::new(422, "Reference does not exist"));
    }
    unprotected(&call, id, &name)?;
    ruled(&call, id, &name, |rules| rules.deletion_forbidden, "Cannot delete this branch")?;
    move_refs(&call.hub, id, vec![(name, None)], actor.account, None).await?;
    Ok(Reply::empty())
}
