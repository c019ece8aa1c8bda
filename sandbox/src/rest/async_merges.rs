//! Asynchronous merges of pull requests.

use serde_json::Value;

use super::{Answer, Call, Reply};
use crate::Refused;
use crate::acts::async_merges::{self, AsyncWishes, Requested};
use crate::acts::merging::Method;
use crate::model::{Level, MergeAction};
use crate::shape;

const MERGE: [(&str, Level); 1] = [("contents", Level::Write)];
const READ: [(&str, Level); 1] = [("pull_requests", Level::Read)];

fn wishes(call: &Call) -> Result<AsyncWishes, Refused> {
    let method = match call.text("merge_method")?.as_deref() {
        None => None,
        Some("merge") => Some(Method::Merge),
        Some("squash") => Some(Method::Squash),
        Some("rebase") => Some(Method::Rebase),
        Some(_) => return Err(Refused::unprocessable("merge_method must be merge, squash or rebase")),
    };
    let action = match call.text("merge_action")?.as_deref() {
        None | Some("default") => MergeAction::Default,
        Some("direct_merge") => MergeAction::Direct,
        Some("merge_queue") => MergeAction::Queue,
        Some(_) => {
            return Err(Refused::unprocessable("merge_action must be default, direct_merge or merge_queue"));
        }
    };
    Ok(AsyncWishes {
        method,
        action,
        sha: call.text("sha")?,
        title: call.text("commit_title")?,
        message: call.text("commit_message")?,
    })
}

fn shaped(call: &Call, place: (u64, u64), uuid: &str, pending: &str) -> Result<Value, Refused> {
    call.shaped(place.0, |world, _| Some(shape::async_merge(world.async_merge(place, uuid)?, pending)))
}

fn reply(status: u16, body: Value) -> Reply {
    Reply { status, body: Some(body), link: None, raw: None }
}

/// `PUT /repos/{owner}/{repo}/pulls/{number}/merge-async`
pub(crate) async fn request(call: Call) -> Answer {
    let id = call.repository(&MERGE)?;
    let place = (id, call.number("number")?);
    let said = async_merges::request(&call.hub, place, wishes(&call)?, call.actor()?)?;
    Ok(match said {
        Requested::AlreadyMerged(sha) => {
            Reply::ok(shape::already_merged("Pull request is already merged.", &sha))
        }
        Requested::AlreadyEnqueued => {
            Reply::ok(shape::without_merge("enqueued", "Pull request is already in the merge queue."))
        }
        Requested::NotReady(sentence) => reply(400, shape::without_merge("failed", sentence)),
        Requested::Exists(uuid) => {
            let sentence = "A merge request already exists for this pull request.";
            reply(409, shaped(&call, place, &uuid, sentence)?)
        }
        Requested::Accepted(uuid) => reply(202, shaped(&call, place, &uuid, "Merge request enqueued.")?),
    })
}

/// `GET /repos/{owner}/{repo}/pulls/{number}/merge-async/{uuid}`: for a day after the last change.
pub(crate) async fn result(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let place = (id, call.number("number")?);
    shaped(&call, place, call.param("uuid"), "Merge request is in progress.").map(Reply::ok)
}
