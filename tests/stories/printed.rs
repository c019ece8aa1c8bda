//! Every block of commands that a check prints is run as it is printed, from the first line to the last, in a fresh
//! clone; and what it promises comes of it.

use crate::shop::topic;
use crate::stage::Stage;
use std::path::Path;
use std::process::Command;
use towpath_sandbox::{PullHandle, RepoHandle};

/// What somebody wants of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Promise {
    /// The pull request passes.
    Passes,
    /// It is closed.
    Closed,
    /// Another pull request is opened from one branch into another; once it is merged, `then` is what the first one is
    /// told next, if anything is.
    Opens { head: &'static str, base: &'static str },
    /// A branch is made, which goes where the words say.
    Pushes(&'static str),
}

/// A world, and what each of its blocks promises, in the order in which they are printed.
struct World {
    what: &'static str,
    tell: fn(RepoHandle) -> Told,
    pull: (&'static str, &'static str),
    promises: &'static [Promise],
}

type Told = std::pin::Pin<Box<dyn Future<Output = ()>>>;

fn worlds() -> Vec<World> {
    use Promise::{Closed, Opens, Passes, Pushes};
    let world = |what, pull, promises, tell| World { what, tell, pull, promises };
    vec![
        world(
            "a topic cut from staging, with all that stops a pick",
            ("topic", "integration"),
            &[Passes],
            |store| {
                Box::pin(async move {
                    topic(&store, "topic", "staging").await;
                    // Empty from the start.
                    store.commit_on("topic").message("Build again").by("ana").await.unwrap();
                    // There already, and not by name.
                    let fix = store.commit_on("topic").file("fix.txt", "fixed\n").by("ana").await.unwrap();
                    store.cherry_pick(&fix).onto("integration").by("ben").await.unwrap();
                    // Merges of its own.
                    store
                        .commit_on("side")
                        .from("topic")
                        .file("side.txt", "aside\n")
                        .by("ana")
                        .await
                        .unwrap();
                    store.commit_on("topic").file("more.txt", "more\n").by("ana").await.unwrap();
                    store.merge("side").into("topic").no_ff().by("ana").await.unwrap();
                    store.merge("staging").into("topic").no_ff().by("ana").await.ok();
                })
            },
        ),
        world("a topic whose work was taken over", ("topic", "integration"), &[Closed], |store| {
            Box::pin(async move {
                topic(&store, "topic", "staging").await;
                let own = store.tip("topic").unwrap();
                store.cherry_pick(&own).onto("integration").by("ben").await.unwrap();
            })
        }),
        world(
            "a topic whose work was squashed in from elsewhere",
            ("topic", "integration"),
            &[Closed],
            |store| {
                Box::pin(async move {
                    store.branch("clean").from("integration").by("ana").await.unwrap();
                    store.branch("topic").from("staging").by("ana").await.unwrap();
                    for text in ["one\n", "two\n"] {
                        for branch in ["topic", "clean"] {
                            store.commit_on(branch).file("same.txt", text).by("ana").await.unwrap();
                        }
                    }
                    store.squash("clean").onto("integration").by("ben").await.unwrap();
                })
            },
        ),
        world(
            "a hotfix on production that nobody brought back",
            ("staging", "production"),
            &[Opens { head: "production", base: "integration" }, Pushes("carry-back-")],
            |store| Box::pin(async move { hotfix(&store).await }),
        ),
        world(
            "a hotfix that is on integration and was not promoted since",
            ("staging", "production"),
            &[Opens { head: "integration", base: "staging" }],
            |store| {
                Box::pin(async move {
                    hotfix(&store).await;
                    store.merge("production").into("integration").no_ff().by("rita").await.unwrap();
                })
            },
        ),
        world("a promotion that was squashed", ("staging", "production"), &[Passes], |store| {
            Box::pin(async move {
                store.commit_on("staging").file("a.txt", "one\n").by("rita").await.unwrap();
                store.squash("staging").onto("production").by("rita").await.unwrap();
                store.commit_on("staging").file("a.txt", "two\n").by("rita").await.unwrap();
            })
        }),
        world("a topic into production", ("topic", "production"), &[Passes], |store| {
            Box::pin(async move {
                topic(&store, "topic", "integration").await;
            })
        }),
        world("a promotion past the next one", ("integration", "production"), &[Passes], |store| {
            Box::pin(async move {
                store.commit_on("integration").file("a.txt", "one\n").by("ana").await.unwrap();
            })
        }),
        world("nothing to carry back", ("production", "integration"), &[Closed], |store| {
            Box::pin(async move {
                store.commit_on("integration").file("a.txt", "one\n").by("ana").await.unwrap();
            })
        }),
        world("a copy with something of its own", ("production", "master"), &[Closed], |store| {
            Box::pin(async move {
                store.commit_on("production").file("a.txt", "one\n").by("ana").await.unwrap();
                store.commit_on("master").file("a.txt", "two\n").by("ben").await.unwrap();
            })
        }),
    ]
}

async fn hotfix(store: &RepoHandle) {
    store.commit_on("production").file("hot.txt", "now\n").by("rita").await.unwrap();
    // What is empty explains nothing and is only on production too.
    store.commit_on("production").message("Build again").by("rita").await.unwrap();
    topic(store, "feature/cart", "integration").await;
    store.merge("feature/cart").into("integration").no_ff().by("ana").await.unwrap();
    store.merge("integration").into("staging").no_ff().by("rita").await.unwrap();
}

impl World {
    async fn set(&self) -> (Stage, PullHandle, Vec<String>) {
        let stage = Stage::set().await;
        // Whoever pastes a push may push.
        for branch in ["integration", "staging", "production", "master"] {
            stage.store.unprotect(branch);
        }
        (self.tell)(stage.store.clone()).await;
        stage.quiet().await;
        let (head, base) = self.pull;
        let pull = stage.store.open_pull(head).into(base).by("ana").await.unwrap();
        let said = stage.check(&pull).await;
        let printed = blocks(said.summary());
        for comment in pull.comments() {
            // Commands are in one place, and the comment leads there.
            assert!(blocks(&comment.body).is_empty(), "{}: {}", self.what, comment.body);
            assert!(comment.body.contains("/checks)"), "{}: {}", self.what, comment.body);
        }
        (stage, pull, printed)
    }

    async fn walk(&self) {
        let mut place = 0;
        loop {
            let (stage, pull, printed) = self.set().await;
            assert_eq!(printed.len(), self.promises.len(), "{}: {printed:#?}", self.what);
            let (block, promise) = (&printed[place], self.promises[place]);
            println!("{}:\n{block}\n", self.what);
            run(&stage, block).await;
            stage.quiet().await;
            kept(&stage, &pull, promise, self.what).await;
            for pull in stage.store.pulls() {
                stage.read(&pull);
            }
            stage.end().await;
            place += 1;
            if place == self.promises.len() {
                return;
            }
        }
    }
}

async fn kept(stage: &Stage, pull: &PullHandle, promise: Promise, what: &str) {
    match promise {
        Promise::Passes => {
            let said = stage.check(pull).await;
            let end = said.0.conclusion.as_deref();
            assert_eq!(end, Some("success"), "{what}: {:?}\n{}", said.0.title, said.summary());
        }
        Promise::Closed => assert!(!pull.is_open() || pull.merged(), "{what}"),
        Promise::Opens { head, base } => {
            let opened = stage.store.pulls().into_iter().find(|it| it.number() != pull.number()).unwrap();
            let ends = opened.state().unwrap();
            assert_eq!((ends.head.as_str(), ends.base.as_str()), (head, base), "{what}");
            // Nobody sends away whoever does as they were told.
            let said = stage.check(&opened).await.passes();
            assert!(!said.summary().contains("Close this pull request"), "{what}: {}", said.summary());
        }
        Promise::Pushes(prefix) => {
            let refs = stage.store.refs();
            let is_meant = |name: &&String| name.starts_with(&format!("refs/heads/{prefix}"));
            assert_eq!(refs.keys().filter(is_meant).count(), 1, "{what}: {refs:?}");
        }
    }
}

/// The blocks of commands in a text.
fn blocks(text: &str) -> Vec<String> {
    let parts = text.split("```sh\n").skip(1);
    parts.map(|part| part.split("\n```").next().unwrap_or_default().to_owned()).collect()
}

/// Runs a block in a fresh clone, as somebody who pastes it. What it asks of GitHub is done there afterwards: in each block
/// that comes last.
pub(crate) async fn run(stage: &Stage, block: &str) {
    let folder = tempfile::tempdir().unwrap();
    let url = stage.store.clone_url().replace("http://", "http://rita:x@");
    let (place, block, asked) = (folder.path().to_owned(), block.to_owned(), folder.path().join("asked"));
    let script = format!(
        "set -e\ngit clone -q {url} work\ncd work\nmkdir ../bin\n\
         printf '#!/bin/sh\\nprintf \"%%s\\\\n\" \"$@\" END >> ../asked\\n' > ../bin/gh\nchmod +x ../bin/gh\n\
         PATH=\"$PWD/../bin:$PATH\"\n{block}\n"
    );
    tokio::task::spawn_blocking(move || in_a_shell(&place, &script)).await.unwrap();
    let asked = std::fs::read_to_string(asked).unwrap_or_default();
    for command in asked.split("END\n").filter(|command| !command.is_empty()) {
        let words: Vec<&str> = command.lines().collect();
        let option = |name: &str| words.iter().position(|word| *word == name).map(|at| words[at + 1]);
        let pull = || stage.store.pull(words[2].parse().unwrap()).unwrap();
        match words[1] {
            "create" => {
                let (head, base) = (option("--head").unwrap(), option("--base").unwrap());
                stage.store.open_pull(head).into(base).by("rita").await.unwrap();
            }
            "close" => pull().close().by("rita").await.unwrap(),
            "edit" => pull().retarget(option("--base").unwrap()).by("rita").await.unwrap(),
            other => panic!("gh pr {other}"),
        }
    }
}

fn in_a_shell(place: &Path, script: &str) {
    let output = Command::new("sh")
        .args(["-c", script])
        .current_dir(place)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "Rita")))
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "rita@example.com")))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{script}\n{said}");
}

/// Worlds with an even place in the list, and those with an odd one: two tests take half the time.
async fn walk(rest: usize) {
    for world in worlds().iter().skip(rest).step_by(2) {
        world.walk().await;
    }
}

#[tokio::test]
async fn every_block_that_is_printed_runs_and_does_what_it_says() {
    walk(0).await;
}

#[tokio::test]
async fn every_other_block_that_is_printed_runs_and_does_what_it_says() {
    walk(1).await;
}

#[tokio::test]
async fn a_head_whose_work_came_in_another_way_is_asked_to_be_closed() {
    let stage = Stage::set().await;
    topic(&stage.store, "topic", "staging").await;
    let pull = stage.store.open_pull("topic").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    // Made clean by the button, and merged from there.
    pull.check("towpath: integration").unwrap().press("rebuild", "ana").await.unwrap();
    stage.quiet().await;
    let made = stage.store.pulls().into_iter().find(|it| it.number() != pull.number()).unwrap();
    stage.check(&made).await.passes();
    crate::shop::merge(&made).await.unwrap();
    let said = stage.check(&pull).await.fails();
    let said =
        said.says("`integration` already has the change of your only commit. Close this pull request:");
    let buttons: Vec<&str> = said.0.buttons.iter().map(|it| it.identifier.as_str()).collect();
    assert_eq!(buttons, ["recheck"], "there is nothing to rebuild");
    stage.comment(&pull).await;
    stage.end().await;
}

#[tokio::test]
async fn what_was_taken_over_and_reverted_is_not_left_out() {
    let stage = Stage::set().await;
    topic(&stage.store, "topic", "staging").await;
    let own = stage.store.tip("topic").unwrap();
    stage.store.cherry_pick(&own).onto("integration").by("ben").await.unwrap();
    stage.store.commit_on("integration").without("topic.txt").by("ben").await.unwrap();
    let pull = stage.store.open_pull("topic").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails().says("Put its own commit onto `integration`");
    stage.comment(&pull).await;
    stage.end().await;
}

#[tokio::test]
async fn whoever_brings_production_back_is_led_on_and_never_round_in_a_circle() {
    let stage = Stage::set().await;
    hotfix(&stage.store).await;
    stage.quiet().await;
    let release = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    stage.check(&release).await.fails().says("Merge `production` back into `integration`");
    stage.comment(&release).await;
    let back = stage.store.open_pull("production").into("integration").by("rita").await.unwrap();
    stage.check(&back).await.passes();
    crate::shop::merge(&back).await.unwrap();
    stage.check(&release).await.fails().says("Promote `integration` to `staging` first:");
    stage.comment(&release).await;
    let up = stage.store.open_pull("integration").into("staging").by("rita").await.unwrap();
    stage.check(&up).await.passes();
    crate::shop::merge(&up).await.unwrap();
    stage.check(&release).await.passes();
    for pull in stage.store.pulls() {
        stage.read(&pull);
    }
    stage.end().await;
}
