//! Bringing a commit to another git server over SSH: from a repository that is made for it and goes with its folder.
//!
//! A mirror has no files, and what it lacks it fetches one by one. So the commit is fetched anew, with as much of its
//! history as the other server lacks. Nothing is ever pushed by force.

use super::checkout;
use super::git::{Call, Git, REMOTE_LIMIT};
use super::workbench::write_commit;
use super::{Committer, GitError, Remote, SshRemote, lines};
use crate::model::{BranchName, CommitId, TreeId};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a push may take. A server may hold it until it has worked on what came.
const PUSH_LIMIT: Duration = Duration::from_secs(20 * 60);
/// Where the branch of the other server is kept.
const TIP: &str = "refs/towpath/tip";

/// What came of talking to the other server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshAnswer {
    /// Whether it did what was asked.
    pub accepted: bool,
    /// Why it did not move the branch, in git's words, where it was asked to.
    pub verdict: Option<String>,
    /// All that git, ssh and the server said, the first 64 kB of it.
    pub said: String,
}

/// A repository from which one commit is brought to another server.
#[derive(Debug, Clone)]
pub struct PushBench {
    place: PathBuf,
    ssh: SshRemote,
}

impl PushBench {
    /// A new one in `folder`, which has none yet. Commands for the other server run in a folder within it.
    pub async fn make(folder: &Path, ssh: SshRemote) -> Result<Self, GitError> {
        let bench = Self::made(folder, ssh);
        let place = &bench.place;
        std::fs::create_dir(place).map_err(|error| GitError::io("making a folder", error))?;
        let init = Call::new("init").args(["--bare", "--quiet", "--template=", "--"]);
        Git::outside(place).ask(init.arg(place.as_os_str())).await?;
        Ok(bench)
    }

    /// The one that was made in `folder`.
    pub fn made(folder: &Path, ssh: SshRemote) -> Self {
        Self { place: folder.join("repository"), ssh }
    }

    /// Fetches a commit, and what is behind it as far as `depth` goes.
    pub async fn fetch(&self, from: &Remote, commit: CommitId, depth: Option<usize>) -> Result<(), GitError> {
        checkout::fetch(&self.place, from, commit, depth).await
    }

    /// Fetches what the branch of the other server is at; without its history.
    pub async fn fetch_tip(&self, branch: &BranchName) -> Result<SshAnswer, GitError> {
        let call = Call::new("fetch")
            .args(["--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"])
            .args(["--no-recurse-submodules", "origin", &format!("+{}:{TIP}", branch.full_ref())])
            .online()
            .within(REMOTE_LIMIT);
        let answer = self.git().with_ssh(self.ssh.clone()).run(call).await?;
        Ok(SshAnswer { accepted: answer.status == 0, verdict: None, said: answer.said })
    }

    /// A commit on top of what [`PushBench::fetch_tip`] has fetched, with all the files of another one, which is there. The
    /// same arguments give the same commit.
    pub async fn on_top(
        &self,
        files_of: CommitId,
        (message, committer): (&str, &Committer),
    ) -> Result<CommitId, GitError> {
        let tree: TreeId = self.named(&format!("{files_of}^{{tree}}")).await?;
        let tip: CommitId = self.named(&format!("{TIP}^{{commit}}")).await?;
        let by = committer.signature();
        let content = format!("tree {tree}\nparent {tip}\nauthor {by}\ncommitter {by}\n\n{message}\n");
        write_commit(&self.git(), content.into_bytes()).await
    }

    /// Moves the branch of the other server on to a commit.
    pub async fn push(&self, branch: &BranchName, commit: CommitId) -> Result<SshAnswer, GitError> {
        let call = Call::new("push")
            .args(["--porcelain", "--no-verify", "--no-follow-tags", "--no-signed"])
            .args(["--recurse-submodules=no", "origin", &format!("{commit}:{}", branch.full_ref())])
            .online()
            .within(PUSH_LIMIT);
        let answer = self.git().with_ssh(self.ssh.clone()).run(call).await?;
        let report = lines::text(&answer.stdout);
        let refused = report.lines().find_map(|line| line.strip_prefix("!\t"));
        let verdict = refused.map(|line| line.rsplit('\t').next().unwrap_or_default().to_owned());
        Ok(SshAnswer { accepted: answer.status == 0, verdict, said: answer.said })
    }

    async fn named<T: std::str::FromStr>(&self, name: &str) -> Result<T, GitError> {
        let call = Call::new("rev-parse").args(["--verify", "--quiet", "--end-of-options", name]);
        lines::id("rev-parse", lines::text(&self.git().ask(call).await?).trim())
    }

    fn git(&self) -> Git {
        Git::at(&self.place)
    }
}
