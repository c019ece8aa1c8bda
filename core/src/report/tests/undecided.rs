//! TP901, for each reason.

use super::super::samples::*;
use super::shown;
use crate::model::{Undecided, UserMessage, Verdict};

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

    The configuration names the branches `staging` and `production`, and Towpath did not find them.

    This says nothing against the pull request. If `integration` requires this check, merging stays blocked until Towpath can decide.

    **What to do.** Create them from `master`, if they should start there. The commands leave existing branches alone:

    ```sh
    git fetch origin &&
    git push --force-with-lease=refs/heads/staging: origin refs/remotes/origin/master:refs/heads/staging &&
    git push --force-with-lease=refs/heads/production: origin refs/remotes/origin/master:refs/heads/production
    ```

    **Who can act.** Anyone who can create branches in this repository.

    [TP901: what it means](https://towpath.example/findings#tp901)

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
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

    The configuration names the branch `staging`, and Towpath did not find it.

    This says nothing against the pull request. If `integration` requires this check, merging stays blocked until Towpath can decide.

    **What to do.** Create it.

    **Who can act.** Anyone who can create branches in this repository.

    [TP901: what it means](https://towpath.example/findings#tp901)

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn an_empty_repository_waits_for_a_commit() {
    let shown = shown(&subject("feature/x", "integration"), Verdict::undecided(Undecided::EmptyRepository));
    insta::assert_snapshot!(shown, @"
    action_required [Re-check] Could not decide: the repository is empty

    There is no commit yet.

    This says nothing against the pull request. If `integration` requires this check, merging stays blocked until Towpath can decide.

    **What to do.** Push a first commit. Towpath then checks this by itself.

    **Who can act.** Anyone who can push to this repository.

    [TP901: what it means](https://towpath.example/findings#tp901)

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_shallow_clone_is_never_judged() {
    let shown = shown(&subject("feature/x", "integration"), Verdict::undecided(Undecided::ShallowClone));
    insta::assert_snapshot!(shown, @"
    action_required [Re-check] Could not decide: the clone is shallow

    This clone has only part of the history, so Towpath cannot tell which commits belong where.

    This says nothing against the pull request. If `integration` requires this check, merging stays blocked until Towpath can decide.

    **What to do.** Fetch the rest of the history:

    ```sh
    git fetch --unshallow origin '+refs/heads/*:refs/remotes/origin/*'
    ```

    **Who can act.** Anyone with this clone.

    [TP901: what it means](https://towpath.example/findings#tp901)

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_commit_that_is_not_there_is_looked_for_again() {
    let shown = shown(
        &subject("feature/x", "integration"),
        Verdict::undecided(Undecided::CommitMissing { what: "refs/pull/12/head".to_owned() }),
    );
    insta::assert_snapshot!(shown, @"
    action_required [Re-check] Could not decide: a commit is not there

    GitHub announced `refs/pull/12/head`, but git cannot fetch it yet. Retrying.

    This says nothing against the pull request. If `integration` requires this check, merging stays blocked until Towpath can decide.

    **What to do.** Nothing. Towpath tries again by itself.

    **Who can act.** Nobody has to.

    [TP901: what it means](https://towpath.example/findings#tp901)

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_silent_github_is_asked_again() {
    let shown = shown(
        &subject("feature/x", "integration"),
        Verdict::undecided(Undecided::GitHub { what: UserMessage::new("502 Bad Gateway") }),
    );
    insta::assert_snapshot!(shown, @"
    action_required [Re-check] Could not decide: GitHub did not answer

    GitHub did not answer as expected: `502 Bad Gateway`.

    This says nothing against the pull request. If `integration` requires this check, merging stays blocked until Towpath can decide.

    **What to do.** Nothing. Towpath tries again by itself.

    **Who can act.** Nobody has to.

    [TP901: what it means](https://towpath.example/findings#tp901)

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_failing_git_is_asked_again() {
    let shown = shown(
        &subject("feature/x", "integration"),
        Verdict::undecided(Undecided::Git { what: UserMessage::new("the remote end hung up") }),
    );
    insta::assert_snapshot!(shown, @"
    action_required [Re-check] Could not decide: git did not answer

    git did not answer as expected: `the remote end hung up`.

    This says nothing against the pull request. If `integration` requires this check, merging stays blocked until Towpath can decide.

    **What to do.** Nothing. Towpath tries again by itself.

    **Who can act.** Nobody has to.

    [TP901: what it means](https://towpath.example/findings#tp901)

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}
