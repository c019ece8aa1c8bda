//! Runs that are cancelled: taken at once, carried out when it pleases.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use std::time::Duration;

use chrono::TimeDelta;
use common::{Stage, checker};
use serde_json::json;
use towpath_sandbox::{Cancelling, RunHandle};

const ACTIONS: &str = "/repos/acme/store/actions";

async fn stage() -> Stage {
    let app = checker().permission("actions", "write").events(["workflow_run"]);
    let stage = Stage::set_with(app.webhook("http://127.0.0.1:9/")).await;
    stage.repo.workflow("deploy.yml");
    stage
}

async fn dispatched(stage: &Stage) -> RunHandle {
    let path = format!("{ACTIONS}/workflows/deploy.yml/dispatches");
    assert_eq!(stage.call("POST", &path, Some(json!({ "ref": "main" }))).await.status, 204);
    let run = stage.repo.runs().pop().unwrap();
    run.begins().await.unwrap();
    run
}

async fn cancel(stage: &Stage, run: &RunHandle) -> (u16, String) {
    let answer = stage.call("POST", &format!("{ACTIONS}/runs/{}/cancel", run.id()), None).await;
    (answer.status, answer.body["message"].as_str().unwrap_or_default().to_owned())
}

/// Waits, by the machine's clock, until a run is over of its own accord.
async fn over(stage: &Stage, run: &RunHandle) {
    for _ in 0..500 {
        let heard = stage.webhooks("workflow_run", "completed").await;
        if heard.iter().any(|hook| hook["workflow_run"]["id"] == run.id()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the run never ended");
}

#[tokio::test]
async fn what_is_cancelled_goes_on_for_a_while() {
    let stage = stage().await;
    stage.github.cancelling(Cancelling::After(TimeDelta::seconds(50)));
    let run = dispatched(&stage).await;
    assert_eq!(cancel(&stage, &run).await.0, 202);
    stage.clock.advance(TimeDelta::seconds(49));
    assert_eq!((run.status().as_str(), run.is_being_cancelled()), ("in_progress", true));
    assert_eq!(cancel(&stage, &run).await.0, 202, "asked again it is no later");
    assert_eq!(stage.webhooks("workflow_run", "completed").await.len(), 0);
    stage.clock.advance(TimeDelta::seconds(1));
    over(&stage, &run).await;
    assert_eq!((run.conclusion().as_deref(), run.is_being_cancelled()), (Some("cancelled"), false));
    let sentence = "Cannot cancel a workflow run that is completed.".to_owned();
    assert_eq!(cancel(&stage, &run).await, (409, sentence));
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_ends_by_itself_while_it_is_being_cancelled_ended_by_itself() {
    let stage = stage().await;
    stage.github.cancelling(Cancelling::After(TimeDelta::seconds(50)));
    let run = dispatched(&stage).await;
    cancel(&stage, &run).await;
    run.ends("success").await.unwrap();
    stage.clock.advance(TimeDelta::minutes(2));
    assert_eq!(run.conclusion().as_deref(), Some("success"));
    assert_eq!(stage.webhooks("workflow_run", "completed").await.len(), 1);
}

#[tokio::test]
async fn cancelling_waits_for_a_word_or_is_refused() {
    let stage = stage().await;
    stage.github.cancelling(Cancelling::Refused);
    let run = dispatched(&stage).await;
    assert_eq!(cancel(&stage, &run).await.0, 403);
    assert_eq!(run.stops().await.unwrap_err().status, 409, "nobody asked for it");
    stage.github.cancelling(Cancelling::OnDemand);
    assert_eq!(cancel(&stage, &run).await.0, 202);
    stage.clock.advance(TimeDelta::hours(3));
    assert_eq!(run.status(), "in_progress");
    run.stops().await.unwrap();
    assert_eq!(run.conclusion().as_deref(), Some("cancelled"));
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}
