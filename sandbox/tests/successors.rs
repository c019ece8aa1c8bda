//! Repositories that are renamed or given away, and others that take their old names.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use common::{Stage, checker};
use serde_json::json;
use towpath_sandbox::RepoHandle;

async fn stage() -> Stage {
    let app = checker().events(["repository", "push"]).webhook("http://127.0.0.1:9/");
    let stage = Stage::set_with(app).await;
    stage.github.forget_records();
    stage
}

async fn create(stage: &Stage, name: &str) -> RepoHandle {
    let made = stage.github.repository(name).create().await.unwrap();
    made.commit_on("main").orphan().file("README", "Another store\n").by("zoe").await.unwrap();
    made
}

#[tokio::test]
async fn an_old_name_redirects_until_somebody_takes_it() {
    let stage = stage().await;
    stage.repo.rename("shop").await.unwrap();
    let moved = stage.get("/repos/acme/store").await;
    assert_eq!(moved.status, 301);
    assert!(moved.headers["location"].ends_with(&format!("/repositories/{}", stage.repo.id())));
    let successor = create(&stage, "acme/store").await;
    assert_ne!(successor.id(), stage.repo.id());
    assert_eq!(stage.get("/repos/acme/store").await.status, 404, "the App is not installed on this one");
    stage.installation.add([&successor]).await.unwrap();
    assert_eq!(stage.get("/repos/acme/store").await.body["id"], successor.id());
    assert_eq!(stage.get("/repos/acme/shop").await.body["id"], stage.repo.id());
    assert_eq!(stage.repo.rename("Store").await.unwrap_err().status, 422, "the name is taken");
    successor.rename("other").await.unwrap();
    stage.repo.rename("store").await.unwrap();
    assert_eq!(stage.get("/repos/acme/store").await.body["id"], stage.repo.id(), "it has its name back");
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_given_away_leaves_its_installation() {
    let stage = stage().await;
    let elsewhere = stage.app.install("umbrella").await.unwrap();
    stage.repo.transfer("umbrella").await.unwrap();
    assert_eq!(stage.repo.full_name(), "umbrella/store");
    let told = &stage.webhooks("repository", "transferred").await[0];
    assert_eq!(told["changes"]["owner"]["from"]["organization"]["login"], "acme");
    assert_eq!(told["installation"]["id"], elsewhere.id());
    let lost = &stage.webhooks("installation_repositories", "removed").await[0];
    assert_eq!(lost["repositories_removed"][0]["id"], stage.repo.id());
    assert_eq!(lost["installation"]["id"], stage.installation.id());
    assert_eq!(stage.get("/repos/acme/store").await.status, 301);
    let (token, _) = elsewhere.token().unwrap();
    assert_eq!(stage.call_as(&token, "GET", "/repos/umbrella/store", None).await.status, 200);
    let successor = create(&stage, "acme/store").await;
    stage.installation.add([&successor]).await.unwrap();
    assert_eq!(stage.get("/repos/acme/store").await.body["id"], json!(successor.id()));
    assert_eq!(successor.transfer("umbrella").await.unwrap_err().status, 422);
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}
