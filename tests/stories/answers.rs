//! The defined answers on odd pull requests: forks, names that are used twice, bases and heads that go.

use crate::shop::{merge, topic};
use crate::stage::Stage;
use towpath_sandbox::{Method, PullHandle};

async fn open(stage: &Stage, head: &str, base: &str, by: &str) -> PullHandle {
    stage.store.open_pull(head).into(base).by(by).await.unwrap()
}

#[tokio::test]
async fn a_forks_branch_of_the_same_name_is_another_branch() {
    let stage = Stage::set().await;
    let fork = stage.store.fork("mallory").await.unwrap();
    topic(&stage.store, "feature/cart", "integration").await;
    topic(&fork, "feature/cart", "staging").await;
    let own = open(&stage, "feature/cart", "integration", "ana").await;
    let theirs = open(&stage, "mallory:feature/cart", "integration", "mallory").await;
    stage.check(&own).await.passes();
    stage.check(&theirs).await.fails();
    stage.comment(&theirs).await;
    // What is pushed to one is not what the other was pushed at.
    fork.commit_on("feature/cart").file("more.txt", "more\n").by("mallory").await.unwrap();
    stage.store.commit_on("feature/cart").file("own.txt", "own\n").by("ana").await.unwrap();
    stage.check(&own).await.passes();
    stage.check(&theirs).await.fails();
    stage.comment(&theirs).await;
    stage.store.delete_fork("mallory").await.unwrap();
    stage.check(&own).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_promotion_from_a_fork_is_none_also_when_the_fork_is_gone() {
    let stage = Stage::set().await;
    let fork = stage.store.fork("mallory").await.unwrap();
    fork.commit_on("staging").file("theirs.txt", "theirs\n").by("mallory").await.unwrap();
    let pull = open(&stage, "mallory:staging", "production", "mallory").await;
    stage.check(&pull).await.fails().says("TP103");
    stage.comment(&pull).await;
    stage.store.delete_fork("mallory").await.unwrap();
    stage.check_named(&pull, "towpath: production").await.fails();
    assert!(merge(&pull).await.is_err());
    stage.end().await;
}

#[tokio::test]
async fn a_pull_request_onto_a_forks_branch_name_is_not_carried_on_by_it() {
    let stage = Stage::set().await;
    let fork = stage.store.fork("mallory").await.unwrap();
    topic(&fork, "feature/base", "integration").await;
    topic(&stage.store, "feature/base", "integration").await;
    topic(&stage.store, "feature/above", "feature/base").await;
    let theirs = open(&stage, "mallory:feature/base", "integration", "mallory").await;
    stage.check(&theirs).await.passes();
    let above = open(&stage, "feature/above", "feature/base", "ana").await;
    assert!(stage.is_silent_on(&above).await, "the repository's own feature/base goes nowhere");
    stage.end().await;
}

#[tokio::test]
async fn a_stack_of_three_follows_what_becomes_of_those_below() {
    let stage = Stage::set().await;
    topic(&stage.store, "a", "integration").await;
    topic(&stage.store, "b", "a").await;
    topic(&stage.store, "c", "b").await;
    let first = open(&stage, "a", "integration", "ana").await;
    let second = open(&stage, "b", "a", "ana").await;
    let third = open(&stage, "c", "b", "ana").await;
    stage.check(&first).await.passes();
    stage.check_named(&second, "towpath: integration").await.passes();
    stage
        .check_named(&third, "towpath: integration")
        .await
        .is("success", "Warning: stands on 2 pull requests, still open");
    // The lowest is merged and its branch goes; the next one then goes where it went.
    merge(&first).await.unwrap();
    stage.store.delete_branch("a").by("ana").await.unwrap();
    stage.quiet().await;
    assert_eq!(second.state().unwrap().base, "integration");
    stage.check(&second).await.is("success", "On the path: b → integration");
    stage
        .check_named(&third, "towpath: integration")
        .await
        .is("success", "Warning: stands on #2, still open");
    // Somebody sends the one in between elsewhere.
    second.retarget("staging").by("ana").await.unwrap();
    stage.check(&second).await.fails();
    stage.comment(&second).await;
    stage.check_named(&second, "towpath: integration").await;
    stage.check_named(&third, "towpath: staging").await.fails();
    stage.check_named(&third, "towpath: integration").await;
    stage.comment(&third).await;
    stage.end().await;
}

#[tokio::test]
async fn two_that_go_into_each_other_go_nowhere() {
    let stage = Stage::set().await;
    topic(&stage.store, "a", "integration").await;
    topic(&stage.store, "b", "staging").await;
    let first = open(&stage, "a", "b", "ana").await;
    let second = open(&stage, "b", "a", "ana").await;
    assert!(stage.is_silent_on(&first).await && stage.is_silent_on(&second).await);
    second.retarget("integration").by("ana").await.unwrap();
    stage.check(&second).await.fails();
    stage.comment(&second).await;
    stage.check_named(&first, "towpath: integration").await;
    stage.end().await;
}

#[tokio::test]
async fn a_name_that_is_used_again_is_judged_by_what_is_on_it_now() {
    let stage = Stage::set().await;
    topic(&stage.store, "fix", "integration").await;
    let first = open(&stage, "fix", "integration", "ana").await;
    stage.check(&first).await.passes();
    stage.later();
    first.merge(Method::Squash).by("rita").await.unwrap();
    stage.store.delete_branch("fix").by("ana").await.unwrap();
    stage.quiet().await;
    stage.later();
    // The same name, cut anew from integration: it has nothing of the old one.
    let again = stage.store.commit_on("fix").from("integration").file("again.txt", "again\n");
    again.by("ana").await.unwrap();
    let second = open(&stage, "fix", "integration", "ana").await;
    stage.check(&second).await.is("success", "On the path: fix → integration");
    second.close().by("ana").await.unwrap();
    stage.store.delete_branch("fix").by("ana").await.unwrap();
    stage.later();
    // And cut from staging: the good pushes of old do not excuse it.
    let wrong = stage.store.commit_on("fix").from("staging").file("wrong.txt", "wrong\n");
    wrong.by("ana").await.unwrap();
    let third = open(&stage, "fix", "integration", "ana").await;
    stage.check(&third).await.fails();
    stage.comment(&third).await;
    stage.end().await;
}

#[tokio::test]
async fn a_head_that_is_deleted_and_restored_keeps_its_verdict() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let tip = stage.store.tip("feature/cart").unwrap();
    let pull = open(&stage, "feature/cart", "integration", "ana").await;
    stage.check(&pull).await.passes();
    stage.store.delete_branch("feature/cart").by("ana").await.unwrap();
    stage.quiet().await;
    assert!(!pull.is_open(), "GitHub closes it");
    stage.store.branch("feature/cart").from(&tip).by("ana").await.unwrap();
    pull.reopen().by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_base_that_goes_away_under_a_pull_request_leaves_nothing_hanging() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = open(&stage, "feature/cart", "integration", "ana").await;
    stage.check(&pull).await.passes();
    let tip = stage.store.tip("integration").unwrap();
    stage.store.delete_branch("integration").by("rita").await.unwrap();
    stage.quiet().await;
    assert!(!pull.is_open(), "GitHub closes what goes into a deleted branch");
    let calls = stage.rest_requests();
    stage.store.branch("integration").from(&tip).by("rita").await.unwrap();
    pull.reopen().by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    assert!(stage.rest_requests() > calls);
    stage.end().await;
}

#[tokio::test]
async fn tags_and_odd_refs_are_no_branches_of_the_path() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = open(&stage, "feature/cart", "integration", "ana").await;
    stage.check(&pull).await.passes();
    let other = topic(&stage.store, "feature/other", "staging").await;
    stage.github.forget_records();
    // A tag called like an environment, made, moved and deleted; and branches that look like refs.
    for name in
        ["refs/tags/staging", "refs/tags/v1", "refs/heads/refs/heads/staging", "refs/heads/heads/production"]
    {
        stage.store.git(&["update-ref", name, &other]).await.unwrap();
    }
    stage.store.branch("refs/heads/integration").from("staging").by("ana").await.unwrap();
    stage.store.branch("heads/integration").from("staging").by("ana").await.unwrap();
    stage.quiet().await;
    assert_eq!(stage.rest_requests(), 0, "nothing of it concerns anybody");
    pull.check("towpath: integration").unwrap().rerequest("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_push_of_nothing_changes_nothing() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = open(&stage, "feature/cart", "integration", "ana").await;
    stage.check(&pull).await.passes();
    // A branch that is where integration is brings nothing, and is no promotion either.
    stage.store.branch("feature/empty").from("integration").by("ana").await.unwrap();
    stage.store.commit_on("integration").file("direct.txt", "direct\n").by("rita").await.unwrap();
    stage.check(&pull).await.passes();
    let same = stage.store.open_pull("feature/empty").into("integration").by("ana").await;
    assert!(same.is_err(), "GitHub opens none without a commit");
    stage.end().await;
}

#[tokio::test]
async fn a_merge_group_into_a_branch_of_no_path_is_left_alone() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/base", "integration").await;
    topic(&stage.store, "feature/cart", "feature/base").await;
    let pull = open(&stage, "feature/cart", "feature/base", "ana").await;
    let group = stage.store.merge_group("feature/base", [&pull]).by("rita").await.unwrap();
    assert!(stage.is_silent_on(&pull).await);
    assert!(stage.store.check_on(&group.head_sha, "towpath: feature/base").is_none());
    stage.end().await;
}

#[tokio::test]
async fn a_draft_is_judged_and_costs_nothing_when_it_is_ready() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "staging").await;
    let opening = stage.store.open_pull("feature/cart").into("integration").draft();
    let pull = opening.by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    stage.later();
    stage.github.forget_records();
    pull.ready().by("ana").await.unwrap();
    stage.quiet().await;
    assert_eq!(stage.rest_requests(), 0, "the verdict is the same");
    stage.check(&pull).await.fails();
    stage.end().await;
}

#[tokio::test]
async fn a_head_that_is_announced_and_cannot_be_fetched_yet_is_no_pass() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = open(&stage, "feature/cart", "integration", "ana").await;
    stage.check(&pull).await.passes();
    let (number, before) = (pull.number(), pull.head_sha());
    let points_at = async |sha: &str| {
        let head = format!("refs/pull/{number}/head");
        stage.store.git(&["update-ref", &head, sha]).await.unwrap();
    };
    // GitHub tells of the push before its git does.
    stage.github.faults().rest("*", "/acme/store.git/**").hang_until_released();
    let now = stage.store.commit_on("feature/cart").file("more.txt", "more\n").by("ana").await.unwrap();
    points_at(&before).await;
    stage.github.faults().clear();
    stage.github.faults().release();
    let said = stage.check_soon(&pull).await;
    said.is("action_required", "Could not decide: a commit is not there").says(&now[..9]);
    points_at(&now).await;
    stage.check(&pull).await.is("success", "On the path: feature/cart → integration");
    stage.end().await;
}
