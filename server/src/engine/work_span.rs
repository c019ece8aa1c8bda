//! What each line of the log says of the work that it comes from: the work item, and of what that is about the
//! repository by its name, the pull request by its number and the deliveries by their GUIDs. Work that takes none in
//! names the one that it goes back to as its origin.

use crate::model::PullNumber;
use crate::store::{DeliveryRow, WorkItem};
use tracing::Span;
use tracing::field::Empty;

/// So many deliveries are named.
const NAMED: usize = 5;

/// The span of the work on a work item. It is there at any level of the log, since errors need it most.
pub(super) fn of(item: &WorkItem) -> Span {
    let pull_request = item.pull_request().map(|number| number.0);
    tracing::error_span!("work", work_item = %item, repository = Empty, pull_request, delivery = Empty, origin = Empty)
}

/// Says of the present work which repository it is in, by its full name.
pub(super) fn note_repository(full_name: &str) {
    Span::current().record("repository", full_name);
}

/// Says of the present work which pull request it has turned out to be about.
pub(super) fn note_pull_request(number: PullNumber) {
    Span::current().record("pull_request", number.0);
}

/// Says of the present work which delivery it goes back to, by way of other work.
pub(super) fn note_origin(guid: &str) {
    Span::current().record("origin", guid);
}

/// Says of the present work which deliveries it takes in.
pub(super) fn note_deliveries(deliveries: &[DeliveryRow]) {
    if deliveries.is_empty() {
        return;
    }
    let guids: Vec<&str> = deliveries.iter().take(NAMED).map(|it| it.guid.as_str()).collect();
    let guids = guids.join(", ");
    match deliveries.len().saturating_sub(NAMED) {
        0 => Span::current().record("delivery", guids),
        more => Span::current().record("delivery", format!("{guids} and {more} more")),
    };
}
