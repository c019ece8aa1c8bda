//! TP201 and TP206.

use super::super::samples::*;
use super::shown;
use crate::model::{
    Cause,
    Outcome::{Fail, Warn},
    Repair,
};

#[test]
fn a_topic_with_foreign_history_is_picked_onto_the_base() {
    let shown = shown(&subject("feature/x", "integration"), verdict(Fail, carries_staging()));
    insta::assert_snapshot!(shown, @r#"
    failure [Re-check, Rebuild branch] Carries staging's history: 2 foreign commits

    `feature/x` would bring 5 commits to `integration`. 3 of them came with the history of `staging`, and have not come to `integration` by the path.

    Expected: only work of its own, on top of what `integration` already has. Nothing has been merged.

    **What to do.** Put its own 2 commits onto `integration`, oldest first:

    ```sh
    git fetch origin &&
    git switch --detach refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits a708a824f 454021de7 &&
    git push --force-with-lease=feature/x:d93f69dd0126b5e9000000000000000000000384 origin HEAD:refs/heads/feature/x
    ```

    - If a pick stops at a conflict, resolve it, go on with `git cherry-pick --continue` (or `--skip`, if git says that it is empty), and then run the lines that are left.
    - 1 merge is left out. A conflict that was resolved in it comes again, and what else was changed in it does not come along: `git show --remerge-diff COMMIT` shows it.
    - The push is refused if somebody has pushed to `feature/x` since, so nothing is lost. Your local branch still holds the old commits: `git switch -C feature/x` moves it along, once nothing unpushed is left in it.

    **Another way.** Put the same commits on a new branch from `integration`, open a pull request from there and close this one.

    **Who can act.** Whoever may push to `feature/x` can repair this. Towpath has no override: repository admins decide through the rules of `integration`.

    On the line of `staging`, and not of `integration`:

    | commit | subject | author |
    |---|---|---|
    | [`08d12e6b7`](https://github.com/acme/store/commit/08d12e6b76c84d1100000000000000000000000c) | `Promote integration` | `Ada` |
    | [`6a99b4b1f`](https://github.com/acme/store/commit/6a99b4b1f77dd0fc00000000000000000000000b) | `Fix the \| pipe for @bob, closes #7` | `Ben` |

    [TP201: what it means](https://towpath.example/findings#tp201)

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._

    === text
    In short, with the commits in question marked:

    ```mermaid
    %%{init: {"gitGraph": {"mainBranchName": "integration"}}}%%
    gitGraph
      commit id: "shared"
      branch "staging"
      commit id: "6a99b4b1f" type: HIGHLIGHT
      commit id: "08d12e6b7" type: HIGHLIGHT
      branch "feature/x"
      commit id: "a708a824f"
      commit id: "454021de7"
    ```
    "#);
}

#[test]
fn a_topic_in_a_fork_is_pushed_to_the_fork() {
    let mut subject = subject("feature/x", "integration");
    subject.pull.head.fork = true;
    let shown = shown(&subject, verdict(Fail, carries_staging()));
    insta::assert_snapshot!(shown, @r#"
    failure [Re-check] Carries staging's history: 2 foreign commits

    `feature/x` would bring 5 commits to `integration`. 3 of them came with the history of `staging`, and have not come to `integration` by the path.

    Expected: only work of its own, on top of what `integration` already has. Nothing has been merged.

    **What to do.** Put its own 2 commits onto `integration`, oldest first:

    ```sh
    git fetch 'https://github.com/acme/store.git' refs/heads/integration &&
    git switch --detach FETCH_HEAD &&
    git cherry-pick --keep-redundant-commits a708a824f 454021de7 &&
    git push --force-with-lease=feature/x:d93f69dd0126b5e9000000000000000000000384 origin HEAD:refs/heads/feature/x
    ```

    - If a pick stops at a conflict, resolve it, go on with `git cherry-pick --continue` (or `--skip`, if git says that it is empty), and then run the lines that are left.
    - 1 merge is left out. A conflict that was resolved in it comes again, and what else was changed in it does not come along: `git show --remerge-diff COMMIT` shows it.
    - The push goes to the fork. `origin` stands for it here; if the fork has another name in your clone, use that.
    - If the fork is gone, first run `git fetch 'https://github.com/acme/store.git' refs/pull/12/head`, which brings its commits. Read them before you push the result as a new branch here, where workflows run it with this repository's secrets; then open a pull request from there.
    - The push is refused if somebody has pushed to `feature/x` since, so nothing is lost. Your local branch still holds the old commits: `git switch -C feature/x` moves it along, once nothing unpushed is left in it.

    **Another way.** Put the same commits on a new branch from `integration`, open a pull request from there and close this one.

    **Who can act.** Whoever may push to `feature/x` in the fork can repair this. Towpath has no override: repository admins decide through the rules of `integration`.

    On the line of `staging`, and not of `integration`:

    | commit | subject | author |
    |---|---|---|
    | [`08d12e6b7`](https://github.com/acme/store/commit/08d12e6b76c84d1100000000000000000000000c) | `Promote integration` | `Ada` |
    | [`6a99b4b1f`](https://github.com/acme/store/commit/6a99b4b1f77dd0fc00000000000000000000000b) | `Fix the \| pipe for @bob, closes #7` | `Ben` |

    [TP201: what it means](https://towpath.example/findings#tp201)

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._

    === text
    In short, with the commits in question marked:

    ```mermaid
    %%{init: {"gitGraph": {"mainBranchName": "integration"}}}%%
    gitGraph
      commit id: "shared"
      branch "staging"
      commit id: "6a99b4b1f" type: HIGHLIGHT
      commit id: "08d12e6b7" type: HIGHLIGHT
      branch "feature/x"
      commit id: "a708a824f"
      commit id: "454021de7"
    ```
    "#);
}

#[test]
fn a_topic_without_own_work_is_closed() {
    let shown = shown(&subject("feature/x", "integration"), verdict(Fail, only_foreign()));
    insta::assert_snapshot!(shown, @r#"
    failure [Re-check] Carries history of production and master: 1 foreign commit

    `feature/x` would bring 1 commit to `integration`. It came with the history of `production` and `master`, and has not come to `integration` by the path.

    Expected: only work of its own, on top of what `integration` already has. Nothing has been merged.

    **What to do.** No commit here can be told from the other history. If some are your own work that was tried out there, put them onto `integration` by hand. Otherwise close this pull request:

    ```sh
    gh pr close 12 --repo acme/store
    ```

    **Who can act.** Whoever may push to `feature/x` can repair this. Towpath has no override: repository admins decide through the rules of `integration`.

    On the line of `production` and `master`, and not of `integration`:

    | commit | subject | author |
    |---|---|---|
    | [`08d12e6b7`](https://github.com/acme/store/commit/08d12e6b76c84d1100000000000000000000000c) | `Release 2` | `Ada` |

    [TP201: what it means](https://towpath.example/findings#tp201)

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._

    === text
    In short, with the commits in question marked:

    ```mermaid
    %%{init: {"gitGraph": {"mainBranchName": "integration"}}}%%
    gitGraph
      commit id: "shared"
      branch "production"
      commit id: "08d12e6b7" type: HIGHLIGHT
      branch "feature/x"
    ```
    "#);
}

#[test]
fn a_branch_pointed_at_the_topic_is_no_reproach() {
    let shown = shown(
        &subject("feature/x", "integration"),
        verdict(Warn, Cause::PointedAtTopic { branch: name("staging"), commit: id(13), at: 1_700_000_000 }),
    );
    insta::assert_snapshot!(shown, @r#"
    success [] On the path, but staging was pointed at it

    `staging` was pointed at `a708a824f` on 2023-11-14 22:13 UTC, after that commit had been pushed to `feature/x`. So the commits are work of `feature/x` and not history of `staging`, and it may merge.

    **What to do.** Nothing is to be done here. If `staging` was not meant to move, whoever may push to it can point it back.

    [TP201: what it means](https://towpath.example/findings#tp201)

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn an_unrelated_topic_is_picked_over() {
    let shown = shown(
        &subject("feature/x", "integration"),
        verdict(
            Fail,
            Cause::UnrelatedHistory {
                repair: Repair {
                    picks: vec![commit(13, "Begin anew", "Cleo")],
                    merges_left_out: 0,
                    ..Repair::default()
                },
            },
        ),
    );
    insta::assert_snapshot!(shown, @"
    failure [Re-check, Rebuild branch] Unrelated history: feature/x → integration

    `feature/x` and `integration` have no commit in common. Expected: a branch that starts from `integration`. Nothing has been merged.

    **What to do.** Put its own commit onto `integration`:

    ```sh
    git fetch origin &&
    git switch --detach refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits a708a824f &&
    git push --force-with-lease=feature/x:d93f69dd0126b5e9000000000000000000000384 origin HEAD:refs/heads/feature/x
    ```

    - If a pick stops at a conflict, resolve it, go on with `git cherry-pick --continue` (or `--skip`, if git says that it is empty), and then run the lines that are left.
    - The push is refused if somebody has pushed to `feature/x` since, so nothing is lost. Your local branch still holds the old commits: `git switch -C feature/x` moves it along, once nothing unpushed is left in it.

    **Who can act.** Whoever may push to `feature/x` can repair this. Towpath has no override: repository admins decide through the rules of `integration`.

    The commits of `feature/x`:

    | commit | subject | author |
    |---|---|---|
    | [`a708a824f`](https://github.com/acme/store/commit/a708a824f612c92600000000000000000000000d) | `Begin anew` | `Cleo` |

    [TP206: what it means](https://towpath.example/findings#tp206)

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn another_project_is_not_picked_over() {
    let shown = shown(
        &subject("feature/x", "integration"),
        verdict(Fail, Cause::UnrelatedHistory { repair: Repair::default() }),
    );
    insta::assert_snapshot!(shown, @r#"
    failure [Re-check] Unrelated history: feature/x → integration

    `feature/x` and `integration` have no commit in common. Expected: a branch that starts from `integration`. Nothing has been merged.

    **What to do.** Start a new branch from `integration` and bring the files over that belong to the change. There are too many commits here to be picked one by one.

    **Who can act.** Whoever may push to `feature/x` can repair this. Towpath has no override: repository admins decide through the rules of `integration`.

    [TP206: what it means](https://towpath.example/findings#tp206)

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn an_environment_without_shared_history_was_replaced() {
    let shown = shown(
        &subject("staging", "production"),
        verdict(Fail, Cause::UnrelatedHistory { repair: Repair::default() }),
    );
    insta::assert_snapshot!(shown, @r#"
    failure [Re-check] Unrelated history: staging → production

    `staging` and `production` have no commit in common. Expected: a branch that starts from `production`. Nothing has been merged.

    **What to do.** One of the two branches was replaced. Find the commit that it pointed at before, in the pushes on the repository's Activity page, and let whoever may push to it point it there again.

    **Who can act.** Whoever may push to `staging` can repair this. Towpath has no override: repository admins decide through the rules of `production`.

    [TP206: what it means](https://towpath.example/findings#tp206)

    _Judged `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}
