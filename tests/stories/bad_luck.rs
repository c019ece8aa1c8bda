//! The engine under bad luck: bugs in its loops, clocks that jump, work that stands still, gits that are silent, lists
//! that lag behind.

use crate::shop::topic;
use crate::stage::{Setting, Stage};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::time::Duration;
use tokio::time::Instant;
use towpath::engine::Settings;
use towpath_sandbox::{InstallationHandle, Permission, PullHandle, RepoHandle};

const CHECK_RUNS: &str = "/repos/*/check-runs";
const COMMENTS: &str = "/repos/*/issues/*/comments";
/// A day, in minutes.
const DAY: i64 = 24 * 60;

fn with(settings: impl FnOnce(&mut Settings)) -> Setting {
    let mut setting = Setting::default();
    settings(&mut setting.settings);
    setting
}

/// What `/readyz` answers.
async fn ready(stage: &Stage) -> (u16, String) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let answer = client.get(format!("{}/readyz", stage.server_url()).parse().unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// Longer than from one sweep for what waits too long to the next: a clock that is set ahead and back between two looks is
/// noticed by that alone.
const PATIENCE: Duration = Duration::from_secs(90);

async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !so().await {
        assert!(began.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn opened(stage: &Stage, name: &str, from: &str) -> PullHandle {
    topic(&stage.store, name, from).await;
    stage.store.open_pull(name).into("integration").by("ana").await.unwrap()
}

/// A repository with the path's branches.
async fn another(stage: &Stage, name: &str) -> RepoHandle {
    let other = stage.github.repository(name).default_branch("master").with("ana", Permission::Write);
    let other = other.with("rita", Permission::Maintain).create().await.unwrap();
    other.commit_on("master").orphan().file("README", "Other\n").by("rita").await.unwrap();
    for branch in ["integration", "staging", "production"] {
        other.branch(branch).from("master").by("rita").await.unwrap();
    }
    other
}

#[tokio::test]
async fn a_loop_that_meets_a_bug_is_begun_anew() {
    let stage = Stage::set().await;
    stage.expect_error("begun anew");
    stage.clock_has_bugs(1);
    until("met", async || stage.clock_bugs() == 0).await;
    let pull = opened(&stage, "feature/cart", "integration").await;
    stage.check(&pull).await.passes();
    assert_eq!(ready(&stage).await.0, 200);
    stage.end().await;
}

#[tokio::test]
async fn an_engine_whose_loops_always_meet_bugs_says_that_it_cannot_go_on() {
    let stage = Stage::set().await;
    stage.clock_has_bugs(usize::MAX);
    let why = tokio::time::timeout(Duration::from_secs(30), stage.failed()).await.unwrap();
    assert!(why.contains("the loop that takes work has ended again and again"), "{why}");
    assert!(why.contains("a bug of the clock"), "{why}");
    let (status, words) = ready(&stage).await;
    assert_eq!((status, words.lines().next()), (503, Some("the engine cannot go on")));
}

#[tokio::test]
async fn a_server_that_takes_no_work_is_not_ready() {
    let stage = Stage::with(with(|it| {
        it.workers = 1;
        it.wedged_after = Duration::from_secs(1);
    }))
    .await;
    until("ready", async || ready(&stage).await.0 == 200).await;
    let slow = stage.github.faults().rest("*", "/repos/acme/store/*").hang(Duration::from_secs(10));
    let pull = opened(&stage, "feature/cart", "integration").await;
    until("not ready", async || {
        let (status, words) = ready(&stage).await;
        assert!(status == 200 || words.starts_with("no work was taken for "), "{words}");
        status == 503
    })
    .await;
    slow.remove();
    stage.check(&pull).await.passes();
    until("ready again", async || ready(&stage).await.0 == 200).await;
    stage.end().await;
}

#[tokio::test]
async fn a_clock_that_jumps_ends_no_work_that_is_under_way() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let held = stage.github.faults().held();
    stage.github.faults().rest("POST", CHECK_RUNS).hang_until_released().times(1);
    stage.github.forget_records();
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    until("held", async || stage.github.faults().held() > held).await;
    // Were its lease over now, somebody else would begin the same.
    stage.clock_jumps(2);
    tokio::time::sleep(Duration::from_millis(500)).await;
    stage.github.faults().release();
    stage.clock_jumps(-2);
    stage.check(&pull).await.passes();
    assert_eq!(pull.checks().len(), 1, "one check, and not one for each lease");
    stage.end().await;
}

#[tokio::test]
async fn a_clock_that_stood_a_day_ahead_keeps_nothing_waiting() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/late", "master").await;
    stage.clock_jumps(DAY);
    // GitHub takes nobody whose clock is that wrong.
    stage.expect_error("GitHub does not accept our credentials");
    let ill = stage.github.faults().rest("POST", "/repos/*").status(502);
    let late = stage.store.open_pull("feature/late").into("integration").by("ana").await.unwrap();
    until("refused", async || ill.hits() > 2 || !stage.errors().is_empty()).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    stage.clock_jumps(-DAY);
    ill.remove();
    // What is put off until tomorrow counts as quiet.
    until("judged", async || {
        let said = late.check("towpath: integration").and_then(|check| check.state());
        said.and_then(|state| state.conclusion).as_deref() == Some("failure")
    })
    .await;
    until("told", async || !late.comments().is_empty()).await;
    stage.check(&late).await.fails();
    stage.comment(&late).await;
    stage.end().await;
}

/// Beside `acme/store`, so many repositories of `acme` whose git accepts and says nothing, each with a pull request.
async fn silent(stage: &Stage, so_many: usize) -> Vec<RepoHandle> {
    stage.github.faults().rest("*", "/acme/silent-*").hang_until_released();
    let mut repositories = Vec::new();
    for number in 0..so_many {
        repositories.push(another(stage, &format!("acme/silent-{number}")).await);
    }
    stage.installation.add(&repositories).await.unwrap();
    for repository in &repositories {
        topic(repository, "feature/quiet", "integration").await;
        repository.open_pull("feature/quiet").into("integration").by("ana").await.unwrap();
    }
    repositories
}

/// Another tenant, with one repository.
async fn tenant(stage: &Stage) -> (InstallationHandle, RepoHandle) {
    let shop = another(stage, "beta/shop").await;
    let installation = stage.app.install("beta").on([&shop]).await.unwrap();
    (installation, shop)
}

async fn others_are_judged_beside(so_many: usize) {
    let stage = Stage::with(Setting { patience: Duration::from_secs(180), ..Setting::default() }).await;
    let (_installation, shop) = tenant(&stage).await;
    stage.quiet().await;
    let repositories = silent(&stage, so_many).await;
    until("silent", async || stage.github.faults().held() >= 4).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    for number in 0..3 {
        let began = Instant::now();
        let name = format!("feature/{number}");
        topic(&shop, &name, "integration").await;
        let pull = shop.open_pull(&name).into("integration").by("ana").await.unwrap();
        stage.check_soon(&pull).await.passes();
        assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    }
    stage.github.faults().clear();
    stage.expect_error("the mirror could not be brought up to date");
    for repository in &repositories {
        for pull in repository.pulls() {
            stage.check(&pull).await.passes();
        }
    }
    stage.end().await;
}

#[tokio::test]
async fn five_silent_repositories_keep_no_other_tenant_waiting() {
    others_are_judged_beside(5).await;
}

#[tokio::test]
async fn forty_silent_repositories_keep_no_other_tenant_waiting() {
    others_are_judged_beside(40).await;
}

/// A topic of this name that is judged.
async fn judged(stage: &Stage, name: &str) {
    topic(&stage.store, name, "integration").await;
    let pull = stage.store.open_pull(name).into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.quiet().await;
}

#[tokio::test]
async fn a_git_that_is_silent_only_where_files_are_asked_for_holds_no_worker() {
    let setting = with(|it| (it.workers, it.workers_per_installation) = (1, 1));
    let stage = Stage::with(Setting { patience: Duration::from_secs(180), ..setting }).await;
    let (_installation, shop) = tenant(&stage).await;
    stage.quiet().await;
    judged(&stage, "feature/first").await;
    let asked = async |name: &str| {
        stage.github.forget_records();
        judged(&stage, name).await;
        let counts = stage.github.request_counts();
        let of_git =
            counts.iter().filter(|(what, _)| what.starts_with("POST ") && what.contains("git-upload-pack"));
        of_git.map(|(_, count)| *count).sum::<u64>()
    };
    let asked = asked("feature/second").await;
    topic(&stage.store, "feature/third", "integration").await;
    let silent = stage.github.faults().rest("POST", "/acme/store.git/git-upload-pack");
    let silent = silent.hang_until_released().after(u32::try_from(asked).unwrap() - 1);
    let held = stage.github.faults().held();
    let quiet = stage.store.open_pull("feature/third").into("integration").by("ana").await.unwrap();
    until("silent", async || stage.github.faults().held() > held).await;
    topic(&shop, "feature/cart", "integration").await;
    let pull = shop.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check_soon(&pull).await.passes();
    silent.remove();
    stage.github.faults().release();
    stage.check(&quiet).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn what_a_late_list_does_not_show_yet_is_not_made_again() {
    let stage = Stage::with(with(|it| it.lists_lag = Duration::from_secs(30))).await;
    topic(&stage.store, "feature/cart", "master").await;
    stage.github.lists_lag(25);
    stage.github.faults().rest("POST", CHECK_RUNS).reset_after().times(1);
    stage.github.faults().rest("POST", COMMENTS).reset_after().times(1);
    stage.github.forget_records();
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    until("made", async || pull.checks().len() == 1 && pull.comments().len() == 1).await;
    for seconds in [3, 4, 10, 15] {
        stage.seconds_later(seconds);
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!((pull.checks().len(), pull.comments().len()), (1, 1), "after {seconds} seconds more");
    }
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    assert_eq!(stage.requests("POST", "/check-runs"), 1);
    assert_eq!(stage.requests("POST", "/comments"), 1);
    stage.end().await;
}

#[tokio::test]
async fn what_was_never_made_is_made_once_lists_cannot_be_late_any_more() {
    let stage = Stage::with(with(|it| it.lists_lag = Duration::from_secs(30))).await;
    let lost = stage.github.faults().rest("POST", CHECK_RUNS).reset().times(1);
    let pull = opened(&stage, "feature/cart", "integration").await;
    until("lost", async || lost.hits() == 1).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(pull.checks().is_empty(), "it may be there, and not be listed yet");
    for seconds in [6, 30] {
        stage.seconds_later(seconds);
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_refusal_is_no_lost_answer() {
    let stage = Stage::with(with(|it| it.lists_lag = Duration::from_secs(60 * 60))).await;
    let refused = stage.github.faults().rest("POST", CHECK_RUNS);
    refused.answer(422, "application/json", r#"{"message":"No commit found for SHA"}"#).times(2);
    let pull = opened(&stage, "feature/cart", "integration").await;
    stage.check(&pull).await.passes();
    stage.end().await;
}

/// Integration is deployed by a workflow.
async fn by_a_workflow(stage: &Stage) {
    let inputs = ["deploy", "environment", "sha", "tree", "previous_sha", "slug", "reuse_slug", "rollback"];
    stage.store.workflow("deploy.yml").inputs(inputs).echoes("deploy");
    let text = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics], deploy: { driver: actions, file: \
                deploy.yml } }\n  - { name: staging, accepts: [integration] }\n  - { name: production, accepts: \
                [staging] }\ncopy: none\n";
    stage.store.commit_on("master").file(".github/towpath.yml", text).by("rita").await.unwrap();
    stage.quiet().await;
}

#[tokio::test]
async fn late_lists_make_no_second_deployment_and_no_second_run() {
    let stage = Stage::with(with(|it| it.lists_lag = Duration::from_secs(30))).await;
    by_a_workflow(&stage).await;
    stage.github.lists_lag(25);
    stage.github.faults().rest("POST", "/repos/*/deployments").reset_after().times(1);
    stage.github.faults().rest("POST", "/repos/*/dispatches").reset_after().times(1);
    stage.later();
    stage.store.commit_on("integration").file("x.txt", "x\n").by("ben").await.unwrap();
    until("made", async || !stage.store.deployments().is_empty()).await;
    // Each of the two is looked for again, one after the other.
    for _ in 0..20 {
        stage.seconds_later(6);
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(stage.store.deployments().len(), 1);
        assert!(stage.store.runs().len() <= 1);
    }
    until("dispatched", async || stage.store.runs().len() == 1).await;
    stage.quiet().await;
    assert_eq!((stage.store.deployments().len(), stage.store.runs().len()), (1, 1));
    stage.end().await;
}
