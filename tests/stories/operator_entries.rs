//! Whose the entries of the operator's file are, when repositories are renamed and others take their names.

use crate::programs::{Machine, SECRET, ended, merged};
use crate::shop::{merge, topic};
use crate::stage::{Setting, Stage};
use std::time::Duration;
use towpath::deploy::operator::Operator;
use towpath_sandbox::{Order, Permission, PullHandle, RepoHandle};

const REFUSED: &str = "Not started: the operator of Towpath has not confirmed this repository yet";

/// The machine's file, with more lines in the entry of `acme/store`.
fn setting_with(machine: &Machine, lines: &str) -> Setting {
    let text = machine.file();
    let operator = Operator::read(&format!("[repository.\"acme/store\"]\n{lines}\n{text}")).unwrap();
    let mut setting = machine.setting();
    setting.deploying.operator = operator;
    setting
}

/// Somebody makes a repository of this name and installs the App on it.
async fn successor(stage: &Stage, name: &str) -> RepoHandle {
    let made = stage.github.repository(name).default_branch("master").with("eve", Permission::Admin);
    let store =
        made.with("ana", Permission::Write).with("rita", Permission::Maintain).create().await.unwrap();
    store.commit_on("master").orphan().file("README", "Eve\n").by("eve").await.unwrap();
    for branch in ["integration", "staging", "production"] {
        store.branch(branch).from("master").by("eve").await.unwrap();
    }
    stage.installation.add([&store]).await.unwrap();
    stage.quiet().await;
    store
}

/// Merges a topic into integration of a repository.
async fn merged_in(stage: &Stage, store: &RepoHandle, name: &str) -> PullHandle {
    topic(store, name, "integration").await;
    let pull = store.open_pull(name).into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    merge(&pull).await.unwrap();
    stage.quiet().await;
    pull
}

/// How the last deploy of a repository's integration has ended; programs run on while nothing else is to be done.
async fn stands(stage: &Stage, store: &RepoHandle) -> String {
    for _ in 0..600 {
        stage.quiet().await;
        let mut all = store.deployments();
        all.retain(|it| it.environment() == "integration");
        let status = all.last().and_then(|it| it.statuses().pop());
        if let Some(it) = status.filter(|it| !["queued", "in_progress"].contains(&it.state.as_str())) {
            return format!("{}: {}", it.state, it.description);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the deploy came to no end");
}

#[tokio::test]
async fn programs_go_along_with_a_rename() {
    let machine = Machine::new();
    let mut stage = Stage::with(machine.setting()).await;
    topic(&stage.store, "feature/cart", "integration").await;
    merged(&stage, "feature/cart", "integration").await;
    assert!(ended(&stage, "integration").await.starts_with("success:"));
    stage.store.rename("shop").await.unwrap();
    stage.quiet().await;
    topic(&stage.store, "feature/list", "integration").await;
    merged(&stage, "feature/list", "integration").await;
    assert!(ended(&stage, "integration").await.starts_with("success:"));
    assert_eq!(machine.lines("install.live"), [stage.store.tip("integration").unwrap()]);
    stage.restart().await;
    topic(&stage.store, "feature/price", "integration").await;
    merged(&stage, "feature/price", "integration").await;
    assert!(ended(&stage, "integration").await.starts_with("success:"));
    assert_eq!(machine.lines("install.live"), [stage.store.tip("integration").unwrap()]);
    stage.end().await;
}

#[tokio::test]
async fn a_successor_under_the_old_name_gets_nothing() {
    let machine = Machine::new();
    let mut stage = Stage::with(machine.setting()).await;
    stage.expect_error("gets no programs, secrets or addresses");
    stage.store.rename("shop").await.unwrap();
    stage.quiet().await;
    let taken = successor(&stage, "acme/Store").await;
    let pull = merged_in(&stage, &taken, "feature/evil").await;
    let said = stands(&stage, &taken).await;
    assert!(said.starts_with("error: ") && said.contains(REFUSED), "{said}");
    assert!(machine.lines("build.runs").is_empty() && machine.lines("install.live").is_empty());
    let comments = pull.comments();
    assert!(comments.iter().any(|it| it.body.contains("has not confirmed this repository yet")));
    for comment in &comments {
        for inner in [SECRET, "/install", "[repository", "acme/shop"] {
            assert!(!comment.body.contains(inner), "{inner}: {}", comment.body);
        }
    }
    let errors = stage.errors();
    let id = taken.id();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].contains(&format!("write id = {id} into the entry")), "{errors:?}");
    assert!(
        errors[0].contains(&format!("for repository {}, last known here as acme/shop", stage.store.id()))
    );

    // The one it is for goes on; and so it is after a restart.
    topic(&stage.store, "feature/cart", "integration").await;
    merged(&stage, "feature/cart", "integration").await;
    assert!(ended(&stage, "integration").await.starts_with("success:"));
    stage.restart().await;
    merged_in(&stage, &taken, "feature/more").await;
    assert!(stands(&stage, &taken).await.contains(REFUSED));
    assert_eq!(machine.lines("install.live"), [stage.store.tip("integration").unwrap()]);

    // The operator means it.
    stage.stop().await;
    stage.operated_by(setting_with(&machine, &format!("id = {id}")));
    stage.start().await;
    merged_in(&stage, &taken, "feature/good").await;
    assert!(stands(&stage, &taken).await.starts_with("success:"));
    assert_eq!(machine.lines("install.live"), [taken.tip("integration").unwrap()]);
    stage.end().await;
}

/// What becomes of the webhooks that tell of the rename.
#[derive(Clone, Copy)]
enum Told {
    Twice,
    AfterTheSuccessor,
    Never,
}

#[tokio::test]
async fn however_a_rename_is_told_its_successor_gets_nothing() {
    for told in [Told::Twice, Told::AfterTheSuccessor, Told::Never] {
        let machine = Machine::new();
        let stage = Stage::with(machine.setting()).await;
        stage.expect_error("gets no programs, secrets or addresses");
        let rename = stage.github.faults().webhook("repository", "renamed");
        match told {
            Told::Twice => rename.double(),
            Told::AfterTheSuccessor => rename.delay_by(3),
            Told::Never => rename.lose(),
        };
        stage.store.rename("shop").await.unwrap();
        stage.quiet().await;
        let taken = successor(&stage, "acme/store").await;
        merged_in(&stage, &taken, "feature/evil").await;
        assert!(stands(&stage, &taken).await.contains(REFUSED));
        stage.github.faults().clear();
        stage.github.release_webhooks(Order::Shuffled(7)).await;
        stage.quiet().await;
        assert!(machine.lines("install.live").is_empty());
        topic(&stage.store, "feature/cart", "integration").await;
        merged(&stage, "feature/cart", "integration").await;
        assert!(ended(&stage, "integration").await.starts_with("success:"));
        assert_eq!(machine.lines("install.live"), [stage.store.tip("integration").unwrap()]);
        stage.end().await;
    }
}

#[tokio::test]
async fn after_a_lost_database_only_a_written_number_tells() {
    let machine = Machine::new();
    let number = |stage: &Stage| format!("id = {}", stage.store.id());
    let mut stage = Stage::with(machine.setting()).await;
    stage.expect_error("gets no programs, secrets or addresses");
    stage.store.rename("shop").await.unwrap();
    stage.stop().await;
    stage.lose_the_database();
    let written = setting_with(&machine, &number(&stage));
    stage.operated_by(written);
    stage.start().await;
    let taken = successor(&stage, "acme/store").await;
    merged_in(&stage, &taken, "feature/evil").await;
    assert!(stands(&stage, &taken).await.contains(REFUSED));
    topic(&stage.store, "feature/cart", "integration").await;
    merged(&stage, "feature/cart", "integration").await;
    assert!(ended(&stage, "integration").await.starts_with("success:"));
    stage.end().await;
}
