//! Every way in which a verdict can stop being wanted: the check is taken back as `cancelled`, which lets nothing merge,
//! and the comment says so too; but not while another open pull request with this head needs it.

use crate::configuration::FILE;
use crate::said::Said;
use crate::shop::{merge, topic};
use crate::stage::Stage;
use towpath_sandbox::PullHandle;

const NO_STAGING: &str = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics] }\n  \
                          - { name: production, accepts: [integration] }\n\
                          copy: { branch: master, of: production }\n";

fn path(staging: &str, rest: &str) -> String {
    format!(
        "version: 1\nenvironments:\n  - {{ name: integration, accepts: [topics] }}\n  \
         - {{ name: staging, {staging} accepts: [integration] }}\n  \
         - {{ name: production, accepts: [staging] }}\n{rest}"
    )
}

/// Which ends of a check would satisfy whoever requires it.
const SATISFIES: [&str; 3] = ["success", "neutral", "skipped"];

impl Stage {
    /// A topic aimed at a branch that does not take it: its check fails, and the comment says why.
    async fn refused(&self, head: &str, base: &str) -> PullHandle {
        topic(&self.store, head, "integration").await;
        let pull = self.store.open_pull(head).into(base).by("ana").await.unwrap();
        self.check(&pull).await.fails();
        self.comment(&pull).await;
        pull
    }

    /// The check about this branch was taken back, and the comment with it.
    async fn is_taken_back(&self, pull: &PullHandle, base: &str, title: &str) {
        let said = self.check_named(pull, &format!("towpath: {base}")).await;
        assert!(!SATISFIES.contains(&said.0.conclusion.as_deref().unwrap_or_default()));
        assert!(said.0.buttons.is_empty(), "{:?}", said.0.buttons);
        said.is("cancelled", title);
        let comment = self.comment(pull).await;
        assert!(
            comment.lines().nth(1).is_some_and(|line| line.starts_with("### ⚪ No longer checked")),
            "{comment}"
        );
        assert!(
            comment.contains("What was wrong before") && !comment.contains("on the path now"),
            "{comment}"
        );
    }
}

#[tokio::test]
async fn an_environment_that_leaves_the_file_takes_its_verdicts_along() {
    let stage = Stage::set().await;
    let pull = stage.refused("feature/cart", "staging").await;
    stage.configure("master", NO_STAGING).await;
    stage.is_taken_back(&pull, "staging", "No longer checked: staging is off the path").await;
    // It comes back, and is judged again.
    stage.configure("master", &path("", "copy: { branch: master, of: production }\n")).await;
    stage.check(&pull).await.fails();
    assert!(stage.comment(&pull).await.contains("### ❌"));
    stage.end().await;
}

#[tokio::test]
async fn an_environment_whose_branch_is_another_one_is_judged_there_alone() {
    let stage = Stage::set().await;
    let pull = stage.refused("feature/cart", "staging").await;
    stage.store.branch("stage").from("staging").by("rita").await.unwrap();
    let file = path("branch: stage,", "copy: { branch: master, of: production }\n");
    stage.configure("master", &file).await;
    stage.is_taken_back(&pull, "staging", "No longer checked: staging is off the path").await;
    pull.retarget("stage").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    stage.check_named(&pull, "towpath: staging").await;
    stage.end().await;
}

#[tokio::test]
async fn a_file_that_goes_takes_the_verdicts_by_it_along() {
    let stage = Stage::set().await;
    stage.store.branch("qa").from("integration").by("rita").await.unwrap();
    let file = path("branch: qa,", "copy: { branch: master, of: production }\n");
    stage.configure("master", &file).await;
    let pull = stage.refused("feature/cart", "qa").await;
    stage.store.commit_on("master").without(FILE).by("rita").await.unwrap();
    stage.quiet().await;
    stage.is_taken_back(&pull, "qa", "No longer checked: qa is off the path").await;
    stage.end().await;
}

#[tokio::test]
async fn a_base_on_no_path_takes_check_and_comment_back() {
    let stage = Stage::set().await;
    let pull = stage.refused("feature/cart", "staging").await;
    stage.store.branch("feature/else").from("integration").by("ben").await.unwrap();
    pull.retarget("feature/else").by("ana").await.unwrap();
    let title = "No longer checked: #1 now goes into feature/else";
    stage.is_taken_back(&pull, "staging", title).await;
    // And back again.
    pull.retarget("staging").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    assert!(stage.comment(&pull).await.contains("### ❌"));
    stage.end().await;
}

#[tokio::test]
async fn what_a_stack_stood_on_is_closed_and_its_verdict_is_taken_back() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/below", "staging").await;
    topic(&stage.store, "feature/above", "feature/below").await;
    let below = stage.store.open_pull("feature/below").into("integration").by("ana").await.unwrap();
    stage.check(&below).await.fails();
    stage.comment(&below).await;
    let above = stage.store.open_pull("feature/above").into("feature/below").by("ana").await.unwrap();
    stage.check_named(&above, "towpath: integration").await.fails();
    stage.comment(&above).await;
    below.close().by("ana").await.unwrap();
    let title = "No longer checked: #2 now goes into feature/below";
    stage.is_taken_back(&above, "integration", title).await;
    stage.end().await;
}

#[tokio::test]
async fn a_copy_branch_that_is_another_one_takes_its_verdicts_along() {
    let stage = Stage::set().await;
    stage.store.branch("main").from("master").by("rita").await.unwrap();
    let pull = stage.refused("feature/cart", "master").await;
    stage.configure("master", &path("", "copy: { branch: main, of: production }\n")).await;
    stage.is_taken_back(&pull, "master", "No longer checked: master is off the path").await;
    stage.end().await;
}

#[tokio::test]
async fn a_path_without_branches_takes_its_verdicts_along() {
    let stage = Stage::set().await;
    let pull = stage.refused("feature/cart", "master").await;
    for branch in ["integration", "staging", "production"] {
        stage.store.unprotect(branch);
        stage.store.delete_branch(branch).by("rita").await.unwrap();
    }
    stage.is_taken_back(&pull, "master", "No longer checked: the path has no branch here").await;
    stage.end().await;
}

#[tokio::test]
async fn a_head_that_comes_back_does_not_bring_old_verdicts_along() {
    let stage = Stage::set().await;
    let pull = stage.refused("feature/cart", "staging").await;
    let first = pull.head_sha();
    stage.later();
    stage.store.commit_on("feature/cart").file("more.txt", "x\n").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    stage.later();
    pull.retarget("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.check_named(&pull, "towpath: staging").await;
    stage.comment(&pull).await;
    stage.later();
    stage.store.move_branch("feature/cart").to(&first).by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    let old = stage.check_named(&pull, "towpath: staging").await;
    old.is("cancelled", "No longer checked: no pull request into staging");
    stage.end().await;
}

#[tokio::test]
async fn a_closed_pull_request_leaves_no_red_check_to_another_one_of_its_head() {
    let stage = Stage::set().await;
    let wrong = stage.refused("feature/cart", "production").await;
    let right = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&right).await.passes();
    stage.check_named(&right, "towpath: production").await.fails();
    wrong.close().by("ana").await.unwrap();
    let old = stage.check_named(&right, "towpath: production").await;
    old.is("cancelled", "No longer checked: no pull request into production");
    stage.check(&right).await.passes();
    // It is needed again.
    wrong.reopen().by("ana").await.unwrap();
    stage.check(&wrong).await.fails();
    // What has let something merge stays as a record of that.
    wrong.close().by("ana").await.unwrap();
    stage.quiet().await;
    merge(&right).await.unwrap();
    stage.check(&right).await.passes();
    stage.read(&wrong);
    stage.end().await;
}

#[tokio::test]
async fn nothing_is_taken_back_while_another_pull_request_with_this_head_needs_it() {
    let stage = Stage::set().await;
    let one = stage.refused("feature/cart", "staging").await;
    stage.store.branch("feature/cart-too").from("feature/cart").by("ben").await.unwrap();
    let two = stage.store.open_pull("feature/cart-too").into("staging").by("ben").await.unwrap();
    stage.check(&two).await.fails();
    stage.comment(&two).await;
    stage.store.branch("feature/else").from("integration").by("ben").await.unwrap();
    one.retarget("feature/else").by("ana").await.unwrap();
    let said = stage.check(&two).await.fails();
    assert!(!said.summary().contains("share this check"), "{}", said.summary());
    assert!(stage.comment(&one).await.contains("No longer checked"));
    two.retarget("feature/else").by("ben").await.unwrap();
    stage
        .check_named(&two, "towpath: staging")
        .await
        .is("cancelled", "No longer checked: #2 now goes into feature/else");
    stage.comment(&two).await;
    stage.end().await;
}

#[tokio::test]
async fn a_softened_rule_re_words_the_comment() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "staging").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    let level = |level: &str| format!("version: 1\nrules:\n  TP201: {level}\n");
    for softer in ["observe", "warn"] {
        stage.configure("master", &level(softer)).await;
        stage.check(&pull).await.passes();
        let said = stage.comment(&pull).await;
        let because =
            format!("because this project's rules set TP201 to `{softer}`. What Towpath found still stands.");
        assert!(said.contains(&because) && said.contains("Carries `staging`'s history"), "{said}");
        assert!(!said.contains("on the path now") && !said.contains("What was wrong before"), "{said}");
        stage.configure("master", "version: 1\n").await;
        stage.check(&pull).await.fails();
        stage.comment(&pull).await;
    }
    stage.configure("master", &level("off")).await;
    stage.check(&pull).await.passes();
    let said = stage.comment(&pull).await;
    assert!(said.contains("because this project's rules no longer look for `TP201`."), "{said}");
    assert!(!said.contains("on the path now"), "{said}");
    stage.end().await;
}

#[tokio::test]
async fn a_copy_that_is_not_wanted_takes_its_check_and_its_issue_back() {
    let stage = Stage::set().await;
    stage.store.commit_on("master").file("hot.txt", "now\n").by("ben").await.unwrap();
    stage.copy_check().await.fails();
    assert_eq!(stage.store.issues()[0].state(), "open");
    stage.configure("master", &path("", "")).await;
    stage.copy_check().await.is("cancelled", "No longer checked: production is not copied");
    assert_eq!(stage.store.issues()[0].state(), "closed");
    stage.end().await;
}

#[tokio::test]
async fn a_copy_of_another_environment_leaves_no_check_on_the_first() {
    let stage = Stage::set().await;
    stage.store.commit_on("staging").file("new.txt", "new\n").by("rita").await.unwrap();
    stage.store.commit_on("production").file("hot.txt", "now\n").by("rita").await.unwrap();
    stage.copy_check().await;
    let file = path("", "copy: { branch: master, of: staging, mode: report }\n");
    stage.configure("master", &file).await;
    stage.copy_check().await.is("cancelled", "No longer checked: production is not copied");
    let tip = stage.store.tip("staging").unwrap();
    let now = stage.store.check_on(&tip, "towpath: copy").and_then(|check| check.state());
    let title = now.expect("staging is copied now").title;
    assert_eq!(title.as_deref(), Some("Stale: master is behind staging"));
    stage.end().await;
}

#[tokio::test]
async fn a_copy_branch_that_is_gone_is_not_said_to_be_one() {
    let stage = Stage::set().await;
    stage.store.commit_on("production").file("hot.txt", "now\n").by("rita").await.unwrap();
    stage.copy_check().await;
    stage.store.unprotect("master");
    stage.store.set_default_branch("integration");
    stage.store.delete_branch("master").by("rita").await.unwrap();
    stage.copy_check().await.is("cancelled", "No longer checked: production is not copied");
    stage.end().await;
}

#[tokio::test]
async fn a_check_on_the_configuration_is_taken_back_where_it_does_not_count() {
    let stage = Stage::set().await;
    topic(&stage.store, "settings", "integration").await;
    stage.store.commit_on("settings").file(FILE, "version: 2\n").by("ana").await.unwrap();
    let pull = stage.store.open_pull("settings").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.check_named(&pull, "towpath: config").await.fails();
    stage.store.branch("feature/else").from("integration").by("ben").await.unwrap();
    pull.retarget("feature/else").by("ana").await.unwrap();
    let said: Said = stage.check_named(&pull, "towpath: config").await;
    said.is("cancelled", "No longer checked: the configuration stays");
    stage.check_named(&pull, "towpath: integration").await;
    pull.retarget("integration").by("ana").await.unwrap();
    stage.check_named(&pull, "towpath: config").await.fails();
    stage.check(&pull).await.passes();
    stage.end().await;
}
