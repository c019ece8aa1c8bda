//! TP303 to TP305, back-merges, the copy and the configuration.

use super::super::samples::*;
use super::shown;

/// The sample in this place.
fn sample(place: usize) -> String {
    let (head, base, verdict) = between_environments().remove(place);
    shown(&subject(head, base), verdict)
}

#[test]
fn waits_until_the_source_was_deployed() {
    insta::assert_snapshot!(sample(0), @"
    action_required [Re-check] Waits for staging to deploy d93f69dd0

    `production` asks for files that were deployed on `staging` before. Those of `staging` (`d93f69dd0`) were not, or the deploy has not succeeded yet.

    **What to do.** Deploy `d93f69dd0` to `staging`. As soon as GitHub hears that a deployment of the same files to `staging` succeeded, this turns by itself.

    **Who can act.** Whoever deploys to `staging` can do this. Towpath has no override: repository admins decide through the rules of `production`.

    [TP303: what it means](https://towpath.example/findings#tp303)

    _Judged `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn the_rules_allow_squash_and_rebase() {
    insta::assert_snapshot!(sample(1), @"
    success [] On the path; merge it with a merge commit

    `staging` may be squashed or rebased into `production`. That makes new commits: `staging` and `production` then share their files but not their history, later promotions show everything again, and they can conflict.

    **What to do.** Choose “Create a merge commit” when merging. To have it for good, allow only merge commits in the ruleset of `production`.

    [TP305: what it means](https://towpath.example/findings#tp305)

    _Judged `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_squash_made_later_promotions_conflict() {
    insta::assert_snapshot!(sample(2), @"
    failure [Re-check] Conflicts: staging → production, 1 path

    `staging` and `production` have changed the same lines, so they do not merge by themselves. A conflict resolved here would ship a result that nobody has tested.

    An earlier promotion was squashed or rebased: `f519f86ee` on `production` holds files of `staging`, but does not come from it. So git compares with an older state.

    **What to do.** Join the two again. No file of `staging` changes by it:

    ```sh
    git fetch origin &&
    git switch --detach refs/remotes/origin/staging &&
    git merge -s ours -m 'Join the history of production again' f519f86ee &&
    git push origin HEAD:refs/heads/staging
    ```

    This pull request is judged again by itself. What is left then is what `production` really has of its own.

    **Who can act.** Whoever may push to `staging` can do this. Towpath has no override: repository admins decide through the rules of `production`.

    In conflict:

    | path |
    |---|
    | `app/cart.php` |

    [TP302: what it means](https://towpath.example/findings#tp302)

    _Judged `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn nobody_knows_what_is_carried_back() {
    insta::assert_snapshot!(sample(3), @"
    success [] Warning: 1 unknown commit, production → integration

    `production` would carry 1 unknown commit back to `integration`: no pull request is known that brought it to `production`. It was pushed there directly, or came before anybody kept a record.

    **What to do.** Look at it. If it is meant, merge this; if not, revert it on `production`.

    Of no known pull request:

    | commit | subject | author |
    |---|---|---|
    | [`c6ef372fe`](https://github.com/acme/store/commit/c6ef372fe94f82a000000000000000000000001f) | `Stop the double charge` | `Dan` |

    [TP304: what it means](https://towpath.example/findings#tp304)

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_back_merge_joins_a_cut_history() {
    insta::assert_snapshot!(sample(4), @"
    success [] Joins the history of production and staging again

    A promotion into `production` was squashed or rebased: `f519f86ee` holds files of `staging`, but does not come from it. Merging this changes no file of `staging`, and later promotions then compare with the right state.

    **What to do.** Merge it with a merge commit; squashed or rebased it would join nothing.

    The promotion that was squashed or rebased:

    | commit | subject | author |
    |---|---|---|
    | [`f519f86ee`](https://github.com/acme/store/commit/f519f86ee2385b72000000000000000000000029) | `Release 2 (#40)` | `Rita` |

    [TP106: what it means](https://towpath.example/findings#tp106)

    _Judged `d93f69dd0` against `staging` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_back_merge_conflicts() {
    insta::assert_snapshot!(sample(5), @"
    success [] Warning: production conflicts with integration

    `production` and `integration` have changed the same lines. GitHub merges it only after the conflict was resolved.

    **What to do.** Bring only these commits to `integration`, on a branch of their own:

    ```sh
    git fetch origin &&
    git switch --no-track -c carry-back-c6ef372fe refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits -x c6ef372fe &&
    git push -u origin carry-back-c6ef372fe
    ```

    In conflict:

    | path |
    |---|
    | `app/cart.php` |

    What `production` would carry back:

    | commit | subject | author |
    |---|---|---|
    | [`c6ef372fe`](https://github.com/acme/store/commit/c6ef372fe94f82a000000000000000000000001f) | `Stop the double charge` | `Dan` |

    [TP302: what it means](https://towpath.example/findings#tp302)

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn the_copy_is_behind() {
    insta::assert_snapshot!(sample(6), @"
    success [] Stale: master is behind production

    `master` holds an earlier state of `production`, which is 2 commits ahead on its own line. `production` had these files since 2023-11-14 22:13 UTC.

    **What to do.** Bring `production` over:

    ```sh
    gh pr create --repo acme/store --base master --head production --title 'Make master a copy of production again' --body ''
    ```

    [TP501: what it means](https://towpath.example/findings#tp501)

    _Judged `d93f69dd0` against `master` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn the_copy_has_files_of_its_own() {
    insta::assert_snapshot!(sample(7), @"
    failure [Re-check] Diverged: master is no copy of production

    `master` differs from `production` in 1 path, and `production` never held such files.

    **What to do.** Keep what is on `master` aside, then make it a copy of `production` again:

    ```sh
    git fetch origin &&
    git push origin 7776e396807131fe000000000000000000000385:refs/heads/master-before-repair-7776e3968 &&
    git push --force-with-lease=master:7776e396807131fe000000000000000000000385 origin d93f69dd0126b5e9000000000000000000000384:refs/heads/master
    ```

    What is worth keeping goes to the environment that takes topics, and reaches `master` with a release.

    **Who can act.** Whoever may push to `master` by force can do this; where its rules let nobody, an admin lets somebody. Towpath has no override: repository admins decide through the rules of `master`.

    Only on `master`:

    | commit | subject | author |
    |---|---|---|
    | [`c6ef372fe`](https://github.com/acme/store/commit/c6ef372fe94f82a000000000000000000000001f) | `Stop the double charge` | `Dan` |

    They differ in:

    | path |
    |---|
    | `app/cart.php` |

    [TP502: what it means](https://towpath.example/findings#tp502)

    _Judged `d93f69dd0` against `master` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn the_configuration_cannot_be_read() {
    insta::assert_snapshot!(sample(8), @r#"
    action_required [Re-check] Configuration invalid: line 7, column 5

    `.github/towpath.yml`, line 7, column 5: `unknown key "acepts"; did you mean "accepts"?`. There is more: 1 mistake.

    Nothing says what the path is as long as the file cannot be read, so nothing is judged by it and nothing passes.

    **What to do.** Mend the file on the default branch; this is judged again by itself. It can be tried before:

    ```sh
    towpath config check .github/towpath.yml
    ```

    [TP601: what it means](https://towpath.example/findings#tp601)

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}
