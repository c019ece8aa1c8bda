//! What people say about pull requests and issues: comments and reactions.

use serde_json::{Value, json};

use super::repository::{api_url, html_url};
use super::{app, author, node_id, time};
use crate::model::{AccountKind, Comment, Permission, Reaction, Repository, World};

/// How GitHub relates an author to a repository.
pub(super) fn association(world: &World, repository: &Repository, author: u64) -> &'static str {
    if repository.owner == author {
        return "OWNER";
    }
    match world.accounts.get(&repository.owner).map(|owner| owner.kind) {
        _ if !repository.collaborators.contains_key(&author) => "NONE",
        Some(AccountKind::Organization) if world.permission_of(repository, author) >= Permission::Write => {
            "MEMBER"
        }
        _ => "COLLABORATOR",
    }
}

/// Whether a conversation is locked, and why.
pub(super) fn lock(world: &World, repository: u64, number: u64) -> Value {
    let lock = world.locks.get(&(repository, number));
    json!({ "locked": lock.is_some(), "active_lock_reason": lock.cloned().flatten() })
}

pub(super) fn reactions(url: &str, given: &[Reaction]) -> Value {
    let count = |content: &str| given.iter().filter(|one| one.content == content).count();
    json!({
        "url": format!("{url}/reactions"),
        "total_count": given.len(),
        "+1": count("+1"),
        "-1": count("-1"),
        "laugh": count("laugh"),
        "hooray": count("hooray"),
        "confused": count("confused"),
        "heart": count("heart"),
        "rocket": count("rocket"),
        "eyes": count("eyes"),
    })
}

/// `reaction`.
pub(crate) fn reaction(world: &World, reaction: &Reaction) -> Value {
    json!({
        "id": reaction.id,
        "node_id": node_id("Reaction", reaction.id),
        "user": author(world, reaction.author),
        "content": reaction.content,
        "created_at": time(reaction.created_at),
    })
}

/// `issue-comment`.
pub(crate) fn comment(world: &World, repository: &Repository, comment: &Comment) -> Value {
    let api = api_url(world, repository);
    let html = html_url(world, repository);
    let (id, number) = (comment.id, comment.number);
    let place = if world.issues.contains_key(&(comment.repository, number)) { "issues" } else { "pull" };
    let url = format!("{api}/issues/comments/{id}");
    let via = comment.app.and_then(|id| world.apps.get(&id)).map(|found| app(world, found));
    json!({
        "id": id,
        "node_id": node_id("IssueComment", id),
        "url": url,
        "html_url": format!("{html}/{place}/{number}#issuecomment-{id}"),
        "issue_url": format!("{api}/issues/{number}"),
        "user": author(world, comment.author),
        "body": comment.body,
        "created_at": time(comment.created_at),
        "updated_at": time(comment.updated_at),
        "author_association": association(world, repository, comment.author),
        "performed_via_github_app": via,
        "reactions": reactions(&url, &comment.reactions),
    })
}
