//! Where a change has come to, by whichever way it travelled.

use crate::rollback::towpath;
use crate::shop::{merge, topic};
use crate::stage::Stage;
use std::path::{Path, PathBuf};
use std::process::Command;
use towpath_sandbox::{Method, PullHandle, write_program};

async fn open(stage: &Stage, head: &str, base: &str) -> PullHandle {
    stage.store.open_pull(head).into(base).by("rita").await.unwrap()
}

#[tokio::test]
async fn where_follows_a_topic_that_was_squashed_with_what_others_merged_into_it() {
    let stage = Stage::set().await;
    topic(&stage.store, "epic", "integration").await;
    topic(&stage.store, "part", "epic").await;
    topic(&stage.store, "detail", "part").await;
    let detail = open(&stage, "detail", "part").await;
    detail.merge(Method::Squash).by("rita").await.unwrap();
    stage.later();
    let part = open(&stage, "part", "epic").await;
    part.merge(Method::Rebase).by("rita").await.unwrap();
    stage.later();
    let other = stage.merged_topic("feature/other").await;
    stage.later();
    let epic = open(&stage, "epic", "integration").await;
    stage.check(&epic).await;
    epic.merge(Method::Squash).by("rita").await.unwrap();
    stage.quiet().await;
    stage.store.delete_branch("epic").by("rita").await.unwrap();
    stage.store.delete_branch("part").by("rita").await.unwrap();
    stage.quiet().await;
    for (pull, what) in [(&detail, "detail"), (&part, "part"), (&epic, "epic"), (&other, "other")] {
        let number = pull.number().to_string();
        let said = towpath(&stage, &["where", &number, "--repository", "acme/store", "--json"]).await;
        let json: serde_json::Value = serde_json::from_str(said.words()).unwrap();
        let states: Vec<_> = json["places"].as_array().unwrap().iter().map(|it| &it["state"]).collect();
        assert_ne!(*states[0], "absent", "{what}: {json}");
        assert_eq!(states[1..], ["absent", "absent", "absent"], "{what}: {json}");
    }
    stage.end().await;
}

/// A git that notes each of its starts before it does what it is asked.
fn counting_git(folder: &Path) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let git = std::env::split_paths(&path).map(|it| it.join("git")).find(|it| it.is_file()).unwrap();
    let (program, starts) = (folder.join("git"), folder.join("starts"));
    let script =
        format!("#!/bin/sh\necho \"$@\" >> '{}'\nexec '{}' \"$@\"\n", starts.display(), git.display());
    write_program(&program, &script, 0o755).unwrap();
    starts
}

#[tokio::test]
async fn where_asks_git_once_however_much_has_happened() {
    let stage = Stage::set().await;
    let first = stage.merged_topic("feature/first").await;
    for n in 0..6 {
        stage.merged_topic(&format!("feature/more-{n}")).await;
        stage.later();
        for (from, into) in [("integration", "staging"), ("staging", "production")] {
            let release = open(&stage, from, into).await;
            stage.check(&release).await;
            let _ = merge(&release).await;
            stage.quiet().await;
            stage.later();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let starts = counting_git(folder.path());
    let path = std::env::join_paths([folder.path(), Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
    command.args(["where", &first.number().to_string(), "--repository", "acme/store", "--json"]);
    command.env("TOWPATH_DATA_DIR", stage.data_folder()).env("PATH", path);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_ne!(json["places"][0]["state"], "absent", "{json}");
    let starts = std::fs::read_to_string(starts).unwrap();
    // Whether it is new enough is asked of the program, not of the repository.
    let questions: Vec<&str> = starts.lines().filter(|it| *it != "version").collect();
    assert_eq!(questions.len(), 1, "{starts}");
    for pull in stage.store.pulls() {
        stage.read(&pull);
    }
    stage.end().await;
}
