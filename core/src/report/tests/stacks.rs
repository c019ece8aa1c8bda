//! TP108: promotions in stacks, chains that could be made one, and branches that a stack has rewritten.

use super::super::samples::*;
use super::super::{Rewritten, rewritten_alarm, rewritten_marker};
use super::shown;
use crate::model::{Cause, Outcome::Fail, Outcome::Pass, PromotionPath, UnixSeconds};

#[test]
fn a_promotion_in_a_stack_is_taken_out_of_it() {
    let shown = shown(&subject("integration", "production"), verdict(Fail, in_stack(Some(7))));
    insta::assert_snapshot!(shown, @"
    failure [Re-check] In stack 7: integration → production (unstack it)

    This pull request is in stack 7, which goes to `production`. GitHub's button “Rebase stack” force-pushes every branch in a stack, even where a rule forbids that: it would rewrite `staging` and `integration` for everybody.

    **What to do.** Take the stack apart. Its pull requests stay open and keep their bases:

    ```sh
    gh stack unstack 7
    ```

    **Who can act.** The author of the pull request, and anyone with write access. Nobody can override TP108; admins can change the rules of `production`.

    [TP108: what it means](https://towpath.example/findings#tp108)

    <details><summary>Notes on the commands</summary>

    - On the page: open the map of the stack beside the title and choose Unstack. The command needs `gh extension install github/gh-stack` once.
    - GitHub does not report that a stack was taken apart, so press Re-check then. Without that, Towpath notices within the hour.

    </details>

    <details><summary>Background</summary>

    GitHub also asks every pull request of a stack for the checks of `production`, whatever its own base is, and merging one merges all below it. A promotion goes one step at a time, so it belongs in no stack.

    </details>

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_stack_without_a_number_is_taken_apart_on_the_page() {
    let cause = Cause::PromotionInStack { number: None, trunk: name("staging"), heads: Vec::new() };
    let shown = shown(&subject("release/42", "staging"), verdict(Fail, cause));
    insta::assert_snapshot!(shown, @"
    failure [Re-check] In a stack: release/42 → staging (unstack it)

    This pull request is in a stack, which goes to `staging`. GitHub's button “Rebase stack” force-pushes every branch in a stack, even where a rule forbids that: it would rewrite `release/42`, and you would merge something else than what was tested.

    **What to do.** Take the stack apart. Its pull requests stay open and keep their bases:

    - On the page: open the map of the stack beside the title and choose Unstack.
    - GitHub does not report that a stack was taken apart, so press Re-check then. Without that, Towpath notices within the hour.

    **Who can act.** The author of the pull request, and anyone with write access. Nobody can override TP108; admins can change the rules of `staging`.

    [TP108: what it means](https://towpath.example/findings#tp108)

    <details><summary>Background</summary>

    GitHub also asks every pull request of a stack for the checks of `staging`, whatever its own base is, and merging one merges all below it. A promotion goes one step at a time, so it belongs in no stack.

    </details>

    _Checked `d93f69dd0` against `staging` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_chain_of_promotions_passes_with_a_note() {
    let shown = shown(&subject("integration", "staging"), verdict(Pass, may_be_stacked()));
    insta::assert_snapshot!(shown, @"
    success [] On the path: integration → staging

    `staging` takes `integration`, and merging gives it exactly the files that `integration` has now.

    <details><summary>Also found: TP108</summary>

    **Do not make a stack of this and #11 by `rita`**

    GitHub offers that, because one goes into the branch of the other. Do not accept: in a stack, “Rebase stack” would rewrite `integration` for everybody, and this check would fail.

    [TP108: what it means](https://towpath.example/findings#tp108)

    </details>

    _Checked `d93f69dd0` against `staging` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_rewritten_branch_is_brought_back_to_where_it_was() {
    let mut subject = subject("staging", "staging");
    let what = |by: Option<&str>, stack| Rewritten {
        branch: name("staging"),
        before: id(4),
        after: id(5),
        by: by.map(str::to_owned),
        stack,
        at: UnixSeconds(1_700_000_000),
    };
    subject.pull.head.commit = id(4);
    let (title, body) = rewritten_alarm(&PromotionPath::pro(), &subject, &what(Some("rita"), Some(7)));
    insta::assert_snapshot!(format!("{title}\n\n{body}"), @"
    staging was rewritten by “Rebase stack”

    <!-- towpath:rewritten:e919a75364398a44 -->
    At 2023-11-14 22:13 UTC GitHub put the commits of `staging` on top of another branch and force-pushed them: from `1715609f7` to `b54cda58f`. `rita` pressed the button.

    What people tested there, the pull requests into it and everybody's clones rest on commits that `staging` no longer has.

    **What to do.** First take stack 7 apart, with Unstack on its page or with `gh stack unstack 7`, so that nobody presses the button again. Then point `staging` back:

    ```sh
    git fetch origin 1715609f7c746c69000000000000000000000004 &&
    git push --force-with-lease=staging:b54cda58fbbee87e000000000000000000000005 origin 1715609f7c746c69000000000000000000000004:refs/heads/staging
    ```

    **Who can act.** Anyone who can force-push to `staging`. If its rules let nobody do that, an admin has to allow it.

    Towpath closes this issue once it is repaired.

    <details><summary>Notes on the commands</summary>

    If somebody has pushed to `staging` since, git refuses the last command. Then bring that work over first, and put the commit where `staging` is now in place of `b54cda58f`.

    </details>
    ");
    let (_, body) = rewritten_alarm(&PromotionPath::pro(), &subject, &what(None, None));
    assert!(body.contains("does not tell who") && !body.contains("gh stack"), "{body}");
    assert_ne!(rewritten_marker(&name("a")), rewritten_marker(&name("b")));
    assert!(!rewritten_marker(&name("a-->b")).contains("a-->"));
}
