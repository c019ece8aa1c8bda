//! TP501 and TP502: the copy branch.

use super::super::copy_standing::{CopyStanding, Guard, NotCopied, Refuser};
use super::super::prose::{Prose, count, row};
use super::super::{shell, stamp};
use super::{Evidence, Explanation, Scene, Step};
use crate::model::{Commit, CopyMode, UnixSeconds};

pub(super) fn stale(scene: &Scene<'_>, behind: usize, since: Option<UnixSeconds>) -> Explanation {
    let (original, copy) = (scene.head(), scene.base());
    let title = Prose::new("Stale: % is behind %", &[copy, &original]);
    let actual = Prose::new(
        &format!("% holds an old release: it is {} behind %.", count(behind, "commit")),
        &[copy, &original],
    );
    let actual = match since {
        Some(since) => actual.then(Prose::new(
            &format!(" These are the files that % had at {}.", stamp::utc(since)),
            &[&original],
        )),
        None => actual,
    };
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation.repair = Some(bring_over(scene));
    explanation
}

pub(super) fn diverged(scene: &Scene<'_>, paths: &[String], only_on_copy: &[Commit]) -> Explanation {
    let (original, copy) = (scene.head(), scene.base());
    let title = Prose::new("Diverged: % is no copy of %", &[copy, &original]);
    let actual = Prose::new(
        &format!(
            "Somebody changed % itself: it differs from % in {}. No environment has that change, and nobody has tested it.",
            count(paths.len(), "file")
        ),
        &[copy, &original],
    );
    let mut explanation = Explanation::new(title, vec![actual]);
    reset(scene, only_on_copy, &mut explanation);
    explanation.evidence.push(Evidence::Paths(Prose::new("They differ in:", &[]), paths.to_vec()));
    explanation
}

/// How the copy comes to hold what its environment has, where it has nothing of its own.
fn bring_over(scene: &Scene<'_>) -> Step {
    let (original, copy) = (scene.head(), scene.base());
    let mode = scene.path.copy.as_ref().map(|copy| copy.mode);
    match (scene.copy, mode) {
        (Some(CopyStanding { sync: Some(number), .. }), _) => Step::words(Prose::new(
            &format!("Merge #{number} with a merge commit: it brings % over."),
            &[&original],
        )),
        (Some(CopyStanding { closed_sync: Some(number), .. }), _) => Step::words(Prose::new(
            &format!(
                "Reopen #{number}, which brings % over, and merge it with a merge commit. Since somebody closed it, Towpath \
                 opens no other one until % moves."
            ),
            &[&original, &original],
        )),
        (Some(_), Some(CopyMode::FastForward)) => Step::words(Prose::new(
            "Nothing: Towpath updates % once the current state of % is deployed.",
            &[copy, &original],
        )),
        (Some(_), Some(CopyMode::PullRequest)) => Step::words(Prose::new(
            "Nothing yet: Towpath opens a pull request into % once the current state of % is deployed.",
            &[copy, &original],
        )),
        _ => {
            let base = &scene.pull.base.branch;
            let head = scene.pull.head.branch.as_ref().unwrap_or(base);
            let title = format!("Make {copy} a copy of {original} again");
            let commands = vec![scene.gh_create(base, head, &title)];
            Step { lead: Prose::new("Bring % over:", &[&original]), commands, after: Vec::new() }
        }
    }
}

/// The copy branch has changes of its own: they are saved before it becomes a copy again. A merge would keep them on it,
/// and it could not be updated any more; so this is the one repair, wherever people read it.
pub(super) fn reset(scene: &Scene<'_>, only_on_copy: &[Commit], explanation: &mut Explanation) {
    let (head, base) = (scene.head(), scene.base());
    let copy = shell::quote(base);
    let (old, new) = (scene.pull.base.commit, scene.pull.head.commit);
    // Named by the commit: the next time there is one of the last time.
    let kept = shell::quote(&format!("{base}-before-repair-{}", old.short()));
    explanation.repair = Some(Step {
        lead: Prose::new(
            "Save what is on % under another name, then make % a copy of % again:",
            &[base, base, &head],
        ),
        commands: match scene.fetch() {
            Some(fetch) => {
                let keep = scene.push("", &format!("{old}:refs/heads/{kept}"));
                let lease = format!("--force-with-lease={copy}:{old}");
                let reset = scene.push(&lease, &format!("{new}:refs/heads/{copy}"));
                [Some(fetch), keep, reset].into_iter().flatten().collect()
            }
            None => vec![format!("git branch {kept} {old}"), format!("git branch --force {copy} {new}")],
        },
        after: vec![Prose::new(
            "If these changes are worth keeping, open a pull request for them into the environment that takes topics. They \
             reach % with a release.",
            &[base],
        )],
    });
    let guard = match scene.copy.and_then(|standing| standing.problem.as_ref()) {
        Some(NotCopied::Diverged { guard, .. }) => guard,
        _ => &Guard::Unknown,
    };
    explanation.who = Some(who_may_force(base, guard));
    if !only_on_copy.is_empty() {
        let caption = Prose::new("Only on %:", &[base]);
        explanation.evidence.push(Evidence::Commits(caption, only_on_copy.to_vec()));
    }
}

fn who_may_force(copy: &str, guard: &Guard) -> Prose {
    match guard {
        Guard::Unknown => Prose::new(
            "Anyone who can force-push to %. If its rules let nobody do that, an admin has to allow it.",
            &[copy],
        ),
        Guard::Nothing => Prose::new("Anyone who can push to %.", &[copy]),
        Guard::Rulesets(rules) => {
            let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
            Prose::new(
                "Anyone whom the rulesets of % let through; these rules refuse everybody else: ",
                &[copy],
            )
            .then(row(&rules, "and"))
            .then(Prose::new(
                ". An admin can add people to the bypass lists: Settings → Rules → Rulesets.",
                &[],
            ))
        }
        Guard::Classic => Prose::new(
            "An admin: the branch protection rule of % refuses force pushes. Tick \u{201c}Allow force pushes\u{201d} there \
             while you do this: Settings → Branches.",
            &[copy],
        ),
    }
}

/// The account of a copy that does not follow, for the issue about it. The check's has the same repair.
pub(in super::super) fn not_copied(scene: &Scene<'_>, why: &NotCopied) -> Explanation {
    match why {
        NotCopied::Refused { message, by } => refused(scene, message, by),
        NotCopied::Diverged { .. } => {
            let (original, copy) = (scene.head(), scene.base());
            let standing = CopyStanding { problem: Some(why.clone()), ..CopyStanding::default() };
            let scene = Scene { copy: Some(&standing), ..*scene };
            let actual = Prose::new(
                "% has to be a copy of %, but has commits of its own. Towpath stopped updating it: that would need a force \
                 push, which it never does.",
                &[copy, &original],
            );
            let title = Prose::new("% is no longer a copy of %", &[copy, &original]);
            let mut explanation = Explanation::new(title, vec![actual]);
            reset(&scene, &[], &mut explanation);
            explanation
        }
    }
}

/// GitHub does not let the App move the branch.
fn refused(scene: &Scene<'_>, message: &str, by: &Refuser) -> Explanation {
    let (original, copy) = (scene.head(), scene.base());
    let title = Prose::new("% cannot follow %", &[copy, &original]);
    let actual = Prose::new(
        "% has to follow %, but GitHub does not let Towpath update it: %. Until then it holds an old release.",
        &[copy, &original, message],
    );
    let mut explanation = Explanation::new(title, vec![actual]);
    if let Refuser::Rulesets(rules) = by
        && !rules.is_empty()
    {
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        let these = Prose::new("These rules apply to it: ", &[]).then(row(&rules, "and"));
        explanation.detail.push(these.then(Prose::new(".", &[])));
    }
    explanation.repair = Some(let_through(copy, message, by));
    explanation.who =
        Some(Prose::new("Anyone who can change the settings of the repository and of the App.", &[]));
    explanation.alternatives.push(Step::words(
        Prose::new("Write ", &[]).command("copy: { mode: pull-request }").then(Prose::new(
            " in %, and merge a pull request after each release.",
            &[".github/towpath.yml"],
        )),
    ));
    explanation
}

fn let_through(copy: &str, message: &str, by: &Refuser) -> Step {
    let said = |words: &[&str]| words.iter().any(|word| message.to_lowercase().contains(word));
    match by {
        Refuser::Rulesets(_) => Step::words(Prose::new(
            "Add the Towpath App to the bypass list of each of these rulesets, with the mode \u{201c}Always\u{201d}: Settings \
             → Rules → Rulesets.",
            &[],
        )),
        Refuser::Classic => {
            let ways = [
                (
                    said(&["pull request", "review"]),
                    "\u{201c}Require a pull request before merging\u{201d}: tick \
                    \u{201c}Allow specified actors to bypass required pull requests\u{201d}, and add Towpath.",
                ),
                (
                    said(&["authorized", "restrict", "permission"]),
                    "\u{201c}Restrict who can push to matching \
                    branches\u{201d}: add Towpath.",
                ),
                (
                    said(&["status check", "check"]),
                    "\u{201c}Require status checks to pass\u{201d} lets no App through: remove the \
                    checks there.",
                ),
            ];
            let is_named = ways.iter().any(|(named, _)| *named);
            let ways = ways.iter().filter(|(named, _)| *named || !is_named);
            Step {
                lead: Prose::new(
                    "Let the Towpath App through in the branch protection rule of %: Settings → Branches.",
                    &[copy],
                ),
                commands: Vec::new(),
                after: ways.map(|(_, words)| Prose::new(words, &[])).collect(),
            }
        }
        Refuser::Permission { workflows: true } => Step::words(Prose::new(
            "Give the App the repository permission Workflows: write, and accept it in its installation. The release to \
             copy changes %.",
            &[".github/workflows"],
        )),
        Refuser::Permission { workflows: false } => Step::words(Prose::new(
            "Give the App the repository permission Contents: write, and accept it in its installation.",
            &[],
        )),
        Refuser::Unknown => Step::words(Prose::new(
            "Look under Settings → Rules and Settings → Branches for what protects %, and let the Towpath App through.",
            &[copy],
        )),
    }
}

/// The explanation of a copy that is one.
pub(in super::super) fn copied(scene: &Scene<'_>) -> Explanation {
    let (original, copy) = (scene.head(), scene.base());
    let title = Prose::new("A copy: % holds the files of %", &[copy, &original]);
    Explanation::new(title, Vec::new())
}

/// The account of a configuration that cannot be used.
pub(super) fn configuration(
    scene: &Scene<'_>,
    place: &str,
    message: &str,
    (line, column, more): (usize, usize, usize),
) -> Explanation {
    let at = if column > 0 { format!("line {line}, column {column}") } else { format!("line {line}") };
    let title = Prose::new(&format!("Configuration invalid: {at}"), &[]);
    let mut actual = Prose::new(&format!("%, {at}: %."), &[place, message]);
    if more > 0 {
        actual = actual.then(Prose::new(&format!(" The file has {} more.", count(more, "mistake")), &[]));
    }
    let meaning =
        Prose::new(" Until it can be read, Towpath knows no rules and lets no pull request pass.", &[]);
    let mut explanation = Explanation::new(title, vec![actual.then(meaning)]);
    explanation.who = Some(Prose::new("Anyone who can change the default branch.", &[]));
    explanation.repair = Some(Step {
        lead: match scene.subject {
            Some(_) => Prose::new(
                "Fix the file on the default branch; Towpath then checks this again. To try it before you push:",
                &[],
            ),
            None => Prose::new(
                "Fix the file on the default branch, run git fetch, and check again. To try it before you push:",
                &[],
            ),
        },
        commands: vec!["towpath config check .github/towpath.yml".to_owned()],
        after: Vec::new(),
    });
    explanation
}
