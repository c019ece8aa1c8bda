//! Deleting what is too old, step by step: a reader finds it, so that the writer need not walk over what stays.

use super::inbox::{self, Old};
use super::walks::{self, Piece};
use super::{SqliteStore, old_effects, topic_moves};
use crate::model::UnixMillis;
use crate::store::StoreError;
use rusqlite::Connection;
use std::sync::Arc;

/// A guess of what one step writes.
const PRUNE_BYTES: usize = 1 << 20;

impl SqliteStore {
    pub(super) async fn delete_old(&self, what: Old, before: UnixMillis) -> Result<(), StoreError> {
        let mut after = i64::MIN;
        loop {
            let Piece { found, last } = self.readers.run(move |c| inbox::old(c, what, before, after)).await?;
            if !found.is_empty() {
                self.writer.run(PRUNE_BYTES, move |c| inbox::delete_old(c, what, &found)).await?;
            }
            match last {
                Some(last) => after = last,
                None => return Ok(()),
            }
        }
    }

    pub(super) async fn let_go_of_effects(&self, before: UnixMillis) -> Result<(), StoreError> {
        let after = self.walks.effects.get();
        let Piece { found, last } = self.readers.run(move |c| old_effects::find(c, before, after)).await?;
        self.dropped(&found, move |c, found| old_effects::delete_old(c, found, before)).await?;
        self.walks.effects.set(last);
        Ok(())
    }

    pub(super) async fn let_go_of_closed(
        &self,
        rows: UnixMillis,
        closed: UnixMillis,
    ) -> Result<(), StoreError> {
        let after = self.walks.pulls.get();
        let Piece { found, last } = self.readers.run(move |c| walks::closed_pulls(c, closed, after)).await?;
        self.dropped(&found, move |c, found| walks::drop_pulls(c, closed, found)).await?;
        self.walks.pulls.set(last);
        let after = self.walks.pushes.get();
        let Piece { found, last } = self.readers.run(move |c| walks::old_pushes(c, closed, after)).await?;
        self.dropped(&found, move |c, found| walks::drop_pushes(c, closed, found)).await?;
        self.walks.pushes.set(last);
        for _ in 0..walks::LOOKED_AT / inbox::PRUNE_STEP {
            if !self.writer.run(PRUNE_BYTES, move |c| topic_moves::drop_old(c, closed)).await? {
                break;
            }
        }
        let after = self.walks.commands.get();
        let Piece { found, last } = self.readers.run(move |c| walks::old_commands(c, closed, after)).await?;
        self.dropped(&found, walks::drop_commands).await?;
        self.walks.commands.set(last);
        let (after, since) = (self.walks.work_items.get(), (rows, closed));
        let Piece { found, last } =
            self.readers.run(move |c| walks::resting_work_items(c, since, after)).await?;
        self.dropped(&found, move |c, found| walks::drop_work_items(c, since, found)).await?;
        self.walks.work_items.set(last);
        Ok(())
    }

    /// Lets go of what was found, in steps: others wait for each.
    async fn dropped<T, D>(&self, found: &[T], delete_old: D) -> Result<(), StoreError>
    where
        T: Clone + Send + Sync + 'static,
        D: Fn(&Connection, &[T]) -> Result<(), StoreError> + Send + Sync + 'static,
    {
        let delete_old = Arc::new(delete_old);
        for step in found.chunks(inbox::PRUNE_STEP as usize) {
            let (step, delete_old) = (step.to_vec(), Arc::clone(&delete_old));
            self.writer.run(PRUNE_BYTES, move |c| delete_old(c, &step)).await?;
        }
        Ok(())
    }
}
