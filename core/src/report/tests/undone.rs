//! TP207 and TP208.

use super::super::samples::*;
use super::shown;
use crate::model::{
    Cause,
    Outcome::Warn,
    Repair,
    RevertEffect::{NeverArrives, TakenFromBase},
};

fn said(cause: Cause) -> String {
    let shown = shown(&subject("feature/x", "integration"), verdict(Warn, cause));
    shown.split("\n\n_Checked").next().unwrap().to_owned()
}

#[test]
fn merged_work_would_go() {
    insta::assert_snapshot!(said(undoes(TakenFromBase)), @r#"
    success [Rebuild branch] Warning: takes away #7

    `feature/x` has the work of #7 by `ana`, and reverts it with `11a25cd6e` (`Revert "Add the cart"`). `integration` has that work, and merging this takes it away from there.

    **What to do.** If that work should stay: put its own commit onto `integration`:

    ```sh
    git fetch origin &&
    git switch --detach refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits 454021de7 &&
    git push --force-with-lease=feature/x:d93f69dd0126b5e9000000000000000000000384 origin HEAD:refs/heads/feature/x
    ```

    [TP207: what it means](https://towpath.example/findings#tp207)

    <details><summary>Notes on the commands</summary>

    - If a pick stops at a conflict, resolve it and run `git cherry-pick --continue` (or `--skip` if git says that the commit is empty). Then run the remaining lines.
    - If somebody has pushed to `feature/x` since, git refuses the push, so nothing gets lost. Your local branch still has the old commits. Once it has nothing unpushed, `git switch -C feature/x` moves it.

    </details>

    <details><summary>Another way</summary>

    If it should go, merge this and say so in the description. A separate pull request that only reverts is easier to review and to undo.

    </details>

    <details><summary>Evidence: 1 commit</summary>

    Reverted by `11a25cd6e`:

    | commit | subject | author |
    |---|---|---|
    | [`736ae31d6`](https://github.com/acme/store/commit/736ae31d6e461e0d000000000000000000000018) | `Add the cart` | `ana` |

    </details>
    "#);
}

#[test]
fn unmerged_work_would_never_arrive() {
    let said = said(undoes(NeverArrives));
    assert!(said.starts_with("success [Rebuild branch] Warning: would bury #7\n"), "{said}");
    let words = "After merging this, git counts that work as part of `integration`, though its changes are not there: \
                 merging it later brings nothing.";
    assert!(said.contains(words), "{said}");
}

#[test]
fn where_nothing_else_is_in_it_it_can_be_closed() {
    let Cause::UndoesMergedWork { mut reverts, .. } = undoes(TakenFromBase) else { panic!("another cause") };
    reverts[0].pulls.clear();
    let repair = Repair { picks: Vec::new(), merges_left_out: 0, there_already: Vec::new() };
    let said = said(Cause::UndoesMergedWork { reverts, repair });
    assert!(said.starts_with("success [] Warning: takes away 1 commit, merged before\n"), "{said}");
    assert!(said.contains("gh pr close 12 --repo acme/store"), "{said}");
}

#[test]
fn nothing_would_change() {
    insta::assert_snapshot!(said(Cause::ChangesNothing { brings: 2 }), @"
    success [] Warning: changes nothing in integration

    `feature/x` brings 2 commits to `integration` and changes no file: `integration` already has the same changes, or the commits cancel each other out.

    **What to do.** If nothing is missing, close it:

    ```sh
    gh pr close 12 --repo acme/store
    ```

    [TP208: what it means](https://towpath.example/findings#tp208)

    <details><summary>Another way</summary>

    If something should change, push what is missing to `feature/x`.

    </details>
    ");
}

#[test]
fn what_is_all_there_by_a_squash_is_said_once() {
    let pulls = vec![origin(7, "feature/cart", "ana")];
    let repair = Repair { picks: Vec::new(), merges_left_out: 0, there_already: Vec::new() };
    let said = said(Cause::AlreadyMerged { pulls, repair, changes_nothing: true });
    assert!(said.starts_with("success [] Warning: contains #7, already merged\n"), "{said}");
    assert!(said.contains("Nothing else is in it, so merging changes no file."), "{said}");
    assert!(said.contains("gh pr close 12 --repo acme/store"), "{said}");
}
