//! Reactions to comments.

use super::paging::array;
use super::{Answer, Call, Reply, comments, line_comments};
use crate::Refused;
use crate::acts::comments as acts;
use crate::model::Level;
use crate::shape;

/// GitHub's description asks for `issues`; in practice it checks the permission of the pull request or issue. Here both are
/// needed.
const WRITE: [(&str, Level); 1] = [("issues", Level::Write)];
const READ: [(&str, Level); 1] = [("issues", Level::Read)];

/// `GET /repos/{owner}/{repo}/issues/comments/{id}/reactions`
pub(crate) async fn list(call: Call) -> Answer {
    let repository = call.repository(&READ)?;
    let id = comments::of_path(&call, repository, Level::Read)?;
    listed(&call, repository, id)
}

/// `POST /repos/{owner}/{repo}/issues/comments/{id}/reactions`: 200 if it was there already.
pub(crate) async fn add(call: Call) -> Answer {
    let repository = call.repository(&WRITE)?;
    let id = comments::of_path(&call, repository, Level::Write)?;
    given(&call, repository, id)
}

/// `DELETE /repos/{owner}/{repo}/issues/comments/{id}/reactions/{reaction}`
pub(crate) async fn remove(call: Call) -> Answer {
    let repository = call.repository(&WRITE)?;
    let id = comments::of_path(&call, repository, Level::Write)?;
    taken_back(&call, id)
}

/// `GET /repos/{owner}/{repo}/pulls/comments/{id}/reactions`
pub(crate) async fn list_on_line(call: Call) -> Answer {
    let (repository, id) = line_comments::of_path(&call, Level::Read)?;
    listed(&call, repository, id)
}

/// `POST /repos/{owner}/{repo}/pulls/comments/{id}/reactions`: 200 if it was there already.
pub(crate) async fn add_on_line(call: Call) -> Answer {
    let (repository, id) = line_comments::of_path(&call, Level::Write)?;
    given(&call, repository, id)
}

/// `DELETE /repos/{owner}/{repo}/pulls/comments/{id}/reactions/{reaction}`
pub(crate) async fn remove_on_line(call: Call) -> Answer {
    let (_, id) = line_comments::of_path(&call, Level::Write)?;
    taken_back(&call, id)
}

fn listed(call: &Call, repository: u64, id: u64) -> Answer {
    let wanted = call.query.get("content");
    let all = call.shaped(repository, |world, _| {
        let given = world.comments.get(&id)?.reactions.iter();
        let given = given.filter(|one| wanted.is_none_or(|wanted| one.content == *wanted));
        Some(given.map(|one| shape::reaction(world, one)).collect())
    })?;
    Ok(array(call, all))
}

fn given(call: &Call, repository: u64, id: u64) -> Answer {
    let (number, new) = acts::react(&call.hub, id, &call.needed("content")?, call.actor()?)?;
    let shaped = call.shaped(repository, |world, _| {
        let mut given = world.comments.get(&id)?.reactions.iter();
        given.find(|one| one.id == number).map(|one| shape::reaction(world, one))
    })?;
    Ok(if new { Reply::created(shaped) } else { Reply::ok(shaped) })
}

fn taken_back(call: &Call, id: u64) -> Result<Reply, Refused> {
    acts::unreact(&call.hub, id, call.number("reaction")?, call.actor()?)?;
    Ok(Reply::empty())
}
