use crate::model::UnixMillis;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// Tells the time and waits, so that tests can turn it.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time.
    fn now(&self) -> UnixMillis;

    /// Ends after so long. A moment to wait for would be far off where the clock is set back between the reckoning and the
    /// wait.
    fn sleep(&self, how_long: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the time comes from")]
    fn now(&self) -> UnixMillis {
        chrono::Utc::now().into()
    }

    fn sleep(&self, how_long: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(how_long))
    }
}
