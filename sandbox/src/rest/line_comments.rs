//! Comments on lines of a pull request's difference, which GitHub calls review comments.

use serde_json::Value;

use super::paging::array;
use super::{Answer, Call, Reply};
use crate::Refused;
use crate::acts::reviews::NewLineComment;
use crate::acts::{comments, reviews};
use crate::model::Level;
use crate::shape;

const READ: [(&str, Level); 1] = [("pull_requests", Level::Read)];
const WRITE: [(&str, Level); 1] = [("pull_requests", Level::Write)];

/// The repository and the comment of the path, if the token may do this there.
pub(super) fn of_path(call: &Call, level: Level) -> Result<(u64, u64), Refused> {
    let repository = call.repository(&[("pull_requests", level)])?;
    let id = call.number("id")?;
    call.shaped(repository, |world, _| {
        let found = world.comments.get(&id)?;
        (found.repository == repository && found.line.is_some()).then_some((repository, id))
    })
}

fn shaped(call: &Call, repository: u64, id: u64) -> Result<Value, Refused> {
    call.shaped(repository, |world, found| Some(shape::comment(world, found, world.comments.get(&id)?)))
}

/// `GET /repos/{owner}/{repo}/pulls/{number}/comments`, oldest first
pub(crate) async fn list(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let number = call.number("number")?;
    let all = call.shaped(id, |world, found| {
        world.pulls.get(&(id, number))?;
        let listed = world.line_comments_on(id, number).into_iter();
        let listed = listed.filter(|comment| world.is_listed(comment.created_at));
        Some(listed.map(|comment| shape::comment(world, found, comment)).collect())
    })?;
    Ok(array(&call, all))
}

/// `POST /repos/{owner}/{repo}/pulls/{number}/comments`: on the head and on one line alone.
pub(crate) async fn create(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let place = (id, call.number("number")?);
    let line = call.body()?["line"].as_u64();
    let line = line.ok_or_else(|| Refused::unprocessable("\"line\" wasn't supplied."))?;
    call.needed("commit_id")?;
    let new = NewLineComment { path: call.needed("path")?, line, body: call.needed("body")? };
    let comment = reviews::comment(&call.hub, place, new, call.actor()?).await?;
    shaped(&call, id, comment).map(Reply::created)
}

/// `POST /repos/{owner}/{repo}/pulls/{number}/comments/{id}/replies`
pub(crate) async fn reply(call: Call) -> Answer {
    let (repository, id) = of_path(&call, Level::Write)?;
    let place = (repository, call.number("number")?);
    let comment = reviews::reply(&call.hub, place, id, call.needed("body")?, call.actor()?)?;
    shaped(&call, repository, comment).map(Reply::created)
}

/// `GET /repos/{owner}/{repo}/pulls/comments/{id}`
pub(crate) async fn show(call: Call) -> Answer {
    let (repository, id) = of_path(&call, Level::Read)?;
    shaped(&call, repository, id).map(Reply::ok)
}

/// `PATCH /repos/{owner}/{repo}/pulls/comments/{id}`
pub(crate) async fn update(call: Call) -> Answer {
    let (repository, id) = of_path(&call, Level::Write)?;
    comments::edit(&call.hub, id, &call.needed("body")?, call.actor()?)?;
    shaped(&call, repository, id).map(Reply::ok)
}

/// `DELETE /repos/{owner}/{repo}/pulls/comments/{id}`
pub(crate) async fn delete(call: Call) -> Answer {
    let (_, id) = of_path(&call, Level::Write)?;
    comments::delete(&call.hub, id, call.actor()?)?;
    Ok(Reply::empty())
}
