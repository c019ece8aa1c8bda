//! The comment, the terminal, shared checks, checks that are left behind.

use super::super::samples::*;
use super::super::{LocalCheck, Subject, check, comment, terminal, words};
use super::shown;
use crate::model::{Cause, Code, Finding, Level, Outcome, PromotionPath, Repair, Verdict};

#[test]
fn the_comment_says_the_same_with_the_evidence_folded() {
    let verdict = verdict(Outcome::Fail, carries_staging());
    let shown = comment(&PromotionPath::pro(), &subject("feature/x", "integration"), &verdict, None);
    insta::assert_snapshot!(shown, @r#"
    <!-- towpath:verdict -->
    ### ❌ Carries `staging`'s history: 2 foreign commits

    `feature/x` would bring 5 commits to `integration`. 3 of them came with the history of `staging`, and have not come to `integration` by the path.

    Expected: only work of its own, on top of what `integration` already has. Nothing has been merged.

    **What to do.** Put its own 2 commits onto `integration`, oldest first:

    ```sh
    git fetch origin &&
    git switch --detach refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits a708a824f 454021de7 &&
    git push --force-with-lease=feature/x:d93f69dd0126b5e9000000000000000000000384 origin HEAD:refs/heads/feature/x
    ```

    - If a pick stops at a conflict, resolve it, go on with `git cherry-pick --continue` (or `--skip`, if git says that it is empty), and then run the lines that are left.
    - 1 merge is left out. A conflict that was resolved in it comes again, and what else was changed in it does not come along: `git show --remerge-diff COMMIT` shows it.
    - The push is refused if somebody has pushed to `feature/x` since, so nothing is lost. Your local branch still holds the old commits: `git switch -C feature/x` moves it along, once nothing unpushed is left in it.

    **Another way.** Put the same commits on a new branch from `integration`, open a pull request from there and close this one.

    **Who can act.** Whoever may push to `feature/x` can repair this. Towpath has no override: repository admins decide through the rules of `integration`.

    <details><summary>Evidence: 2 commits</summary>

    On the line of `staging`, and not of `integration`:

    | commit | subject | author |
    |---|---|---|
    | [`08d12e6b7`](https://github.com/acme/store/commit/08d12e6b76c84d1100000000000000000000000c) | `Promote integration` | `Ada` |
    | [`6a99b4b1f`](https://github.com/acme/store/commit/6a99b4b1f77dd0fc00000000000000000000000b) | `Fix the \| pipe for @bob, closes #7` | `Ben` |

    In short, with the commits in question marked:

    ```mermaid
    %%{init: {"gitGraph": {"mainBranchName": "integration"}}}%%
    gitGraph
      commit id: "shared"
      branch "staging"
      commit id: "6a99b4b1f" type: HIGHLIGHT
      commit id: "08d12e6b7" type: HIGHLIGHT
      branch "feature/x"
      commit id: "a708a824f"
      commit id: "454021de7"
    ```

    </details>

    [TP201: what it means](https://towpath.example/findings#tp201)
    "#);
}

#[test]
fn the_comment_folds_what_was_wrong_once_it_passes() {
    let earlier = (subject("feature/x", "integration"), verdict(Outcome::Fail, carries_staging()));
    let now = subject("feature/x", "integration");
    let shown = comment(&PromotionPath::pro(), &now, &Verdict::default(), Some(&earlier));
    insta::assert_snapshot!(shown, @"
    <!-- towpath:verdict -->
    ### ✅ On the path: `feature/x` → `integration`

    This pull request is on the path now. Nothing more is to be done.

    `integration` takes topics, and none of the commits that `feature/x` brings came by way of `staging`, `production` or `master`.

    <details><summary>What was wrong before</summary>

    **TP201: Carries `staging`'s history: 2 foreign commits**

    `feature/x` would bring 5 commits to `integration`. 3 of them came with the history of `staging`, and have not come to `integration` by the path.

    Expected: only work of its own, on top of what `integration` already has. Nothing has been merged.

    </details>
    ");
}

#[test]
fn the_comment_says_why_it_may_merge_now() {
    let (subject, cause) = (subject("feature/x", "integration"), carries_staging());
    let earlier = (subject.clone(), verdict(Outcome::Fail, cause.clone()));
    let other = Cause::ReverseMerge { rejoins: None };
    let softened = |severity, cause, level| Finding { level, ..Finding::new(severity, cause) };
    let mut off = PromotionPath::pro();
    off.rules.set(Code::CarriesHistory, Level::Off);
    let (pro, folds) = (PromotionPath::pro(), "What was wrong before");
    for (path, findings, words, folded) in [
        (&pro, vec![], "is on the path now. Nothing more is to be done.", true),
        (
            &pro,
            vec![softened(Outcome::Warn, cause.clone(), Level::Warn)],
            "may merge now, because this project's rules have TP201 as `warn`. What was found still stands.",
            false,
        ),
        (
            &pro,
            vec![softened(Outcome::Pass, cause, Level::Observe)],
            "may merge now, because this project's rules have TP201 as `observe`. What was found still stands.",
            false,
        ),
        (
            &pro,
            vec![softened(Outcome::Pass, other.clone(), Level::Observe)],
            "may merge now. What is noted below counts for nothing.",
            true,
        ),
        (&pro, vec![Finding::warn(other.clone())], "may merge now. One thing deserves a look.", true),
        (&pro, vec![Finding::warn(other.clone()); 2], "may merge now. Some things deserve a look.", true),
        (
            &off,
            vec![Finding::warn(other)],
            "may merge now, because this project's rules do not look for `TP201` any more. One thing deserves a look.",
            true,
        ),
    ] {
        let shown = comment(path, &subject, &Verdict { findings }, Some(&earlier));
        assert_eq!(shown.lines().nth(3), Some(&*format!("This pull request {words}")), "{shown}");
        assert_eq!(shown.contains(folds), folded, "{shown}");
    }
}

#[test]
fn the_comment_says_what_was_wrong_of_the_base_it_had_then() {
    let cause = Cause::WrongBase { belongs_on: Some(name("integration")), needs: vec![name("staging")] };
    let earlier = (subject("feature/x", "production"), verdict(Outcome::Fail, cause));
    let now = subject("feature/x", "integration");
    let shown = comment(&PromotionPath::pro(), &now, &Verdict::default(), Some(&earlier));
    insta::assert_snapshot!(shown, @"
    <!-- towpath:verdict -->
    ### ✅ On the path: `feature/x` → `integration`

    This pull request is on the path now. Nothing more is to be done.

    `integration` takes topics, and none of the commits that `feature/x` brings came by way of `staging`, `production` or `master`.

    <details><summary>What was wrong before</summary>

    **TP101: Wrong source: `feature/x` → `production` (needs `staging`)**

    This pull request would merge `feature/x` into `production`. Expected: `production` takes only `staging`.

    Work comes in through `integration`. From there it travels on by promotion, one environment after the other, to `production`.

    </details>
    ");
}

#[test]
fn the_terminal_says_the_same_without_markdown() {
    let verdict = verdict(Outcome::Fail, carries_staging());
    let shown = terminal(
        &LocalCheck::new(&PromotionPath::pro(), &pull("feature/x", "integration"), Some("origin")),
        &verdict,
        false,
    );
    insta::assert_snapshot!(shown, @"
    fail: TP201 Carries staging's history: 2 foreign commits

    feature/x would bring 5 commits to integration. 3 of them came with the history of staging, and have not come to integration by the path.

    Expected: only work of its own, on top of what integration already has. Nothing has been merged.

    What to do. Put its own 2 commits onto integration, oldest first:

        git fetch origin &&
        git switch --detach refs/remotes/origin/integration &&
        git cherry-pick --keep-redundant-commits a708a824f 454021de7 &&
        git push --force-with-lease=feature/x: origin HEAD:refs/heads/feature/x

    - If a pick stops at a conflict, resolve it, go on with `git cherry-pick --continue` (or `--skip`, if git says that it is empty), and then run the lines that are left.
    - 1 merge is left out. A conflict that was resolved in it comes again, and what else was changed in it does not come along: `git show --remerge-diff COMMIT` shows it.
    - The push is refused if somebody has pushed to feature/x since, so nothing is lost. Your local branch still holds the old commits: `git switch -C feature/x` moves it along, once nothing unpushed is left in it.

    Another way. Put the same commits on a new branch from integration, open a pull request from there and close this one.

    Who can act. Whoever may push to feature/x can repair this. Towpath has no override: repository admins decide through the rules of integration.

    On the line of staging, and not of integration:
        08d12e6b7  Promote integration (Ada)
        6a99b4b1f  Fix the | pipe for @bob, closes #7 (Ben)

    Judged d93f69dd0 against integration at 7776e3968.
    ");
}

#[test]
fn a_shared_check_shows_the_worse_verdict_and_names_all() {
    let other = Subject { number: 15, ..subject("feature/x", "integration") };
    let judged = [
        (subject("feature/x", "integration"), Verdict::default()),
        (other, verdict(Outcome::Fail, carries_staging())),
    ];
    let check = check(&PromotionPath::pro(), &judged);
    let lines: Vec<&str> = check.summary.lines().collect();
    let ends = format!("{}\n\n{}\n…\n{}", check.title, lines[0], lines[lines.len() - 7..].join("\n"));
    insta::assert_snapshot!(ends, @"
    Carries staging's history: 2 foreign commits

    #12 and #15 share this check, because they have the same head and base. It shows #15.
    …
    <details><summary>Also judged: #12</summary>

    **On the path: `feature/x` → `integration`**

    `integration` takes topics, and none of the commits that `feature/x` brings came by way of `staging`, `production` or `master`.

    </details>
    ");
}

#[test]
fn further_findings_are_folded() {
    let mut verdict = verdict(Outcome::Fail, Cause::HeadBehind);
    verdict.findings.extend(
        super::super::samples::verdict(Outcome::Warn, Cause::ReverseMerge { rejoins: None }).findings,
    );
    let check = check(&PromotionPath::pro(), &[(subject("staging", "production"), verdict)]);
    let folded = &check.summary[check.summary.find("<details>").unwrap()..];
    insta::assert_snapshot!(folded, @r#"
    <details><summary>Also found: TP106</summary>

    **Warning: nothing to carry, `staging` → `production`**

    `staging` is further down the path than `production`, and it has no change that `production` lacks. GitHub offers such pull requests by itself when a branch has moved.

    **What to do.** Close this pull request:

    ```sh
    gh pr close 12 --repo acme/store
    ```

    **Another way.** If a hotfix was to be carried back: it is not on `staging` yet, or `production` has it already. Merge the hotfix into `staging` first. This pull request then carries it, and is judged again by itself.

    [TP106: what it means](https://towpath.example/findings#tp106)

    </details>
    "#);
}

#[test]
fn json_words_are_plain() {
    let verdict = verdict(Outcome::Fail, Cause::ForkHead { own: name("integration") });
    let words = words(
        &LocalCheck::new(&PromotionPath::pro(), &pull("integration", "staging"), Some("origin")),
        &verdict,
        &verdict.findings[0],
    );
    let shown = format!("{}\n---\n{}\n---\n{}", words.title, words.detail, words.remedy);
    insta::assert_snapshot!(shown, @r#"
    From a fork: integration → staging
    ---
    The head is a branch called integration in a fork. Expected: the branch integration of this repository. A fork's branch can hold anything, so its name proves nothing.
    ---
    Open the pull request from the repository's own branch, and close this one:

        gh pr create --base staging --head integration --title 'Promote integration to staging' --body '' &&
        gh pr close

    If the fork holds new work, push it to a branch of another name and open a pull request from there into the environment that takes topics.

    The author of the pull request, and whoever may write to the repository, can do this. Towpath has no override: repository admins decide through the rules of staging.
    "#);
}

#[test]
fn colour_is_for_the_outcome_alone() {
    let path = PromotionPath::pro();
    let pull = pull("feature/x", "integration");
    let check = LocalCheck::new(&path, &pull, Some("origin"));
    let coloured = terminal(&check, &Verdict::default(), true);
    assert!(coloured.starts_with("\u{1b}[32mpass\u{1b}[0m: On the path"), "{coloured:?}");
    let plain = terminal(&check, &Verdict::default(), false);
    assert_eq!(coloured.replace("\u{1b}[32m", "").replace("\u{1b}[0m", ""), plain);
}

#[test]
fn every_code_has_its_heading_in_the_docs_and_no_more() {
    let docs = include_str!("../../../docs/findings.md");
    let headings: Vec<&str> = docs.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(headings, codes);
}

#[test]
fn many_foreign_commits_are_shown_as_far_as_they_fit_in_any_alphabet() {
    let long = "Исправлено округление цен при оплате наличными в кассе магазина";
    for (subject_line, least) in [("Fix the price", 200), (long, 150)] {
        let commits: Vec<_> = (1..=400).map(|number| commit(number, subject_line, "Ада")).collect();
        let cause = Cause::CarriesHistory {
            foreign: vec![(name("production"), commits)],
            brought: 400,
            came_along: 400,
            entered: Vec::new(),
            repair: Repair::default(),
        };
        let text = shown(&subject("feature/x", "integration"), verdict(Outcome::Fail, cause));
        let text = text.split("=== text").nth(1).unwrap().to_owned();
        let rows = text.matches("/commit/").count();
        assert!(rows >= least && rows < 400, "{rows}");
        assert!(text.contains(&format!("… and {} more.", 400 - rows)), "{rows}");
    }
}
