//! TP104, TP105, TP106, TP301, TP302.

use super::super::samples::*;
use super::shown;
use crate::model::{
    Cause, Divergence, Finding,
    Outcome::{Fail, Pass, Warn},
    PromoteFirst,
};

#[test]
fn a_head_behind_is_brought_forward() {
    let shown = shown(&subject("staging", "production"), verdict(Fail, Cause::HeadBehind));
    insta::assert_snapshot!(shown, @r#"
    failure [Re-check] Behind: staging has nothing new for production

    `production` already has every commit of `staging`, and files have changed there since. Merging this would promote nothing, and what people test on `staging` is older than what `production` holds.

    **What to do.** Merge `production` back into `integration`, and promote it from there again:

    ```sh
    gh pr create --repo acme/store --base integration --head production --title 'Carry production back to integration' --body ''
    ```

    **Who can act.** Anyone who can open a pull request. Anyone with the role `maintain` or a higher one can override it with `/override TP104 --reason "…"`.

    [TP104: what it means](https://towpath.example/findings#tp104)

    <details><summary>Notes on the commands</summary>

    - Resolve conflicts there. Test the result, then promote it. Towpath checks this pull request again by itself.
    - If a change that only `production` has is a revert, that also removes the reverted work from `integration`.

    </details>

    <details><summary>Other ways</summary>

    **Or:** If it cannot wait: merge `production` into `staging`, test there, and carry it back into `integration` afterwards.

    **Or:** If `staging` was pushed back by mistake, point it at the commit where it was. The repository's Activity page lists each push.

    **Or:** If somebody pushed `staging` back on purpose, close this pull request: there is nothing to promote.

    </details>

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn a_snapshot_is_judged_as_its_environment() {
    let pull = subject("release/42", "staging");
    let mut told = vec![shown(&pull, verdict(Pass, snapshot(true)))];
    let mut behind = verdict(Fail, Cause::HeadBehind);
    behind.findings.push(Finding::pass(snapshot(false)));
    told.push(shown(&pull, behind));
    let mut untested = verdict(
        Fail,
        Cause::UntestedTree {
            only_on_base: Vec::new(),
            divergence: Divergence::default(),
            mended: Vec::new(),
        },
    );
    untested.findings.push(Finding::pass(snapshot(false)));
    told.push(shown(&pull, untested));
    insta::assert_snapshot!(told.join("\n=======\n"), @r#"
    success [] Snapshot of integration → staging

    `release/42` points at `d93f69dd0`, the tip of `integration`. So Towpath checks it as a promotion of `integration`. `release/42` does not move when `integration` does.

    [TP110: what it means](https://towpath.example/findings#tp110)

    _Checked `d93f69dd0` against `staging` at `7776e3968`, 2023-11-14 22:13 UTC._
    =======
    failure [Re-check] Behind: staging has all of this snapshot of integration

    `staging` already has every commit of `d93f69dd0`, and files have changed there since. Merging this would promote nothing: it is an old state of `integration`.

    **What to do.** Close this pull request, and open one from `integration` as it is now:

    ```sh
    gh pr close 12 --repo acme/store &&
    gh pr create --repo acme/store --base staging --head integration --title 'Promote integration to staging' --body ''
    ```

    **Who can act.** The author of the pull request, and anyone with write access. Anyone with the role `maintain` or a higher one can override it with `/override TP104 --reason "…"`.

    [TP104: what it means](https://towpath.example/findings#tp104)

    <details><summary>Also found: TP110</summary>

    **Snapshot of `integration` → `staging`**

    `release/42` points at `d93f69dd0`, a former tip of `integration`. So Towpath checks it as a promotion of `integration`. `release/42` does not move when `integration` does.

    [TP110: what it means](https://towpath.example/findings#tp110)

    </details>

    _Checked `d93f69dd0` against `staging` at `7776e3968`, 2023-11-14 22:13 UTC._
    =======
    failure [Re-check] Not what was tested: integration → staging

    Merging would give `staging` files that nobody has tested on `integration`. No single commit of `staging` explains the difference.

    **What to do.** Merge `staging` back into `integration`, and promote it from there again:

    ```sh
    gh pr create --repo acme/store --base integration --head staging --title 'Carry staging back to integration' --body ''
    ```

    **Who can act.** Anyone who can open a pull request. Anyone with the role `maintain` or a higher one can override it with `/override TP301 --reason "…"`.

    [TP301: what it means](https://towpath.example/findings#tp301)

    <details><summary>Notes on the commands</summary>

    - Resolve conflicts there. Test the result, then open a pull request from it: the head of this one does not move.
    - If a change that only `staging` has is a revert, that also removes the reverted work from `integration`.

    </details>

    <details><summary>Background</summary>

    After a promotion `staging` holds exactly the files of `integration`.

    </details>

    <details><summary>Also found: TP110</summary>

    **Snapshot of `integration` → `staging`**

    `release/42` points at `d93f69dd0`, a former tip of `integration`. So Towpath checks it as a promotion of `integration`. `release/42` does not move when `integration` does.

    [TP110: what it means](https://towpath.example/findings#tp110)

    </details>

    _Checked `d93f69dd0` against `staging` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn nothing_to_promote_is_a_pass() {
    let shown = shown(&subject("integration", "staging"), verdict(Pass, Cause::NothingToPromote));
    insta::assert_snapshot!(shown, @"
    success [] Nothing to promote: integration → staging

    `staging` and `integration` have the same files, so merging changes none. You can close this pull request.

    [TP105: what it means](https://towpath.example/findings#tp105)

    _Checked `d93f69dd0` against `staging` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn an_accidental_reverse_merge_is_closed() {
    let shown =
        shown(&subject("production", "integration"), verdict(Warn, Cause::ReverseMerge { rejoins: None }));
    insta::assert_snapshot!(shown, @"
    success [] Warning: nothing to carry, production → integration

    `production` has no change that `integration` lacks, so merging this only adds a merge commit. GitHub offers such pull requests whenever a branch has moved.

    **What to do.** Close this pull request:

    ```sh
    gh pr close 12 --repo acme/store
    ```

    [TP106: what it means](https://towpath.example/findings#tp106)

    <details><summary>Another way</summary>

    If you want to carry a hotfix back: it is not on `production` yet, or `integration` already has it. Merge the hotfix into `production` first; Towpath then checks this pull request again.

    </details>

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn what_was_not_tested_is_carried_back() {
    let shown = shown(
        &subject("staging", "production"),
        verdict(
            Fail,
            Cause::UntestedTree {
                only_on_base: hotfix(),
                divergence: Divergence::default(),
                mended: Vec::new(),
            },
        ),
    );
    insta::assert_snapshot!(shown, @r#"
    failure [Re-check] Not what was tested: staging → production

    Merging would give `production` files that nobody has tested on `staging`. The difference comes from 1 commit, which only `production` has.

    **What to do.** Merge `production` back into `integration`, and promote it from there again:

    ```sh
    gh pr create --repo acme/store --base integration --head production --title 'Carry production back to integration' --body ''
    ```

    **Who can act.** Anyone who can open a pull request. Anyone with the role `maintain` or a higher one can override it with `/override TP301 --reason "…"`.

    [TP301: what it means](https://towpath.example/findings#tp301)

    <details><summary>Notes on the commands</summary>

    - Resolve conflicts there. Test the result, then promote it. Towpath checks this pull request again by itself.
    - If a change that only `production` has is a revert, that also removes the reverted work from `integration`.

    </details>

    <details><summary>Other ways</summary>

    **Or:** Pick only these commits onto a new branch from `integration`:

    ```sh
    git fetch origin &&
    git switch --no-track -c carry-back-c6ef372fe refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits -x c6ef372fe &&
    git push -u origin carry-back-c6ef372fe
    ```

    **Or:** If it cannot wait: merge `production` into `staging`, test there, and carry it back into `integration` afterwards.

    </details>

    <details><summary>Background</summary>

    After a promotion `production` holds exactly the files of `staging`.

    </details>

    <details><summary>Evidence: 1 commit</summary>

    Only on `production`:

    | commit | subject | author |
    |---|---|---|
    | [`c6ef372fe`](https://github.com/acme/store/commit/c6ef372fe94f82a000000000000000000000001f) | `Stop the double charge` | `Dan` |

    </details>

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._

    === text
    <details><summary>Drawing, with the commits in question marked</summary>

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

    </details>
    "#);
}

#[test]
fn where_the_promotion_before_it_is_missing_nothing_is_brought_back() {
    let first = PromoteFirst { from: name("integration"), into: name("staging") };
    let after = |first| Divergence { first: Some(first), ..Divergence::default() };
    let causes = [
        Cause::BehindUntilPromoted { first: first.clone() },
        Cause::UntestedTree { only_on_base: hotfix(), divergence: after(first.clone()), mended: Vec::new() },
        Cause::MergeConflicts {
            paths: vec!["a".to_owned()],
            only_on_base: hotfix(),
            divergence: after(first.clone()),
        },
    ];
    for cause in causes {
        let shown = shown(&subject("staging", "production"), verdict(Fail, cause));
        assert!(!shown.contains("Carry production back"), "{shown}");
        let advice = &shown[shown.find("`integration` already has all of that").expect(&shown)..];
        let advice = &advice[..advice.find("**Who can act.**").unwrap()];
        assert_eq!(
            advice.trim_end(),
            "`integration` already has all of that, so merging `production` back there would change nothing. The promotion \
             of `integration` to `staging` is missing.\n\n\
             **What to do.** Promote `integration` to `staging` first:\n\n\
             ```sh\n\
             gh pr create --repo acme/store --base staging --head integration --title 'Promote integration to staging' \
             --body ''\n\
             ```"
        );
        let notes = "- If that pull request is already open, merge it.\n\
                     - Test the result on `staging`. Towpath checks this pull request again by itself.";
        assert!(shown.contains(notes), "{shown}");
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
                divergence: Divergence::default(),
            },
        ),
    );
    insta::assert_snapshot!(shown, @"
    failure [Re-check] Conflicts: staging → production, 1 file

    `staging` and `production` have changed the same lines. Whoever resolves that conflict here gives `production` files that nobody has tested.

    **What to do.** Merge `production` back into `integration`, and promote it from there again:

    ```sh
    gh pr create --repo acme/store --base integration --head production --title 'Carry production back to integration' --body ''
    ```

    **Who can act.** Anyone who can open a pull request. Nobody can override TP302; admins can change the rules of `production`.

    [TP302: what it means](https://towpath.example/findings#tp302)

    <details><summary>Notes on the commands</summary>

    - Resolve conflicts there. Test the result, then promote it. Towpath checks this pull request again by itself.
    - If a change that only `production` has is a revert, that also removes the reverted work from `integration`.

    </details>

    <details><summary>Other ways</summary>

    **Or:** Pick only these commits onto a new branch from `integration`:

    ```sh
    git fetch origin &&
    git switch --no-track -c carry-back-c6ef372fe refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits -x c6ef372fe &&
    git push -u origin carry-back-c6ef372fe
    ```

    **Or:** If it cannot wait: merge `production` into `staging`, test there, and carry it back into `integration` afterwards.

    </details>

    <details><summary>Evidence: 1 commit, 1 file</summary>

    In conflict:

    | file |
    |---|
    | `app/cart.php` |

    Only on `production`:

    | commit | subject | author |
    |---|---|---|
    | [`c6ef372fe`](https://github.com/acme/store/commit/c6ef372fe94f82a000000000000000000000001f) | `Stop the double charge` | `Dan` |

    </details>

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
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
                divergence: Divergence::default(),
            },
        ),
    );
    insta::assert_snapshot!(shown, @"
    failure [Re-check] Conflicts: production → master, 1 file

    `production` and `master` have changed the same lines. Whoever resolves that conflict here gives `master` files that nobody has tested.

    **What to do.** Save what is on `master` under another name, then make `master` a copy of `production` again:

    ```sh
    git fetch origin &&
    git push origin 7776e396807131fe000000000000000000000385:refs/heads/master-before-repair-7776e3968 &&
    git push --force-with-lease=master:7776e396807131fe000000000000000000000385 origin d93f69dd0126b5e9000000000000000000000384:refs/heads/master
    ```

    **Who can act.** Anyone who can force-push to `master`. If its rules let nobody do that, an admin has to allow it. Nobody can override TP302; admins can change the rules of `master`.

    [TP302: what it means](https://towpath.example/findings#tp302)

    <details><summary>Notes on the commands</summary>

    If these changes are worth keeping, open a pull request for them into the environment that takes topics. They reach `master` with a release.

    </details>

    <details><summary>Evidence: 1 commit, 1 file</summary>

    In conflict:

    | file |
    |---|
    | `app/cart.php` |

    Only on `master`:

    | commit | subject | author |
    |---|---|---|
    | [`c6ef372fe`](https://github.com/acme/store/commit/c6ef372fe94f82a000000000000000000000001f) | `Stop the double charge` | `Dan` |

    </details>

    _Checked `d93f69dd0` against `master` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}
