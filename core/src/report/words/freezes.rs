//! TP401: what the calendar keeps as it is.

use super::super::limits::shorten_end;
use super::super::prose::Prose;
use super::super::stamp;
use super::rights::REASON;
use super::{Explanation, Scene, Step};
use crate::model::UnixSeconds;
use crate::model::config::CONFIGURATION_PATH;

/// The most reasons that are named: what goes over into each other can have many.
const REASONS: usize = 5;

pub(super) fn frozen(
    scene: &Scene<'_>,
    environment: &str,
    until: Option<UnixSeconds>,
    reasons: &[String],
) -> Explanation {
    let zone = &scene.path.calendar.zone;
    let title = match until {
        Some(until) => Prose::new(&format!("Frozen until {}", stamp::short_in(zone, until)), &[]),
        None => Prose::new("% is frozen", &[environment]),
    };
    let (end, meanwhile) = match until {
        Some(until) => (format!(" until {}", stamp::utc_in(zone, until)), "Until then"),
        None => (", with no end in sight".to_owned(), "Meanwhile"),
    };
    let frozen = Prose::new(&format!("% is frozen{end}: "), &[environment]).then(named(reasons));
    let meaning = format!(". {meanwhile} nothing is merged into %. Rollbacks still go.");
    let detail = frozen.then(Prose::new(&meaning, &[scene.base()]));
    let mut explanation = Explanation::new(title, vec![detail]);
    let wait = "Wait until the freeze ends: Towpath then checks this again by itself.";
    explanation.repair = Some(Step::words(Prose::new(wait, &[])));
    let number = scene.subject.filter(|subject| subject.number != 0).map(|subject| subject.number);
    let listed = number.map_or_else(|| "its number".to_owned(), |number| number.to_string());
    let allow = "To let this pull request in all the same, add % to % of what keeps it back, in % on the default branch.";
    let allow = Prose::new(allow, &[&listed, "allow", CONFIGURATION_PATH]);
    explanation.alternatives.push(Step::words(allow));
    let who = "Whoever may change % on the default branch.";
    explanation.who = Some(Prose::new(who, &[CONFIGURATION_PATH]));
    explanation
}

/// The reasons, as many as are read.
fn named(reasons: &[String]) -> Prose {
    let shown: Vec<_> = reasons.iter().take(REASONS).map(|reason| shorten_end(reason, REASON)).collect();
    let shown: Vec<&str> = shown.iter().map(AsRef::as_ref).collect();
    let more = match reasons.len().saturating_sub(REASONS) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let list = vec!["%"; shown.len()].join(", ");
    Prose::new(&format!("{list}{more}"), &shown)
}
