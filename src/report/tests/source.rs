//! TP101, TP102, TP103, TP107 and passes.

use super::super::samples::*;
use super::shown;
use crate::model::{Cause, Outcome::Fail, Verdict};

#[test]
fn a_topic_on_the_path_passes() {
    let shown = shown(&subject("feature/x", "integration"), Verdict::default());
    insta::assert_snapshot!(shown, @"
    success [] On the path: feature/x → integration

    `integration` takes topics, and none of the commits that `feature/x` brings came by way of `staging`, `production` or `master`.

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_promotion_on_the_path_passes() {
    let shown = shown(&subject("integration", "staging"), Verdict::default());
    insta::assert_snapshot!(shown, @r#"
    success [] On the path: integration → staging

    `staging` takes `integration`, and the merge gives exactly the files that `integration` holds now.

    _Judged `d93f69dd0` against `staging` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn a_way_back_that_carries_something_passes() {
    let shown = shown(&subject("production", "integration"), Verdict::default());
    insta::assert_snapshot!(shown, @r#"
    success [] On the path: production → integration

    It carries changes of `production` back to `integration`, which does not have them yet.

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn the_copy_follows() {
    let shown = shown(&subject("production", "master"), Verdict::default());
    insta::assert_snapshot!(shown, @r#"
    success [] On the path: production → master

    `master` is the copy of `production`, and it can follow without a conflict.

    _Judged `d93f69dd0` against `master` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn a_topic_into_production_is_sent_to_integration() {
    let shown = shown(
        &subject("feature/x", "production"),
        verdict(
            Fail,
            Cause::WrongBase { belongs_on: Some(name("integration")), needs: vec![name("staging")] },
        ),
    );
    insta::assert_snapshot!(shown, @"
    failure [Re-check, Retarget] Wrong source: feature/x → production (needs staging)

    This pull request would merge `feature/x` into `production`. Expected: `production` takes only `staging`.

    Work comes in through `integration`. From there it travels on by promotion, one environment after the other, to `production`.

    **What to do.** Send this pull request to `integration` instead:

    ```sh
    gh pr edit 12 --repo acme/store --base integration
    ```

    - On the page: Edit, beside the title, then choose `integration` as the base. No commit changes.
    - It is judged anew there. If it was cut from another branch of the path, the check then gives the commands that put its own commits onto `integration`.

    **Who can act.** The author of the pull request, and whoever may write to the repository, can do this. Towpath has no override: repository admins decide through the rules of `production`.

    [TP101: what it means](https://towpath.example/findings#tp101)

    _Judged `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn the_copy_branch_is_merged_nowhere() {
    let shown = shown(
        &subject("master", "staging"),
        verdict(Fail, Cause::WrongBase { belongs_on: None, needs: vec![name("a"), name("b")] }),
    );
    insta::assert_snapshot!(shown, @r#"
    failure [Re-check] Wrong source: master → staging (needs one of 2)

    This pull request would merge `master` into `staging`. Expected: `staging` takes only `a` or `b`.

    **What to do.** `master` is not merged into anything on the path. Close this pull request:

    ```sh
    gh pr close 12 --repo acme/store
    ```

    **Who can act.** The author of the pull request, and whoever may write to the repository, can do this. Towpath has no override: repository admins decide through the rules of `staging`.

    [TP101: what it means](https://towpath.example/findings#tp101)

    _Judged `d93f69dd0` against `staging` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn a_skipped_environment_comes_first() {
    let shown = shown(
        &subject("integration", "production"),
        verdict(
            Fail,
            Cause::EnvironmentSkipped { needs: vec![name("staging")], next: Some(name("staging")) },
        ),
    );
    insta::assert_snapshot!(shown, @"
    failure [Re-check, Retarget] Skips staging: integration → production

    This pull request would promote `integration` straight to `production`. Expected: `production` takes only `staging`.

    What is on `integration` has to be deployed and tested on `staging` first. Then `staging` is promoted to the next environment.

    **What to do.** Send this pull request to `staging` instead:

    ```sh
    gh pr edit 12 --repo acme/store --base staging
    ```

    On the page: Edit, beside the title, then choose `staging` as the base. No commit changes.

    **Another way.** If `staging` already holds all of it, close this pull request and open one from `staging` instead.

    **Who can act.** The author of the pull request, and whoever may write to the repository, can do this. Towpath has no override: repository admins decide through the rules of `production`.

    [TP102: what it means](https://towpath.example/findings#tp102)

    _Judged `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_promotion_from_a_fork_is_opened_from_here() {
    let shown = shown(
        &subject("integration", "staging"),
        verdict(Fail, Cause::ForkHead { own: name("integration") }),
    );
    insta::assert_snapshot!(shown, @r#"
    failure [Re-check] From a fork: integration → staging

    The head is a branch called `integration` in a fork. Expected: the branch `integration` of this repository. A fork's branch can hold anything, so its name proves nothing.

    **What to do.** Open the pull request from the repository's own branch, and close this one:

    ```sh
    gh pr create --repo acme/store --base staging --head integration --title 'Promote integration to staging' --body '' &&
    gh pr close 12 --repo acme/store
    ```

    **Another way.** If the fork holds new work, push it to a branch of another name and open a pull request from there into the environment that takes topics.

    **Who can act.** The author of the pull request, and whoever may write to the repository, can do this. Towpath has no override: repository admins decide through the rules of `staging`.

    [TP103: what it means](https://towpath.example/findings#tp103)

    _Judged `d93f69dd0` against `staging` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn the_copy_takes_only_production() {
    let shown = shown(
        &subject("feature/x", "master"),
        verdict(
            Fail,
            Cause::CopyTakesOnly { only: name("production"), belongs_on: Some(name("integration")) },
        ),
    );
    insta::assert_snapshot!(shown, @"
    failure [Re-check, Retarget] Wrong source: feature/x → master (needs production)

    This pull request would merge `feature/x` into `master`. Expected: `master` is a copy of `production` and takes nothing else.

    Work goes into `integration` first. It reaches `master` when `production` has been released.

    **What to do.** Send this pull request to `integration` instead:

    ```sh
    gh pr edit 12 --repo acme/store --base integration
    ```

    - On the page: Edit, beside the title, then choose `integration` as the base. No commit changes.
    - It is judged anew there. If it was cut from another branch of the path, the check then gives the commands that put its own commits onto `integration`.

    **Who can act.** The author of the pull request, and whoever may write to the repository, can do this. Towpath has no override: repository admins decide through the rules of `master`.

    [TP107: what it means](https://towpath.example/findings#tp107)

    _Judged `d93f69dd0` against `master` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}
