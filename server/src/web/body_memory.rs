//! The memory for all bodies of a kind together: the large ones, and the small ones.
//!
//! What counts is what has arrived, not what was announced. Where there is no room left, a body that has stood still for
//! a while gives its own to one that comes along.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// All bodies of a kind that are being read or worked on.
pub(super) struct BodyMemory {
    /// How much all of them may hold, in bytes.
    room: usize,
    /// How long a body may bring less than a step before others may have its room.
    standing: Duration,
    /// How much has to come for a body to count as going on, in bytes.
    step: usize,
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    held: usize,
    next: u64,
    bodies: HashMap<u64, Body>,
}

struct Body {
    held: usize,
    /// When it last had come on by a step, and how much there was of it then.
    moved: (Instant, usize),
    /// Whether all of it is there: then nobody waits for it any more.
    whole: bool,
    sent_away: Arc<Notify>,
}

impl BodyMemory {
    pub(super) fn new(room: usize, standing: Duration, step: usize) -> Self {
        Self { room, standing, step, inside: Mutex::default() }
    }

    /// A reservation for a body of which nothing has come yet.
    pub(super) fn reserve(self: &Arc<Self>, now: Instant) -> Reservation {
        let mut inside = self.inside();
        let number = inside.next;
        inside.next += 1;
        let sent_away = Arc::new(Notify::new());
        let moved = (now, 0);
        let body = Body { held: 0, moved, whole: false, sent_away: Arc::clone(&sent_away) };
        inside.bodies.insert(number, body);
        drop(inside);
        Reservation { memory: Arc::clone(self), number, sent_away }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// Sends the one away that has stood still for the longest; answers whether there was one.
    fn send_one_away(&mut self, but: u64, stood_since: Instant) -> bool {
        let standing = self.bodies.iter().filter(|(number, body)| {
            **number != but && !body.whole && body.held > 0 && body.moved.0 <= stood_since
        });
        let Some(number) = standing.min_by_key(|(_, body)| body.moved.0).map(|(number, _)| *number) else {
            return false;
        };
        if let Some(body) = self.bodies.remove(&number) {
            self.held -= body.held;
            body.sent_away.notify_one();
        }
        true
    }
}

/// The memory of one body. It is free again when this goes.
pub(super) struct Reservation {
    memory: Arc<BodyMemory>,
    number: u64,
    sent_away: Arc<Notify>,
}

impl Reservation {
    /// Takes note that the body is so large by now; answers whether there is room for it.
    pub(super) fn holds(&self, size: usize, now: Instant) -> bool {
        let mut inside = self.memory.inside();
        // It may have been sent away.
        let Some(body) = inside.bodies.get_mut(&self.number) else { return false };
        let more = size.saturating_sub(body.held);
        body.held += more;
        if body.held - body.moved.1 >= self.memory.step {
            body.moved = (now, body.held);
        }
        inside.held += more;
        let stood_since = now.checked_sub(self.memory.standing);
        while inside.held > self.memory.room {
            if !stood_since.is_some_and(|since| inside.send_one_away(self.number, since)) {
                return false;
            }
        }
        true
    }

    /// All of it is there: what is being worked on is not sent away.
    pub(super) fn complete(&self) {
        if let Some(body) = self.memory.inside().bodies.get_mut(&self.number) {
            body.whole = true;
        }
    }

    /// Waits until somebody else needs the room more.
    pub(super) async fn sent_away(&self) {
        self.sent_away.notified().await;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut inside = self.memory.inside();
        if let Some(body) = inside.bodies.remove(&self.number) {
            inside.held -= body.held;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_goes_on_gets_the_room_of_what_stands_still() {
        const STEP: usize = 64 * 1024;
        let memory = Arc::new(BodyMemory::new(10 * STEP, Duration::from_secs(2), STEP));
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let [still, slow, going] = [(); 3].map(|()| memory.reserve(at(0)));
        assert!(still.holds(6 * STEP, at(0)) && slow.holds(3 * STEP, at(0)));
        assert!(!going.holds(2 * STEP, at(0)), "nobody has stood still for long");
        drop(going);
        assert!(slow.holds(4 * STEP, at(1)));
        let going = memory.reserve(at(2));
        assert!(going.holds(6 * STEP, at(2)));
        assert!(!still.holds(7 * STEP, at(2)), "it has lost its place");
        tokio::time::timeout(Duration::from_secs(9), still.sent_away()).await.unwrap();
        assert!(slow.holds(4 * STEP, at(2)) && !slow.holds(5 * STEP, at(2)));
        drop((still, slow, going));
        let (whole, next) = (memory.reserve(at(3)), memory.reserve(at(3)));
        assert!(whole.holds(10 * STEP, at(3)));
        whole.complete();
        assert!(!next.holds(1, at(60)), "what is being stored keeps its place");
        drop((whole, next));
        assert!(memory.reserve(at(61)).holds(10 * STEP, at(61)));
    }
}
