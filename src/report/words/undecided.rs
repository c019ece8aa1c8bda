//! TP901: nothing could be decided. Never a pass, and never a reproach.

use super::super::limits::shorten_end;
use super::super::prose::Prose;
use super::super::shell;
use super::{Account, Scene, Step, branches};
use crate::flow::{BranchName, Undecided};

/// Longest message of git or GitHub that is passed on, in characters.
const MESSAGE: usize = 500;

pub(super) fn undecided(scene: &Scene<'_>, why: &Undecided) -> Account {
    let mut account = match why {
        Undecided::MissingBranches { missing, start_from } => missing_branches(missing, start_from.as_ref()),
        Undecided::EmptyRepository => empty(),
        Undecided::ShallowClone => shallow(),
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
    account.detail.push(Prose::new(
        "Nothing is held against this pull request. Where % requires this check, merging stays blocked until it \
         is decided.",
        &[scene.base()],
    ));
    account
}

/// What passes by itself: nobody needs to do anything.
fn retried(scene: &Scene<'_>, title: &str, detail: Prose) -> Account {
    let mut account = Account::new(Prose::new(&format!("Could not decide: {title}"), &[]), vec![detail]);
    let again = match scene.subject {
        Some(_) => "It is tried again by itself. Nobody needs to do anything.",
        // In a local clone nobody is there to try again.
        None => "Run the check again.",
    };
    account.repair = Some(Step::words(Prose::new(again, &[])));
    account
}

fn missing_branches(missing: &[BranchName], start: Option<&BranchName>) -> Account {
    let title = match missing {
        [one] => Prose::new("Could not decide: % does not exist", &[one.as_str()]),
        more => Prose::new(&format!("Could not decide: {} branches do not exist", more.len()), &[]),
    };
    let verb = if missing.len() == 1 { " does not exist." } else { " do not exist." };
    let detail = Prose::new("The path of this repository names branches that must be there. ", &[])
        .then(branches(missing, "and"))
        .then(Prose::new(verb, &[]));
    let mut account = Account::new(title, vec![detail]);
    account.repair = Some(match start {
        Some(start) => {
            let from = shell::quote(start.as_str());
            let mut commands = vec!["git fetch origin".to_owned()];
            commands.extend(missing.iter().take(20).map(|branch| {
                let branch = shell::quote(branch.as_str());
                format!("git push origin refs/remotes/origin/{from}:refs/heads/{branch}")
            }));
            let these = if missing.len() == 1 { "it" } else { "them" };
            let lead = Prose::new(
                &format!("Make {these} from %, if that is where {these} should start:"),
                &[start.as_str()],
            );
            Step { lead, commands, after: Vec::new() }
        }
        None => Step::words(Prose::new("Make these branches.", &[])),
    });
    account.who = Some(Prose::new("Whoever may make branches in this repository can do this.", &[]));
    account
}

fn empty() -> Account {
    let title = Prose::new("Could not decide: the repository is empty", &[]);
    let mut account = Account::new(title, vec![Prose::new("There is no commit yet.", &[])]);
    account.repair = Some(Step::words(Prose::new("Push a first commit. It is then judged by itself.", &[])));
    account
}

fn shallow() -> Account {
    let title = Prose::new("Could not decide: the clone is shallow", &[]);
    let detail = Prose::new(
        "The history of this clone is cut off. What looks foreign in it may not be, and the other way round.",
        &[],
    );
    let mut account = Account::new(title, vec![detail]);
    account.repair = Some(Step {
        lead: Prose::new("Fetch the rest of the history:", &[]),
        commands: vec!["git fetch --unshallow".to_owned()],
        after: Vec::new(),
    });
    account
}
