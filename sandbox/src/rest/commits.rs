//! Commits, the pull requests they belong to, and files at a commit.

use base64::Engine as _;
use serde_json::{Value, json};

use super::paging::array;
use super::{Answer, Call, Reply};
use crate::Refused;
use crate::git::{Object, is_sha, valid_branch};
use crate::model::Level;
use crate::shape;

const READ: [(&str, Level); 1] = [("contents", Level::Read)];
const PULLS: [(&str, Level); 1] = [("pull_requests", Level::Read)];

/// The commit that a SHA, a branch, a tag or a `heads/…` path names.
pub(crate) async fn resolve(call: &Call, id: u64, name: &str) -> Result<String, Refused> {
    let sentence = || Refused::new(422, format!("No commit found for SHA: {name}"));
    if is_sha(name) {
        return call.hub.git.resolve(id, name).await?.ok_or_else(sentence);
    }
    if !valid_branch(name) {
        return Err(sentence());
    }
    let found = call.shaped(id, |_, found| {
        let places = ["refs/heads/", "refs/tags/", "refs/", ""];
        Some(places.iter().find_map(|place| found.refs.get(&format!("{place}{name}")).cloned()))
    })?;
    found.ok_or_else(sentence)
}

/// `GET /repos/{owner}/{repo}/commits/{ref}`
pub(crate) async fn show(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let sha = resolve(&call, id, call.param("sha")).await?;
    let info = call.hub.git.commit_info(id, &sha).await?.ok_or_else(Refused::not_found)?;
    call.shaped(id, |world, found| {
        let mut shaped = shape::commit(world, found, &info);
        let api = format!("{}/repos/{}", world.urls.api, world.full_name(found));
        let html = format!("{}/{}", world.urls.html, world.full_name(found));
        let lists = [("added", &info.added), ("removed", &info.removed), ("modified", &info.modified)];
        let files: Vec<Value> = lists
            .into_iter()
            .flat_map(|(status, paths)| paths.iter().map(move |path| (status, path)))
            .map(|(status, path)| {
                json!({
                    "sha": null, "filename": path, "status": status,
                    "additions": 0, "deletions": 0, "changes": 0,
                    "blob_url": format!("{html}/blob/{sha}/{path}"),
                    "raw_url": format!("{html}/raw/{sha}/{path}"),
                    "contents_url": format!("{api}/contents/{path}?ref={sha}"),
                })
            })
            .collect();
        shaped["files"] = Value::Array(files);
        Some(shaped)
    })
    .map(Reply::ok)
}

/// `GET /repos/{owner}/{repo}/commits/{sha}/pulls`
pub(crate) async fn pulls(call: Call) -> Answer {
    let id = call.repository(&PULLS)?;
    let sha = resolve(&call, id, call.param("sha")).await?;
    let all = call.shaped(id, |world, found| {
        let listed = world.pulls.values().filter(|pull| {
            pull.repository == id && (pull.head.sha == sha || pull.merge_commit.as_ref() == Some(&sha))
        });
        Some(listed.map(|pull| shape::pull_simple(world, found, pull)).collect())
    })?;
    Ok(array(&call, all))
}

/// `GET /repos/{owner}/{repo}/contents/{path}`: a file, or what lies in a folder.
pub(crate) async fn contents(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let path = call.param("path");
    let default = call.shaped(id, |_, found| Some(found.default_branch.clone()))?;
    let name = call.query.get("ref").cloned().unwrap_or(default);
    let commit = resolve(&call, id, &name)
        .await
        .map_err(|_| Refused::new(404, format!("No commit found for the ref {name}")))?;
    let found = call.hub.git.object_at(id, &commit, path).await?;
    let Object { id: object, kind, content } = found.ok_or_else(Refused::not_found)?;
    match kind.as_str() {
        "tree" => {
            let listed = call.hub.git.ask(id, &["ls-tree", "-l", "-z", &object], None, &[]).await?;
            let entries: Vec<Value> =
                listed.text().split('\0').filter_map(|line| entry(&call, path, &name, line)).collect();
            return Ok(Reply::ok(Value::Array(entries)));
        }
        "blob" => {}
        _ => return Err(Refused::not_found()),
    }
    if call.accept.contains("raw") {
        return Ok(Reply { status: 200, body: None, link: None, raw: Some(content) });
    }
    Ok(Reply::ok(file(&call, path, &name, &object, &content)))
}

/// One entry of `content-directory`, from a line of git's.
fn entry(call: &Call, folder: &str, name: &str, line: &str) -> Option<Value> {
    let (about, own) = line.split_once('\t')?;
    let mut about = about.split_whitespace().skip(1);
    let (kind, sha, size) = (about.next()?, about.next()?, about.next()?);
    let mut shaped = file(call, &format!("{folder}/{own}"), name, sha, &[]);
    let fields = shaped.as_object_mut()?;
    fields.remove("content");
    fields.remove("encoding");
    fields.insert("type".to_owned(), json!(if kind == "tree" { "dir" } else { "file" }));
    fields.insert("size".to_owned(), json!(size.parse::<u64>().unwrap_or_default()));
    Some(shaped)
}

/// `content-file`.
fn file(call: &Call, path: &str, name: &str, blob: &str, content: &[u8]) -> Value {
    let api = call.hub.with(|world| world.urls.api.clone());
    let html = call.hub.with(|world| world.urls.html.clone());
    let place = format!("{}/{}", call.param("owner"), call.param("repo"));
    let url = format!("{api}/repos/{place}/contents/{path}?ref={name}");
    let git = format!("{api}/repos/{place}/git/blobs/{blob}");
    let page = format!("{html}/{place}/blob/{name}/{path}");
    json!({
        "type": "file",
        "encoding": "base64",
        "size": content.len(),
        "name": path.rsplit('/').next(),
        "path": path,
        "content": base64::engine::general_purpose::STANDARD.encode(content),
        "sha": blob,
        "url": url,
        "git_url": git,
        "html_url": page,
        "download_url": null,
        "_links": { "self": url, "git": git, "html": page },
    })
}
