//! Freezes that people put on an environment: what they keep out, what goes all the same, and how they end.

use crate::rollback::towpath;
use crate::shop::{merge, topic};
use crate::stage::Stage;
use towpath_sandbox::{Method, Order, PullHandle};

async fn open_topic(stage: &Stage, name: &str) -> PullHandle {
    topic(&stage.store, name, "integration").await;
    let pull = stage.store.open_pull(name).into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    pull
}

async fn answered(stage: &Stage, pull: &PullHandle, (login, text): (&str, &str), words: &[&str]) {
    let comment = stage.says(pull, login, text).await;
    let reply = stage.reply(pull, &comment).await;
    for it in words {
        assert!(reply.contains(it), "{it:?} is not in:\n{reply}");
    }
}

/// Whether the check is in progress, with this in its title.
async fn is_frozen(stage: &Stage, pull: &PullHandle) {
    let check = stage.check(pull).await;
    assert_eq!(check.0.status, "in_progress", "{:?}", check.0.title);
    let title = check.0.title.unwrap_or_default();
    assert!(title.starts_with("Frozen until "), "{title}");
}

#[tokio::test]
async fn a_freeze_keeps_out_what_is_merged_until_it_ends_by_itself() {
    let stage = Stage::set().await;
    stage.merged_topic("feature/one").await;
    stage.carried_out("integration").await;
    let pull = open_topic(&stage, "feature/cart").await;
    let refused = "This takes the role `maintain`";
    answered(&stage, &pull, ("ana", "/freeze integration --until 2h --reason x"), &["**Refused**", refused])
        .await;
    answered(&stage, &pull, ("rita", "/freeze integration --reason x"), &["--until is missing"]).await;
    answered(
        &stage,
        &pull,
        ("rita", "/freeze integration --until yesterday --reason x"),
        &["--until cannot be"],
    )
    .await;
    answered(&stage, &pull, ("rita", "/freeze integration --until 2026-01-01 --reason x"), &["is over"])
        .await;
    answered(
        &stage,
        &pull,
        ("rita", "/freeze integration --until 2h --reason x --private"),
        &["Everybody reads"],
    )
    .await;
    answered(
        &stage,
        &pull,
        ("rita", "/freeze integration --until 2h --reason \"peak season\""),
        &["**Done**", "integration is frozen until ", "To end it before, write `/thaw integration`."],
    )
    .await;
    is_frozen(&stage, &pull).await;
    stage.all_is_read().await;

    // What is merged all the same waits for its deploy, and nobody can ask for it.
    stage.store.merge("feature/cart").into("integration").no_ff().by("rita").await.unwrap();
    stage.quiet().await;
    assert_eq!(stage.deployments("integration").await.len(), 1);
    answered(&stage, &pull, ("rita", "/deploy integration"), &["**Refused**", "is already"]).await;
    answered(&stage, &pull, ("rita", "/where integration"), &["Frozen until ", "`peak season`"]).await;
    let other = open_topic_frozen(&stage, "feature/other").await;

    stage.minutes_later(121).await;
    stage.check(&other).await.passes();
    assert_eq!(stage.deployments("integration").await.len(), 2);
    stage.carried_out("integration").await;
    stage.all_is_read().await;
    stage.end().await;
}

async fn open_topic_frozen(stage: &Stage, name: &str) -> PullHandle {
    topic(&stage.store, name, "integration").await;
    let pull = stage.store.open_pull(name).into("integration").by("ana").await.unwrap();
    is_frozen(stage, &pull).await;
    stage.all_is_read().await;
    pull
}

#[tokio::test]
async fn rollbacks_and_exceptions_go_and_a_thaw_ends_what_commands_have_frozen() {
    let stage = Stage::set().await;
    for name in ["feature/one", "feature/two"] {
        stage.merged_topic(name).await;
        stage.carried_out("integration").await;
    }
    let pull = open_topic(&stage, "feature/cart").await;
    let number = pull.number();
    let freeze = format!("/freeze integration --until 3d --reason audit --allow #{number}");
    answered(&stage, &pull, ("rita", &freeze), &["**Done**", &format!(", but for #{number}")]).await;
    stage.check(&pull).await.passes();
    let other = open_topic_frozen(&stage, "feature/other").await;
    answered(
        &stage,
        &pull,
        ("rita", "/deploy integration"),
        &["**Refused**", "Integration is frozen until ", ": audit"],
    )
    .await;
    // The exception is deployed at once.
    merge(&pull).await.unwrap();
    stage.quiet().await;
    stage.carried_out("integration").await;
    assert_eq!(stage.deployments("integration").await.len(), 3);
    let back = stage.says(&other, "rita", "/rollback integration --reason slow").await;
    stage.carried_out("integration").await;
    assert!(stage.reply(&other, &back).await.starts_with("**Done** `/rollback integration"));
    answered(&stage, &other, ("rita", "/resume integration --reason repaired"), &["**Done**"]).await;

    answered(
        &stage,
        &other,
        ("rita", "/thaw integration"),
        &["**Done**", "the freeze of integration is over"],
    )
    .await;
    stage.check(&other).await.passes();
    answered(&stage, &other, ("rita", "/thaw integration"), &["**Refused**", "Integration is not frozen"])
        .await;
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn a_reason_that_is_not_public_is_in_the_audit_alone_and_a_configured_freeze_goes_on() {
    let stage = Stage::set().await;
    let text = "version: 1\ntimezone: Europe/Vienna\nfreezes: [{ from: 2026-01-01 00:00, until: 2099-01-01 00:00, reason: for ever, \
                environments: [staging] }]\n";
    stage.configure("master", text).await;
    let pull = open_topic(&stage, "feature/cart").await;
    let at = ["--repository", "acme/store", "--until", "2h", "--reason", "the takeover", "--private"];
    let told = towpath(&stage, &[&["freeze", "integration"], &at[..]].concat()).await;
    assert!(told.words().contains("integration is frozen until "), "{}", told.words());
    stage.quiet().await;
    is_frozen(&stage, &pull).await;
    let check = stage.check(&pull).await;
    assert!(check.summary().contains("the operator knows why"), "{}", check.summary());
    assert!(!check.summary().contains("takeover"), "{}", check.summary());
    stage.all_is_read().await;
    let audit = towpath(&stage, &["audit", "--action", "freeze"]).await;
    assert!(audit.words().contains("the takeover"), "{}", audit.words());
    let thawed = towpath(&stage, &["thaw", "integration", "--repository", "acme/store"]).await;
    assert!(thawed.words().contains("the freeze of integration is over"), "{}", thawed.words());
    stage.quiet().await;
    stage.check(&pull).await.passes();
    let goes_on =
        ["**Refused**", "Staging stays frozen until ", "in Europe/Vienna) by the configuration: for ever"];
    answered(&stage, &pull, ("rita", "/thaw staging"), &goes_on).await;
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn a_freeze_leaves_hotfixes_a_lane_where_somebody_asks_for_it() {
    let stage = crate::hotfixes::shop().await;
    topic(&stage.store, "feature/cart", "integration").await;
    stage.store.merge("feature/cart").into("integration").no_ff().by("ana").await.unwrap();
    stage.store.merge("integration").into("staging").no_ff().by("rita").await.unwrap();
    let promotion = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    stage.check(&promotion).await.passes();
    let none = ["**Refused**", "Integration admits no hotfixes", "--allow"];
    answered(&stage, &promotion, ("rita", "/freeze integration --until 2h --reason audit --hotfixes"), &none)
        .await;
    let but = format!(", but for hotfixes, #{}", promotion.number() + 100);
    let freeze = format!(
        "/freeze production --until 2h --reason audit --hotfixes --allow #{}",
        promotion.number() + 100
    );
    answered(&stage, &promotion, ("rita", &freeze), &["**Done**", "production is frozen until ", &but]).await;
    is_frozen(&stage, &promotion).await;
    let hotfix = crate::hotfixes::pushed(&stage, "Cart fails", ("cart.php", "repaired")).await;
    stage.check(&hotfix).await.passes();
    let at = ["--repository", "acme/store"];
    towpath(&stage, &[&["thaw", "production"], &at[..]].concat()).await;
    let again = ["freeze", "production", "--until", "2h", "--reason", "audit"];
    towpath(&stage, &[&again[..], &at[..]].concat()).await;
    stage.quiet().await;
    is_frozen(&stage, &hotfix).await;
    towpath(&stage, &[&["thaw", "production"], &at[..]].concat()).await;
    towpath(&stage, &[&again[..], &["--hotfixes"], &at[..]].concat()).await;
    stage.quiet().await;
    stage.check(&hotfix).await.passes();
    is_frozen(&stage, &promotion).await;
    crate::hotfixes::ended(stage).await;
}

/// Squashes a pull request, and GitHub tells of the push alone: neither its event nor its list knows the merge yet.
async fn squashed_unheard(stage: &Stage, pull: &PullHandle) {
    stage.github.faults().rest("GET", "*/commits/*/pulls").answer(200, "application/json", "[]");
    stage.github.faults().webhook("pull_request", "closed").hold();
    stage.later();
    pull.merge(Method::Squash).by("rita").await.unwrap();
    stage.quiet().await;
}

async fn told_at_last(stage: &Stage) {
    stage.github.faults().clear();
    stage.github.release_webhooks(Order::AsSent).await;
    stage.quiet().await;
    // Meanwhile it was judged against what it had made itself.
    stage.store.pulls().iter().for_each(|pull| stage.read(pull));
}

#[tokio::test]
async fn an_exception_whose_merge_is_told_late_goes_once_it_is_told() {
    let stage = Stage::set().await;
    stage.merged_topic("feature/one").await;
    stage.carried_out("integration").await;
    let pull = open_topic(&stage, "feature/cart").await;
    let freeze = format!("/freeze integration --until 3d --reason audit --allow #{}", pull.number());
    answered(&stage, &pull, ("rita", &freeze), &["**Done**"]).await;
    squashed_unheard(&stage, &pull).await;
    assert_eq!(stage.deployments("integration").await.len(), 1, "it may be anybody's push");
    told_at_last(&stage).await;
    let made = stage.deployments("integration").await;
    assert_eq!(made.len(), 2);
    let said = made[1].description().unwrap();
    assert!(said.ends_with("(#2)") && !said.contains("directly"), "{said}");
    stage.carried_out("integration").await;
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn a_merge_that_is_told_late_is_no_direct_push() {
    let stage = Stage::set().await;
    stage.merged_topic("feature/one").await;
    let first = stage.deployments("integration").await.remove(0);
    stage.later();
    first.status("in_progress").by("deployer").await.unwrap();
    let pull = open_topic(&stage, "feature/cart").await;
    squashed_unheard(&stage, &pull).await;
    told_at_last(&stage).await;
    stage.later();
    first.status("success").by("deployer").await.unwrap();
    let made = stage.deployments("integration").await;
    let said = made[1].description().unwrap();
    assert!(said.ends_with("(#2)") && !said.contains("directly"), "{said}");
    stage.carried_out("integration").await;
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn who_is_told_late_to_be_merged_is_told_how_its_deploy_ends() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage, "feature/cart").await;
    squashed_unheard(&stage, &pull).await;
    let made = stage.deployments("integration").await.remove(0);
    told_at_last(&stage).await;
    stage.later();
    made.status("failure").description("build: compile").by("deployer").await.unwrap();
    let said = stage.comment(&pull).await;
    assert!(said.contains("build: compile"), "{said}");
    stage.end().await;
}
