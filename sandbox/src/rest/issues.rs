//! Comments on pull requests. Either of two permissions is enough for them.

use serde_json::Value;

use super::paging::array;
use super::{Answer, Call, Reply};
use crate::Refused;
use crate::acts::comments;
use crate::model::Level;
use crate::shape;

const READ: [(&str, Level); 2] = [("issues", Level::Read), ("pull_requests", Level::Read)];
const WRITE: [(&str, Level); 2] = [("issues", Level::Write), ("pull_requests", Level::Write)];

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
    let all = call.shaped(id, |world, found| {
        world.pulls.get(&(id, number))?;
        let listed = world.comments_on(id, number).into_iter();
        Some(listed.map(|comment| shape::comment(world, found, comment)).collect())
    })?;
    Ok(array(&call, all))
}

/// `POST /repos/{owner}/{repo}/issues/{number}/comments`
pub(crate) async fn create(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let body = call.needed("body")?;
    let comment = comments::create(&call.hub, id, call.number("number")?, &body, call.actor()?)?;
    shaped(&call, id, comment).map(Reply::created)
}

/// `GET /repos/{owner}/{repo}/issues/comments/{id}`
pub(crate) async fn show(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    shaped(&call, id, call.number("id")?).map(Reply::ok)
}

/// `PATCH /repos/{owner}/{repo}/issues/comments/{id}`
pub(crate) async fn update(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let comment = call.number("id")?;
    shaped(&call, id, comment)?;
    comments::edit(&call.hub, comment, &call.needed("body")?, call.actor()?)?;
    shaped(&call, id, comment).map(Reply::ok)
}

/// `DELETE /repos/{owner}/{repo}/issues/comments/{id}`
pub(crate) async fn delete(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let comment = call.number("id")?;
    shaped(&call, id, comment)?;
    comments::delete(&call.hub, comment, call.actor()?)?;
    Ok(Reply::empty())
}
