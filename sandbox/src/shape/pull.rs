//! Pull requests, and the issues they also are.

use serde_json::{Value, json};

use super::comment::{association, lock, reactions};
use super::repository::{api_url, html_url, methods};
use super::{maybe_time, merge, minimal, node_id, nullable_user, time, user};
use crate::model::{Pull, Repository, World};

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
    let mut shaped = json!({
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
        "title": pull.title,
        "body": pull.body,
        "user": user(world, pull.author),
        "labels": [],
        "milestone": null,
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
    });
    merge(&mut shaped, lock(world, pull.repository, number));
    shaped
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
        "review_comments": world.line_comments_on(subject.repository, subject.number).len(),
        "maintainer_can_modify": false,
        "commits": stats.commits,
        "additions": stats.additions,
        "deletions": stats.deletions,
        "changed_files": stats.changed_files,
    });
    merge(&mut shaped, rest);
    shaped
}

/// The issue that a pull request also is.
pub(super) fn issue_of_pull(world: &World, repository: &Repository, pull: &Pull) -> Value {
    let api = api_url(world, repository);
    let html = html_url(world, repository);
    let number = pull.number;
    let url = format!("{api}/issues/{number}");
    let mut shaped = json!({
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
    });
    merge(&mut shaped, lock(world, pull.repository, number));
    shaped
}
