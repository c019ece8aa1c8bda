//! The steps that a scenario of ece-tools changes.

use super::Unread;
use super::xml::{Element, elements};

/// A step that a scenario names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// The class that carries it out, where the scenario says so.
    pub class: Option<String>,
    /// Whether the scenario leaves it out.
    pub skip: bool,
    /// The line on which it stands.
    pub line: u32,
}

/// The steps of a scenario; none where the root is no `scenario`.
pub fn read_scenario(text: &str) -> Result<Option<Vec<Step>>, Unread> {
    let elements = elements(text)?;
    let is_scenario = elements.first().is_some_and(|root| root.name == "scenario");
    let is_step = |element: &&Element| element.depth == 1 && element.name == "step";
    Ok(is_scenario.then(|| elements.iter().filter(is_step).filter_map(step).collect()))
}

fn step(element: &Element) -> Option<Step> {
    let skip = element.value("skip").is_some_and(|value| matches!(value.trim(), "true" | "1"));
    let class = element.value("type").map(|class| class.trim().trim_start_matches('\\').to_owned());
    Some(Step { name: element.value("name")?.to_owned(), class, skip, line: element.line })
}
