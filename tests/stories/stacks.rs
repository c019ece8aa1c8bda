//! Stacks of pull requests: the trunk counts, and no promotion is in one.

use crate::shop::{merge, topic};
use crate::stage::Stage;
use towpath_sandbox::{PullHandle, StackHandle};

async fn open(stage: &Stage, head: &str, base: &str) -> PullHandle {
    stage.store.open_pull(head).into(base).by("rita").await.unwrap()
}

/// Staging into production with integration into staging on top, both with something to promote.
async fn chain(stage: &Stage) -> (PullHandle, PullHandle) {
    stage.merged_topic("feature/cart").await;
    let first = open(stage, "integration", "staging").await;
    stage.check(&first).await.passes();
    merge(&first).await.unwrap();
    stage.quiet().await;
    stage.read(&first);
    stage.merged_topic("feature/later").await;
    let lower = open(stage, "staging", "production").await;
    let upper = open(stage, "integration", "staging").await;
    for pull in [&lower, &upper] {
        stage.check(pull).await.passes();
    }
    (lower, upper)
}

async fn stacked(stage: &Stage, pulls: [&PullHandle; 2]) -> StackHandle {
    let stack = stage.store.stack_pulls(pulls).by("rita").await.unwrap();
    stage.quiet().await;
    stack
}

#[tokio::test]
async fn every_member_gets_the_trunks_check_on_its_own_head() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    for (name, below) in [("feature/pay", "feature/cart"), ("feature/ship", "feature/pay")] {
        topic(&stage.store, name, below).await;
    }
    let bottom = open(&stage, "feature/cart", "integration").await;
    let middle = open(&stage, "feature/pay", "feature/cart").await;
    stage.check(&bottom).await.passes();
    stage.check_named(&middle, "towpath: integration").await.passes();
    let stack = stage.store.stack_pulls([&bottom, &middle]).by("ana").await.unwrap();
    let top = open(&stage, "feature/ship", "feature/pay").await;
    stack.add(&top).await.unwrap();
    for pull in [&bottom, &middle, &top] {
        stage.check_named(pull, "towpath: integration").await.passes();
    }
    assert_eq!(top.mergeable_state(), "clean", "the trunk's rules are kept");
    // Merged from the bottom: what is left keeps its check.
    merge(&bottom).await.unwrap();
    stage.read(&bottom);
    stage.check(&middle).await.passes();
    stage.check_named(&top, "towpath: integration").await.passes();
    stage.read(&bottom);
    stage.end().await;
}

#[tokio::test]
async fn the_trunk_counts_and_not_what_the_bases_say() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    topic(&stage.store, "feature/pay", "feature/cart").await;
    let bottom = open(&stage, "feature/cart", "integration").await;
    let upper = open(&stage, "feature/pay", "feature/cart").await;
    stacked(&stage, [&bottom, &upper]).await;
    stage.check_named(&upper, "towpath: integration").await.passes();
    // One that was closed leads on no more, and GitHub keeps the stack all the same.
    bottom.close().by("rita").await.unwrap();
    topic(&stage.store, "feature/pay", "feature/pay").await;
    stage.check_named(&upper, "towpath: integration").await.passes();
    stage.read(&bottom);
    stage.end().await;
}

#[tokio::test]
async fn promotions_in_a_stack_fail_under_the_trunks_check_and_their_own_until_it_is_taken_apart() {
    let stage = Stage::set().await;
    let (lower, upper) = chain(&stage).await;
    let stack = stacked(&stage, [&lower, &upper]).await;
    for (pull, name) in
        [(&lower, "towpath: production"), (&upper, "towpath: production"), (&upper, "towpath: staging")]
    {
        let said = stage.check_named(pull, name).await.fails();
        let said = said.says("gh stack unstack 1").says("Rebase stack").says("for everybody");
        said.says("`staging` and `integration`").says("TP108");
    }
    let said = stage.check_named(&upper, "towpath: production").await;
    said.is("failure", "In stack 1: integration → production (unstack it)");
    stage.comment(&lower).await;
    stage.comment(&upper).await;
    for pull in [&lower, &upper] {
        assert!(merge(pull).await.is_err(), "#{}", pull.number());
    }

    // Nobody is told that it was taken apart; the button heals it.
    stack.unstack().await.unwrap();
    stage.quiet().await;
    stage.check(&upper).await.fails();
    stage.later();
    upper.check("towpath: production").unwrap().press("recheck", "rita").await.unwrap();
    stage.check(&upper).await.passes();
    stage.check(&lower).await.passes();
    let said = stage.check_named(&upper, "towpath: production").await;
    assert_eq!(said.0.conclusion.as_deref(), Some("cancelled"), "{:?}", said.0.title);
    stage.comment(&lower).await;
    stage.comment(&upper).await;
    stage.end().await;
}

#[tokio::test]
async fn a_stack_that_was_taken_apart_or_made_unheard_is_noticed_by_the_regular_look() {
    // The server looks over everything when it starts, as it does every hour.
    let mut stage = Stage::set().await;
    let (lower, upper) = chain(&stage).await;
    stage.github.faults().webhook("pull_request", "stacked").vanish().times(2);
    let stack = stacked(&stage, [&lower, &upper]).await;
    stage.check(&lower).await.passes();
    stage.restart().await;
    stage.check(&lower).await.fails().says("TP108");
    stage.check_named(&upper, "towpath: production").await.fails().says("TP108");
    stage.check(&upper).await.fails().says("TP108");
    stack.unstack().await.unwrap();
    stage.restart().await;
    stage.check(&lower).await.passes();
    stage.check(&upper).await.passes();
    for pull in [&lower, &upper] {
        stage.read(pull);
    }
    stage.end().await;
}

#[tokio::test]
async fn a_topic_in_a_stack_with_an_environments_branch_is_told_the_same() {
    let stage = Stage::set().await;
    stage.merged_topic("feature/cart").await;
    let promotion = open(&stage, "integration", "staging").await;
    topic(&stage.store, "feature/pay", "integration").await;
    let upper = open(&stage, "feature/pay", "integration").await;
    stage.check(&upper).await.passes();
    stacked(&stage, [&promotion, &upper]).await;
    stage.check(&promotion).await.fails().says("TP108");
    let said = stage.check_named(&upper, "towpath: staging").await;
    said.is("failure", "In stack 1: feature/pay → staging (unstack it)").says("rewrite `integration`");
    stage.check(&upper).await.fails().says("TP108");
    stage.comment(&promotion).await;
    stage.comment(&upper).await;
    stage.end().await;
}

#[tokio::test]
async fn a_chain_of_promotions_has_a_note_and_passes_as_before() {
    let stage = Stage::set().await;
    let (lower, upper) = chain(&stage).await;
    let said = stage.check(&upper).await.is("success", "On the path: integration → staging");
    said.says(&format!("Do not make a stack of this and #{}", lower.number())).says("TP108");
    let said = stage.check(&lower).await.is("success", "On the path: staging → production");
    said.says(&format!("Do not make a stack of this and #{}", upper.number()));
    upper.close().by("rita").await.unwrap();
    let said = stage.check(&lower).await.is("success", "On the path: staging → production");
    assert!(!said.summary().contains("TP108"), "{}", said.summary());
    stage.read(&upper);
    stage.end().await;
}

#[tokio::test]
async fn where_the_rule_is_off_what_may_not_meet_still_fails() {
    let stage = Stage::set().await;
    let (lower, upper) = chain(&stage).await;
    let text = "version: 1\nrules: { TP108: off }\n";
    stage.store.commit_on("master").file(".github/towpath.yml", text).by("rita").await.unwrap();
    stage.quiet().await;
    stacked(&stage, [&lower, &upper]).await;
    stage.check(&lower).await.passes();
    stage.check(&upper).await.passes();
    let said = stage.check_named(&upper, "towpath: production").await;
    said.is("failure", "Skips staging: integration → production");
    stage.comment(&upper).await;
    stage.copy_check().await;
    for pull in stage.store.pulls() {
        stage.read(&pull);
    }
    stage.end().await;
}

/// A promotion that was made a stack, and whose trunk has moved on since.
async fn rewritable(stage: &Stage) -> (StackHandle, [PullHandle; 2]) {
    let (lower, upper) = chain(stage).await;
    let stack = stacked(stage, [&lower, &upper]).await;
    stage.later();
    stage.store.commit_on("production").file("hot.txt", "now\n").by("rita").await.unwrap();
    stage.quiet().await;
    stage.later();
    (stack, [lower, upper])
}

async fn read_all(stage: &Stage) {
    stage.quiet().await;
    stage.copy_check().await;
    for pull in stage.store.pulls() {
        stage.read(&pull);
    }
}

#[tokio::test]
async fn an_environments_branch_that_was_rewritten_is_told_with_the_way_back() {
    let stage = Stage::set().await;
    let (stack, _) = rewritable(&stage).await;
    let before = ["staging", "integration"].map(|branch| stage.store.tip(branch).unwrap());
    stack.rebase().by("ben").await.unwrap();
    stage.quiet().await;
    let after = stage.store.tip("staging").unwrap();
    assert_ne!(after, before[0]);
    let issues = stage.store.issues();
    assert_eq!(issues.len(), 2, "one for each branch");
    let issue = issues.iter().find(|it| it.title().starts_with("staging")).unwrap();
    let body = issue.body();
    let back = format!("git push --force-with-lease=staging:{after} origin {}:refs/heads/staging", before[0]);
    for words in ["`ben` pressed the button", "gh stack unstack 1", back.as_str()] {
        assert!(body.contains(words), "{words:?} is not in:\n{body}");
    }

    // Pointed back, each is closed by itself.
    stack.unstack().await.unwrap();
    stage.later();
    for (branch, before) in ["staging", "integration"].iter().zip(&before) {
        stage.store.move_branch(branch).to(before).by("rita").await.unwrap();
    }
    stage.quiet().await;
    assert!(stage.store.issues().iter().all(|it| it.state() == "closed"));
    assert_eq!(stage.store.issues().len(), 2);
    read_all(&stage).await;
    stage.end().await;
}

#[tokio::test]
async fn a_rewriting_that_nobody_told_of_is_found_and_names_nobody() {
    let mut stage = Stage::set().await;
    let (stack, _) = rewritable(&stage).await;
    let before = stage.store.tip("staging").unwrap();
    stage.github.faults().webhook("push", "*").vanish().times(2);
    stack.rebase().by("ben").committed_by_presser().await.unwrap();
    stage.restart().await;
    let issues = stage.store.issues();
    let issue = issues.iter().find(|it| it.title().starts_with("staging")).unwrap();
    let body = issue.body();
    assert!(body.contains("does not tell who") && body.contains(&before), "{body}");
    read_all(&stage).await;
    stage.end().await;
}

#[tokio::test]
async fn a_branch_that_a_person_moves_by_force_raises_no_such_alarm() {
    let stage = Stage::set().await;
    stage.merged_topic("feature/cart").await;
    let before = stage.store.tip("integration").unwrap();
    stage.later();
    stage.store.move_branch("integration").to("staging").by("rita").await.unwrap();
    stage.quiet().await;
    stage.later();
    stage.store.move_branch("integration").to(&before).by("rita").await.unwrap();
    stage.quiet().await;
    assert!(stage.store.issues().is_empty());
    for pull in stage.store.pulls() {
        stage.read(&pull);
    }
    stage.end().await;
}

#[tokio::test]
async fn a_topic_that_the_button_rebased_keeps_its_pushes() {
    let mut stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    topic(&stage.store, "feature/pay", "feature/cart").await;
    let bottom = open(&stage, "feature/cart", "integration").await;
    let upper = open(&stage, "feature/pay", "feature/cart").await;
    let stack = stacked(&stage, [&bottom, &upper]).await;
    stage.check_named(&upper, "towpath: integration").await.passes();
    stage.later();
    stage.store.commit_on("integration").file("hot.txt", "now\n").by("rita").await.unwrap();
    stage.quiet().await;
    stage.later();
    // All that tells of the rebase comes only after staging was brought to where the button has put the topic.
    stage.github.faults().webhook("push", "*").vanish().times(2);
    stage.github.faults().webhook("pull_request", "synchronize").vanish().times(2);
    stack.rebase().by("ana").await.unwrap();
    stage.quiet().await;
    stage.later();
    stage.store.move_branch("staging").to("feature/cart").by("ana").await.unwrap();
    stage.restart().await;
    let said = stage.check(&bottom).await.passes();
    assert!(!said.summary().contains("git cherry-pick"), "{}", said.summary());
    stage.check_named(&upper, "towpath: integration").await.passes();
    stage.end().await;
}
