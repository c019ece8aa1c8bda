//! What a merge in a clone gives, compared with what was tested, where some paths count for nothing.

use std::path::Path;

use tempfile::TempDir;

use crate::command_line::{check, clone, judged, said, told};
use crate::story::{Repo, run_git};

const IGNORES_NOTES: &str = "\
version: 1
environments:
  - { name: integration, accepts: [topics] }
  - { name: staging, accepts: [integration] }
  - { name: production, accepts: [staging] }
ignore_paths: [\"notes/**\"]
";

/// Production has a file of its own; staging goes on.
fn with_one_of_its_own(file: &str) -> Repo {
    told(|s| {
        s.release();
        s.commit("production", file);
        s.feature("f5");
        s.merge("integration", "staging");
    })
}

fn promotion(place: &Path, config: &Path) -> (i32, String, Vec<String>) {
    let ends = ["--head", "origin/staging", "--base", "production", "--config", config.to_str().unwrap()];
    judged(place, &ends)
}

#[test]
fn in_a_clone_the_merged_files_are_compared_but_for_what_is_ignored() {
    let config = TempDir::new().unwrap();
    let config = config.path().join("towpath.yml");
    std::fs::write(&config, IGNORES_NOTES).unwrap();
    for (file, expected) in [("notes/today", said(0, "pass", &[])), ("page", said(1, "fail", &["TP301"]))] {
        let repo = with_one_of_its_own(file);
        for options in [&[][..], &["--bare"], &["--mirror"]] {
            let cloned = clone(&repo, options);
            let work = cloned.path().join("work");
            if options.is_empty() {
                assert_eq!(promotion(&work, &config), expected, "{file}");
                let linked = cloned.path().join("a linked one");
                run_git(&work, &["worktree", "add", "-q", "--detach", linked.to_str().unwrap()]);
                assert_eq!(promotion(&linked, &config), expected, "{file} in a linked worktree");
            } else {
                let ends = ["--head", "staging", "--base", "production", "--config"];
                let of_its_own = judged(&work, &[&ends[..], &[config.to_str().unwrap()]].concat());
                assert_eq!(of_its_own, expected, "{file} {options:?}");
            }
        }
    }
}

#[test]
fn a_clone_without_its_files_says_so_and_is_not_called_damaged() {
    let config = TempDir::new().unwrap();
    let config = config.path().join("towpath.yml");
    std::fs::write(&config, IGNORES_NOTES).unwrap();
    let repo = with_one_of_its_own("notes/today");
    let cloned = clone(&repo, &["--filter=tree:0", "--bare"]);
    let work = cloned.path().join("work");
    let config = ["--config", config.to_str().unwrap()];
    let ends = ["--head", "staging", "--base", "production"];
    let ran = check(&work, &[&ends[..], &config].concat());
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("git fetch --refetch --no-filter"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("damaged"), "{}", ran.stdout);
}
