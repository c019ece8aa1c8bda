//! The moves of a branch, put into the order in which they happened.
//!
//! GitHub tells of moves in any order, and dates them by whole seconds. What a branch was moved from and to says
//! more: the one that begins where another ended comes later. So moves that are close to each other in time are
//! walked like a trail, from where the branch was known to be; only what hangs together with nothing goes by time.
//!
//! Where a branch was only *seen*, the time is by another clock than GitHub's. So what was known of it by then says
//! more here, too: it had been where it was believed to be, and had not left yet from where it was seen.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::{CommitId, TipSource, UnixSeconds};

/// Moves are close if no more time than this lies between one and the next.
const CLOSE: Duration = Duration::from_secs(5);

/// A move of a branch, as somebody told of it or found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// What the branch pointed at before; `None` if there was no branch, or nobody knows.
    pub before: Option<CommitId>,
    /// What it pointed at from then on; `None` if it was deleted.
    pub after: Option<CommitId>,
    /// When.
    pub at: UnixSeconds,
    /// How it is known.
    pub source: TipSource,
}

/// A move and when it happened at the earliest, seeing what came before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its place among the moves that were given.
    pub index: usize,
    /// When: never before the one that precedes it.
    pub at: UnixSeconds,
}

impl Move {
    /// The weaker key: time, then whatever tells moves apart without regard to how they were heard of.
    fn key(&self) -> (UnixSeconds, Vertex, Vertex) {
        (self.at, self.before, self.after)
    }
}

/// What a branch can point at; `None` is no branch.
type Vertex = Option<CommitId>;

/// Puts the moves of one branch into order. Where it was seen although that was known by then is left out. What was
/// read off the history goes by its dates, and has to be given in order.
pub fn in_order(moves: &[Move]) -> Vec<Placed> {
    let of = |source| {
        let all = 0..moves.len();
        all.filter(|index| moves[*index].source == source).collect::<Vec<usize>>()
    };
    let dated = of(TipSource::Backfill).into_iter().map(|index| Placed { index, at: moves[index].at });
    let (mut told, mut seen) = (of(TipSource::Push), of(TipSource::Reconciled));
    told.sort_by_key(|index| moves[*index].key());
    seen.sort_by_key(|index| moves[*index].key());
    let told = in_order_of_trails(moves, &told, &seen);
    merged(dated, with_seen(moves, &told, &seen))
}

/// The moves that were told of, in order.
fn in_order_of_trails(moves: &[Move], told: &[usize], seen: &[usize]) -> Vec<Placed> {
    let mut ordered: Vec<Placed> = Vec::new();
    for group in told.chunk_by(|one, next| moves[*next].at.since(moves[*one].at) <= CLOSE) {
        let first = moves[group[0]].at;
        let last = ordered.last().map(|last| (last.at, moves[last.index].after));
        // It may have been seen elsewhere since.
        let since = seen.iter().map(|index| &moves[*index]).rfind(|it| it.at < first);
        let since = since.filter(|it| last.is_none_or(|(at, _)| it.at > at));
        let state = since.map(|it| it.after).or(last.map(|(_, state)| state));
        let mut at = UnixSeconds::MIN;
        for index in Trails::of(moves, group).walk_all(state) {
            at = at.max(moves[index].at);
            ordered.push(Placed { index, at });
        }
    }
    ordered
}

/// The same with where the branch was seen besides.
fn with_seen(moves: &[Move], told: &[Placed], seen: &[usize]) -> Vec<Placed> {
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); told.len() + 1];
    for &index in seen {
        before[seen_before(moves, told, &moves[index])].push(index);
    }
    let mut state: Option<Vertex> = None;
    let mut ordered: Vec<Placed> = Vec::new();
    for (place, seen) in before.into_iter().enumerate() {
        for index in seen {
            if state != Some(moves[index].after) {
                state = Some(moves[index].after);
                let earliest = ordered.last().map_or(UnixSeconds::MIN, |last| last.at);
                let latest = told.get(place).map_or(UnixSeconds::MAX, |next| next.at);
                ordered.push(Placed { index, at: moves[index].at.max(earliest).min(latest) });
            }
        }
        if let Some(next) = told.get(place) {
            state = Some(moves[next.index].after);
            let earliest = ordered.last().map_or(UnixSeconds::MIN, |last| last.at);
            ordered.push(Placed { at: next.at.max(earliest), ..*next });
        }
    }
    ordered
}

/// The place of the move that was told of and came next after the branch was seen somewhere.
fn seen_before(moves: &[Move], told: &[Placed], seen: &Move) -> usize {
    let is_earlier = |it: &Placed| it.at <= seen.at;
    let leaves = |it: &Placed| moves[it.index].before == seen.after && is_earlier(it);
    // What nobody had told of before a move is dated like that move.
    let unheard = |it: &Placed| moves[it.index].before == seen.after && moves[it.index].at == seen.at;
    let next = told.iter().position(unheard).filter(|_| seen.before.is_none());
    let next = next.or_else(|| {
        let is_believed = |it: &Placed| is_earlier(it) && moves[it.index].after == seen.before;
        let after = told.iter().rposition(is_believed)? + 1;
        Some(after + told[after..].iter().position(leaves)?)
    });
    next.unwrap_or_else(|| told.partition_point(is_earlier))
}

/// Two lists in order of time as one; at the same time what is of the first goes first.
fn merged(first: impl IntoIterator<Item = Placed>, second: Vec<Placed>) -> Vec<Placed> {
    let mut second = VecDeque::from(second);
    let mut merged = Vec::new();
    for one in first {
        let earlier = second.iter().take_while(|other| other.at < one.at).count();
        merged.extend(second.drain(..earlier));
        merged.push(one);
    }
    merged.extend(second);
    merged
}

/// Moves not yet walked, by where they begin.
struct Trails<'a> {
    moves: &'a [Move],
    leaving: HashMap<Vertex, VecDeque<usize>>,
    /// How many moves not yet walked lead to each place.
    arriving: HashMap<Vertex, usize>,
}

impl<'a> Trails<'a> {
    fn of(moves: &'a [Move], group: &[usize]) -> Self {
        let mut trails = Self { moves, leaving: HashMap::new(), arriving: HashMap::new() };
        for index in group {
            trails.leaving.entry(moves[*index].before).or_default().push_back(*index);
            *trails.arriving.entry(moves[*index].after).or_default() += 1;
        }
        trails
    }

    /// Every move, in order, for a branch that was at `state` before if that is known.
    fn walk_all(mut self, state: Option<Vertex>) -> Vec<usize> {
        let mut walked = Vec::new();
        if let Some(start) = state {
            walked = self.walk(start);
        }
        while let Some(start) = self.next_start() {
            walked.extend(self.walk(start));
        }
        walked
    }

    /// Where the rest begins: where more leaves than arrives, and there where the earliest does.
    fn next_start(&self) -> Option<Vertex> {
        let open = self.leaving.iter().filter(|(_, leaving)| !leaving.is_empty());
        let first = |(vertex, leaving): (&Vertex, &VecDeque<usize>)| {
            let arriving = self.arriving.get(vertex).copied().unwrap_or_default();
            let earliest = leaving.iter().map(|index| self.moves[*index].key()).min();
            (leaving.len() <= arriving, earliest, *vertex)
        };
        open.map(first).min().map(|(_, _, vertex)| vertex)
    }

    /// One trail as far as it goes, with the ways round that lead back to where they leave it.
    fn walk(&mut self, start: Vertex) -> Vec<usize> {
        let mut trail = self.straight_on(start);
        let (mut place, mut vertex) = (0, start);
        loop {
            while self.may_lead_back(vertex) {
                let detour = self.straight_on(vertex);
                if detour.last().is_some_and(|last| self.moves[*last].after == vertex) {
                    trail.splice(place..place, detour);
                } else {
                    self.give_back(detour);
                    break;
                }
            }
            let Some(next) = trail.get(place) else { return trail };
            vertex = self.moves[*next].after;
            place += 1;
        }
    }

    fn straight_on(&mut self, start: Vertex) -> Vec<usize> {
        let (mut trail, mut vertex) = (Vec::new(), start);
        while let Some(index) = self.leaving.get_mut(&vertex).and_then(VecDeque::pop_front) {
            vertex = self.moves[index].after;
            *self.arriving.entry(vertex).or_default() -= 1;
            trail.push(index);
        }
        trail
    }

    fn may_lead_back(&self, vertex: Vertex) -> bool {
        self.leaving.get(&vertex).is_some_and(|leaving| !leaving.is_empty())
            && self.arriving.get(&vertex).is_some_and(|arriving| *arriving > 0)
    }

    fn give_back(&mut self, trail: Vec<usize>) {
        for index in trail.into_iter().rev() {
            let Move { before, after, .. } = self.moves[index];
            self.leaving.entry(before).or_default().push_front(index);
            *self.arriving.entry(after).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    fn vertex(seed: u8) -> Vertex {
        (seed > 0).then(|| CommitId::from_bytes([seed; 20]))
    }

    fn push(before: u8, after: u8, at: i64) -> Move {
        Move { before: vertex(before), after: vertex(after), at: UnixSeconds(at), source: TipSource::Push }
    }

    /// Seen where it was not believed to be.
    fn seen(before: u8, after: u8, at: i64) -> Move {
        Move { source: TipSource::Reconciled, ..push(before, after, at) }
    }

    /// Where the branch was, one after the other.
    fn states(moves: &[Move]) -> Vec<u8> {
        let placed = in_order(moves);
        placed.iter().map(|it| moves[it.index].after.map_or(0, |commit| commit.as_bytes()[0])).collect()
    }

    #[test]
    fn what_begins_where_another_ends_comes_later() {
        assert_eq!(states(&[push(2, 3, 100), push(1, 2, 100)]), [2, 3]);
        assert_eq!(states(&[push(2, 3, 100), push(1, 2, 102)]), [2, 3], "whatever their seconds say");
        assert_eq!(states(&[push(1, 2, 100), push(2, 1, 200), push(1, 3, 300)]), [2, 1, 3]);
        let times: Vec<i64> =
            in_order(&[push(2, 3, 100), push(1, 2, 102)]).iter().map(|it| it.at.0).collect();
        assert_eq!(times, [102, 102], "and no time goes back");
    }

    #[test]
    fn a_way_round_within_a_second_is_walked_before_the_way_on() {
        let there_and_back = [push(9, 1, 10), push(1, 3, 100), push(2, 1, 100), push(1, 2, 100)];
        assert_eq!(states(&there_and_back), [1, 2, 1, 3]);
        let deleted = [push(9, 1, 10), push(0, 2, 100), push(1, 0, 100)];
        assert_eq!(states(&deleted), [1, 0, 2]);
    }

    #[test]
    fn what_is_lost_leaves_a_gap_and_time_tells() {
        assert_eq!(states(&[push(1, 2, 100), push(5, 6, 101), push(3, 4, 103)]), [2, 6, 4]);
        assert_eq!(states(&[push(1, 2, 100), push(1, 3, 103)]), [2, 3]);
    }

    #[test]
    fn what_was_seen_counts_where_nobody_told_of_it() {
        assert_eq!(states(&[push(1, 2, 100), seen(2, 2, 105), seen(2, 3, 200)]), [2, 3]);
        // Noticed before the push that left it was told of, and before the one that led there.
        assert_eq!(states(&[push(1, 2, 100), seen(2, 3, 104), push(3, 4, 103), push(2, 3, 103)]), [2, 3, 4]);
        // It went back there, which nobody told of.
        assert_eq!(states(&[push(1, 2, 100), push(2, 3, 110), seen(3, 2, 200)]), [2, 3, 2]);
    }

    #[test]
    fn a_clock_of_ones_own_that_is_fast_hides_no_later_move() {
        let moves = [push(1, 2, 100), seen(2, 3, 900), push(3, 4, 130), push(4, 5, 140)];
        assert_eq!(states(&moves), [2, 3, 4, 5]);
        let times: Vec<i64> = in_order(&moves).iter().map(|it| it.at.0).collect();
        assert_eq!(times, [100, 130, 130, 140]);
    }

    #[test]
    fn what_was_read_off_the_history_stays_as_it_is() {
        let dated = |after, at| Move { source: TipSource::Backfill, ..push(0, after, at) };
        assert_eq!(states(&[dated(7, 50), dated(8, 50), dated(9, 120), push(9, 1, 100)]), [7, 8, 1, 9]);
    }

    /// Hears of moves one after the other, as the ledger is written.
    fn heard(moves: &[Move]) -> Vec<u8> {
        let mut known: Vec<Move> = Vec::new();
        for told in moves {
            let newest = in_order(&known).last().and_then(|it| known[it.index].after);
            let before = told.before.filter(|before| newest != Some(*before));
            let unheard = before.map(|before| Move {
                before: None,
                after: Some(before),
                source: TipSource::Reconciled,
                ..*told
            });
            known.extend(unheard.into_iter().chain([*told]).collect::<Vec<_>>());
        }
        states(&known)
    }

    /// A branch's true way through a few commits, in seconds that are mostly the same, as it is told.
    fn history() -> impl Strategy<Value = Vec<Move>> {
        let step = (0_u8..5, prop_oneof![6 => 0_i64..2, 1 => 20_i64..90], 0_i64..2);
        vec(step, 1..9).prop_map(|steps| {
            let (mut state, mut now) = (9, 1_000);
            let mut moves: Vec<Move> = Vec::new();
            for (next, later, told_late) in steps {
                now += later;
                let told = push(state, next, now + told_late);
                // The same move twice within a second is told once.
                if next != state && !moves.contains(&told) {
                    moves.push(told);
                    state = next;
                }
            }
            moves
        })
    }

    fn shuffled(moves: &[Move], order: &[Index]) -> Vec<Move> {
        let mut rest = moves.to_vec();
        let mut shuffled = Vec::new();
        for index in order.iter().cycle().take(moves.len()) {
            shuffled.push(rest.remove(index.index(rest.len())));
        }
        shuffled
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn in_whatever_order_moves_are_told_the_branch_ends_where_it_is(
            moves in history(),
            order in vec(any::<Index>(), 9),
        ) {
            let truth = moves.last().map_or(Vec::new(), |last| vec![*last]);
            let ends = heard(&shuffled(&moves, &order)).last().copied();
            prop_assert_eq!(ends, states(&truth).last().copied());
        }

        #[test]
        fn what_is_lost_is_lost_in_whatever_order_the_rest_is_told(
            moves in history(),
            lost in any::<[Index; 2]>(),
            order in vec(any::<Index>(), 9),
        ) {
            let mut rest = moves;
            for index in lost {
                if rest.len() > 1 {
                    rest.remove(index.index(rest.len()));
                }
            }
            let one = heard(&rest);
            let other = heard(&shuffled(&rest, &order));
            prop_assert_eq!(one.last(), other.last());
        }
    }
}
