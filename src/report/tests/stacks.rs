//! TP108: promotions in stacks, chains that could be made one, and branches that a stack has rewritten.

use super::super::samples::*;
use super::super::{Rewritten, rewritten_alarm, rewritten_marker};
use super::shown;
use crate::model::{Cause, Outcome::Fail, Outcome::Pass, PromotionPath};

#[test]
fn a_promotion_in_a_stack_is_taken_out_of_it() {
    let shown = shown(&subject("integration", "production"), verdict(Fail, in_stack(Some(7))));
    insta::assert_snapshot!(shown, @r#"
    failure [Re-check] In stack 7: integration → production (unstack it)

    This pull request is in stack 7, which goes to `production`. “Rebase stack”, which GitHub offers there, puts each head onto the branch below it and pushes it by force, also where a rule forbids that: it would rewrite `staging` and `integration` for everybody.

    GitHub also asks every pull request of a stack for the checks of `production`, whatever branch it goes into, and merging one merges all below it. A promotion goes one step at a time, and is in no stack.

    **What to do.** Take the stack apart. The pull requests stay open, each with the branch that it goes into:

    ```sh
    gh stack unstack 7
    ```

    - On the page: open the map of the stack beside the title, and choose Unstack. The command needs `gh extension install github/gh-stack` once.
    - GitHub tells nobody that a stack was taken apart: then press Re-check. Without it, it is noticed within the hour.

    **Who can act.** The author of the pull request, and whoever may write to the repository, can do this. Towpath has no override: repository admins decide through the rules of `production`.

    [TP108: what it means](https://towpath.example/findings#tp108)

    _Judged `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn a_stack_without_a_number_is_taken_apart_on_the_page() {
    let cause = Cause::PromotionInStack { number: None, trunk: name("staging"), heads: Vec::new() };
    let shown = shown(&subject("release/42", "staging"), verdict(Fail, cause));
    insta::assert_snapshot!(shown, @r#"
    failure [Re-check] In a stack: release/42 → staging (unstack it)

    This pull request is in a stack, which goes to `staging`. “Rebase stack”, which GitHub offers there, puts each head onto the branch below it and pushes it by force, also where a rule forbids that: it would rewrite `release/42`, and what was tested would not be what is merged.

    GitHub also asks every pull request of a stack for the checks of `staging`, whatever branch it goes into, and merging one merges all below it. A promotion goes one step at a time, and is in no stack.

    **What to do.** Take the stack apart. The pull requests stay open, each with the branch that it goes into:

    - On the page: open the map of the stack beside the title, and choose Unstack.
    - GitHub tells nobody that a stack was taken apart: then press Re-check. Without it, it is noticed within the hour.

    **Who can act.** The author of the pull request, and whoever may write to the repository, can do this. Towpath has no override: repository admins decide through the rules of `staging`.

    [TP108: what it means](https://towpath.example/findings#tp108)

    _Judged `d93f69dd0` against `staging` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn a_chain_of_promotions_passes_with_a_note() {
    let shown = shown(&subject("integration", "staging"), verdict(Pass, may_be_stacked()));
    insta::assert_snapshot!(shown, @r#"
    success [] On the path: integration → staging

    `staging` takes `integration`, and the merge gives exactly the files that `integration` holds now.

    <details><summary>Also found: TP108</summary>

    **Do not make a stack of this and #11 by `rita`**

    GitHub's pages offer to put them in a stack, because one goes into the branch of the other. Leave it: in a stack, “Rebase stack” would rewrite `integration` for everybody, and this check would fail.

    [TP108: what it means](https://towpath.example/findings#tp108)

    </details>

    _Judged `d93f69dd0` against `staging` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
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
        at: 1_700_000_000,
    };
    subject.pull.head.commit = id(4);
    let (title, body) = rewritten_alarm(&PromotionPath::pro(), &subject, &what(Some("rita"), Some(7)));
    insta::assert_snapshot!(format!("{title}\n\n{body}"), @r#"
    staging was rewritten by “Rebase stack”

    <!-- towpath:rewritten:e919a75364398a44 -->
    At 2023-11-14 22:13 UTC GitHub made the commits of `staging` anew, on top of another branch, and pushed them by force: from `1715609f7` to `b54cda58f`. `rita` pressed the button.

    What was tested there, what is open into it and what everybody has checked out stand on commits that `staging` has no more.

    **What to do.** Take stack 7 apart first, by Unstack on its page or by `gh stack unstack 7`: else the button does it again. Then point `staging` back:

    ```sh
    git fetch origin 1715609f7c746c69000000000000000000000004 &&
    git push --force-with-lease=staging:b54cda58fbbee87e000000000000000000000005 origin 1715609f7c746c69000000000000000000000004:refs/heads/staging
    ```

    If somebody has pushed to `staging` since, the last command is refused: then bring that work over first, and name the commit where `staging` is now in place of `b54cda58f`.

    **Who can act.** Whoever may push to `staging` by force can do this; where its rules let nobody, an admin lets somebody.

    This issue is closed by itself as soon as it is repaired.
    "#);
    let (_, body) = rewritten_alarm(&PromotionPath::pro(), &subject, &what(None, None));
    assert!(body.contains("does not tell who") && !body.contains("gh stack"), "{body}");
    assert_ne!(rewritten_marker(&name("a")), rewritten_marker(&name("b")));
    assert!(!rewritten_marker(&name("a-->b")).contains("a-->"));
}
