//! Payloads that are signed well and say what is not so: whoever knows the secret can send them, and gets no token.

use crate::http::Call;
use crate::shop::topic;
use crate::stage::{Stage, soon_given_up};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use towpath::model::RepositoryId;
use towpath::store::Store as _;

/// Somebody who waits for git to come by, and how often it did.
async fn trap() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/acme/evil.git", listener.local_addr().unwrap());
    let visits = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&visits);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            seen.fetch_add(1, Ordering::SeqCst);
        }
    });
    (address, visits)
}

/// A repository as a payload describes it, with git's address somewhere else.
fn repository(id: u64, name: &str, clone_url: &str) -> Value {
    json!({
        "id": id, "full_name": name, "clone_url": clone_url, "html_url": "http://evil.example/acme/evil",
        "default_branch": "integration", "archived": false,
    })
}

async fn send(stage: &Stage, event: &str, mut body: Value) {
    body["installation"] = json!({ "id": stage.installation.id() });
    body["sender"] = json!({ "login": "mallory" });
    let guid = format!("forged-{event}-{}", body["repository"]["id"]);
    let address = stage.server_url().replace("http://", "");
    assert_eq!(Call::of(event, &guid, body.to_string()).to(&address).await.status, 202);
}

/// Everything that makes the server look at a repository.
async fn send_all(stage: &Stage, repository: &Value) {
    let (head, base) = ("1".repeat(40), "2".repeat(40));
    let end = |name: &str, sha: &str| json!({ "ref": name, "sha": sha, "repo": { "id": repository["id"] } });
    let push = json!({
        "ref": "refs/heads/integration", "before": base, "after": head, "repository": repository, "commits": [],
    });
    send(stage, "push", push).await;
    let pull = json!({
        "number": 7, "state": "open", "user": { "login": "mallory" }, "updated_at": "2030-01-01T00:00:00Z",
        "head": end("feature/x", &head), "base": end("integration", &base),
    });
    let opened = json!({ "action": "opened", "pull_request": pull, "repository": repository });
    send(stage, "pull_request", opened).await;
    let group =
        json!({ "head_sha": head, "base_sha": base, "base_ref": "refs/heads/integration", "head_ref": "x" });
    let asked = json!({ "action": "checks_requested", "merge_group": group, "repository": repository });
    send(stage, "merge_group", asked).await;
    let status = json!({ "id": 1, "state": "success", "created_at": "2030-01-01T00:00:00Z" });
    let deployment = json!({ "id": 1, "sha": head, "environment": "integration" });
    let told = json!({
        "action": "created", "deployment_status": status, "deployment": deployment, "repository": repository,
    });
    send(stage, "deployment_status", told).await;
}

#[tokio::test]
async fn a_payload_of_an_unknown_repository_leads_git_nowhere() {
    let stage = Stage::with(soon_given_up()).await;
    stage.expect_error("given up");
    let (address, visits) = trap().await;
    send_all(&stage, &repository(4_711, "acme/evil", &address)).await;
    send(
        &stage,
        "repository",
        json!({
            "action": "edited", "repository": repository(4_711, "acme/evil", &address),
        }),
    )
    .await;
    stage.quiet().await;
    assert_eq!(visits.load(Ordering::SeqCst), 0, "git was sent where a payload says");
    let database = stage.database();
    assert_eq!(database.repository(RepositoryId(4_711)).await.unwrap(), None);
    database.close().await;
    stage.end().await;
}

#[tokio::test]
async fn a_payload_leads_git_away_from_no_known_repository() {
    let stage = Stage::with(soon_given_up()).await;
    let (address, visits) = trap().await;
    stage.expect_error("given up");
    let forged = repository(stage.store.id(), "acme/evil", &address);
    let tell = async |action: &str| {
        let mut body = json!({ "action": action, "repository": forged });
        body["installation"] = json!({ "id": stage.installation.id() });
        let call = Call::of("repository", action, body.to_string());
        assert_eq!(call.to(&stage.server_url().replace("http://", "")).await.status, 202);
    };
    // The list of what the installation covers would put it right in a moment.
    let unlisted = stage.github.faults().rest("GET", "/installation/repositories").status(502);
    tell("renamed").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check_soon(&pull).await.passes();
    for action in ["archived", "deleted"] {
        tell(action).await;
        stage.quiet().await;
    }
    unlisted.remove();
    stage.store.commit_on("feature/cart").file("more", "more\n").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    assert_eq!(visits.load(Ordering::SeqCst), 0, "git was sent where a payload says");
    let database = stage.database();
    let row = database.repository(RepositoryId(stage.store.id())).await.unwrap().unwrap();
    assert_eq!(row.full_name, "acme/store");
    assert!(row.clone_url.ends_with("/acme/store.git") && !row.html_url.contains("evil"), "{row:?}");
    database.close().await;
    stage.end().await;
}
