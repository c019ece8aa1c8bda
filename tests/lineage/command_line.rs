//! `towpath check pr` as people and scripts run it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::story::{Repo, Story, run_git};

pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn check(repo: &Path, arguments: &[&str]) -> Ran {
    towpath(&[&["check", "pr", "--repo", repo.to_str().unwrap()], arguments].concat())
}

pub(crate) fn towpath(arguments: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_towpath"))
        .args(arguments)
        // A hook's variables must not lead it elsewhere.
        .env("GIT_DIR", "/nowhere")
        .output()
        .unwrap();
    Ran {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Exit status, verdict and codes.
pub(crate) fn judged(repo: &Path, arguments: &[&str]) -> (i32, String, Vec<String>) {
    let ran = check(repo, &[arguments, &["--json"]].concat());
    let object: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    for key in ["base", "configuration", "foreign", "head", "judged", "only_on_base", "picks", "remote"] {
        assert!(object.get(key).is_some(), "{key} in {object}");
    }
    assert_eq!(object["schema_version"], 1);
    let findings = object["findings"].as_array().unwrap();
    for finding in findings {
        for key in ["code", "severity", "title", "detail", "remedy", "docs_url"] {
            assert!(finding[key].is_string(), "{key} in {finding}");
        }
        assert_eq!(finding.as_object().unwrap().len(), 6);
    }
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (ran.status, text(&object["verdict"]), findings.iter().map(|finding| text(&finding["code"])).collect())
}

pub(crate) fn said(status: i32, verdict: &str, codes: &[&str]) -> (i32, String, Vec<String>) {
    (status, verdict.to_owned(), codes.iter().map(|code| (*code).to_owned()).collect())
}

pub(crate) fn told(tell: impl FnOnce(&mut Story)) -> Repo {
    let mut story = Story::pro();
    tell(&mut story);
    story.build()
}

/// A clone with work tree, as a developer has it.
pub(crate) fn clone(repo: &Repo, options: &[&str]) -> TempDir {
    let directory = TempDir::new().unwrap();
    let url = format!("file://{}", repo.path().display());
    let target = directory.path().join("work");
    run_git(directory.path(), &[&["clone", "-q"], options, &[&url, target.to_str().unwrap()]].concat());
    directory
}

#[test]
fn verdicts_and_exit_statuses() {
    let repo = told(|s| {
        s.topic("good", "integration");
        s.topic("bad", "master");
        s.topic("pointed", "integration");
        s.point_at("staging", "pointed");
    });
    let pr = |head, base| judged(repo.path(), &["--head", head, "--base", base]);
    assert_eq!(pr("good", "integration"), said(0, "pass", &[]));
    assert_eq!(pr("bad", "integration"), said(1, "fail", &["TP201"]));
    assert_eq!(pr("good", "production"), said(1, "fail", &["TP101"]));
    assert_eq!(pr("production", "integration"), said(0, "warn", &["TP106"]));
    let ledger = repo.path().join("ledger.json");
    std::fs::write(&ledger, repo.ledger_json()).unwrap();
    let with_ledger = ["--head", "pointed", "--base", "integration", "--ledger", ledger.to_str().unwrap()];
    assert_eq!(judged(repo.path(), &with_ledger), said(0, "warn", &["TP201"]));
}

#[test]
fn a_name_and_a_fork_can_be_stated() {
    let repo = told(|_| {});
    let head = repo.tip("integration").to_string();
    let pr = |more: &[&str]| judged(repo.path(), &[&["--base", "staging", "--head"], more].concat());
    assert_eq!(pr(&["integration"]), said(0, "pass", &[]));
    assert_eq!(pr(&[&head]), said(1, "fail", &["TP101"]));
    assert_eq!(pr(&[&head, "--head-name", "integration"]), said(0, "pass", &[]));
    assert_eq!(pr(&["integration", "--fork"]), said(1, "fail", &["TP103"]));
    assert_eq!(pr(&["HEAD"]), said(0, "pass", &[]));
}

#[test]
fn in_a_clone_the_base_is_the_remotes_and_the_head_is_ones_own() {
    let repo = told(|_| {});
    let clone = clone(&repo, &[]);
    let work = clone.path().join("work");
    run_git(&work, &["checkout", "-q", "-b", "staging", "origin/staging"]);
    run_git(&work, &["commit", "-q", "--allow-empty", "-m", "not pushed"]);
    run_git(&work, &["checkout", "-q", "-b", "topic", "origin/integration"]);
    std::fs::write(work.join("own.txt"), "own\n").unwrap();
    run_git(&work, &["add", "own.txt"]);
    run_git(&work, &["commit", "-q", "-m", "own"]);
    let pr = |head, base| judged(&work, &["--head", head, "--base", base]);
    assert_eq!(pr("topic", "integration"), said(0, "pass", &[]));
    assert_eq!(pr("HEAD", "integration"), said(0, "pass", &[]));
    // The base is origin/staging; the local branch of that name with its stray commit is not asked.
    assert_eq!(pr("integration", "staging"), said(0, "pass", &[]));
    assert_eq!(pr("origin/integration", "staging"), said(0, "pass", &[]));
    assert_eq!(judged(&work.join(".git"), &["--head", "staging", "--base", "production"]).0, 0);
    let objects = run_git(&work, &["count-objects"]);
    assert_eq!(pr("staging", "production").0, 0);
    assert_eq!(run_git(&work, &["count-objects"]), objects, "asking leaves no objects behind");
}

#[test]
fn a_clones_own_settings_run_nothing_and_change_no_answer() {
    let lines = |first: &str, last: &str| format!("{first}\n2\n3\n4\n5\n6\n7\n{last}\n");
    let repo = told(|s| {
        s.write("integration", "page", &lines("1", "8"));
        s.release();
        s.write("production", "page", &lines("hot", "8"));
        s.write("integration", "page", &lines("1", "new"));
        s.merge("integration", "staging");
    });
    let clone = clone(&repo, &[]);
    let work = clone.path().join("work");
    // As an object: on the page the age goes on.
    let pr = || check(&work, &["--head", "origin/staging", "--base", "production", "--json"]);
    let before = pr();
    let trace = clone.path().join("it-ran");
    run_git(&work, &["config", "merge.evil.driver", &format!("touch '{}'", trace.display())]);
    run_git(&work, &["config", "merge.renames", "false"]);
    std::fs::write(work.join(".git/info/attributes"), "* merge=evil\n").unwrap();
    let after = pr();
    assert!(!trace.exists(), "a program named by the repository was run");
    assert_eq!((after.status, after.stdout), (before.status, before.stdout));
    assert_eq!(before.status, 1, "{}", before.stderr);
}

#[test]
fn a_branch_that_was_only_not_fetched_is_not_made_again() {
    let repo = told(|s| {
        let earlier = s.first_parent(s.tip("integration"));
        s.point("staging", earlier);
    });
    let staging = repo.tip("staging").to_string();
    let clone = clone(&repo, &["--single-branch", "-b", "integration"]);
    let work = clone.path().join("work");
    let ran = check(&work, &["--head", "HEAD", "--base", "integration"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let commands: Vec<&str> = ran.stdout.lines().map(str::trim).filter(|it| it.starts_with("git ")).collect();
    let pushes = commands.iter().filter(|it| it.starts_with("git push") && it.contains("heads/staging"));
    for push in pushes {
        let push = push.trim_end_matches(" &&");
        let output = Command::new("sh").args(["-c", push]).current_dir(&work).output().unwrap();
        assert!(!output.status.success(), "{push}");
    }
    let present = run_git(repo.path(), &["rev-parse", "refs/heads/staging"]);
    assert_eq!(present.trim(), staging, "{commands:?}");
    assert!(commands.iter().any(|it| it.starts_with("git push")), "{commands:?}");
    // The first of them is what is needed.
    let output = Command::new("sh").args(["-c", commands[0]]).current_dir(&work).output().unwrap();
    assert!(output.status.success(), "{commands:?}");
    assert_eq!(judged(&work, &["--head", "HEAD", "--base", "integration"]).1, "pass");
}

#[test]
fn what_cannot_be_trusted_is_unknown() {
    let repo = told(|_| {});
    let shallow = clone(&repo, &["--depth", "1", "--no-single-branch"]);
    let pr = |place: &Path| judged(place, &["--head", "integration", "--base", "staging"]);
    assert_eq!(pr(&shallow.path().join("work")), said(1, "unknown", &["TP901"]));

    let empty = TempDir::new().unwrap();
    crate::story::make_bare(empty.path());
    assert_eq!(pr(empty.path()), said(1, "unknown", &["TP901"]));

    let mut story = Story::blank();
    story.root("main", "readme");
    story.point_at("integration", "main");
    let partly = story.build();
    assert_eq!(pr(partly.path()), said(1, "unknown", &["TP901"]));
    let main = ["--head", "main", "--base", "integration"];
    assert_eq!(judged(partly.path(), &main), said(1, "unknown", &["TP901"]));
    let page = check(partly.path(), &main).stdout;
    assert!(page.contains("staging") && page.contains("production"), "{page}");
}

#[test]
fn mistakes_say_what_where_and_what_to_do() {
    let repo = told(|_| {});
    let refused = |arguments: &[&str], wanted: &[&str]| {
        let ran = check(repo.path(), arguments);
        assert_eq!(ran.status, 2, "{arguments:?}: {}{}", ran.stdout, ran.stderr);
        for text in wanted {
            assert!(ran.stderr.contains(text), "{text:?} in {}", ran.stderr);
        }
    };
    refused(&["--head", "integration", "--base", "stagin"], &["no branch stagin", "--base"]);
    refused(&["--head", "nope", "--base", "staging"], &["\"nope\"", "--head"]);
    refused(&["--head=--all", "--base", "staging"], &["\"--all\""]);
    refused(&["--head", "HEAD:f1", "--base", "staging"], &["\"HEAD:f1\""]);
    refused(&["--head", "integration", "--base", "a b"], &["--base", "a b"]);
    refused(&["--head", "integration"], &["--base"]);
    refused(&["--head", "integration", "--base", "staging", "--ledger", "/none"], &["/none"]);
    let ledger = repo.path().join("ledger.json");
    std::fs::write(&ledger, r#"{"version":7}"#).unwrap();
    let ledger = ledger.to_str().unwrap();
    refused(&["--head", "integration", "--base", "staging", "--ledger", ledger], &["version 7", ledger]);
    let nowhere = TempDir::new().unwrap();
    let ran = check(nowhere.path(), &["--head", "a", "--base", "staging"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("not part of a git repository"), "{}", ran.stderr);
    let ran = check(&nowhere.path().join("none"), &["--head", "a", "--base", "staging"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("not part of a git repository"), "{}", ran.stderr);
}

#[test]
fn commits_unknown_to_the_repository_are_no_obstacle_in_a_ledger() {
    let repo = told(|s| {
        s.topic("topic", "integration");
        s.point_at("staging", "topic");
    });
    let unknown = r#"{"branch":"staging","sha":"00000000000000000000000000000000000000aa","at":1},"#;
    let push = r#"{"branch":"topic","sha":"00000000000000000000000000000000000000bb","at":2},"#;
    let json = repo.ledger_json().replacen("\"tips\":[", &format!("\"tips\":[{unknown}"), 1);
    let json = json.replacen("\"pushes\":[", &format!("\"pushes\":[{push}"), 1);
    let ledger = repo.path().join("ledger.json");
    std::fs::write(&ledger, json).unwrap();
    let arguments = ["--head", "topic", "--base", "integration", "--ledger", ledger.to_str().unwrap()];
    assert_eq!(judged(repo.path(), &arguments), said(0, "warn", &["TP201"]));
}

#[test]
fn unknown_commits_are_no_obstacle_in_any_list() {
    let repo = told(|s| {
        s.topic("topic", "integration");
    });
    let id = "00000000000000000000000000000000000000aa";
    let ledger = repo.path().join("ledger.json");
    let json = format!(
        r#"{{"version":1,"tips":[{{"branch":"staging","sha":"{id}","at":1}}],
            "pushes":[{{"branch":"topic","sha":"{id}","at":2}}],
            "merged":[{{"head":"{id}","branch":"x","base":"integration","method":"squash"}}],
            "open":[{{"branch":"y","sha":"{id}"}}],"verified":[{{"environment":"staging","tree":"{id}"}}]}}"#
    );
    std::fs::write(&ledger, json).unwrap();
    let ledger = ledger.to_str().unwrap();
    let topic = ["--head", "topic", "--base", "integration", "--ledger", ledger];
    assert_eq!(judged(repo.path(), &topic), said(0, "pass", &[]));
    let promotion = ["--head", "staging", "--base", "production", "--ledger", ledger];
    assert_eq!(judged(repo.path(), &promotion), said(3, "wait", &["TP303"]));
    let back = ["--head", "production", "--base", "integration", "--ledger", ledger];
    assert_eq!(judged(repo.path(), &back), said(0, "warn", &["TP106"]));
    let copy =
        towpath(&["check", "copy", "--repo", repo.path().to_str().unwrap(), "--ledger", ledger, "--json"]);
    let copied: Value = serde_json::from_str(&copy.stdout).unwrap();
    assert_eq!(
        (copy.status, &copied["verdict"], copied["findings"].as_array().unwrap().len()),
        (0, &"pass".into(), 0)
    );
}

#[test]
fn the_copy_is_judged_on_the_command_line() {
    let repo = told(|s| {
        s.commit("master", "debug");
    });
    let copy = |more: &[&str]| {
        let place = repo.path().to_str().unwrap().to_owned();
        towpath(&[&["check", "copy", "--repo", &place], more].concat())
    };
    let ran = copy(&["--json"]);
    assert_eq!(ran.status, 1);
    assert!(
        ran.stdout.contains("\"code\":\"TP502\"") && ran.stdout.contains("\"severity\":\"fail\""),
        "{}",
        ran.stdout
    );
    let page = copy(&[]).stdout;
    assert!(page.starts_with("fail: TP502 Diverged: master is no copy of production"), "{page}");
    assert!(page.contains("debug") && page.contains("master writes debug"), "{page}");
    assert_eq!(towpath(&["check", "copy", "--repo", "/nowhere"]).status, 2);
}

#[test]
fn help_has_an_example() {
    let help = check(Path::new("."), &["--help"]);
    assert_eq!(help.status, 0);
    assert!(help.stdout.contains("towpath check pr --repo . --base integration"), "{}", help.stdout);
}
