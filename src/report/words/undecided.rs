//! TP901: nothing could be decided. Never a pass, and never a reproach.

use super::super::limits::shorten_end;
use super::super::prose::Prose;
use super::super::shell;
use super::{Explanation, Scene, Step, branches};
use crate::model::{BranchName, Undecided};

/// Longest message of git or GitHub that is passed on, in characters.
const MESSAGE: usize = 500;

pub(super) fn undecided(scene: &Scene<'_>, why: &Undecided) -> Explanation {
    let mut explanation = match why {
        Undecided::MissingBranches { missing, start_from } => {
            missing_branches(scene, missing, start_from.as_ref())
        }
        Undecided::EmptyRepository => empty(),
        Undecided::ShallowClone => shallow(scene),
        Undecided::ConfigurationNotRead { why, commands } => not_read(why, commands),
        Undecided::CommitMissing { what } => {
            let what = shorten_end(what, MESSAGE);
            retried(
                scene,
                "a commit is not there",
                Prose::new("It was announced, but was not found yet: %.", &[&what]),
            )
        }
        Undecided::GitHub { what } => {
            let what = shorten_end(what, MESSAGE);
            retried(
                scene,
                "GitHub did not answer",
                Prose::new("GitHub did not answer as expected: %.", &[&what]),
            )
        }
        Undecided::Git { what } => {
            let what = shorten_end(what, MESSAGE);
            retried(scene, "git did not answer", Prose::new("git did not answer as expected: %.", &[&what]))
        }
    };
    explanation.detail.push(Prose::new(
        "Nothing is held against this pull request. Where % requires this check, merging stays blocked until it \
         is decided.",
        &[scene.base()],
    ));
    explanation
}

/// What passes by itself: nobody needs to do anything.
fn retried(scene: &Scene<'_>, title: &str, detail: Prose) -> Explanation {
    let mut explanation =
        Explanation::new(Prose::new(&format!("Could not decide: {title}"), &[]), vec![detail]);
    let again = match scene.subject {
        Some(_) => "It is tried again by itself. Nobody needs to do anything.",
        // In a local clone nobody is there to try again.
        None => "Run the check again.",
    };
    explanation.repair = Some(Step::words(Prose::new(again, &[])));
    explanation
}

fn missing_branches(scene: &Scene<'_>, missing: &[BranchName], start: Option<&BranchName>) -> Explanation {
    let title = match missing {
        [one] => Prose::new("Could not decide: % does not exist", &[one.as_str()]),
        more => Prose::new(&format!("Could not decide: {} branches do not exist", more.len()), &[]),
    };
    let (were, exist, them) =
        if missing.len() == 1 { ("was", "it exists", "it") } else { ("were", "they exist", "them") };
    let subject = if missing.len() == 1 { "it" } else { "they" };
    let detail = Prose::new("The path of this repository names branches that must be there. ", &[])
        .then(branches(missing, "and"))
        .then(Prose::new(&format!(" {were} not found."), &[]));
    let mut explanation = Explanation::new(title, vec![detail]);
    let make = start.map(|start| Step {
        lead: Prose::new(
            &format!("Make {them} from %, if that is where {subject} should start. What is there already is left alone:"),
            &[start.as_str()],
        ),
        commands: make(scene, missing, start),
        after: Vec::new(),
    });
    let make = make.unwrap_or_else(|| Step::words(Prose::new(&format!("Make {them}."), &[])));
    match scene.fetch_all("").filter(|_| scene.subject.is_none()) {
        None => explanation.repair = Some(make),
        Some(fetch) => {
            // A clone of one branch lacks the others, though everybody else has them.
            explanation.repair = Some(Step {
                lead: Prose::new(&format!("If {exist} on GitHub, fetch {them}:"), &[]),
                commands: vec![fetch],
                after: Vec::new(),
            });
            explanation.alternatives.push(make);
        }
    }
    explanation.who = Some(Prose::new("Whoever may make branches in this repository can do this.", &[]));
    explanation
}

/// Pushes that are refused where a branch of the name is there: it may only be out of sight.
fn make(scene: &Scene<'_>, missing: &[BranchName], start: &BranchName) -> Vec<String> {
    let from = scene.full_ref(start.as_str());
    let made = |branch: &BranchName| {
        let branch = shell::quote(branch.as_str());
        let new = format!("--force-with-lease=refs/heads/{branch}:");
        let push = scene.push(&new, &format!("{from}:refs/heads/{branch}"));
        push.unwrap_or_else(|| format!("git branch --no-track {branch} {from}"))
    };
    scene.fetch().into_iter().chain(missing.iter().take(20).map(made)).collect()
}

/// In a clone: nobody knows by which rules.
fn not_read(why: &str, commands: &[String]) -> Explanation {
    let title = Prose::new("Could not decide: which configuration holds", &[]);
    let mut explanation = Explanation::new(title, vec![Prose::new("%.", &[&shorten_end(why, MESSAGE)])]);
    let named = Prose::new("Name the file to judge by with ", &[]).command("--config FILE");
    let named = Step::words(named.then(Prose::new(".", &[])));
    if commands.is_empty() {
        explanation.repair = Some(named);
        return explanation;
    }
    explanation.repair = Some(Step {
        lead: Prose::new("Let git find out, then run the check again:", &[]),
        commands: commands.to_vec(),
        after: Vec::new(),
    });
    explanation.alternatives.push(named);
    explanation
}

fn empty() -> Explanation {
    let title = Prose::new("Could not decide: the repository is empty", &[]);
    let mut explanation = Explanation::new(title, vec![Prose::new("There is no commit yet.", &[])]);
    explanation.repair =
        Some(Step::words(Prose::new("Push a first commit. It is then judged by itself.", &[])));
    explanation
}

fn shallow(scene: &Scene<'_>) -> Explanation {
    let title = Prose::new("Could not decide: the clone is shallow", &[]);
    let detail = Prose::new(
        "The history of this clone is cut off. What looks foreign in it may not be, and the other way round.",
        &[],
    );
    let mut explanation = Explanation::new(title, vec![detail]);
    explanation.repair = Some(Step {
        lead: Prose::new("Fetch the rest of the history:", &[]),
        commands: vec![scene.fetch_all("--unshallow").unwrap_or_else(|| "git fetch --unshallow".to_owned())],
        after: Vec::new(),
    });
    explanation
}
