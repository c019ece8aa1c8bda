//! TP201 and TP206.

use super::super::samples::*;
use super::shown;
use crate::model::{
    Cause,
    Outcome::{Fail, Warn},
    Repair, UnixSeconds,
};

#[test]
fn a_topic_with_foreign_history_is_picked_onto_the_base() {
    let shown = shown(&subject("feature/x", "integration"), verdict(Fail, carries_staging()));
    insta::assert_snapshot!(shown, @r#"
    failure [Re-check, Rebuild branch] Carries staging's history: 2 foreign commits

    3 of the 5 commits of `feature/x` are part of `staging` but never reached `integration` through a pull request. Merging this would bring them to `integration`, and the next promotion would carry them on.

    **What to do.** Put its own 2 commits onto `integration`, oldest first:

    ```sh
    git fetch origin &&
    git switch --detach refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits a708a824f 454021de7 &&
    git push --force-with-lease=feature/x:d93f69dd0126b5e9000000000000000000000384 origin HEAD:refs/heads/feature/x
    ```

    **Who can act.** Anyone who can push to `feature/x`. Anyone with the role `maintain` or a higher one can override it with `/override TP201 --reason "…"`.

    [TP201: what it means](https://towpath.example/findings#tp201)

    <details><summary>Notes on the commands</summary>

    - If a pick stops at a conflict, resolve it and run `git cherry-pick --continue` (or `--skip` if git says that the commit is empty). Then run the remaining lines.
    - Your merge commit is dropped: you will resolve its conflicts again, and any other edit made in it is lost. `git show --remerge-diff COMMIT` shows such edits.
    - If somebody has pushed to `feature/x` since, git refuses the push, so nothing gets lost. Your local branch still has the old commits. Once it has nothing unpushed, `git switch -C feature/x` moves it.

    </details>

    <details><summary>Another way</summary>

    Put the same commits on a new branch from `integration`, open a pull request from it and close this one.

    </details>

    <details><summary>Evidence: 2 commits</summary>

    Part of `staging`, but not of `integration`:

    | commit | subject | author |
    |---|---|---|
    | [`08d12e6b7`](https://github.com/acme/store/commit/08d12e6b76c84d1100000000000000000000000c) | `Promote integration` | `Ada` |
    | [`6a99b4b1f`](https://github.com/acme/store/commit/6a99b4b1f77dd0fc00000000000000000000000b) | `Fix the \| pipe for @bob, closes #7` | `Ben` |

    </details>

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._

    === text
    <details><summary>Drawing, with the commits in question marked</summary>

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

    </details>
    "#);
}

#[test]
fn a_topic_in_a_fork_is_pushed_to_the_fork() {
    let mut subject = subject("feature/x", "integration");
    subject.pull.head.fork = true;
    let shown = shown(&subject, verdict(Fail, carries_staging()));
    insta::assert_snapshot!(shown, @r#"
    failure [Re-check] Carries staging's history: 2 foreign commits

    3 of the 5 commits of `feature/x` are part of `staging` but never reached `integration` through a pull request. Merging this would bring them to `integration`, and the next promotion would carry them on.

    **What to do.** Put its own 2 commits onto `integration`, oldest first:

    ```sh
    git fetch 'https://github.com/acme/store.git' refs/heads/integration &&
    git switch --detach FETCH_HEAD &&
    git cherry-pick --keep-redundant-commits a708a824f 454021de7 &&
    git push --force-with-lease=feature/x:d93f69dd0126b5e9000000000000000000000384 origin HEAD:refs/heads/feature/x
    ```

    **Who can act.** Anyone who can push to `feature/x` in the fork. Anyone with the role `maintain` or a higher one can override it with `/override TP201 --reason "…"`.

    [TP201: what it means](https://towpath.example/findings#tp201)

    <details><summary>Notes on the commands</summary>

    - If a pick stops at a conflict, resolve it and run `git cherry-pick --continue` (or `--skip` if git says that the commit is empty). Then run the remaining lines.
    - Your merge commit is dropped: you will resolve its conflicts again, and any other edit made in it is lost. `git show --remerge-diff COMMIT` shows such edits.
    - The push goes to the fork. `origin` stands for the fork here: use the name that the fork has in your clone.
    - If the fork is gone, first fetch its commits: `git fetch 'https://github.com/acme/store.git' refs/pull/12/head`. Read them before you push the result as a new branch here, because workflows will run it with this repository's secrets. Then open a pull request from that branch.
    - If somebody has pushed to `feature/x` since, git refuses the push, so nothing gets lost. Your local branch still has the old commits. Once it has nothing unpushed, `git switch -C feature/x` moves it.

    </details>

    <details><summary>Another way</summary>

    Put the same commits on a new branch from `integration`, open a pull request from it and close this one.

    </details>

    <details><summary>Evidence: 2 commits</summary>

    Part of `staging`, but not of `integration`:

    | commit | subject | author |
    |---|---|---|
    | [`08d12e6b7`](https://github.com/acme/store/commit/08d12e6b76c84d1100000000000000000000000c) | `Promote integration` | `Ada` |
    | [`6a99b4b1f`](https://github.com/acme/store/commit/6a99b4b1f77dd0fc00000000000000000000000b) | `Fix the \| pipe for @bob, closes #7` | `Ben` |

    </details>

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._

    === text
    <details><summary>Drawing, with the commits in question marked</summary>

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

    </details>
    "#);
}

#[test]
fn a_topic_without_own_work_is_closed() {
    let shown = shown(&subject("feature/x", "integration"), verdict(Fail, only_foreign()));
    insta::assert_snapshot!(shown, @r#"
    failure [Re-check] Carries history of production and master: 1 foreign commit

    The only commit of `feature/x` is part of `production` and `master` but never reached `integration` through a pull request. Merging this would bring it to `integration`, and the next promotion would carry it on.

    **What to do.** Every commit here is part of another branch already. If you tried out work of your own there, put it onto `integration` by hand. Otherwise close this pull request:

    ```sh
    gh pr close 12 --repo acme/store
    ```

    **Who can act.** Anyone who can push to `feature/x`. Anyone with the role `maintain` or a higher one can override it with `/override TP201 --reason "…"`.

    [TP201: what it means](https://towpath.example/findings#tp201)

    <details><summary>Evidence: 1 commit</summary>

    Part of `production` and `master`, but not of `integration`:

    | commit | subject | author |
    |---|---|---|
    | [`08d12e6b7`](https://github.com/acme/store/commit/08d12e6b76c84d1100000000000000000000000c) | `Release 2` | `Ada` |

    </details>

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._

    === text
    <details><summary>Drawing, with the commits in question marked</summary>

    ```mermaid
    %%{init: {"gitGraph": {"mainBranchName": "integration"}}}%%
    gitGraph
      commit id: "shared"
      branch "production"
      commit id: "08d12e6b7" type: HIGHLIGHT
      branch "feature/x"
    ```

    </details>
    "#);
}

#[test]
fn a_branch_pointed_at_the_topic_is_no_reproach() {
    let shown = shown(
        &subject("feature/x", "integration"),
        verdict(
            Warn,
            Cause::PointedAtTopic { branch: name("staging"), commit: id(13), at: UnixSeconds(1_700_000_000) },
        ),
    );
    insta::assert_snapshot!(shown, @"
    success [] On the path, but staging was pointed at it

    `staging` was pointed at `a708a824f` on 2023-11-14 22:13 UTC, after that commit had been pushed to `feature/x`. So these commits are work of `feature/x` and not history of `staging`: you can merge.

    **What to do.** Nothing here. If `staging` was not meant to move, anyone who can push to it can point it back.

    [TP201: what it means](https://towpath.example/findings#tp201)

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
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

    `feature/x` and `integration` have no commit in common. Merging this would join two histories that know nothing of each other, and nobody could review what changes in `integration`.

    **What to do.** Put its own commit onto `integration`:

    ```sh
    git fetch origin &&
    git switch --detach refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits a708a824f &&
    git push --force-with-lease=feature/x:d93f69dd0126b5e9000000000000000000000384 origin HEAD:refs/heads/feature/x
    ```

    **Who can act.** Anyone who can push to `feature/x`. Nobody can override TP206; admins can change the rules of `integration`.

    [TP206: what it means](https://towpath.example/findings#tp206)

    <details><summary>Notes on the commands</summary>

    - If a pick stops at a conflict, resolve it and run `git cherry-pick --continue` (or `--skip` if git says that the commit is empty). Then run the remaining lines.
    - If somebody has pushed to `feature/x` since, git refuses the push, so nothing gets lost. Your local branch still has the old commits. Once it has nothing unpushed, `git switch -C feature/x` moves it.

    </details>

    <details><summary>Evidence: 1 commit</summary>

    The commits of `feature/x`:

    | commit | subject | author |
    |---|---|---|
    | [`a708a824f`](https://github.com/acme/store/commit/a708a824f612c92600000000000000000000000d) | `Begin anew` | `Cleo` |

    </details>

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn another_project_is_not_picked_over() {
    let shown = shown(
        &subject("feature/x", "integration"),
        verdict(Fail, Cause::UnrelatedHistory { repair: Repair::default() }),
    );
    insta::assert_snapshot!(shown, @"
    failure [Re-check] Unrelated history: feature/x → integration

    `feature/x` and `integration` have no commit in common. Merging this would join two histories that know nothing of each other, and nobody could review what changes in `integration`.

    **What to do.** Start a new branch from `integration` and copy over the files that belong to your change. There are too many commits here to pick one by one.

    **Who can act.** Anyone who can push to `feature/x`. Nobody can override TP206; admins can change the rules of `integration`.

    [TP206: what it means](https://towpath.example/findings#tp206)

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn an_environment_without_shared_history_was_replaced() {
    let shown = shown(
        &subject("staging", "production"),
        verdict(Fail, Cause::UnrelatedHistory { repair: Repair::default() }),
    );
    insta::assert_snapshot!(shown, @"
    failure [Re-check] Unrelated history: staging → production

    `staging` and `production` have no commit in common. Merging this would join two histories that know nothing of each other, and nobody could review what changes in `production`.

    **What to do.** Somebody replaced one of the two branches. The repository's Activity page lists each push: find the commit where the branch was, and point it there again.

    **Who can act.** Anyone who can push to `staging`. Nobody can override TP206; admins can change the rules of `production`.

    [TP206: what it means](https://towpath.example/findings#tp206)

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn merges_without_a_change_of_their_own_do_not_count_beside_other_commits() {
    let (promotion, fix) = (commit(12, "Promote integration", "Ada"), commit(11, "Fix the pipe", "Ben"));
    let cause = match carries_staging() {
        Cause::CarriesHistory { brought, came_along, entered, repair, .. } => Cause::CarriesHistory {
            foreign: vec![
                (name("staging"), vec![promotion.clone(), fix]),
                (name("production"), vec![promotion.clone()]),
            ],
            plain_merges: vec![promotion.id],
            brought,
            came_along,
            entered,
            repair,
        },
        other => other,
    };
    let shown = shown(&subject("feature/x", "integration"), verdict(Fail, cause));
    let is_told = |line: &&str| line.starts_with(['f', '3', '|']) || line.contains("HIGHLIGHT");
    let told: Vec<&str> = shown.lines().filter(is_told).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    failure [Re-check, Rebuild branch] Carries history of staging and production: 1 foreign commit
    3 of the 5 commits of `feature/x` are part of `staging` and `production` but never reached `integration` through a pull request. Merging this would bring them to `integration`, and the next promotion would carry them on.
    | commit | subject | author |
    |---|---|---|
    | [`6a99b4b1f`](https://github.com/acme/store/commit/6a99b4b1f77dd0fc00000000000000000000000b) | `Fix the pipe` | `Ben` |
      commit id: "6a99b4b1f" type: HIGHLIGHT
    "#);
}
