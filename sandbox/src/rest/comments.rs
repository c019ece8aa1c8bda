//! Comments on pull requests and issues. Either of two permissions is enough for them.

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

/// Reactions need `issues`; the other permission is not enough here.
const REACT: [(&str, Level); 1] = [("issues", Level::Write)];
const SEE: [(&str, Level); 1] = [("issues", Level::Read)];

/// `GET /repos/{owner}/{repo}/issues/comments/{id}/reactions`
pub(crate) async fn reactions(call: Call) -> Answer {
    let repository = call.repository(&SEE)?;
    let id = call.number("id")?;
    shaped(&call, repository, id)?;
    let wanted = call.query.get("content");
    let all = call.shaped(repository, |world, _| {
        let given = world.comments.get(&id)?.reactions.iter();
        let given = given.filter(|one| wanted.is_none_or(|wanted| one.content == *wanted));
        Some(given.map(|one| shape::reaction(world, one)).collect())
    })?;
    Ok(array(&call, all))
}

/// `POST /repos/{owner}/{repo}/issues/comments/{id}/reactions`: 200 if it was there already.
pub(crate) async fn react(call: Call) -> Answer {
    let repository = call.repository(&REACT)?;
    let id = call.number("id")?;
    shaped(&call, repository, id)?;
    let content = call.needed("content")?;
    let (number, new) = comments::react(&call.hub, id, &content, call.actor()?)?;
    let shaped = call.shaped(repository, |world, _| {
        let mut given = world.comments.get(&id)?.reactions.iter();
        given.find(|one| one.id == number).map(|one| shape::reaction(world, one))
    })?;
    Ok(if new { Reply::created(shaped) } else { Reply::ok(shaped) })
}

/// `DELETE /repos/{owner}/{repo}/issues/comments/{id}/reactions/{reaction}`
pub(crate) async fn unreact(call: Call) -> Answer {
    let repository = call.repository(&REACT)?;
    let (id, reaction) = (call.number("id")?, call.number("reaction")?);
    shaped(&call, repository, id)?;
    let own = call.actor()?.account;
    call.hub.with(|world| {
        let comment = world.comments.get_mut(&id).ok_or_else(Refused::not_found)?;
        let before = comment.reactions.len();
        comment.reactions.retain(|one| one.id != reaction || one.author != own);
        if comment.reactions.len() == before {
            return Err(Refused::not_found());
        }
        Ok(Reply::empty())
    })
}
