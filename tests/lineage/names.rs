//! Branch names: git's own word on which are valid, and the odd ones asked about.

use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use towpath::model::BranchName;

use crate::command_line::{clone, judged, said, told};
use crate::story::run_git;

/// Whether git takes a push to the branch of this name.
fn git_takes(name: &str) -> bool {
    let full = format!("refs/heads/{name}");
    Command::new("git")
        .args(["check-ref-format", &full])
        .current_dir(Path::new("/"))
        .status()
        .unwrap()
        .success()
}

#[test]
fn a_name_is_valid_where_git_says_so() {
    for name in [
        "main",
        "-x",
        "--all",
        "-",
        "@",
        "HEAD",
        "head",
        "@x",
        "x@",
        "@/x",
        "a@/b",
        "a@{b",
        "{",
        "}",
        "a./b",
        "a/.b",
        ".a",
        "a.",
        "a.LOCK",
        "a.lock",
        "a.lock/b",
        ".lock",
        "a..b",
        "a//b",
        "/a",
        "a/",
        "",
        "a b",
        "a~1",
        "a^",
        "a:b",
        "a?b",
        "a*b",
        "a[b",
        "a]b",
        "a\\b",
        "a\nb",
        "a\u{7f}b",
        "a\u{85}b",
        "\u{202e}",
        "\u{a0}",
        "🚢",
        "refs/heads/x",
        "a'b\"c",
        "$(x)",
        "!x",
        "#1",
        "a=b",
        "a,b",
        "(",
        "%s",
    ] {
        assert_eq!(BranchName::new(name).is_ok(), git_takes(name), "{name:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_name_is_judged_otherwise_than_by_git(name in "([-.@{/a~^:?*\\[\\\\ é]|HEAD|\\.lock|[\u{1}-\u{ff}]){0,6}") {
        prop_assert_eq!(BranchName::new(name.as_str()).is_ok(), git_takes(&name));
    }
}

#[test]
fn branches_that_only_a_push_can_make_are_judged_on_the_command_line() {
    let repo = told(|s| {
        for name in ["-x", "--json", "@", "HEAD"] {
            s.topic(name, "master");
        }
        s.topic("clean", "integration");
    });
    let good = repo.tip("clean").to_string();
    let pr = |more: &[&str]| judged(repo.path(), &[&["--base", "integration"], more].concat());
    for name in ["-x", "--json", "refs/heads/@", "refs/heads/HEAD", "refs/heads/-x"] {
        assert_eq!(pr(&["--head", name]), said(1, "fail", &["TP201"]), "{name}");
        assert_eq!(pr(&["--head", &good, "--head-name", name]), said(0, "pass", &[]), "{name}");
    }
    let wrong = ["--head", "-x", "--base", "--json"];
    assert_eq!(judged(repo.path(), &wrong), said(0, "pass", &[]), "no environment, so nothing is asked for");
}

/// HEAD and @ are what is checked out, and a clone's `origin/HEAD` is the remote's default branch, whatever
/// branches are called so.
#[test]
fn head_stays_what_is_checked_out() {
    let repo = told(|s| {
        s.topic("bad", "master");
        s.topic("good", "integration");
    });
    let clone = clone(&repo, &[]);
    let work = clone.path().join("work");
    assert_eq!(
        run_git(&work, &["symbolic-ref", "refs/remotes/origin/HEAD"]).trim(),
        "refs/remotes/origin/integration"
    );
    run_git(&work, &["update-ref", "refs/heads/HEAD", "origin/bad"]);
    run_git(&work, &["update-ref", "refs/heads/@", "origin/bad"]);
    run_git(&work, &["checkout", "-q", "good"]);
    let pr = |head: &str| judged(&work, &["--head", head, "--base", "integration"]);
    for head in ["HEAD", "@", "origin/HEAD"] {
        assert_eq!(pr(head), said(0, "pass", &[]), "{head}");
    }
    assert_eq!(pr("refs/heads/@"), said(1, "fail", &["TP201"]));
    run_git(&work, &["update-ref", "-d", "refs/heads/HEAD"]);
    let ran = crate::command_line::check(&work, &["--head", "good", "--base", "HEAD"]);
    assert!(ran.stderr.contains("no branch HEAD"), "{}{}", ran.stdout, ran.stderr);
}
