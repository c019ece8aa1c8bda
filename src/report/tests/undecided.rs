//! TP901, for each reason.

use super::super::samples::*;
use super::shown;
use crate::model::{Undecided, Verdict};

#[test]
fn missing_branches_are_named() {
    let shown = shown(
        &subject("feature/x", "integration"),
        Verdict::undecided(Undecided::MissingBranches {
            missing: vec![name("staging"), name("production")],
            start_from: Some(name("master")),
        }),
    );
    insta::assert_snapshot!(shown, @"
    action_required [Re-check] Could not decide: 2 branches do not exist

    The path of this repository names branches that must be there. `staging` and `production` were not found.

    Nothing is held against this pull request. Where `integration` requires this check, merging stays blocked until it is decided.

    **What to do.** Make them from `master`, if that is where they should start. What is there already is left alone:

    ```sh
    git fetch origin &&
    git push --force-with-lease=refs/heads/staging: origin refs/remotes/origin/master:refs/heads/staging &&
    git push --force-with-lease=refs/heads/production: origin refs/remotes/origin/master:refs/heads/production
    ```

    **Who can act.** Whoever may make branches in this repository can do this.

    [TP901: what it means](https://towpath.example/findings#tp901)

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn missing_branches_without_a_start_are_named() {
    let shown = shown(
        &subject("feature/x", "integration"),
        Verdict::undecided(Undecided::MissingBranches { missing: vec![name("staging")], start_from: None }),
    );
    insta::assert_snapshot!(shown, @"
    action_required [Re-check] Could not decide: staging does not exist

    The path of this repository names branches that must be there. `staging` was not found.

    Nothing is held against this pull request. Where `integration` requires this check, merging stays blocked until it is decided.

    **What to do.** Make it.

    **Who can act.** Whoever may make branches in this repository can do this.

    [TP901: what it means](https://towpath.example/findings#tp901)

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn an_empty_repository_waits_for_a_commit() {
    let shown = shown(&subject("feature/x", "integration"), Verdict::undecided(Undecided::EmptyRepository));
    insta::assert_snapshot!(shown, @r#"
    action_required [Re-check] Could not decide: the repository is empty

    There is no commit yet.

    Nothing is held against this pull request. Where `integration` requires this check, merging stays blocked until it is decided.

    **What to do.** Push a first commit. It is then judged by itself.

    [TP901: what it means](https://towpath.example/findings#tp901)

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn a_shallow_clone_is_never_judged() {
    let shown = shown(&subject("feature/x", "integration"), Verdict::undecided(Undecided::ShallowClone));
    insta::assert_snapshot!(shown, @r#"
    action_required [Re-check] Could not decide: the clone is shallow

    The history of this clone is cut off. What looks foreign in it may not be, and the other way round.

    Nothing is held against this pull request. Where `integration` requires this check, merging stays blocked until it is decided.

    **What to do.** Fetch the rest of the history:

    ```sh
    git fetch --unshallow origin '+refs/heads/*:refs/remotes/origin/*'
    ```

    [TP901: what it means](https://towpath.example/findings#tp901)

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn a_commit_that_is_not_there_is_looked_for_again() {
    let shown = shown(
        &subject("feature/x", "integration"),
        Verdict::undecided(Undecided::CommitMissing { what: "refs/pull/12/head".to_owned() }),
    );
    insta::assert_snapshot!(shown, @r#"
    action_required [Re-check] Could not decide: a commit is not there

    It was announced, but was not found yet: `refs/pull/12/head`.

    Nothing is held against this pull request. Where `integration` requires this check, merging stays blocked until it is decided.

    **What to do.** It is tried again by itself. Nobody needs to do anything.

    [TP901: what it means](https://towpath.example/findings#tp901)

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn a_silent_github_is_asked_again() {
    let shown = shown(
        &subject("feature/x", "integration"),
        Verdict::undecided(Undecided::GitHub { what: "502 Bad Gateway".to_owned() }),
    );
    insta::assert_snapshot!(shown, @r#"
    action_required [Re-check] Could not decide: GitHub did not answer

    GitHub did not answer as expected: `502 Bad Gateway`.

    Nothing is held against this pull request. Where `integration` requires this check, merging stays blocked until it is decided.

    **What to do.** It is tried again by itself. Nobody needs to do anything.

    [TP901: what it means](https://towpath.example/findings#tp901)

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn a_failing_git_is_asked_again() {
    let shown = shown(
        &subject("feature/x", "integration"),
        Verdict::undecided(Undecided::Git { what: "the remote end hung up".to_owned() }),
    );
    insta::assert_snapshot!(shown, @r#"
    action_required [Re-check] Could not decide: git did not answer

    git did not answer as expected: `the remote end hung up`.

    Nothing is held against this pull request. Where `integration` requires this check, merging stays blocked until it is decided.

    **What to do.** It is tried again by itself. Nobody needs to do anything.

    [TP901: what it means](https://towpath.example/findings#tp901)

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}
