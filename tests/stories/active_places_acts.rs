//! What people ask for about a branch's own environment besides its place: an end, a cancel, a rollback, a job of their own.

use crate::active_places::{CART, LIST, answered, opened, set, told};

#[tokio::test]
async fn a_length_of_time_runs_from_the_moment_at_which_the_branch_is_active() {
    let stage = set().await;
    let (cart, list) = (opened(&stage, "feature/cart").await, opened(&stage, "feature/list").await);
    answered(&stage, &cart, ("ana", "/activate"), &["**Done**"]).await;
    stage.carried_out(CART).await;
    let queued =
        "feature/list is number 1 of the queue for a place beside integration, for 2 h from when it has it";
    answered(&stage, &list, ("ben", "/activate --until 2h"), &["**Done**", queued]).await;
    stage.check(&list).await.is("success", "Number 1 of the queue for a place beside integration");
    let asked = "asked for by `ben`, since ";
    answered(&stage, &list, ("ben", "/where integration"), &[asked, ", for 2 h from when it has it."]).await;
    // It waits for longer than it needs the place.
    stage.minutes_later(3 * 60).await;
    stage.check(&list).await.is("success", "Number 1 of the queue for a place beside integration");
    answered(&stage, &cart, ("ana", "/deactivate --destroy"), &["**Done**", "It goes to #"]).await;
    told(&stage, &list, &["Its turn has come", ", until "]).await;
    stage.carried_out(LIST).await;
    told(&stage, &list, &["is live after"]).await;
    stage.minutes_later(90).await;
    stage.check(&list).await.passes();
    stage.minutes_later(31).await;
    told(&stage, &list, &["is to be freed since", "its time is over"]).await;
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn a_branch_of_the_path_is_refused_a_place_in_plain_words() {
    let stage = set().await;
    let promotion = stage.store.open_pull("integration").into("staging").by("rita").await.unwrap();
    stage.check(&promotion).await.passes();
    let why = "`integration` is the branch of the environment `integration`, which is deployed already";
    answered(&stage, &promotion, ("rita", "/activate"), &["**Refused**", why]).await;
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn a_deploy_of_a_branch_is_cancelled_and_not_rolled_back() {
    let stage = set().await;
    let cart = opened(&stage, "feature/cart").await;
    let no_place = "No branch `feature/cart` has a place beside `integration`";
    answered(&stage, &cart, ("ana", "/cancel integration/feature/cart"), &["**Refused**", no_place]).await;
    answered(&stage, &cart, ("ana", "/cancel integraton/feature/cart"), &["there is no environment"]).await;
    answered(&stage, &cart, ("ana", "/activate"), &["**Done**"]).await;
    assert_eq!(stage.deployments(CART).await.len(), 1);
    // Whoever acts on Deployments is not ours to end.
    let there = [
        "**Refused**",
        "Deploy 1 (",
        "of integration/feature/cart cannot be cancelled from here",
        "or push what is to be",
    ];
    answered(&stage, &cart, ("ana", "/cancel Integration/feature/cart"), &there).await;
    stage.store.commit_on("feature/cart").file("more.txt", "more\n").by("ana").await.unwrap();
    stage.check(&cart).await.passes();
    stage.carried_out(CART).await;
    let back =
        ["**Refused**", "there is nothing to go back to", "`/activate`", "`/deactivate` gives the place up"];
    answered(&stage, &cart, ("rita", "/rollback integration/feature/cart --reason slow"), &back).await;
    answered(&stage, &cart, ("ana", "/deactivate"), &["**Done**"]).await;
    let freed = "The place of `integration/feature/cart` is to be freed";
    answered(&stage, &cart, ("ana", "/cancel integration/feature/cart"), &["**Refused**", freed]).await;
    stage.active_comment(&cart).await;
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn the_protection_rule_lets_in_what_towpath_deploys_for_the_place_and_nothing_else() {
    let stage = set().await;
    let cart = opened(&stage, "feature/cart").await;
    let asked = async |commit: &str| {
        let run = stage.store.job_waits(CART, commit).by("ana").await.unwrap();
        stage.quiet().await;
        let answer = run.answers().pop().unwrap();
        (answer.state.unwrap_or_default(), answer.comment)
    };
    let (answer, comment) = asked("feature/cart").await;
    assert_eq!(answer, "rejected");
    assert!(comment.contains("`feature/cart` has no place"), "{comment}");
    answered(&stage, &cart, ("ana", "/activate"), &["**Done**"]).await;
    // GitHub makes a Deployment for each job as well.
    let made = stage.deployments(CART).await.pop().unwrap();
    let (answer, comment) = asked("feature/cart").await;
    assert_eq!((answer.as_str(), comment.contains("so it may go there")), ("approved", true), "{comment}");
    // Another commit, though it is one of the path.
    let (answer, comment) = asked("integration").await;
    assert_eq!(answer, "rejected");
    assert!(comment.contains("has no deploy of"), "{comment}");
    for state in ["in_progress", "success"] {
        stage.later();
        made.status(state).by("deployer").await.unwrap();
        stage.quiet().await;
    }
    assert_eq!(asked("feature/cart").await.0, "rejected", "it has ended");
    stage.all_is_read().await;
    stage.end().await;
}
