//! Pull requests, the issues they also are, and comments.

use serde_json::{Value, json};

use super::repository::{api_url, html_url, methods};
use super::{app, maybe_time, merge, minimal, node_id, nullable_user, time, user};
use crate::model::{AccountKind, Comment, Permission, Pull, Reaction, Repository, World};

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

/// `pull-request-stack`: the stack a pull request is in, as the pull request itself names it; null without one.
pub(crate) fn stack_of(world: &World, pull: &Pull) -> Value {
    let Some((stack, position)) = world.stack_of(pull) else { return Value::Null };
    let tip = world.repository(stack.repository).and_then(|home| home.branch(&stack.trunk));
    json!({
        "id": stack.id,
        "number": stack.number,
        "size": stack.pulls.len(),
        "position": position,
        "base": { "ref": stack.trunk, "sha": tip.unwrap_or(&pull.base_sha) },
    })
}

/// One end of a pull request.
fn side(world: &World, repository: Option<u64>, owner: u64, branch: &str, sha: &str) -> Value {
    let found = repository.and_then(|id| world.repository(id));
    json!({
        "label": format!("{}:{branch}", world.login(owner)),
        "ref": branch,
        "sha": sha,
        "user": user(world, owner),
        "repo": found.map(|found| minimal(world, found)),
    })
}

fn links(api: &str, html: &str, pull: &Pull) -> Value {
    let number = pull.number;
    let link = |href: String| json!({ "href": href });
    json!({
        "self": link(format!("{api}/pulls/{number}")),
        "html": link(format!("{html}/pull/{number}")),
        "issue": link(format!("{api}/issues/{number}")),
        "comments": link(format!("{api}/issues/{number}/comments")),
        "review_comments": link(format!("{api}/pulls/{number}/comments")),
        "review_comment": link(format!("{api}/pulls/comments{{/number}}")),
        "commits": link(format!("{api}/pulls/{number}/commits")),
        "statuses": link(format!("{api}/statuses/{}", pull.head.sha)),
    })
}

/// `pull-request-simple`, as lists carry it.
pub(crate) fn pull_simple(world: &World, repository: &Repository, pull: &Pull) -> Value {
    let api = api_url(world, repository);
    let html = html_url(world, repository);
    let number = pull.number;
    let mut base = side(world, Some(pull.repository), repository.owner, &pull.base_ref, &pull.base_sha);
    merge(&mut base["repo"], methods(repository));
    json!({
        "id": pull.id,
        "node_id": node_id("PullRequest", pull.id),
        "number": number,
        "url": format!("{api}/pulls/{number}"),
        "html_url": format!("{html}/pull/{number}"),
        "diff_url": format!("{html}/pull/{number}.diff"),
        "patch_url": format!("{html}/pull/{number}.patch"),
        "issue_url": format!("{api}/issues/{number}"),
        "commits_url": format!("{api}/pulls/{number}/commits"),
        "review_comments_url": format!("{api}/pulls/{number}/comments"),
        "review_comment_url": format!("{api}/pulls/comments{{/number}}"),
        "comments_url": format!("{api}/issues/{number}/comments"),
        "statuses_url": format!("{api}/statuses/{}", pull.head.sha),
        "state": if pull.open { "open" } else { "closed" },
        "locked": false,
        "title": pull.title,
        "body": pull.body,
        "user": user(world, pull.author),
        "labels": [],
        "milestone": null,
        "active_lock_reason": null,
        "created_at": time(pull.created_at),
        "updated_at": time(pull.updated_at),
        "closed_at": maybe_time(pull.closed_at),
        "merged_at": maybe_time(pull.merged_at),
        "merge_commit_sha": pull.merge_commit,
        "assignee": null,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "head": side(world, pull.head.repository, pull.head.owner, &pull.head.branch, &pull.head.sha),
        "base": base,
        "_links": links(&api, &html, pull),
        "author_association": association(world, repository, pull.author),
        "auto_merge": null,
        "draft": pull.draft,
        "stack": stack_of(world, pull),
    })
}

/// `pull-request`, as a single answer and webhooks carry it.
pub(crate) fn pull(world: &World, repository: &Repository, subject: &Pull) -> Value {
    let mut shaped = pull_simple(world, repository, subject);
    let mergeable = subject.open.then_some(subject.merge_commit.is_some());
    let stats = subject.stats;
    let rest = json!({
        "merged": subject.merged(),
        "mergeable": mergeable,
        "rebaseable": mergeable,
        "mergeable_state": world.mergeable_state(subject),
        "merged_by": nullable_user(world, subject.merged_by),
        "comments": world.comments_on(subject.repository, subject.number).len(),
        "review_comments": 0,
        "maintainer_can_modify": false,
        "commits": stats.commits,
        "additions": stats.additions,
        "deletions": stats.deletions,
        "changed_files": stats.changed_files,
    });
    merge(&mut shaped, rest);
    shaped
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
        "user": user(world, reaction.author),
        "content": reaction.content,
        "created_at": time(reaction.created_at),
    })
}

/// The issue that a pull request also is.
pub(super) fn issue_of_pull(world: &World, repository: &Repository, pull: &Pull) -> Value {
    let api = api_url(world, repository);
    let html = html_url(world, repository);
    let number = pull.number;
    let url = format!("{api}/issues/{number}");
    json!({
        "id": pull.id,
        "node_id": node_id("PullRequest", pull.id),
        "number": number,
        "url": url,
        "repository_url": api,
        "labels_url": format!("{url}/labels{{/name}}"),
        "comments_url": format!("{url}/comments"),
        "events_url": format!("{url}/events"),
        "html_url": format!("{html}/pull/{number}"),
        "title": pull.title,
        "body": pull.body,
        "user": user(world, pull.author),
        "labels": [],
        "state": if pull.open { "open" } else { "closed" },
        "state_reason": null,
        "locked": false,
        "active_lock_reason": null,
        "assignee": null,
        "assignees": [],
        "milestone": null,
        "comments": world.comments_on(pull.repository, number).len(),
        "created_at": time(pull.created_at),
        "updated_at": time(pull.updated_at),
        "closed_at": maybe_time(pull.closed_at),
        "author_association": association(world, repository, pull.author),
        "draft": pull.draft,
        "performed_via_github_app": null,
        "reactions": reactions(&url, &[]),
        "timeline_url": format!("{url}/timeline"),
        "pull_request": {
            "url": format!("{api}/pulls/{number}"),
            "html_url": format!("{html}/pull/{number}"),
            "diff_url": format!("{html}/pull/{number}.diff"),
            "patch_url": format!("{html}/pull/{number}.patch"),
            "merged_at": maybe_time(pull.merged_at),
        },
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
        "user": user(world, comment.author),
        "body": comment.body,
        "created_at": time(comment.created_at),
        "updated_at": time(comment.updated_at),
        "author_association": association(world, repository, comment.author),
        "performed_via_github_app": via,
        "reactions": reactions(&url, &comment.reactions),
    })
}
