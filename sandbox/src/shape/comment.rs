//! What people say about pull requests and issues: comments, reactions, reviews, and the lock on all that.

use serde_json::{Value, json};

use super::repository::{api_url, html_url};
use super::{app, author, node_id, time};
use crate::model::{AccountKind, Comment, DiffLine, Permission, PullReview, Reaction, Repository, World};

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

/// `issue-comment`; of one on a line `pull-request-review-comment`.
pub(crate) fn comment(world: &World, repository: &Repository, comment: &Comment) -> Value {
    match &comment.line {
        Some(line) => line_comment(world, repository, comment, line),
        None => issue_comment(world, repository, comment),
    }
}

fn issue_comment(world: &World, repository: &Repository, comment: &Comment) -> Value {
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

fn line_comment(world: &World, repository: &Repository, comment: &Comment, line: &DiffLine) -> Value {
    let url = format!("{}/pulls/comments/{}", api_url(world, repository), comment.id);
    let pull = format!("{}/pulls/{}", api_url(world, repository), comment.number);
    let page = format!("{}/pull/{}", html_url(world, repository), comment.number);
    let html = format!("{page}#discussion_r{}", comment.id);
    let mut shaped = json!({
        "id": comment.id,
        "node_id": node_id("PullRequestReviewComment", comment.id),
        "pull_request_review_id": line.review,
        "url": url,
        "html_url": html,
        "pull_request_url": pull,
        "diff_hunk": line.hunk,
        "path": line.path,
        "position": line.position,
        "original_position": line.position,
        "commit_id": line.commit,
        "original_commit_id": line.commit,
        "user": author(world, comment.author),
        "body": comment.body,
        "created_at": time(comment.created_at),
        "updated_at": time(comment.updated_at),
        "author_association": association(world, repository, comment.author),
        "_links": {
            "self": { "href": url },
            "html": { "href": html },
            "pull_request": { "href": pull },
        },
        "reactions": reactions(&url, &comment.reactions),
        "start_line": null,
        "original_start_line": null,
        "start_side": null,
        "line": line.number,
        "original_line": line.number,
        "side": "RIGHT",
        "subject_type": "line",
    });
    if let Some(first) = line.in_reply_to {
        shaped["in_reply_to_id"] = json!(first);
    }
    shaped
}

/// `pull-request-review`.
pub(crate) fn review(world: &World, repository: &Repository, review: &PullReview) -> Value {
    let mut shaped = webhook_review(world, repository, review);
    shaped["body"] = json!(review.body);
    shaped["state"] = json!(review.verdict.as_str().to_uppercase());
    shaped
}

/// The review of a webhook, where an empty body is none.
pub(crate) fn webhook_review(world: &World, repository: &Repository, review: &PullReview) -> Value {
    let pull = format!("{}/pulls/{}", api_url(world, repository), review.number);
    let page = format!("{}/pull/{}", html_url(world, repository), review.number);
    let html = format!("{page}#pullrequestreview-{}", review.id);
    json!({
        "id": review.id,
        "node_id": node_id("PullRequestReview", review.id),
        "user": author(world, review.author),
        "body": Some(&review.body).filter(|body| !body.is_empty()),
        "state": review.verdict.as_str(),
        "html_url": html,
        "pull_request_url": pull,
        "_links": { "html": { "href": html }, "pull_request": { "href": pull } },
        "submitted_at": time(review.submitted_at),
        "commit_id": review.commit,
        "author_association": association(world, repository, review.author),
    })
}
