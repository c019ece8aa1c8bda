//! The words of each finding, one file for each family of rules.
//!
//! An [`Explanation`] says a finding once; the check, the comment, the terminal and JSON each lay it out in their own
//! way. So the same thing never has two wordings. `commands.rs` has what the printed commands share, `changes.rs` how
//! changes are named.

mod acceptance;
mod active_places;
mod back_merge;
mod changes;
mod commands;
mod copy;
mod deploy_findings;
mod files;
mod freezes;
mod hotfixes;
mod known_work;
mod locks;
mod pass;
mod promotion;
mod rights;
mod rollbacks;
mod source;
mod stacks;
mod topic;
mod undecided;
mod undone;

pub(super) use changes::origin;
pub(super) use commands::FORK;
pub use commands::fetch_every_branch;
pub(super) use copy::{copied, not_copied};
pub(super) use hotfixes::{Carry, carry_commands};
pub(super) use pass::passed;

use super::copy_standing::CopyStanding;
use super::prose::{Prose, row};
use super::{Subject, shell};
use crate::model::{
    BranchName, Cause, Code, Commit, CommitId, Environment, Finding, Level, Outcome, PromotionPath, PullEnds,
    Role, Snapshot, Source,
};
use std::time::Duration;

/// Everything there is to say about one finding.
#[derive(Debug, Clone)]
pub(super) struct Explanation {
    /// The code, unless nothing was found.
    pub(super) code: Option<Code>,
    /// One line: what it is, and where.
    pub(super) title: Prose,
    /// What is wrong and what merging would do, a paragraph each: people read this first, so it is short.
    pub(super) detail: Vec<Prose>,
    /// More to know about it, for who wants to read on.
    pub(super) background: Vec<Prose>,
    /// The way out that is recommended.
    pub(super) repair: Option<Step>,
    /// Other ways out.
    pub(super) alternatives: Vec<Step>,
    /// Who can act.
    pub(super) who: Option<Prose>,
    /// What the finding rests on.
    pub(super) evidence: Vec<Evidence>,
    /// The same as a Mermaid drawing.
    pub(super) drawing: Option<String>,
}

/// One way out: a sentence, commands to copy if there are any, what to know afterwards.
#[derive(Debug, Clone, Default)]
pub(super) struct Step {
    pub(super) lead: Prose,
    pub(super) commands: Vec<String>,
    pub(super) after: Vec<Prose>,
}

impl Step {
    /// A way out that needs no command.
    pub(super) fn words(lead: Prose) -> Self {
        Self { lead, ..Self::default() }
    }
}

/// What a finding rests on.
#[derive(Debug, Clone)]
pub(super) enum Evidence {
    /// Commits, under a caption.
    Commits(Prose, Vec<Commit>),
    /// Paths, under a caption.
    Paths(Prose, Vec<String>),
}

impl Explanation {
    /// A title and what it means; the rest is filled in where there is more to say.
    pub(super) fn new(title: Prose, detail: Vec<Prose>) -> Self {
        Self {
            code: None,
            title,
            detail,
            background: Vec::new(),
            repair: None,
            alternatives: Vec::new(),
            who: None,
            evidence: Vec::new(),
            drawing: None,
        }
    }
}

/// What git calls the remote in a clone, unless somebody has chosen another name.
const EVERYBODYS_REMOTE: &str = "origin";

/// What the words are about: the pull request, on its path, with the numbers and addresses known of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) path: &'a PromotionPath,
    pub(super) pull: &'a PullEnds,
    /// Not there when a local clone is checked.
    pub(super) subject: Option<&'a Subject>,
    /// What the remote is called where the commands are run; `None` where there is none.
    pub(super) remote: Option<&'a str>,
    /// In a clone: where the remote's branch of the head's name was when it was last fetched, if there was one.
    pub(super) pushed: Option<CommitId>,
    /// The snapshot that the head is: then `pull` is the pull request as if it came from the environment.
    pub(super) snapshot: Option<&'a Snapshot>,
    /// How things stand with the copy branch, where that is known.
    pub(super) copy: Option<&'a CopyStanding>,
}

impl<'a> Scene<'a> {
    pub(super) fn of(path: &'a PromotionPath, subject: &'a Subject) -> Self {
        Self {
            path,
            pull: &subject.pull,
            subject: Some(subject),
            remote: Some(EVERYBODYS_REMOTE),
            pushed: None,
            snapshot: None,
            copy: None,
        }
    }

    /// The head as people call it: its branch, or its commit where no branch is known.
    pub(super) fn head(&self) -> String {
        match &self.pull.head.branch {
            Some(branch) => branch.to_string(),
            None => self.pull.head.commit.short(),
        }
    }

    pub(super) fn base(&self) -> &'a str {
        self.pull.base.branch.as_str()
    }

    /// `gh pr …` on this pull request. Without a number `gh` takes the one of the checked-out branch.
    fn gh_pr(&self, verb: &str, rest: &str) -> String {
        match self.subject {
            Some(subject) => {
                let repository = shell::quote(&subject.repository);
                format!("gh pr {verb} {} --repo {repository}{rest}", subject.number)
            }
            None => format!("gh pr {verb}{rest}"),
        }
    }

    /// `gh pr create` from one branch of the repository into another.
    fn gh_create(&self, base: &BranchName, head: &BranchName, title: &str) -> String {
        let repository = match self.subject {
            Some(subject) => format!(" --repo {}", shell::quote(&subject.repository)),
            None => String::new(),
        };
        let (base, head) = (shell::quote(base.as_str()), shell::quote(head.as_str()));
        let title = shell::quote(title);
        format!("gh pr create{repository} --base {base} --head {head} --title {title} --body ''")
    }

    /// Sends this pull request to another base.
    fn retarget(&self, base: &BranchName) -> Step {
        let mut after = vec![Prose::new(
            "On the page: choose Edit beside the title, then % as the base. No commit changes.",
            &[base.as_str()],
        )];
        if self.head_environment().is_none() {
            after.push(Prose::new(
                "Towpath checks it again there. If the branch was cut from another environment, the new check gives the \
                 commands that put its own commits onto %.",
                &[base.as_str()],
            ));
        }
        Step {
            lead: Prose::new("Change the base of this pull request to %:", &[base.as_str()]),
            commands: vec![self.gh_pr("edit", &format!(" --base {}", shell::quote(base.as_str())))],
            after,
        }
    }

    fn close(&self, lead: Prose) -> Step {
        let commands = match (self.subject, &self.pull.head.branch) {
            (Some(_), _) => vec![self.gh_pr("close", "")],
            // Other than most of its kind, this command does not take the checked-out branch by itself.
            (None, Some(branch)) => vec![format!("gh pr close -- {}", shell::quote(branch.as_str()))],
            (None, None) => Vec::new(),
        };
        Step { lead, commands, after: Vec::new() }
    }

    /// The environment whose branch the head is, unless it is in a fork.
    fn head_environment(&self) -> Option<&'a Environment> {
        let head = &self.pull.head;
        match self.path.role(head.branch.as_ref().filter(|_| !head.fork)?) {
            Role::Environment(environment) => Some(environment),
            Role::Copy(_) | Role::Topic => None,
        }
    }

    /// Whether another environment takes what the base holds.
    fn is_promoted_further(&self) -> bool {
        match self.path.role(&self.pull.base.branch) {
            Role::Environment(base) => {
                self.path.environments.iter().any(|it| it.accepts_environment(&base.name))
            }
            Role::Copy(_) | Role::Topic => false,
        }
    }

    /// Where work that ends up in the head's environment starts: its furthest upstream environment.
    pub(super) fn entry(&self) -> Option<&'a Environment> {
        let mut entry = self.head_environment()?;
        // As many steps as there are environments, so a path that runs in a circle ends too.
        for _ in &self.path.environments {
            let upstream = entry.accepts.iter().find_map(|source| match source {
                Source::Environment(name) => self.path.environment(name),
                Source::Topics | Source::Hotfixes => None,
            });
            match upstream {
                Some(environment) => entry = environment,
                None => break,
            }
        }
        Some(entry)
    }

    /// Who can act on a topic.
    fn whoever_pushes_the_head(&self) -> Prose {
        let head = self.head();
        if self.pull.head.fork {
            Prose::new("Anyone who can push to % in the fork.", &[&head])
        } else {
            Prose::new("Anyone who can push to %.", &[&head])
        }
    }

    /// Who can act on the pull request itself.
    fn whoever_edits_the_pull() -> Prose {
        Prose::new("The author of the pull request, and anyone with write access.", &[])
    }
}

/// The account of one finding.
pub(super) fn explanation(scene: &Scene<'_>, finding: &Finding) -> Explanation {
    let mut explanation = match &finding.cause {
        Cause::WrongBase { belongs_on, needs } => source::wrong_base(scene, belongs_on.as_ref(), needs),
        Cause::EnvironmentSkipped { needs, next } => source::skipped(scene, needs, next.as_ref()),
        Cause::ForkHead { own } => source::fork_head(scene, own),
        Cause::CopyTakesOnly { only, belongs_on } => {
            source::copy_takes_only(scene, only, belongs_on.as_ref())
        }
        Cause::PromotionInStack { number, trunk, heads } => stacks::in_stack(scene, *number, trunk, heads),
        Cause::MayBeStacked { with } => stacks::may_be_stacked(scene, with),
        Cause::Snapshot(snapshot) => promotion::snapshot(scene, snapshot),
        Cause::PreparedRollback(rollback) => rollbacks::prepared(scene, rollback),
        Cause::HeadBehind => promotion::head_behind(scene, None),
        Cause::BehindUntilPromoted { first } => promotion::head_behind(scene, Some(first)),
        Cause::NothingToPromote => promotion::nothing_to_promote(scene),
        Cause::ReverseMerge { rejoins } => back_merge::reverse_merge(scene, rejoins.as_ref()),
        Cause::CarriesHistory { foreign, plain_merges, brought, came_along, entered, repair } => {
            let (brought, came_along) = (*brought, *came_along);
            let carried = topic::Carried { foreign, plain_merges, brought, came_along, entered, repair };
            topic::carries_history(scene, &carried)
        }
        Cause::CarriesBack { of, changes_nothing } => topic::carries_back(scene, of, *changes_nothing),
        Cause::PointedAtTopic { branch, commit, at } => topic::pointed_at(scene, branch, commit, *at),
        Cause::UnrelatedHistory { repair } => topic::unrelated(scene, repair),
        Cause::Resurrects { tips, commits, repair } => known_work::resurrects(scene, tips, *commits, repair),
        Cause::AlreadyMerged { pulls, repair, changes_nothing } => {
            known_work::already_merged(scene, pulls, repair, *changes_nothing)
        }
        Cause::CarriesMergedElsewhere { commits, repair } => {
            known_work::carries_merged_elsewhere(scene, as_found(finding), commits, repair)
        }
        Cause::Stacked { on } => known_work::stacked(scene, on),
        Cause::UndoesMergedWork { reverts, repair } => undone::undoes_merged_work(scene, reverts, repair),
        Cause::ChangesNothing { brings } => undone::changes_nothing(scene, *brings),
        Cause::UntestedTree { only_on_base, divergence, mended } => {
            promotion::untested_tree(scene, only_on_base, (divergence, mended))
        }
        Cause::MergeConflicts { paths, only_on_base, divergence } => {
            promotion::conflicts(scene, paths, only_on_base, divergence)
        }
        Cause::BackMergeConflicts { paths, carries } => back_merge::conflicts(scene, paths, carries),
        Cause::NotVerified { environment, failed_late } => {
            promotion::not_verified(scene, environment, failed_late.as_ref())
        }
        Cause::UnknownCommits { commits } => back_merge::unknown_commits(scene, commits),
        Cause::MergeMethod { squash, rebase, by_settings: false } => {
            promotion::merge_method(scene, *squash, *rebase)
        }
        Cause::MergeMethod { squash, rebase, by_settings: true } => {
            promotion::merge_settings(scene, *squash, *rebase)
        }
        Cause::Held { from, to, by, reason, since, pulls, lifted, by_pull, by_merge } => {
            let (from, to, since, lifted) = (*from, *to, *since, lifted.as_ref());
            let (by_pull, by_merge) = (*by_pull, *by_merge || by_pull.is_some());
            deploy_findings::held(
                scene,
                &deploy_findings::Hold { from, to, by, reason, since, pulls, lifted, by_pull, by_merge },
            )
        }
        Cause::Frozen { environment, until, reasons, .. } => {
            freezes::frozen(scene, environment, *until, reasons)
        }
        Cause::Locked { environment, lock } => locks::locked(scene, environment, lock),
        Cause::PlaceAwaited { environment, turn, taken } => {
            active_places::awaited(scene, environment, (*turn, taken))
        }
        Cause::Soaking { environment, needed, until } => {
            acceptance::soaking(scene, environment, Duration::from_secs(*needed), *until)
        }
        Cause::SignOffMissing { environment, roles } => acceptance::signoffs(scene, environment, roles),
        Cause::NotReady { environment, items } => acceptance::not_ready(scene, environment, items),
        Cause::TicketNeeded { environment, paths, acknowledged, notice } => {
            let about = (environment.as_str(), paths.as_slice());
            acceptance::ticket(scene, about, acknowledged.as_ref(), Duration::from_secs(*notice))
        }
        Cause::Deploying { environment, since, ended } => {
            deploy_findings::deploying(scene, environment, *since, ended.as_deref())
        }
        Cause::CopyStale { behind, since } => copy::stale(scene, *behind, *since),
        Cause::CopyDiverged { paths, only_on_copy } => copy::diverged(scene, paths, only_on_copy),
        Cause::HotfixNotCarriedBack { environment, hotfixes } => hotfixes::owed(scene, environment, hotfixes),
        Cause::ConfigurationInvalid { place, message, line, column, more } => {
            copy::configuration(scene, place, message, (*line, *column, *more))
        }
        Cause::InFiles(_, found) => files::found(scene, found),
        Cause::CouldNotDecide(why) => undecided::undecided(scene, why),
    };
    let code = finding.cause.code();
    explanation.code = Some(code);
    soften(&mut explanation, finding);
    if let Some(given) = &finding.overridden {
        rights::overridden(&mut explanation, given);
    }
    // The copy branch is judged without a pull request.
    let is_of_a_pull = !matches!(code, Code::CouldNotDecide | Code::CopyStale | Code::CopyDiverged);
    let stops = finding.severity > Outcome::Warn && is_of_a_pull;
    explanation.who =
        explanation.who.map(|who| if stops { who.then(rights::overriding(scene, code)) } else { who });
    explanation
}

/// How much a finding weighs by the rules: what somebody has overridden is told, and repaired, as it was before.
fn as_found(finding: &Finding) -> Outcome {
    if finding.overridden.is_some() { Outcome::Fail } else { finding.severity }
}

/// Says of a finding that weighs less than its rule has it why that is so.
fn soften(explanation: &mut Explanation, finding: &Finding) {
    let (mark, meaning) = match finding.level {
        Level::Enforce | Level::Off => return,
        Level::Warn => ("Warning: ", "Towpath shows it and blocks nothing."),
        Level::Observe => ("Observed: ", "Towpath only notes it."),
    };
    if !explanation.title.begins_with(mark) {
        explanation.title = Prose::new(mark, &[]).then(std::mem::take(&mut explanation.title));
    }
    let (code, level) = (finding.cause.code().as_str(), finding.level.as_str());
    let why = Prose::new(&format!("This project's rules set {code} to %: {meaning}"), &[level]);
    explanation.detail.insert(0, why);
}

/// Branch names joined to be read.
fn branches(names: &[BranchName], link: &str) -> Prose {
    let names: Vec<&str> = names.iter().map(BranchName::as_str).collect();
    row(&names, link)
}
