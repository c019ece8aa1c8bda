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

    `integration` once pointed at `98c475f0f`, and was pushed back behind it. `feature/x` is older and still has that work: merging brings 3 commits back.

    **What to do.** If you want them back, do nothing and merge.

    [TP202: what it means](https://towpath.example/findings#tp202)

    <details><summary>Another way</summary>

    If you do not want them back: put its own commit onto `integration`:

    ```sh
    git fetch origin &&
    git switch --detach refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits 454021de7 &&
    git push --force-with-lease=feature/x:d93f69dd0126b5e9000000000000000000000384 origin HEAD:refs/heads/feature/x
    ```

    - If a pick stops at a conflict, resolve it and run `git cherry-pick --continue` (or `--skip` if git says that the commit is empty). Then run the remaining lines.
    - If somebody has pushed to `feature/x` since, git refuses the push, so nothing gets lost. Your local branch still has the old commits. Once it has nothing unpushed, `git switch -C feature/x` moves it.

    </details>

    <details><summary>Evidence: 1 commit</summary>

    What `integration` pointed at before it was pushed back:

    | commit | subject | author |
    |---|---|---|
    | [`98c475f0f`](https://github.com/acme/store/commit/98c475f0f066a9ce000000000000000000000015) | `Merge the old cart` | `Ada` |

    </details>

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn has_what_was_squashed() {
    insta::assert_snapshot!(sample(1), @"
    success [Rebuild branch] Warning: contains #7, already merged

    `feature/x` has the commits of #7 by `ana`, and `integration` already has that work, squashed or rebased. Reviewers see it once more, and it can conflict with what `integration` has changed since.

    **What to do.** You can merge it. To leave that work out: put its own commit onto `integration`:

    ```sh
    git fetch origin &&
    git switch --detach refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits 454021de7 &&
    git push --force-with-lease=feature/x:d93f69dd0126b5e9000000000000000000000384 origin HEAD:refs/heads/feature/x
    ```

    [TP203: what it means](https://towpath.example/findings#tp203)

    <details><summary>Notes on the commands</summary>

    - If a pick stops at a conflict, resolve it and run `git cherry-pick --continue` (or `--skip` if git says that the commit is empty). Then run the remaining lines.
    - If somebody has pushed to `feature/x` since, git refuses the push, so nothing gets lost. Your local branch still has the old commits. Once it has nothing unpushed, `git switch -C feature/x` moves it.

    </details>

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_hotfix_carries_work_merged_elsewhere() {
    insta::assert_snapshot!(sample(2), @r#"
    failure [Re-check, Rebuild branch] Carries work merged into integration: 1 commit

    `hotfix/x` brings 1 commit that others merged into `integration`, and that `production` does not have yet. Merging this would release that work on `production` before its turn.

    **What to do.** Put its own commit onto `production`:

    ```sh
    git fetch origin &&
    git switch --detach refs/remotes/origin/production &&
    git cherry-pick --keep-redundant-commits 454021de7 &&
    git push --force-with-lease=hotfix/x:d93f69dd0126b5e9000000000000000000000384 origin HEAD:refs/heads/hotfix/x
    ```

    **Who can act.** Anyone who can push to `hotfix/x`. Anyone with the role `maintain` or a higher one can override it with `/override TP204 --reason "…"`.

    [TP204: what it means](https://towpath.example/findings#tp204)

    <details><summary>Notes on the commands</summary>

    - If a pick stops at a conflict, resolve it and run `git cherry-pick --continue` (or `--skip` if git says that the commit is empty). Then run the remaining lines.
    - If somebody has pushed to `hotfix/x` since, git refuses the push, so nothing gets lost. Your local branch still has the old commits. Once it has nothing unpushed, `git switch -C hotfix/x` moves it.

    </details>

    <details><summary>Another way</summary>

    If your change needs that work, change the base to the branch that takes topics, so that promotions carry both.

    </details>

    <details><summary>Evidence: 1 commit</summary>

    On `integration`, and not on `production`:

    | commit | subject | author |
    |---|---|---|
    | [`36fbefaa6`](https://github.com/acme/store/commit/36fbefaa6fb125e3000000000000000000000016) | `Half of the new cart` | `Ben` |

    </details>

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn a_topic_carries_work_merged_elsewhere() {
    insta::assert_snapshot!(sample(3), @"
    success [Rebuild branch] Warning: carries work merged into staging: 2 commits

    `feature/x` brings 2 commits that others merged into `staging`, and that `integration` does not have yet. Merging this merges that work too, reviewed for `integration` or not.

    **What to do.** You can merge it. To leave that work out: put its own commit onto `integration`:

    ```sh
    git fetch origin &&
    git switch --detach refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits 454021de7 &&
    git push --force-with-lease=feature/x:d93f69dd0126b5e9000000000000000000000384 origin HEAD:refs/heads/feature/x
    ```

    [TP204: what it means](https://towpath.example/findings#tp204)

    <details><summary>Notes on the commands</summary>

    - If a pick stops at a conflict, resolve it and run `git cherry-pick --continue` (or `--skip` if git says that the commit is empty). Then run the remaining lines.
    - If somebody has pushed to `feature/x` since, git refuses the push, so nothing gets lost. Your local branch still has the old commits. Once it has nothing unpushed, `git switch -C feature/x` moves it.

    </details>

    <details><summary>Evidence: 2 commits</summary>

    On `staging`, and not on `integration`:

    | commit | subject | author |
    |---|---|---|
    | [`36fbefaa6`](https://github.com/acme/store/commit/36fbefaa6fb125e3000000000000000000000016) | `Half of the new cart` | `Ben` |
    | [`d5336963e`](https://github.com/acme/store/commit/d5336963eefba1f8000000000000000000000017) | `The other half` | `Ben` |

    </details>

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn stands_on_open_work() {
    insta::assert_snapshot!(sample(4), @"
    success [] Warning: stands on 2 pull requests, still open

    `feature/x` has the commits of #7 by `ana` and ``a`b``. Merging this merges them into `integration` too.

    **What to do.** Merge those first, or review all of it together. You can also merge it as it is.

    [TP205: what it means](https://towpath.example/findings#tp205)

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}
