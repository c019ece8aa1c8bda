//! What a topic may bring: R0 (TP206) and R1 (TP201); what they leave goes on to R2 to R5 (`known_work`), and
//! what merging would do to files to R6 and R7 (`undone`).
//!
//! R1 looks for brought commits on the *line* of another environment or of the copy branch: the commits
//! that branch ever pointed at and the first-parent chain of its tip. Three kinds do not count:
//!
//! * **Inherited.** The target itself once pointed at a commit the topic brings, and was moved back: the
//!   topic got that commit, and all it reaches, from the target. A former tip counts as inherited unless
//!   the topic is known to have been pushed with it *before* the target was pointed there; then it was the
//!   target that got it from the topic. Nor does it where another branch had been pointed at the same
//!   commit before: then the target had got it from there, by an accident that was undone.
//! * **Excused.** The other branch was pointed at a brought commit *after* the topic had been pushed at
//!   that commit or at a descendant of it: it came to that branch from the topic. Excused is what the
//!   branch's line gained in that move ([`Line::gained`]): the commit and the first-parent chain below it, up
//!   to where the line had been before. So a roll-back, which points a branch at a commit of its own past,
//!   gains nothing and excuses nothing. Where the branch was pointed further than what is brought, each
//!   commit that its line gained is excused by itself ([`Line::beyond`]). Only a [`TipSource::Push`] is a proof, since the other sources do not know
//!   when the branch was pointed there; and a commit that was also a tip by another entry stays foreign.
//!   "After" is strict: in the same second nothing is proven, unless the topic was pushed with a commit that nobody had
//!   pushed before ([`PushedAt::is_new`](crate::model::PushedAt::is_new)).
//! * **Carried back.** The topic has merged a state of an environment that its target leads to and that takes hotfixes, and
//!   all of its own that the target lacks came there by recorded pull requests and is still in the topic. Only so a
//!   conflict with a hotfix can be resolved on the way.

use super::family::{Fact, Family, MOVES_FOR_TOPICS, PATH, Reach, Trigger};
use std::collections::{HashMap, HashSet};

use super::brought::Brought;
use super::{known_work, repair, undone};
use crate::model::{
    Cause, Code, Commit, CommitId, Facts, Finding, Head, LedgerTip, Line, Moment, Outcome, Repair, TipSource,
    TopicHistory,
};

/// What other environments have of what a topic brings.
pub(super) const FAMILY: Family = Family {
    name: "history of a topic",
    codes: &[Code::CarriesHistory, Code::UnrelatedHistory],
    facts: &[Fact::TopicHistory],
    altered_by: &[
        MOVES_FOR_TOPICS,
        PATH,
        // Whether what was carried back came by a pull request may be told late.
        &[(Trigger::OtherPullRequestChanged, Reach::WITH_FINDINGS)],
    ],
};

/// More commits than this without a common ancestor are another project, not a topic to be picked over.
const OWN_WORK_AT_MOST: usize = 100;

/// The findings on a topic into an environment; `takes_topics` tells it from one that takes hotfixes only.
pub(super) fn findings(facts: &Facts, history: &TopicHistory, takes_topics: bool) -> Vec<Finding> {
    let head = &facts.pull.head;
    let brought = Brought::new(&history.brought);
    if !history.related {
        return vec![unrelated(head, &brought)];
    }
    let pushed = pushed_since(history, &brought);
    let inherited = inherited(history, &brought, &pushed);
    let carried_back = carried_back(history, &brought);
    let mut findings = Vec::new();
    let mut foreign = Vec::new();
    let mut excused = Vec::new();
    for line in &history.lines {
        let mut counted = counted(line, &pushed);
        counted.foreign.retain(|id| !inherited.contains(id) && !carried_back.contains(id));
        if !counted.foreign.is_empty() {
            foreign.push((line, counted.foreign));
        }
        excused.extend(counted.excused.iter().map(|tip| tip.commit));
        if let Some(tip) = counted.excused.into_iter().find(|tip| !inherited.contains(&tip.commit)) {
            findings.push(pointed_at_topic(line, tip));
        }
    }
    let all_foreign: HashSet<CommitId> = foreign.iter().flat_map(|(_, ids)| ids).copied().collect();
    let explained =
        brought.reach(all_foreign.iter().copied().chain(excused).chain(carried_back.iter().copied()));
    if foreign.is_empty() && !carried_back.is_empty() {
        findings.push(carries_back(history));
    }
    if !foreign.is_empty() {
        let tips = history.pushes.iter().map(|push| push.commit).chain([head.commit]);
        findings.push(carries_history(tips, &brought, &foreign, &all_foreign));
    }
    let mut known = known_work::findings(head, history, &brought, explained, takes_topics);
    known.extend(undone::findings(history, &brought));
    // That it changes no file is what joining histories is for.
    known.retain(|finding| carried_back.is_empty() || finding.cause.code() != Code::ChangesNothing);
    if !foreign.is_empty() {
        // Whoever has to make the topic anew need not be told what is a matter of taste about the old one.
        known.retain(|finding| finding.severity == Outcome::Fail);
    }
    findings.extend(known);
    findings
}

/// For each brought commit, when the topic was first seen pushed with it.
fn pushed_since(history: &TopicHistory, brought: &Brought<'_>) -> HashMap<CommitId, Moment> {
    brought.first_reached(history.pushes.iter().chain(&history.before_rebase))
}

/// Everything that came from former tips of the target.
fn inherited(
    history: &TopicHistory,
    brought: &Brought<'_>,
    pushed: &HashMap<CommitId, Moment>,
) -> HashSet<CommitId> {
    let from_target = |tip: &&LedgerTip| {
        tip.source == TipSource::Backfill
            || pushed.get(&tip.commit).is_none_or(|moment| *moment >= tip.moment())
    };
    let held_before = |tip: &LedgerTip| {
        let mut others = history.lines.iter().flat_map(|line| &line.tips);
        others.any(|other| other.commit == tip.commit && other.at < tip.at)
    };
    let former = history.former_tips.iter().filter(from_target).filter(|tip| !held_before(tip));
    brought.reach(former.map(|tip| tip.commit))
}

/// Everything that was carried back whole from an environment downstream, of which nothing is unknown: a pull request from
/// that environment's own branch would be let in with it.
fn carried_back(history: &TopicHistory, brought: &Brought<'_>) -> HashSet<CommitId> {
    let known = history.merged_back.iter().filter(|it| it.unrecorded.is_empty());
    // A merge that leaves away what it carries back would count for the hotfix, and take it from production later.
    let known = known.filter(|it| !undone::drops_what_it_carries(history, it));
    brought.reach(known.map(|it| it.state))
}

fn carries_back(history: &TopicHistory) -> Finding {
    let mut of: Vec<_> = history.merged_back.iter().map(|it| it.branch.clone()).collect();
    of.dedup();
    Finding::pass(Cause::CarriesBack { of, changes_nothing: history.changes_nothing })
}

/// One line, sorted into what is held against the topic and what is not.
struct Counted {
    foreign: HashSet<CommitId>,
    excused: Vec<LedgerTip>,
}

fn counted(line: &Line, pushed: &HashMap<CommitId, Moment>) -> Counted {
    let excusable = |tip: &LedgerTip| {
        tip.source == TipSource::Push && pushed.get(&tip.commit).is_some_and(|moment| *moment < tip.moment())
    };
    let tips = line.tips.iter().map(|tip| tip.commit);
    let mut foreign: HashSet<CommitId> = line.first_parents.iter().copied().chain(tips).collect();
    let mut excused = Vec::new();
    for (place, tip) in line.tips.iter().enumerate().filter(|(_, tip)| excusable(tip)) {
        excused.push(*tip);
        for gained in line.gained.get(place).into_iter().flatten() {
            foreign.remove(gained);
        }
    }
    for (tip, gained) in &line.beyond {
        let came_from_here = |id: &&CommitId| pushed.get(id).is_some_and(|moment| *moment < tip.moment());
        let excusable: Vec<_> = gained.iter().filter(came_from_here).collect();
        excused.extend(excusable.first().map(|newest| LedgerTip { commit: **newest, ..*tip }));
        for id in excusable {
            foreign.remove(id);
        }
    }
    foreign.extend(line.tips.iter().filter(|tip| !excusable(tip)).map(|tip| tip.commit));
    excused.retain(|tip| !foreign.contains(&tip.commit));
    Counted { foreign, excused }
}

fn carries_history(
    tips: impl Iterator<Item = CommitId>,
    brought: &Brought<'_>,
    foreign: &[(&Line, HashSet<CommitId>)],
    all: &HashSet<CommitId>,
) -> Finding {
    let named = |(line, ids): &(&Line, HashSet<CommitId>)| -> (_, Vec<Commit>) {
        (line.branch.clone(), brought.select(ids))
    };
    let came_along = brought.reach(all.iter().copied());
    Finding::fail(Cause::CarriesHistory {
        foreign: foreign.iter().map(named).collect(),
        plain_merges: Vec::new(),
        brought: brought.len(),
        entered: brought.entered_by(&came_along, all),
        came_along: came_along.len(),
        repair: repair::plan(brought, tips, all),
    })
}

fn pointed_at_topic(line: &Line, tip: LedgerTip) -> Finding {
    Finding::warn(Cause::PointedAtTopic { branch: line.branch.clone(), commit: tip.commit, at: tip.at })
}

fn unrelated(head: &Head, brought: &Brought<'_>) -> Finding {
    let repair = if brought.len() > OWN_WORK_AT_MOST {
        Repair::default()
    } else {
        repair::plan(brought, [head.commit], &HashSet::new())
    };
    Finding::fail(Cause::UnrelatedHistory { repair })
}
