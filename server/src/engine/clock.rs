use crate::model::UnixMillis;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// Tells the time and waits, so that tests can turn it.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time.
    fn now(&self) -> UnixMillis;

    /// Ends when the time has come.
    fn sleep_until(&self, at: UnixMillis) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the time comes from")]
    fn now(&self) -> UnixMillis {
        chrono::Utc::now().into()
    }

    fn sleep_until(&self, at: UnixMillis) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(at.since(self.now())))
    }
}
