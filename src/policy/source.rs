//! Which branches may meet: TP101, TP102, TP103, TP107; and of which environments a head may be a snapshot, TP110.
//!
//! A branch's name proves nothing when it lives in a fork: a fork's `integration` is a topic that happens
//! to be called so. It is refused as a fork (TP103) only where the base takes that environment and no
//! topics, because there somebody plainly meant a promotion.

use super::Route;
use crate::flow::{
    BranchName, Cause, Code, CopyBranch, Environment, Finding, Flow, Level, Pull, Role, Source,
};

pub(super) fn route(flow: &Flow, pull: &Pull) -> Route {
    match flow.role(&pull.base.branch) {
        Role::Topic => Route::NotJudged,
        Role::Copy(copy) => into_copy(flow, copy, pull),
        Role::Environment(base) => into_environment(flow, base, pull),
    }
}

fn into_copy(flow: &Flow, copy: &CopyBranch, pull: &Pull) -> Route {
    let Some(original) = flow.environment(&copy.of) else {
        return refused(Cause::CopyTakesOnly { only: copy.branch.clone(), belongs_on: None });
    };
    let head = &pull.head;
    if head.branch.as_ref() != Some(&original.branch) {
        let belongs_on = match role_of_head(flow, pull) {
            Role::Topic => takes_topics(flow),
            Role::Environment(environment) => next_after(flow, &environment.name, &copy.of),
            Role::Copy(_) => None,
        };
        return refused(Cause::CopyTakesOnly { only: original.branch.clone(), belongs_on });
    }
    if head.fork {
        return refused(Cause::ForkHead { own: original.branch.clone() });
    }
    Route::Promotion
}

fn into_environment(flow: &Flow, base: &Environment, pull: &Pull) -> Route {
    match role_of_head(flow, pull) {
        // GitHub offers no pull request from a branch into itself, but a local branch can be ahead of the
        // remote one of the same name: then its commits are new work like any topic's.
        Role::Environment(head) if head.branch == base.branch => topic_into(flow, base, pull),
        Role::Environment(head) => environment_into(flow, base, head),
        Role::Copy(_) => refused(Cause::WrongBase { belongs_on: None, needs: needs(flow, base) }),
        Role::Topic => topic_into(flow, base, pull),
    }
}

/// What the head is on the path: a fork's branch is a topic whatever its name.
fn role_of_head<'a>(flow: &'a Flow, pull: &Pull) -> Role<'a> {
    match &pull.head.branch {
        Some(branch) if !pull.head.fork => flow.role(branch),
        _ => Role::Topic,
    }
}

fn topic_into(flow: &Flow, base: &Environment, pull: &Pull) -> Route {
    if base.accepts_topics() {
        return Route::Topic;
    }
    if let Some(own) = pull.head.branch.as_ref().filter(|_| pull.head.fork)
        && let Role::Environment(namesake) = flow.role(own)
        && base.accepts_environment(&namesake.name)
    {
        return refused(Cause::ForkHead { own: own.clone() });
    }
    refused(Cause::WrongBase { belongs_on: takes_topics(flow), needs: needs(flow, base) })
}

fn environment_into(flow: &Flow, base: &Environment, head: &Environment) -> Route {
    if base.accepts_environment(&head.name) {
        return Route::Promotion;
    }
    if flow.leads_to(&head.name, &base.name) {
        let next = next_after(flow, &head.name, &base.name);
        return refused(Cause::EnvironmentSkipped { needs: needs(flow, base), next });
    }
    if flow.leads_to(&base.name, &head.name) {
        return Route::BackMerge;
    }
    // Side by side, two stagings for instance: neither feeds the other.
    let belongs_on = flow.environments.iter().find(|e| e.accepts_environment(&head.name));
    refused(Cause::WrongBase { belongs_on: belongs_on.map(|e| e.branch.clone()), needs: needs(flow, base) })
}

/// The environments of which the head may be a snapshot, by the two branches alone: those that the base takes, unless
/// the head is a branch of the path itself, in a fork, or no branch at all.
pub(super) fn may_be_snapshot_of<'a>(flow: &'a Flow, pull: &Pull) -> Vec<&'a Environment> {
    let off = flow.rules.level(Code::Snapshot) == Level::Off;
    let is_topic = pull.head.branch.as_ref().is_some_and(|branch| flow.role(branch) == Role::Topic);
    if off || !is_topic || pull.head.fork {
        return Vec::new();
    }
    let takes = |it: &&Environment| match flow.role(&pull.base.branch) {
        Role::Environment(base) => base.accepts_environment(&it.name),
        Role::Copy(copy) => copy.of == it.name,
        Role::Topic => false,
    };
    flow.environments.iter().filter(takes).collect()
}

/// The branch that a topic goes into first: of an environment for topics, else for hotfixes.
fn takes_topics(flow: &Flow) -> Option<BranchName> {
    let taking = |source: Source| flow.environments.iter().find(move |e| e.accepts.contains(&source));
    taking(Source::Topics).or_else(|| taking(Source::Hotfixes)).map(|e| e.branch.clone())
}

/// The branch that the environment called `from` goes into next on its way to the one called `to`.
fn next_after(flow: &Flow, from: &str, to: &str) -> Option<BranchName> {
    let on_the_way = |e: &&Environment| e.name == to || flow.leads_to(&e.name, to);
    flow.environments
        .iter()
        .filter(|e| e.accepts_environment(from))
        .find(on_the_way)
        .map(|e| e.branch.clone())
}

/// The branches of the environments that `base` takes.
fn needs(flow: &Flow, base: &Environment) -> Vec<BranchName> {
    base.accepts
        .iter()
        .filter_map(|source| match source {
            Source::Environment(name) => flow.environment(name),
            Source::Topics | Source::Hotfixes => None,
        })
        .map(|environment| environment.branch.clone())
        .collect()
}

fn refused(cause: Cause) -> Route {
    Route::Refused(Box::new(Finding::fail(cause)))
}
