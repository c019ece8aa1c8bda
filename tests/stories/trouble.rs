//! Repositories that vanish, come back, or have nothing in them; and one that fails beside others that do
//! not.

use crate::shop::{merge, topic};
use crate::stage::{Setting, Stage, soon_given_up};
use std::time::Duration;
use towpath::model::{LedgerTip, TipSource};
use towpath::store::Store as _;
use towpath_sandbox::CheckHandle;

#[tokio::test]
async fn a_deleted_repository_is_let_go() {
    let mut stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    assert_eq!(stage.mirrors(), 1);
    stage.store.delete().await.unwrap();
    stage.quiet().await;
    assert_eq!(stage.mirrors(), 0, "what is not ours any more is not kept");
    stage.github.forget_records();
    stage.restart().await;
    assert_eq!(stage.rest_requests(), 0, "{:?}", stage.github.request_counts());
    stage.end().await;
}

#[tokio::test]
async fn a_repository_that_is_not_found_is_given_up_aloud_and_revived_by_its_next_event() {
    let stage = Stage::with(soon_given_up()).await;
    stage.expect_error("given up");
    stage.expect_error("the mirror could not be brought up to date");
    topic(&stage.store, "feature/cart", "integration").await;
    stage.github.faults().rest("*", "/repos/acme/store*").status(404);
    stage.github.faults().rest("*", "/acme/store.git*").status(404);
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.quiet().await;
    assert!(pull.checks().is_empty());
    stage.github.faults().clear();
    stage.later();
    topic(&stage.store, "feature/cart", "integration").await;
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn what_happened_while_the_installation_was_suspended_is_made_good() {
    let stage = Stage::set().await;
    stage.installation.suspend().await.unwrap();
    stage.quiet().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    assert!(stage.is_silent_on(&pull).await);
    stage.installation.unsuspend().await.unwrap();
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn an_empty_repository_waits_for_its_first_commits() {
    let stage = Stage::set().await;
    let empty = stage.github.repository("acme/empty").default_branch("master").create().await.unwrap();
    stage.installation.add([&empty]).await.unwrap();
    stage.quiet().await;
    empty.commit_on("master").orphan().file("README", "Empty\n").by("rita").await.unwrap();
    topic(&empty, "feature/first", "master").await;
    empty.branch("integration").from("master").by("rita").await.unwrap();
    let pull = empty.open_pull("feature/first").into("integration").by("ana").await.unwrap();
    let said = stage.check(&pull).await;
    let said = said.is("action_required", "Could not decide: 2 branches do not exist");
    drop(said.says("staging").says("production"));
    empty.branch("staging").from("master").by("rita").await.unwrap();
    empty.branch("production").from("master").by("rita").await.unwrap();
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_repository_that_always_fails_holds_no_other_up() {
    let stage = Stage::set().await;
    stage.expect_error("the mirror could not be brought up to date");
    let other = stage.github.repository("acme/broken").default_branch("master").create().await.unwrap();
    other.commit_on("master").orphan().file("README", "Broken\n").by("rita").await.unwrap();
    for branch in ["integration", "staging", "production"] {
        other.branch(branch).from("master").by("rita").await.unwrap();
    }
    stage.github.faults().rest("*", "/acme/broken.git*").status(500);
    stage.github.faults().rest("POST", "/repos/acme/broken/check-runs").hang(Duration::from_secs(60));
    stage.installation.add([&other]).await.unwrap();
    for number in 0..20 {
        topic(&other, &format!("feature/{number}"), "integration").await;
        other.open_pull(&format!("feature/{number}")).into("integration").by("ana").await.unwrap();
    }
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check_soon(&pull).await.passes();
    merge(&pull).await.unwrap();
    stage.github.faults().clear();
    stage.quiet().await;
    for pull in other.pulls() {
        stage.check(&pull).await.passes();
    }
    stage.end().await;
}

#[tokio::test]
async fn a_head_that_is_replaced_while_it_is_judged_is_judged_anew() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "master").await;
    let held = stage.github.faults().held();
    stage.github.faults().rest("*", "/acme/store.git/git-upload-pack").hang_until_released().times(1);
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    while stage.github.faults().held() == held {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stage.later();
    let first = pull.head_sha();
    let clean = topic(&stage.store, "clean", "integration").await;
    stage.store.move_branch("feature/cart").to(&clean).by("ana").await.unwrap();
    stage.github.faults().release();
    stage.check(&pull).await.is("success", "On the path: feature/cart → integration");
    let of_first: Vec<_> = stage.store.every_check().iter().filter_map(CheckHandle::state).collect();
    assert!(of_first.iter().all(|it| it.head_sha != first || it.conclusion.as_deref() != Some("success")));
    stage.github.faults().clear();
    stage.end().await;
}

#[tokio::test]
async fn two_pull_requests_with_one_head_and_base_show_the_worse_verdict_and_name_both() {
    let mut stage = Stage::set().await;
    // A throw-away branch at staging's tip is judged as staging, unless a project wants none.
    let text = "version: 1\nrules: { TP110: off }\n";
    stage.store.commit_on("master").file(".github/towpath.yml", text).by("rita").await.unwrap();
    stage.quiet().await;
    topic(&stage.store, "feature/cart", "integration").await;
    stage.store.merge("feature/cart").into("integration").no_ff().by("ana").await.unwrap();
    stage.store.merge("integration").into("staging").no_ff().by("rita").await.unwrap();
    stage.store.branch("shortcut").from("staging").by("ana").await.unwrap();
    let release = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    stage.check(&release).await.passes();
    stage.later();
    let shortcut = stage.store.open_pull("shortcut").into("production").by("ana").await.unwrap();
    assert_eq!(release.head_sha(), shortcut.head_sha());
    let said = stage.check(&release).await.fails();
    let both = [format!("#{}", release.number()), format!("#{}", shortcut.number())];
    let said = both.iter().fold(said, |said, number| said.says(number));
    assert!(said.summary().contains("shortcut"), "{}", said.summary());
    assert!(merge(&release).await.is_err(), "GitHub cannot tell the two apart");
    stage.comment(&shortcut).await;
    // Without the wrong one the right one is free again.
    shortcut.close().by("ana").await.unwrap();
    stage.check(&release).await.passes();
    stage.later();
    shortcut.reopen().by("ana").await.unwrap();
    stage.check(&release).await.fails();
    stage.later();
    shortcut.retarget("integration").by("ana").await.unwrap();
    stage.check(&release).await.passes();
    stage.check(&shortcut).await;
    stage.comment(&shortcut).await;
    // And so it is when nobody tells of the end of the wrong one.
    stage.later();
    shortcut.retarget("production").by("ana").await.unwrap();
    stage.check(&release).await.fails();
    stage.check_named(&shortcut, "towpath: integration").await;
    stage.comment(&shortcut).await;
    stage.github.faults().webhook("pull_request", "closed").vanish();
    shortcut.close().by("ana").await.unwrap();
    stage.github.faults().clear();
    stage.restart().await;
    stage.check(&release).await.passes();
    merge(&release).await.unwrap();
    stage.end().await;
}

#[tokio::test]
async fn a_repository_taken_from_the_installation_and_given_back_is_compared() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/early", "integration").await;
    let early = stage.store.open_pull("feature/early").into("integration").by("ana").await.unwrap();
    stage.check(&early).await.passes();
    stage.installation.remove([&stage.store]).await.unwrap();
    stage.quiet().await;
    stage.later();
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    topic(&stage.store, "feature/early", "integration").await;
    assert!(stage.is_silent_on(&pull).await);
    stage.installation.add([&stage.store]).await.unwrap();
    stage.check(&pull).await.passes();
    stage.check(&early).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn an_app_that_is_installed_again_goes_on_as_the_new_installation() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.installation.uninstall().await.unwrap();
    stage.quiet().await;
    stage.later();
    topic(&stage.store, "feature/cart", "integration").await;
    stage.app.install("acme").on([&stage.store]).await.unwrap();
    stage.check(&pull).await.passes();
    merge(&pull).await.unwrap();
    stage.end().await;
}

#[tokio::test]
async fn an_environment_that_is_deleted_is_missed_aloud_until_it_is_back() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    let tip = stage.store.tip("staging").unwrap();
    stage.later();
    stage.store.delete_branch("staging").by("rita").await.unwrap();
    let said = stage.check(&pull).await;
    drop(said.is("action_required", "Could not decide: staging does not exist"));
    stage.later();
    stage.store.branch("staging").from(&tip).by("rita").await.unwrap();
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_base_that_was_deleted_and_made_again_is_judged_anew() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    let tip = stage.store.tip("integration").unwrap();
    stage.later();
    stage.store.delete_branch("integration").by("rita").await.unwrap();
    stage.quiet().await;
    assert!(!pull.is_open(), "GitHub closes what has no base");
    stage.later();
    stage.store.branch("integration").from(&tip).by("rita").await.unwrap();
    topic(&stage.store, "feature/cart", "integration").await;
    pull.reopen().by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    merge(&pull).await.unwrap();
    stage.end().await;
}

#[tokio::test]
async fn a_commit_dated_in_the_future_moves_no_branch() {
    const YEAR_2100: i64 = 4_102_444_800;
    let mut stage = Stage::with(Setting { installed: false, ..Setting::default() }).await;
    for (file, at) in [("early", YEAR_2100), ("late", 1_000_000_000), ("later", 1_000_000_000)] {
        let commit = stage.store.commit_on("integration").file(file, "x\n").at(at);
        commit.by("ana").await.unwrap();
    }
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.installation.add([&stage.store]).await.unwrap();
    stage.check(&pull).await.passes();
    let known = tips(&stage, "integration").await;
    for _ in 0..2 {
        stage.github.forget_records();
        stage.restart().await;
        assert_eq!(tips(&stage, "integration").await, known);
        let sent: Vec<_> = stage.github.exchanges().into_iter().filter(|it| it.method != "GET").collect();
        assert!(sent.iter().all(|it| it.path.ends_with("/access_tokens")), "{sent:?}");
        let judged = stage.requests("GET", &format!("/pulls/{}", pull.number()));
        assert_eq!(judged, 0, "nothing moved: {:?}", stage.github.request_counts());
    }
    stage.end().await;
}

#[tokio::test]
async fn a_push_that_is_heard_of_before_the_first_comparison_does_not_hide_the_line() {
    let mut stage = Stage::with(Setting { installed: false, ..soon_given_up() }).await;
    stage.expect_error("given up");
    stage.expect_error("the mirror could not be brought up to date");
    let before = stage.store.tip("integration").unwrap();
    stage.github.faults().rest("*", "/acme/store.git*").status(500);
    stage.installation.add([&stage.store]).await.unwrap();
    stage.quiet().await;
    let after = stage.store.commit_on("integration").file("other.txt", "moved\n").by("ben").await.unwrap();
    stage.quiet().await;
    let known: Vec<_> = tips(&stage, "integration").await.iter().map(|tip| tip.commit.to_string()).collect();
    assert_eq!(known, [before, after], "what it pointed at before is known from the push");
    stage.github.faults().clear();
    stage.restart().await;
    let tips = tips(&stage, "integration").await;
    assert!(tips.iter().filter(|tip| tip.source == TipSource::Backfill).count() > 2, "{tips:?}");
    stage.end().await;
}

/// What the ledger has of a branch.
async fn tips(stage: &Stage, branch: &str) -> Vec<LedgerTip> {
    let database = stage.database();
    let repository = database.repositories(None).await.unwrap()[0].id;
    let ledger = database.ledger(repository, &[branch.parse().unwrap()], None).await.unwrap();
    database.close().await;
    ledger.tips.into_iter().map(|(_, tip)| tip).collect()
}
