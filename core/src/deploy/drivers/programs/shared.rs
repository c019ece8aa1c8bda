//! What all deploys by programs share: the folders, the clock, the slugs, and which of them are under way.

use super::environment;
use super::run::Run;
use super::slugs::Slugs;
use crate::deploy::drivers::{DeployRequest, DriverError};
use crate::model::UnixMillis;
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::AbortHandle;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;
/// Is called whenever there is something new to [`poll`](crate::deploy::drivers::Driver::poll) at.
pub type Changed = Arc<dyn Fn(&DeployRequest) + Send + Sync>;

/// Files that are being written.
pub type CheckingOut<'a> = Pin<Box<dyn Future<Output = Result<(), DriverError>> + Send + 'a>>;

/// What files are checked out into: two folders that are there and empty, and go after the deploy, whatever becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutFolders {
    /// For the files.
    pub files: PathBuf,
    /// For the repository that they are taken from.
    pub repository: PathBuf,
}

/// Where the files of a commit come from.
pub trait Checkout: Send + Sync {
    /// Writes the files of the order's commit, within the [`Bounds`] of what a slug may hold. May be dropped before it has
    /// ended, and is asked again after [`DriverError::Later`].
    fn check_out<'a>(&'a self, request: &'a DeployRequest, folders: &'a CheckoutFolders) -> CheckingOut<'a>;
}

/// What bounds deploys by programs, besides the time that the operator gives each phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// How long a program has to end by itself once it was asked to.
    pub grace: Duration,
    /// How long is waited before files are asked for again that could not be had.
    pub retry: Duration,
    /// The size of one deploy's log, in bytes. Of a longer one the first quarter and the end are kept.
    pub log_bytes: usize,
    /// How many bytes of files all slugs may hold together, and each by itself. A hole in a file counts as what it says.
    pub slug_bytes: u64,
    /// How many files, folders and links what a build leaves may hold.
    pub tree_entries: u64,
    /// How deep its folders may lie in each other.
    pub tree_depth: usize,
    /// How many slugs may be kept.
    pub slug_count: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(5),
            retry: Duration::from_secs(10),
            log_bytes: 4 << 20,
            slug_bytes: 10_000_000_000,
            // Ten times what the largest shops have, vendored and generated files included.
            tree_entries: 2_000_000,
            tree_depth: 128,
            slug_count: 50,
        }
    }
}

/// What all drivers know together.
pub(super) struct Shared {
    pub(super) data: PathBuf,
    pub(super) bounds: Bounds,
    pub(super) clock: Clock,
    pub(super) changed: Changed,
    pub(super) slugs: Slugs,
    pub(super) runs: Mutex<Runs>,
}

#[derive(Default)]
pub(super) struct Runs {
    /// Whether the server is about to end.
    pub(super) closing: bool,
    pub(super) known: HashMap<String, (Arc<Run>, AbortHandle)>,
}

impl Shared {
    pub(super) fn runs(&self) -> MutexGuard<'_, Runs> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn run(&self, key: &str) -> Option<Arc<Run>> {
        self.runs().known.get(key).map(|(run, _)| Arc::clone(run))
    }

    pub(super) fn is_closing(&self) -> bool {
        self.runs().closing
    }

    pub(super) fn folder(&self, key: &str) -> PathBuf {
        self.data.join("deploys").join(key)
    }

    /// Where a deploy's files are checked out into, and built.
    pub(super) fn checkout(&self, key: &str) -> CheckoutFolders {
        let folder = self.folder(key);
        CheckoutFolders { files: folder.join("build"), repository: folder.join("repository") }
    }

    /// What the programs of a deploy are told to be their home.
    pub(super) fn home(&self, key: &str) -> PathBuf {
        self.folder(key).join("home")
    }

    /// Where the slug of an order is.
    pub(super) fn place(&self, request: &DeployRequest) -> PathBuf {
        self.slugs.place(environment::repository_key(request), &request.deploy.slug)
    }

    /// Removes slugs over the bounds, but for those of other deploys under way. `ended` no longer needs its own.
    pub(super) async fn tidy(&self, ended: &Arc<Run>) -> io::Result<()> {
        let in_use = self.in_use(Some(ended));
        self.slugs.tidy(&in_use).await
    }

    /// The slugs of deploys under way, but for one of them.
    pub(super) fn in_use(&self, but: Option<&Arc<Run>>) -> BTreeSet<PathBuf> {
        let runs = self.runs();
        let open = runs.known.values().map(|(run, _)| run).filter(|run| !*run.over.borrow());
        let open = open.filter(|run| but.is_none_or(|but| !Arc::ptr_eq(run, but)));
        open.map(|run| self.place(&run.request)).collect()
    }
}
