//! The server's clock: the machine's, turned forward and back, and one that has a bug now and then.

use chrono::TimeDelta;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use towpath::engine::{Clock, SystemClock};
use towpath::model::UnixMillis;

/// The machine's clock, turned.
#[derive(Debug, Default)]
pub struct TurnedClock {
    ahead: Mutex<TimeDelta>,
    bugs: AtomicUsize,
}

impl TurnedClock {
    pub fn turn(&self, by: TimeDelta) {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }

    fn ahead(&self) -> TimeDelta {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next who ask the server's clock meet a bug in it.
    pub fn has_bugs(&self, so_many: usize) {
        self.bugs.store(so_many, Ordering::SeqCst);
    }

    /// How many of them have not been met.
    pub fn bugs(&self) -> usize {
        self.bugs.load(Ordering::SeqCst)
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> UnixMillis {
        turned(SystemClock.now(), self.ahead())
    }

    fn sleep(&self, how_long: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        SystemClock.sleep(how_long)
    }
}

fn turned(at: UnixMillis, by: TimeDelta) -> UnixMillis {
    by.to_std().map_or_else(|_| at - (-by).to_std().unwrap_or_default(), |ahead| at + ahead)
}

/// The same as the server has it.
#[derive(Debug)]
pub struct ServersClock(pub Arc<TurnedClock>);

impl Clock for ServersClock {
    fn now(&self) -> UnixMillis {
        let met = self.0.bugs.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        assert!(met.is_err(), "a bug of the clock");
        self.0.now()
    }

    fn sleep(&self, how_long: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.sleep(how_long)
    }
}
