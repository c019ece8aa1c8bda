//! The demo as a program: what it prints where there is no terminal, and what it leaves behind.

use crate::in_memory::keep_files_in_memory;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

fn demo(folder: &Path) -> Command {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_towpath"));
    demo.args(["demo", "--once"]).env("TMPDIR", folder).env_remove("RUST_LOG");
    demo.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    demo
}

fn leaves_nothing(folder: &Path) {
    let left: Vec<_> = folder.read_dir().unwrap().collect();
    assert!(left.is_empty(), "the demo left something behind: {left:?}");
}

#[test]
fn the_story_comes_out_as_told_in_plain_text() {
    keep_files_in_memory();
    let folder = tempfile::tempdir().unwrap();
    let Output { status, stdout, stderr } = demo(folder.path()).output().unwrap();
    let told = String::from_utf8(stdout).unwrap();
    assert!(status.success(), "{told}\n{}", String::from_utf8_lossy(&stderr));
    assert!(stderr.is_empty(), "{}", String::from_utf8_lossy(&stderr));
    for mark in ["\x1b", "```", "|---", "](", "**", "`", "<"] {
        assert!(!told.contains(mark), "{mark:?} is not for people:\n{told}");
    }
    for line in told.lines() {
        assert!(line.chars().count() <= 96, "too long: {line}");
    }
    let chapters = [
        "1. A topic cut from integration",
        "2. A topic cut from master",
        "Carries history of 3 branches: 4 foreign commits",
        "git cherry-pick",
        "3. The promotion integration → staging",
        "4. The promotion staging → production",
        "5. A topic straight into production",
        "6. The same pull request, retargeted",
        "7. A topic that merged staging, rebuilt with one button",
        "Merge staging to be up to date",
        "8. A build that fails",
        "Build failed (validate): the site was not touched",
        "9. A release that breaks production",
        "ERROR 1205: lock wait timeout exceeded on table products",
        "10. The rollback, and what it holds",
        "rolls production back to",
        "Held: production was rolled back to",
        "master       copied since",
        "11. A push to master",
        "master is no longer a copy of production",
        "12. A shop of Adobe Commerce",
        "The website outlet would be deleted",
        "app/etc/config.php, line ",
        "The module Acme_Cart declares its tables otherwise",
        "13. People and time",
        "Frozen until ",
        "14. A deploy whose log is explained",
        "Deploy failed: ece:126 The database upgrade failed",
        "Customers see: The maintenance page",
        "Where: deploy",
        "15. A hotfix, and its way home",
        "towpath/carry/",
        "came out as expected",
    ];
    let mut rest = told.as_str();
    for words in chapters {
        let (_, after) =
            rest.split_once(words).unwrap_or_else(|| panic!("no {words:?} in its place:\n{told}"));
        rest = after;
    }
    leaves_nothing(folder.path());
}

#[test]
fn a_story_that_is_cut_off_counts_as_not_told_and_leaves_nothing() {
    keep_files_in_memory();
    let folder = tempfile::tempdir().unwrap();
    let demo = demo(folder.path()).spawn().unwrap();
    // Somewhere in the middle, with git at work.
    std::thread::sleep(Duration::from_millis(700));
    let interrupt = format!("kill -INT {}", demo.id());
    assert!(Command::new("sh").args(["-c", &interrupt]).status().unwrap().success());
    let Output { status, stderr, .. } = demo.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("ended before its story was told") && !said.contains("panicked"), "{said}");
    leaves_nothing(folder.path());
}
