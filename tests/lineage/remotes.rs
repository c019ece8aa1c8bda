//! Which remote a check in a clone goes by, what the printed commands call it, and what holds where there is none.

use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::command_line::told;
use crate::local_checks::{OF_TWO, clone, codes, two};
use crate::story::run_git;

#[test]
fn of_several_remotes_the_upstream_counts_and_every_command_names_it() {
    let repo = told(|s| {
        s.topic("bad", "master");
    });
    let clone = clone(&repo, "upstream", &[]);
    let fork = TempDir::new().unwrap();
    run_git(fork.path(), &["init", "-q", "--bare"]);
    clone.git(&["remote", "add", "my-fork", fork.path().to_str().unwrap()]);
    clone.git(&["switch", "-q", "--detach", "upstream/bad"]);
    let refused = clone.check(&["pr", "--base", "integration"]);
    assert_eq!(refused.status, 2, "{}", refused.stdout);
    for wanted in ["upstream", "my-fork", "--remote"] {
        assert!(refused.stderr.contains(wanted), "{}", refused.stderr);
    }
    assert_eq!(clone.check(&["copy"]).status, 2);
    assert_eq!(clone.check(&["carried", "--commit", "HEAD", "--into", "integration"]).status, 2);
    for chosen in [
        &["pr", "--base", "integration", "--remote", "upstream"][..],
        &["pr", "--base", "upstream/integration"],
    ] {
        let ran = clone.check(chosen);
        assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains("git fetch upstream &&"), "{}", ran.stdout);
    }
    // A local branch says by its upstream where it belongs.
    clone.git(&["switch", "-q", "-c", "bad", "--track", "upstream/bad"]);
    let ran = clone.check(&["pr", "--base", "integration", "--repair"]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("TP201") && ran.stdout.contains("git push upstream "), "{}", ran.stdout);
    assert!(!ran.stdout.contains("origin"), "{}", ran.stdout);
    let unknown = clone.check(&["pr", "--base", "integration", "--remote", "origin"]);
    assert!(unknown.status == 2 && unknown.stderr.contains("upstream"), "{}", unknown.stderr);
}

#[test]
fn every_command_works_with_a_remote_of_another_name() {
    let repo = told(|s| {
        s.topic("bad", "master");
    });
    let clone = clone(&repo, "up", &[]);
    clone.git(&["switch", "-q", "bad"]);
    clone.git(&["config", "user.name", "Ada"]);
    clone.git(&["config", "user.email", "ada@example.org"]);
    let page = clone.check(&["pr", "--base", "integration"]).stdout;
    let script: Vec<&str> = page
        .lines()
        .skip_while(|line| !line.starts_with("    git fetch"))
        .take_while(|line| line.starts_with("    "))
        .collect();
    let done = Command::new("sh").args(["-c", &script.join("\n")]).current_dir(&clone.work).status().unwrap();
    assert!(done.success(), "{script:?}");
    clone.git(&["switch", "-q", "--detach", "up/bad"]);
    assert_eq!(clone.pr(&["--base", "integration", "--head", "up/bad", "--head-name", "bad"]).0, 0);
}

#[test]
fn without_a_remote_the_commands_name_none_and_work() {
    let repo = told(|s| {
        s.topic("bad", "master");
    });
    let clone = clone(&repo, "origin", &[]);
    clone.git(&["switch", "-q", "--detach"]);
    for branch in ["integration", "staging", "production", "master", "bad"] {
        clone.git(&["branch", "--force", "--no-track", branch, &format!("origin/{branch}")]);
    }
    clone.git(&["switch", "-q", "bad"]);
    clone.git(&["remote", "remove", "origin"]);
    let (status, object) = clone.pr(&["--base", "integration"]);
    assert_eq!((status, codes(&object), &object["remote"]), (1, vec!["TP201"], &Value::Null), "{object}");
    assert_eq!(object["configuration"]["source"], "built-in");
    let page = clone.check(&["pr", "--base", "integration"]).stdout;
    for word in ["origin", "git fetch", "git push"] {
        assert!(!page.contains(word), "{word} in {page}");
    }
    let script: Vec<&str> = page
        .lines()
        .skip_while(|line| !line.starts_with("    git "))
        .take_while(|line| line.starts_with("    "))
        .collect();
    clone.git(&["config", "user.name", "Ada"]);
    clone.git(&["config", "user.email", "ada@example.org"]);
    let done = Command::new("sh").args(["-c", &script.join("\n")]).current_dir(&clone.work).status().unwrap();
    assert!(done.success(), "{script:?}");
    assert_eq!(clone.git(&["symbolic-ref", "HEAD"]), "refs/heads/bad");
    assert_eq!(clone.pr(&["--base", "integration"]).0, 0);
    let plan = clone.check(&["pr", "--base", "staging", "--head", "bad", "--repair"]).stdout;
    assert!(!plan.contains("origin") && !plan.contains("git push"), "{plan}");
}

#[test]
fn without_a_remote_the_file_counts_if_all_branches_agree_on_it() {
    let repo = two(OF_TWO);
    let clone = clone(&repo, "origin", &[]);
    clone.git(&["switch", "-q", "--detach"]);
    for branch in ["develop", "main", "topic"] {
        clone.git(&["branch", "--force", "--no-track", branch, &format!("origin/{branch}")]);
    }
    clone.git(&["remote", "remove", "origin"]);
    let (status, object) = clone.pr(&["--base", "main", "--head", "topic"]);
    assert_eq!((status, codes(&object)), (1, vec!["TP101"]), "{object}");
    assert_eq!(object["configuration"]["source"], "every-branch");
    clone.git(&["switch", "-q", "topic"]);
    std::fs::write(clone.work.join(".github/towpath.yml"), "version: 1\n").unwrap();
    clone.git(&["commit", "-q", "-a", "-m", "another path"]);
    assert_eq!(
        codes(&clone.pr(&["--base", "main", "--head", "topic"]).1),
        ["TP101"],
        "its own word does not count"
    );
    clone.git(&["branch", "other"]);
    let (status, object) = clone.pr(&["--base", "main", "--head", "topic"]);
    assert_eq!((status, &object["verdict"]), (1, &"unknown".into()), "{object}");
    assert!(object["findings"][0]["remedy"].as_str().unwrap().contains("--config FILE"), "{object}");
}
