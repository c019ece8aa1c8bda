//! TP409: what a pull request waits for that wants a place.

use super::super::active_places::taken_line;
use super::super::prose::Prose;
use super::{Explanation, Scene, Step};
use crate::model::PlaceTaken;

pub(super) fn awaited(
    scene: &Scene<'_>,
    environment: &str,
    (turn, taken): (usize, &[PlaceTaken]),
) -> Explanation {
    let title = Prose::new(&format!("Number {turn} of the queue for a place beside %"), &[environment]);
    let waits = format!(
        "This pull request wants a place beside %, and is number {turn} of the queue. It may be merged all the same."
    );
    let zone = &scene.path.calendar.zone;
    let mut detail = vec![Prose::new(&waits, &[environment])];
    detail.extend(taken.iter().map(|place| taken_line(zone, place)));
    let mut explanation = Explanation::new(title, detail);
    let commands = scene.comment_commands();
    let lead = Prose::new(
        "Wait: once its turn has come, Towpath deploys it and says so here. To wait no more, comment ",
        &[],
    );
    let lead = lead.command(&commands.deactivate()).then(Prose::new(".", &[]));
    explanation.repair = Some(Step::words(lead));
    explanation
}
