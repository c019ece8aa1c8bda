//! Pull requests.

use serde_json::{Value, json};

use super::paging::array;
use super::{Answer, Call, Reply};
use crate::Refused;
use crate::acts::merging::{Method, Wishes, merge_pull};
use crate::acts::pulls::{self, NewPull};
use crate::model::{Level, Pull, World};
use crate::shape;

const READ: [(&str, Level); 1] = [("pull_requests", Level::Read)];
const WRITE: [(&str, Level); 1] = [("pull_requests", Level::Write)];
const MERGE: [(&str, Level); 1] = [("contents", Level::Write)];

fn shaped(call: &Call, id: u64, number: u64) -> Result<Value, Refused> {
    call.shaped(id, |world, found| {
        let pull = world.pulls.get(&(id, number))?;
        Some(shape::pull(world, found, pull))
    })
}

/// `GET /repos/{owner}/{repo}/pulls`
pub(crate) async fn list(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let asked = |name: &str| call.query.get(name).map(String::as_str);
    let state = asked("state").unwrap_or("open");
    let wanted = |world: &World, pull: &Pull| {
        if !world.is_listed(pull.created_at) {
            return false;
        }
        let head = format!("{}:{}", world.login(pull.head.owner), pull.head.branch);
        pull.repository == id
            && (state == "all" || (state == "open") == pull.open)
            && asked("base").is_none_or(|base| pull.base_ref == base)
            // Like GitHub, a head without its owner is not looked at.
            && asked("head").is_none_or(|wanted| !wanted.contains(':') || wanted == head)
    };
    let sort = asked("sort").unwrap_or("created");
    let descending = match asked("direction") {
        Some(direction) => direction == "desc",
        None => sort == "created",
    };
    let all = call.shaped(id, |world, found| {
        let mut listed: Vec<&Pull> = world.pulls.values().filter(|pull| wanted(world, pull)).collect();
        listed.sort_by_key(|pull| {
            let moment = if sort == "updated" { pull.updated_at } else { pull.created_at };
            (moment, pull.number)
        });
        if descending {
            listed.reverse();
        }
        Some(listed.into_iter().map(|pull| shape::pull_simple(world, found, pull)).collect())
    })?;
    Ok(array(&call, all))
}

/// `GET /repos/{owner}/{repo}/pulls/{number}`
pub(crate) async fn show(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    shaped(&call, id, call.number("number")?).map(Reply::ok)
}

/// `POST /repos/{owner}/{repo}/pulls`
pub(crate) async fn create(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let head = call.needed("head")?;
    let (owner, branch) = match head.split_once(':') {
        Some((owner, branch)) => (Some(owner), branch),
        None => (None, head.as_str()),
    };
    let head_repository = call.shaped(id, |world, found| {
        let Some(owner) = owner else {
            return Some(Some(id));
        };
        let owner = world.account_named(owner).map(|account| account.id);
        let network = world.repositories.values().find(|other| {
            !other.deleted && Some(other.owner) == owner && (other.id == id || other.parent == Some(found.id))
        });
        Some(network.map(|other| other.id))
    })?;
    let head_repository =
        head_repository.ok_or_else(|| Refused::invalid("PullRequest", "head", "invalid", ""))?;
    let new = NewPull {
        title: call.needed("title")?,
        body: call.text("body")?,
        head_repository,
        head: branch.to_owned(),
        base: call.needed("base")?,
        draft: call.body()?["draft"].as_bool().unwrap_or(false),
    };
    let number = pulls::open(&call.hub, id, new, call.actor()?).await?;
    shaped(&call, id, number).map(Reply::created)
}

/// `PATCH /repos/{owner}/{repo}/pulls/{number}`
pub(crate) async fn update(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let number = call.number("number")?;
    shaped(&call, id, number)?;
    let sender = call.actor()?.account;
    if let Some(base) = call.text("base")? {
        pulls::retarget(&call.hub, id, number, &base, sender).await?;
    }
    pulls::edit(&call.hub, id, number, call.text("title")?, call.text("body")?, sender);
    match call.text("state")?.as_deref() {
        None => {}
        Some("closed") => pulls::close(&call.hub, id, number, sender),
        Some("open") => {
            let open = call.hub.with(|world| world.pulls.get(&(id, number)).is_some_and(|pull| pull.open));
            if !open {
                pulls::reopen(&call.hub, id, number, sender).await?;
            }
        }
        Some(_) => return Err(Refused::invalid("PullRequest", "state", "invalid", "")),
    }
    shaped(&call, id, number).map(Reply::ok)
}

/// `PUT /repos/{owner}/{repo}/pulls/{number}/merge`
pub(crate) async fn merge(call: Call) -> Answer {
    let id = call.repository(&MERGE)?;
    let number = call.number("number")?;
    // GitHub merges those of a stack by its other endpoint alone.
    let stacked =
        call.shaped(id, |world, _| Some(world.stack_of(world.pulls.get(&(id, number))?).is_some()))?;
    if stacked {
        return Err(Refused::new(
            405,
            "Stacked pull requests are merged with the asynchronous merge endpoint.",
        ));
    }
    let method = match call.text("merge_method")?.as_deref() {
        None | Some("merge") => Method::Merge,
        Some("squash") => Method::Squash,
        Some("rebase") => Method::Rebase,
        Some(_) => {
            return Err(Refused::unprocessable("merge_method must be merge, squash or rebase"));
        }
    };
    let wishes = Wishes {
        sha: call.text("sha")?,
        title: call.text("commit_title")?,
        message: call.text("commit_message")?,
    };
    let merged = merge_pull(&call.hub, id, number, method, wishes, call.actor()?).await?;
    Ok(Reply::ok(json!({
        "sha": merged.sha, "merged": true, "message": "Pull Request successfully merged",
    })))
}

/// `GET /repos/{owner}/{repo}/pulls/{number}/commits`: at most 250, oldest first.
pub(crate) async fn commits(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let number = call.number("number")?;
    let (base, head) = call.shaped(id, |_, found| Some(found.id)).and_then(|_| {
        call.hub.with(|world| {
            let pull = world.pulls.get(&(id, number)).ok_or_else(Refused::not_found)?;
            Ok((pull.base_sha.clone(), pull.head.sha.clone()))
        })
    })?;
    let range = format!("{base}..{head}");
    let mut infos = call.hub.git.commits(id, &[&range]).await?;
    infos.truncate(250);
    let all = call.shaped(id, |world, found| {
        Some(infos.iter().map(|info| shape::commit(world, found, info)).collect())
    })?;
    Ok(array(&call, all))
}
