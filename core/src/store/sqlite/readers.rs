//! A few connections that only read, each on a blocking thread while it does.

use super::schema;
use super::writer::closed;
use crate::store::StoreError;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Semaphore, oneshot};

/// Reads that may run at once.
const READERS: u32 = 4;

#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    turns: Arc<Semaphore>,
    /// Connections are opened when first needed and kept.
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        let turns = Arc::new(Semaphore::new(READERS as usize));
        Self { path: path.to_owned(), turns, idle: Arc::default() }
    }

    /// Runs `read` on a connection of its own.
    pub(super) async fn run<T, R>(&self, read: R) -> Result<T, StoreError>
    where
        T: Send + 'static,
        R: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.lend(Box::new(move |connection| {
            // An error means that nobody waits for the answer any more.
            let _ = reply.send(read(connection));
        }))
        .await?;
        answer.await.map_err(|_| closed())?
    }

    /// Lends a connection to a read without the type of its answer: with it, everything here and in the runtime that
    /// carries a read would be there once for each of them.
    async fn lend(&self, read: Box<dyn FnOnce(&Connection) + Send>) -> Result<(), StoreError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| closed())?;
        let (idle, path) = (Arc::clone(&self.idle), self.path.clone());
        let work = move || {
            let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = kept.map_or_else(|| schema::open_to_read(&path), Ok)?;
            read(&connection);
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            // Held until here even when nobody waits for the answer any more.
            drop(turn);
            Ok(())
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => done,
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// Waits for the reads under way and closes the connections.
    pub(super) async fn close(&self) {
        // An error means that it was closed before.
        if let Ok(turns) = self.turns.acquire_many(READERS).await {
            self.turns.close();
            drop(turns);
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
