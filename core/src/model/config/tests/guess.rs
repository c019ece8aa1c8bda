//! Repositories as teams have them, the path that is guessed of each, and the shortest file for it.

use super::super::{BranchHistory, BranchMerges, Configuration, smallest};
use crate::model::{BranchName, PromotionPath};
use insta::assert_snapshot;
use proptest::prelude::*;

fn branch(name: &str) -> BranchName {
    BranchName::new(name).unwrap()
}

/// A repository with these branches, whose default branch is the first; `from > into` so many times.
fn history(branches: &str, merges: &[(&str, &str, usize)]) -> BranchHistory {
    let merge = |(from, into, times): &(&str, &str, usize)| BranchMerges {
        from: branch(from),
        into: branch(into),
        times: *times,
    };
    BranchHistory {
        branches: branches.split_whitespace().map(branch).collect(),
        default_branch: branches.split_whitespace().next().map(branch),
        merges: merges.iter().map(merge).collect(),
    }
}

/// The path in one line, and the file for it; `-` where there is none.
fn guessed(history: &BranchHistory) -> String {
    let Some(path) = history.guess() else { return "-".to_owned() };
    let Some(text) = smallest(&path) else { return "no file is needed".to_owned() };
    let read = Configuration::read(&text).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"));
    assert_eq!(*read.path(), path, "{text}");
    format!("{}\n{text}", read.in_one_line())
}

#[test]
fn the_pro_workflow_needs_no_file() {
    assert_eq!(guessed(&history("master integration staging production", &[])), "no file is needed");
    assert_snapshot!(guessed(&history("integration staging production", &[])), @r"
    integration → staging → production, no copy branch
    version: 1
    copy: none
    ");
    // Whoever brings each release over by a pull request goes on with that.
    let merges = [("production", "main", 4)];
    assert_snapshot!(guessed(&history("main integration staging production", &merges)), @r"
    integration → staging → production, main is a copy of production
    version: 1
    copy: { branch: main, of: production, mode: pull-request }
    ");
}

#[test]
fn other_names_are_told_by_who_merges_into_whom() {
    let merges =
        [("feature/a", "develop", 30), ("develop", "uat", 9), ("uat", "main", 8), ("hotfix/x", "main", 2)];
    assert_snapshot!(guessed(&history("main develop uat feature/a", &merges)), @r"
    develop → uat → main, no copy branch
    version: 1
    environments:
      - name: develop
        accepts: [topics]
      - name: uat
        accepts: [develop]
      - name: main
        accepts: [uat]
    ");
    let merges = [("t", "dev", 5), ("dev", "staging", 3), ("staging", "production", 3)];
    assert_snapshot!(guessed(&history("master dev staging production", &merges)), @r"
    dev → staging → production, master is a copy of production
    version: 1
    environments:
      - name: dev
        accepts: [topics]
      - name: staging
        accepts: [dev]
      - name: production
        accepts: [staging]
    copy: { branch: master, of: production }
    ");
    // Names that say nothing: what is promoted again and again.
    let merges = [("x", "alpha", 9), ("alpha", "beta", 4), ("beta", "gamma", 3), ("alpha", "gamma", 1)];
    assert_snapshot!(guessed(&history("gamma alpha beta x", &merges)), @r"
    alpha → beta → gamma, no copy branch
    version: 1
    environments:
      - name: alpha
        accepts: [topics]
      - name: beta
        accepts: [alpha]
      - name: gamma
        accepts: [beta]
    ");
}

#[test]
fn two_ways_in_and_names_that_need_a_branch_are_written() {
    let merges = [
        ("t", "env/qa", 5),
        ("u", "env/dev", 5),
        ("env/qa", "live", 3),
        ("env/dev", "live", 3),
        ("live", "env/qa", 9),
        ("v", "env/dev", 1),
    ];
    assert_snapshot!(guessed(&history("main env/qa env/dev live", &merges)), @r"
    env/dev → live, env/qa → live, main is a copy of live
    version: 1
    environments:
      - name: env/dev
        accepts: [topics]
      - name: env/qa
        accepts: [topics]
      - name: live
        accepts: [env/dev, env/qa]
    copy: { branch: main, of: live }
    ");
    let merges = [("t", "é/staging", 5), ("é/staging", "main", 2), ("t", "main", 7)];
    assert_snapshot!(guessed(&history("main é/staging", &merges)), @r#"
    staging → main, no copy branch
    version: 1
    environments:
      - name: staging
        branch: "é/staging"
        accepts: [topics]
      - name: main
        accepts: [topics, staging]
    "#);
}

#[test]
fn what_is_no_path_is_not_taken_for_one() {
    for (branches, merges) in [
        ("", &[][..]),
        ("main", &[][..]),
        ("main topic", &[("topic", "main", 9)][..]),
        // Only back-merges: releases go by branches of their own.
        ("main develop", &[("release/1", "main", 3), ("main", "develop", 3)][..]),
        ("main develop staging", &[("topic", "develop", 3)][..]),
        ("main topic base", &[("topic", "base", 2), ("base", "main", 2)][..]),
        // Its check could not be told from that on the configuration.
        ("config main", &[("config", "main", 9), ("t", "config", 9)][..]),
    ] {
        assert_eq!(guessed(&history(branches, merges)), "-", "{branches}");
    }
}

#[test]
fn only_names_of_environments_are_worth_a_question() {
    for (branches, wanted) in [
        ("main", false),
        ("main master", false),
        ("main topic x/y", false),
        ("staging topic", false),
        ("main staging", true),
        ("trunk develop env/uat", true),
        ("main Pre-Production", true),
    ] {
        assert_eq!(history(branches, &[]).may_have_environments(), wanted, "{branches}");
    }
}

/// Names as they occur, and some that a configuration has to be careful with.
const NAMES: [&str; 22] = [
    "integration",
    "staging",
    "production",
    "master",
    "main",
    "develop",
    "Develop",
    "qa",
    "uat",
    "env/uat",
    "prod",
    "live",
    "topics",
    "hotfixes",
    "none",
    "config",
    "COPY",
    "é/staging",
    "\"prod'",
    "no",
    "2024",
    "feature/x",
];

proptest! {
    #[test]
    fn the_smallest_file_gives_the_guessed_path(
        there in prop::collection::btree_set(prop::sample::select(NAMES.as_slice()), 0..14),
        merges in prop::collection::vec(
            (prop::sample::select(NAMES.as_slice()), prop::sample::select(NAMES.as_slice()), 1_usize..9),
            0..24,
        ),
    ) {
        let there: Vec<&str> = there.into_iter().collect();
        let history = history(&there.join(" "), &merges);
        if let Some(path) = history.guess() {
            prop_assert!(path.judged_branches().all(|it| history.branches.contains(it)), "{path:?}");
            prop_assert!(!path.has_shared_checks(), "{path:?}");
            let read = smallest(&path).map(|text| Configuration::read(&text).map(|it| it.path().clone()));
            let read = read.unwrap_or_else(|| Ok(PromotionPath::pro()));
            prop_assert_eq!(read.as_ref(), Ok(&path));
        }
    }
}
