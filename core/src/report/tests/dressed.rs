//! The comment, the terminal, shared checks, checks that are left behind.

use super::super::samples::*;
use super::super::{LocalCheck, Subject, check, comment, terminal, words};
use super::shown;
use crate::model::{Cause, Code, Finding, Level, Outcome, PromotionPath, Repair, Verdict};

#[test]
fn the_comment_leads_to_the_check() {
    let verdict = verdict(Outcome::Fail, carries_staging());
    let shown = comment(&PromotionPath::pro(), &subject("feature/x", "integration"), &verdict, None);
    insta::assert_snapshot!(shown, @"
    <!-- towpath:verdict -->
    ### ❌ Carries `staging`'s history: 2 foreign commits

    Do not merge this pull request as it is. [The check](https://github.com/acme/store/pull/12/checks) says why, and gives the repair.
    ");
}

#[test]
fn the_comment_names_what_was_wrong_once_it_passes() {
    let earlier = (subject("feature/x", "integration"), verdict(Outcome::Fail, carries_staging()));
    let now = subject("feature/x", "integration");
    let shown = comment(&PromotionPath::pro(), &now, &Verdict::default(), Some(&earlier));
    insta::assert_snapshot!(shown, @"
    <!-- towpath:verdict -->
    ### ✅ On the path: `feature/x` → `integration`

    This pull request is on the path now. You can merge it. [The check](https://github.com/acme/store/pull/12/checks) says more.

    What was wrong before:
    - TP201: Carries `staging`'s history: 2 foreign commits
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
        (&pro, vec![], "is on the path now. You can merge it.", true),
        (
            &pro,
            vec![softened(Outcome::Warn, cause.clone(), Level::Warn)],
            "may merge now, because this project's rules set TP201 to `warn`. What Towpath found still stands.",
            false,
        ),
        (
            &pro,
            vec![softened(Outcome::Pass, cause, Level::Observe)],
            "may merge now, because this project's rules set TP201 to `observe`. What Towpath found still stands.",
            false,
        ),
        (
            &pro,
            vec![softened(Outcome::Pass, other.clone(), Level::Observe)],
            "may merge now. What Towpath still notes counts for nothing.",
            true,
        ),
        (&pro, vec![Finding::warn(other.clone())], "may merge now. One thing deserves a look.", true),
        (&pro, vec![Finding::warn(other.clone()); 2], "may merge now. Some things deserve a look.", true),
        (
            &off,
            vec![Finding::warn(other)],
            "may merge now, because this project's rules no longer look for `TP201`. One thing deserves a look.",
            true,
        ),
    ] {
        let shown = comment(path, &subject, &Verdict { findings }, Some(&earlier));
        let line = shown.lines().nth(3).unwrap_or_default();
        assert!(line.starts_with(&format!("This pull request {words} [The check](")), "{shown}");
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

    This pull request is on the path now. You can merge it. [The check](https://github.com/acme/store/pull/12/checks) says more.

    What was wrong before:
    - TP101: Wrong source: `feature/x` → `production` (needs `staging`)
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
    insta::assert_snapshot!(shown, @r#"
    fail: TP201 Carries staging's history: 2 foreign commits

    3 of the 5 commits of feature/x are part of staging but never reached integration through a pull request. Merging this would bring them to integration, and the next promotion would carry them on.

    What to do. Put its own 2 commits onto integration, oldest first:

        git fetch origin &&
        git switch --detach refs/remotes/origin/integration &&
        git cherry-pick --keep-redundant-commits a708a824f 454021de7 &&
        git push --force-with-lease=feature/x: origin HEAD:refs/heads/feature/x

    - If a pick stops at a conflict, resolve it and run `git cherry-pick --continue` (or `--skip` if git says that the commit is empty). Then run the remaining lines.
    - Your merge commit is dropped: you will resolve its conflicts again, and any other edit made in it is lost. `git show --remerge-diff COMMIT` shows such edits.
    - If somebody has pushed to feature/x since, git refuses the push, so nothing gets lost. Your local branch still has the old commits. Once it has nothing unpushed, `git switch -C feature/x` moves it.

    Another way. Put the same commits on a new branch from integration, open a pull request from it and close this one.

    Who can act. Anyone who can push to feature/x. Anyone with the role maintain or a higher one can override it with `/override TP201 --reason "…"`.

    Part of staging, but not of integration:
        08d12e6b7  Promote integration (Ada)
        6a99b4b1f  Fix the | pipe for @bob, closes #7 (Ben)

    Checked d93f69dd0 against integration at 7776e3968.
    "#);
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

    #12 and #15 share this check, because they have the same head and base. It shows the result of #15.
    …
    <details><summary>Also checked: #12</summary>

    **On the path: `feature/x` → `integration`**

    `integration` takes topics, and none of the commits of `feature/x` come from `staging`, `production` or `master`.

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
    insta::assert_snapshot!(folded, @"
    <details><summary>Notes on the commands</summary>

    - Resolve conflicts there. Test the result, then promote it. Towpath checks this pull request again by itself.
    - If a change that only `production` has is a revert, that also removes the reverted work from `integration`.

    </details>

    <details><summary>Other ways</summary>

    **Or:** If it cannot wait: merge `production` into `staging`, test there, and carry it back into `integration` afterwards.

    **Or:** If `staging` was pushed back by mistake, point it at the commit where it was. The repository's Activity page lists each push.

    **Or:** If somebody pushed `staging` back on purpose, close this pull request: there is nothing to promote.

    </details>

    <details><summary>Also found: TP106</summary>

    **Warning: nothing to carry, `staging` → `production`**

    `staging` has no change that `production` lacks, so merging this only adds a merge commit. GitHub offers such pull requests whenever a branch has moved.

    **What to do.** Close this pull request:

    ```sh
    gh pr close 12 --repo acme/store
    ```

    **Another way.** If you want to carry a hotfix back: it is not on `staging` yet, or `production` already has it. Merge the hotfix into `staging` first; Towpath then checks this pull request again.

    [TP106: what it means](https://towpath.example/findings#tp106)

    </details>
    ");
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
    insta::assert_snapshot!(shown, @"
    From a fork: integration → staging
    ---
    This integration is a branch in a fork, and anyone can give a branch that name. A promotion comes from this repository's own integration; merging this one could put anything on staging.
    ---
    Open a pull request from this repository's own branch, and close this one:

        gh pr create --base staging --head integration --title 'Promote integration to staging' --body '' &&
        gh pr close

    If the fork has new work, push it to a branch with another name. Open a pull request from there into the environment that takes topics.

    The author of the pull request, and anyone with write access. Nobody can override TP103; admins can change the rules of staging.
    ");
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
    let docs = include_str!("../../../../docs/findings.md");
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
            plain_merges: Vec::new(),
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
