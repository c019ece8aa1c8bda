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
            let detail = match scene.subject {
                Some(_) => "GitHub announced %, but git cannot fetch it yet. Retrying.",
                None => "This clone does not have %.",
            };
            retried(scene, "a commit is not there", Prose::new(detail, &[&what]))
        }
        Undecided::GitHub { what } => {
            let what = shorten_end(what.as_str(), MESSAGE);
            retried(
                scene,
                "GitHub did not answer",
                Prose::new("GitHub did not answer as expected: %.", &[&what]),
            )
        }
        Undecided::Git { what } => {
            let what = shorten_end(what.as_str(), MESSAGE);
            retried(scene, "git did not answer", Prose::new("git did not answer as expected: %.", &[&what]))
        }
    };
    explanation.detail.push(Prose::new(
        "This says nothing against the pull request. If % requires this check, merging stays blocked until Towpath can \
         decide.",
        &[scene.base()],
    ));
    explanation
}

/// What ends by itself: nobody needs to do anything.
fn retried(scene: &Scene<'_>, title: &str, detail: Prose) -> Explanation {
    let mut explanation =
        Explanation::new(Prose::new(&format!("Could not decide: {title}"), &[]), vec![detail]);
    let (again, who) = match scene.subject {
        Some(_) => ("Nothing. Towpath tries again by itself.", Some("Nobody has to.")),
        // In a local clone nobody is there to try again.
        None => ("Run the check again.", None),
    };
    explanation.repair = Some(Step::words(Prose::new(again, &[])));
    explanation.who = who.map(|who| Prose::new(who, &[]));
    explanation
}

fn missing_branches(scene: &Scene<'_>, missing: &[BranchName], start: Option<&BranchName>) -> Explanation {
    let title = match missing {
        [one] => Prose::new("Could not decide: % does not exist", &[one.as_str()]),
        more => Prose::new(&format!("Could not decide: {} branches do not exist", more.len()), &[]),
    };
    let (noun, subject, exist, them) = match missing.len() {
        1 => ("the branch ", "it", "it exists", "it"),
        _ => ("the branches ", "they", "they exist", "them"),
    };
    let detail = Prose::new("The configuration names ", &[])
        .then(Prose::new(noun, &[]))
        .then(branches(missing, "and"))
        .then(Prose::new(&format!(", and Towpath did not find {them}."), &[]));
    let mut explanation = Explanation::new(title, vec![detail]);
    let make = start.map(|start| Step {
        lead: Prose::new(
            &format!("Create {them} from %, if {subject} should start there. The commands leave existing branches alone:"),
            &[start.as_str()],
        ),
        commands: make(scene, missing, start),
        after: Vec::new(),
    });
    let make = make.unwrap_or_else(|| Step::words(Prose::new(&format!("Create {them}."), &[])));
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
    explanation.who = Some(Prose::new("Anyone who can create branches in this repository.", &[]));
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

/// In a clone: nobody knows which rules apply.
fn not_read(why: &str, commands: &[String]) -> Explanation {
    let title = Prose::new("Could not decide: which configuration applies", &[]);
    let mut explanation = Explanation::new(title, vec![Prose::new("%.", &[&shorten_end(why, MESSAGE)])]);
    let named = Prose::new("Name the configuration file with ", &[]).command("--config FILE");
    let named = Step::words(named.then(Prose::new(".", &[])));
    if commands.is_empty() {
        explanation.repair = Some(named);
        return explanation;
    }
    explanation.repair = Some(Step {
        lead: Prose::new("Let git find out, then check again:", &[]),
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
        Some(Step::words(Prose::new("Push a first commit. Towpath then checks this by itself.", &[])));
    explanation.who = Some(Prose::new("Anyone who can push to this repository.", &[]));
    explanation
}

fn shallow(scene: &Scene<'_>) -> Explanation {
    let title = Prose::new("Could not decide: the clone is shallow", &[]);
    let detail = Prose::new(
        "This clone has only part of the history, so Towpath cannot tell which commits belong where.",
        &[],
    );
    let mut explanation = Explanation::new(title, vec![detail]);
    explanation.repair = Some(Step {
        lead: Prose::new("Fetch the rest of the history:", &[]),
        commands: vec![scene.fetch_all("--unshallow").unwrap_or_else(|| "git fetch --unshallow".to_owned())],
        after: Vec::new(),
    });
    explanation.who = Some(Prose::new("Anyone with this clone.", &[]));
    explanation
}
