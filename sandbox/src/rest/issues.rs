//! Issues. Pull requests are issues too, and are listed among them.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::paging::array;
use super::{Answer, Call, Reply};
use crate::Refused;
use crate::acts::issues::{self, IssueChange};
use crate::model::{Level, World};
use crate::shape;

const READ: [(&str, Level); 2] = [("issues", Level::Read), ("pull_requests", Level::Read)];
const WRITE: [(&str, Level); 1] = [("issues", Level::Write)];

fn shaped(call: &Call, repository: u64, number: u64) -> Result<Value, Refused> {
    call.shaped(repository, |world, found| shape::full_issue(world, found, number))
}

/// What a list can be chosen by.
struct Line {
    number: u64,
    open: bool,
    author: String,
    labels: Vec<String>,
    created_at: DateTime<Utc>,
}

/// Issues and pull requests, newest first.
fn lines(world: &World, repository: u64) -> Vec<Line> {
    let issues = world.issues_of(repository).map(|issue| Line {
        number: issue.number,
        open: issue.open,
        author: world.login(issue.author),
        labels: issue.labels.clone(),
        created_at: issue.created_at,
    });
    let pulls = world.pulls.values().filter(|pull| pull.repository == repository).map(|pull| Line {
        number: pull.number,
        open: pull.open,
        author: world.login(pull.author),
        labels: Vec::new(),
        created_at: pull.created_at,
    });
    let mut all: Vec<Line> = issues.chain(pulls).collect();
    all.sort_by_key(|line| std::cmp::Reverse((line.created_at, line.number)));
    all
}

/// `GET /repos/{owner}/{repo}/issues`
pub(crate) async fn list(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let asked = |name: &str| call.query.get(name).map(String::as_str);
    let state = asked("state").unwrap_or("open");
    let labels: Vec<&str> =
        asked("labels").unwrap_or_default().split(',').filter(|it| !it.is_empty()).collect();
    let wanted = |line: &Line| {
        (state == "all" || (state == "open") == line.open)
            && asked("creator").is_none_or(|login| line.author.eq_ignore_ascii_case(login))
            && labels.iter().all(|label| line.labels.iter().any(|known| known.eq_ignore_ascii_case(label)))
    };
    let all = call.shaped(id, |world, found| {
        let mut listed = lines(world, id);
        listed.retain(|line| wanted(line) && world.is_listed(line.created_at));
        if asked("direction") == Some("asc") {
            listed.reverse();
        }
        Some(listed.iter().filter_map(|line| shape::full_issue(world, found, line.number)).collect())
    })?;
    Ok(array(&call, all))
}

/// `GET /repos/{owner}/{repo}/issues/{number}`
pub(crate) async fn show(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    shaped(&call, id, call.number("number")?).map(Reply::ok)
}

/// `POST /repos/{owner}/{repo}/issues`
pub(crate) async fn create(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    call.needed("title")?;
    let number = issues::open(&call.hub, id, change(&call)?, call.actor()?)?;
    shaped(&call, id, number).map(Reply::created)
}

/// `PATCH /repos/{owner}/{repo}/issues/{number}`: of a pull request only through its own endpoint.
pub(crate) async fn update(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let number = call.number("number")?;
    issues::change(&call.hub, id, number, change(&call)?, call.actor()?)?;
    shaped(&call, id, number).map(Reply::ok)
}

fn change(call: &Call) -> Result<IssueChange, Refused> {
    let open = match call.text("state")?.as_deref() {
        None => None,
        Some("open") => Some(true),
        Some("closed") => Some(false),
        Some(_) => return Err(Refused::invalid("Issue", "state", "invalid", "")),
    };
    let label = |label: &Value| label.as_str().or(label["name"].as_str()).map(str::to_owned);
    let labels = call.body()?["labels"].as_array().map(|labels| labels.iter().filter_map(label).collect());
    Ok(IssueChange {
        title: call.text("title")?,
        body: call.text("body")?,
        open,
        state_reason: call.text("state_reason")?,
        labels,
    })
}
