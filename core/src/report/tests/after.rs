//! What is said after a merge, on a configuration, on a merge group, and of rules that weigh less.

use super::super::samples::*;
use super::super::{
    Aftermath, BackTest, ChangedVerdict, Conclusion, ConfigPreview, aftermath, check, check_of_group,
    config_preview,
};
use super::shown;
use crate::model::config::Configuration;
use crate::model::{
    Cause, Finding, Level,
    Outcome::{Fail, Pass, Wait, Warn},
    PromotionPath, PullNumber, Undecided, UnixMillis, UnixSeconds, Verdict,
};

fn after(differs: bool, cut: bool) -> String {
    aftermath(&PromotionPath::pro(), &subject("staging", "production"), &Aftermath { differs, cut })
}

#[test]
fn a_promotion_was_squashed() {
    insta::assert_snapshot!(after(false, true), @"
    <!-- towpath:verdict -->
    ### ⚠️ This promotion cut the history of `staging` and `production`

    It was squashed or rebased: `production` has the files of `staging`, but not its commits. Later promotions show everything again, and can conflict. Join the two histories again; no file changes:

    ```sh
    gh pr create --repo acme/store --base staging --head production --title 'Join the history of production and staging again' --body ''
    ```

    Merge that pull request with a merge commit. To prevent this, allow only merge commits in the ruleset of `production`. [TP305: what it means](https://towpath.example/findings#tp305)
    ");
}

#[test]
fn a_promotion_ships_what_nobody_tested() {
    insta::assert_snapshot!(after(true, false), @"
    <!-- towpath:verdict -->
    ### ❌ `production` does not hold what was tested on `staging`

    The merge gave `production` other files than `staging` had: something else was merged meanwhile, or somebody resolved a conflict by hand. Compare the two with `git fetch origin && git diff d93f69dd0 7776e3968`. Merge what you want to keep back into `integration` and promote it again; revert the rest on `production`.
    ");
}

fn said(proposed: &ConfigPreview) -> String {
    let check =
        config_preview(proposed, Some("https://towpath.example/findings"), UnixSeconds(1_700_000_000));
    format!("{} {}\n\n{}", check.conclusion.as_str(), check.title, check.full_summary())
}

#[test]
fn a_configuration_that_cannot_be_used() {
    let file =
        "version: 1\nenvironments:\n  - name: integration\n    acepts: [topics]\n  - name: integration\n";
    let problems = Configuration::read(file).unwrap_err();
    insta::assert_snapshot!(said(&ConfigPreview::Invalid(problems)), @r#"
    failure Configuration invalid: 2 mistakes, first line 4, column 5

    On the default branch this file would block every pull request into an environment.

    - Line 4, column 5: `there is no key "acepts" in an item of environments`; `did you mean accepts?`
    - Line 5, column 5: `accepts is missing in an item of environments`; `add accepts: and its value`

    To see the same before pushing:

    ```sh
    towpath config check .github/towpath.yml
    ```

    [TP601: what it means](https://towpath.example/findings#tp601)

    _Read from this pull request, 2023-11-14 22:13 UTC. The configuration in force is the one on the default branch._
    "#);
}

fn valid(otherwise: Vec<ChangedVerdict>, judged: usize, unknown: usize) -> ConfigPreview {
    let file = "version: 1\nrules: { TP205: off }\ncommerce: { plan: starter }\n";
    let configuration = Box::new(Configuration::read(file).unwrap());
    ConfigPreview::Valid { configuration, tested: BackTest { judged, unknown, otherwise } }
}

#[test]
fn a_configuration_that_changes_verdicts() {
    let stacked = Cause::Stacked { on: vec![origin(7, "feature/cart", "ana")] };
    let otherwise = |number, now, then| ChangedVerdict {
        number: PullNumber(number),
        author: "ana".to_owned(),
        now,
        then,
    };
    let all = vec![
        otherwise(31, verdict(Warn, stacked), Verdict::default()),
        otherwise(12, Verdict::default(), verdict(Fail, carries_staging())),
    ];
    // Some codes are enough, so that one more changes nothing here.
    let said = said(&valid(all, 97, 3));
    let said: Vec<_> =
        said.lines().filter(|it| !it.ends_with(": enforce") || it.starts_with("  TP10")).collect();
    insta::assert_snapshot!(said.join("\n"), @"
    success Valid; changes 2 verdicts on merged pull requests

    The path would be: `integration → staging → production, master is a copy of production`.

    With this change 2 of the last 97 merged pull requests would have got another verdict:

    | pull request | now | with this change |
    |---|---|---|
    | #31 by `ana` | warn (TP205) | pass |
    | #12 by `ana` | pass | fail (TP201) |

    3 more could not be checked again, because their commits are gone.

    Worth knowing:

    - Line 3: `commerce counts for nothing without preset: commerce`

    <details><summary>The configuration with every default spelled out</summary>

    ```yaml
    version: 1
    environments:
      - name: integration
        branch: integration
        accepts: [topics]
        requires: { tested: false }
        active: 2    # active_idle is not set: no place is to be freed because nobody pushes
        active_keeps_data: true
        # where nothing is said: deploy: { driver: deployment, timeout: 1h, pick_up_within: 15m, cancel_within: 2m }
      - name: staging
        branch: staging
        accepts: [integration]
        requires: { tested: false }
        active: 1
        # where nothing is said: deploy: { driver: deployment, timeout: 1h, pick_up_within: 15m, cancel_within: 2m }
      - name: production
        branch: production
        accepts: [staging]
        requires: { tested: if-reported }
        active: 1
        # where nothing is said: deploy: { driver: deployment, timeout: 1h, pick_up_within: 15m, cancel_within: 2m }
    copy: { branch: master, of: production, mode: fast-forward }    # where nothing is said: after: deploy
    rules:
      TP101: enforce
      TP102: enforce
      TP103: enforce
      TP104: enforce
      TP105: enforce
      TP106: enforce
      TP107: enforce
      TP108: enforce
      TP205: off
    # ignore_paths is not set: only the copy branch may differ, in .github/
    comment: on_failure
    # hotfixes is not set: a promotion waits at once for a hotfix that is owed
    # commands is not set: each command has its own default
    # command_prefix is not set: a command is written /name
    overrides: { second: false }    # budget is not set: nobody counts overrides
    # preset is not set: the files of pull requests are not read
    timezone: UTC
    # neither freezes nor windows are set: nothing is frozen
    ```

    </details>

    _Read from this pull request, 2023-11-14 22:13 UTC. The configuration in force is the one on the default branch._
    ");
}

#[test]
fn a_configuration_that_changes_none() {
    let said = said(&valid(Vec::new(), 100, 1));
    let (words, _) = said.split_once("Worth knowing").unwrap();
    insta::assert_snapshot!(words.trim_end(), @"
    success Valid; changes no verdict on merged pull requests

    The path would be: `integration → staging → production, master is a copy of production`.

    With this change the last 100 merged pull requests get the same verdicts as before.

    One more could not be checked again, because its commits are gone.
    ");
}

#[test]
fn what_waits_leaves_a_merge_queue_at_once_with_its_end_in_the_title() {
    let noon = UnixMillis(1_795_608_000_000);
    for (cause, title) in [
        (held(false), "Held: production was rolled back to 1715609f7"),
        (locked(Some(noon), None), "Locked until 25 Nov 12:00 UTC by rita"),
        (frozen(Some(UnixSeconds(1_795_608_000))), "Frozen until 25 Nov 12:00 UTC"),
        (locked(None, None), "production is locked by rita"),
        (deploying(None), "Waits for the deploy of d93f69dd0 to staging"),
    ] {
        let judged = [(subject("staging", "production"), verdict(Wait, cause))];
        let check = check_of_group(&PromotionPath::pro(), &judged);
        assert_eq!((check.conclusion, check.title.as_str()), (Conclusion::Failure, title));
        assert!(
            check.summary.contains("A merge queue cannot wait, so this fails at once."),
            "{}",
            check.summary
        );
    }
    let judged = [(subject("staging", "production"), Verdict::undecided(Undecided::EmptyRepository))];
    let undecided = check_of_group(&PromotionPath::pro(), &judged);
    assert_eq!(
        undecided.conclusion,
        Conclusion::ActionRequired,
        "what is not known may be known in a moment"
    );
}

#[test]
fn a_merge_group_holds_two() {
    let (first, mut second) = (subject("feature/x", "integration"), subject("feature/y", "integration"));
    second.number = 13;
    second.pull.head.commit = id(902);
    let judged = [(first, Verdict::default()), (second, verdict(Fail, carries_staging()))];
    let check = check_of_group(&PromotionPath::pro(), &judged);
    let shown = format!("{} {}\n\n{}", check.conclusion.as_str(), check.title, check.full_summary());
    insta::assert_snapshot!(shown, @r#"
    failure Carries staging's history: 2 foreign commits

    This merge group holds #12 and #13.

    3 of the 5 commits of `feature/y` are part of `staging` but never reached `integration` through a pull request. Merging this would bring them to `integration`, and the next promotion would carry them on.

    **What to do.** Put its own 2 commits onto `integration`, oldest first:

    ```sh
    git fetch origin &&
    git switch --detach refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits a708a824f 454021de7 &&
    git push --force-with-lease=feature/y:15ae5d4fffbbae13000000000000000000000386 origin HEAD:refs/heads/feature/y
    ```

    **Who can act.** Anyone who can push to `feature/y`. Anyone with the role `maintain` or a higher one can override it with `/override TP201 --reason "…"`.

    [TP201: what it means](https://towpath.example/findings#tp201)

    <details><summary>Notes on the commands</summary>

    - If a pick stops at a conflict, resolve it and run `git cherry-pick --continue` (or `--skip` if git says that the commit is empty). Then run the remaining lines.
    - Your merge commit is dropped: you will resolve its conflicts again, and any other edit made in it is lost. `git show --remerge-diff COMMIT` shows such edits.
    - If somebody has pushed to `feature/y` since, git refuses the push, so nothing gets lost. Your local branch still has the old commits. Once it has nothing unpushed, `git switch -C feature/y` moves it.

    </details>

    <details><summary>Another way</summary>

    Put the same commits on a new branch from `integration`, open a pull request from it and close this one.

    </details>

    <details><summary>Evidence: 2 commits</summary>

    Part of `staging`, but not of `integration`:

    | commit | subject | author |
    |---|---|---|
    | [`08d12e6b7`](https://github.com/acme/store/commit/08d12e6b76c84d1100000000000000000000000c) | `Promote integration` | `Ada` |
    | [`6a99b4b1f`](https://github.com/acme/store/commit/6a99b4b1f77dd0fc00000000000000000000000b) | `Fix the \| pipe for @bob, closes #7` | `Ben` |

    </details>

    <details><summary>Also checked: #12</summary>

    **On the path: `feature/x` → `integration`**

    `integration` takes topics, and none of the commits of `feature/x` come from `staging`, `production` or `master`.

    </details>

    _Checked `15ae5d4ff` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn a_rule_that_only_observes_says_so() {
    let finding = Finding { severity: Pass, level: Level::Observe, ..Finding::new(Fail, carries_staging()) };
    let shown = shown(&subject("feature/x", "integration"), Verdict { findings: vec![finding] });
    insta::assert_snapshot!(shown.lines().take(8).collect::<Vec<_>>().join("\n"), @"
    success [Rebuild branch] Observed: Carries staging's history: 2 foreign commits

    This project's rules set TP201 to `observe`: Towpath only notes it.

    3 of the 5 commits of `feature/x` are part of `staging` but never reached `integration` through a pull request. Merging this would bring them to `integration`, and the next promotion would carry them on.

    **What to do.** Put its own 2 commits onto `integration`, oldest first:
    ");
}

#[test]
fn a_rule_that_only_warns_says_so() {
    let finding = Finding { severity: Warn, level: Level::Warn, ..Finding::new(Fail, carries_staging()) };
    let verdict = Verdict { findings: vec![finding] };
    let check = check(&PromotionPath::pro(), &[(subject("feature/x", "integration"), verdict)]);
    insta::assert_snapshot!(format!("{} {}", check.conclusion.as_str(), check.title), @"success Warning: Carries staging's history: 2 foreign commits");
    insta::assert_snapshot!(check.summary.lines().take(8).collect::<Vec<_>>().join("\n"), @"
    This project's rules set TP201 to `warn`: Towpath shows it and blocks nothing.

    3 of the 5 commits of `feature/x` are part of `staging` but never reached `integration` through a pull request. Merging this would bring them to `integration`, and the next promotion would carry them on.

    **What to do.** Put its own 2 commits onto `integration`, oldest first:

    ```sh
    git fetch origin &&
    ");
}

#[test]
fn foreign_commits_are_named_with_who_brought_them() {
    let mut foreign = commit(12, "Promote integration", "Ada");
    foreign.origin = Some(origin(9, "feature/prices", "ben"));
    let cause = match carries_staging() {
        Cause::CarriesHistory { brought, came_along, repair, .. } => {
            let mut entered = commit(15, "Merge branch 'staging' into feature/x", "Cleo");
            entered.made_by_github = true;
            entered.parents.push(id(12));
            Cause::CarriesHistory {
                foreign: vec![(name("staging"), vec![foreign, commit(11, "Fix the pipe", "Ben")])],
                plain_merges: Vec::new(),
                brought,
                came_along,
                entered: vec![entered],
                repair,
            }
        }
        other => other,
    };
    insta::assert_snapshot!(shown(&subject("feature/x", "integration"), verdict(Fail, cause)), @r#"
    failure [Re-check, Rebuild branch] Carries staging's history: 2 foreign commits

    `feature/x` brings #9 by `ben` and other work along: 3 of the 5 commits of `feature/x` are part of `staging` but never reached `integration` through a pull request. Merging this would bring them to `integration`, and the next promotion would carry them on.

    The merge `e3779b97f` (`Merge branch 'staging' into feature/x`) brought them in. `Cleo` made it with a button on GitHub.

    **What to do.** Put its own 2 commits onto `integration`, oldest first:

    ```sh
    git fetch origin &&
    git switch --detach refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits a708a824f 454021de7 &&
    git push --force-with-lease=feature/x:d93f69dd0126b5e9000000000000000000000384 origin HEAD:refs/heads/feature/x
    ```

    **Who can act.** Anyone who can push to `feature/x`. Anyone with the role `maintain` or a higher one can override it with `/override TP201 --reason "…"`.

    [TP201: what it means](https://towpath.example/findings#tp201)

    <details><summary>Notes on the commands</summary>

    - If a pick stops at a conflict, resolve it and run `git cherry-pick --continue` (or `--skip` if git says that the commit is empty). Then run the remaining lines.
    - Your merge commit is dropped: you will resolve its conflicts again, and any other edit made in it is lost. `git show --remerge-diff COMMIT` shows such edits.
    - If somebody has pushed to `feature/x` since, git refuses the push, so nothing gets lost. Your local branch still has the old commits. Once it has nothing unpushed, `git switch -C feature/x` moves it.

    </details>

    <details><summary>Another way</summary>

    Put the same commits on a new branch from `integration`, open a pull request from it and close this one.

    </details>

    <details><summary>Evidence: 2 commits</summary>

    Part of `staging`, but not of `integration`:

    | commit | subject | author | brought by |
    |---|---|---|---|
    | [`08d12e6b7`](https://github.com/acme/store/commit/08d12e6b76c84d1100000000000000000000000c) | `Promote integration` | `Ada` | #9 by `ben` |
    | [`6a99b4b1f`](https://github.com/acme/store/commit/6a99b4b1f77dd0fc00000000000000000000000b) | `Fix the pipe` | `Ben` |  |

    </details>

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._

    === text
    <details><summary>Drawing, with the commits in question marked</summary>

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
    "#);
}
