//! Giving commits a name: a branch that was not there before. None that is there is ever moved.

use super::git::{Call, REMOTE_LIMIT};
use super::{GitError, Rebuilt, Repository, lines};
use crate::model::{BranchName, CommitId, ForPeople, UserMessage};

/// Why a branch was not made.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BranchError {
    /// It is there, at another commit.
    #[error("there is a branch {branch} already; choose another name")]
    Exists {
        /// The branch.
        branch: BranchName,
    },
    /// A branch is there that keeps git from having this one as well: `a` and `a/b` cannot both be.
    #[error("git cannot have a branch {branch} beside {other}; choose another name")]
    InTheWay {
        /// The branch that was to be made.
        branch: BranchName,
        /// The one that is there.
        other: String,
    },
    /// A server may have a branch of this name, but git makes none in a clone.
    #[error("git makes no local branch called {branch}; choose another name")]
    Unfit {
        /// The name.
        branch: BranchName,
    },
    /// The remote took the request and said no: a rule of the repository, for one.
    #[error("the remote does not take the branch {branch}: {why}")]
    Refused {
        /// The branch.
        branch: BranchName,
        /// What it said, shortened and without credentials.
        why: String,
    },
    /// git failed, or the remote let nobody in.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl ForPeople for BranchError {
    fn for_people(&self) -> UserMessage {
        match self {
            Self::Git(error) => error.for_people(),
            of_the_branch => UserMessage::new(of_the_branch.to_string()),
        }
    }
}

/// What a push of a new branch found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// Nothing: the branch is new.
    New,
    /// The branch was at this commit already.
    WasThere,
}

impl Repository {
    /// Makes a branch on a mirror's remote that points at a commit of the mirror's.
    ///
    /// Never by force: the push says that the branch must not be there, so one that somebody made meanwhile
    /// stays as it is. If it is there at this very commit, nothing is left to do and that is no error: so
    /// an attempt can be repeated. The authorization of the mirror's remote has to allow writing.
    pub async fn push_new_branch(
        &self,
        branch: &BranchName,
        commit: CommitId,
    ) -> Result<Pushed, BranchError> {
        if !self.missing(&[commit]).await?.is_empty() {
            return Err(GitError::NoSuchCommit { commit }.into());
        }
        self.bring_what_is_new(commit).await?;
        let full_ref = branch.full_ref();
        let call = Call::new("push")
            .args(["--porcelain", "--no-verify", "--no-follow-tags", "--no-signed"])
            .args(["--recurse-submodules=no", &format!("--force-with-lease={full_ref}:")])
            .args(["origin", &format!("{commit}:{full_ref}")])
            // Where the remote has moved on since the last fetch, more has to be sent than was foreseen.
            .fetching_files()
            .within(REMOTE_LIMIT);
        let answer = self.git.run(call).await?;
        let said = lines::text(&answer.stdout).into_owned();
        let verdict = said.lines().find_map(|line| line.strip_prefix("!\t"));
        let Some(verdict) = verdict.filter(|_| answer.status != 0) else {
            answer.ok()?;
            let was_there = said.lines().any(|line| line.starts_with("=\t"));
            return Ok(if was_there { Pushed::WasThere } else { Pushed::New });
        };
        let branch = branch.clone();
        let why = match answer.into_error() {
            GitError::Failed { stderr, .. } | GitError::Corrupt { stderr, .. } => stderr,
            other => return Err(other.into()),
        };
        let is_there = verdict.contains("(stale info)") || why.contains("already exists");
        if is_there {
            return Err(BranchError::Exists { branch });
        }
        let reason = verdict.rsplit('\t').next().unwrap_or_default();
        Err(BranchError::Refused { branch, why: format!("{reason} {why}") })
    }

    /// Makes a local branch of what was rebuilt here, and brings its commits in.
    ///
    /// The checkout, the index and every other branch stay as they are. It refuses if the name is taken,
    /// also by a branch that is checked out and has no commit yet.
    pub async fn make_branch(&self, branch: &BranchName, rebuilt: &Rebuilt) -> Result<(), BranchError> {
        self.is_free(branch).await?;
        let range = format!("{}\n^{}\n", rebuilt.tip, rebuilt.target);
        // Only what the workbench has of its own: all else is in the clone.
        let pack = Call::new("pack-objects").args(["--stdout", "--revs", "--local", "--quiet"]);
        let pack = rebuilt.workbench.git.ask(pack.input(range)).await?;
        self.git.ask(Call::new("unpack-objects").arg("-q").input(pack)).await?;
        let nothing = "0".repeat(40);
        let update = Call::new("update-ref")
            .args(["-m", "branch: Created by towpath", "--end-of-options", &branch.full_ref()])
            .args([rebuilt.tip.to_string(), nothing]);
        match self.git.ask(update).await {
            Ok(_) => Ok(()),
            Err(error) => {
                // Somebody may have been quicker.
                self.is_free(branch).await?;
                Err(error.into())
            }
        }
    }

    /// Whether a local branch of this name can be made; if not, why.
    pub async fn is_free(&self, branch: &BranchName) -> Result<(), BranchError> {
        let name = branch.as_str();
        if name.starts_with('-') || matches!(name, "HEAD" | "@") {
            return Err(BranchError::Unfit { branch: branch.clone() });
        }
        let unborn = self.checked_out().await?;
        let folders = name.match_indices('/').map(|(at, _)| format!("refs/heads/{}", &name[..at]));
        let around = folders.chain([branch.full_ref()]);
        let call = Call::new("for-each-ref").arg("--format=%(refname)").args(around);
        let answer = self.git.ask(call).await?;
        let found = lines::text(&answer);
        let mut found: Vec<&str> =
            found.lines().filter_map(|line| line.strip_prefix("refs/heads/")).collect();
        found.extend(unborn.as_ref().map(BranchName::as_str));
        if found.contains(&name) {
            return Err(BranchError::Exists { branch: branch.clone() });
        }
        let is_in_the_way = |other: &&&str| is_folder_of(other, name) || is_folder_of(name, other);
        match found.iter().find(is_in_the_way) {
            Some(other) => Err(BranchError::InTheWay { branch: branch.clone(), other: (*other).to_owned() }),
            None => Ok(()),
        }
    }
}

fn is_folder_of(folder: &str, name: &str) -> bool {
    name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}
