//! What the keys of Adobe Commerce on cloud infrastructure mean.

use super::Place;
use super::commerce_keys::PresetEntry;
use super::file::File;
use super::tree::Node;
use crate::model::{Code, CommercePlan, CommerceSettings, Environment, Level, PromotionPath, TicketRule};

/// The branch that Starter's production is deployed from.
const STARTER_PRODUCTION: &str = "master";

/// The settings of a file that switches the preset on.
pub(super) fn settings(file: &File, environments: &[Environment]) -> Option<CommerceSettings> {
    let PresetEntry::Commerce = file.preset.as_ref()?.value;
    let entry = &file.commerce;
    let plan = entry.plan();
    let root = entry.root.as_ref().map_or("", |root| root.value.0.trim_end_matches('/'));
    let written = entry.services_by_ticket.as_ref();
    let written = written.map(|names| names.iter().map(|name| name.value.clone()).collect());
    Some(CommerceSettings {
        plan,
        root: if root == "." { String::new() } else { root.to_owned() },
        services_by_ticket: written.unwrap_or_else(|| CommerceSettings::usual_tickets(plan, environments)),
        disk: entry.disk.as_ref().map(|disk| disk.value),
    })
}

/// What takes a ticket where the project does not say. Where it has another opinion of what TP717 finds, that holds.
pub(super) fn tickets(file: &File, path: &mut PromotionPath) {
    let Some(settings) = path.commerce.clone() else { return };
    if path.rules.level(Code::ServicesByTicket) != Level::Enforce {
        return;
    }
    let written = file.environments.iter().flatten().filter(|it| it.requires.tickets.is_some());
    let written: Vec<&str> = written.map(|it| it.name.value.0.as_str()).collect();
    for environment in &mut path.environments {
        if settings.takes_tickets(environment) && !written.contains(&environment.name.as_str()) {
            environment.requires.tickets = Some(TicketRule::of_pro());
        }
    }
}

/// Says what counts for nothing because the preset is off.
pub(super) fn notices(root: &Node, path: &PromotionPath, say: &mut impl FnMut(Place, String)) {
    if let Some(settings) = &path.commerce {
        starter_notice(root, path, settings, say);
        return;
    }
    let asks = |name: &str| format!("{name} counts for nothing without preset: commerce");
    if let Some(key) = root.key("commerce") {
        say(key.place, asks("commerce"));
    }
    for item in root.key("environments").into_iter().flat_map(|key| key.value.items()) {
        let requires = item.key("requires");
        if let Some(key) = requires.and_then(|requires| requires.value.key("ideal_state")) {
            say(key.place, asks("ideal_state"));
        }
    }
}

/// On Starter the platform deploys production from the branch `master`; who says nothing of that has Pro's environments.
fn starter_notice(
    root: &Node,
    path: &PromotionPath,
    settings: &CommerceSettings,
    say: &mut impl FnMut(Place, String),
) {
    let is_production =
        |it: &&Environment| it.branch.as_str() == STARTER_PRODUCTION && path.is_production(&it.name);
    let has_production = path.environments.iter().any(|it| is_production(&it));
    if settings.plan != CommercePlan::Starter || has_production {
        return;
    }
    if let Some(key) = root.key("commerce") {
        let words = "on the plan starter production is the branch master, and no last environment here has it: write \
                     branch: master for production, and copy: none";
        say(key.place, words.to_owned());
    }
}
