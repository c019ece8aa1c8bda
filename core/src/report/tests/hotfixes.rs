//! The words of TP503, and of how a hotfix comes back.

use super::super::samples::*;
use super::shown;
use crate::model::{
    CarryBack, CarryStage, Cause, Hotfix, HotfixAccount, HotfixEnd, HotfixStanding, Outcome, OwedHotfix,
    PullNumber, UnixMillis,
};
use crate::report::hotfixes::debts;
use crate::report::{HotfixWay, carry_back_closed, hotfix_comment};

#[test]
fn a_hotfix_that_is_owed_with_its_carry_back() {
    insta::assert_snapshot!(shown(&subject("staging", "production"), verdict(Outcome::Wait, owed())), @r#"
    action_required [Re-check] Hotfix #90 of production is not on staging

    #90 (`Checkout fails, ask @ops`), for which `rita` asked, went into `production` on 2023-11-14 22:13 UTC. `staging` does not have it.

    Promoting `staging` without it would give `production` what nobody has tested, or take the repair away again.

    **What to do.** Merge #92 into `integration` if it is open, and promote that down to `staging`.

    Once `staging` has it by promotion, Towpath checks this pull request again by itself.

    **Who can act.** Anyone who can merge what carries it back. That it was mended in another way says anyone with the role `maintain` or a higher one. Anyone with the role `maintain` or a higher one can override it with `/override TP503 --reason "…"`.

    [TP503: what it means](https://towpath.example/findings#tp503)

    <details><summary>Another way</summary>

    If the fault is mended in `staging` in another way, say so:

    ```sh
    /carried 516f7aecd --in staging --reason "…"
    ```

    </details>

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn hotfixes_that_are_owed_again_and_with_a_term() {
    let Cause::HotfixNotCarriedBack { environment, hotfixes } = owed() else { panic!("it is owed") };
    let [first] = hotfixes.try_into().unwrap();
    let again = OwedHotfix {
        standing: HotfixStanding::Reverted { by: id(77) },
        pull: PullNumber(91),
        as_one: true,
        waits: false,
        waits_from: UnixMillis(1_700_090_000_000),
        ..first.clone()
    };
    let cause = Cause::HotfixNotCarriedBack { environment, hotfixes: vec![again, first] };
    insta::assert_snapshot!(shown(&subject("staging", "production"), verdict(Outcome::Warn, cause)), @r#"
    success [] 2 hotfixes of production are not on staging

    #91 (`Checkout fails, ask @ops`), for which `rita` asked, went into `production` on 2023-11-14 22:13 UTC. `staging` had it, and `34e71684c` has taken it back: it is owed again.

    #90 (`Checkout fails, ask @ops`), for which `rita` asked, went into `production` on 2023-11-14 22:13 UTC. `staging` does not have it.

    Promoting `staging` without them would give `production` what nobody has tested, or take the repair away again.

    **What to do.** Merge #92 into `integration` if it is open. Carry #91 back to `integration`, and promote that down to `staging`:

    ```sh
    git fetch origin &&
    git switch --no-track -c carry-back-8dde6e5fd refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits -x -m 1 8dde6e5fd &&
    git push -u origin carry-back-8dde6e5fd &&
    gh pr create --repo acme/store --base integration --head carry-back-8dde6e5fd --title 'Carry back #91' --body ''
    ```

    **Who can act.** Anyone who can merge what carries it back. That it was mended in another way says anyone with the role `maintain` or a higher one.

    [TP503: what it means](https://towpath.example/findings#tp503)

    <details><summary>Notes on the commands</summary>

    Once `staging` has it by promotion, Towpath checks this pull request again by itself.

    </details>

    <details><summary>Other ways</summary>

    **Or:** If the fault of #91 is mended in `staging` in another way, say so:

    ```sh
    /carried 516f7aecd --in staging --reason "…"
    ```

    **Or:** If the fault of #90 is mended in `staging` in another way, say so:

    ```sh
    /carried 516f7aecd --in staging --reason "…"
    ```

    </details>

    <details><summary>Background</summary>

    From 2023-11-15 23:13 UTC on, promotions into `production` wait for it.

    </details>

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

/// The comment in each stage.
fn comment(stage: CarryStage, over: Option<HotfixEnd>) -> String {
    let account = |environment: &str, standing| HotfixAccount {
        environment: environment.to_owned(),
        standing,
        tip: id(3),
    };
    let accounts = vec![
        account("integration", HotfixStanding::Reverted { by: id(77) }),
        account("staging", HotfixStanding::Missing),
    ];
    let carry_back = Some(CarryBack { into: name("integration"), stage });
    hotfix_comment(&Hotfix { carry_back, accounts, over, ..recorded_hotfix() }, &HotfixWay::default())
        .unwrap()
}

#[test]
fn how_a_hotfix_comes_back() {
    let opened = CarryStage::Opened { branch: name("towpath/carry/90"), pull: PullNumber(92) };
    insta::assert_snapshot!(comment(opened.clone(), None), @"
    <!-- towpath:hotfix -->

    ### 🔁 #92 carries this hotfix back to `integration`

    From `integration` it comes down by promotion. Until then promotions into `production` wait for it.

    * `integration`: **owed again**: `34e71684c` has taken it back.
    * `staging`: **owed**.
    ");
    insta::assert_snapshot!(comment(CarryStage::Closed { pull: PullNumber(92) }, None), @"
    <!-- towpath:hotfix -->

    ### ⚠️ #92, which was to carry this hotfix back to `integration`, was closed without a merge

    Towpath opens no other one. Reopen it, or carry the hotfix back by hand:

    ```sh
    git fetch origin &&
    git switch --no-track -c carry-back-8dde6e5fd refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits -x 516f7aecd efa6f4a65
    ```

    Where it stops, resolve the conflict and run `git cherry-pick --continue`. Then:

    ```sh
    git push -u origin carry-back-8dde6e5fd &&
    gh pr create --base integration --head carry-back-8dde6e5fd --title 'Carry back #90: Checkout fails, ask @ops' --body ''
    ```

    * `integration`: **owed again**: `34e71684c` has taken it back.
    * `staging`: **owed**.
    ");
    let refused = CarryStage::Refused { why: "a ruleset, says @ops".to_owned(), branch: None };
    assert!(
        comment(refused, None)
            .contains("GitHub does not take the carry-back to `integration`: `a ruleset, says @ops`.")
    );
    assert!(comment(CarryStage::TooMany, None).contains("too many commits"));
    let at = UnixMillis(0);
    let reverted = comment(opened.clone(), Some(HotfixEnd::Reverted { at, by: id(77) }));
    assert!(reverted.contains("was taken back on `production` by `"), "{reverted}");
    let gone = comment(opened.clone(), Some(HotfixEnd::Gone { at, tip: id(78) }));
    assert!(gone.contains("no longer has this hotfix: its branch was moved to"), "{gone}");
    assert!(comment(opened, Some(HotfixEnd::Home { at })).contains("is home"));
    assert_eq!(hotfix_comment(&Hotfix { landed: None, ..recorded_hotfix() }, &HotfixWay::default()), None);
}

#[test]
fn a_hotfix_that_github_does_not_take_is_named_with_the_reason() {
    let refused = Hotfix {
        pull: None,
        landed: None,
        refused: Some("a ruleset, says @ops".to_owned()),
        ..recorded_hotfix()
    };
    let [line] = &debts(std::slice::from_ref(&refused), UnixMillis(0))[..] else { panic!("one line") };
    insta::assert_snapshot!(line.markdown(), @"Hotfix `hotfix/checkout` (`Checkout fails, ask @ops`, by `rita`) of `production` has no pull request, since GitHub does not take it: `a ruleset, says @ops`. Open it by hand, or push again.");
    let dropped = Hotfix { over: Some(HotfixEnd::Dropped { at: UnixMillis(0) }), ..refused };
    assert!(debts(&[dropped], UnixMillis(0)).is_empty());
}

#[test]
fn a_hotfix_that_only_a_message_calls_carried() {
    let Cause::HotfixNotCarriedBack { environment, hotfixes } = owed() else { panic!("it is owed") };
    let noted =
        |it: OwedHotfix| OwedHotfix { standing: HotfixStanding::Noted { by: id(77), as_merge: false }, ..it };
    let hotfixes = hotfixes.into_iter().map(noted).collect();
    let cause = Cause::HotfixNotCarriedBack { environment, hotfixes };
    insta::assert_snapshot!(shown(&subject("staging", "production"), verdict(Outcome::Warn, cause)), @"
    success [] Warning: look whether hotfix #90 is on staging

    `34e71684c` on `staging` says in its message that it was picked from hotfix #90 of `production` (`Checkout fails, ask @ops`), but it does not make the same change.

    **What to do.** Read that commit. If it mends the fault, there is nothing to do; if not, carry the hotfix back to `staging` as it is.

    **Who can act.** Anyone who can open a pull request.

    [TP503: what it means](https://towpath.example/findings#tp503)

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn in_a_conflict_all_that_production_has_is_merged() {
    let Cause::HotfixNotCarriedBack { environment, hotfixes } = owed() else { panic!("it is owed") };
    let conflicting = |it: OwedHotfix| OwedHotfix {
        carried_by: None,
        in_conflict: vec!["cart.php".to_owned()],
        merge: Some(id(63)),
        ..it
    };
    let hotfixes = hotfixes.into_iter().map(conflicting).collect();
    let cause = Cause::HotfixNotCarriedBack { environment, hotfixes };
    insta::assert_snapshot!(shown(&subject("staging", "production"), verdict(Outcome::Wait, cause)), @r#"
    action_required [Re-check] Hotfix #90 of production is not on staging

    #90 (`Checkout fails, ask @ops`), for which `rita` asked, went into `production` on 2023-11-14 22:13 UTC. `staging` does not have it.

    Promoting `staging` without it would give `production` what nobody has tested, or take the repair away again.

    **What to do.** Carry it back to `integration`, and promote that down to `staging`:

    ```sh
    git fetch origin &&
    git switch --no-track -c carry-back-8dde6e5fd refs/remotes/origin/integration &&
    git merge --no-ff 8dde6e5fd
    ```

    **Who can act.** Anyone who can merge what carries it back. That it was mended in another way says anyone with the role `maintain` or a higher one. Anyone with the role `maintain` or a higher one can override it with `/override TP503 --reason "…"`.

    [TP503: what it means](https://towpath.example/findings#tp503)

    <details><summary>Notes on the commands</summary>

    - Where it stops, resolve the conflict and run `git commit`, then `git push -u origin carry-back-8dde6e5fd`, then `gh pr create --repo acme/store --base integration --head carry-back-8dde6e5fd --title 'Carry back #90' --body ''`.
    - Merge it with a merge commit: then the next promotion does not conflict again.
    - Once `staging` has it by promotion, Towpath checks this pull request again by itself.

    </details>

    <details><summary>Another way</summary>

    If the fault is mended in `staging` in another way, say so:

    ```sh
    /carried 516f7aecd --in staging --reason "…"
    ```

    </details>

    <details><summary>Evidence: 1 file</summary>

    In conflict:

    | file |
    |---|
    | `cart.php` |

    </details>

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
    let paths = vec!["cart.php".to_owned()];
    let stage = CarryStage::Conflict { pick: id(61), paths, merge: Some(id(63)) };
    let carry_back = Some(CarryBack { into: name("integration"), stage });
    let told = hotfix_comment(&Hotfix { carry_back, ..recorded_hotfix() }, &HotfixWay::default());
    insta::assert_snapshot!(told.unwrap(), @"
    <!-- towpath:hotfix -->

    ### ⚠️ Carrying this hotfix back to `integration` conflicts

    In conflict: `cart.php`.

    `516f7aecd` does not apply to `integration` as it is. Nothing was pushed. Carry it back by hand:

    ```sh
    git fetch origin &&
    git switch --no-track -c carry-back-8dde6e5fd refs/remotes/origin/integration &&
    git merge --no-ff 8dde6e5fd
    ```

    Resolve the conflict, run `git commit`, and then:

    ```sh
    git push -u origin carry-back-8dde6e5fd &&
    gh pr create --base integration --head carry-back-8dde6e5fd --title 'Carry back #90: Checkout fails, ask @ops' --body ''
    ```

    Merge that pull request with a merge commit: then the next promotion does not conflict again.
    ");
}

#[test]
fn what_nobody_misses_is_told_as_that() {
    let account = |environment: &str, standing| HotfixAccount {
        environment: environment.to_owned(),
        standing,
        tip: id(3),
    };
    let mended = HotfixStanding::Mended { by: "rita".to_owned(), reason: "rewritten".to_owned() };
    let opened = CarryStage::Opened { branch: name("towpath/carry/90"), pull: PullNumber(92) };
    let way = HotfixWay { entry: Some("integration"), waits_after: std::time::Duration::from_secs(7200) };
    let told = |accounts: Vec<HotfixAccount>, over| {
        let carry_back = Some(CarryBack { into: name("integration"), stage: opened.clone() });
        hotfix_comment(&Hotfix { carry_back, accounts, over, ..recorded_hotfix() }, &way).unwrap()
    };
    let (carried, missing) = (HotfixStanding::Carried, HotfixStanding::Missing);
    let half = told(vec![account("integration", carried.clone()), account("staging", missing)], None);
    assert!(half.contains("### 🔁 `integration` has this hotfix\n"), "{half}");
    assert!(
        half.contains("From 1970-01-01 02:00 UTC on, promotions into `production` wait for it."),
        "{half}"
    );
    let all = vec![account("integration", carried), account("staging", mended.clone())];
    assert!(told(all.clone(), None).contains("No environment before `production` misses this hotfix"));
    let home = told(all, Some(HotfixEnd::Home { at: UnixMillis(0) }));
    assert!(home.contains("upstream has the same files as `production`"), "{home}");
    let hotfix = Hotfix { accounts: vec![account("integration", mended)], ..recorded_hotfix() };
    insta::assert_snapshot!(carry_back_closed(&hotfix, "integration").unwrap(), @"
    <!-- towpath:hotfix -->
    ### ↩️ `rita` says that the fault of `#90` was mended on `integration` in another way, so there is nothing to carry back any more.
    ");
    assert_eq!(carry_back_closed(&hotfix, "staging"), None);
}
