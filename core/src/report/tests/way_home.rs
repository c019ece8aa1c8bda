//! Promotions that hotfixes stand in the way of, and what brings them home.

use super::super::samples::*;
use super::shown;
use crate::model::{
    Cause, Commit, Divergence, Finding, MendedHotfix, MergeBack,
    Outcome::{Fail, Warn},
    PullNumber, Verdict,
};

/// All that production has may be merged into integration.
fn back(joins: bool) -> Divergence {
    let merge_back = Some(MergeBack { into: name("integration"), joins });
    Divergence { merge_back, ..Divergence::default() }
}

#[test]
fn histories_with_the_same_changes_are_joined_upstream() {
    let divergence = back(true);
    let paths = vec!["app/cart.php".to_owned()];
    let cause = Cause::MergeConflicts { paths, only_on_base: hotfix(), divergence };
    insta::assert_snapshot!(shown(&subject("staging", "production"), verdict(Fail, cause)), @"
    failure [Re-check] Conflicts: staging → production, 1 file

    `staging` and `production` have changed the same lines. Whoever resolves that conflict here gives `production` files that nobody has tested.

    `integration` already has what only `production` seems to have: in other commits, or built upon since. git takes that for two changes of the same lines.

    **What to do.** Join the two histories, by way of `integration`. No file changes:

    ```sh
    git fetch origin &&
    git switch --no-track -c join-7776e3968 refs/remotes/origin/integration &&
    git merge -s ours -m 'Join the history of production' 7776e3968 &&
    git push -u origin join-7776e3968 &&
    gh pr create --repo acme/store --base integration --head join-7776e3968 --title 'Join the history of production' --body ''
    ```

    **Who can act.** Anyone who can open a pull request. Nobody can override TP302; admins can change the rules of `production`.

    [TP302: what it means](https://towpath.example/findings#tp302)

    <details><summary>Notes on the commands</summary>

    - Merge it with a merge commit; a squash or rebase would join nothing.
    - Then promote `integration` down to `staging`. Towpath checks this pull request again by itself.

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
fn a_conflict_with_recorded_hotfixes_is_resolved_on_a_topic() {
    let recorded: Vec<_> = hotfix()
        .into_iter()
        .map(|it| Commit { origin: Some(origin(90, "hotfix/checkout", "rita")), ..it })
        .collect();
    let (paths, divergence) = (vec!["app/cart.php".to_owned()], back(false));
    let cause = Cause::MergeConflicts { paths, only_on_base: recorded, divergence };
    let subject = subject("staging", "production");
    insta::assert_snapshot!(shown(&subject, verdict(Fail, cause)), @"
    failure [Re-check] Conflicts: staging → production, 1 file

    `staging` and `production` have changed the same lines. Whoever resolves that conflict here gives `production` files that nobody has tested.

    **What to do.** Merge `production` into a topic from `integration`, and resolve the conflict there:

    ```sh
    git fetch origin &&
    git switch --no-track -c carry-back-7776e3968 refs/remotes/origin/integration &&
    git merge --no-ff 7776e3968
    ```

    **Who can act.** Anyone who can open a pull request. Nobody can override TP302; admins can change the rules of `production`.

    [TP302: what it means](https://towpath.example/findings#tp302)

    <details><summary>Notes on the commands</summary>

    - Where it stops, resolve the conflict and run `git commit`, then `git push -u origin carry-back-7776e3968`, then `gh pr create --repo acme/store --base integration --head carry-back-7776e3968 --title 'Carry production back to integration' --body ''`.
    - Merge it with a merge commit: then the next promotion does not conflict again.
    - Test the result, then promote it. Towpath checks this pull request again by itself.

    </details>

    <details><summary>Evidence: 1 commit, 1 file</summary>

    In conflict:

    | file |
    |---|
    | `app/cart.php` |

    Only on `production`:

    | commit | subject | author | brought by |
    |---|---|---|---|
    | [`c6ef372fe`](https://github.com/acme/store/commit/c6ef372fe94f82a000000000000000000000001f) | `Stop the double charge` | `Dan` | #90 by `rita` |

    </details>

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_difference_in_the_files_of_a_mended_hotfix_is_a_warning_that_says_who_said_so() {
    let mended = MendedHotfix {
        pull: PullNumber(90),
        by: "rita".to_owned(),
        reason: "rewritten, ask @ops".to_owned(),
    };
    let cause = Cause::UntestedTree {
        only_on_base: hotfix(),
        divergence: Divergence::default(),
        mended: vec![mended],
    };
    insta::assert_snapshot!(shown(&subject("staging", "production"), verdict(Warn, cause)), @"
    success [] Warning: not what was tested, staging → production

    Merging gives `production` files that nobody has tested on `staging`, but only in the files of one hotfix.

    #90: `rita` says that its fault was mended on `staging` in another way: `rewritten, ask @ops`.

    **What to do.** Test on `production` that both work together. To get rid of this warning, revert that hotfix on `production`.

    **Who can act.** Anyone who can open a pull request.

    [TP301: what it means](https://towpath.example/findings#tp301)

    <details><summary>Evidence: 1 commit</summary>

    Only on `production`:

    | commit | subject | author |
    |---|---|---|
    | [`c6ef372fe`](https://github.com/acme/store/commit/c6ef372fe94f82a000000000000000000000001f) | `Stop the double charge` | `Dan` |

    </details>

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn what_carries_a_downstream_environment_back_is_noted() {
    let back = |changes_nothing| Verdict {
        findings: vec![Finding::pass(Cause::CarriesBack { of: vec![name("production")], changes_nothing })],
    };
    insta::assert_snapshot!(shown(&subject("feature/x", "integration"), back(false)), @"
    success [] Carries back production to integration

    `feature/x` has merged `production`. What that has of its own came by pull requests, or is on `integration` already, so nothing comes ahead of its turn.

    **What to do.** Merge it with a merge commit; a squash or rebase would join nothing.

    [TP201: what it means](https://towpath.example/findings#tp201)

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
    let joins = shown(&subject("feature/x", "integration"), back(true));
    assert!(joins.contains("Joins the history of production to integration"), "{joins}");
}
