//! Which branches may meet: TP101, TP102, TP103, TP107; and of which environments a head may be a snapshot, TP110, or may
//! have been made to take one back, TP111.
//!
//! A branch's name proves nothing when it lives in a fork: a fork's `integration` is a topic that happens
//! to be called so. It is refused as a fork (TP103) only where the base takes that environment and no
//! topics, because there somebody plainly meant a promotion.

use super::family::{ANY_MOVE, Fact, Family, PATH};
use crate::model::{
    BranchName, Cause, Code, CopyBranch, Environment, Finding, Level, PromotionPath, PullEnds, Role, Source,
};

/// Which rules a pull request falls under, by its two branches alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// The base is neither an environment nor the copy branch: nobody asked for a verdict.
    NotJudged,
    /// The two branches may not meet; git need not be asked.
    Refused(Box<Finding>),
    /// A topic into an environment that takes topics or hotfixes.
    Topic,
    /// An environment into the next one, or into the copy branch that copies it.
    Promotion,
    /// A downstream environment into an upstream one.
    BackMerge,
}

/// The two branches decide, and the path alone says which.
pub(super) const FAMILY: Family = Family {
    name: "branches",
    codes: &[Code::WrongBase, Code::EnvironmentSkipped, Code::ForkHead, Code::CopyTakesOnly],
    facts: &[],
    altered_by: &[PATH],
};

/// Whether the head stands where an environment has been: any move can make it so, or end it.
pub(super) const SNAPSHOT: Family = Family {
    name: "snapshots",
    codes: &[Code::Snapshot],
    facts: &[Fact::Snapshot],
    altered_by: &[ANY_MOVE, PATH],
};

pub(super) fn route(path: &PromotionPath, pull: &PullEnds) -> Route {
    match path.role(&pull.base.branch) {
        Role::Topic => Route::NotJudged,
        Role::Copy(copy) => into_copy(path, copy, pull),
        Role::Environment(base) => into_environment(path, base, pull),
    }
}

fn into_copy(path: &PromotionPath, copy: &CopyBranch, pull: &PullEnds) -> Route {
    let Some(original) = path.environment(&copy.of) else {
        return refused(Cause::CopyTakesOnly { only: copy.branch.clone(), belongs_on: None });
    };
    let head = &pull.head;
    if head.branch.as_ref() != Some(&original.branch) {
        let belongs_on = match role_of_head(path, pull) {
            Role::Topic => takes_topics(path),
            Role::Environment(environment) => next_after(path, &environment.name, &copy.of),
            Role::Copy(_) => None,
        };
        return refused(Cause::CopyTakesOnly { only: original.branch.clone(), belongs_on });
    }
    if head.fork {
        return refused(Cause::ForkHead { own: original.branch.clone() });
    }
    Route::Promotion
}

fn into_environment(path: &PromotionPath, base: &Environment, pull: &PullEnds) -> Route {
    match role_of_head(path, pull) {
        // GitHub offers no pull request from a branch into itself, but a local branch can be ahead of the
        // remote one of the same name: then its commits are new work like any topic's.
        Role::Environment(head) if head.branch == base.branch => topic_into(path, base, pull),
        Role::Environment(head) => environment_into(path, base, head),
        Role::Copy(_) => refused(Cause::WrongBase { belongs_on: None, needs: needs(path, base) }),
        Role::Topic => topic_into(path, base, pull),
    }
}

/// What the head is on the path: a fork's branch is a topic whatever its name.
fn role_of_head<'a>(path: &'a PromotionPath, pull: &PullEnds) -> Role<'a> {
    match &pull.head.branch {
        Some(branch) if !pull.head.fork => path.role(branch),
        _ => Role::Topic,
    }
}

fn topic_into(path: &PromotionPath, base: &Environment, pull: &PullEnds) -> Route {
    if base.accepts_topics() {
        return Route::Topic;
    }
    if let Some(own) = pull.head.branch.as_ref().filter(|_| pull.head.fork)
        && let Role::Environment(namesake) = path.role(own)
        && base.accepts_environment(&namesake.name)
    {
        return refused(Cause::ForkHead { own: own.clone() });
    }
    refused(Cause::WrongBase { belongs_on: takes_topics(path), needs: needs(path, base) })
}

fn environment_into(path: &PromotionPath, base: &Environment, head: &Environment) -> Route {
    if base.accepts_environment(&head.name) {
        return Route::Promotion;
    }
    if path.leads_to(&head.name, &base.name) {
        let next = next_after(path, &head.name, &base.name);
        return refused(Cause::EnvironmentSkipped { needs: needs(path, base), next });
    }
    if path.leads_to(&base.name, &head.name) {
        return Route::BackMerge;
    }
    // Side by side, two stagings for instance: neither feeds the other.
    let belongs_on = path.environments.iter().find(|e| e.accepts_environment(&head.name));
    refused(Cause::WrongBase { belongs_on: belongs_on.map(|e| e.branch.clone()), needs: needs(path, base) })
}

/// The environments of which the head may be a snapshot, by the two branches alone: those that the base takes, unless
/// the head is a branch of the path itself, in a fork, or no branch at all.
pub(super) fn may_be_snapshot_of<'a>(path: &'a PromotionPath, pull: &PullEnds) -> Vec<&'a Environment> {
    let off = path.rules.level(Code::Snapshot) == Level::Off;
    let is_topic = pull.head.branch.as_ref().is_some_and(|branch| path.role(branch) == Role::Topic);
    if off || !is_topic || pull.head.fork {
        return Vec::new();
    }
    let takes = |it: &&Environment| match path.role(&pull.base.branch) {
        Role::Environment(base) => base.accepts_environment(&it.name),
        Role::Copy(copy) => copy.of == it.name,
        Role::Topic => false,
    };
    path.environments.iter().filter(takes).collect()
}

/// How the branches begin that Towpath makes to take environments back.
pub const ROLLBACK_BRANCHES: &str = "towpath/rollback/";

/// Whether a pull request may have been prepared to take its base back, by its two branches alone. Whether it was, the
/// hold tells.
pub fn may_be_rollback(path: &PromotionPath, pull: &PullEnds) -> bool {
    let is_off = path.rules.level(Code::PreparedRollback) == Level::Off;
    let has_name = pull.head.branch.as_ref().is_some_and(|it| it.as_str().starts_with(ROLLBACK_BRANCHES));
    !is_off && has_name && !pull.head.fork && matches!(path.role(&pull.base.branch), Role::Environment(_))
}

/// The branch that a topic goes into first: of an environment for topics, else for hotfixes.
fn takes_topics(path: &PromotionPath) -> Option<BranchName> {
    let taking = |source: Source| path.environments.iter().find(move |e| e.accepts.contains(&source));
    taking(Source::Topics).or_else(|| taking(Source::Hotfixes)).map(|e| e.branch.clone())
}

/// The branch that the environment called `from` goes into next on its way to the one called `to`.
fn next_after(path: &PromotionPath, from: &str, to: &str) -> Option<BranchName> {
    let on_the_way = |e: &&Environment| e.name == to || path.leads_to(&e.name, to);
    path.environments
        .iter()
        .filter(|e| e.accepts_environment(from))
        .find(on_the_way)
        .map(|e| e.branch.clone())
}

/// The branches of the environments that `base` takes.
fn needs(path: &PromotionPath, base: &Environment) -> Vec<BranchName> {
    base.accepts
        .iter()
        .filter_map(|source| match source {
            Source::Environment(name) => path.environment(name),
            Source::Topics | Source::Hotfixes => None,
        })
        .map(|environment| environment.branch.clone())
        .collect()
}

fn refused(cause: Cause) -> Route {
    Route::Refused(Box::new(Finding::fail(cause)))
}
