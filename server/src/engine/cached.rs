//! What is expensive to find out, kept for a while.

use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// One answer, kept for a while. Those who ask while it is found out get the same.
#[derive(Debug)]
pub(super) struct Cached<T> {
    good_for: Duration,
    kept: Mutex<Option<(Instant, T)>>,
}

impl<T> Cached<T> {
    pub(super) fn new(good_for: Duration) -> Self {
        Self { good_for, kept: Mutex::new(None) }
    }
}

impl<T: Clone> Cached<T> {
    pub(super) async fn get(&self, now: Instant, find: impl Future<Output = T>) -> T {
        let mut kept = self.kept.lock().await;
        if let Some((at, value)) = &*kept
            && now.saturating_duration_since(*at) < self.good_for
        {
            return value.clone();
        }
        let found = find.await;
        *kept = Some((now, found.clone()));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn ten_who_ask_at_once_cost_one_look() {
        let (cached, looks) = (Cached::new(SECOND), AtomicU32::new(0));
        let look = async |now| {
            let find = async {
                tokio::task::yield_now().await;
                looks.fetch_add(1, Ordering::Relaxed) + 1
            };
            cached.get(now, find).await
        };
        let now = Instant::now();
        let both = async || tokio::join!(look(now), look(now));
        let answers = tokio::join!(both(), both(), both(), both(), both());
        assert_eq!(answers, ((1, 1), (1, 1), (1, 1), (1, 1), (1, 1)));
        assert_eq!(look(now + SECOND).await, 2, "what is old is looked at again");
    }
}
