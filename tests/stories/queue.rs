//! Merge queues, stacks, and deploys that promotions wait for.

use crate::rollback::towpath;
use crate::said::Said;
use crate::shop::{merge, topic};
use crate::stage::Stage;
use towpath_sandbox::{MergeGroup, Method};

impl Stage {
    /// The check on a merge group.
    async fn check_on(&self, group: &MergeGroup, base: &str) -> Said {
        self.quiet().await;
        let check = self.store.check_on(&group.head_sha, &format!("towpath: {base}"));
        Said(check.and_then(|check| check.state()).expect("the group has its check"))
    }
}

#[tokio::test]
async fn a_merge_group_is_judged_by_the_pull_requests_in_it() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    topic(&stage.store, "feature/gift", "integration").await;
    topic(&stage.store, "feature/bad", "staging").await;
    let open = |head: &'static str| stage.store.open_pull(head).into("integration").by("ana");
    let (cart, gift) = (open("feature/cart").await.unwrap(), open("feature/gift").await.unwrap());
    stage.check(&cart).await.passes();
    stage.check(&gift).await.passes();
    let clean = stage.store.merge_group("integration", [&cart, &gift]).by("rita").await.unwrap();
    let said = stage.check_on(&clean, "integration").await.passes();
    said.says("This merge group holds #1 and #2.");

    let bad = open("feature/bad").await.unwrap();
    stage.check(&bad).await.fails();
    stage.comment(&bad).await;
    let mixed = stage.store.merge_group("integration", [&cart, &bad]).by("rita").await.unwrap();
    let said = stage.check_on(&mixed, "integration").await.fails();
    said.says("This merge group holds #1 and #3.");
    stage.end().await;
}

#[tokio::test]
async fn a_merge_group_of_nobody_known_is_judged_as_a_whole() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/bad", "staging").await;
    let pull = stage.store.open_pull("feature/bad").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    pull.close().by("ana").await.unwrap();
    let group = stage.store.merge_group("integration", [&pull]).by("rita").await.unwrap();
    stage.check_on(&group, "integration").await.fails().says("checks the group as a whole");
    stage.end().await;
}

#[tokio::test]
async fn a_stacked_pull_request_is_judged_by_what_it_finally_aims_at() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/below", "integration").await;
    topic(&stage.store, "feature/above", "feature/below").await;
    let above = stage.store.open_pull("feature/above").into("feature/below").by("ana").await.unwrap();
    assert!(stage.is_silent_on(&above).await, "what it stands on goes nowhere yet");
    let below = stage.store.open_pull("feature/below").into("integration").by("ana").await.unwrap();
    stage.check(&below).await.passes();
    let warned = stage.check_named(&above, "towpath: integration").await;
    warned.is("success", "Warning: stands on #2, still open");
    below.retarget("production").by("ana").await.unwrap();
    stage.check(&below).await.fails();
    stage.comment(&below).await;
    stage
        .check_named(&below, "towpath: integration")
        .await
        .is("cancelled", "No longer checked: #2 now goes into production");
    stage.check_named(&above, "towpath: production").await.fails();
    stage.comment(&above).await;
    stage.check_named(&above, "towpath: integration").await;
    stage.end().await;
}

#[tokio::test]
async fn what_a_topic_repeats_is_told_by_its_number() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/below", "integration").await;
    topic(&stage.store, "feature/above", "feature/below").await;
    let below = stage.store.open_pull("feature/below").into("integration").by("ana").await.unwrap();
    let above = stage.store.open_pull("feature/above").into("integration").by("ana").await.unwrap();
    stage.check(&below).await.passes();
    stage.check(&above).await.is("success", "Warning: stands on #1, still open");
    below.merge(Method::Squash).by("rita").await.unwrap();
    let said = stage.check(&above).await.is("success", "Warning: contains #1, already merged");
    said.says("the commits of #1 by `ana`");
    stage.end().await;
}

#[tokio::test]
async fn a_promotion_to_production_waits_for_stagings_deploy_once_deploys_are_reported() {
    let stage = Stage::set().await;
    stage.store.deploy("staging").by("ci").await.unwrap();
    topic(&stage.store, "feature/cart", "integration").await;
    let cart = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&cart).await.passes();
    merge(&cart).await.unwrap();
    let up = stage.store.open_pull("integration").into("staging").by("rita").await.unwrap();
    stage.check(&up).await.passes();
    merge(&up).await.unwrap();
    let out = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    let tip = &stage.store.tip("staging").unwrap()[..9];
    stage.check(&out).await.is("none", &format!("Waits for the deploy of {tip} to staging"));
    stage.store.deploy("staging").ends("failure").by("ci").await.unwrap();
    stage.later();
    stage.check(&out).await.is("action_required", &format!("The deploy of {tip} to staging did not succeed"));
    for brought in [&cart, &up] {
        assert!(stage.comment(brought).await.contains("**staging: Failed"));
    }
    stage.store.deploy("staging").by("ci").await.unwrap();
    stage.check(&out).await.passes();
    for brought in [&cart, &up] {
        assert!(stage.comment(brought).await.contains("| `staging` | ✅ live |"));
    }
    stage.end().await;
}

#[tokio::test]
async fn a_group_into_an_environment_that_is_held_is_kept_out_of_it() {
    const STAGING: [&str; 4] = ["--repository", "acme/store", "--environment", "staging"];
    let stage = Stage::set().await;
    for file in ["one.txt", "two.txt"] {
        stage.store.commit_on("staging").file(file, "x\n").by("rita").await.unwrap();
        stage.quiet().await;
        let made = stage.deployments("staging").await.pop().unwrap();
        stage.later();
        made.status("success").by("deployer").await.unwrap();
        stage.quiet().await;
        stage.later();
    }
    stage.store.merge("staging").into("integration").no_ff().by("rita").await.unwrap();
    let up = release(&stage).await;
    stage.check(&up).await.passes();
    let said = towpath(&stage, &[&["rollback"], &STAGING[..], &["--reason", "broken"]].concat()).await;
    assert_eq!(said.code, 0, "{}", said.words);
    let held =
        format!("Held: staging was rolled back to {}", &stage.deployments("staging").await[0].sha()[..9]);
    stage.check(&up).await.is("action_required", &held);
    let group = stage.store.merge_group("staging", [&up]).by("rita").await.unwrap();
    stage.check_on(&group, "staging").await.is("failure", &held).says("A merge queue cannot wait");
    stage.end().await;
}

#[tokio::test]
async fn what_is_queued_is_kept_out_when_a_hold_begins_meanwhile() {
    const STAGING: [&str; 4] = ["--repository", "acme/store", "--environment", "staging"];
    let stage = Stage::set().await;
    for file in ["one.txt", "two.txt"] {
        stage.store.commit_on("staging").file(file, "x\n").by("rita").await.unwrap();
        stage.quiet().await;
        let made = stage.deployments("staging").await.pop().unwrap();
        stage.later();
        made.status("success").by("deployer").await.unwrap();
        stage.quiet().await;
        stage.later();
    }
    stage.store.merge("staging").into("integration").no_ff().by("rita").await.unwrap();
    let up = release(&stage).await;
    stage.check(&up).await.passes();
    let group = stage.store.merge_group("staging", [&up]).by("rita").await.unwrap();
    stage.check_on(&group, "staging").await.passes();
    let said = towpath(&stage, &[&["rollback"], &STAGING[..], &["--reason", "broken"]].concat()).await;
    assert_eq!(said.code, 0, "{}", said.words);
    let held =
        format!("Held: staging was rolled back to {}", &stage.deployments("staging").await[0].sha()[..9]);
    stage.check_on(&group, "staging").await.is("failure", &held);
    stage.check(&up).await.is("action_required", &held);
    stage.end().await;
}

/// A promotion of one feature, open and judged.
async fn release(stage: &Stage) -> towpath_sandbox::PullHandle {
    topic(&stage.store, "feature/cart", "integration").await;
    let cart = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&cart).await.passes();
    merge(&cart).await.unwrap();
    stage.store.open_pull("integration").into("staging").by("rita").await.unwrap()
}

#[tokio::test]
async fn a_promotion_that_may_be_squashed_says_how_to_merge_it() {
    let stage = Stage::set().await;
    stage.store.protect("staging").merged_by(["merge", "squash"]);
    stage.store.protect("integration").merged_by(["merge", "squash", "rebase"]);
    let up = release(&stage).await;
    let said = stage.check(&up).await.is("success", "On the path; merge it with a merge commit");
    said.says("allow only merge commits in the ruleset of `staging`");
    stage.store.protect("staging").merged_by(["merge"]);
    stage.check_named(&up, "towpath: staging").await;
    up.check("towpath: staging").unwrap().rerequest("ana").await.unwrap();
    stage.check(&up).await.is("success", "On the path: integration → staging");
    stage.end().await;
}

#[tokio::test]
async fn a_squashed_promotion_is_told_with_the_way_to_join_the_histories_again() {
    let stage = Stage::set().await;
    let up = release(&stage).await;
    stage.check(&up).await.passes();
    up.merge(Method::Squash).by("rita").await.unwrap();
    let said = stage.comment(&up).await;
    assert!(said.contains("This promotion cut the history of `integration` and `staging`"), "{said}");
    assert!(said.contains("gh pr create --repo acme/store --base integration --head staging"), "{said}");
    let joining = stage.store.open_pull("staging").into("integration").by("rita").await.unwrap();
    stage.check(&joining).await.is("success", "Joins the history of staging and integration again");
    merge(&joining).await.unwrap();
    let said = stage.comment(&up).await;
    assert!(said.contains("### Where it is") && said.contains("This promotion cut"), "{said}");
    stage.end().await;
}

#[tokio::test]
async fn work_of_others_is_told_though_this_branch_was_never_pushed_at_it() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/below", "integration").await;
    stage.quiet().await;
    stage.later();
    // Pushed once, with its own commit on top of the other's, and before that one went to staging.
    topic(&stage.store, "feature/above", "feature/below").await;
    stage.quiet().await;
    stage.later();
    stage.store.merge("feature/below").into("staging").no_ff().by("rita").await.unwrap();
    stage.quiet().await;
    let above = stage.store.open_pull("feature/above").into("integration").by("ben").await.unwrap();
    stage.check(&above).await.is("success", "Warning: carries work merged into staging: 1 commit");
    stage.end().await;
}

#[tokio::test]
async fn settings_that_let_a_promotion_be_squashed_are_noted_and_judge_nothing() {
    let mut stage = Stage::set().await;
    stage.store.merged_by(["merge", "squash"]);
    let up = release(&stage).await;
    stage.github.forget_records();
    let said = stage.check(&up).await.is("success", "On the path: integration → staging");
    said.says("TP305").says("The repository's settings let `integration` be squashed into `staging`.");
    // Nobody is asked for what the event has told, and nobody tells of a change: the regular look finds it.
    assert_eq!(stage.requests("GET", "/repos/acme/store"), 0);
    stage.store.merged_by(["merge"]);
    stage.restart().await;
    let said = stage.check(&up).await.is("success", "On the path: integration → staging");
    assert!(!said.summary().contains("TP305"), "{}", said.summary());
    // What a rule names counts, whatever the settings say.
    stage.store.merged_by(["merge", "rebase"]);
    stage.store.protect("staging").merged_by(["merge"]);
    stage.restart().await;
    let said = stage.check(&up).await;
    assert!(!said.summary().contains("TP305"), "{}", said.summary());
    // A topic may well be squashed.
    topic(&stage.store, "feature/gift", "integration").await;
    let gift = stage.store.open_pull("feature/gift").into("integration").by("ana").await.unwrap();
    let said = stage.check(&gift).await.passes();
    assert!(!said.summary().contains("TP305"), "{}", said.summary());
    stage.store.pulls().iter().for_each(|pull| stage.read(pull));
    stage.end().await;
}

#[tokio::test]
async fn a_note_is_as_loud_as_the_projects_rules_have_it() {
    let stage = Stage::set().await;
    let file = "version: 1\nrules:\n  TP305: off\n";
    stage.store.commit_on("master").file(".github/towpath.yml", file).by("rita").await.unwrap();
    stage.quiet().await;
    let up = release(&stage).await;
    let said = stage.check(&up).await.is("success", "On the path: integration → staging");
    assert!(!said.summary().contains("TP305"), "{}", said.summary());
    let file = "version: 1\nrules:\n  TP305: observe\n";
    stage.store.commit_on("master").file(".github/towpath.yml", file).by("rita").await.unwrap();
    let said = stage.check(&up).await.is("success", "On the path: integration → staging");
    said.says("TP305").says("Towpath only notes it.");
    stage.end().await;
}
