//! The operator's own programs on this machine.
//!
//! A deploy goes through three phases. `build` runs in a clean work tree of the commit, which then is the slug: it is
//! moved to where slugs are kept, with a sum over all that is in it. `deploy` and `verify` run in a copy of the slug,
//! which goes when they have ended, so a slug is the same bits each time it is used. A slug that is there already is
//! not built again.
//!
//! Programs are lists of arguments, never a line for a shell. They see variables that are given to them and none of
//! the server's; a build sees no secret. Each leads a process group of its own, which is ended with it: at its own
//! end, when its time is up, when the deploy is stopped, and after a restart where the server was killed. A program
//! that moves into another session leaves its group and cannot be caught: a daemon that is to outlive the deploy does
//! that, and so may one that misbehaves. Programs run as the user who runs the server and may read what that user may
//! read; code that is not trusted belongs behind a program that changes the user or the machine.
//!
//! In the folder `data` lie `deploys/<key>/log`, what is under way beside it, and `slugs/<repository>/<slug>`.

mod environment;
mod files;
mod group;
mod log;
mod mask;
mod removal;
mod run;
mod secrets;
mod shared;
mod slugs;
mod step;
mod task;
mod trees;

pub use shared::{Bounds, Changed, CheckingOut, Checkout, CheckoutFolders, Clock};

use super::{DeployRequest, Driver, DriverError, Started};
use crate::deploy::operator::{Programs, SecretError};
use crate::deploy::{CancelAnswer, DeployReport};
use crate::model::{Deploy, ForPeople, UnixMillis};
use async_trait::async_trait;
use environment::Secrets;
use log::Log;
use mask::Mask;
use run::Run;
use shared::Shared;
use slugs::Slugs;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use task::Task;
use tracing::Instrument as _;
use trees::TreeBounds;

/// Makes an empty folder that nobody else may look into, in the place of whatever is there.
pub(super) async fn fresh_folder(path: &Path) -> io::Result<()> {
    let path = path.to_owned();
    slugs::apart(move || files::fresh_folder(&path)).await
}

/// Removes a folder with all in it. None there is no failure.
pub(super) async fn remove_folder(path: &Path) -> io::Result<()> {
    let path = path.to_owned();
    slugs::apart(move || removal::remove(&path)).await
}

/// Writes a file that nobody else may read, in the place of whatever is there.
pub(super) async fn write_private(path: &Path, content: Vec<u8>) -> io::Result<()> {
    let path = path.to_owned();
    slugs::apart(move || files::write_whole(&path, &content)).await
}

/// Looks secrets up when a deploy is handed over: values by the names of the variables that hold them.
pub type SecretsNow = Arc<dyn Fn() -> Result<BTreeMap<String, String>, SecretError> + Send + Sync>;

/// All deploys by programs on this machine. Copies are the same; there may be only one for a folder.
#[derive(Clone)]
pub struct Commands {
    shared: Arc<Shared>,
}

impl Commands {
    /// Deploys whose logs and slugs are kept in the folder `data`, which need not exist yet.
    pub fn new(data: impl Into<PathBuf>, bounds: Bounds, clock: Clock, changed: Changed) -> Self {
        let data = data.into();
        // Programs run elsewhere, so the path they are given must hold there too.
        let data = std::path::absolute(&data).unwrap_or(data);
        let each =
            TreeBounds { depth: bounds.tree_depth, entries: bounds.tree_entries, bytes: bounds.slug_bytes };
        let slugs = Slugs::new(data.join("slugs"), each, bounds.slug_count);
        let shared = Shared { data, bounds, clock, changed, slugs, runs: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// What bounds all of them.
    pub fn bounds(&self) -> &Bounds {
        &self.shared.bounds
    }

    /// The driver of one environment.
    pub fn driver(
        &self,
        programs: Programs,
        secrets: SecretsNow,
        checkout: Arc<dyn Checkout>,
    ) -> ProgramDriver {
        ProgramDriver { shared: Arc::clone(&self.shared), programs, secrets, checkout }
    }

    /// Whether a deploy was handed over since the server was started. One that was not, though it is open, was cut
    /// off: it is to be handed over again.
    pub fn knows(&self, key: &str) -> bool {
        self.shared.runs().known.contains_key(key)
    }

    /// Forgets a deploy that is over and whose end has been kept. Its log stays.
    pub fn forget(&self, key: &str) {
        let mut runs = self.shared.runs();
        if runs.known.get(key).is_some_and(|(run, _)| *run.over.borrow()) {
            runs.known.remove(key);
        }
    }

    /// Removes the logs to which nothing was written since `before`, but for those of deploys under way, and answers
    /// how many those were.
    ///
    /// # Errors
    /// If a folder cannot be read or removed. Those after it are left for the next time.
    pub async fn drop_logs(&self, before: UnixMillis) -> io::Result<usize> {
        let known: HashSet<String> = self.shared.runs().known.keys().cloned().collect();
        let all = self.shared.data.join("deploys");
        slugs::apart(move || {
            let old = files::untouched_since(&all, "log", before)?;
            let old = old.into_iter().filter(|folder| {
                !folder.file_name().and_then(OsStr::to_str).is_some_and(|key| known.contains(key))
            });
            let mut dropped = 0;
            for folder in old {
                removal::remove(&folder)?;
                dropped += 1;
            }
            Ok(dropped)
        })
        .await
    }

    /// Names the slugs of what runs in some environment: they are kept whatever the bounds say. Until this is told,
    /// none is removed.
    pub fn set_live(&self, slugs: BTreeSet<String>) {
        self.shared.slugs.set_live(slugs);
    }

    /// Removes every build that runs nowhere and that no deploy under way uses: the disk has no room, and they can be
    /// built again. Nothing is removed until [`Commands::set_live`] was told.
    ///
    /// # Errors
    /// If one cannot be removed. Those after it are left.
    pub async fn give_way(&self) -> io::Result<()> {
        let in_use = self.shared.in_use(None);
        self.shared.slugs.give_way(&in_use).await
    }

    /// Where the log of a deploy is, once there is one.
    pub fn log(&self, key: &str) -> PathBuf {
        self.shared.folder(key).join("log")
    }

    /// Adds to the log of a deploy that somebody else carries out: a line of our own, and what a program has said, without
    /// these secrets.
    ///
    /// # Errors
    /// If the log's folder cannot be written.
    pub async fn add_to_log(
        &self,
        key: &str,
        (line, said): (&str, &str),
        secrets: &[String],
    ) -> io::Result<()> {
        let (folder, limit) = (self.shared.folder(key), self.shared.bounds.log_bytes);
        let mask = Mask::new(secrets);
        let opened = slugs::apart(move || {
            files::private_folder(&folder)?;
            Log::open(&folder.join("log"), limit, mask)
        });
        let mut log = opened.await?;
        log.say(line).await;
        log.read(said.as_bytes()).await;
        log.finish().await;
        Ok(())
    }

    /// Opens the log of a deploy to be read.
    ///
    /// # Errors
    /// If there is none, or if a program has put something else in its place.
    pub async fn open_log(&self, key: &str) -> io::Result<File> {
        let path = self.log(key);
        slugs::apart(move || files::open_to_read(&path)).await
    }

    /// Ends all programs, whose deploys can be handed over again after a restart, and takes no more. What has not
    /// ended `within` this time is killed.
    pub async fn shutdown(&self, within: Duration) {
        let known: Vec<_> = {
            let mut runs = self.shared.runs();
            runs.closing = true;
            runs.known.values().cloned().collect()
        };
        // Half of it, so that there is time to see that what is killed has gone.
        let grace = self.shared.bounds.grace.min(within / 2);
        for (run, _) in &known {
            run.stop.send_replace(Some(grace));
        }
        let all = async {
            for (run, _) in &known {
                run.is_over(Duration::MAX).await;
            }
        };
        if tokio::time::timeout(within, all).await.is_err() {
            for (run, task) in &known {
                // Dropping it kills its group.
                task.abort();
                run.is_over(Duration::from_secs(1)).await;
            }
        }
    }
}

/// Deploys one environment by programs.
#[derive(Clone)]
pub struct ProgramDriver {
    shared: Arc<Shared>,
    programs: Programs,
    secrets: SecretsNow,
    checkout: Arc<dyn Checkout>,
}

impl ProgramDriver {
    /// Sets the programs going, or those of the verify step alone.
    async fn hand_over(&self, request: &DeployRequest, only_verify: bool) -> Result<(), DriverError> {
        if self.shared.run(&request.key).is_some() {
            return Ok(());
        }
        let secrets = Arc::clone(&self.secrets);
        let secrets = slugs::apart(move || Ok(secrets())).await;
        let secrets = secrets.map_err(|error| DriverError::later(error.for_people()).caused_by(error))?;
        let secrets = Secrets(secrets?);
        environment::check(request, &self.programs, &secrets)?;
        let mut runs = self.shared.runs();
        if runs.closing {
            return Err(DriverError::later("the server is about to end"));
        }
        // Somebody else may have been faster.
        if !runs.known.contains_key(&request.key) {
            let run = Arc::new(Run::new(request.clone()));
            let task = Task {
                shared: Arc::clone(&self.shared),
                run: Arc::clone(&run),
                programs: self.programs.clone(),
                secrets,
                checkout: Arc::clone(&self.checkout),
                only_verify,
            };
            let task = tokio::spawn(task.carry_out().in_current_span()).abort_handle();
            runs.known.insert(request.key.clone(), (run, task));
        }
        Ok(())
    }
}

#[async_trait]
impl Driver for ProgramDriver {
    /// Starts the programs and does not wait for them. A deploy that is known already is left alone.
    async fn start(&self, request: &DeployRequest, _again: bool) -> Result<Started, DriverError> {
        self.hand_over(request, false).await?;
        Ok(Started { handle: Some(request.key.clone()), log_url: None })
    }

    fn can_verify(&self) -> bool {
        !self.programs.verify.is_empty()
    }

    /// In a copy of the same build, within the same bounds.
    async fn verify(&self, request: &DeployRequest) -> Result<(), DriverError> {
        self.hand_over(request, true).await
    }

    /// All reports since it was handed over. There are none of a deploy that is not known: [`Commands::knows`].
    async fn poll(&self, request: &DeployRequest) -> Result<Vec<DeployReport>, DriverError> {
        Ok(self.shared.run(&request.key).map(|run| run.reports()).unwrap_or_default())
    }

    fn can_cancel(&self, _: &Deploy) -> bool {
        true
    }

    /// Ends the programs, and answers when nothing of them runs any more. Of a deploy that is not known, it ends what
    /// a server that was killed has left.
    async fn cancel(&self, request: &DeployRequest) -> Result<CancelAnswer, DriverError> {
        let grace = self.shared.bounds.grace;
        let Some(run) = self.shared.run(&request.key) else {
            environment::check_key(&request.key)?;
            let folder = self.shared.folder(&request.key);
            group::end_leftover(&folder, &self.shared.home(&request.key), grace).await;
            return Ok(CancelAnswer::Ended);
        };
        run.stop.send_replace(Some(grace));
        // Beyond the grace: what is killed has to go, and its folders.
        if run.is_over(grace + Duration::from_secs(60)).await {
            return Ok(CancelAnswer::Ended);
        }
        Err(DriverError::later("the programs were killed and have not ended yet"))
    }
}
