//! An App with fewer permissions than it asks for: what needs the one that is missing does not work and says so, and
//! everything else goes on.

use crate::shop::{app_config, topic};
use crate::stage::Stage;
use towpath_sandbox::PullHandle;

/// The App has this permission at a lower level, or not at all.
async fn stage_with(permission: &str, level: Option<&str>) -> Stage {
    let stage = Stage::set().await;
    lower(&stage, permission, level).await;
    stage
}

/// The same from now on.
pub(crate) async fn lower(stage: &Stage, permission: &str, level: Option<&str>) {
    let mut config = app_config();
    match level {
        Some(level) => config.permissions.insert(permission.to_owned(), level.to_owned()),
        None => config.permissions.remove(permission),
    };
    let by = match permission {
        "actions" => "workflow_run",
        "deployments" => "deployment",
        _ => "nothing",
    };
    config.events.retain(|event| !event.starts_with(by));
    stage.app.change(config.permissions, config.events);
    stage.installation.accept_new_permissions().await.unwrap();
    stage.quiet().await;
}

/// Verdicts, comments, commands and locks.
async fn all_else_goes_on(stage: &Stage) -> PullHandle {
    topic(&stage.store, "feature/late", "staging").await;
    let late = stage.store.open_pull("feature/late").into("integration").by("ana").await.unwrap();
    stage.check(&late).await.fails();
    stage.comment(&late).await;
    let comment = stage.says(&late, "ana", "/lock staging --reason test").await;
    assert!(stage.reply(&late, &comment).await.starts_with("**Done** `/lock staging"));
    let comment = stage.says(&late, "ana", "/retarget staging").await;
    assert!(stage.reply(&late, &comment).await.starts_with("**Done** `/retarget staging`"));
    stage.check(&late).await.fails();
    let left = stage.check_named(&late, "towpath: integration").await;
    left.is("cancelled", "No longer checked: #1 now goes into staging");
    stage.all_is_read().await;
    late
}

#[tokio::test]
async fn without_writing_contents_only_the_copy_and_clean_branches_are_not_made() {
    let stage = stage_with("contents", Some("read")).await;
    let late = all_else_goes_on(&stage).await;
    let comment = stage.says(&late, "ana", "/rebuild").await;
    let reply = stage.reply(&late, &comment).await;
    assert!(reply.starts_with("**Refused** `/rebuild`"), "{reply}");
    stage.merged_topic("feature/cart").await;
    assert_eq!(stage.deployments("integration").await.len(), 1);
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn without_actions_only_workflows_are_not_dispatched() {
    let stage = stage_with("actions", None).await;
    all_else_goes_on(&stage).await;
    stage.merged_topic("feature/cart").await;
    assert_eq!(stage.deployments("integration").await.len(), 1);
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn without_deployments_only_nothing_is_deployed() {
    let stage = stage_with("deployments", None).await;
    all_else_goes_on(&stage).await;
    let cart = stage.merged_topic("feature/cart").await;
    assert_eq!(stage.deployments("integration").await.len(), 0);
    stage.read(&cart);
    stage.all_is_read().await;
    stage.end().await;
}
