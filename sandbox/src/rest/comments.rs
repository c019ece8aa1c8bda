//! Comments on pull requests and issues, and the lock on them.
//!
//! Both have an issue's address, but GitHub checks the permission of the thing itself: `pull_requests` for a pull request.
//! Its description says that `issues` is enough; people report that it is not.

use serde_json::Value;

use super::paging::array;
use super::{Answer, Call, Reply};
use crate::Refused;
use crate::acts::{comments, locks};
use crate::model::Level;
use crate::shape;

const READ: [(&str, Level); 2] = [("issues", Level::Read), ("pull_requests", Level::Read)];
const WRITE: [(&str, Level); 2] = [("issues", Level::Write), ("pull_requests", Level::Write)];

/// Requires `pull_requests` for a pull request and `issues` for an issue; the caller has checked that one of them is there.
fn permitted(call: &Call, repository: u64, number: u64, level: Level) -> Result<(), Refused> {
    let pull = call.hub.with(|world| world.pulls.contains_key(&(repository, number)));
    if call.token()?.grants(if pull { "pull_requests" } else { "issues" }, level) {
        return Ok(());
    }
    let level = level.as_str();
    Err(Refused::forbidden_without(format!("issues={level}; pull_requests={level}")))
}

/// The id of the path's comment, if the token has the permission for it.
pub(super) fn of_path(call: &Call, repository: u64, level: Level) -> Result<u64, Refused> {
    let id = call.number("id")?;
    let number = call.shaped(repository, |world, _| {
        let found = world.comments.get(&id)?;
        (found.repository == repository && found.line.is_none()).then_some(found.number)
    })?;
    permitted(call, repository, number, level)?;
    Ok(id)
}

fn shaped(call: &Call, repository: u64, id: u64) -> Result<Value, Refused> {
    call.shaped(repository, |world, found| {
        let comment = world.comments.get(&id).filter(|comment| comment.repository == repository)?;
        Some(shape::comment(world, found, comment))
    })
}

/// `GET /repos/{owner}/{repo}/issues/{number}/comments`
pub(crate) async fn list(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let number = call.number("number")?;
    permitted(&call, id, number, Level::Read)?;
    let all = call.shaped(id, |world, found| {
        let all = world.comments_on(id, number).into_iter();
        let listed = all.filter(|comment| world.is_listed(comment.created_at));
        world
            .is_discussed(id, number)
            .then(|| listed.map(|comment| shape::comment(world, found, comment)).collect())
    })?;
    Ok(array(&call, all))
}

/// `POST /repos/{owner}/{repo}/issues/{number}/comments`
pub(crate) async fn create(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let number = call.number("number")?;
    permitted(&call, id, number, Level::Write)?;
    let comment = comments::create(&call.hub, id, number, &call.needed("body")?, call.actor()?)?;
    shaped(&call, id, comment).map(Reply::created)
}

/// `GET /repos/{owner}/{repo}/issues/comments/{id}`
pub(crate) async fn show(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    shaped(&call, id, of_path(&call, id, Level::Read)?).map(Reply::ok)
}

/// `PATCH /repos/{owner}/{repo}/issues/comments/{id}`
pub(crate) async fn update(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let comment = of_path(&call, id, Level::Write)?;
    comments::edit(&call.hub, comment, &call.needed("body")?, call.actor()?)?;
    shaped(&call, id, comment).map(Reply::ok)
}

/// `DELETE /repos/{owner}/{repo}/issues/comments/{id}`
pub(crate) async fn delete(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let comment = of_path(&call, id, Level::Write)?;
    comments::delete(&call.hub, comment, call.actor()?)?;
    Ok(Reply::empty())
}

/// `PUT /repos/{owner}/{repo}/issues/{number}/lock`
pub(crate) async fn lock(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let number = call.number("number")?;
    permitted(&call, id, number, Level::Write)?;
    locks::lock(&call.hub, (id, number), call.text("lock_reason")?, call.actor()?.account)?;
    Ok(Reply::empty())
}

/// `DELETE /repos/{owner}/{repo}/issues/{number}/lock`
pub(crate) async fn unlock(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let number = call.number("number")?;
    permitted(&call, id, number, Level::Write)?;
    locks::unlock(&call.hub, (id, number), call.actor()?.account)?;
    Ok(Reply::empty())
}
