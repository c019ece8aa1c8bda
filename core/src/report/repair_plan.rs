//! The words of a repair that is carried out in a clone: the plan, and what came of it.

use super::markdown::clean;
use super::prose::count;
use super::shell;
use super::terminal::commit_line;
use super::words::FORK;
use crate::model::{BranchName, CommitId, PullEnds, Repair};

/// A repair as it would be carried out, or was.
#[derive(Debug, Clone, Copy)]
pub struct RepairPlan<'a> {
    /// The pull request that is repaired.
    pub pull: &'a PullEnds,
    /// What is picked.
    pub repair: &'a Repair,
    /// The new branch, made or to be made.
    pub branch: &'a BranchName,
    /// The remote that it is pushed to, if there is one.
    pub remote: Option<&'a str>,
    /// Picks whose change the base has already.
    pub left_out: &'a [CommitId],
    /// How far it came.
    pub stage: RepairStage<'a>,
}

/// How far a repair came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepairStage<'a> {
    /// It would apply; nothing was made.
    Applies,
    /// The branch was made.
    Made {
        /// Its tip.
        tip: CommitId,
    },
    /// A pick does not apply; nothing was made.
    Conflicts {
        /// The commit that was to be picked.
        pick: CommitId,
        /// The paths in conflict.
        paths: &'a [String],
    },
}

/// The plan for a terminal: which commits are kept, whether they apply, and the commands.
pub fn repair_plan(plan: &RepairPlan<'_>) -> String {
    let base = clean(plan.pull.base.branch.as_str());
    let mut parts = Vec::new();
    let kept = plan.kept();
    if kept.is_empty() {
        parts.push(format!(
            "Repair. {base} already has every change of this branch. Nothing is left to pick."
        ));
    } else {
        let keeps = format!("Repair. {} kept, oldest first:", are(kept.len(), "own commit"));
        parts.push(format!("{keeps}\n{}", plan.lines(|id| kept.contains(&id))));
    }
    if !plan.left_out.is_empty() {
        let left_out = are(plan.left_out.len(), "commit");
        let lines = plan.lines(|id| plan.left_out.contains(&id));
        parts.push(format!("{left_out} left out, because {base} already has the change:\n{lines}"));
    }
    parts.extend(plan.merges());
    match plan.stage {
        _ if kept.is_empty() => {}
        RepairStage::Applies => parts.extend(plan.applies(&base, kept.len())),
        RepairStage::Made { tip } => parts.extend(plan.made(&base, tip, kept.len())),
        RepairStage::Conflicts { pick, paths } => parts.extend(plan.conflicts(&base, pick, paths)),
    }
    parts.join("\n\n") + "\n"
}

impl RepairPlan<'_> {
    fn kept(&self) -> Vec<CommitId> {
        let picks = self.repair.picks.iter().map(|commit| commit.id);
        picks.filter(|id| !self.left_out.contains(id)).collect()
    }

    fn lines(&self, wanted: impl Fn(CommitId) -> bool) -> String {
        let commits = self.repair.picks.iter().filter(|commit| wanted(commit.id));
        commits.map(commit_line).collect::<Vec<_>>().join("\n")
    }

    /// A merge is not picked, and it may hold work that stands nowhere else.
    fn merges(&self) -> Option<String> {
        let number = self.repair.merges_left_out;
        let them = if number == 1 { "it" } else { "them" };
        (number > 0).then(|| {
            format!(
                "{} dropped. Any edit made in {them} by hand is lost; git show --remerge-diff COMMIT shows it.",
                are(number, "own merge")
            )
        })
    }

    fn applies(&self, base: &str, kept: usize) -> Vec<String> {
        let by_hand = [self.by_hand(), self.next()].concat();
        let (they_apply, them) = if kept == 1 { ("It applies", "it") } else { ("They apply", "them") };
        let branch = clean(self.branch.as_str());
        vec![
            format!("{they_apply} to {base} at {} without a conflict.", self.pull.base.commit.short()),
            format!(
                "The same command with --apply makes the branch {branch} from {them}, and touches nothing else. By \
                 hand:"
            ),
            indented(&by_hand),
            self.afterwards(base),
        ]
    }

    fn made(&self, base: &str, tip: CommitId, kept: usize) -> Vec<String> {
        let branch = clean(self.branch.as_str());
        let mut parts = vec![format!(
            "Made the branch {branch} at {}: {} on top of {base}. Every other branch, the checkout and the \
                 index are as they were.",
            tip.short(),
            count(kept, "commit")
        )];
        parts.extend(self.what_next("What to do next:"));
        parts.push(self.afterwards(base));
        parts
    }

    fn conflicts(&self, base: &str, pick: CommitId, paths: &[String]) -> Vec<String> {
        let listed: Vec<String> = paths.iter().map(|path| format!("    {}", clean(path))).collect();
        let mut parts = vec![
            format!("{} conflicts with {base} in:\n{}", pick.short(), listed.join("\n")),
            "Nothing was changed. To do it by hand and resolve the conflict:".to_owned(),
            indented(&self.by_hand()),
        ];
        let stops = "Where it stops, resolve the conflict and run git cherry-pick --continue (or --skip, if git says \
                     that it is empty).";
        match self.what_next(&format!("{stops} Then:")) {
            next if next.is_empty() => parts.push(stops.to_owned()),
            next => parts.extend(next),
        }
        parts.push(self.afterwards(base));
        parts
    }

    /// The commands that come next under their heading, if there are any.
    fn what_next(&self, heading: &str) -> Vec<String> {
        let commands = self.next();
        if commands.is_empty() { commands } else { vec![heading.to_owned(), indented(&commands)] }
    }

    /// The commands that make the branch in a clone.
    fn by_hand(&self) -> Vec<String> {
        let branch = shell::quote(self.branch.as_str());
        let ids: Vec<String> = self.kept().iter().map(CommitId::short).collect();
        vec![
            format!("git switch --create {branch} {}", self.pull.base.commit),
            format!("git cherry-pick --allow-empty {}", ids.join(" ")),
        ]
    }

    /// The commands that bring the branch to a pull request.
    fn next(&self) -> Vec<String> {
        let Some(remote) = self.remote else { return Vec::new() };
        // No remote can be known to be the fork, and in the other repository workflows would run it with secrets.
        let remote = shell::quote(if self.pull.head.fork { FORK } else { remote });
        let full_ref = shell::quote(&self.branch.full_ref());
        let mut commands = vec![format!("git push {remote} {full_ref}:{full_ref}")];
        if !self.pull.head.fork {
            let base = shell::quote(self.pull.base.branch.as_str());
            let head = shell::quote(self.branch.as_str());
            commands.push(format!("gh pr create --base {base} --head {head} --fill"));
        }
        commands
    }

    fn afterwards(&self, base: &str) -> String {
        let old = match &self.pull.head.branch {
            Some(branch) => format!("the pull request of {}, if there is one", clean(branch.as_str())),
            None => "the old pull request, if there is one".to_owned(),
        };
        if self.remote.is_some() && self.pull.head.fork {
            return format!(
                "The push goes to the fork: put the name of its remote in place of {FORK}. Open a pull request from there \
                 into {base}, and close {old}."
            );
        }
        format!("Close {old}.")
    }
}

/// A count with its verb.
fn are(number: usize, one: &str) -> String {
    let verb = if number == 1 { "is" } else { "are" };
    format!("{} {verb}", count(number, one))
}

fn indented(commands: &[String]) -> String {
    let script = shell::script(commands);
    script.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
