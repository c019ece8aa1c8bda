//! The rules: facts in, verdict out.
//!
//! Lives here: one file for each family of rules.
//!
//! | file | decides |
//! |---|---|
//! | `source` | which branches may meet, and of what a head is a snapshot |
//! | `topic` | what history a topic may bring |
//! | `known_work` | what a topic may have in common with other work |
//! | `undone` | what merging a topic may do to files |
//! | `promotion` | what an environment may bring to the next one, or to the copy branch |
//! | `rollbacks` | which pull requests take an environment back |
//! | `hotfixes` | which hotfixes a promotion waits for |
//! | `back_merge` | what a downstream environment may bring upstream |
//! | `files` | what the files of a Commerce project may become |
//! | `stacks` | which stacks a promotion must not be in |
//! | `freezes` | what the calendar keeps out for a while |
//! | `locks` | what a person keeps out for a while |
//! | `active_places` | what a pull request waits for that wants a place |
//! | `acceptance` | what people and time have to say first |
//! | `overrides` | which findings a person has set aside |
//! | `copy` | whether the copy branch is a copy |
//! | `deployment_protection` | which jobs may deploy |
//!
//! `repair` plans the way back to a clean branch. `family` is how a family says which facts it needs and which changes
//! can alter its verdict; `families` lists them all, and a property holds that what no family names alters no verdict.
//!
//! Does not live here: asking git or GitHub, wording, time, anything async. The same facts give the same verdict,
//! always.
//!
//! Open first: this file, for [`judge`]; then `topic.rs`.
//!
//! By the built-in path a promotion to production waits for staging's tree to be deployed (TP303) only if deployments
//! of staging are reported at all. A file that says `tested: true` always asks.
//!
//! # Promises, and the tests that hold them
//!
//! - Unknown is never a pass: `facts_of_another_route_are_never_a_pass`.
//! - No contaminated pull request passes and no clean one fails:
//!   `no_contaminated_pull_request_passes_and_no_clean_one_fails`.
//! - Merging a topic removes no merged work without a word, and a revert that was meant gets none:
//!   `what_a_topic_takes_back_and_what_changes_nothing_is_told`.
//! - What counts as tested is what the newest report says, in whatever order reports come:
//!   `the_newest_word_on_files_counts_in_whatever_order_it_comes`, `words_that_overtake_each_other_end_the_same`,
//!   `what_a_rollback_takes_back_was_not_tested`.
//! - An override changes the finding that it was given for and nothing else:
//!   `an_override_changes_the_finding_it_was_given_for_and_nothing_else`, `an_override_of_anything_else_changes_nothing`.

mod acceptance;
mod active_places;
mod back_merge;
mod brought;
mod copy;
mod deployment_protection;
mod families;
mod family;
mod files;
mod freezes;
mod hotfixes;
mod known_work;
mod locks;
mod overrides;
mod promotion;
mod repair;
mod rollbacks;
mod source;
mod stacks;
mod topic;
mod undone;

pub use deployment_protection::{DeploymentProtection, ProtectedJob, deployment_protection};
pub use families::{FAMILIES, Judged, config_changes};
pub use family::{ConfigKey, Fact, Family, Reach, Trigger};
pub use freezes::{freeze_on, is_hotfix, next_freeze_change};
pub use source::{ROLLBACK_BRANCHES, Route, may_be_rollback};

use std::cmp::Reverse;

use crate::model::{
    Cause, Code, CopyHistory, Environment, Facts, Finding, History, Level, Outcome, PromotionHistory,
    PromotionPath, PullEnds, Role, Source, StackFacts, Undecided, UserMessage, Verdict,
};

/// Which rules `pull` falls under in `path`.
pub fn route(path: &PromotionPath, pull: &PullEnds) -> Route {
    source::route(path, pull)
}

/// The environments of which a pull request's head may be a snapshot (TP110). Whether it is one, git and the ledger tell.
pub fn may_be_snapshot_of<'a>(path: &'a PromotionPath, pull: &PullEnds) -> Vec<&'a Environment> {
    source::may_be_snapshot_of(path, pull)
}

/// Judges a pull request from everything that is known about it.
///
/// Findings come the most fundamental first: by severity, then by code. Facts that were gathered for
/// another route than `path` gives (the configuration changed in between) are never a pass.
pub fn judge(path: &PromotionPath, facts: &Facts) -> Verdict {
    let pull = &facts.pull;
    let route = route(path, pull);
    let stacked = stacks::in_stack(&facts.stacks, &route);
    let in_files = files::findings(path, facts, &route);
    let rollback = rollbacks::prepared(path, facts);
    let is_ready = rollback.as_ref().is_some_and(|it| it.severity == Outcome::Pass);
    let mut findings: Vec<Finding> = match by_the_path(path, facts, route) {
        _ if is_ready => rollback.into_iter().chain(rollbacks::softened(in_files)).collect(),
        Ok(found) => rollback.into_iter().chain(found).chain(in_files).collect(),
        Err(undecided) => return Verdict::undecided(undecided),
    };
    if let Some(finding) = stacked {
        if stacks::stands_alone(path, &facts.stacks, &pull.base.branch) {
            findings.clear();
        }
        findings.push(finding);
    }
    let mut verdict = weighed(path, findings);
    overrides::apply(facts, &mut verdict.findings);
    sort(&mut verdict.findings);
    let note = stacks::may_be_stacked(path, &facts.stacks, &verdict.findings);
    Verdict { findings: verdict.findings.into_iter().chain(note).collect() }
}

/// What is found on the way that a pull request takes, and keeps it back for a while.
fn by_the_path(path: &PromotionPath, facts: &Facts, route: Route) -> Result<Vec<Finding>, Undecided> {
    let pull = &facts.pull;
    let mut findings = match (route, &facts.history) {
        (Route::NotJudged, _) => Vec::new(),
        (Route::Refused(finding), _) => vec![*finding],
        (Route::Topic, History::Topic(history)) => topic::findings(facts, history, takes_topics(path, pull)),
        (Route::Promotion, History::Promotion(history)) => match path.role(&pull.base.branch) {
            Role::Copy(_) => promotion::findings_for_copy(history),
            Role::Environment(base) => promotion::findings(history, &asked(path, facts, (history, base))),
            Role::Topic => Vec::new(),
        },
        (Route::BackMerge, History::BackMerge(history)) => back_merge::findings(history),
        (Route::Topic | Route::Promotion | Route::BackMerge, _) => {
            let what = UserMessage::new("the facts at hand were gathered under another configuration");
            return Err(Undecided::Git { what });
        }
    };
    findings.extend(freezes::frozen(path, facts));
    findings.extend(locks::locked(path, facts));
    findings.extend(active_places::awaited(path, facts));
    if let History::Promotion(history) = &facts.history {
        findings.extend(acceptance::findings(path, facts, history));
        findings.extend(hotfixes::owed(path, facts, history));
    }
    findings.extend(facts.snapshot.clone().map(|snapshot| Finding::pass(Cause::Snapshot(snapshot))));
    Ok(findings)
}

/// Whether a pull request is in a stack that it must not be in, by what is known of the stack alone.
pub fn judge_stack(path: &PromotionPath, pull: &PullEnds, stacks: &StackFacts) -> Verdict {
    let found = stacks::in_stack(stacks, &route(path, pull));
    weighed(path, found.into_iter().collect())
}

/// Judges whether the copy branch is a copy.
pub fn judge_copy(path: &PromotionPath, history: &CopyHistory) -> Verdict {
    weighed(path, copy::findings(history))
}

/// The findings as the project's rules weigh them, the most fundamental first.
fn weighed(path: &PromotionPath, findings: Vec<Finding>) -> Verdict {
    let weigh = |finding: Finding| {
        let level = path.rules.level(finding.cause.code());
        Some(Finding { severity: level.weigh(finding.severity)?, level, ..finding })
    };
    let mut findings: Vec<Finding> = findings.into_iter().filter_map(weigh).collect();
    // That a topic changes nothing is said along with why it does not, once.
    let told = |it: &Finding| matches!(it.cause, Cause::AlreadyMerged { changes_nothing: true, .. });
    if let Some(severity) = findings.iter().find(|it| told(it)).map(|it| it.severity) {
        findings.retain(|it| !matches!(it.cause, Cause::ChangesNothing { .. }) || it.severity > severity);
    }
    sort(&mut findings);
    Verdict { findings }
}

/// Puts the most fundamental first: what would keep the pull request back, had nobody overridden it, goes before warnings.
/// That a rollback is out of date says what the rest on it does not.
fn sort(findings: &mut [Finding]) {
    findings.sort_by_key(|it| {
        let code = it.cause.code();
        (Reverse(it.severity), it.overridden.is_none(), code != Code::PreparedRollback, code)
    });
}

fn takes_topics(path: &PromotionPath, pull: &PullEnds) -> bool {
    match path.role(&pull.base.branch) {
        Role::Environment(base) => base.accepts.contains(&Source::Topics),
        Role::Copy(_) | Role::Topic => false,
    }
}

fn asked<'a>(
    path: &'a PromotionPath,
    facts: &'a Facts,
    (history, base): (&PromotionHistory, &Environment),
) -> promotion::PromotionRequirements<'a> {
    let head = match facts.pull.head.branch.as_ref().map(|branch| path.role(branch)) {
        Some(Role::Environment(head)) => Some(head),
        _ => None,
    };
    promotion::PromotionRequirements {
        tested: base.requires.tested,
        from: head.map_or("", |head| head.name.as_str()),
        methods: facts.methods,
        deploys: &facts.deploys,
        hotfixes: &facts.hotfixes,
        waits_for_hotfixes: path.rules.level(Code::HotfixNotCarriedBack) == Level::Enforce,
        first: head.and_then(|head| promotion::promote_first(path, head, &history.on_upstream)),
    }
}

#[cfg(test)]
mod tests;
