//! What all families of the doctor share.

use crate::github::ApiError;
use crate::model::ForPeople;

/// What was asked for, or in words why it could not be known.
pub(super) type Asked<T> = Result<T, String>;

/// The answer, or why there is none.
pub(super) fn asked<T>(answer: Result<T, ApiError>) -> Asked<T> {
    answer.map_err(|error| error.for_people().into())
}

/// Several things in one sentence: `a, b and c`.
pub(super) fn listed(all: &[String]) -> String {
    match all.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => all.concat(),
    }
}
