//! What it costs in calls to GitHub to have the App on an account with many repositories, and to push again and again to a
//! pull request that stays as wrong as it was.

use crate::calls::Count;
use crate::shop::topic;
use crate::stage::{Setting, Stage};
use towpath_sandbox::RepoHandle;

/// How many repositories there are beside the one that is on the path.
const OTHERS: usize = 8;
const FILE: &str = ".github/towpath.yml";

/// Repositories of the account without any branch of the path.
async fn off_the_path(stage: &Stage) -> Vec<RepoHandle> {
    let mut others = Vec::new();
    for n in 0..OTHERS {
        let name = format!("acme/tool-{n}");
        let other = stage.github.repository(&name).default_branch("master").create().await.unwrap();
        other.commit_on("master").orphan().file("README", "A tool\n").by("rita").await.unwrap();
        topic(&other, "feature/better", "master").await;
        other.open_pull("feature/better").into("master").by("ana").await.unwrap();
        others.push(other);
    }
    others
}

/// The REST calls about repositories since the records were forgotten, by what they were.
fn calls(stage: &Stage) -> Vec<String> {
    let sent = stage.github.exchanges().into_iter().filter(|it| it.path.starts_with("/repos/"));
    sent.map(|it| format!("{} {}", it.method, it.path)).collect()
}

fn about(calls: &[String], repository: &str) -> usize {
    let part = format!(" /repos/{repository}/");
    calls.iter().filter(|it| it.contains(&part)).count()
}

/// What an installation costs, and a restart, for each repository off the path and for the account.
pub async fn installed() -> Vec<Count> {
    let mut stage = Stage::with(Setting { installed: false, ..Setting::default() }).await;
    let others = off_the_path(&stage).await;
    let mut counts = Vec::new();
    stage.github.forget_records();
    stage.installation.add(others.iter().chain([&stage.store])).await.unwrap();
    stage.quiet().await;
    let sent = calls(&stage);
    let most = |sent: &[String]| (0..OTHERS).map(|n| about(sent, &format!("acme/tool-{n}"))).max().unwrap();
    counts.push(("an installation, for a repository off the path", most(&sent)));
    counts.push(("  for the account's own file", about(&sent, "acme/.github")));
    stage.github.forget_records();
    stage.restart().await;
    let sent = calls(&stage);
    counts.push(("a restart, for a repository off the path", most(&sent)));
    counts.push(("  for the account's own file", about(&sent, "acme/.github")));
    stage.end().await;
    counts
}

#[tokio::test]
async fn a_repository_off_the_path_costs_next_to_nothing() {
    let counts = installed().await;
    let counts: Vec<usize> = counts.into_iter().map(|(_, calls)| calls).collect();
    // Its own file, and the account's file once for all of them.
    assert_eq!(counts, [1, 1, 1, 1]);
}

#[tokio::test]
async fn a_repository_that_comes_onto_the_path_is_looked_at_as_one_that_was_always_there() {
    let stage = Stage::with(Setting { branches: vec!["staging"], ..Setting::default() }).await;
    let others = off_the_path(&stage).await;
    stage.installation.add(&others).await.unwrap();
    stage.quiet().await;
    let tool = &others[0];
    for branch in ["integration", "staging", "production"] {
        tool.branch(branch).from("master").by("rita").await.unwrap();
    }
    topic(tool, "feature/cart", "integration").await;
    let pull = tool.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    let known = stage.database();
    let known: &dyn towpath::store::Store = &known;
    let id = known.repositories(None).await.unwrap().into_iter().find(|it| it.full_name == "acme/tool-0");
    let open = known.open_pulls(id.unwrap().id).await.unwrap();
    assert_eq!(open.len(), 2, "the one that was open before is known by now: {open:?}");
    known.close().await;
    stage.end().await;
}

#[tokio::test]
async fn an_accounts_file_that_comes_later_or_changes_counts_for_all_without_one() {
    let stage = Stage::set().await;
    let account = stage.github.repository("acme/.github").default_branch("main").create().await.unwrap();
    account.commit_on("main").orphan().file("README", "Ours\n").by("rita").await.unwrap();
    stage.installation.add([&account]).await.unwrap();
    topic(&stage.store, "feature/cart", "staging").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    for (text, passes) in [("version: 1\nrules:\n  TP201: warn\n", true), ("version: 1\n", false)] {
        account.commit_on("main").file(FILE, text).by("rita").await.unwrap();
        let said = stage.check(&pull).await;
        if passes {
            said.passes()
        } else {
            said.fails()
        };
        stage.comment(&pull).await;
    }
    stage.end().await;
}

/// What pushes to pull requests cost that stay as wrong as they were.
pub async fn pushed_again() -> Vec<Count> {
    let stage = Stage::set().await;
    let mut counts = Vec::new();
    topic(&stage.store, "feature/skips", "integration").await;
    let skips = stage.store.open_pull("feature/skips").into("staging").by("ana").await.unwrap();
    stage.check(&skips).await.fails();
    stage.comment(&skips).await;
    topic(&stage.store, "feature/fix", "production").await;
    let fix = stage.store.open_pull("feature/fix").into("production").by("ana").await.unwrap();
    stage.check(&fix).await.fails();
    stage.comment(&fix).await;
    stage.later();
    stage.github.forget_records();
    for (what, name, pull) in [
        ("a push to one that skips an environment", "feature/skips", &skips),
        ("a push to one into production", "feature/fix", &fix),
    ] {
        topic(&stage.store, name, name).await;
        stage.check(pull).await.fails();
        stage.comment(pull).await;
        counts.push((what, stage.rest_requests()));
        stage.github.forget_records();
        stage.later();
    }
    // A fix on production that was never carried back: the release that would undo it fails, push after push.
    stage.store.commit_on("production").file("fix.txt", "fixed\n").by("rita").await.unwrap();
    stage.store.commit_on("staging").file("next.txt", "next\n").by("rita").await.unwrap();
    let release = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    stage.check(&release).await.fails();
    stage.comment(&release).await;
    stage.later();
    stage.github.forget_records();
    stage.store.commit_on("staging").file("more.txt", "more\n").by("rita").await.unwrap();
    stage.check(&release).await.fails();
    stage.comment(&release).await;
    let sent = calls(&stage).into_iter().filter(|it| !it.contains("deploy") && !it.contains("/commits/"));
    counts.push(("a push to a promotion that fails", sent.count()));
    stage.end().await;
    counts
}

#[tokio::test]
async fn a_push_that_changes_no_words_costs_one_call_at_most() {
    for (what, calls) in pushed_again().await {
        assert!(calls <= 1, "{what}: {calls} calls");
    }
}
