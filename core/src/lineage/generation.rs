//! One making of a mirror, in a folder of its own.
//!
//! Whoever asks holds on to the one they began with, so that nothing goes from under a question: a damaged
//! or evicted one is removed when the last of them has ended.

use super::known::KnownObjects;
use super::{RemoteTurns, SmartHttp};
use crate::model::error_chain;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// For how long a remote is asked by git alone after anything else was in vain.
const BY_GIT_FOR: Duration = Duration::from_secs(600);

/// What is left of a fetch that was killed begins like this.
const TEMPORARY: &str = "tmp_";

/// The time for which a remote is asked by git alone, since anything else was in vain.
#[derive(Debug, Default)]
pub(super) struct ByGit(Mutex<Option<Instant>>);

impl ByGit {
    /// It begins, now or again.
    pub(super) fn begin(&self) {
        *self.until() = Some(Instant::now() + BY_GIT_FOR);
    }

    /// Whether it has begun and not passed.
    pub(super) fn lasts(&self) -> bool {
        self.until().is_some_and(|until| Instant::now() < until)
    }

    fn until(&self) -> MutexGuard<'_, Option<Instant>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a mirror's remote is asked.
#[derive(Debug, Clone, Default)]
pub(super) struct RemoteAccess {
    /// Without a git, as far as that goes.
    pub(super) smart_http: Option<Arc<SmartHttp>>,
    /// What questions wait for that need files from the remote.
    pub(super) turns: Option<Arc<dyn RemoteTurns>>,
}

/// A folder that holds a bare repository, or did.
#[derive(Debug)]
pub(super) struct Generation {
    directory: PathBuf,
    remote: RemoteAccess,
    /// While it lasts, nothing is brought without a git.
    by_git: ByGit,
    /// A git has fetched into it and so has read its history, and nothing has gone from it since.
    followed: AtomicBool,
    /// What need not be asked again.
    known: KnownObjects,
    /// git spoke of damage when it was asked.
    suspect: AtomicBool,
    /// Nobody new asks it, and it goes with the last who does.
    retired: AtomicBool,
}

impl Generation {
    pub(super) fn new(directory: PathBuf, remote: RemoteAccess) -> Self {
        let (known, by_git) = (KnownObjects::default(), ByGit::default());
        let [followed, suspect, retired] = [false; 3].map(AtomicBool::new);
        Self { directory, remote, by_git, followed, known, suspect, retired }
    }

    /// Does what asks the remote once its turn has come; `None` where that never came.
    pub(super) async fn in_turn<T: Send>(&self, asking: impl Future<Output = T> + Send) -> Option<T> {
        let Some(turns) = &self.remote.turns else { return Some(asking.await) };
        let mut answer = None;
        turns.in_turn(Box::pin(async { answer = Some(asking.await) })).await;
        answer
    }

    /// What brings objects without a git, where that is worth the try.
    pub(super) fn smart_http(&self) -> Option<&SmartHttp> {
        self.remote.smart_http.as_deref().filter(|_| !self.by_git.lasts())
    }

    /// Notes why objects were not brought without a git. Whatever it was, the next try would cost the same.
    pub(super) fn note_not_brought(&self, error: &dyn std::error::Error) {
        tracing::debug!(error = error_chain(error), "nothing was brought without a git");
        self.by_git.begin();
    }

    /// Notes whether a git has just read its history, or something may have gone from it.
    pub(super) fn note_followed(&self, followed: bool) {
        self.followed.store(followed, Ordering::Relaxed);
    }

    pub(super) fn is_followed(&self) -> bool {
        self.followed.load(Ordering::Relaxed)
    }

    /// The git directory.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) fn known(&self) -> &KnownObjects {
        &self.known
    }

    /// Notes that an answer spoke of damage. The next fetch looks.
    pub(super) fn suspect(&self) {
        self.known.forget();
        self.suspect.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_suspect(&self) -> bool {
        self.suspect.load(Ordering::Relaxed)
    }

    /// Takes a suspicion back.
    pub(super) fn trust(&self) {
        self.suspect.store(false, Ordering::Relaxed);
    }

    pub(super) fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// Whether the files every git directory has are there. A half-made one never is: it is made elsewhere
    /// and moved here when it is done.
    pub(super) fn is_whole(&self) -> bool {
        ["HEAD", "config", "objects", "refs"].iter().all(|part| self.directory.join(part).exists())
    }

    /// Removes it from the disk now.
    pub(super) fn remove(self) {
        self.retired.store(false, Ordering::Relaxed);
        clear(&self.directory);
    }

    /// How many packs it has.
    pub(super) fn packs(&self) -> usize {
        let entries = fs::read_dir(self.packs_folder()).into_iter().flatten().flatten();
        entries.filter(|entry| entry.path().extension().is_some_and(|ending| ending == "pack")).count()
    }

    /// What its commits and files take on the disk, in bytes.
    pub(super) fn size(&self) -> u64 {
        size_below(&self.directory.join("objects"))
    }

    /// When something was last brought.
    pub(super) fn written(&self) -> Option<SystemTime> {
        fs::metadata(self.packs_folder()).ok()?.modified().ok()
    }

    /// Removes what killed fetches left behind: halves of packs, and locks. Only where nobody else works here:
    /// those of a running one look the same.
    pub(super) fn clear_temporary(&self) {
        let halves = |name: &str| name.starts_with(TEMPORARY);
        remove_files(&self.packs_folder(), halves);
        let locks = |name: &str| Path::new(name).extension().is_some_and(|ending| ending == "lock");
        for folder in ["", "objects/info", "objects/info/commit-graphs"] {
            remove_files(&self.directory.join(folder), locks);
        }
    }

    fn packs_folder(&self) -> PathBuf {
        self.directory.join("objects/pack")
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        if !self.retired.load(Ordering::Relaxed) {
            return;
        }
        let directory = std::mem::take(&mut self.directory);
        // Gigabytes take a while to remove; what a shutdown cuts off is removed at the next start.
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                let span = tracing::Span::current();
                drop(runtime.spawn_blocking(move || span.in_scope(|| clear(&directory))));
            }
            Err(_) => clear(&directory),
        }
    }
}

/// The newest whole generation in `folder`; everything else there is removed.
pub(super) fn adopt(folder: &Path, remote: &RemoteAccess) -> Option<Arc<Generation>> {
    let Ok(entries) = fs::read_dir(folder) else {
        // Where no folder is, or none that can be read, there may be something else in its place.
        if folder.is_file() {
            clear(folder);
        }
        return None;
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort_by_key(|path| number(path));
    let mut adopted = None;
    while let Some(path) = paths.pop() {
        let generation = Generation::new(path, remote.clone());
        if adopted.is_none() && number(&generation.directory).is_some() && generation.is_whole() {
            adopted = Some(Arc::new(generation));
        } else {
            clear(&generation.directory);
        }
    }
    adopted
}

/// The highest number of a generation in `folder`; 0 where there is none.
pub(super) fn highest(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| number(&entry.path())).max().unwrap_or_default()
}

fn number(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.parse().ok()
}

fn remove_files(folder: &Path, which: impl Fn(&str) -> bool) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if which(&entry.file_name().to_string_lossy())
            && let Err(error) = fs::remove_file(entry.path())
        {
            tracing::warn!(file = %entry.path().display(), error = error_chain(&error), "what a killed fetch left could not be removed");
        }
    }
}

/// Removes a file or folder. What cannot be removed takes room, and is tried again at the next start.
fn clear(path: &Path) {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(path = %path.display(), error = error_chain(&error), "an old mirror could not be removed");
        }
        _ => {}
    }
}

fn size_below(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(what) if what.is_dir() => size_below(&entry.path()),
        Ok(what) => what.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}
