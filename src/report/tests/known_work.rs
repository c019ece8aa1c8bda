//! TP202 to TP205.

use super::super::samples::*;
use super::shown;

/// The sample in this place.
fn sample(place: usize) -> String {
    let (head, base, verdict) = known_work().remove(place);
    shown(&subject(head, base), verdict)
}

#[test]
fn brings_back_what_the_base_dropped() {
    insta::assert_snapshot!(sample(0), @"
    success [Rebuild branch] Warning: brings back what integration dropped

    `integration` once pointed at `98c475f0f`, and was pushed back behind it. `feature/x` was made before that and still has it: merging brings 3 commits back.

    **What to do.** If they shall come back, nothing is to be done: it may merge.

    **Another way.** If they shall stay away: put its own commit onto `integration`:

    ```sh
    git fetch origin &&
    git switch --detach refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits 454021de7 &&
    git push --force-with-lease=feature/x:d93f69dd0126b5e9000000000000000000000384 origin HEAD:refs/heads/feature/x
    ```

    - If a pick stops at a conflict, resolve it, go on with `git cherry-pick --continue` (or `--skip`, if git says that it is empty), and then run the lines that are left.
    - The push is refused if somebody has pushed to `feature/x` since, so nothing is lost. Your local branch still holds the old commits: `git switch -C feature/x` moves it along, once nothing unpushed is left in it.

    What `integration` pointed at before it was pushed back:

    | commit | subject | author |
    |---|---|---|
    | [`98c475f0f`](https://github.com/acme/store/commit/98c475f0f066a9ce000000000000000000000015) | `Merge the old cart` | `Ada` |

    [TP202: what it means](https://towpath.example/findings#tp202)

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn has_what_was_squashed() {
    insta::assert_snapshot!(sample(1), @"
    success [Rebuild branch] Warning: contains #7, already merged

    `feature/x` has the commits of #7 by `ana`, which `integration` has as other commits: squashed or rebased. They are shown for review once more, and where `integration` has gone on since, they can conflict.

    **What to do.** It may merge. To leave them out: put its own commit onto `integration`:

    ```sh
    git fetch origin &&
    git switch --detach refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits 454021de7 &&
    git push --force-with-lease=feature/x:d93f69dd0126b5e9000000000000000000000384 origin HEAD:refs/heads/feature/x
    ```

    - If a pick stops at a conflict, resolve it, go on with `git cherry-pick --continue` (or `--skip`, if git says that it is empty), and then run the lines that are left.
    - The push is refused if somebody has pushed to `feature/x` since, so nothing is lost. Your local branch still holds the old commits: `git switch -C feature/x` moves it along, once nothing unpushed is left in it.

    [TP203: what it means](https://towpath.example/findings#tp203)

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_hotfix_carries_work_merged_elsewhere() {
    insta::assert_snapshot!(sample(2), @"
    failure [Re-check, Rebuild branch] Carries work merged into integration: 1 commit

    `hotfix/x` would bring 1 commit that others merged into `integration`, and that `production` does not have yet.

    It would be released with this pull request, ahead of its turn. Expected: only work of its own, on top of what `production` already has. Nothing has been merged.

    **What to do.** Put its own commit onto `production`:

    ```sh
    git fetch origin &&
    git switch --detach refs/remotes/origin/production &&
    git cherry-pick --keep-redundant-commits 454021de7 &&
    git push --force-with-lease=hotfix/x:d93f69dd0126b5e9000000000000000000000384 origin HEAD:refs/heads/hotfix/x
    ```

    - If a pick stops at a conflict, resolve it, go on with `git cherry-pick --continue` (or `--skip`, if git says that it is empty), and then run the lines that are left.
    - The push is refused if somebody has pushed to `hotfix/x` since, so nothing is lost. Your local branch still holds the old commits: `git switch -C hotfix/x` moves it along, once nothing unpushed is left in it.

    **Another way.** If the change needs that work, it has to travel with it: send it to the branch that takes topics.

    **Who can act.** Whoever may push to `hotfix/x` can repair this. Towpath has no override: repository admins decide through the rules of `production`.

    On `integration`, and not on `production`:

    | commit | subject | author |
    |---|---|---|
    | [`36fbefaa6`](https://github.com/acme/store/commit/36fbefaa6fb125e3000000000000000000000016) | `Half of the new cart` | `Ben` |

    [TP204: what it means](https://towpath.example/findings#tp204)

    _Judged `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_topic_carries_work_merged_elsewhere() {
    insta::assert_snapshot!(sample(3), @"
    success [Rebuild branch] Warning: carries work merged into staging: 2 commits

    `feature/x` would bring 2 commits that others merged into `staging`, and that `integration` does not have yet.

    They come along with this pull request, reviewed for `integration` or not. It may merge.

    **What to do.** To leave that work out: put its own commit onto `integration`:

    ```sh
    git fetch origin &&
    git switch --detach refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits 454021de7 &&
    git push --force-with-lease=feature/x:d93f69dd0126b5e9000000000000000000000384 origin HEAD:refs/heads/feature/x
    ```

    - If a pick stops at a conflict, resolve it, go on with `git cherry-pick --continue` (or `--skip`, if git says that it is empty), and then run the lines that are left.
    - The push is refused if somebody has pushed to `feature/x` since, so nothing is lost. Your local branch still holds the old commits: `git switch -C feature/x` moves it along, once nothing unpushed is left in it.

    On `staging`, and not on `integration`:

    | commit | subject | author |
    |---|---|---|
    | [`36fbefaa6`](https://github.com/acme/store/commit/36fbefaa6fb125e3000000000000000000000016) | `Half of the new cart` | `Ben` |
    | [`d5336963e`](https://github.com/acme/store/commit/d5336963eefba1f8000000000000000000000017) | `The other half` | `Ben` |

    [TP204: what it means](https://towpath.example/findings#tp204)

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn stands_on_open_work() {
    insta::assert_snapshot!(sample(4), @"
    success [] Warning: stands on 2 pull requests, still open

    `feature/x` has the commits of #7 by `ana` and ``a`b``. Merging this one merges them too, into `integration`.

    **What to do.** Merge what it stands on first, or review all of it together. It may merge as it is.

    [TP205: what it means](https://towpath.example/findings#tp205)

    _Judged `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}
