//! The builds that are kept, each as the same bits for as long as it is.

use super::files::{self, Contents};
use super::removal::{self, remove};
use super::trees::{self, Quit, TreeBounds};
use crate::model::UnixMillis;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// What is written down beside a slug.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Manifest {
    /// The sum over all that is in it.
    sha256: String,
    /// The bytes of its files.
    bytes: u64,
    /// A sum over the steps that built it.
    recipe: String,
    /// When it was used last.
    used_at: UnixMillis,
}

/// What is there under a slug's name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// Nothing.
    Nothing,
    /// The build that was put there.
    Sound,
    /// Something else, for this reason. It has been thrown away.
    ThrownAway(&'static str),
}

/// All slugs of all repositories.
pub(super) struct Slugs {
    folder: PathBuf,
    /// What one of them may hold; all of them together may hold as many bytes.
    each: TreeBounds,
    count: usize,
    /// Whoever builds, copies or removes a slug has it to itself.
    locks: Mutex<HashMap<PathBuf, Arc<tokio::sync::Mutex<()>>>>,
    /// Those that run somewhere, as far as that was told.
    live: Mutex<Option<BTreeSet<String>>>,
}

impl Slugs {
    /// Those in `folder`, bounded in what they hold and in number.
    pub(super) fn new(folder: PathBuf, each: TreeBounds, count: usize) -> Self {
        Self { folder, each, count, locks: Mutex::default(), live: Mutex::default() }
    }

    /// Where a slug is.
    pub(super) fn place(&self, repository: &str, name: &str) -> PathBuf {
        self.folder.join(repository).join(name)
    }

    /// Takes a slug for oneself.
    pub(super) async fn lock(&self, place: &Path) -> OwnedMutexGuard<()> {
        self.lock_of(place).lock_owned().await
    }

    fn lock_of(&self, place: &Path) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        locks.retain(|_, lock| Arc::strong_count(lock) > 1);
        Arc::clone(locks.entry(place.to_owned()).or_default())
    }

    /// Names those that run somewhere.
    pub(super) fn set_live(&self, names: BTreeSet<String>) {
        *self.live.lock().unwrap_or_else(PoisonError::into_inner) = Some(names);
    }

    /// Looks whether the slug is there as it was built, by the steps that `recipe` names where it does. Reads all of it.
    /// The answer is work for a thread that may take the disk's time.
    pub(super) fn held(&self, place: &Path, recipe: Option<&str>, now: UnixMillis) -> impl Work<Held> {
        let (place, recipe, each) = (place.to_owned(), recipe.map(str::to_owned), self.each);
        move |quit: &Quit| held(&place, (recipe.as_deref(), now), each, quit)
    }

    /// Moves a build to where its slug is to be; work of the same kind.
    pub(super) fn put(&self, built: &Path, place: &Path, recipe: &str, now: UnixMillis) -> impl Work<()> {
        let (built, place, recipe, each) = (built.to_owned(), place.to_owned(), recipe.to_owned(), self.each);
        move |quit: &Quit| {
            // A build may have forbidden that it is moved, and may have put something else in its place.
            removal::open_up(&built)?;
            let Contents { sha256, bytes } = files::contents(&built, each, quit)?;
            if let Some(folder) = place.parent() {
                files::private_folder(folder)?;
            }
            throw_away(&place)?;
            std::fs::rename(&built, &place)?;
            write(&place, &Manifest { sha256, bytes, recipe, used_at: now })
        }
    }

    /// Copies a slug into a folder that is there and empty; work of the same kind.
    pub(super) fn copy(&self, place: &Path, into: &Path) -> impl Work<()> {
        let (place, into, each) = (place.to_owned(), into.to_owned(), self.each);
        move |quit: &Quit| files::copy(&place, &into, each, quit)
    }

    /// Removes what is over the bounds, the longest unused first: nothing that runs somewhere, nothing `in_use`. Does
    /// nothing until it was told what runs.
    pub(super) async fn tidy(&self, in_use: &BTreeSet<PathBuf>) -> io::Result<()> {
        self.shrink(in_use, (self.count, self.each.bytes)).await
    }

    /// The same for all that can be removed, where the disk has no room.
    pub(super) async fn give_way(&self, in_use: &BTreeSet<PathBuf>) -> io::Result<()> {
        self.shrink(in_use, (0, 0)).await
    }

    async fn shrink(&self, in_use: &BTreeSet<PathBuf>, (most, most_bytes): (usize, u64)) -> io::Result<()> {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(live) = live else { return Ok(()) };
        let folder = self.folder.clone();
        let mut kept = apart(move || all(&folder)).await?;
        kept.sort_by_key(|(_, manifest)| manifest.as_ref().map_or(UnixMillis::MIN, |it| it.used_at));
        let mut count = kept.iter().filter(|(_, manifest)| manifest.is_some()).count();
        let mut bytes: u64 =
            kept.iter().filter_map(|(_, manifest)| manifest.as_ref()).map(|it| it.bytes).sum();
        for (place, manifest) in kept {
            let is_whole = manifest.is_some();
            if is_whole && count <= most && bytes <= most_bytes {
                break;
            }
            let name = place.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if in_use.contains(&place) || (is_whole && live.contains(name)) {
                continue;
            }
            // Somebody has it, or has used it since it was looked at.
            let Ok(_alone) = self.lock_of(&place).try_lock_owned() else { continue };
            let (used_at, bytes_of_it) = manifest.map_or((None, 0), |it| (Some(it.used_at), it.bytes));
            let unused = move || {
                if read(&place).map(|it| it.used_at) != used_at {
                    return Ok(false);
                }
                throw_away(&place).map(|()| true)
            };
            if apart(unused).await? {
                count -= usize::from(is_whole);
                bytes -= bytes_of_it;
            }
        }
        Ok(())
    }
}

/// What takes the disk's time, and ends early when it is asked to.
pub(super) trait Work<T>: FnOnce(&Quit) -> io::Result<T> + Send + 'static {}

impl<T, F: FnOnce(&Quit) -> io::Result<T> + Send + 'static> Work<T> for F {}

/// Does what takes the disk's time on a thread for that.
pub(super) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

fn held(
    place: &Path,
    (recipe, now): (Option<&str>, UnixMillis),
    each: TreeBounds,
    quit: &Quit,
) -> io::Result<Held> {
    if trees::check_folder(place).is_err() {
        throw_away(place)?;
        return Ok(Held::Nothing);
    }
    let why = match read(place) {
        None => "has no manifest",
        Some(manifest) if recipe.is_some_and(|recipe| manifest.recipe != recipe) => {
            "was built by other steps"
        }
        Some(manifest) => match files::contents(place, each, quit) {
            // What was not read to its end may be sound.
            Err(error) if quit.check().is_err() => return Err(error),
            Ok(contents) if contents.sha256 == manifest.sha256 => {
                write(place, &Manifest { used_at: now, ..manifest })?;
                return Ok(Held::Sound);
            }
            _ => "does not match its manifest",
        },
    };
    throw_away(place)?;
    Ok(Held::ThrownAway(why))
}

/// The manifest goes first: without, what is left of a slug is none.
fn throw_away(place: &Path) -> io::Result<()> {
    remove(&manifest_of(place))?;
    remove(place)
}

/// Every slug with its manifest, where it has one that can be read.
fn all(folder: &Path) -> io::Result<Vec<(PathBuf, Option<Manifest>)>> {
    let mut found = Vec::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for repository in std::fs::read_dir(folder)? {
        for entry in std::fs::read_dir(repository?.path())? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                found.push((entry.path(), read(&entry.path())));
            }
        }
    }
    Ok(found)
}

/// Names of slugs have no dot, so none is taken for a manifest.
fn manifest_of(place: &Path) -> PathBuf {
    place.with_extension("json")
}

fn read(place: &Path) -> Option<Manifest> {
    serde_json::from_slice(&std::fs::read(manifest_of(place)).ok()?).ok()
}

fn write(place: &Path, manifest: &Manifest) -> io::Result<()> {
    files::write_whole(&manifest_of(place), &serde_json::to_vec(manifest)?)
}
