//! What the App is registered with is what it needs.

use crate::shop::app_config;
use std::collections::{BTreeMap, BTreeSet};

const MANIFEST: &str = include_str!("../../app-manifest.yml");

/// The lines of one list or map of the manifest, without comments.
fn section(name: &str) -> impl Iterator<Item = &'static str> {
    let lines = MANIFEST.lines().skip_while(move |line| *line != format!("{name}:")).skip(1);
    lines.take_while(|line| line.starts_with(' ')).map(str::trim).filter(|line| !line.starts_with('#'))
}

#[test]
fn the_manifest_asks_for_what_every_story_is_told_with() {
    let app = app_config();
    let permissions: BTreeMap<_, _> =
        section("default_permissions").filter_map(|line| line.split_once(": ")).collect();
    let asked: BTreeMap<_, _> =
        app.permissions.iter().map(|(name, level)| (name.as_str(), level.as_str())).collect();
    assert_eq!(permissions, asked);
    let events: BTreeSet<_> = section("default_events").filter_map(|line| line.strip_prefix("- ")).collect();
    assert_eq!(events, app.events.iter().map(String::as_str).collect());
}
