//! What the keys of Adobe Commerce on cloud infrastructure mean.

use super::Place;
use super::commerce_keys::PresetEntry;
use super::file::File;
use super::tree::Node;
use crate::model::{CommerceSettings, Environment, PromotionPath};

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

/// Says what counts for nothing because the preset is off.
pub(super) fn notices(root: &Node, path: &PromotionPath, say: &mut impl FnMut(Place, String)) {
    if path.commerce.is_some() {
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
