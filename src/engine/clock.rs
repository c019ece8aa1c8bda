use crate::model::Millis;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// Tells the time and waits, so that tests can turn it.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time, in Unix milliseconds.
    fn now(&self) -> Millis;

    /// Ends when the time has come.
    fn sleep_until(&self, at: Millis) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the time comes from")]
    fn now(&self) -> Millis {
        chrono::Utc::now().timestamp_millis()
    }

    fn sleep_until(&self, at: Millis) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let wait = u64::try_from(at - self.now()).unwrap_or(0);
        Box::pin(tokio::time::sleep(std::time::Duration::from_millis(wait)))
    }
}
