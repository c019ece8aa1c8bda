//! What every room shares: the world behind its lock, git, the clock, the post office.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

use crate::clock::Clock;
use crate::faults::Faults;
use crate::git::Git;
use crate::model::World;
use crate::office::Office;
use crate::recorder::Recorder;

/// The shared heart of one stand-in.
#[derive(Debug)]
pub(crate) struct Hub {
    world: Mutex<World>,
    locks: Mutex<BTreeMap<u64, Arc<tokio::sync::Mutex<()>>>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) git: Git,
    pub(crate) faults: Faults,
    pub(crate) recorder: Recorder,
    pub(crate) office: Office,
    pub(crate) rate_limit: u64,
    /// Carries out what has fallen due by the world's time.
    carry_out_due: fn(&mut World),
    /// Holds the folder of the repositories; it goes when the last handle goes.
    _folder: tempfile::TempDir,
}

impl Hub {
    pub(crate) fn new(
        world: World,
        clock: Arc<dyn Clock>,
        folder: tempfile::TempDir,
        office: Office,
        rate_limit: u64,
        carry_out_due: fn(&mut World),
    ) -> Self {
        Self {
            world: Mutex::new(world),
            locks: Mutex::default(),
            clock,
            git: Git::new(folder.path().to_owned()),
            faults: Faults::default(),
            recorder: Recorder::default(),
            office,
            rate_limit,
            carry_out_due,
            _folder: folder,
        }
    }

    /// One short, pure look at or change of the world. Webhooks the change caused leave with it.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.now = self.clock.now();
        (self.carry_out_due)(&mut world);
        let answer = act(&mut world);
        // Still under the lock, so that the order of webhooks is the order of changes.
        for parcel in std::mem::take(&mut world.outbox) {
            self.office.send(parcel);
        }
        answer
    }

    /// The right to change a repository's refs; given back when dropped.
    pub(crate) async fn lock(&self, repository: u64) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(locks.entry(repository).or_default())
        };
        lock.lock_owned().await
    }
}
