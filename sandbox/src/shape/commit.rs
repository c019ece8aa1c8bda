//! Commits and refs.

use serde_json::{Value, json};

use super::repository::{api_url, html_url};
use super::{node_id, time, user};
use crate::git::{CommitInfo, Signature, moment};
use crate::model::{Repository, World};

fn signature(who: &Signature) -> Value {
    json!({ "name": who.name, "email": who.email, "date": time(moment(who.at)) })
}

/// The account behind a signature, told by the name, or an empty object.
fn known(world: &World, who: &Signature) -> Value {
    world.account_named(&who.name).map_or_else(|| json!({}), |account| user(world, account.id))
}

/// `commit`.
pub(crate) fn commit(world: &World, repository: &Repository, info: &CommitInfo) -> Value {
    let api = api_url(world, repository);
    let html = html_url(world, repository);
    let sha = &info.sha;
    let parents: Vec<Value> = info
        .parents
        .iter()
        .map(|parent| {
            json!({
                "sha": parent,
                "url": format!("{api}/commits/{parent}"),
                "html_url": format!("{html}/commit/{parent}"),
            })
        })
        .collect();
    json!({
        "sha": sha,
        "node_id": node_id("Commit", sha),
        "url": format!("{api}/commits/{sha}"),
        "html_url": format!("{html}/commit/{sha}"),
        "comments_url": format!("{api}/commits/{sha}/comments"),
        "commit": {
            "url": format!("{api}/git/commits/{sha}"),
            "author": signature(&info.author),
            "committer": signature(&info.committer),
            "message": info.message,
            "comment_count": 0,
            "tree": { "sha": info.tree, "url": format!("{api}/git/trees/{}", info.tree) },
            "verification": {
                "verified": false, "reason": "unsigned",
                "signature": null, "payload": null, "verified_at": null,
            },
        },
        "author": known(world, &info.author),
        "committer": known(world, &info.committer),
        "parents": parents,
    })
}

/// `simple-commit`, as check suites carry it.
pub(crate) fn simple_commit(info: &CommitInfo) -> Value {
    json!({
        "id": info.sha,
        "tree_id": info.tree,
        "message": info.message,
        "timestamp": time(moment(info.committer.at)),
        "author": { "name": info.author.name, "email": info.author.email },
        "committer": { "name": info.committer.name, "email": info.committer.email },
    })
}

/// A commit in a `push` event; `distinct` if nobody had pushed it before.
pub(crate) fn push_commit(
    world: &World,
    repository: &Repository,
    info: &CommitInfo,
    distinct: bool,
) -> Value {
    let person = |who: &Signature| {
        let mut shaped = json!({
            "name": who.name, "email": who.email, "date": time(moment(who.at)),
        });
        if let Some(account) = world.account_named(&who.name) {
            super::merge(&mut shaped, json!({ "username": account.login }));
        }
        shaped
    };
    json!({
        "id": info.sha,
        "tree_id": info.tree,
        "distinct": distinct,
        "message": info.message,
        "timestamp": time(moment(info.committer.at)),
        "url": format!("{}/commit/{}", html_url(world, repository), info.sha),
        "author": person(&info.author),
        "committer": person(&info.committer),
        "added": info.added,
        "removed": info.removed,
        "modified": info.modified,
    })
}

/// `git-ref`.
pub(crate) fn git_ref(world: &World, repository: &Repository, name: &str, sha: &str) -> Value {
    let api = api_url(world, repository);
    json!({
        "ref": name,
        "node_id": node_id("Ref", name),
        "url": format!("{api}/git/{name}"),
        "object": { "type": "commit", "sha": sha, "url": format!("{api}/git/commits/{sha}") },
    })
}
