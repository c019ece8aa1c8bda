//! What every room of the platform shares: the world behind its lock, git, the clock, the failures, the record.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::world::World;
use crate::clock::Clock;
use crate::faults::Faults;
use crate::git::Git;

/// A request that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// The path, with its query.
    pub path: String,
    /// What was answered; 0 where nothing was.
    pub status: u16,
}

/// What every room of the platform shares.
#[derive(Debug)]
pub(super) struct Hub {
    world: Mutex<World>,
    clock: Arc<dyn Clock>,
    pub(super) git: Git,
    pub(super) url: String,
    /// Something was logged, or a log has ended.
    pub(super) logged: Notify,
    pub(super) faults: Faults,
    /// Whoever brings branches, or makes activities of what was brought, does it alone.
    pub(super) turn: tokio::sync::Mutex<()>,
    asked: Mutex<Vec<Asked>>,
    /// The folder of the repositories; it goes when the last handle goes.
    folder: tempfile::TempDir,
}

impl Hub {
    /// A hub without projects, which keeps repositories in `folder` and is reached at `url`.
    pub(super) fn new(clock: Arc<dyn Clock>, folder: tempfile::TempDir, url: String) -> Self {
        Self {
            world: Mutex::new(World::new(clock.now())),
            clock,
            git: Git::new(folder.path().to_owned()),
            url,
            logged: Notify::new(),
            faults: Faults::default(),
            turn: tokio::sync::Mutex::default(),
            asked: Mutex::default(),
            folder,
        }
    }

    /// Where everything is on disk.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// One short, pure look at or change of the world.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.now = self.clock.now();
        act(&mut world)
    }

    /// Keeps what was asked.
    pub(super) fn note(&self, asked: Asked) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    }

    /// All that was asked, the oldest first.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
