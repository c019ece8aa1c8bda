//! TP303 to TP305, back-merges, the copy and the configuration.

use super::super::samples::*;
use super::shown;
use crate::model::{Cause, LateFailure, Outcome, UnixSeconds};

/// The sample in this place.
fn sample(place: usize) -> String {
    let (head, base, verdict) = between_environments().remove(place);
    shown(&subject(head, base), verdict)
}

#[test]
fn waits_until_the_source_was_deployed() {
    insta::assert_snapshot!(sample(0), @r#"
    action_required [Re-check] Waits for staging to deploy d93f69dd0

    `production` takes only what was successfully deployed to `staging` first. `d93f69dd0` (`staging`) was not, so merging this would release what nobody has tested.

    **What to do.** Deploy `d93f69dd0` to `staging`. Once GitHub has a successful deployment of the same files, Towpath checks this again.

    **Who can act.** Anyone who deploys to `staging`. Anyone with the role `maintain` or a higher one can override it with `/override TP303 --reason "…"`.

    [TP303: what it means](https://towpath.example/findings#tp303)

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn what_was_not_well_later_waits_again() {
    let failed_late =
        Some(LateFailure { at: UnixSeconds(1_700_000_000), words: "smoke exited with 1".to_owned() });
    let cause = Cause::NotVerified { environment: "staging".to_owned(), failed_late };
    insta::assert_snapshot!(shown(&subject("staging", "production"), verdict(Outcome::Wait, cause)), @r#"
    action_required [Re-check] d93f69dd0 was not well on staging later

    On 2023-11-14 22:13 UTC the verify step of `d93f69dd0` failed there, which had gone live before: `smoke exited with 1`. So these files no longer count as tested, and `production` takes only what does.

    **What to do.** Look at `staging`. If it is well after all, deploy `d93f69dd0` there again; if not, fix it and merge the fix into `staging`. Once the verify step of the same files has passed there, Towpath checks this again by itself.

    **Who can act.** Anyone who deploys to `staging`. Anyone with the role `maintain` or a higher one can override it with `/override TP303 --reason "…"`.

    [TP303: what it means](https://towpath.example/findings#tp303)

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn the_rules_allow_squash_and_rebase() {
    insta::assert_snapshot!(sample(1), @"
    success [] On the path; merge it with a merge commit

    The rules let `staging` be squashed or rebased into `production`. That makes new commits: `staging` and `production` then share files but no history. Later promotions show everything again, and can conflict.

    **What to do.** Choose “Create a merge commit” when you merge. To rule out the rest for good, allow only merge commits in the ruleset of `production`.

    [TP305: what it means](https://towpath.example/findings#tp305)

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_squash_made_later_promotions_conflict() {
    insta::assert_snapshot!(sample(2), @"
    failure [Re-check] Conflicts: staging → production, 1 file

    `staging` and `production` have changed the same lines. Whoever resolves that conflict here gives `production` files that nobody has tested.

    An earlier promotion was squashed or rebased: `f519f86ee` on `production` has files of `staging`, but not its commits. So git compares with an older state.

    **What to do.** Join the two histories again. No file of `staging` changes:

    ```sh
    git fetch origin &&
    git switch --detach refs/remotes/origin/staging &&
    git merge -s ours -m 'Join the history of production again' f519f86ee &&
    git push origin HEAD:refs/heads/staging
    ```

    **Who can act.** Anyone who can push to `staging`. Nobody can override TP302; admins can change the rules of `production`.

    [TP302: what it means](https://towpath.example/findings#tp302)

    <details><summary>Notes on the commands</summary>

    Towpath then checks this pull request again. What it still finds is what `production` really has of its own.

    </details>

    <details><summary>Evidence: 1 file</summary>

    In conflict:

    | file |
    |---|
    | `app/cart.php` |

    </details>

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn nobody_knows_what_is_carried_back() {
    insta::assert_snapshot!(sample(3), @"
    success [] Warning: 1 unknown commit, production → integration

    `production` would carry 1 unknown commit back to `integration`: Towpath knows no pull request that brought it to `production`. It was pushed there directly, or is older than Towpath's records.

    **What to do.** Look at it. If you want it, merge this; if not, revert it on `production`.

    [TP304: what it means](https://towpath.example/findings#tp304)

    <details><summary>Evidence: 1 commit</summary>

    From no known pull request:

    | commit | subject | author |
    |---|---|---|
    | [`c6ef372fe`](https://github.com/acme/store/commit/c6ef372fe94f82a000000000000000000000001f) | `Stop the double charge` | `Dan` |

    </details>

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_back_merge_joins_a_cut_history() {
    insta::assert_snapshot!(sample(4), @"
    success [] Joins the history of production and staging again

    A promotion into `production` was squashed or rebased: `f519f86ee` has files of `staging`, but not its commits. Merging this changes no file of `staging`, and lets git compare later promotions with the right state.

    **What to do.** Merge it with a merge commit; a squash or rebase would join nothing.

    [TP106: what it means](https://towpath.example/findings#tp106)

    <details><summary>Evidence: 1 commit</summary>

    The promotion that was squashed or rebased:

    | commit | subject | author |
    |---|---|---|
    | [`f519f86ee`](https://github.com/acme/store/commit/f519f86ee2385b72000000000000000000000029) | `Release 2 (#40)` | `Rita` |

    </details>

    _Checked `d93f69dd0` against `staging` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_back_merge_conflicts() {
    insta::assert_snapshot!(sample(5), @"
    success [] Warning: production conflicts with integration

    `production` and `integration` have changed the same lines. GitHub merges this only once somebody resolves the conflict.

    **What to do.** Pick only these commits onto a new branch from `integration`:

    ```sh
    git fetch origin &&
    git switch --no-track -c carry-back-c6ef372fe refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits -x c6ef372fe &&
    git push -u origin carry-back-c6ef372fe
    ```

    [TP302: what it means](https://towpath.example/findings#tp302)

    <details><summary>Evidence: 1 commit, 1 file</summary>

    In conflict:

    | file |
    |---|
    | `app/cart.php` |

    What `production` would carry back:

    | commit | subject | author |
    |---|---|---|
    | [`c6ef372fe`](https://github.com/acme/store/commit/c6ef372fe94f82a000000000000000000000001f) | `Stop the double charge` | `Dan` |

    </details>

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn the_copy_is_behind() {
    insta::assert_snapshot!(sample(6), @"
    success [] Stale: master is behind production

    `master` holds an old release: it is 2 commits behind `production`. These are the files that `production` had at 2023-11-14 22:13 UTC.

    **What to do.** Bring `production` over:

    ```sh
    gh pr create --repo acme/store --base master --head production --title 'Make master a copy of production again' --body ''
    ```

    [TP501: what it means](https://towpath.example/findings#tp501)

    _Checked `d93f69dd0` against `master` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn the_copy_has_files_of_its_own() {
    insta::assert_snapshot!(sample(7), @"
    failure [Re-check] Diverged: master is no copy of production

    Somebody changed `master` itself: it differs from `production` in 1 file. No environment has that change, and nobody has tested it.

    **What to do.** Save what is on `master` under another name, then make `master` a copy of `production` again:

    ```sh
    git fetch origin &&
    git push origin 7776e396807131fe000000000000000000000385:refs/heads/master-before-repair-7776e3968 &&
    git push --force-with-lease=master:7776e396807131fe000000000000000000000385 origin d93f69dd0126b5e9000000000000000000000384:refs/heads/master
    ```

    **Who can act.** Anyone who can force-push to `master`. If its rules let nobody do that, an admin has to allow it.

    [TP502: what it means](https://towpath.example/findings#tp502)

    <details><summary>Notes on the commands</summary>

    If these changes are worth keeping, open a pull request for them into the environment that takes topics. They reach `master` with a release.

    </details>

    <details><summary>Evidence: 1 commit, 1 file</summary>

    Only on `master`:

    | commit | subject | author |
    |---|---|---|
    | [`c6ef372fe`](https://github.com/acme/store/commit/c6ef372fe94f82a000000000000000000000001f) | `Stop the double charge` | `Dan` |

    They differ in:

    | file |
    |---|
    | `app/cart.php` |

    </details>

    _Checked `d93f69dd0` against `master` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn the_configuration_cannot_be_read() {
    insta::assert_snapshot!(sample(8), @r#"
    action_required [Re-check] Configuration invalid: line 7, column 5

    `.github/towpath.yml`, line 7, column 5: `unknown key "acepts"; did you mean "accepts"?`. The file has 1 mistake more. Until it can be read, Towpath knows no rules and lets no pull request pass.

    **What to do.** Fix the file on the default branch; Towpath then checks this again. To try it before you push:

    ```sh
    towpath config check .github/towpath.yml
    ```

    **Who can act.** Anyone who can change the default branch. Nobody can override TP601; admins can change the rules of `integration`.

    [TP601: what it means](https://towpath.example/findings#tp601)

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}
