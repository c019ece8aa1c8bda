//! Reviews of pull requests.

use serde_json::Value;

use super::paging::array;
use super::{Answer, Call, Reply};
use crate::Refused;
use crate::acts::reviews::{self, NewReview};
use crate::model::{Level, ReviewVerdict};
use crate::shape;

const READ: [(&str, Level); 1] = [("pull_requests", Level::Read)];
const WRITE: [(&str, Level); 1] = [("pull_requests", Level::Write)];

fn shaped(call: &Call, place: (u64, u64), id: u64) -> Result<Value, Refused> {
    call.shaped(place.0, |world, found| {
        let review = world.reviews_of(place.0, place.1).find(|review| review.id == id)?;
        Some(shape::review(world, found, review))
    })
}

/// `GET /repos/{owner}/{repo}/pulls/{number}/reviews`, oldest first
pub(crate) async fn list(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let number = call.number("number")?;
    let all = call.shaped(id, |world, found| {
        world.pulls.get(&(id, number))?;
        let listed = world.reviews_of(id, number);
        Some(listed.map(|review| shape::review(world, found, review)).collect())
    })?;
    Ok(array(&call, all))
}

/// `GET /repos/{owner}/{repo}/pulls/{number}/reviews/{review}`
pub(crate) async fn show(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    shaped(&call, (id, call.number("number")?), call.number("review")?).map(Reply::ok)
}

/// `POST /repos/{owner}/{repo}/pulls/{number}/reviews`: submitted at once. Pending reviews are not played.
pub(crate) async fn create(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let place = (id, call.number("number")?);
    let verdict = match call.needed("event")?.as_str() {
        "APPROVE" => ReviewVerdict::Approved,
        "REQUEST_CHANGES" => ReviewVerdict::ChangesRequested,
        "COMMENT" => ReviewVerdict::Commented,
        _ => return Err(Refused::unprocessable("event must be APPROVE, REQUEST_CHANGES or COMMENT.")),
    };
    let new =
        NewReview { verdict, body: call.text("body")?.unwrap_or_default(), commit: call.text("commit_id")? };
    let review = reviews::submit(&call.hub, place, new, call.actor()?)?;
    shaped(&call, place, review).map(Reply::ok)
}

/// `PUT /repos/{owner}/{repo}/pulls/{number}/reviews/{review}/dismissals`
pub(crate) async fn dismiss(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let (place, review) = ((id, call.number("number")?), call.number("review")?);
    call.needed("message")?;
    reviews::dismiss(&call.hub, place, review, call.actor()?.account)?;
    shaped(&call, place, review).map(Reply::ok)
}
