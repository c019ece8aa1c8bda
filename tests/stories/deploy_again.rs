//! What the operator has deployed by name, and follows to its end.

use crate::rollback::{Said, towpath};
use crate::stage::Stage;
use towpath_sandbox::DeploymentHandle;

async fn deploy(stage: &Stage, more: &[&str]) -> Said {
    let at = ["deploy", "--repository", "acme/store", "--environment", "staging"];
    towpath(stage, &[&at[..], more].concat()).await
}

async fn newest(stage: &Stage) -> DeploymentHandle {
    stage.deployments("staging").await.pop().unwrap()
}

async fn ends(stage: &Stage, how: &str) {
    let deployment = newest(stage).await;
    deployment.status("in_progress").by("deployer").await.unwrap();
    stage.later();
    deployment.status(how).by("deployer").await.unwrap();
    stage.quiet().await;
    stage.later();
}

#[tokio::test]
async fn a_tip_is_deployed_by_name_where_it_was_not_and_again_where_that_is_asked() {
    let stage = Stage::set().await;
    assert!(stage.deployments("staging").await.is_empty(), "what was there before is not deployed");
    let said = deploy(&stage, &[]).await;
    assert!(said.code == 0 && said.words.contains("for the first time"), "{}", said.words);
    assert_eq!(newest(&stage).await.sha(), stage.store.tip("staging").unwrap());
    for more in [&[][..], &["--again"][..]] {
        let said = deploy(&stage, more).await;
        assert!(said.code == 6 && said.words.contains("deploy 1 is already bringing"), "{}", said.words);
    }
    ends(&stage, "failure").await;
    let said = deploy(&stage, &[]).await;
    assert!(said.code == 6 && said.words.contains("--again tries again"), "{}", said.words);
    assert_eq!(deploy(&stage, &["--again", "--reason", "the runner had no disk"]).await.code, 0);
    ends(&stage, "success").await;
    let said = deploy(&stage, &[]).await;
    assert!(said.code == 6 && said.words.contains("staging already runs"), "{}", said.words);
    let said = deploy(&stage, &["--again", "--json"]).await;
    let told: serde_json::Value = serde_json::from_str(&said.words).unwrap();
    assert_eq!((told["accepted"].as_bool(), told["deploy"].as_u64()), (Some(true), Some(3)));
    ends(&stage, "success").await;
    assert_eq!(stage.deployments("staging").await.len(), 3);
    stage.end().await;
}

#[tokio::test]
async fn who_waits_is_told_how_it_goes_and_how_it_ended() {
    let stage = Stage::set().await;
    for (how, code) in [("failure", 1), ("success", 0)] {
        let waits = deploy(&stage, &["--again", "--wait"]);
        let goes = async {
            let before = stage.store.deployments().len();
            while stage.store.deployments().len() == before {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            ends(&stage, how).await;
        };
        let (said, ()) = tokio::join!(waits, goes);
        assert_eq!(said.code, code, "{}", said.words);
        let lines: Vec<&str> = said.words.lines().collect();
        assert!(lines.len() >= 2 && lines[0].contains("to staging"), "{lines:?}");
        let end = if code == 0 { "is live" } else { "failed" };
        assert!(lines.last().unwrap().contains(end), "{lines:?}");
    }
    stage.end().await;
}
