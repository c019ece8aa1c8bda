//! Stacks of pull requests.

use serde_json::Value;

use super::paging::array;
use super::{Answer, Call, Reply};
use crate::Refused;
use crate::acts::stacks;
use crate::model::Level;
use crate::shape;

const READ: [(&str, Level); 1] = [("pull_requests", Level::Read)];
const WRITE: [(&str, Level); 1] = [("pull_requests", Level::Write)];

fn shaped(call: &Call, id: u64, number: u64) -> Result<Value, Refused> {
    call.shaped(id, |world, found| Some(shape::stack(world, found, world.stack(id, number)?)))
}

/// The pull requests that the body names.
fn numbers(call: &Call) -> Result<Vec<u64>, Refused> {
    let invalid = || Refused::unprocessable("pull_requests must be a list of numbers.");
    let list = call.body()?["pull_requests"].as_array().ok_or_else(invalid)?;
    list.iter().map(|number| number.as_u64().ok_or_else(invalid)).collect()
}

/// `GET /repos/{owner}/{repo}/stacks`, the newest first
pub(crate) async fn list(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let with = call.query.get("pull_request").and_then(|text| text.parse::<u64>().ok());
    let all = call.shaped(id, |world, found| {
        let own = world.stacks.values().rev().filter(|stack| stack.repository == id);
        let wanted = own.filter(|stack| {
            !stack.pulls.is_empty() && with.is_none_or(|number| stack.pulls.contains(&number))
        });
        Some(wanted.map(|stack| shape::stack_simple(world, found, stack)).collect())
    })?;
    Ok(array(&call, all))
}

/// `GET /repos/{owner}/{repo}/stacks/{number}`
pub(crate) async fn show(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    shaped(&call, id, call.number("number")?).map(Reply::ok)
}

/// `POST /repos/{owner}/{repo}/stacks`
pub(crate) async fn create(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let number = stacks::create(&call.hub, id, &numbers(&call)?, call.actor()?.account)?;
    shaped(&call, id, number).map(Reply::created)
}

/// `POST /repos/{owner}/{repo}/stacks/{number}/add`
pub(crate) async fn add(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let number = call.number("number")?;
    stacks::extend(&call.hub, id, number, &numbers(&call)?, call.actor()?.account)?;
    shaped(&call, id, number).map(Reply::ok)
}

/// `POST /repos/{owner}/{repo}/stacks/{number}/unstack`
pub(crate) async fn unstack(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let number = call.number("number")?;
    stacks::dissolve(&call.hub, id, number)?;
    Ok(shaped(&call, id, number).map_or_else(|_| Reply::empty(), Reply::ok))
}
