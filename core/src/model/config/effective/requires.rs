//! What a promotion has to show first, as the file spells it.

use super::super::deploy::spelled;
use super::{list, scalar};
use crate::model::{Environment, PromotionPath, ReadinessItem, SignOffRole, TicketRule, TicketsOn};

/// The keys below `requires`. What only the preset looks at is told where it is on, or was asked for.
pub(super) fn keys(path: &PromotionPath, environment: &Environment) -> String {
    let requires = &environment.requires;
    let mut keys = vec![format!("tested: {}", requires.tested.as_str())];
    keys.extend(requires.soak.map(|soak| format!("soak: {}", spelled(soak))));
    let each =
        |all: Vec<String>| all.into_iter().map(|it| format!("{{ {it} }}")).collect::<Vec<_>>().join(", ");
    if !requires.signoffs.is_empty() {
        keys.push(format!("signoffs: [{}]", each(requires.signoffs.iter().map(role).collect())));
    }
    if requires.reviews {
        keys.push("reviews: true".to_owned());
    }
    if !requires.readiness.is_empty() {
        keys.push(format!("readiness: [{}]", each(requires.readiness.iter().map(item).collect())));
    }
    keys.extend(tickets(path, environment));
    if path.commerce.is_some() || requires.ideal_state {
        keys.push(format!("ideal_state: {}", requires.ideal_state));
    }
    keys.join(", ")
}

/// What takes a ticket, where that is not what holds by itself.
fn tickets(path: &PromotionPath, environment: &Environment) -> Option<String> {
    let of_pro = path.commerce.as_ref().is_some_and(|settings| settings.takes_tickets(environment));
    match &environment.requires.tickets {
        Some(TicketRule { on: TicketsOn::Paths(paths), notice }) => {
            let (paths, notice) = (quoted(paths.patterns()), spelled(*notice));
            Some(format!("tickets: {{ paths: [{paths}], notice: {notice} }}"))
        }
        Some(TicketRule { on: TicketsOn::Services, .. }) => None,
        None => of_pro.then(|| "tickets: []".to_owned()),
    }
}

fn role(role: &SignOffRole) -> String {
    let mut parts = vec![format!("role: {}", scalar(&role.role))];
    if !role.by.is_empty() {
        parts.push(format!("by: {}", list(&role.by)));
    }
    parts.push(format!("by_others: {}", role.by_others));
    parts.join(", ")
}

fn item(item: &ReadinessItem) -> String {
    let mut parts =
        vec![format!("item: {}", scalar(&item.item)), format!("description: {}", scalar(&item.description))];
    parts.extend(item.paths.as_ref().map(|it| format!("paths: [{}]", quoted(it.patterns()))));
    parts.extend(item.expires.map(|it| format!("expires: {}", spelled(it))));
    parts.join(", ")
}

fn quoted(patterns: &[String]) -> String {
    patterns.iter().map(|pattern| scalar(pattern)).collect::<Vec<_>>().join(", ")
}
