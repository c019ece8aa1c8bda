//! What was found out lately of whether deliveries can be taken.

use super::cached::Cached;
use super::supervisor::EngineFailure;
use crate::store::StoreError;
use std::mem::Discriminant;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Why deliveries are better kept out for now.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// They cannot be stored.
    #[error("the database cannot be written")]
    Store(#[from] StoreError),
    /// They could be stored, but nobody works on them.
    #[error("no work was taken for {} s", .0.as_secs())]
    Wedged(Duration),
    /// The engine has failed.
    #[error("the engine cannot go on")]
    Failed(#[from] EngineFailure),
}

/// How long it counts that the store could be written, or could not: finding out writes to the disk.
const LATELY: Duration = Duration::from_secs(1);

/// What was found out lately.
#[derive(Debug)]
pub(super) struct Probe {
    can_store: Cached<Result<(), StoreError>>,
    /// What kept deliveries out at the last look.
    told: Mutex<Option<Discriminant<NotReady>>>,
}

impl Default for Probe {
    fn default() -> Self {
        Self { can_store: Cached::new(LATELY), told: Mutex::default() }
    }
}

impl Probe {
    /// Whether the store can be written, for which `find` is awaited where that was not found out just now.
    pub(super) async fn can_store(
        &self,
        find: impl Future<Output = Result<(), StoreError>>,
    ) -> Result<(), StoreError> {
        self.can_store.get(Instant::now(), find).await
    }

    /// Notes what keeps deliveries out; answers whether it is another reason than before.
    pub(super) fn is_new(&self, why: Option<&NotReady>) -> bool {
        let why = why.map(std::mem::discriminant);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *told, why) != why
    }
}
