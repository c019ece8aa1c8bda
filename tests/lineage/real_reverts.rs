//! What git itself writes when somebody takes a merge back, judged on the command line, and the way out as it is printed.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use towpath::model::{Code, DocsUrl};

use crate::story::run_git;

/// A bare repository and a clone of it, with integration, staging and production at one commit.
fn desk(folder: &Path) {
    run_git(folder, &["init", "-q", "--bare", "-b", "integration", "origin.git"]);
    run_git(folder, &["clone", "-q", "origin.git", "work"]);
    let work = folder.join("work");
    run_git(&work, &["checkout", "-q", "-b", "integration"]);
    write(&work, "base");
    for branch in ["staging", "production"] {
        run_git(&work, &["branch", branch]);
    }
    run_git(&work, &["push", "-q", "origin", "--all"]);
    run_git(&work, &["remote", "set-head", "origin", "integration"]);
}

/// Commits a file.
fn write(work: &Path, file: &str) {
    std::fs::write(work.join(file), format!("{file}\n")).unwrap();
    run_git(work, &["add", "."]);
    run_git(work, &["commit", "-q", "-m", &format!("Add the {file}")]);
}

fn on(work: &Path, branch: &str, from: &str) {
    run_git(work, &["checkout", "-q", "-B", branch, from]);
}

fn findings(work: &Path) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_towpath"))
        .args(["check", "pr", "--base", "integration", "--head", "topic", "--json"])
        .current_dir(work)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    said["findings"].as_array().unwrap_or_else(|| panic!("{said}")).clone()
}

/// Runs what a remedy prints to be copied.
fn follow(work: &Path, remedy: &str) {
    let lines = remedy.lines().skip_while(|line| !line.starts_with("    "));
    let script = lines.take_while(|line| line.starts_with("    ")).collect::<Vec<_>>().join("\n");
    let ran = Command::new("sh")
        .args(["-c", &script])
        .current_dir(work)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "Ana")))
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "ana@example.com")))
        .output()
        .unwrap();
    assert!(ran.status.success(), "{remedy}\n{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn an_update_taken_back_by_git_is_told_and_the_printed_way_out_keeps_everybodys_work() {
    let folder = tempfile::tempdir().unwrap();
    desk(folder.path());
    let work = folder.path().join("work");
    on(&work, "topic", "integration");
    write(&work, "cart");
    on(&work, "till", "integration");
    write(&work, "till");
    on(&work, "integration", "origin/integration");
    run_git(&work, &["merge", "-q", "--no-ff", "--no-edit", "till"]);
    run_git(&work, &["push", "-q", "origin", "integration"]);
    on(&work, "topic", "topic");
    run_git(&work, &["merge", "-q", "--no-edit", "integration"]);
    run_git(&work, &["revert", "-m", "1", "--no-edit", "HEAD"]);
    write(&work, "more");
    run_git(&work, &["push", "-q", "origin", "topic"]);

    let told = findings(&work);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["code"], "TP207");
    assert_eq!(told[0]["docs_url"], DocsUrl::default().finding(Code::UndoesMergedWork));
    assert!(told[0]["detail"].as_str().unwrap().contains("takes it away from there"), "{told:?}");
    follow(&work, told[0]["remedy"].as_str().unwrap());
    run_git(&work, &["checkout", "-q", "--detach"]);
    run_git(&work, &["branch", "-f", "topic", "origin/topic"]);
    assert_eq!(findings(&work), Vec::<Value>::new());
    let files = run_git(&work, &["ls-tree", "--name-only", "origin/topic"]);
    assert_eq!(files, "base\ncart\nmore\ntill\n");
}

#[test]
fn a_branch_that_only_reverts_a_merge_passes() {
    let folder = tempfile::tempdir().unwrap();
    desk(folder.path());
    let work = folder.path().join("work");
    on(&work, "till", "integration");
    write(&work, "till");
    on(&work, "integration", "origin/integration");
    run_git(&work, &["merge", "-q", "--no-ff", "--no-edit", "till"]);
    run_git(&work, &["push", "-q", "origin", "integration"]);
    on(&work, "topic", "integration");
    run_git(&work, &["revert", "-m", "1", "--no-edit", "HEAD"]);
    assert_eq!(findings(&work), Vec::<Value>::new());
    // The same beside work of one's own is worth a word.
    write(&work, "cart");
    let told = findings(&work);
    assert_eq!(told.iter().map(|it| &it["code"]).collect::<Vec<_>>(), ["TP207"]);
}
