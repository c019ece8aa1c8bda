//! Stacks of pull requests.

use serde_json::{Value, json};

use super::repository::api_url;
use super::{maybe_time, node_id, pull_simple, time};
use crate::model::{Pull, Repository, Stack, World};

/// `pull-request-stack-minimal`, as lists carry it.
pub(crate) fn stack_simple(world: &World, repository: &Repository, subject: &Stack) -> Value {
    let member = |pull: &Pull| {
        json!({
            "number": pull.number,
            "state": if pull.open { "open" } else { "closed" },
            "draft": pull.draft,
            "merged_at": maybe_time(pull.merged_at),
            "head": { "ref": pull.head.branch, "sha": pull.head.sha },
        })
    };
    with_members(world, repository, subject, member)
}

/// A stack as a single answer carries it: with more of each pull request.
pub(crate) fn stack(world: &World, repository: &Repository, subject: &Stack) -> Value {
    with_members(world, repository, subject, |pull| pull_simple(world, repository, pull))
}

fn with_members(
    world: &World,
    repository: &Repository,
    stack: &Stack,
    member: impl Fn(&Pull) -> Value,
) -> Value {
    let members = || stack.pulls.iter().filter_map(|number| world.pulls.get(&(repository.id, *number)));
    let pulls: Vec<Value> = members().map(member).collect();
    json!({
        "id": stack.id,
        "number": stack.number,
        "node_id": node_id("Stack", stack.id),
        "url": format!("{}/stacks/{}", api_url(world, repository), stack.number),
        "base": { "ref": stack.trunk },
        "open": members().any(|pull| pull.open),
        "created_at": time(stack.created_at),
        "pull_requests": pulls,
    })
}
