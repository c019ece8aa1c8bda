//! Repositories.

use serde_json::{Value, json};

use super::{addresses, maybe_time, merge, node_id, time, user};
use crate::model::{AccountKind, Repository, World};

const TEMPLATES: [(&str, &str); 37] = [
    ("url", ""),
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
];

/// `https://…/repos/owner/name` of REST.
pub(crate) fn api_url(world: &World, repository: &Repository) -> String {
    format!("{}/repos/{}", world.urls.api, world.full_name(repository))
}

/// `https://…/owner/name` of pages.
pub(crate) fn html_url(world: &World, repository: &Repository) -> String {
    format!("{}/{}", world.urls.html, world.full_name(repository))
}

/// `repository`, and also good as `minimal-repository` and the one in webhooks.
pub(crate) fn minimal(world: &World, repository: &Repository) -> Value {
    let full_name = world.full_name(repository);
    let html = html_url(world, repository);
    let host = world.urls.html.split("://").last().unwrap_or_default();
    let forks = world
        .repositories
        .values()
        .filter(|other| !other.deleted && other.parent == Some(repository.id))
        .count();
    let open = world.pulls.values().filter(|pull| pull.repository == repository.id && pull.open).count()
        + world.issues_of(repository.id).filter(|issue| issue.open).count();
    let mut shaped = json!({
        "id": repository.id,
        "node_id": node_id("Repository", repository.id),
        "name": repository.name,
        "full_name": full_name,
        "owner": user(world, repository.owner),
        "private": repository.private,
        "visibility": if repository.private { "private" } else { "public" },
        "html_url": html,
        "description": repository.description,
        "fork": repository.parent.is_some(),
        "clone_url": format!("{html}.git"),
        "git_url": format!("git://{host}/{full_name}.git"),
        "ssh_url": format!("git@{host}:{full_name}.git"),
        "svn_url": html,
        "mirror_url": null,
        "homepage": null,
        "language": null,
        "license": null,
        "default_branch": repository.default_branch,
    });
    let rest = json!({
        "forks": forks, "forks_count": forks,
        "open_issues": open, "open_issues_count": open,
        "stargazers_count": 0, "watchers": 0, "watchers_count": 0,
        "size": 0,
        "has_issues": true, "has_projects": false, "has_downloads": false, "has_wiki": false,
        "has_pages": false, "has_discussions": false,
        "archived": repository.archived, "disabled": false, "is_template": false, "topics": [],
        "allow_forking": true,
        "web_commit_signoff_required": false,
        "created_at": time(repository.created_at),
        "updated_at": time(repository.updated_at),
        "pushed_at": maybe_time(Some(repository.pushed_at)),
    });
    merge(&mut shaped, rest);
    merge(&mut shaped, addresses(&api_url(world, repository), &TEMPLATES));
    shaped
}

/// How its settings let pull requests be merged.
pub(crate) fn methods(repository: &Repository) -> Value {
    let allows = |method: &str| repository.methods.iter().any(|it| it == method);
    json!({
        "allow_merge_commit": allows("merge"),
        "allow_squash_merge": allows("squash"),
        "allow_rebase_merge": allows("rebase"),
    })
}

/// `full-repository`.
pub(crate) fn full(world: &World, repository: &Repository) -> Value {
    let mut shaped = minimal(world, repository);
    let merging = json!({
        "network_count": shaped["forks_count"],
        "subscribers_count": 0,
        "allow_auto_merge": false,
        "allow_update_branch": false,
        "delete_branch_on_merge": repository.deletes_heads,
        "temp_clone_token": null,
    });
    merge(&mut shaped, merging);
    merge(&mut shaped, methods(repository));
    if world.accounts.get(&repository.owner).is_some_and(|owner| owner.kind == AccountKind::Organization) {
        merge(&mut shaped, json!({ "organization": user(world, repository.owner) }));
    }
    if let Some(parent) = repository.parent.and_then(|id| world.repository(id)) {
        let parent = minimal(world, parent);
        merge(&mut shaped, json!({ "parent": parent, "source": parent }));
    }
    shaped
}
