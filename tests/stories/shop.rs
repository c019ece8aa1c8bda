//! A shop whose changes take the path: its App, its repository, and what its people do most.

use std::future::IntoFuture;
use std::time::Duration;
use towpath::model::UnixMillis;
use towpath::store::{ConcurrencyLimits, SqliteStore, Store};
use towpath_sandbox::{AppConfig, Merged, Method, Permission, PullHandle, Refused, RepoHandle, Sandbox};

/// What is to be looked at later than this from now on waits for the clock, not for anybody's work. Two
/// environments whose deploys are looked at once a minute each would leave no moment at rest if it were much longer.
pub const SOON: Duration = Duration::from_secs(10);

/// What the App's webhooks are signed with.
pub const SECRET: &str = "a secret of the stories";

/// The App as its manifest has it, with nobody listening yet.
pub fn app_config() -> AppConfig {
    let mut app = AppConfig::new("towpath")
        .permission("checks", "write")
        .permission("contents", "write")
        .permission("pull_requests", "write")
        .permission("statuses", "write")
        .permission("actions", "write")
        .permission("deployments", "write")
        .permission("issues", "write")
        .permission("members", "read")
        .permission("merge_queues", "read")
        .events([
            "deployment_protection_rule",
            "deployment_status",
            "issue_comment",
            "merge_group",
            "pull_request",
            "pull_request_review",
            "pull_request_review_comment",
            "push",
            "repository",
            "workflow_run",
        ])
        .webhook("http://127.0.0.1:9/nobody-there-yet");
    SECRET.clone_into(&mut app.webhook_secret);
    app
}

/// `acme/store`; with all environments, after one release.
pub async fn shop(github: &Sandbox, branches: &[&str]) -> RepoHandle {
    let store = github
        .repository("acme/store")
        .default_branch("master")
        .with("ana", Permission::Write)
        .with("ben", Permission::Write)
        .with("rita", Permission::Maintain)
        .create()
        .await
        .unwrap();
    store.commit_on("master").orphan().file("README", "Acme\n").by("rita").await.unwrap();
    for branch in branches {
        store.branch(branch).from("master").by("rita").await.unwrap();
    }
    if branches == ["integration", "staging", "production"] {
        topic(&store, "release-one", "integration").await;
        store.merge("release-one").into("integration").no_ff().by("ana").await.unwrap();
        store.merge("integration").into("staging").no_ff().by("rita").await.unwrap();
        store.merge("staging").into("production").no_ff().by("rita").await.unwrap();
        store.merge("production").into("master").ff_only().by("rita").await.unwrap();
        store.delete_branch("release-one").by("ana").await.unwrap();
    }
    store
}

/// A branch with one commit of its own, cut from another branch.
pub async fn topic(store: &RepoHandle, name: &str, from: &str) -> String {
    let file = format!("{}.txt", name.replace('/', "-"));
    let commit = store.commit_on(name).from(from).file(&file, format!("{name}\n"));
    commit.message(&format!("Work on {name}")).by("ana").await.unwrap()
}

/// Presses the merge button as rita.
pub fn merge(pull: &PullHandle) -> impl Future<Output = Result<Merged, Refused>> {
    pull.merge(Method::Merge).by("rita").into_future()
}

/// Waits until every webhook has come and the server whose database this is has nothing left to do.
pub async fn quiet(github: &Sandbox, database: &SqliteStore, now: impl Fn() -> UnixMillis) {
    let mut calm = 0;
    while calm < 2 {
        github.settled().await;
        // What is being worked on is due as well. What is to be looked at much later waits for the clock, not for anybody.
        let soon = now() + SOON;
        let idle = database
            .next_due(UnixMillis::MIN, ConcurrencyLimits::NONE)
            .await
            .unwrap()
            .is_none_or(|due| due > soon);
        calm = if idle { calm + 1 } else { 0 };
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
