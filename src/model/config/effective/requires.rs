//! What a promotion has to show first, as the file spells it.

use super::super::deploy::spelled;
use super::{list, scalar};
use crate::model::{PromotionPath, ReadinessItem, Requires, SignOffRole};

/// The keys below `requires`. What only the preset looks at is told where it is on, or was asked for.
pub(super) fn keys(path: &PromotionPath, requires: &Requires) -> String {
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
    if let Some(rule) = &requires.tickets {
        let (paths, notice) = (quoted(rule.paths.patterns()), spelled(rule.notice));
        keys.push(format!("tickets: {{ paths: [{paths}], notice: {notice} }}"));
    }
    if path.commerce.is_some() || requires.ideal_state {
        keys.push(format!("ideal_state: {}", requires.ideal_state));
    }
    keys.join(", ")
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
