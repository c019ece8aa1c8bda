//! `towpath check pr --repair` as a person runs it in a clone.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command_line::{Ran, clone, judged, told};
use crate::story::{Repo, run_git};

/// A developer's clone in which `topic` is checked out; it was cut from staging and has two own commits.
struct Desk {
    repo: Repo,
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let repo = told(|s| {
            s.topic("topic", "staging");
            s.commit("topic", "more");
        });
        let folder = clone(&repo, &[]);
        let desk = Self { repo, folder };
        desk.git(&["checkout", "-q", "topic"]);
        desk.git(&["config", "user.name", "Grace"]);
        desk.git(&["config", "user.email", "grace@example.org"]);
        desk
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    fn git(&self, arguments: &[&str]) -> String {
        run_git(&self.work(), arguments).trim().to_owned()
    }

    /// `towpath check pr` of the topic, by somebody without settings of their own.
    fn check(&self, arguments: &[&str]) -> Ran {
        let pull = ["--head", "topic", "--base", "integration"];
        self.run(&[&pull, arguments].concat(), &[])
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_towpath"))
            .args(["check", "pr", "--repo"])
            .arg(self.work())
            .args(arguments)
            .env("HOME", self.folder.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("GIT_CONFIG_GLOBAL")
            .env_remove("GIT_COMMITTER_NAME")
            .env_remove("GIT_COMMITTER_EMAIL")
            .env_remove("EMAIL")
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        Ran {
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn own(&self) -> Vec<String> {
        self.git(&["log", "-2", "--reverse", "--format=%H", "topic"]).lines().map(str::to_owned).collect()
    }

    /// What has to stay as it is: refs, checkout, index.
    fn state(&self) -> (String, String, Vec<u8>) {
        let index = std::fs::read(self.work().join(".git/index")).unwrap();
        let refs = self.git(&["for-each-ref", "--format=%(refname) %(objectname)"]);
        (refs, std::fs::read_to_string(self.work().join(".git/HEAD")).unwrap(), index)
    }
}

fn has(text: &str, wanted: &[&str]) {
    for wanted in wanted {
        assert!(text.contains(wanted), "{wanted:?} in {text}");
    }
}

/// The indented commands of a text, each block one.
fn scripts(text: &str) -> Vec<String> {
    let blocks = text.split("\n\n").filter(|block| block.starts_with("    git"));
    blocks.map(|block| block.lines().map(str::trim).collect::<Vec<_>>().join("\n")).collect()
}

fn in_a_shell(place: &Path, script: &str) {
    let script = format!("set -e\n{script}");
    let output = Command::new("sh").args(["-c", &script]).current_dir(place).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_plan_is_shown_and_nothing_is_made() {
    let desk = Desk::new();
    let before = (desk.state(), desk.git(&["count-objects"]));
    let ran = desk.check(&["--repair"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""), "the verdict's own");
    let own = desk.own();
    has(&ran.stdout, &["fail: TP201", "2 own commits are kept, oldest first", "without a conflict"]);
    has(&ran.stdout, &["topic-on-integration", &own[0][..9], &own[1][..9], "topic writes more (Ada)"]);
    let place = |text: &str| ran.stdout.rfind(text).unwrap();
    assert!(place(&own[0][..9]) < place(&own[1][..9]), "oldest first");
    assert_eq!((desk.state(), desk.git(&["count-objects"])), before);

    // By hand the same comes out. The pull request is opened on GitHub, where no test can go.
    let script = scripts(&ran.stdout).pop().unwrap();
    let (by_hand, open) = script.split_once(" &&\ngh pr create").unwrap();
    has(open, &["--base integration", "--head topic-on-integration"]);
    in_a_shell(&desk.work(), by_hand);
    let made = desk.check(&["--repair", "--apply", "--branch", "by-towpath"]);
    assert_eq!(made.status, 0, "{}{}", made.stdout, made.stderr);
    let tree = |branch: &str| desk.git(&["rev-parse", &format!("{branch}^{{tree}}")]);
    assert_eq!(tree("by-towpath"), tree("topic-on-integration"));
    assert_eq!(
        run_git(desk.repo.path(), &["rev-parse", "topic-on-integration"]).trim(),
        desk.git(&["rev-parse", "topic-on-integration"]),
        "it was pushed"
    );
}

#[test]
fn the_clean_branch_is_made_beside_the_one_that_is_there() {
    let desk = Desk::new();
    std::fs::write(desk.work().join("own"), "an edit that is not committed\n").unwrap();
    let (refs, head, index) = desk.state();
    let ran = desk.check(&["--repair", "--apply"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    has(&ran.stdout, &["Made the branch topic-on-integration at", "2 commits on top of integration"]);
    has(&ran.stdout, &["git push origin refs/heads/topic-on-integration:refs/heads/topic-on-integration"]);
    let (refs_after, head_after, index_after) = desk.state();
    assert_eq!((head_after, index_after), (head, index));
    let new: Vec<_> = refs_after.lines().filter(|line| !refs.contains(line)).collect();
    assert_eq!(new.len(), 1, "{new:?}");
    assert_eq!(refs_after.lines().count(), refs.lines().count() + 1);
    let edit = std::fs::read_to_string(desk.work().join("own")).unwrap();
    assert_eq!(edit, "an edit that is not committed\n");

    let pull = ["--head", "topic-on-integration", "--base", "integration"];
    assert_eq!(judged(&desk.work(), &pull).1, "pass");
    let said = desk.git(&["log", "-2", "--format=%an %cn <%ce>", "topic-on-integration"]);
    assert_eq!(said, "Ada Grace <grace@example.org>\nAda Grace <grace@example.org>");

    has(&desk.check(&["--repair", "--apply"]).stdout, &["Made the branch topic-on-integration-2 at"]);
    // A name that is only taken on the remote is taken too.
    run_git(desk.repo.path(), &["branch", "topic-on-integration-3", "staging"]);
    desk.git(&["fetch", "-q"]);
    has(&desk.check(&["--repair", "--apply"]).stdout, &["Made the branch topic-on-integration-4 at"]);
}

#[test]
fn a_conflict_is_named_and_changes_nothing() {
    let repo = told(|s| {
        s.write("integration", "page", "by integration\n");
        s.topic("topic", "staging");
        s.write("topic", "page", "by the topic\n");
    });
    let folder = clone(&repo, &[]);
    let desk = Desk { repo, folder };
    desk.git(&["checkout", "-q", "topic"]);
    let before = desk.state();
    for arguments in [["--repair"].as_slice(), &["--repair", "--apply"]] {
        let identity = [("GIT_COMMITTER_NAME", "Grace"), ("GIT_COMMITTER_EMAIL", "grace@example.org")];
        let pull = ["--head", "topic", "--base", "integration"];
        let ran = desk.run(&[&pull, arguments].concat(), &identity);
        assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
        let pick = &desk.own()[1];
        has(&ran.stdout, &[&format!("{} conflicts with integration in:\n    page", &pick[..9])]);
        has(&ran.stdout, &["Nothing was changed"]);
        let ran = desk.run(&[&pull, arguments, &["--json"]].concat(), &identity);
        assert_eq!(ran.status, 1);
        let object: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(object["repair"]["conflict"], json!({ "commit": pick, "paths": ["page"] }));
        assert_eq!(object["repair"]["tip"], Value::Null);
    }
    assert_eq!(desk.state(), before);
}

#[test]
fn programs_get_one_object_with_the_repair_beside_the_verdict() {
    let desk = Desk::new();
    let object = |arguments: &[&str]| {
        let ran = desk.check(&[arguments, &["--json"]].concat());
        (ran.status, serde_json::from_str::<Value>(&ran.stdout).unwrap())
    };
    let (status, shown) = object(&["--repair"]);
    assert_eq!(status, 1);
    assert!(shown["verdict"] == "fail" && shown["findings"].is_array(), "{shown}");
    let wanted = json!({
        "picks": desk.own(), "conflict": null, "branch": "topic-on-integration", "tip": null
    });
    assert_eq!(shown["repair"], wanted);
    let (status, made) = object(&["--repair", "--apply", "--branch", "clean"]);
    assert_eq!((status, &made["repair"]["branch"]), (0, &json!("clean")));
    assert_eq!(made["repair"]["tip"], json!(desk.git(&["rev-parse", "clean"])));
    let passing = ["--head", "clean", "--base", "integration", "--repair", "--apply", "--json"];
    let ran = desk.run(&passing, &[]);
    let object: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.status, &object["repair"]), (0, &Value::Null));
}

#[test]
fn where_nothing_needs_a_repair_it_says_so() {
    let desk = Desk::new();
    let before = desk.state();
    let asked = |head: &str, base: &str, status: i32| {
        for arguments in [["--repair"].as_slice(), &["--repair", "--apply"]] {
            let ran = desk.run(&[&["--head", head, "--base", base], arguments].concat(), &[]);
            assert_eq!(ran.status, status, "{head}: {}{}", ran.stdout, ran.stderr);
            has(&ran.stdout, &["A new branch would repair nothing here."]);
        }
    };
    asked("origin/integration", "staging", 0);
    asked("topic", "production", 1);
    let nothing_left = ["--head", "topic", "--base", "integration", "--repair", "--apply"];
    desk.git(&["checkout", "-q", "--detach", "origin/integration"]);
    let own = desk.own();
    desk.git(&["cherry-pick", &own[0], &own[1]]);
    run_git(&desk.work(), &["push", "-q", "origin", "HEAD:integration"]);
    desk.git(&["checkout", "-q", "topic"]);
    let ran = desk.run(&nothing_left, &[]);
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""), "no branch was made, and the topic still fails");
    has(&ran.stdout, &["Nothing is left to pick", &own[0][..9], &own[1][..9]]);
    let local = |state: &(String, String, Vec<u8>)| {
        state.0.lines().filter(|line| line.starts_with("refs/heads/")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(local(&desk.state()), local(&before));
}

#[test]
fn mistakes_are_refused_before_anything_is_made() {
    let desk = Desk::new();
    let before = desk.state();
    let refused = |arguments: &[&str], wanted: &[&str]| {
        let ran = desk.check(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{arguments:?}: {}", ran.stderr);
        has(&ran.stderr, wanted);
    };
    refused(&["--apply"], &["--repair"]);
    refused(&["--branch", "x"], &["--repair"]);
    let named = |name| ["--repair", "--apply", "--branch", name];
    refused(&named("topic"), &["--branch", "there is a branch topic already"]);
    refused(&named("production"), &["--branch", "there is a branch production on origin already"]);
    refused(&named("topic/deeper"), &["--branch", "beside topic"]);
    refused(&named("-x"), &["--branch", "-x"]);
    refused(&named("a b"), &["--branch", "a b"]);
    desk.git(&["config", "--unset", "user.name"]);
    refused(&["--repair", "--apply"], &["user.name"]);
    assert_eq!(desk.check(&["--repair"]).status, 1, "what is only shown needs nobody's name");
    assert_eq!(desk.state(), before);

    // Where git knows the person from their own settings, that is taken.
    let settings = desk.folder.path().join(".gitconfig");
    std::fs::write(settings, "[user]\n\tname = Joan\n\temail = joan@example.org\n").unwrap();
    desk.git(&["config", "--unset", "user.email"]);
    assert_eq!(desk.check(&["--repair", "--apply"]).status, 0);
    let said = desk.git(&["log", "-1", "--format=%cn <%ce>", "topic-on-integration"]);
    assert_eq!(said, "Joan <joan@example.org>");
}

#[test]
fn unrelated_and_nameless_heads_are_repaired_too() {
    let repo = told(|s| {
        s.root("topic", "elsewhere");
        s.topic("bad", "staging");
    });
    let folder = clone(&repo, &[]);
    let desk = Desk { repo, folder };
    let identity = [("GIT_COMMITTER_NAME", "Grace"), ("GIT_COMMITTER_EMAIL", "grace@example.org")];
    let bad = desk.git(&["rev-parse", "origin/bad"]);
    for (head, base, branch) in [
        ("topic", "integration", "topic-on-integration"),
        (bad.as_str(), "integration", &format!("{}-on-integration", &bad[..9])),
    ] {
        let ran = desk.run(&["--head", head, "--base", base, "--repair", "--apply"], &identity);
        assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
        let pull = ["--head", branch, "--base", base];
        assert_eq!(judged(&desk.work(), &pull).1, "pass", "{branch}");
    }
    let fork = ["--head", "bad", "--base", "integration", "--fork", "--repair"];
    let ran = desk.run(&fork, &identity);
    has(&ran.stdout, &["The push goes to the fork", "bad-on-integration"]);
    assert!(!ran.stdout.contains("gh pr create"), "{}", ran.stdout);
}
