//! What GitHub has made shows in its lists a moment later. So "not found" is believed only after it was looked for
//! again: where the answer to its making was lost, making it once more at once would make it twice.

use crate::model::Millis;

/// When to look again for something that is not found, whose making was begun at `begun`, with lists that are late by
/// `lag` at most; `None` where by now it would be found. It is looked for twice: most lists are hardly late at all.
pub(super) fn look_again(begun: Millis, now: Millis, lag: Millis) -> Option<Millis> {
    [lag / 6, lag].into_iter().map(|after| begun.saturating_add(after)).find(|at| *at > now)
}

/// Whether something was begun at a moment that is still to come: by a clock that has been set back since, so that
/// nothing can be counted from there.
pub(super) fn is_to_come(begun: Millis, now: Millis) -> bool {
    begun > now
}

#[cfg(test)]
mod tests {
    use super::look_again;

    #[test]
    fn it_is_looked_for_after_five_seconds_and_after_thirty() {
        let look = |now| look_again(1_000, now, 30_000);
        assert_eq!(look(1_000), Some(6_000));
        assert_eq!(look(5_999), Some(6_000));
        assert_eq!(look(6_000), Some(31_000));
        assert_eq!(look(30_999), Some(31_000));
        assert_eq!(look(31_000), None);
        assert_eq!(look_again(1, i64::MAX, 30_000), None, "of an earlier version, that is long ago");
        assert_eq!(look_again(1_000, 1_000, 0), None);
    }
}
