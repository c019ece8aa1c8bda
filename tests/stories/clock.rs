//! The server's clock: the machine's, turned forward and back, and one that has a bug now and then.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use towpath::engine::{Clock, SystemClock};

/// The machine's clock, turned.
#[derive(Debug, Default)]
pub struct TurnedClock {
    ahead: AtomicI64,
    bugs: AtomicUsize,
}

impl TurnedClock {
    pub fn turn(&self, millis: i64) {
        self.ahead.fetch_add(millis, Ordering::SeqCst);
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
    fn now(&self) -> i64 {
        SystemClock.now() + self.ahead.load(Ordering::SeqCst)
    }

    fn sleep_until(&self, at: i64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        SystemClock.sleep_until(at - self.ahead.load(Ordering::SeqCst))
    }
}

/// The same as the server has it.
#[derive(Debug)]
pub struct ServersClock(pub Arc<TurnedClock>);

impl Clock for ServersClock {
    fn now(&self) -> i64 {
        let met = self.0.bugs.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        assert!(met.is_err(), "a bug of the clock");
        self.0.now()
    }

    fn sleep_until(&self, at: i64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.sleep_until(at)
    }
}
