//! Re-runs may be asked for on any commit that has a check, whatever has become of it.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use common::Stage;

#[tokio::test]
async fn a_re_run_is_asked_for_on_any_commit_and_names_open_pull_requests_alone() {
    let stage = Stage::set().await;
    let pull = stage.repo.open_pull("feature/cart").into("main").await.unwrap();
    let group = stage.repo.merge_group("main", [&pull]).by("ana").await.unwrap();
    let head = pull.head_sha();
    pull.close().by("ana").await.unwrap();
    for commit in [head.as_str(), &group.head_sha] {
        let check = stage.repo.check(&stage.app, "ci: main", commit).concluded("failure").await.unwrap();
        check.rerequest("ana").await.unwrap();
        check.rerequest_suite("ana").await.unwrap();
        let run = stage.webhooks("check_run", "rerequested").await.pop().unwrap();
        let suite = stage.webhooks("check_suite", "rerequested").await.pop().unwrap();
        assert_eq!(run["check_run"]["head_sha"], commit);
        assert_eq!(suite["check_suite"]["head_sha"], commit);
        assert_eq!(run["check_run"]["pull_requests"].as_array().map(Vec::len), Some(0));
        // GitHub leaves the run as it is: whether it is made anew is the app's to decide.
        assert_eq!(check.state().unwrap().conclusion.as_deref(), Some("failure"));
    }
}
