//! What a good configuration asks for and does not get, and what it may have meant otherwise.

use super::commerce;
use super::tree::{Content, Node};
use super::{Notice, Place};
use crate::model::calendar::Week;
use crate::model::{DriverSettings, Environment, PromotionPath, Source, Tested};

/// What there is to say about a valid file, in the order of the text.
pub(super) fn of(root: &Node, path: &PromotionPath) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut say = |place: Place, message: String| notices.push(Notice { place, message });
    for item in root.key("environments").into_iter().flat_map(|key| key.value.items()) {
        places(item, path, &mut say);
        aftercare(item, path, &mut say);
        let Some(requires) = item.key("requires") else { continue };
        if let (Some(tested), Some(environment)) = (requires.value.key("tested"), named_by(item, path))
            && environment.requires.tested != Tested::NotAsked
            && !environment.accepts.iter().any(|source| matches!(source, Source::Environment(_)))
        {
            let name = &environment.name;
            say(tested.place, format!("{name} accepts no environment, so tested asks for nothing there"));
        }
    }
    copy(root, &mut say);
    commerce::notices(root, path, &mut say);
    windows(root, path, &mut say);
    notices.sort();
    notices
}

/// Says where nobody can run the verify step again.
fn aftercare(item: &Node, path: &PromotionPath, say: &mut impl FnMut(Place, String)) {
    let (Some(key), Some(environment)) = (item.key("aftercare"), named_by(item, path)) else { return };
    if key.value.items().is_empty() {
        let name = &environment.name;
        say(
            key.place,
            format!("aftercare of {name} is an empty list, so the verify step is run once, in the deploy"),
        );
    } else if environment.deploy.driver_is_written {
        let (name, driver) = (&environment.name, environment.deploy.driver.as_str());
        let message = format!(
            "aftercare runs the verify step of the operator's programs again; where driver: {driver} deploys {name}, it does nothing"
        );
        say(key.place, message);
    }
}

/// Says of which environments the windows close nothing.
fn windows(root: &Node, path: &PromotionPath, say: &mut impl FnMut(Place, String)) {
    let Some(windows) = root.key("windows") else { return };
    let always = |it: &&Environment| path.calendar.week(&it.name) == Week::WindowsAlwaysOpen;
    for environment in path.environments.iter().filter(always) {
        let name = &environment.name;
        say(windows.place, format!("the windows of {name} cover all of the week, so they close nothing"));
    }
}

/// Says what is asked of places that there are none of.
fn places(item: &Node, path: &PromotionPath, say: &mut impl FnMut(Place, String)) {
    let has_places =
        item.key("active").is_some_and(|key| key.value.content != Content::Number("1".to_owned()));
    if let (true, Some(key), Some(environment)) = (has_places, item.key("active"), named_by(item, path))
        && let Some(why) = no_branches(&environment.deploy.driver)
    {
        let name = &environment.name;
        say(key.place, format!("active gives branches places beside {name}, and {why}"));
    }
    for name in ["active_idle", "active_keeps_data"] {
        if let Some(key) = item.key(name).filter(|_| !has_places) {
            say(key.place, format!("{name} asks for nothing without active: 2 or more"));
        }
    }
}

/// Why nobody deploys a branch beside an environment that is deployed so, as far as the file tells; programs of the operator's
/// may all the same.
fn no_branches(driver: &DriverSettings) -> Option<&'static str> {
    match driver {
        DriverSettings::None => Some("driver: none deploys none of them"),
        DriverSettings::CommerceCloud { environment: Some(_), .. } => {
            Some("environment: below deploy says where all of them would go: take it out")
        }
        _ => None,
    }
}

fn named_by<'a>(item: &Node, path: &'a PromotionPath) -> Option<&'a Environment> {
    match &item.key("name")?.value.content {
        Content::Text(name) => path.environment(name),
        _ => None,
    }
}

fn copy(root: &Node, say: &mut impl FnMut(Place, String)) {
    if let (None, Some(environments)) = (root.key("copy"), root.key("environments")) {
        say(
            environments.place,
            "no copy branch is named beside these environments, so none is kept; copy: none says that this is meant"
                .to_owned(),
        );
    }
}
