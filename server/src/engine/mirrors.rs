//! Which mirrors are on the disk, and which of them goes when there are too many or too large ones.

use super::clock::Clock;
use super::fair_semaphore::{FairSemaphore, aside, installation_at_work};
use crate::lineage::{Asking, Fetched, GitError, Mirror, Remote, RemoteTurns, SmartHttp};
use crate::model::{InstallationId, RepositoryId, UnixMillis, error_chain};
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How much room mirrors may take. One that is asked just now is never taken away, so that there may be more
/// for a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MirrorBounds {
    /// How many there may be.
    pub count: usize,
    /// What the commits and files of all of them may take, in bytes.
    pub bytes: u64,
}

impl Default for MirrorBounds {
    fn default() -> Self {
        Self { count: 2_000, bytes: 20_000_000_000 }
    }
}

/// The mirrors, one for each repository, each made when it is first needed.
#[derive(Debug)]
pub(super) struct Mirrors {
    folder: PathBuf,
    bounds: MirrorBounds,
    fetches: Arc<Fetches>,
    smart_http: Arc<SmartHttp>,
    clock: Arc<dyn Clock>,
    known: Mutex<BTreeMap<RepositoryId, Kept>>,
}

/// How many may ask remotes at once, by a git or without one.
#[derive(Debug)]
struct Fetches(FairSemaphore);

tokio::task_local! {
    /// Set for whoever asks a remote in their turn: what they need for that is part of it.
    static IN_TURN: ();
}

impl Fetches {
    /// Does what asks a remote, as one of those who may at the same time. No worker waits for it.
    async fn asking<T>(&self, of: Option<InstallationId>, ask: impl Future<Output = T>) -> T {
        if IN_TURN.try_with(|()| ()).is_ok() {
            return ask.await;
        }
        aside(async {
            let _turn = self.0.take(of).await;
            IN_TURN.scope((), ask).await
        })
        .await
    }
}

impl RemoteTurns for Fetches {
    fn in_turn<'a>(&'a self, asking: Asking<'a>) -> Asking<'a> {
        Box::pin(self.asking(installation_at_work(), asking))
    }
}

#[derive(Debug)]
struct Kept {
    /// Held by others as well while it is asked.
    mirror: Arc<Mirror>,
    /// When somebody last wanted it.
    used: UnixMillis,
    /// What it took when it was last measured, in bytes; 0 while there is none.
    size: u64,
    /// When the last fetch of all branches began.
    fetched: Option<UnixMillis>,
}

impl Mirrors {
    pub(super) fn new(
        folder: PathBuf,
        bounds: MirrorBounds,
        fetches: FairSemaphore,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (fetches, smart_http, known) = (Arc::new(Fetches(fetches)), Arc::default(), Mutex::default());
        Self { folder, bounds, fetches, smart_http, clock, known }
    }

    /// Where they are.
    pub(super) fn folder(&self) -> &Path {
        self.folder.parent().unwrap_or(&self.folder)
    }

    /// The mirror of a repository. It is kept by number, so that a rename changes nothing. While the answer
    /// is held it is not taken away.
    pub(super) fn of(&self, id: RepositoryId) -> Arc<Mirror> {
        let now = self.clock.now();
        let mut known = self.known();
        let make = || {
            let turns: Arc<dyn RemoteTurns> = self.fetches.clone();
            Mirror::new(self.place(id)).asking_first(Arc::clone(&self.smart_http)).taking_turns(turns)
        };
        let kept = known.entry(id).or_insert_with(|| Kept {
            mirror: Arc::new(make()),
            used: now,
            size: 0,
            fetched: None,
        });
        kept.used = now;
        Arc::clone(&kept.mirror)
    }

    /// Brings all branches and these pull requests to a mirror, and makes room for it. No worker waits for it.
    pub(super) async fn fetch(
        &self,
        (installation, id): (InstallationId, RepositoryId),
        remote: &Remote,
        pulls: &[u64],
    ) -> Result<(), GitError> {
        let mirror = self.of(id);
        let began = self.clock.now();
        let turn = self.fetches.0.take(Some(installation));
        match aside(mirror.fetch_in_turn(remote, pulls, turn)).await {
            Ok(Fetched::Shared) => {
                self.note(id, |kept| kept.fetched = Some(began));
                Ok(())
            }
            // Questions bring files, too, so it may have grown though the remote has nothing new.
            Ok(Fetched::Asked | Fetched::Unchanged) => {
                let size = mirror.size().await;
                self.note(id, |kept| (kept.fetched, kept.size) = (Some(began), size));
                self.make_room(Taken::too_much);
                Ok(())
            }
            Err(error) => {
                if error.is_of_room() {
                    // The next try finds some.
                    let mut first = true;
                    self.make_room(|_| std::mem::take(&mut first));
                }
                Err(error)
            }
        }
    }

    /// Does something else that asks a remote, as one of those who may at the same time. No worker waits for it.
    pub(super) async fn asking<T>(&self, of: InstallationId, ask: impl Future<Output = T>) -> T {
        self.fetches.asking(Some(of), ask).await
    }

    /// Whether all branches were fetched no longer than this ago. What a clock that has been set back since says of
    /// itself does not count.
    pub(super) fn fetched_within(&self, id: RepositoryId, past: Duration) -> bool {
        let now = self.clock.now();
        let lately = |at: UnixMillis| (at..=at + past).contains(&now);
        self.known().get(&id).is_some_and(|kept| kept.fetched.is_some_and(lately))
    }

    pub(super) async fn discard(&self, id: RepositoryId) {
        let mirror = self.of(id);
        // A fetch that is under way comes to its end first.
        aside(mirror.discard()).await;
        self.known().remove(&id);
    }

    /// Takes up what an earlier run left: the mirrors of these repositories. All else in the folder goes.
    /// Nothing may be asked before this has ended.
    pub(super) fn load(&self, repositories: &HashSet<RepositoryId>) {
        for entry in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let id = entry.file_name().to_str().and_then(number).filter(|id| repositories.contains(id));
            let Some(id) = id else {
                remove(&entry.path());
                continue;
            };
            // When it was last asked is not known, but whoever asks often fetches often.
            let used = self.of(id).written().and_then(UnixMillis::of_file);
            self.note(id, |kept| kept.used = used.unwrap_or_default());
        }
    }

    /// Measures what was taken up, and brings it within the bounds.
    pub(super) async fn measure(&self) {
        let all: Vec<_> = self.known().iter().map(|(id, kept)| (*id, Arc::clone(&kept.mirror))).collect();
        for (id, mirror) in all {
            let size = mirror.size().await;
            drop(mirror);
            self.note(id, |kept| kept.size = size);
        }
        self.make_room(Taken::too_much);
    }

    /// Takes mirrors away as long as `more` says so, the one that was wanted longest ago first.
    fn make_room(&self, mut more: impl FnMut(&Taken) -> bool) {
        let mut known = self.known();
        let mut taken = Taken {
            count: known.values().filter(|it| it.size > 0).count(),
            bytes: known.values().map(|it| it.size).sum(),
            bounds: self.bounds,
        };
        let mut by_use: Vec<_> = known.iter().filter(|(_, it)| it.size > 0).collect();
        by_use.sort_by_key(|(_, kept)| kept.used);
        let ids: Vec<_> = by_use.iter().map(|(id, _)| **id).collect();
        for id in ids {
            // Whoever wants one takes it from here, so that nobody can begin to ask this one now.
            let Some(kept) = known.get_mut(&id).filter(|it| Arc::strong_count(&it.mirror) == 1) else {
                continue;
            };
            if !more(&taken) {
                return;
            }
            if kept.mirror.evict() {
                tracing::info!(repository = %id, bytes = kept.size, "a mirror was taken away to make room");
                taken.count -= 1;
                taken.bytes -= kept.size;
                (kept.size, kept.fetched) = (0, None);
            }
        }
    }

    /// Takes the mirror away that was wanted longest ago, where one can be. Answers whether.
    pub(super) fn give_way(&self) -> bool {
        let (mut first, before) = (true, self.taken());
        self.make_room(|_| std::mem::take(&mut first));
        self.taken() < before
    }

    fn taken(&self) -> usize {
        self.known().values().filter(|it| it.size > 0).count()
    }

    /// How many there are, and what they took when each was last measured, in bytes.
    pub(super) fn count_and_bytes(&self) -> (u64, u64) {
        let known = self.known();
        known
            .values()
            .filter(|it| it.size > 0)
            .fold((0, 0), |(count, bytes), it| (count + 1, bytes + it.size))
    }

    fn note(&self, id: RepositoryId, change: impl FnOnce(&mut Kept)) {
        if let Some(kept) = self.known().get_mut(&id) {
            change(kept);
        }
    }

    fn place(&self, id: RepositoryId) -> PathBuf {
        self.folder.join(format!("{id}.git"))
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<RepositoryId, Kept>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What all mirrors take.
struct Taken {
    count: usize,
    bytes: u64,
    bounds: MirrorBounds,
}

impl Taken {
    fn too_much(&self) -> bool {
        self.count > self.bounds.count || self.bytes > self.bounds.bytes
    }
}

fn number(name: &str) -> Option<RepositoryId> {
    name.strip_suffix(".git")?.parse().ok().map(RepositoryId)
}

fn remove(path: &Path) {
    let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    match removed {
        Ok(()) => {
            tracing::info!(path = %path.display(), "what no repository owns was removed from the mirrors");
        }
        Err(error) => {
            tracing::warn!(path = %path.display(), error = error_chain(&error), "what no repository owns could not be removed");
        }
    }
}
