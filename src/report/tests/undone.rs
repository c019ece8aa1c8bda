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
    shown.split("\n\n_Judged").next().unwrap().to_owned()
}

#[test]
fn merged_work_would_go() {
    insta::assert_snapshot!(said(undoes(TakenFromBase)), @r#"
    success [Rebuild branch] Warning: takes away #7

    `feature/x` has the work of #7 by `ana`, and takes it back with `11a25cd6e` (`Revert "Add the cart"`). `integration` has that work, and merging this pull request takes it away from there.

    **What to do.** If that work shall stay: put its own commit onto `integration`:

    ```sh
    git fetch origin &&
    git switch --detach refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits 454021de7 &&
    git push --force-with-lease=feature/x:d93f69dd0126b5e9000000000000000000000384 origin HEAD:refs/heads/feature/x
    ```

    - If a pick stops at a conflict, resolve it, go on with `git cherry-pick --continue` (or `--skip`, if git says that it is empty), and then run the lines that are left.
    - The push is refused if somebody has pushed to `feature/x` since, so nothing is lost. Your local branch still holds the old commits: `git switch -C feature/x` moves it along, once nothing unpushed is left in it.

    **Another way.** If it shall go, nothing is to be done: it may merge. Say so in its description. A pull request of its own that only reverts is easier to review, and to take back.

    Taken back by `11a25cd6e`:

    | commit | subject | author |
    |---|---|---|
    | [`736ae31d6`](https://github.com/acme/store/commit/736ae31d6e461e0d000000000000000000000018) | `Add the cart` | `ana` |

    [TP207: what it means](https://towpath.example/findings#tp207)
    "#);
}

#[test]
fn unmerged_work_would_never_arrive() {
    let said = said(undoes(NeverArrives));
    assert!(said.starts_with("success [Rebuild branch] Warning: would bury #7\n"), "{said}");
    let words = "Once this pull request is merged, `integration` counts that work as merged and does not have it: \
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
    insta::assert_snapshot!(said(Cause::ChangesNothing { brings: 2 }), @r#"
    success [] Warning: changes nothing in integration

    `feature/x` would bring 2 commits to `integration`, and no file would change: `integration` has the same changes already, or the commits take each other back.

    **What to do.** If nothing is missing here, close it:

    ```sh
    gh pr close 12 --repo acme/store
    ```

    **Another way.** If something was meant to change, it is not in these commits: push what is missing to `feature/x`.

    [TP208: what it means](https://towpath.example/findings#tp208)
    "#);
}

#[test]
fn what_is_all_there_by_a_squash_is_said_once() {
    let pulls = vec![origin(7, "feature/cart", "ana")];
    let repair = Repair { picks: Vec::new(), merges_left_out: 0, there_already: Vec::new() };
    let said = said(Cause::AlreadyMerged { pulls, repair, changes_nothing: true });
    assert!(said.starts_with("success [] Warning: contains #7, already merged\n"), "{said}");
    assert!(said.contains("There is nothing more here: merging it changes no file."), "{said}");
    assert!(said.contains("gh pr close 12 --repo acme/store"), "{said}");
}
