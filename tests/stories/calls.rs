//! How many calls to GitHub's REST API each event costs, the installation's token apart, which is asked
//! for once an hour.

use crate::shop::{merge, topic};
use crate::stage::Stage;

/// What happened, and the calls it cost.
pub type Count = (&'static str, usize);

/// Lives through a day of a repository and counts.
pub async fn counted() -> Vec<Count> {
    let stage = Stage::set().await;
    let mut counts = Vec::new();
    let mut count = |event| {
        counts.push((event, stage.rest_requests()));
        stage.github.forget_records();
        stage.later();
    };
    stage.github.forget_records();

    topic(&stage.store, "feature/cart", "integration").await;
    stage.quiet().await;
    count("a topic pushed, without a pull request");
    let good = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&good).await.passes();
    count("a pull request opened that passes");
    topic(&stage.store, "feature/stray", "master").await;
    let bad = stage.store.open_pull("feature/stray").into("integration").by("ana").await.unwrap();
    stage.check(&bad).await.fails();
    stage.comment(&bad).await;
    count("a pull request opened that fails");
    topic(&stage.store, "feature/cart", "integration").await;
    stage.check(&good).await.passes();
    count("a push to it, still passing");
    topic(&stage.store, "feature/stray", "master").await;
    stage.check(&bad).await.fails();
    stage.comment(&bad).await;
    count("a push to it, still failing");
    stage.store.commit_on("integration").file("other.txt", "moved\n").by("ben").await.unwrap();
    stage.check(&good).await.passes();
    stage.check(&bad).await.fails();
    stage.comment(&bad).await;
    count("a push to the base of both");
    good.rename("A better title").await.unwrap();
    good.comment("Looks good").by("ben").await.unwrap();
    stage.quiet().await;
    count("a new title, a comment");
    bad.retarget("staging").by("ana").await.unwrap();
    stage.check(&bad).await.fails();
    stage.check_named(&bad, "towpath: integration").await;
    stage.comment(&bad).await;
    count("a new base");
    bad.check("towpath: staging").unwrap().press("recheck", "ana").await.unwrap();
    stage.check(&bad).await.fails();
    count("the button Re-check");
    bad.close().by("ana").await.unwrap();
    stage.quiet().await;
    count("a pull request closed");
    merge(&good).await.unwrap();
    stage.quiet().await;
    count("a pull request merged");
    stage.end().await;
    counts
}

#[tokio::test]
async fn each_event_costs_the_calls_that_it_must() {
    let bounds = [
        ("a topic pushed, without a pull request", 0..=0),
        ("a pull request opened that passes", 1..=1),
        // One of them looks whether a comment is there already.
        ("a pull request opened that fails", 3..=3),
        ("a push to it, still passing", 1..=1),
        // It adds a commit to the repair in the check; the comment leads there as before.
        ("a push to it, still failing", 1..=1),
        // Its deploy: who pushed, whether there is one, that it is made, that it waits. The checks stay as they are.
        ("a push to the base of both", 4..=4),
        ("a new title, a comment", 0..=0),
        ("a new base", 3..=3),
        ("the button Re-check", 1..=1),
        ("a pull request closed", 0..=0),
        // Where the push to the base is heard of before the merge, GitHub is asked what became of it.
        ("a pull request merged", 0..=1),
    ];
    let counts = counted().await;
    assert_eq!(counts.len(), bounds.len());
    for ((event, calls), (name, bound)) in counts.into_iter().zip(bounds) {
        assert_eq!(event, name);
        assert!(bound.contains(&calls), "{event}: {calls} calls");
    }
}
