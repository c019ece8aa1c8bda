//! GitHub's own reviews of a promotion, where they are sign-offs.

use crate::shop::topic;
use crate::stage::Stage;
use towpath_sandbox::{Order, Permission, PullHandle};

/// A promotion to production of what runs on staging, which takes reviews for sign-offs.
async fn promotion(stage: &Stage, signoffs: &str) -> PullHandle {
    let requires = format!("{{ signoffs: {signoffs}, reviews: true }}");
    let text = format!(
        "version: 1\nenvironments:\n  - {{ name: integration, accepts: [topics] }}\n  - {{ name: staging, accepts: \
         [integration] }}\n  - name: production\n    accepts: [staging]\n    requires: {requires}\ncopy: none\n"
    );
    stage.configure("master", &text).await;
    topic(&stage.store, "feature/cart", "integration").await;
    let change = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&change).await.passes();
    crate::shop::merge(&change).await.unwrap();
    stage.store.merge("integration").into("staging").no_ff().by("rita").await.unwrap();
    stage.quiet().await;
    stage.carried_out("staging").await;
    let pull = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    waits(stage, &pull).await;
    pull
}

/// The check waits for a sign-off; answers its words.
async fn waits(stage: &Stage, pull: &PullHandle) -> String {
    let check = stage.check(pull).await;
    assert_eq!(check.0.conclusion.as_deref(), Some("action_required"));
    let title = check.0.title.clone().unwrap_or_default();
    assert!(title.starts_with("Sign-off on staging missing"), "{title}");
    let summary = check.0.summary.clone().unwrap_or_default();
    stage.all_is_read().await;
    summary
}

#[tokio::test]
async fn an_approving_review_is_a_sign_off_until_its_author_takes_it_back() {
    let stage = Stage::set().await;
    let pull = promotion(&stage, "[admin]").await;
    pull.review("Looks like a cart.").by("ben").await.unwrap();
    waits(&stage, &pull).await;
    let approval = pull.approve().by("ben").await.unwrap();
    stage.check(&pull).await.passes();

    // What was approved is what would be merged: other files are another matter.
    topic(&stage.store, "feature/wish-list", "integration").await;
    stage.store.merge("feature/wish-list").into("integration").no_ff().by("ana").await.unwrap();
    stage.store.merge("integration").into("staging").no_ff().by("rita").await.unwrap();
    stage.quiet().await;
    stage.carried_out("staging").await;
    let told = waits(&stage, &pull).await;
    assert!(told.contains("`ben` signed off as `admin`") && told.contains("feature-wish-list.txt"), "{told}");

    let again = pull.approve().by("ben").await.unwrap();
    assert!(again.id() > approval.id());
    stage.check(&pull).await.passes();
    pull.request_changes("The wish list is empty.").by("ben").await.unwrap();
    waits(&stage, &pull).await;
    // Approved once more, and dismissed by somebody else.
    let last = pull.approve().by("ben").await.unwrap();
    stage.check(&pull).await.passes();
    last.dismiss().by("rita").await.unwrap();
    waits(&stage, &pull).await;
    stage.end().await;
}

#[tokio::test]
async fn a_review_counts_for_the_roles_that_its_author_has() {
    let stage = Stage::set().await;
    stage.github.team("acme/shop").await.unwrap().add("octavia");
    stage.store.allow("octavia", Permission::Read);
    stage.store.allow("otto", Permission::Read);
    let pull = promotion(&stage, "[admin, { role: customer, by: [\"team:shop\"] }]").await;
    pull.approve().by("otto").await.unwrap();
    let told = waits(&stage, &pull).await;
    let why =
        "The approving review of `otto` is no sign-off: they had none of these roles when they gave it.";
    assert!(told.contains(why), "{told}");
    pull.approve().by("octavia").await.unwrap();
    let told = waits(&stage, &pull).await;
    assert!(told.contains("Signed off already: `customer` by `octavia`."), "{told}");
    // Losing the right later changes nothing.
    stage.store.allow("ben", Permission::Write);
    pull.approve().by("ben").await.unwrap();
    stage.check(&pull).await.passes();
    stage.store.allow("ben", Permission::Read);
    stage.store.commit_on("staging").message("Nothing").by("rita").await.unwrap();
    stage.quiet().await;
    stage.carried_out("staging").await;
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn who_has_made_a_change_does_not_accept_it_by_a_review() {
    let stage = Stage::set().await;
    let pull = promotion(&stage, "[{ role: review, by_others: true }]").await;
    pull.approve().by("ana").await.unwrap();
    let told = waits(&stage, &pull).await;
    let why = "The approving review of `ana` is no sign-off: they have made one of the changes";
    assert!(told.contains(why), "{told}");
    pull.approve().by("ben").await.unwrap();
    stage.check(&pull).await.passes();
    stage.end().await;
}

/// GitHub tells of nothing that happens while nobody listens.
#[tokio::test]
async fn a_review_that_nobody_heard_of_is_found() {
    let mut stage = Stage::set().await;
    let pull = promotion(&stage, "[admin]").await;
    let lost = stage.github.faults().webhook("pull_request_review", "submitted").vanish();
    pull.approve().by("ben").await.unwrap();
    stage.quiet().await;
    assert_eq!(lost.hits(), 1);
    stage.restart().await;
    stage.check(&pull).await.passes();
    stage.end().await;
}

/// That the files had gone live before they were approved may be heard of after the approval.
#[tokio::test]
async fn an_approval_counts_though_the_news_of_the_deploy_is_late() {
    let stage = Stage::set().await;
    let pull = promotion(&stage, "[admin]").await;
    topic(&stage.store, "feature/wish-list", "integration").await;
    stage.store.merge("feature/wish-list").into("integration").no_ff().by("ana").await.unwrap();
    stage.store.merge("integration").into("staging").no_ff().by("rita").await.unwrap();
    let deployment = stage.deployments("staging").await.pop().unwrap();
    stage.github.faults().webhook("deployment_status", "*").hold();
    for state in ["in_progress", "success"] {
        stage.later();
        deployment.status(state).by("deployer").await.unwrap();
    }
    stage.seconds_later(60);
    pull.approve().by("ben").await.unwrap();
    stage.quiet().await;
    let before = stage.check(&pull).await.0.conclusion.clone();
    assert_ne!(before.as_deref(), Some("success"));
    stage.seconds_later(300);
    stage.github.faults().clear();
    stage.github.release_webhooks(Order::AsSent).await;
    stage.check(&pull).await.passes();
    stage.all_is_read().await;
    stage.end().await;
}

/// Besides what it says, a review may hold a command.
#[tokio::test]
async fn a_review_with_a_command_in_it_counts_as_well() {
    let stage = Stage::set().await;
    let pull = promotion(&stage, "[admin]").await;
    pull.approve().saying("/where").by("ben").await.unwrap();
    stage.check(&pull).await.passes();
    stage.read(&pull);
    stage.end().await;
}
