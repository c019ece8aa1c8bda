//! Where a topic was when a comment was written, by what was told of its pushes.

use crate::model::{CommitId, Move, Placed, PushedAt, TipSource, UnixSeconds, in_order};
use std::time::Duration;

/// A push so close to a comment may have been before or after it: both are told in whole seconds.
pub(super) const UNSURE: Duration = Duration::from_secs(2);

/// Where a branch was when the comment was written, by our own record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// At this commit, and it has not been moved since.
    At(CommitId),
    /// It was moved from the one to the other since, or at that very time.
    Moved(Option<CommitId>),
    /// The record does not tell.
    Unknown,
}

/// What is known besides of a topic: where it is now, and where its verdict saw it, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) now: CommitId,
    pub(super) judged: Option<(CommitId, UnixSeconds)>,
}

/// Where a topic was at a comment's second, as far as its pushes tell. `moves` are not empty.
pub(super) fn topic_then(moves: &[Move], known: Known, seen_at: UnixSeconds) -> Then {
    let surely_before = minus_unsure(seen_at);
    let placed = in_order(moves).into_iter();
    let moves: Vec<Move> = placed.map(|Placed { index, at }| Move { at, ..moves[index] }).collect();
    let (before, since) = moves.split_at(moves.partition_point(|it| it.at < surely_before));
    let last = before.last();
    let told = last.and_then(|it| it.after);
    if let Some(first) = since.first() {
        return Then::Moved(first.before.or(told));
    }
    // Of a push that nobody told of, the verdict tells that came after it.
    let was_seen = known.judged.is_some_and(|(head, at)| {
        let is_later = last.is_none_or(|last| last.at < minus_unsure(at));
        head == known.now && at < surely_before && is_later
    });
    match told {
        _ if was_seen || may_end_at(before, known.now) => Then::At(known.now),
        Some(told) => Then::At(told),
        None => Then::Unknown,
    }
}

/// What an earlier version kept, and what pull requests tell: when a topic was first pushed at each commit.
pub(super) fn as_moves(pushes: &[PushedAt]) -> Vec<Move> {
    let source = TipSource::Push;
    pushes.iter().map(|it| Move { before: None, after: Some(it.commit), at: it.at, source }).collect()
}

/// Whether the moves may have ended at a commit: where they did not all hang together within the last second, nothing proves
/// which came last, and it may be each that was come to more often than it was left.
fn may_end_at(moves: &[Move], commit: CommitId) -> bool {
    let Some(last) = moves.last() else { return false };
    let within = || moves.iter().filter(|it| it.at == last.at);
    let come = within().filter(|it| it.after == Some(commit)).count();
    let left = within().filter(|it| it.before == Some(commit)).count();
    last.after == Some(commit) || come > left
}

fn minus_unsure(at: UnixSeconds) -> UnixSeconds {
    UnixSeconds(at.0 - UNSURE.as_secs().cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(seed: u8) -> CommitId {
        CommitId::from_bytes([seed; 20])
    }

    fn push(before: u8, after: u8, at: i64) -> Move {
        let vertex = |seed: u8| (seed > 0).then(|| commit(seed));
        Move { before: vertex(before), after: vertex(after), at: UnixSeconds(at), source: TipSource::Push }
    }

    fn then(moves: &[Move], now: u8, seen_at: i64) -> Then {
        topic_then(moves, Known { now: commit(now), judged: None }, UnixSeconds(seen_at))
    }

    fn at(seed: u8) -> Then {
        Then::At(commit(seed))
    }

    fn moved_from(seed: u8) -> Then {
        Then::Moved(Some(commit(seed)))
    }

    #[test]
    fn each_push_of_a_commit_counts_and_not_its_first_alone() {
        let moves = [push(0, 1, 10), push(1, 2, 20), push(2, 1, 30)];
        assert_eq!(then(&moves, 1, 40), at(1));
        assert_eq!(then(&moves, 2, 40), at(1), "of the push back to 2 nobody has told");
        let again = [&moves[..], &[push(1, 2, 39)]].concat();
        assert_eq!(then(&again, 2, 40), moved_from(1));
        assert_eq!(then(&again, 2, 41), moved_from(1), "two seconds are not sure");
        assert_eq!(then(&again, 2, 42), at(2));
        assert_eq!(then(&again, 2, 25), moved_from(2), "in order of time from where it was");
    }

    #[test]
    fn within_a_second_pushes_go_by_where_they_begin() {
        let chain = [push(3, 4, 10), push(0, 2, 10), push(2, 3, 10)];
        assert_eq!(then(&chain, 4, 20), at(4));
        assert_eq!(then(&chain, 2, 20), at(4), "it was left within the second");
        let there_and_back = [push(0, 1, 5), push(2, 1, 10), push(1, 2, 10)];
        assert_eq!(then(&there_and_back, 1, 20), at(1));
        assert_eq!(then(&there_and_back, 2, 20), at(1));
        assert_eq!(then(&chain, 4, 11), Then::Moved(None), "it was made just before");
    }

    #[test]
    fn where_they_do_not_hang_together_what_is_there_now_tells() {
        let torn = [push(8, 2, 10), push(0, 3, 10), push(9, 4, 10)];
        for now in [2, 3, 4] {
            assert_eq!(then(&torn, now, 20), at(now));
        }
        assert_ne!(then(&torn, 8, 20), at(8));
        let first = |seed, at| PushedAt { commit: commit(seed), at: UnixSeconds(at), is_new: true };
        let of_old = as_moves(&[first(1, 5), first(2, 10), first(3, 10)]);
        for now in [2, 3] {
            assert_eq!(then(&of_old, now, 20), at(now));
        }
        assert_ne!(then(&of_old, 1, 20), at(1));
    }

    #[test]
    fn a_verdict_tells_of_a_push_that_nobody_told_of() {
        let moves = [push(0, 1, 10), push(1, 2, 20)];
        let judged_at = |second, seen_at| {
            let judged = Some((commit(1), UnixSeconds(second)));
            topic_then(&moves, Known { now: commit(1), judged }, UnixSeconds(seen_at))
        };
        assert_eq!(judged_at(30, 40), at(1));
        assert_eq!(judged_at(39, 40), at(2), "the verdict came after the comment, as far as anybody knows");
        assert_eq!(judged_at(15, 40), at(2), "it has been elsewhere since");
        assert_eq!(judged_at(22, 40), at(2), "too close to the push");
    }

    #[test]
    fn of_a_branch_that_was_deleted_nothing_is_said() {
        let moves = [push(0, 1, 10), push(1, 0, 20)];
        assert_eq!(then(&moves, 1, 40), Then::Unknown);
        assert_eq!(then(&moves, 1, 21), moved_from(1));
    }
}
