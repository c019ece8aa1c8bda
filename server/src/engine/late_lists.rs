//! What GitHub has made shows in its lists a moment later. So "not found" is believed only after it was looked for
//! again: where the answer to its making was lost, making it once more at once would make it twice.

use crate::model::UnixMillis;
use std::time::Duration;

/// When to look again for something that is not found, whose making was begun at `begun`, with lists that are late by
/// `lag` at most; `None` where by now it would be found. It is looked for twice: most lists are hardly late at all.
pub(super) fn look_again(begun: UnixMillis, now: UnixMillis, lag: Duration) -> Option<UnixMillis> {
    [lag / 6, lag].into_iter().map(|after| begun + after).find(|at| *at > now)
}

/// Whether something was begun at a moment that is still to come: by a clock that has been set back since, so that
/// nothing can be counted from there.
pub(super) fn is_to_come(begun: UnixMillis, now: UnixMillis) -> bool {
    begun > now
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAG: Duration = Duration::from_secs(30);

    #[test]
    fn it_is_looked_for_after_five_seconds_and_after_thirty() {
        let look = |now| look_again(UnixMillis(1_000), UnixMillis(now), LAG).map(|at| at.0);
        assert_eq!(look(1_000), Some(6_000));
        assert_eq!(look(5_999), Some(6_000));
        assert_eq!(look(6_000), Some(31_000));
        assert_eq!(look(30_999), Some(31_000));
        assert_eq!(look(31_000), None);
        assert_eq!(
            look_again(UnixMillis(1), UnixMillis::MAX, LAG),
            None,
            "of an earlier version, that is long ago"
        );
        assert_eq!(look_again(UnixMillis(1_000), UnixMillis(1_000), Duration::ZERO), None);
    }
}
