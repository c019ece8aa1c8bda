//! The ledger asked by an operator: the binary on the database of the running server.

use crate::shop::{merge, topic};
use crate::stage::Stage;
use std::process::Command;
use towpath_sandbox::PullHandle;

struct Answer {
    status: i32,
    said: String,
    complaint: String,
}

fn towpath(stage: &Stage, arguments: &[&str]) -> Answer {
    let output = Command::new(env!("CARGO_BIN_EXE_towpath"))
        .args(arguments)
        .env_remove("DATABASE_URL")
        .env("TOWPATH_DATA_DIR", stage.data_folder())
        .output()
        .unwrap();
    Answer {
        status: output.status.code().unwrap(),
        said: String::from_utf8(output.stdout).unwrap(),
        complaint: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Asks of a branch, and expects an answer.
fn show(stage: &Stage, branch: &str, more: &[&str]) -> String {
    let asked = ["ledger", "show", "--repository", "Acme/Store", "--branch", branch];
    let answer = towpath(stage, &[&asked[..], more].concat());
    assert_eq!(answer.status, 0, "{}", answer.complaint);
    answer.said
}

fn refused(stage: &Stage, repository: &str, branch: &str, more: &[&str]) -> String {
    let asked = ["ledger", "show", "--repository", repository, "--branch", branch];
    let answer = towpath(stage, &[&asked[..], more].concat());
    assert_eq!((answer.status, answer.said.as_str()), (2, ""), "{}", answer.complaint);
    answer.complaint
}

/// A pull request, judged and merged some seconds later.
async fn released(stage: &Stage, head: &str, base: &str) -> PullHandle {
    let pull = stage.store.open_pull(head).into(base).by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.later();
    merge(&pull).await.unwrap();
    stage.quiet().await;
    pull
}

#[tokio::test]
async fn what_was_on_production_is_told_with_who_brought_it() {
    let stage = Stage::set().await;
    let first = stage.store.tip("production").unwrap();
    topic(&stage.store, "feature/cart", "integration").await;
    released(&stage, "feature/cart", "integration").await;
    released(&stage, "integration", "staging").await;
    released(&stage, "staging", "production").await;
    let second = stage.store.tip("production").unwrap();
    let entries: serde_json::Value =
        serde_json::from_str(&show(&stage, "production", &["--json", "--limit", "1"])).unwrap();
    let [newest] = entries.as_array().unwrap().as_slice() else { panic!("{entries}") };
    assert_eq!(newest["sha"], second.as_str());
    assert_eq!((&newest["actor"], &newest["source"]), (&"rita".into(), &"push".into()));
    assert_eq!(newest["pull_request"], 3);
    let moved = newest["at"].as_i64().unwrap();

    let said = show(&stage, "production", &["--at", &moved.to_string()]);
    assert!(said.contains(&format!("production was at {second}\n")), "{said}");
    assert!(said.contains("moved there by rita, with #3 by ana (staging)"), "{said}");
    assert!(
        said.contains(&format!("before  {first}\n")) && said.contains("no later move is known"),
        "{said}"
    );
    let time = chrono::DateTime::from_timestamp(moved - 1, 0).unwrap();
    let east = time.with_timezone(&chrono::FixedOffset::east_opt(3600).unwrap());
    for form in [
        time.format("%Y-%m-%d %H:%M:%S").to_string(),
        time.format("%Y-%m-%dT%H:%M:%S.250Z").to_string(),
        east.format("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        (moved - 1).to_string(),
    ] {
        let said = show(&stage, "production", &["--at", &form]);
        assert!(said.contains(&format!("production was at {first}\n")), "{form}: {said}");
        assert!(said.contains("by the commits' own dates"), "{form}: {said}");
        assert!(said.contains(&format!("when it went to {}", &second[..9])), "{form}: {said}");
    }
    let said = show(&stage, "production", &["--at", "2001-01-01 00:00"]);
    assert!(
        said.starts_with("nothing is known of production at 2001-01-01 00:00:00 UTC; the first"),
        "{said}"
    );
    assert_eq!(show(&stage, "production", &["--at", "2001-01-01", "--json"]), "null\n");
    stage.end().await;
}

#[tokio::test]
async fn what_was_forced_deleted_or_overlooked_is_said() {
    let mut stage = Stage::set().await;
    stage.store.commit_on("staging").file("direct.txt", "direct\n").by("rita").await.unwrap();
    stage.quiet().await;
    stage.later();
    stage.store.move_branch("staging").to("production").by("rita").await.unwrap();
    stage.quiet().await;
    stage.later();
    stage.store.delete_branch("staging").by("ana").await.unwrap();
    stage.quiet().await;
    let said = show(&stage, "staging", &[]);
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].contains("deleted") && lines[0].contains("moved there by ana"), "{said}");
    assert!(lines[1].contains("by rita") && lines[1].contains("by force"), "{said}");
    let entries: serde_json::Value = serde_json::from_str(&show(&stage, "staging", &["--json"])).unwrap();
    let deleted = entries[0]["at"].as_i64().unwrap();
    let said = show(&stage, "staging", &["--at", &deleted.to_string()]);
    assert!(said.contains("there was no branch staging"), "{said}");
    let said = show(&stage, "staging", &["--at", &(deleted - 1).to_string()]);
    assert!(said.contains("when it was deleted"), "{said}");
    stage.github.faults().webhook("push", "*").vanish();
    stage.store.branch("staging").from("production").by("rita").await.unwrap();
    stage.quiet().await;
    stage.github.faults().clear();
    stage.restart().await;
    let said = show(&stage, "staging", &[]);
    assert!(said.contains("noticed then; when it moved is not known"), "{said}");
    stage.end().await;
}

#[tokio::test]
async fn questions_that_cannot_be_answered_say_what_can() {
    let stage = Stage::set().await;
    let said = refused(&stage, "acme/stroe", "production", &[]);
    assert!(said.contains("acme/stroe") && said.contains("acme/store"), "{said}");
    let said = refused(&stage, "acme/store", "prod", &[]);
    assert!(said.contains("integration, master, production, staging"), "{said}");
    for unreadable in ["yesterday", "1795457300123", "2026-13-01 00:00"] {
        let said = refused(&stage, "acme/store", "production", &["--at", unreadable]);
        assert!(said.contains("2026-11-23 14:02"), "{said}");
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_towpath"))
        .args(["ledger", "export", "--repository", "acme/store"])
        .env_remove("DATABASE_URL")
        .env("TOWPATH_DATA_DIR", elsewhere.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("set TOWPATH_DATA_DIR"));
    stage.end().await;
}

/// The verdict's outcome and codes as `check pr` prints them.
fn judged(stage: &Stage, ledger: &std::path::Path, head: &str, base: &str) -> (String, Vec<String>) {
    let repo = stage.store.path();
    let answer = towpath(
        stage,
        &[
            "check",
            "pr",
            "--repo",
            repo.to_str().unwrap(),
            "--head",
            head,
            "--base",
            base,
            "--json",
            "--ledger",
        ]
        .into_iter()
        .chain([ledger.to_str().unwrap()])
        .collect::<Vec<_>>(),
    );
    let verdict: serde_json::Value = serde_json::from_str(&answer.said).expect(&answer.complaint);
    let findings = verdict["findings"].as_array().unwrap();
    let codes = findings.iter().map(|it| it["code"].as_str().unwrap().to_owned()).collect();
    (verdict["verdict"].as_str().unwrap().to_owned(), codes)
}

#[tokio::test]
async fn with_the_exported_file_a_clone_is_judged_as_the_server_judges() {
    let stage = Stage::set().await;
    // A topic squashed into integration, and one that stands on it; staging forced back, and one cut before.
    topic(&stage.store, "feature/base", "integration").await;
    topic(&stage.store, "feature/on-it", "feature/base").await;
    topic(&stage.store, "feature/late", "staging").await;
    let base = stage.store.open_pull("feature/base").into("integration").by("ana").await.unwrap();
    stage.check(&base).await.passes();
    stage.later();
    base.merge(towpath_sandbox::Method::Squash).by("rita").await.unwrap();
    stage.quiet().await;
    stage.store.move_branch("staging").to("production").by("rita").await.unwrap();
    stage.later();
    let mut shown = Vec::new();
    for head in ["feature/on-it", "feature/late"] {
        let pull = stage.store.open_pull(head).into("integration").by("ben").await.unwrap();
        let said = stage.check(&pull).await;
        shown.push((head, said.0.conclusion.unwrap(), said.0.summary.unwrap()));
    }
    stage.all_is_read().await;
    let file = stage.data_folder().join("ledger.json");
    let exported = towpath(&stage, &["ledger", "export", "--repository", "acme/store"]);
    std::fs::write(&file, exported.said).unwrap();
    for (head, conclusion, summary) in shown {
        let (verdict, codes) = judged(&stage, &file, head, "integration");
        assert_eq!(verdict == "fail", conclusion == "failure", "{head}: {verdict}");
        assert!(!codes.is_empty(), "{head}");
        for code in codes {
            assert!(summary.contains(&code), "{head}: {code} is not in {summary}");
        }
    }
    stage.end().await;
}

#[tokio::test]
async fn an_environment_whose_deploys_nobody_reports_asks_for_none_in_a_clone_either() {
    let stage = Stage::set().await;
    stage.store.deploy("integration").by("ci").await.unwrap();
    topic(&stage.store, "feature/cart", "integration").await;
    let cart = released(&stage, "feature/cart", "integration").await;
    let up = released(&stage, "integration", "staging").await;
    let release = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    stage.check(&release).await.is("success", "On the path: staging → production");
    let file = stage.data_folder().join("ledger.json");
    let export = || {
        let exported = towpath(&stage, &["ledger", "export", "--repository", "acme/store"]);
        std::fs::write(&file, exported.said).unwrap();
    };
    export();
    assert_eq!(judged(&stage, &file, "staging", "production"), ("pass".to_owned(), Vec::new()));
    stage.store.deploy("staging").ends("failure").by("ci").await.unwrap();
    stage.store.deploy("production").to("staging").by("ci").await.unwrap();
    stage.check(&release).await.is(
        "action_required",
        &format!("The deploy of {} to staging did not succeed", &release.head_sha()[..9]),
    );
    for brought in [&cart, &up] {
        assert!(stage.comment(brought).await.contains("**staging: Failed"));
    }
    export();
    assert_eq!(judged(&stage, &file, "staging", "production"), ("wait".to_owned(), vec!["TP303".to_owned()]));
    stage.end().await;
}
