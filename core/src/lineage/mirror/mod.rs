//! A bare copy of one remote repository: made, kept fresh, shared, repaired, removed.
//!
//! A mirror is a folder of generations. Whoever asks one holds on to it, so that a new one can be made, or an old one
//! removed, while others ask; the files go with the last who does. `fetch.rs` has the git commands.

mod fetch;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex as SyncMutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::fs;
use tokio::sync::Mutex;

use super::generation::{self, ByGit, Generation, RemoteAccess};
use super::git::{Call, Git};
use super::{GitError, Remote, RemoteTurns, Repository, SmartHttp};
use crate::model::{BranchName, CommitId, error_chain};

/// How many refs and different tips may be told and moved without a git, which would find out which of them need be.
const REFS_MOST: usize = 250;

/// How the names of branches begin.
const HEADS: &str = "refs/heads/";

/// What a call of [`Mirror::fetch`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetched {
    /// It asked the remote itself, and brought what there was.
    Asked,
    /// It asked the remote, which has what is here and nothing else.
    Unchanged,
    /// A fetch that began after the call was made had already brought everything.
    Shared,
}

/// A bare copy of one remote repository: every commit, and files only where a question needed them.
///
/// The URL and the token are in no file of it. Share one value per folder: it keeps fetches from running
/// into each other. A [`Repository`] that was taken from it goes on answering whatever happens to the
/// mirror meanwhile.
#[derive(Debug)]
pub struct Mirror {
    folder: PathBuf,
    current: SyncMutex<Current>,
    wanted: SyncMutex<Wanted>,
    /// Held while the remote is asked.
    turn: Mutex<()>,
    remote: RemoteAccess,
    /// While it lasts, the remote is not asked for its refs without a git.
    by_git: ByGit,
}

/// The making of the mirror that is asked.
#[derive(Debug, Default)]
struct Current {
    /// Whether the folder has been looked into.
    seen: bool,
    generation: Option<Arc<Generation>>,
    /// The number of the last one that was made, whose folder may be in use though its name is free.
    made: u64,
}

/// Who waits for what. A ticket is handed out per call; a fetch covers the tickets handed out before it.
#[derive(Debug, Default)]
struct Wanted {
    tickets: u64,
    pulls: BTreeSet<u64>,
    /// The last fetch: up to which ticket it covers, and how it went.
    last: Option<(u64, Result<Fetched, GitError>)>,
}

impl Mirror {
    /// The directory in `folder` that a server asks at the moment, for who only wants to look and must change nothing.
    pub fn newest_in(folder: &std::path::Path) -> Option<PathBuf> {
        let entries = std::fs::read_dir(folder).ok()?.flatten();
        let number = |entry: &std::fs::DirEntry| entry.file_name().to_str()?.parse::<u64>().ok();
        entries.filter_map(|entry| Some((number(&entry)?, entry.path()))).max().map(|(_, path)| path)
    }

    /// The mirror kept in `folder`, which need not exist yet. Whatever else is in the folder is removed.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            current: SyncMutex::default(),
            wanted: SyncMutex::default(),
            turn: Mutex::new(()),
            remote: RemoteAccess::default(),
            by_git: ByGit::default(),
        }
    }

    /// The same, where a remote is asked without a git as far as that goes.
    #[must_use]
    pub fn asking_first(mut self, smart_http: Arc<SmartHttp>) -> Self {
        self.remote.smart_http = Some(smart_http);
        self
    }

    /// The same, where questions that need files from the remote wait for their turn.
    #[must_use]
    pub fn taking_turns(mut self, turns: Arc<dyn RemoteTurns>) -> Self {
        self.remote.turns = Some(turns);
        self
    }

    /// The mirror as a repository to ask. With a `remote`, questions that need files fetch them from there.
    pub fn repository(&self, remote: Option<Remote>) -> Repository {
        // Where none was made, the question says that there is no repository.
        let none = || Arc::new(Generation::new(self.folder.join("none"), RemoteAccess::default()));
        let generation = self.generation().unwrap_or_else(none);
        Repository::mirrored(&generation, remote)
    }

    /// Whether it has been made.
    pub fn exists(&self) -> bool {
        self.whole().is_some()
    }

    /// Whether an answer spoke of damage since the last fetch, which would find out and mend it.
    pub fn is_suspect(&self) -> bool {
        self.generation().is_some_and(|it| it.is_suspect())
    }

    /// What its commits and files take on the disk, in bytes. Looks at every file, so ask seldom.
    pub async fn size(&self) -> u64 {
        let Some(generation) = self.generation() else { return 0 };
        let size = tokio::task::spawn_blocking(move || generation.size());
        size.await.unwrap_or_default()
    }

    /// When something was last brought to it.
    pub fn written(&self) -> Option<SystemTime> {
        self.generation()?.written()
    }

    /// Whether the remote has any of these branches. It is asked without a mirror being made.
    pub async fn is_any_there(&self, remote: &Remote, branches: &[&BranchName]) -> Result<bool, GitError> {
        if branches.is_empty() {
            return Ok(false);
        }
        let refs: Vec<String> = branches.iter().map(|branch| branch.full_ref()).collect();
        if let Some(there) = self.refs_of(remote, &refs).await {
            return Ok(refs.iter().any(|name| there.contains_key(name)));
        }
        let call = Call::new("ls-remote").args(["--quiet", "--", "origin"]).args(refs);
        Ok(!self.ask_outside(remote, call).await?.is_empty())
    }

    /// The branches that the remote has; of those whose names nobody can write here nothing is said. It is asked without a
    /// mirror being made.
    pub async fn branches_of(&self, remote: &Remote) -> Result<BTreeSet<BranchName>, GitError> {
        Ok(self.tips_of(remote).await?.into_keys().collect())
    }

    /// The same with the commit that each is at.
    pub async fn tips_of(&self, remote: &Remote) -> Result<BTreeMap<BranchName, CommitId>, GitError> {
        let tip = |name: &str, at| Some((BranchName::new(name.strip_prefix(HEADS)?).ok()?, at));
        if let Some(there) = self.refs_of(remote, &[HEADS.to_owned()]).await {
            return Ok(there.into_iter().filter_map(|(name, at)| tip(&name, at)).collect());
        }
        let call = Call::new("ls-remote").args(["--quiet", "--heads", "--", "origin"]);
        let answer = self.ask_outside(remote, call).await?;
        let lines = String::from_utf8_lossy(&answer);
        let tips = lines.lines().filter_map(|line| line.split_once('\t'));
        Ok(tips.filter_map(|(at, name)| tip(name, at.parse().ok()?)).collect())
    }

    /// Asks git about the remote where no mirror need be.
    async fn ask_outside(&self, remote: &Remote, call: Call) -> Result<Vec<u8>, GitError> {
        let folder = self.folder.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder).await.map_err(|error| GitError::io("making a directory", error))?;
        Git::outside(folder).with_remote(remote.clone()).ask(call.online()).await
    }

    /// Makes the mirror agree with `remote`: all branches, and the refs of `pulls`.
    ///
    /// One fetch runs at a time. Callers who wait meanwhile share the next one: its outcome, good or bad,
    /// is theirs. The mirror is made on first use, and made again once if it turns out damaged. A caller
    /// who gives up takes nothing from the others.
    pub async fn fetch(&self, remote: &Remote, pulls: &[u64]) -> Result<Fetched, GitError> {
        self.fetch_in_turn(remote, pulls, std::future::ready(())).await
    }

    /// The same, where the remote is asked only once `turn` has come, and what that answers is held meanwhile. Whoever
    /// shares the fetch of another one waits for no turn of its own.
    pub async fn fetch_in_turn<T>(
        &self,
        remote: &Remote,
        pulls: &[u64],
        turn: impl Future<Output = T>,
    ) -> Result<Fetched, GitError> {
        let ticket = {
            let mut wanted = self.wanted();
            wanted.tickets += 1;
            wanted.pulls.extend(pulls);
            wanted.tickets
        };
        let _alone = self.turn.lock().await;
        if let Some((covered, outcome)) = &self.wanted().last
            && *covered >= ticket
        {
            return outcome.clone().map(|_| Fetched::Shared);
        }
        let _turn = turn.await;
        let (covers, pulls) = {
            let wanted = self.wanted();
            (wanted.tickets, wanted.pulls.clone())
        };
        let outcome = self.fetch_now(remote, &pulls).await;
        let mut wanted = self.wanted();
        // What can never be fetched must not keep the others from it for ever.
        if outcome.as_ref().map_or_else(|error| !error.may_pass(), |_| true) {
            // Who came during the fetch still waits for pull requests of the same number: those stay.
            let late = wanted.tickets > covers;
            wanted.pulls.retain(|number| late || !pulls.contains(number));
        }
        wanted.last = Some((covers, outcome.clone()));
        outcome
    }

    /// Throws the mirror away; the next fetch makes it anew. Whoever asks it just now is answered first.
    pub async fn discard(&self) {
        let _turn = self.turn.lock().await;
        if let Some(last) = self.retire().and_then(Arc::into_inner) {
            // No more than the time it takes is lost where it is not waited for.
            let _ = tokio::task::spawn_blocking(|| last.remove()).await;
        }
    }

    /// The same at once, unless it is being fetched. Tells whether it was.
    pub fn evict(&self) -> bool {
        let Ok(_turn) = self.turn.try_lock() else { return false };
        drop(self.retire());
        true
    }

    fn retire(&self) -> Option<Arc<Generation>> {
        self.replace(None).inspect(|generation| generation.retire())
    }

    fn wanted(&self) -> MutexGuard<'_, Wanted> {
        // Nothing panics while it is held, and the counters are whole at every instant.
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if !current.seen {
            let generation = generation::adopt(&self.folder, &self.remote);
            *current = Current { seen: true, generation, made: 0 };
        }
        current
    }

    fn generation(&self) -> Option<Arc<Generation>> {
        self.current().generation.clone()
    }

    fn replace(&self, by: Option<Arc<Generation>>) -> Option<Arc<Generation>> {
        std::mem::replace(&mut self.current().generation, by)
    }

    /// Where the next generation goes: no place that ever was in use.
    fn next_place(&self) -> PathBuf {
        let mut current = self.current();
        current.made = current.made.max(generation::highest(&self.folder)) + 1;
        self.folder.join(current.made.to_string())
    }

    fn whole(&self) -> Option<Arc<Generation>> {
        self.generation().filter(|it| it.is_whole())
    }

    async fn fetch_now(&self, remote: &Remote, pulls: &BTreeSet<u64>) -> Result<Fetched, GitError> {
        let Some(generation) = self.whole() else { return self.make(remote, pulls).await };
        if generation.is_suspect() {
            if !fetch::is_sound(generation.directory()).await {
                tracing::warn!("a question found the mirror damaged, and it is made again");
                return self.make(remote, pulls).await;
            }
            generation.trust();
        } else if let Some((here, there)) = self.told(&generation, remote, pulls).await {
            self.clear_temporary(&generation);
            if here == there {
                fetch::tidy(&generation).await;
                return Ok(Fetched::Unchanged);
            }
            if bring_without_git(&generation, remote, &here, &there).await {
                fetch::tidy(&generation).await;
                // What is damaged is left to git, which says so.
                if fetch::refs_in(&generation, pulls).await.is_ok() && !generation.is_suspect() {
                    return Ok(Fetched::Asked);
                }
            }
        }
        self.clear_temporary(&generation);
        let change = generation.known().refs_change();
        let fetched = fetch::fetch_into(generation.directory(), remote, pulls).await;
        drop(change);
        match fetched {
            Ok(()) => {
                generation.note_followed(true);
                fetch::tidy(&generation).await;
                // One question now is less than each of those that follow. Who asks them says what is wrong.
                let _ = fetch::refs_in(&generation, pulls).await;
                Ok(Fetched::Asked)
            }
            Err(error) if error.is_of_damage() || !fetch::is_readable(generation.directory()).await => {
                tracing::warn!(error = error_chain(&error), "the mirror is damaged and is made again");
                self.make(remote, pulls).await
            }
            Err(error) => {
                // A disk that is full is not to be kept full by what did not fit.
                self.clear_temporary(&generation);
                Err(error)
            }
        }
    }

    /// The refs that a fetch would find here, and those that the remote says it has.
    async fn told(
        &self,
        generation: &Arc<Generation>,
        remote: &Remote,
        pulls: &BTreeSet<u64>,
    ) -> Option<(BTreeMap<String, CommitId>, BTreeMap<String, CommitId>)> {
        let prefixes = fetch::prefixes(pulls);
        let there = self.refs_of(remote, &prefixes).await?;
        // What is known is looked at on the disk, which may have lost it.
        let is_as_seen = match generation.known().files_seen() {
            Some(files) => files.are_still_in(generation.directory()).await,
            None => false,
        };
        if !is_as_seen {
            generation.note_followed(false);
        }
        if let Some(here) = generation.known().listed(&prefixes).filter(|_| is_as_seen) {
            return Some((here, there));
        }
        Some((fetch::refs_in(generation, pulls).await.ok()?, there))
    }

    /// The remote's refs whose names begin so, as it tells them without a git; `None` where it has to be asked by one.
    async fn refs_of(&self, remote: &Remote, prefixes: &[String]) -> Option<BTreeMap<String, CommitId>> {
        let smart_http = self.remote.smart_http.as_ref()?;
        if self.by_git.lasts() {
            return None;
        }
        // Apart from the future of who asks: a client's is large.
        let told = Box::pin(smart_http.refs(remote, prefixes)).await;
        told.inspect_err(|error| {
            tracing::debug!(error = error_chain(error), "the remote did not tell its refs");
            if error.will_stay() {
                self.by_git.begin();
            }
        })
        .ok()
    }

    /// Only where no question works on it, and none can begin before this ends.
    fn clear_temporary(&self, generation: &Arc<Generation>) {
        let current = self.current();
        // The mirror's own hold and the caller's.
        if Arc::strong_count(generation) == 2 {
            generation.clear_temporary();
        }
        drop(current);
    }

    /// Makes the mirror beside what is there, and takes it in use when it is done. It has the pull requests
    /// that were there, or each would have to be fetched by itself.
    async fn make(&self, remote: &Remote, pulls: &BTreeSet<u64>) -> Result<Fetched, GitError> {
        let mut pulls = pulls.clone();
        if let Some(before) = self.generation() {
            pulls.extend(fetch::pulls_in(before.directory()).await);
        }
        let place = self.next_place();
        let making = place.with_extension("new");
        let made = self.make_at(&making, remote, &pulls).await;
        if let Err(error) = made {
            // What is half made takes room; that it stays is found at the next start.
            let _ = fs::remove_dir_all(&making).await;
            return Err(error);
        }
        let moved = fs::rename(&making, &place).await;
        moved.map_err(|error| GitError::io("moving the new mirror to its place", error))?;
        let generation = Arc::new(Generation::new(place, self.remote.clone()));
        generation.note_followed(true);
        if let Some(before) = self.replace(Some(Arc::clone(&generation))) {
            before.retire();
        }
        // One question now is less than each of those that follow. Who asks them says what is wrong.
        let _ = fetch::refs_in(&generation, &pulls).await;
        Ok(Fetched::Asked)
    }

    async fn make_at(
        &self,
        making: &std::path::Path,
        remote: &Remote,
        pulls: &BTreeSet<u64>,
    ) -> Result<(), GitError> {
        remove(making).await?;
        fs::create_dir_all(making).await.map_err(|error| GitError::io("making a directory", error))?;
        fetch::initialize(making).await?;
        fetch::fetch_into(making, remote, pulls).await
    }
}

/// Brings what the remote has just told of without a git that asks it all once more. Tells whether it did: a fetch by git is
/// for all that is large or odd, finds out whether history is whole, and says what is wrong.
async fn bring_without_git(
    generation: &Generation,
    remote: &Remote,
    here: &BTreeMap<String, CommitId>,
    there: &BTreeMap<String, CommitId>,
) -> bool {
    let Some(smart_http) = generation.smart_http().filter(|_| generation.is_followed()) else { return false };
    let commits = |refs: &BTreeMap<String, CommitId>| refs.values().copied().collect::<BTreeSet<_>>();
    let (haves, mut wants) = (commits(here), commits(there));
    wants.retain(|commit| !haves.contains(commit));
    let is_gone = here.keys().any(|name| !there.contains_key(name));
    if is_gone || haves.is_empty() || haves.len() > REFS_MOST || there.len() > REFS_MOST {
        return false;
    }
    let mut pack = None;
    if !wants.is_empty() {
        match Box::pin(smart_http.commits(remote, &wants, &haves)).await {
            Ok(brought) => pack = Some(brought),
            Err(error) => {
                generation.note_not_brought(&error);
                return false;
            }
        }
    }
    let change = generation.known().refs_change();
    let taken = fetch::take_in(generation.directory(), pack, here, there).await;
    drop(change);
    taken.inspect_err(|error| generation.note_not_brought(error)).is_ok()
}

async fn remove(directory: &std::path::Path) -> Result<(), GitError> {
    match fs::remove_dir_all(directory).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(GitError::io("removing a directory", error))
        }
        _ => Ok(()),
    }
}
