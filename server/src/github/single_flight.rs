//! Something that is asked for once, however many need it at the same time.

use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Mutex, MutexGuard};

/// One answer, with a lock of its own: waiting for it holds up nobody who needs another.
#[derive(Debug)]
pub(crate) struct SingleFlight<T, E> {
    slot: Mutex<Slot<T, E>>,
    /// How many requests have ended. Whoever sees it change while waiting shares that request's end.
    ended: AtomicU64,
}

#[derive(Debug)]
pub(crate) struct Slot<T, E> {
    /// The last answer.
    pub(crate) answer: Option<T>,
    /// How the last request ended, if it failed.
    failure: Option<E>,
}

impl<T, E> Default for SingleFlight<T, E> {
    fn default() -> Self {
        Self { slot: Mutex::new(Slot { answer: None, failure: None }), ended: AtomicU64::new(0) }
    }
}

impl<T: Clone, E: Clone> SingleFlight<T, E> {
    /// The answer, for which `ask` is awaited only where none is there that `holds`. Callers that come meanwhile share
    /// its end, be it a failure.
    pub(crate) async fn get(
        &self,
        holds: impl FnOnce(&T) -> bool,
        ask: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let before = self.ended.load(Ordering::Acquire);
        let mut slot = self.slot.lock().await;
        if let Some(answer) = slot.answer.as_ref().filter(|answer| holds(answer)) {
            return Ok(answer.clone());
        }
        if self.ended.load(Ordering::Acquire) != before
            && let Some(failure) = &slot.failure
        {
            return Err(failure.clone());
        }
        let asked = ask.await;
        self.ended.fetch_add(1, Ordering::Release);
        match &asked {
            Ok(answer) => (slot.answer, slot.failure) = (Some(answer.clone()), None),
            Err(failure) => slot.failure = Some(failure.clone()),
        }
        asked
    }

    /// The last answer, to be looked at or changed while nobody asks.
    pub(crate) async fn lock(&self) -> MutexGuard<'_, Slot<T, E>> {
        self.slot.lock().await
    }
}

impl<T, E> Slot<T, E> {
    /// Takes an answer that came in another way.
    pub(crate) fn set(&mut self, answer: T) {
        (self.answer, self.failure) = (Some(answer), None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    async fn get(
        flight: &SingleFlight<u32, String>,
        asked: &AtomicU32,
        answer: Result<u32, &str>,
    ) -> Result<u32, String> {
        let ask = async {
            asked.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            answer.map_err(str::to_owned)
        };
        flight.get(|held| *held < 10, ask).await
    }

    #[tokio::test]
    async fn many_callers_cost_one_request_while_its_answer_holds() {
        let (flight, asked) = (SingleFlight::default(), AtomicU32::new(0));
        let both = || get(&flight, &asked, Ok(1));
        assert_eq!(tokio::join!(both(), both(), both()), (Ok(1), Ok(1), Ok(1)));
        assert_eq!(get(&flight, &asked, Ok(2)).await, Ok(1));
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        flight.lock().await.set(10);
        assert_eq!(get(&flight, &asked, Ok(2)).await, Ok(2));
        flight.lock().await.answer = None;
        assert_eq!(get(&flight, &asked, Ok(3)).await, Ok(3));
        assert_eq!(asked.into_inner(), 3);
    }

    #[tokio::test]
    async fn a_failure_is_shared_by_those_who_waited_and_by_nobody_later() {
        let (flight, asked) = (SingleFlight::default(), AtomicU32::new(0));
        let failing = || get(&flight, &asked, Err("no answer"));
        let (one, two) = tokio::join!(failing(), failing());
        assert!(one.is_err() && two.is_err());
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assert!(get(&flight, &asked, Ok(1)).await.is_ok());
        assert_eq!(asked.into_inner(), 2);
    }
}
