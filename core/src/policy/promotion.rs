//! What an environment may bring to the next one, or to the copy branch: P1 to P4, and TP305.
//!
//! Trees decide, not commits: so the rule holds under merge commits, squashes, rebases and
//! fast-forwards alike.

use super::family::{ANY_MOVE, ConfigKey, Fact, Family, PATH, Reach, Trigger};
use super::hotfixes;
use crate::model::{
    BranchName, Cause, Code, DeployFacts, Deployed, Divergence, Environment, Finding, MergeMethods,
    MergeOutcome, MethodsFrom, Outcome, OwedHotfix, PromoteFirst, PromotionHistory, PromotionPath, Repair,
    Source, Tested,
};
use std::collections::VecDeque;

/// What an environment may bring to the next one. There are few promotions, and whatever moves can alter what they ship.
pub(super) const FAMILY: Family = Family {
    name: "promotions",
    codes: &[
        Code::HeadBehind,
        Code::NothingToPromote,
        Code::UnrelatedHistory,
        Code::UntestedTree,
        Code::MergeConflicts,
        Code::NotVerified,
        Code::MergeMethod,
        Code::Held,
        Code::Deploying,
    ],
    facts: &[Fact::PromotionHistory, Fact::MergeMethods, Fact::Deploys, Fact::Hotfixes],
    altered_by: &[
        ANY_MOVE,
        PATH,
        &[
            (Trigger::DeployChanged, Reach::ALWAYS),
            (Trigger::MergeMethodsChanged, Reach::ALWAYS),
            (Trigger::HotfixChanged, Reach::ALWAYS),
            (Trigger::ConfigChanged(ConfigKey::Requires), Reach::ALWAYS),
            (Trigger::ConfigChanged(ConfigKey::IgnorePaths), Reach::ALWAYS),
            (Trigger::ConfigChanged(ConfigKey::Deploy), Reach::ALWAYS),
        ],
    ],
};

/// What an environment may bring to the copy branch.
pub(super) const INTO_COPY: Family = Family {
    name: "promotions into the copy branch",
    codes: &[Code::NothingToPromote, Code::UnrelatedHistory, Code::MergeConflicts],
    facts: &[Fact::PromotionHistory],
    altered_by: &[ANY_MOVE, PATH, &[(Trigger::ConfigChanged(ConfigKey::IgnorePaths), Reach::ALWAYS)]],
};

/// What the rule between environments asks besides the history.
#[derive(Debug, Clone)]
pub(super) struct PromotionRequirements<'a> {
    /// Whether the head's files have to be deployed on its environment.
    pub(super) tested: Tested,
    /// The name of that environment.
    pub(super) from: &'a str,
    /// How pull requests may be merged into the base, where that is known.
    pub(super) methods: Option<MergeMethods>,
    /// What is known of deploys.
    pub(super) deploys: &'a DeployFacts,
    /// The hotfixes of the base that the head does not have.
    pub(super) hotfixes: &'a [OwedHotfix],
    /// Whether the promotion waits for those that are owed. If not, they are no reason to ship what nobody has tested.
    pub(super) waits_for_hotfixes: bool,
    /// The promotion before it, where that one would bring what only the base has.
    pub(super) first: Option<PromoteFirst>,
}

impl PromotionRequirements<'_> {
    fn divergence(&self, history: &PromotionHistory) -> Divergence {
        let merge_back = history.merge_back.clone().filter(|_| self.first.is_none());
        Divergence { cut_by: history.cut_by.clone(), first: self.first.clone(), merge_back }
    }
}

/// Of the environments upstream of `head` whose branches are among `on_upstream`, the nearest, with the next one on its
/// way: that promotion has to come first.
pub(super) fn promote_first(
    path: &PromotionPath,
    head: &Environment,
    on_upstream: &[BranchName],
) -> Option<PromoteFirst> {
    let (mut ahead, mut seen) = (VecDeque::from([head]), vec![head.name.as_str()]);
    while let Some(into) = ahead.pop_front() {
        for source in &into.accepts {
            let Source::Environment(name) = source else { continue };
            let Some(from) = path.environment(name).filter(|it| !seen.contains(&it.name.as_str())) else {
                continue;
            };
            if on_upstream.contains(&from.branch) {
                return Some(PromoteFirst { from: from.branch.clone(), into: into.branch.clone() });
            }
            seen.push(&from.name);
            ahead.push_back(from);
        }
    }
    None
}

/// The rule between environments: what would ship must be what was tested.
pub(super) fn findings(history: &PromotionHistory, asked: &PromotionRequirements<'_>) -> Vec<Finding> {
    if !history.related {
        return vec![unrelated()];
    }
    if history.head_tree == history.base_tree {
        return vec![nothing_to_promote()];
    }
    if history.brings == 0 {
        let behind = match asked.first.clone() {
            Some(first) => Cause::BehindUntilPromoted { first },
            None => Cause::HeadBehind,
        };
        return vec![Finding::fail(behind)];
    }
    let mut findings = match &history.merge {
        MergeOutcome::Conflicts { paths } => vec![conflicts(history, paths, asked.divergence(history))],
        MergeOutcome::Clean { .. } if history.differs => untested(history, asked).into_iter().collect(),
        MergeOutcome::Clean { .. } => not_deployed(history, asked).into_iter().collect(),
    };
    findings.extend(held(asked.deploys));
    findings.extend(asked.methods.and_then(makes_copies));
    findings
}

/// What would ship is not what was tested. Of a hotfix that is owed the account tells (TP503) where it can block; where the difference lies in
/// the files of hotfixes whose fault was mended in another way, it is only told.
fn untested(history: &PromotionHistory, asked: &PromotionRequirements<'_>) -> Option<Finding> {
    let owed = if asked.waits_for_hotfixes { asked.hotfixes } else { &[] };
    let others = hotfixes::without_owed(&history.only_on_base, owed);
    // Carried back as it was, a hotfix looks like a promotion that was squashed.
    let cut_by = hotfixes::without_owed(history.cut_by.as_slice(), owed).into_iter().next();
    let is_explained = !history.only_on_base.is_empty() || history.cut_by.is_some();
    if is_explained && others.is_empty() && cut_by.is_none() {
        return None;
    }
    let mended = hotfixes::mended_where_it_differs(&history.differing, asked.hotfixes);
    let is_mended = !mended.is_empty();
    let divergence = Divergence { cut_by, ..asked.divergence(history) };
    let cause = Cause::UntestedTree { only_on_base: others, divergence, mended };
    Some(if is_mended { Finding::warn(cause) } else { Finding::fail(cause) })
}

fn not_deployed(history: &PromotionHistory, asked: &PromotionRequirements<'_>) -> Option<Finding> {
    // Who takes a deploy up tells how it goes, though it may be the first time.
    let of_head = asked.deploys.of_head.as_ref();
    let waits = match (asked.tested, history.deployed) {
        (Tested::NotAsked, _) | (_, Deployed::Yes) => false,
        (Tested::IfReported, Deployed::NobodyReports) => of_head.is_some_and(|it| it.taken_up),
        (Tested::IfReported, Deployed::No) | (Tested::Asked, _) => true,
    };
    let environment = asked.from.to_owned();
    let cause = match of_head {
        Some(deploy) => Cause::Deploying { environment, since: deploy.since, ended: deploy.ended.clone() },
        None => Cause::NotVerified { environment, failed_late: asked.deploys.failed_late.clone() },
    };
    waits.then(|| Finding::new(Outcome::Wait, cause))
}

/// While a hold is in force nothing is merged; the next promotion after it says what it brings back.
fn held(deploys: &DeployFacts) -> Option<Finding> {
    let hold = deploys.hold.as_ref().filter(|hold| hold.lifted.is_none() || !deploys.hold_is_over)?;
    let cause = Cause::Held {
        from: hold.from,
        to: hold.to,
        by: hold.by.clone(),
        reason: hold.reason.clone(),
        since: hold.since.to_seconds(),
        pulls: hold.pulls.clone(),
        lifted: hold.lifted.as_ref().map(|lifted| (lifted.by.clone(), lifted.reason.clone())),
        by_pull: hold.to_merge().and_then(|it| it.number),
        by_merge: hold.to_merge().is_some(),
    };
    Some(if hold.lifted.is_none() { Finding::new(Outcome::Wait, cause) } else { Finding::warn(cause) })
}

fn makes_copies(methods: MergeMethods) -> Option<Finding> {
    let MergeMethods { squash, rebase, from, .. } = methods;
    let by_settings = from == MethodsFrom::Settings;
    let cause = Cause::MergeMethod { squash, rebase, by_settings };
    // What a rule allows for this very branch is worth a warning; settings have to do for topics, too.
    (squash || rebase).then(|| if by_settings { Finding::pass(cause) } else { Finding::warn(cause) })
}

/// The rule for the copy branch: it has to be able to follow. Its files may differ (workflows that live
/// only there), so neither equal trees nor something new is asked for.
pub(super) fn findings_for_copy(history: &PromotionHistory) -> Vec<Finding> {
    if !history.related {
        return vec![unrelated()];
    }
    if history.head_tree == history.base_tree || history.brings == 0 {
        return vec![nothing_to_promote()];
    }
    match &history.merge {
        MergeOutcome::Conflicts { paths } => vec![conflicts(
            history,
            paths,
            Divergence { cut_by: history.cut_by.clone(), ..Divergence::default() },
        )],
        MergeOutcome::Clean { .. } => Vec::new(),
    }
}

fn conflicts(history: &PromotionHistory, paths: &[String], divergence: Divergence) -> Finding {
    Finding::fail(Cause::MergeConflicts {
        paths: paths.to_vec(),
        only_on_base: history.only_on_base.clone(),
        divergence,
    })
}

fn nothing_to_promote() -> Finding {
    Finding::pass(Cause::NothingToPromote)
}

/// No list of picks: environments are not rebuilt by picking commits over.
fn unrelated() -> Finding {
    Finding::fail(Cause::UnrelatedHistory { repair: Repair::default() })
}

#[cfg(test)]
mod tests;
