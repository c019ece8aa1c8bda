//! GitHub, as drivers see it.

use super::DriverError;
use crate::deploy::DeployReport;
use crate::model::{BranchName, CommitId, SharedError, TreeId, UnixMillis};
use std::collections::BTreeMap;
use std::path::Path;

/// What drivers need of GitHub, in one repository.
pub trait Forge: Send + Sync {
    /// What was said of a Deployment by others than the App, the oldest first.
    fn said_of(&self, deployment: u64)
    -> impl Future<Output = Result<Vec<DeployReport>, DriverError>> + Send;

    /// Dispatches a workflow on a branch. Answers its run where the server tells it.
    ///
    /// # Errors
    /// [`ForgeError`] tells what cannot be done from what may be tried again.
    fn dispatch(
        &self,
        file: &str,
        branch: &str,
        inputs: &BTreeMap<&'static str, String>,
    ) -> impl Future<Output = Result<Option<u64>, ForgeError>> + Send;

    /// The runs of a workflow that were dispatched since a moment, the newest first.
    fn dispatched_since(
        &self,
        file: &str,
        since: UnixMillis,
    ) -> impl Future<Output = Result<Vec<Run>, DriverError>> + Send;

    /// One run; `None` where there is none any more, which only happens once it has ended.
    fn run(&self, run: u64) -> impl Future<Output = Result<Option<Run>, DriverError>> + Send;

    /// Asks to have a run end, which takes a while. One that has ended already is none to complain of.
    ///
    /// # Errors
    /// [`DriverError::Refused`] where GitHub does not let the App do it.
    fn cancel(&self, run: u64) -> impl Future<Output = Result<(), DriverError>> + Send;

    /// The jobs of a run, in the order in which they began.
    fn jobs(&self, run: u64) -> impl Future<Output = Result<Vec<Job>, DriverError>> + Send;

    /// git's trees of the folders of the applications that a commit of a Commerce project describes, by their names.
    fn application_trees(
        &self,
        commit: CommitId,
    ) -> impl Future<Output = Result<BTreeMap<String, TreeId>, DriverError>> + Send;

    /// The commit that a branch is at; `None` where there is no such branch.
    fn tip_of(
        &self,
        branch: &BranchName,
    ) -> impl Future<Output = Result<Option<CommitId>, DriverError>> + Send;

    /// Makes ready what is to be pushed to another git server: answers the commit that its branch is to be at, or what was
    /// said where the server has to be asked for that and does not answer.
    ///
    /// # Errors
    /// [`DriverError::Refused`] where the repository does not have the commit.
    fn prepare_push(
        &self,
        push: &Push<'_>,
    ) -> impl Future<Output = Result<Result<CommitId, GitSaid>, DriverError>> + Send;

    /// Pushes what was made ready; never by force.
    fn push(
        &self,
        push: &Push<'_>,
        commit: CommitId,
    ) -> impl Future<Output = Result<GitSaid, DriverError>> + Send;
}

/// A push to another git server, over SSH.
#[derive(Debug, Clone, Copy)]
pub struct Push<'a> {
    /// A private folder that goes afterwards. ssh is run in a folder within it: its settings name files from there.
    pub folder: &'a Path,
    /// The file with ssh's settings; no other is read.
    pub settings: &'a Path,
    /// The program; `None` for the `ssh` that is found in `PATH`.
    pub program: Option<&'a Path>,
    /// The server's address, as git takes it.
    pub url: &'a str,
    /// Its branch.
    pub branch: &'a BranchName,
    /// What the branch is brought to.
    pub brings: Brings<'a>,
}

/// What a push brings a branch to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brings<'a> {
    /// A commit of the repository. The branch is at `tip`, as far as that is known.
    Commit {
        /// The commit.
        commit: CommitId,
        /// Where the branch is.
        tip: Option<CommitId>,
    },
    /// A new commit on top of what the branch is at, with all the files of this one. The same made at the same time is the
    /// same commit.
    FilesOf {
        /// The commit whose files they are.
        commit: CommitId,
        /// What is said with the new one.
        message: &'a str,
        /// When it is made.
        at: UnixMillis,
    },
}

/// What came of talking to another git server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitSaid {
    /// Whether it did what was asked.
    pub accepted: bool,
    /// Why the branch was not moved, in git's words.
    pub verdict: Option<String>,
    /// All that git, ssh and the server said.
    pub output: String,
}

/// Why GitHub did not dispatch a workflow.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ForgeError {
    /// There is no such workflow, or the App may not see it.
    #[error("there is no such workflow")]
    NotFound(#[source] SharedError),
    /// GitHub does not take it.
    #[error("GitHub does not dispatch the workflow")]
    Refused {
        /// GitHub's words.
        message: String,
        /// Its answer.
        source: SharedError,
    },
    /// The App may not.
    #[error("the App may not dispatch workflows")]
    Forbidden(#[source] SharedError),
    /// Something else.
    #[error(transparent)]
    Other(#[from] DriverError),
}

/// A run of a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// GitHub's number.
    pub id: u64,
    /// How it stands.
    pub state: RunState,
    /// The line by which people see it.
    pub title: String,
    /// Where people see it.
    pub url: String,
    /// When it last changed.
    pub changed_at: UnixMillis,
    /// Who or what started it.
    pub by: Option<String>,
}

/// A job of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// How it stands.
    pub state: RunState,
    /// The step that failed.
    pub failed_step: Option<String>,
    /// When it began, or ended if it has.
    pub at: Option<UnixMillis>,
}

/// How a run or a job stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunState {
    /// Nothing has begun.
    Queued,
    /// It waits for somebody's approval.
    Waiting,
    /// It is under way.
    Running,
    /// It has ended well, or there was nothing to do.
    Succeeded,
    /// It has ended otherwise, in GitHub's word for how: `failure`, `cancelled`.
    Ended(String),
}
