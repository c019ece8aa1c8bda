//! Where a change has come to, by whichever way it travelled.

use crate::rollback::towpath;
use crate::shop::topic;
use crate::stage::Stage;
use towpath_sandbox::{Method, PullHandle};

async fn open(stage: &Stage, head: &str, base: &str) -> PullHandle {
    stage.store.open_pull(head).into(base).by("rita").await.unwrap()
}

#[tokio::test]
async fn where_follows_a_topic_that_was_squashed_with_what_others_merged_into_it() {
    let stage = Stage::set().await;
    topic(&stage.store, "epic", "integration").await;
    topic(&stage.store, "part", "epic").await;
    topic(&stage.store, "detail", "part").await;
    let detail = open(&stage, "detail", "part").await;
    detail.merge(Method::Squash).by("rita").await.unwrap();
    stage.later();
    let part = open(&stage, "part", "epic").await;
    part.merge(Method::Rebase).by("rita").await.unwrap();
    stage.later();
    let other = stage.merged_topic("feature/other").await;
    stage.later();
    let epic = open(&stage, "epic", "integration").await;
    stage.check(&epic).await;
    epic.merge(Method::Squash).by("rita").await.unwrap();
    stage.quiet().await;
    stage.store.delete_branch("epic").by("rita").await.unwrap();
    stage.store.delete_branch("part").by("rita").await.unwrap();
    stage.quiet().await;
    for (pull, what) in [(&detail, "detail"), (&part, "part"), (&epic, "epic"), (&other, "other")] {
        let number = pull.number().to_string();
        let said = towpath(&stage, &["where", &number, "--repository", "acme/store", "--json"]).await;
        let json: serde_json::Value = serde_json::from_str(said.words()).unwrap();
        let states: Vec<_> = json["places"].as_array().unwrap().iter().map(|it| &it["state"]).collect();
        assert_ne!(*states[0], "absent", "{what}: {json}");
        assert_eq!(states[1..], ["absent", "absent", "absent"], "{what}: {json}");
    }
    stage.end().await;
}
