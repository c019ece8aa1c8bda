//! Words on the copy branch: its check, its issue, its pull request.

use super::super::samples::*;
use super::super::{CopyStanding, Guard, NotCopied, Refuser, alarm, check_of_copy, sync_pull};
use crate::model::{Cause, CopyMode, Outcome, PromotionPath, Verdict};

fn of_the_copy(verdict: &Verdict, standing: &CopyStanding) -> String {
    let check = check_of_copy(&PromotionPath::pro(), &subject("production", "master"), verdict, standing);
    format!("{} {}\n\n{}", check.conclusion.as_str(), check.title, check.full_summary())
}

/// What is to be done, in the words of a check or an issue.
fn what_to_do(text: &str) -> String {
    let repair = text.split("**What to do.**").nth(1).unwrap_or_else(|| panic!("nothing to do in {text}"));
    ["\n\n<details>", "\n\n[TP", "\n\nTowpath closes this issue"]
        .iter()
        .fold(repair, |repair, end| repair.split(end).next().unwrap_or_default())
        .to_owned()
}

fn diverged(guard: Guard) -> (Verdict, NotCopied) {
    let only_there = vec![commit(3, "Quick fix | for @everyone", "ben")];
    let cause = Cause::CopyDiverged { paths: vec!["f".to_owned()], only_on_copy: only_there.clone() };
    (verdict(Outcome::Fail, cause), NotCopied::Diverged { only_there, guard })
}

#[test]
fn a_copy_that_is_none_is_told_in_an_issue() {
    let (_, why) = diverged(Guard::Nothing);
    let (title, body) = alarm(&PromotionPath::pro(), &subject("production", "master"), &why);
    insta::assert_snapshot!(format!("{title}\n\n{body}"), @r"
    master is no longer a copy of production

    <!-- towpath:copy -->
    `master` has to be a copy of `production`, but has commits of its own. Towpath stopped updating it: that would need a force push, which it never does.

    **What to do.** Save what is on `master` under another name, then make `master` a copy of `production` again:

    ```sh
    git fetch origin &&
    git push origin 7776e396807131fe000000000000000000000385:refs/heads/master-before-repair-7776e3968 &&
    git push --force-with-lease=master:7776e396807131fe000000000000000000000385 origin d93f69dd0126b5e9000000000000000000000384:refs/heads/master
    ```

    **Who can act.** Anyone who can push to `master`.

    Towpath closes this issue once it is repaired.

    <details><summary>Notes on the commands</summary>

    If these changes are worth keeping, open a pull request for them into the environment that takes topics. They reach `master` with a release.

    </details>

    <details><summary>Evidence: 1 commit</summary>

    | commit | subject | author | brought by |
    |---|---|---|---|
    | `78dde6e5f` | `Quick fix \| for @everyone` | `ben` | a push |

    </details>
    ");
    insta::assert_snapshot!(sync_pull(&name("master"), &name("production")), @"`master` is a copy of `production`, and Towpath cannot update it without a merge. Merge this with a merge commit; nothing gets lost.");
}

#[test]
fn check_and_issue_tell_the_same_repair_of_master_whatever_keeps_it() {
    let rules = || vec!["non_fast_forward (ruleset 7 of acme/store)".to_owned()];
    let pull = subject("production", "master");
    for guard in [Guard::Unknown, Guard::Nothing, Guard::Rulesets(rules()), Guard::Classic] {
        let (verdict, why) = diverged(guard.clone());
        let (_, issue) = alarm(&PromotionPath::pro(), &pull, &why);
        let check = of_the_copy(&verdict, &CopyStanding { problem: Some(why), ..CopyStanding::default() });
        assert_eq!(what_to_do(&check), what_to_do(&issue), "{guard:?}");
        assert_eq!(check.matches("**What to do.**").count(), 1, "{check}");
        if guard == Guard::Classic {
            assert!(!check.to_lowercase().contains("bypass list"), "{check}");
        }
    }
    let refusers = [
        Refuser::Rulesets(rules()),
        Refuser::Classic,
        Refuser::Permission { workflows: true },
        Refuser::Permission { workflows: false },
        Refuser::Unknown,
    ];
    for by in refusers {
        let why = NotCopied::Refused { message: "No.".to_owned(), by: by.clone() };
        let (_, issue) = alarm(&PromotionPath::pro(), &pull, &why);
        let check =
            of_the_copy(&Verdict::default(), &CopyStanding { problem: Some(why), ..CopyStanding::default() });
        let issue = issue.split("\n\nTowpath closes this issue").next().unwrap();
        let check = check.split("\n\n_Checked").next().unwrap();
        assert_eq!(what_to_do(check), what_to_do(issue), "{by:?}");
        assert_eq!(check.contains("bypass list"), matches!(by, Refuser::Rulesets(_)), "{check}");
    }
}

#[test]
fn a_copy_that_may_not_follow_names_what_refuses() {
    let refused = |message: &str, by: Refuser| {
        let problem = Some(NotCopied::Refused { message: message.to_owned(), by });
        of_the_copy(&Verdict::default(), &CopyStanding { problem, ..CopyStanding::default() })
    };
    let by_ruleset = Refuser::Rulesets(vec!["pull_request (ruleset 7 of acme/store)".to_owned()]);
    insta::assert_snapshot!(refused("Repository rule violations found Changes must be made through a pull request.", by_ruleset), @"
    action_required master cannot follow production

    `master` has to follow `production`, but GitHub does not let Towpath update it: `Repository rule violations found Changes must be made through a pull request.`. Until then it holds an old release.

    These rules apply to it: `pull_request (ruleset 7 of acme/store)`.

    **What to do.** Add the Towpath App to the bypass list of each of these rulesets, with the mode “Always”: Settings → Rules → Rulesets.

    **Who can act.** Anyone who can change the settings of the repository and of the App.

    <details><summary>Another way</summary>

    Write `copy: { mode: pull-request }` in `.github/towpath.yml`, and merge a pull request after each release.

    </details>

    _Checked `d93f69dd0` against `master` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
    insta::assert_snapshot!(refused("Changes must be made through a pull request.", Refuser::Classic), @"
    action_required master cannot follow production

    `master` has to follow `production`, but GitHub does not let Towpath update it: `Changes must be made through a pull request.`. Until then it holds an old release.

    **What to do.** Let the Towpath App through in the branch protection rule of `master`: Settings → Branches.

    “Require a pull request before merging”: tick “Allow specified actors to bypass required pull requests”, and add Towpath.

    **Who can act.** Anyone who can change the settings of the repository and of the App.

    <details><summary>Another way</summary>

    Write `copy: { mode: pull-request }` in `.github/towpath.yml`, and merge a pull request after each release.

    </details>

    _Checked `d93f69dd0` against `master` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
    insta::assert_snapshot!(refused("Protected branch update failed for refs/heads/master.", Refuser::Classic), @"
    action_required master cannot follow production

    `master` has to follow `production`, but GitHub does not let Towpath update it: `Protected branch update failed for refs/heads/master.`. Until then it holds an old release.

    **What to do.** Let the Towpath App through in the branch protection rule of `master`: Settings → Branches.

    - “Require a pull request before merging”: tick “Allow specified actors to bypass required pull requests”, and add Towpath.
    - “Restrict who can push to matching branches”: add Towpath.
    - “Require status checks to pass” lets no App through: remove the checks there.

    **Who can act.** Anyone who can change the settings of the repository and of the App.

    <details><summary>Another way</summary>

    Write `copy: { mode: pull-request }` in `.github/towpath.yml`, and merge a pull request after each release.

    </details>

    _Checked `d93f69dd0` against `master` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
    insta::assert_snapshot!(refused("Resource not accessible by integration", Refuser::Permission { workflows: true }), @"
    action_required master cannot follow production

    `master` has to follow `production`, but GitHub does not let Towpath update it: `Resource not accessible by integration`. Until then it holds an old release.

    **What to do.** Give the App the repository permission Workflows: write, and accept it in its installation. The release to copy changes `.github/workflows`.

    **Who can act.** Anyone who can change the settings of the repository and of the App.

    <details><summary>Another way</summary>

    Write `copy: { mode: pull-request }` in `.github/towpath.yml`, and merge a pull request after each release.

    </details>

    _Checked `d93f69dd0` against `master` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
    insta::assert_snapshot!(of_the_copy(&Verdict::default(), &CopyStanding::default()), @"
    success A copy: master holds the files of production



    _Checked `d93f69dd0` against `master` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_copy_that_is_behind_tells_what_is_on_its_way() {
    let stale = || verdict(Outcome::Warn, Cause::CopyStale { behind: 2, since: None });
    let mut path = PromotionPath::pro();
    let mut told = Vec::new();
    for (mode, sync, closed_sync) in [
        (CopyMode::FastForward, None, None),
        (CopyMode::FastForward, Some(14), None),
        (CopyMode::FastForward, None, Some(13)),
        (CopyMode::PullRequest, None, None),
        (CopyMode::Report, None, None),
    ] {
        if let Some(copy) = &mut path.copy {
            copy.mode = mode;
        }
        let standing = CopyStanding { problem: None, sync, closed_sync };
        let check = check_of_copy(&path, &subject("production", "master"), &stale(), &standing);
        let repair = what_to_do(&check.summary);
        told.push(repair.split("\n\n[TP501").next().unwrap_or_default().trim().to_owned());
    }
    insta::assert_snapshot!(told.join("\n---\n"), @"
    Nothing: Towpath updates `master` once the current state of `production` is deployed.
    ---
    Merge #14 with a merge commit: it brings `production` over.
    ---
    Reopen #13, which brings `production` over, and merge it with a merge commit. Since somebody closed it, Towpath opens no other one until `production` moves.
    ---
    Nothing yet: Towpath opens a pull request into `master` once the current state of `production` is deployed.
    ---
    Bring `production` over:

    ```sh
    gh pr create --repo acme/store --base master --head production --title 'Make master a copy of production again' --body ''
    ```
    ");
}
