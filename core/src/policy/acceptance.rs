//! What people and time have to say before a promotion may be merged: TP403, TP404, TP405 and TP407.

use super::family::{ANY_MOVE, ConfigKey, Fact, Family, PATH, Reach, Trigger};
use crate::model::{
    Cause, Code, Environment, Facts, Finding, Outcome, PromotionHistory, PromotionPath, Role, TicketState,
};

/// There are few promotions, and whatever moves can change what was accepted.
pub(super) const FAMILY: Family = Family {
    name: "acceptance",
    codes: &[Code::Soaking, Code::SignOffMissing, Code::NotReady, Code::TicketNeeded],
    facts: &[Fact::PromotionHistory, Fact::Acceptance],
    altered_by: &[
        ANY_MOVE,
        PATH,
        &[
            (Trigger::AttestationChanged, Reach::ALWAYS),
            (Trigger::DeployChanged, Reach::ALWAYS),
            (Trigger::ConfigChanged(ConfigKey::Requires), Reach::ALWAYS),
        ],
    ],
};

/// What a promotion that brings something waits for.
pub(super) fn findings(path: &PromotionPath, facts: &Facts, history: &PromotionHistory) -> Vec<Finding> {
    let Role::Environment(base) = path.role(&facts.pull.base.branch) else { return Vec::new() };
    let head = facts.pull.head.branch.as_ref().map(|branch| path.role(branch));
    let Some(Role::Environment(head)) = head else { return Vec::new() };
    if history.brings == 0 || history.head_tree == history.base_tree {
        return Vec::new();
    }
    let causes =
        [soaks(facts, (head, base)), signoffs(facts, head), readiness(facts, base), ticket(facts, base)];
    causes.into_iter().flatten().map(|cause| Finding::new(Outcome::Wait, cause)).collect()
}

fn soaks(facts: &Facts, (head, base): (&Environment, &Environment)) -> Option<Cause> {
    let needed = base.requires.soak?;
    let soak = facts.acceptance.soak.filter(|it| !it.is_over)?;
    let environment = head.name.clone();
    Some(Cause::Soaking { environment, needed: needed.as_secs(), until: soak.until })
}

fn signoffs(facts: &Facts, head: &Environment) -> Option<Cause> {
    let signoffs = &facts.acceptance.signoffs;
    let is_missing = signoffs.iter().any(|it| it.given_by.is_none());
    let environment = head.name.clone();
    is_missing.then(|| Cause::SignOffMissing { environment, roles: signoffs.clone() })
}

fn readiness(facts: &Facts, base: &Environment) -> Option<Cause> {
    let items = &facts.acceptance.readiness;
    let is_open = items.iter().any(|it| it.open.is_some());
    is_open.then(|| Cause::NotReady { environment: base.name.clone(), items: items.clone() })
}

fn ticket(facts: &Facts, base: &Environment) -> Option<Cause> {
    let TicketState { paths, acknowledged, is_due } = facts.acceptance.ticket.clone()?;
    let notice = base.requires.tickets.as_ref()?.notice.as_secs();
    let environment = base.name.clone();
    (!is_due).then_some(Cause::TicketNeeded { environment, paths, acknowledged, notice })
}
