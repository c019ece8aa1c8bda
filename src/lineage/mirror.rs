use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex as SyncMutex, MutexGuard, PoisonError};

use tokio::fs;
use tokio::sync::Mutex;

use super::git::{Call, Git};
use super::{GitError, Remote, Repository};
use crate::flow::BranchName;

/// Each fetch that brings something leaves a pack behind; past this many, looking an object up gets slow.
const PACKS_AT_MOST: usize = 50;

/// What a call of [`Mirror::fetch`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetched {
    /// It asked the remote itself.
    Asked,
    /// A fetch that began after the call was made had already brought everything.
    Shared,
}

/// A bare copy of one remote repository: every commit, and files only where a question needed them.
///
/// The URL and the token are in no file of it. Share one value per directory: it keeps fetches from
/// running into each other.
#[derive(Debug)]
pub struct Mirror {
    directory: PathBuf,
    wanted: SyncMutex<Wanted>,
    /// Held while the remote is asked.
    turn: Mutex<()>,
}

/// Who waits for what. A ticket is handed out per call; a fetch covers the tickets handed out before it.
#[derive(Debug, Default)]
struct Wanted {
    tickets: u64,
    pulls: BTreeSet<u64>,
    /// The last fetch: up to which ticket it covers, and how it went.
    last: Option<(u64, Result<(), GitError>)>,
}

impl Mirror {
    /// The mirror kept in `directory`, which need not exist yet.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), wanted: SyncMutex::default(), turn: Mutex::new(()) }
    }

    /// The mirror as a repository to ask. With a `remote`, questions that need files fetch them from there.
    pub fn repository(&self, remote: Option<Remote>) -> Repository {
        Repository::mirrored(&self.directory, remote)
    }

    /// Whether it has been made.
    pub async fn exists(&self) -> bool {
        self.is_whole().await
    }

    /// Whether the remote has any of these branches. It is asked without a mirror being made.
    pub async fn is_any_there(&self, remote: &Remote, branches: &[&BranchName]) -> Result<bool, GitError> {
        let folder = self.directory.parent().unwrap_or(&self.directory);
        fs::create_dir_all(folder).await.map_err(|error| GitError::io("making a directory", &error))?;
        let call = Call::new("ls-remote").args(["--quiet", "--", "origin"]);
        let refs = branches.iter().map(|branch| format!("refs/heads/{branch}"));
        let answer = Git::outside(folder).with_remote(remote.clone()).ask(call.args(refs).online()).await?;
        Ok(!answer.is_empty())
    }

    /// Makes the mirror agree with `remote`: all branches, and the refs of `pulls`.
    ///
    /// One fetch runs at a time. Callers who wait meanwhile share the next one: its outcome, good or bad,
    /// is theirs. The mirror is made on first use, and made again once if it turns out damaged. A caller
    /// who gives up takes nothing from the others.
    pub async fn fetch(&self, remote: &Remote, pulls: &[u64]) -> Result<Fetched, GitError> {
        let ticket = {
            let mut wanted = self.wanted();
            wanted.tickets += 1;
            wanted.pulls.extend(pulls);
            wanted.tickets
        };
        let _turn = self.turn.lock().await;
        let (covers, pulls) = {
            let wanted = self.wanted();
            if let Some((covered, outcome)) = &wanted.last
                && *covered >= ticket
            {
                return outcome.clone().map(|()| Fetched::Shared);
            }
            (wanted.tickets, wanted.pulls.clone())
        };
        let outcome = self.fetch_now(remote, &pulls).await;
        let mut wanted = self.wanted();
        if outcome.is_ok() {
            // Who came during the fetch still waits for pull requests of the same number: those stay.
            let late = wanted.tickets > covers;
            wanted.pulls.retain(|number| late || !pulls.contains(number));
        }
        wanted.last = Some((covers, outcome.clone()));
        outcome.map(|()| Fetched::Asked)
    }

    /// Throws the mirror away; the next fetch makes it anew.
    pub async fn discard(&self) -> Result<(), GitError> {
        let _turn = self.turn.lock().await;
        self.remove().await
    }

    fn wanted(&self) -> MutexGuard<'_, Wanted> {
        // Nothing panics while it is held, and the counters are whole at every instant.
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch_now(&self, remote: &Remote, pulls: &BTreeSet<u64>) -> Result<(), GitError> {
        if !self.is_whole().await {
            return self.make(remote, pulls).await;
        }
        match fetch_into(&self.directory, remote, pulls).await {
            Err(error) if error.is_of_damage() || !self.is_sound().await => {
                tracing::warn!(%error, "the mirror is damaged and is made again");
                self.make(remote, pulls).await
            }
            outcome => {
                if outcome.is_ok() && packs(&self.directory).await > PACKS_AT_MOST {
                    self.tidy().await;
                }
                outcome
            }
        }
    }

    /// Whether the files every git directory has are there. A half-made one never is: it is made elsewhere
    /// and moved here when it is done.
    async fn is_whole(&self) -> bool {
        for part in ["HEAD", "config", "objects", "refs"] {
            if fs::metadata(self.directory.join(part)).await.is_err() {
                return false;
            }
        }
        true
    }

    /// Whether every branch's commit can be read.
    async fn is_sound(&self) -> bool {
        Git::at(&self.directory).ask(Call::new("for-each-ref").arg("--format=%(tree)")).await.is_ok()
    }

    /// Makes the mirror in a folder beside it and moves it to its place.
    async fn make(&self, remote: &Remote, pulls: &BTreeSet<u64>) -> Result<(), GitError> {
        let making = self.beside("new");
        remove(&making).await?;
        fs::create_dir_all(&making).await.map_err(|error| GitError::io("making a directory", &error))?;
        initialize(&making).await?;
        fetch_into(&making, remote, pulls).await?;
        self.remove().await?;
        let moved = fs::rename(&making, &self.directory).await;
        moved.map_err(|error| GitError::io("moving the new mirror to its place", &error))
    }

    /// Moves it out of the way first, so that no question meets half of it.
    async fn remove(&self) -> Result<(), GitError> {
        let old = self.beside("old");
        remove(&old).await?;
        match fs::rename(&self.directory, &old).await {
            Ok(()) => remove(&old).await,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(GitError::io("moving the old mirror away", &error)),
        }
    }

    /// Makes one pack of many. A failure costs speed only.
    async fn tidy(&self) {
        let git = Git::at(&self.directory);
        let repack = Call::new("repack").args(["-a", "-d", "-q", "--no-write-bitmap-index"]);
        let limit = super::git::REMOTE_LIMIT;
        if let Err(error) = git.ask(repack.within(limit)).await {
            tracing::warn!(%error, "the packs of a mirror could not be put together");
        }
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.directory.file_name().unwrap_or_default().to_owned();
        name.push(".");
        name.push(ending);
        self.directory.with_file_name(name)
    }
}

async fn remove(directory: &Path) -> Result<(), GitError> {
    match fs::remove_dir_all(directory).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(GitError::io("removing a directory", &error))
        }
        _ => Ok(()),
    }
}

/// An empty bare repository that fetches commits without files, and checks the files it is given.
async fn initialize(directory: &Path) -> Result<(), GitError> {
    const SETTINGS: [(&str, &str); 6] = [
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.partialCloneFilter", "tree:0"),
        ("transfer.fsckObjects", "true"),
        ("fetch.writeCommitGraph", "true"),
    ];
    // Before it is a repository, git has to be told by its argument, not by its directory.
    let outside = Git::inside(directory);
    let place = directory.as_os_str();
    outside.ask(Call::new("init").args(["--bare", "--quiet", "--template=", "--"]).arg(place)).await?;
    let git = Git::at(directory);
    for (key, value) in SETTINGS {
        git.ask(Call::new("config").args([key, value])).await?;
    }
    Ok(())
}

async fn fetch_into(directory: &Path, remote: &Remote, pulls: &BTreeSet<u64>) -> Result<(), GitError> {
    let git = Git::at(directory).with_remote(remote.clone());
    // Patterns: one that matches nothing is no failure, and what is gone on the remote goes here too.
    let pulls = pulls.iter().map(|number| format!("+refs/pull/{number}/*:refs/pull/{number}/*\n"));
    let wanted = String::from("+refs/heads/*:refs/heads/*\n") + &pulls.collect::<String>();
    let call = Call::new("fetch")
        .args(["--quiet", "--prune", "--no-tags", "--filter=tree:0", "--no-write-fetch-head"])
        .args(["--no-auto-maintenance", "--no-recurse-submodules", "--stdin", "origin"])
        // What git complains of in commits are names and dates that old importers and clocks got wrong.
        // They do no harm, but one in the history would keep the whole repository from being judged, and
        // where files are left out git cannot be told which complaints to pass over.
        .setting("fetch.fsckObjects", "false")
        .input(wanted)
        .online();
    git.ask(call).await.map(drop)
}

async fn packs(directory: &Path) -> usize {
    let Ok(mut entries) = fs::read_dir(directory.join("objects/pack")).await else { return 0 };
    let mut count = 0;
    while let Ok(Some(entry)) = entries.next_entry().await {
        count += usize::from(entry.path().extension().is_some_and(|ending| ending == "pack"));
    }
    count
}
