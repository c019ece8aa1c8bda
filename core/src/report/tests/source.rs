//! TP101, TP102, TP103, TP107 and passes.

use super::super::samples::*;
use super::shown;
use crate::model::{Cause, Outcome::Fail, Verdict};

#[test]
fn a_topic_on_the_path_passes() {
    let shown = shown(&subject("feature/x", "integration"), Verdict::default());
    insta::assert_snapshot!(shown, @"
    success [] On the path: feature/x → integration

    `integration` takes topics, and none of the commits of `feature/x` come from `staging`, `production` or `master`.

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_promotion_on_the_path_passes() {
    let shown = shown(&subject("integration", "staging"), Verdict::default());
    insta::assert_snapshot!(shown, @"
    success [] On the path: integration → staging

    `staging` takes `integration`, and merging gives it exactly the files that `integration` has now.

    _Checked `d93f69dd0` against `staging` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_way_back_that_carries_something_passes() {
    let shown = shown(&subject("production", "integration"), Verdict::default());
    insta::assert_snapshot!(shown, @"
    success [] On the path: production → integration

    This carries changes of `production` back to `integration`, which does not have them yet.

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn the_copy_follows() {
    let shown = shown(&subject("production", "master"), Verdict::default());
    insta::assert_snapshot!(shown, @"
    success [] On the path: production → master

    `master` is the copy of `production` and can follow it without a conflict.

    _Checked `d93f69dd0` against `master` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
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
    insta::assert_snapshot!(shown, @r#"
    failure [Re-check, Retarget] Wrong source: feature/x → production (needs staging)

    `production` takes only `staging`. Merging `feature/x` would put changes on `production` that nobody has tested on `staging`.

    **What to do.** Change the base of this pull request to `integration`:

    ```sh
    gh pr edit 12 --repo acme/store --base integration
    ```

    **Who can act.** The author of the pull request, and anyone with write access. Anyone with the role `maintain` or a higher one can override it with `/override TP101 --reason "…"`.

    [TP101: what it means](https://towpath.example/findings#tp101)

    <details><summary>Notes on the commands</summary>

    - On the page: choose Edit beside the title, then `integration` as the base. No commit changes.
    - Towpath checks it again there. If the branch was cut from another environment, the new check gives the commands that put its own commits onto `integration`.

    </details>

    <details><summary>Background</summary>

    New work goes into `integration`. From there promotions bring it to `production`, one environment after the other.

    </details>

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn the_copy_branch_is_merged_nowhere() {
    let shown = shown(
        &subject("master", "staging"),
        verdict(Fail, Cause::WrongBase { belongs_on: None, needs: vec![name("a"), name("b")] }),
    );
    insta::assert_snapshot!(shown, @r#"
    failure [Re-check] Wrong source: master → staging (needs one of 2)

    `staging` takes only `a` or `b`. Merging `master` would put changes on `staging` that nobody has tested for it.

    **What to do.** No environment takes `master`. Close this pull request:

    ```sh
    gh pr close 12 --repo acme/store
    ```

    **Who can act.** The author of the pull request, and anyone with write access. Anyone with the role `maintain` or a higher one can override it with `/override TP101 --reason "…"`.

    [TP101: what it means](https://towpath.example/findings#tp101)

    _Checked `d93f69dd0` against `staging` at `7776e3968`, 2023-11-14 22:13 UTC._
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
    insta::assert_snapshot!(shown, @r#"
    failure [Re-check, Retarget] Skips staging: integration → production

    `production` takes only `staging`. Merging this would promote `integration` past `staging`, with changes that nobody has tested there.

    **What to do.** Change the base of this pull request to `staging`:

    ```sh
    gh pr edit 12 --repo acme/store --base staging
    ```

    **Who can act.** The author of the pull request, and anyone with write access. Anyone with the role `maintain` or a higher one can override it with `/override TP102 --reason "…"`.

    [TP102: what it means](https://towpath.example/findings#tp102)

    <details><summary>Notes on the commands</summary>

    On the page: choose Edit beside the title, then `staging` as the base. No commit changes.

    </details>

    <details><summary>Another way</summary>

    If `staging` already has all of it, close this pull request and open one from `staging` instead.

    </details>

    <details><summary>Background</summary>

    First deploy and test the changes of `integration` on `staging`. Then promote `staging` to the next environment.

    </details>

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn a_promotion_from_a_fork_is_opened_from_here() {
    let shown = shown(
        &subject("integration", "staging"),
        verdict(Fail, Cause::ForkHead { own: name("integration") }),
    );
    insta::assert_snapshot!(shown, @"
    failure [Re-check] From a fork: integration → staging

    This `integration` is a branch in a fork, and anyone can give a branch that name. A promotion comes from this repository's own `integration`; merging this one could put anything on `staging`.

    **What to do.** Open a pull request from this repository's own branch, and close this one:

    ```sh
    gh pr create --repo acme/store --base staging --head integration --title 'Promote integration to staging' --body '' &&
    gh pr close 12 --repo acme/store
    ```

    **Who can act.** The author of the pull request, and anyone with write access. Nobody can override TP103; admins can change the rules of `staging`.

    [TP103: what it means](https://towpath.example/findings#tp103)

    <details><summary>Another way</summary>

    If the fork has new work, push it to a branch with another name. Open a pull request from there into the environment that takes topics.

    </details>

    _Checked `d93f69dd0` against `staging` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
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

    `master` is a copy of `production` and takes nothing else. Merging `feature/x` would give it changes of its own, and it could not follow the next release.

    **What to do.** Change the base of this pull request to `integration`:

    ```sh
    gh pr edit 12 --repo acme/store --base integration
    ```

    **Who can act.** The author of the pull request, and anyone with write access. Nobody can override TP107; admins can change the rules of `master`.

    [TP107: what it means](https://towpath.example/findings#tp107)

    <details><summary>Notes on the commands</summary>

    - On the page: choose Edit beside the title, then `integration` as the base. No commit changes.
    - Towpath checks it again there. If the branch was cut from another environment, the new check gives the commands that put its own commits onto `integration`.

    </details>

    <details><summary>Background</summary>

    Work goes into `integration` first. It reaches `master` with the next release of `production`.

    </details>

    _Checked `d93f69dd0` against `master` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}
