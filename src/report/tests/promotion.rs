//! TP104, TP105, TP106, TP301, TP302.

use super::super::samples::*;
use super::shown;
use crate::model::{
    Cause, Finding,
    Outcome::{Fail, Pass, Warn},
    PromoteFirst,
};

#[test]
fn a_head_behind_is_brought_forward() {
    let shown = shown(&subject("staging", "production"), verdict(Fail, Cause::HeadBehind));
    insta::assert_snapshot!(shown, @"
    failure [Re-check] Behind: staging has nothing new for production

    Every commit of `staging` is on `production` already, and the files differ: `production` is ahead. Expected: `staging` is ahead, or the same.

    **What to do.** Bring `production` back into `integration`, and let it travel down the path again:

    ```sh
    gh pr create --repo acme/store --base integration --head production --title 'Carry production back to integration' --body ''
    ```

    - Conflicts are resolved there. Test the result, then promote it. This pull request is judged again by itself.
    - If a change that only `production` has is a revert, what it takes back is gone from `integration` too, then.

    **Another way.** If it cannot wait: merge `production` into `staging`, test there, and carry it back into `integration` afterwards.

    **Another way.** If `staging` was pushed back by mistake, point it at the commit where it was. The repository's Activity page shows each push.

    **Another way.** If it was put back on purpose, close this pull request: there is nothing to promote.

    **Who can act.** Whoever may open a pull request can start this. Towpath has no override: repository admins decide through the rules of `production`.

    [TP104: what it means](https://towpath.example/findings#tp104)

    _Judged `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_snapshot_is_judged_as_its_environment() {
    let pull = subject("release/42", "staging");
    let mut told = vec![shown(&pull, verdict(Pass, snapshot(true)))];
    let mut behind = verdict(Fail, Cause::HeadBehind);
    behind.findings.push(Finding::pass(snapshot(false)));
    told.push(shown(&pull, behind));
    let mut untested =
        verdict(Fail, Cause::UntestedTree { only_on_base: Vec::new(), cut_by: None, first: None });
    untested.findings.push(Finding::pass(snapshot(false)));
    told.push(shown(&pull, untested));
    insta::assert_snapshot!(told.join("\n=======\n"), @"
    success [] Snapshot of integration → staging

    `release/42` stands at `d93f69dd0`, where `integration` is. So this is judged as a promotion of `integration`: what counts is what `staging` takes from it. `release/42` does not move when `integration` does.

    [TP110: what it means](https://towpath.example/findings#tp110)

    _Judged `d93f69dd0` against `staging` at `7776e3968`, 2023-11-14 22:13 UTC._
    =======
    failure [Re-check] Behind: staging has all of this snapshot of integration

    Every commit of `d93f69dd0` is on `staging` already, and the files differ: `staging` is ahead. Expected: a state of `integration` that `staging` does not have yet.

    **What to do.** Close this pull request, and open one from `integration` as it is now:

    ```sh
    gh pr close 12 --repo acme/store &&
    gh pr create --repo acme/store --base staging --head integration --title 'Promote integration to staging' --body ''
    ```

    **Who can act.** The author of the pull request, and whoever may write to the repository, can do this. Towpath has no override: repository admins decide through the rules of `staging`.

    [TP104: what it means](https://towpath.example/findings#tp104)

    <details><summary>Also found: TP110</summary>

    **Snapshot of `integration` → `staging`**

    `release/42` stands at `d93f69dd0`, where `integration` has been. So this is judged as a promotion of `integration`: what counts is what `staging` takes from it. `release/42` does not move when `integration` does.

    [TP110: what it means](https://towpath.example/findings#tp110)

    </details>

    _Judged `d93f69dd0` against `staging` at `7776e3968`, 2023-11-14 22:13 UTC._
    =======
    failure [Re-check] Not what was tested: integration → staging

    Merging would give `staging` files that nobody has tested on `integration`. No single commit of `staging` explains the difference.

    Expected: after the merge `staging` holds exactly the files of `integration`. Nothing has been merged.

    **What to do.** Bring `staging` back into `integration`, and let it travel down the path again:

    ```sh
    gh pr create --repo acme/store --base integration --head staging --title 'Carry staging back to integration' --body ''
    ```

    - Conflicts are resolved there. Test the result, then open a pull request from it: this one's head does not move.
    - If a change that only `staging` has is a revert, what it takes back is gone from `integration` too, then.

    **Who can act.** Whoever may open a pull request can start this. Towpath has no override: repository admins decide through the rules of `staging`.

    [TP301: what it means](https://towpath.example/findings#tp301)

    <details><summary>Also found: TP110</summary>

    **Snapshot of `integration` → `staging`**

    `release/42` stands at `d93f69dd0`, where `integration` has been. So this is judged as a promotion of `integration`: what counts is what `staging` takes from it. `release/42` does not move when `integration` does.

    [TP110: what it means](https://towpath.example/findings#tp110)

    </details>

    _Judged `d93f69dd0` against `staging` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn nothing_to_promote_is_a_pass() {
    let shown = shown(&subject("integration", "staging"), verdict(Pass, Cause::NothingToPromote));
    insta::assert_snapshot!(shown, @r#"
    success [] Nothing to promote: integration → staging

    `staging` and `integration` hold the same files. Merging would change none. The pull request can be closed.

    [TP105: what it means](https://towpath.example/findings#tp105)

    _Judged `d93f69dd0` against `staging` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn an_accidental_reverse_merge_is_closed() {
    let shown =
        shown(&subject("production", "integration"), verdict(Warn, Cause::ReverseMerge { rejoins: None }));
    insta::assert_snapshot!(shown, @r#"
    success [] Warning: nothing to carry, production → integration

    `production` is further down the path than `integration`, and it has no change that `integration` lacks. GitHub offers such pull requests by itself when a branch has moved.

    **What to do.** Close this pull request:

    ```sh
    gh pr close 12 --repo acme/store
    ```

    **Another way.** If a hotfix was to be carried back: it is not on `production` yet, or `integration` has it already. Merge the hotfix into `production` first. This pull request then carries it, and is judged again by itself.

    [TP106: what it means](https://towpath.example/findings#tp106)

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn what_was_not_tested_is_carried_back() {
    let shown = shown(
        &subject("staging", "production"),
        verdict(Fail, Cause::UntestedTree { only_on_base: hotfix(), cut_by: None, first: None }),
    );
    insta::assert_snapshot!(shown, @r#"
    failure [Re-check] Not what was tested: staging → production

    Merging would give `production` files that nobody has tested on `staging`. The difference comes from 1 commit that only `production` has.

    Expected: after the merge `production` holds exactly the files of `staging`. Nothing has been merged.

    **What to do.** Bring `production` back into `integration`, and let it travel down the path again:

    ```sh
    gh pr create --repo acme/store --base integration --head production --title 'Carry production back to integration' --body ''
    ```

    - Conflicts are resolved there. Test the result, then promote it. This pull request is judged again by itself.
    - If a change that only `production` has is a revert, what it takes back is gone from `integration` too, then.

    **Another way.** Bring only these commits to `integration`, on a branch of their own:

    ```sh
    git fetch origin &&
    git switch --no-track -c carry-back-c6ef372fe refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits -x c6ef372fe &&
    git push -u origin carry-back-c6ef372fe
    ```

    **Another way.** If it cannot wait: merge `production` into `staging`, test there, and carry it back into `integration` afterwards.

    **Who can act.** Whoever may open a pull request can start this. Towpath has no override: repository admins decide through the rules of `production`.

    Only on `production`:

    | commit | subject | author |
    |---|---|---|
    | [`c6ef372fe`](https://github.com/acme/store/commit/c6ef372fe94f82a000000000000000000000001f) | `Stop the double charge` | `Dan` |

    [TP301: what it means](https://towpath.example/findings#tp301)

    _Judged `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._

    === text
    In short, with the commits in question marked:

    ```mermaid
    %%{init: {"gitGraph": {"mainBranchName": "production"}}}%%
    gitGraph
      commit id: "shared"
      branch "staging"
      commit id: "tested d93f69dd0"
      checkout "production"
      commit id: "c6ef372fe" type: HIGHLIGHT
      merge "staging"
    ```
    "#);
}

#[test]
fn where_the_promotion_before_it_is_missing_nothing_is_brought_back() {
    let first = PromoteFirst { from: name("integration"), into: name("staging") };
    let causes = [
        Cause::BehindUntilPromoted { first: first.clone() },
        Cause::UntestedTree { only_on_base: hotfix(), cut_by: None, first: Some(first.clone()) },
        Cause::MergeConflicts {
            paths: vec!["a".to_owned()],
            only_on_base: hotfix(),
            cut_by: None,
            first: Some(first),
        },
    ];
    for cause in causes {
        let shown = shown(&subject("staging", "production"), verdict(Fail, cause));
        assert!(!shown.contains("Carry production back"), "{shown}");
        let advice = &shown[shown.find("`integration` has all of that already").expect(&shown)..];
        let advice = &advice[..advice.find("**Who can act.**").unwrap()];
        let advice = advice.split("**Another way.**").next().unwrap_or_default().trim_end();
        assert_eq!(
            advice,
            "`integration` has all of that already, so bringing `production` back there would carry nothing. What is \
             missing is the promotion of `integration` to `staging`.\n\n\
             **What to do.** Promote `integration` to `staging` first:\n\n\
             ```sh\n\
             gh pr create --repo acme/store --base staging --head integration --title 'Promote integration to staging' \
             --body ''\n\
             ```\n\n\
             - Where such a pull request is open already, merge that one.\n\
             - Test the result on `staging`. This pull request is judged again by itself."
        );
    }
}

#[test]
fn conflicts_are_resolved_upstream() {
    let shown = shown(
        &subject("staging", "production"),
        verdict(
            Fail,
            Cause::MergeConflicts {
                paths: vec!["app/cart.php".to_owned()],
                only_on_base: hotfix(),
                cut_by: None,
                first: None,
            },
        ),
    );
    insta::assert_snapshot!(shown, @"
    failure [Re-check] Conflicts: staging → production, 1 path

    `staging` and `production` have changed the same lines, so they do not merge by themselves. A conflict resolved here would ship a result that nobody has tested.

    **What to do.** Bring `production` back into `integration`, and let it travel down the path again:

    ```sh
    gh pr create --repo acme/store --base integration --head production --title 'Carry production back to integration' --body ''
    ```

    - Conflicts are resolved there. Test the result, then promote it. This pull request is judged again by itself.
    - If a change that only `production` has is a revert, what it takes back is gone from `integration` too, then.

    **Another way.** Bring only these commits to `integration`, on a branch of their own:

    ```sh
    git fetch origin &&
    git switch --no-track -c carry-back-c6ef372fe refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits -x c6ef372fe &&
    git push -u origin carry-back-c6ef372fe
    ```

    **Another way.** If it cannot wait: merge `production` into `staging`, test there, and carry it back into `integration` afterwards.

    **Who can act.** Whoever may open a pull request can start this. Towpath has no override: repository admins decide through the rules of `production`.

    In conflict:

    | path |
    |---|
    | `app/cart.php` |

    Only on `production`:

    | commit | subject | author |
    |---|---|---|
    | [`c6ef372fe`](https://github.com/acme/store/commit/c6ef372fe94f82a000000000000000000000001f) | `Stop the double charge` | `Dan` |

    [TP302: what it means](https://towpath.example/findings#tp302)

    _Judged `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_copy_with_changes_of_its_own_is_kept_aside() {
    let shown = shown(
        &subject("production", "master"),
        verdict(
            Fail,
            Cause::MergeConflicts {
                paths: vec!["app/cart.php".to_owned()],
                only_on_base: hotfix(),
                cut_by: None,
                first: None,
            },
        ),
    );
    insta::assert_snapshot!(shown, @"
    failure [Re-check] Conflicts: production → master, 1 path

    `production` and `master` have changed the same lines, so they do not merge by themselves. A conflict resolved here would ship a result that nobody has tested.

    **What to do.** Keep what is on `master` aside, then make it a copy of `production` again:

    ```sh
    git fetch origin &&
    git push origin 7776e396807131fe000000000000000000000385:refs/heads/master-before-repair-7776e3968 &&
    git push --force-with-lease=master:7776e396807131fe000000000000000000000385 origin d93f69dd0126b5e9000000000000000000000384:refs/heads/master
    ```

    What is worth keeping goes to the environment that takes topics, and reaches `master` with a release.

    **Who can act.** Whoever may push to `master` by force can do this; where its rules let nobody, an admin lets somebody. Towpath has no override: repository admins decide through the rules of `master`.

    In conflict:

    | path |
    |---|
    | `app/cart.php` |

    Only on `master`:

    | commit | subject | author |
    |---|---|---|
    | [`c6ef372fe`](https://github.com/acme/store/commit/c6ef372fe94f82a000000000000000000000001f) | `Stop the double charge` | `Dan` |

    [TP302: what it means](https://towpath.example/findings#tp302)

    _Judged `d93f69dd0` against `master` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}
