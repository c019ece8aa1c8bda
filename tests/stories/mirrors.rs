//! The mirrors on the server's disk: bounded, taken away, damaged, left behind.

use crate::shop::topic;
use crate::stage::{Setting, Stage};
use std::path::PathBuf;
use towpath::engine::{MirrorBounds, Settings};
use towpath_sandbox::{Permission, RepoHandle};

/// A stage whose server may keep one mirror.
async fn with_room_for_one() -> Stage {
    let setting = Setting::default();
    let mirrors = MirrorBounds { count: 1, ..MirrorBounds::default() };
    Stage::with(Setting { settings: Settings { mirrors, ..setting.settings.clone() }, ..setting }).await
}

/// Another repository with the path's branches, in the same account.
async fn another(stage: &Stage, name: &str) -> RepoHandle {
    let other = stage.github.repository(name).default_branch("master").with("ana", Permission::Write);
    let other = other.with("rita", Permission::Maintain).create().await.unwrap();
    other.commit_on("master").orphan().file("README", "Other\n").by("rita").await.unwrap();
    for branch in ["integration", "staging", "production"] {
        other.branch(branch).from("master").by("rita").await.unwrap();
    }
    stage.installation.add([&other]).await.unwrap();
    stage.quiet().await;
    other
}

/// Every git directory of the mirrors.
fn git_directories(stage: &Stage) -> Vec<PathBuf> {
    let below = |folder: PathBuf| {
        std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect::<Vec<_>>()
    };
    below(stage.data_folder().join("mirrors")).into_iter().flat_map(below).collect()
}

#[tokio::test]
async fn with_room_for_one_mirror_two_repositories_are_judged_right() {
    let stage = with_room_for_one().await;
    let other = another(&stage, "acme/other").await;
    for round in 0..3 {
        for store in [&stage.store, &other] {
            let (good, bad) = (format!("good/{round}"), format!("bad/{round}"));
            topic(store, &good, "integration").await;
            topic(store, "moves-on", "staging").await;
            store.merge("moves-on").into("staging").no_ff().by("rita").await.unwrap();
            topic(store, &bad, "staging").await;
            store.delete_branch("moves-on").by("rita").await.unwrap();
            let good = store.open_pull(&good).into("integration").by("ana").await.unwrap();
            let bad = store.open_pull(&bad).into("integration").by("ana").await.unwrap();
            stage.check(&good).await.passes();
            stage.check(&bad).await.fails();
            stage.comment(&bad).await;
            assert_eq!(stage.mirrors(), 1, "{}", store.full_name());
            good.close().by("ana").await.unwrap();
            bad.close().by("ana").await.unwrap();
        }
    }
    stage.end().await;
}

#[tokio::test]
async fn what_no_repository_owns_is_gone_after_a_start() {
    let mut stage = Stage::set().await;
    stage.stop().await;
    let mirrors = stage.data_folder().join("mirrors");
    let [kept] = &git_directories(&stage)[..] else { panic!("one mirror was expected") };
    for left in ["77.git/1/objects", "notes", "1.git.old/objects"] {
        std::fs::create_dir_all(mirrors.join(left)).unwrap();
    }
    std::fs::write(mirrors.join("file"), "").unwrap();
    stage.start().await;
    assert_eq!(std::fs::read_dir(&mirrors).unwrap().count(), 1);
    assert!(kept.exists(), "what is needed stays");
    stage.end().await;
}

#[tokio::test]
async fn a_question_that_meets_damage_is_asked_again_before_anything_is_shown() {
    let stage = Stage::set().await;
    let packs = git_directories(&stage)[0].join("objects/pack");
    let first: Vec<_> = std::fs::read_dir(&packs).unwrap().map(|entry| entry.unwrap().path()).collect();
    // Every branch gets a tip in a later pack, so that a fetch has no reason to read the first one.
    for branch in ["integration", "staging", "production", "master"] {
        stage.store.commit_on(branch).file("later.txt", branch).by("rita").await.unwrap();
    }
    topic(&stage.store, "feature/cart", "staging").await;
    let cart = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&cart).await.fails();
    stage.comment(&cart).await;
    for file in &first {
        std::fs::remove_file(file).unwrap();
    }
    stage.expect_error("git gave no answer");
    stage.github.forget_records();
    cart.check("towpath: integration").unwrap().rerequest("ana").await.unwrap();
    stage.check(&cart).await.fails();
    stage.comment(&cart).await;
    let shown = stage.github.exchanges().into_iter().filter_map(|it| it.request_body);
    let undecided = shown.filter(|body| body.to_string().contains("Could not decide")).count();
    assert_eq!(undecided, 0, "a moment of doubt is not for people");
    stage.end().await;
}
