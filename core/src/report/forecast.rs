//! What a release will do to a shop of Adobe Commerce, in words: in the check of a promotion and in its manifest.

use super::markdown::code;
use super::prose::{Prose, count};
use crate::model::{Expected, FilePlace, Forecast, ForecastFact, ForecastTopic};

/// What is folded or stands as a part of its own under these words.
pub(super) const FORECAST: &str = "What this release does to the shop";

/// More facts than this on one topic are counted.
const FACTS_OF_TOPIC: usize = 20;

/// What nobody may miss, in one line: what takes the shop down beyond an ordinary deploy, and what cannot be undone. `None`
/// where the files tell neither.
pub(super) fn forecast_line(forecast: &Forecast, environment: &str) -> Option<String> {
    let upgrades = forecast.database_upgrade == Expected::Yes;
    let down = match (upgrades, forecast.static_content_in_maintenance == Expected::Yes) {
        (true, true) => {
            Some("the deploy upgrades the database and makes static content while the shop is in maintenance")
        }
        (true, false) => Some("the deploy upgrades the database while the shop is in maintenance"),
        (false, true) => Some("static content is made while the shop is in maintenance"),
        (false, false) => None,
    };
    let lost = match forecast.not_undone {
        0 => None,
        1 => Some("one thing cannot be undone".to_owned()),
        more => Some(format!("{} cannot be undone", count(more, "thing"))),
    };
    let told: Vec<String> = down.map(str::to_owned).into_iter().chain(lost).collect();
    let told = (!told.is_empty()).then(|| told.join("; "))?;
    let lead = Prose::new("**Forecast for %:** ", &[environment]).markdown();
    Some(format!("{lead}{told}."))
}

/// All facts as a list, each with its file.
pub(super) fn forecast_facts(forecast: &Forecast) -> String {
    let mut lines = Vec::new();
    let mut unchanged = Vec::new();
    for topic in ForecastTopic::ALL {
        let facts: Vec<&ForecastFact> = forecast.facts.iter().filter(|it| it.topic == topic).collect();
        if is_of_infrastructure(topic) && facts.iter().all(|it| it.place.is_none()) {
            unchanged.push(topic);
            continue;
        }
        if topic == ForecastTopic::NotUndone {
            lines.extend(nothing_changes(&unchanged));
        }
        lines.extend(on_topic(topic, &facts));
    }
    lines.join("\n")
}

fn is_of_infrastructure(topic: ForecastTopic) -> bool {
    use ForecastTopic::{Crons, Disks, Routes, Services};
    matches!(topic, Services | Routes | Crons | Disks)
}

fn nothing_changes(topics: &[ForecastTopic]) -> Option<String> {
    let names: Vec<&str> = topics.iter().map(|it| it.heading()).collect();
    let (first, others) = names.split_first()?;
    let others = others.iter().map(|name| format!(", {}", name.to_lowercase()));
    Some(format!("- **{first}{}**: Nothing changes.", others.collect::<String>()))
}

fn on_topic(topic: ForecastTopic, facts: &[&ForecastFact]) -> Vec<String> {
    let heading = topic.heading();
    if let [one] = facts {
        return vec![format!("- **{heading}**: {}", in_markdown(one))];
    }
    let mut lines = vec![format!("- **{heading}**:")];
    lines.extend(facts.iter().take(FACTS_OF_TOPIC).map(|it| format!("  - {}", in_markdown(it))));
    let more = facts.len().saturating_sub(FACTS_OF_TOPIC);
    lines.extend((more > 0).then(|| format!("  - … and {more} more")));
    lines
}

fn in_markdown(fact: &ForecastFact) -> String {
    let said = Prose::of(&fact.says).markdown();
    let place =
        fact.place.as_ref().map(|FilePlace { path, line }| format!(" ({} on line {line})", code(path)));
    format!("{said}{}", place.unwrap_or_default())
}
