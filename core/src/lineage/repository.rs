use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::generation::Generation;
use super::git::{Call, Git};
use super::lines::{self, read_refs, text};
use super::{GitError, Remote};
use crate::model::{BranchName, Commit, CommitId, PromotionPath};

/// A branch and where it points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchTip {
    /// Its name.
    pub branch: BranchName,
    /// The full name of the ref it was read from.
    pub full_ref: String,
    /// Its tip.
    pub commit: CommitId,
}

/// What a repository offers of a path, before anything is judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// Whether history is cut off, so that sets of commits cannot be trusted.
    pub shallow: bool,
    /// Whether there is no commit at all.
    pub empty: bool,
    /// The branches of the path that are there.
    pub tips: BTreeMap<BranchName, BranchTip>,
}

/// Where everything is that the verdict on a pull request begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedTips {
    /// The branches of the path.
    pub survey: Survey,
    /// The pull request's head, if it was fetched.
    pub head: Option<CommitId>,
    /// The tip of its base, if there is such a branch.
    pub base: Option<CommitId>,
}

/// One repository that can be asked about its history. Cheap to clone; every question reads it afresh.
#[derive(Debug, Clone)]
pub struct Repository {
    pub(super) git: Git,
    pub(super) git_dir: PathBuf,
    pub(super) common_dir: PathBuf,
    /// The remotes that it knows by a name.
    remotes: Vec<String>,
    /// The remote whose branches count in a clone; `None` where the branches are the repository's own.
    tracking: Option<String>,
    /// Whether new objects may be written into it.
    pub(super) writable: bool,
    /// The pull request whose test merge may be there as `refs/pull/N/merge`.
    pub(super) pull: Option<u64>,
}

impl Repository {
    /// The repository that `directory` is part of: a person's clone, a bare one or a worktree.
    ///
    /// In a clone a branch means the remote's branch of that name as last fetched, where there is one:
    /// that is what a pull request meets. The remote is the only one; of several, the one that
    /// [`Repository::tracking`] names.
    pub async fn open(directory: &Path) -> Result<Self, GitError> {
        Self::located(&Git::inside(directory), directory).await
    }

    /// The repository that the variable `GIT_DIR` names.
    pub async fn open_git_dir(git_dir: &Path) -> Result<Self, GitError> {
        let whole = std::path::absolute(git_dir).map_err(|error| GitError::io("finding GIT_DIR", error))?;
        let beside = whole.parent().unwrap_or(&whole);
        Self::located(&Git::inside(beside).with_git_dir(&whole), git_dir).await
    }

    async fn located(asked: &Git, place: &Path) -> Result<Self, GitError> {
        let question =
            Call::new("rev-parse").args(["--path-format=absolute", "--absolute-git-dir", "--git-common-dir"]);
        let answer = asked.ask(question).await.map_err(|error| match error {
            GitError::Corrupt { stderr, .. } if stderr.contains("not a git repository") => {
                GitError::NotARepository { place: place.display().to_string() }
            }
            other => other,
        })?;
        let answer = text(&answer);
        let mut directories = answer.lines().map(PathBuf::from);
        let (Some(git_dir), Some(common_dir)) = (directories.next(), directories.next()) else {
            let why = "two directories were expected".to_owned();
            return Err(GitError::Unreadable { what: "rev-parse", why });
        };
        let git = Git::at(&git_dir);
        let remotes = git.ask(Call::new("remote")).await?;
        let remotes: Vec<String> = text(&remotes).lines().map(str::to_owned).collect();
        let tracking = if let [only] = remotes.as_slice() { Some(only.clone()) } else { None };
        Ok(Self { git, git_dir, common_dir, remotes, tracking, writable: false, pull: None })
    }

    /// A mirror, whose branches are its own and whose files come from `remote` when they are needed.
    pub(super) fn mirrored(generation: &Arc<Generation>, remote: Option<Remote>) -> Self {
        let common_dir = generation.directory().to_owned();
        let git = Git::of_mirror(generation);
        let git = match remote {
            Some(remote) => git.with_remote(remote),
            None => git,
        };
        let git_dir = common_dir.clone();
        Self { git, git_dir, common_dir, remotes: Vec::new(), tracking: None, writable: true, pull: None }
    }

    /// A mirror that another process keeps, in this folder: it is only read.
    pub fn beside(directory: &Path) -> Self {
        let (git, git_dir) = (Git::at(directory), directory.to_owned());
        let common_dir = git_dir.clone();
        Self { git, git_dir, common_dir, remotes: Vec::new(), tracking: None, writable: false, pull: None }
    }

    /// Where its objects are kept.
    pub(super) fn objects(&self) -> PathBuf {
        self.common_dir.join("objects")
    }

    /// The same repository, asked about the pull request of this number: GitHub's own test merge is used
    /// where it is there and fresh.
    #[must_use]
    pub fn for_pull(mut self, number: u64) -> Self {
        self.pull = Some(number);
        self
    }

    /// Whether history is cut off: then no set of commits can be trusted.
    pub async fn is_shallow(&self) -> bool {
        let marker = tokio::fs::metadata(self.common_dir.join("shallow")).await;
        marker.is_ok_and(|file| file.len() > 0)
    }

    /// Where `branch` points, as a pull request meets it; `None` if it does not exist.
    pub async fn branch(&self, branch: &BranchName) -> Result<Option<CommitId>, GitError> {
        Ok(self.tip(branch).await?.map(|tip| tip.commit))
    }

    /// The same, with the ref that it was read from.
    pub async fn tip(&self, branch: &BranchName) -> Result<Option<BranchTip>, GitError> {
        Ok(self.tips([branch]).await?.remove(branch))
    }

    /// A branch of the remote's as it was last fetched; where the branches are the repository's own, one of those.
    pub async fn fetched(&self, branch: &BranchName) -> Result<Option<BranchTip>, GitError> {
        let full_ref = match self.tracking_ref(branch) {
            Some(tracking) if !self.is_bare().await? => tracking,
            _ => return self.tip(branch).await,
        };
        let commit = self.resolve(&full_ref).await?;
        Ok(commit.map(|commit| BranchTip { branch: branch.clone(), full_ref, commit }))
    }

    /// A branch as a person means it who wants to merge it: their own, else the remote's. With or without
    /// the remote's name before it; the answer has the name that a pull request would show.
    pub async fn head_branch(&self, branch: &BranchName) -> Result<Option<BranchTip>, GitError> {
        let bare = self.without_remote(branch);
        let own = Some((branch.full_ref(), branch));
        let tracked = self.tracking_ref(branch).map(|full_ref| (full_ref, branch));
        let spelled_out =
            bare.as_ref().and_then(|bare| self.tracking_ref(bare).map(|full_ref| (full_ref, bare)));
        for (full_ref, name) in [own, tracked, spelled_out].into_iter().flatten() {
            if let Some(commit) = self.resolve(&full_ref).await? {
                return Ok(Some(BranchTip { branch: name.clone(), full_ref, commit }));
            }
        }
        Ok(None)
    }

    /// The branch that `REMOTE/branch` names, where that is the remote whose branches count.
    pub fn without_remote(&self, branch: &BranchName) -> Option<BranchName> {
        let name = branch.as_str().strip_prefix(self.tracking.as_deref()?)?.strip_prefix('/')?;
        BranchName::new(name).ok()
    }

    /// The remotes that it knows by a name.
    pub fn remotes(&self) -> &[String] {
        &self.remotes
    }

    /// The same repository, in which the branches of this remote count.
    #[must_use]
    pub fn tracking(mut self, remote: &str) -> Self {
        self.tracking = Some(remote.to_owned());
        self
    }

    /// The remote that a local branch is fetched from, where one of those here is set for it.
    pub async fn upstream_remote(&self, branch: &BranchName) -> Result<Option<String>, GitError> {
        let key = format!("branch.{branch}.remote");
        let answer = self.git.run(Call::new("config").args(["--get", &key])).await?;
        let said = text(&answer.stdout);
        Ok(self.remotes.iter().find(|remote| *remote == said.trim_end()).cloned())
    }

    /// Whether it has no work tree.
    pub(super) async fn is_bare(&self) -> Result<bool, GitError> {
        let answer = self.git.ask(Call::new("rev-parse").arg("--is-bare-repository")).await?;
        Ok(text(&answer).trim() == "true")
    }

    /// The remote whose branches count in this clone.
    pub fn tracked_remote(&self) -> Option<&str> {
        self.tracking.as_deref()
    }

    /// The commit that a full ref name or any other expression of git's means; `None` if there is none.
    pub async fn resolve(&self, revision: &str) -> Result<Option<CommitId>, GitError> {
        if revision.is_empty() || revision.starts_with('-') || revision.contains(['\0', '\n']) {
            return Ok(None);
        }
        let wanted = format!("{revision}^{{commit}}");
        let call = Call::new("rev-parse").args(["--verify", "--quiet", "--end-of-options", &wanted]);
        let answer = self.git.run(call).await?;
        if answer.status != 0 {
            return Ok(None);
        }
        lines::id("rev-parse", text(&answer.stdout).trim()).map(Some)
    }

    /// The branch that is checked out, if one is.
    pub async fn checked_out(&self) -> Result<Option<BranchName>, GitError> {
        let answer = self.git.run(Call::new("symbolic-ref").args(["--quiet", "HEAD"])).await?;
        let name = text(&answer.stdout);
        let name = name.trim().strip_prefix("refs/heads/").filter(|_| answer.status == 0);
        Ok(name.and_then(|name| BranchName::new(name).ok()))
    }

    /// What the repository offers of `path`'s path.
    pub async fn survey(&self, path: &PromotionPath) -> Result<Survey, GitError> {
        let (tips, shallow) = tokio::join!(self.tips(path.judged_branches()), self.is_shallow());
        let tips = tips?;
        let empty = tips.is_empty() && self.is_empty().await?;
        Ok(Survey { shallow, empty, tips })
    }

    /// What a mirror holds of the pull request that this is asked for, all in one question: many are judged
    /// because one branch has moved.
    pub async fn standing(&self, path: &PromotionPath, base: &BranchName) -> Result<FetchedTips, GitError> {
        let head = self.pull.map(|number| format!("refs/pull/{number}/head"));
        let path: Vec<&BranchName> = path.judged_branches().collect();
        let names = self.names(path.iter().copied().chain([base])).chain(head.clone());
        let (found, shallow) = tokio::join!(self.found(names), self.is_shallow());
        let found = found?;
        let tips = self.tips_among(path, &found);
        let empty = tips.is_empty() && self.is_empty().await?;
        Ok(FetchedTips {
            survey: Survey { shallow, empty, tips },
            head: head.and_then(|head| found.get(&head).copied()),
            base: self.tips_among([base], &found).remove(base).map(|tip| tip.commit),
        })
    }

    /// Where `branches` point: those that exist, in one question.
    async fn tips<'a>(
        &self,
        branches: impl IntoIterator<Item = &'a BranchName>,
    ) -> Result<BTreeMap<BranchName, BranchTip>, GitError> {
        let branches: Vec<&BranchName> = branches.into_iter().collect();
        let found = self.found(self.names(branches.iter().copied())).await?;
        Ok(self.tips_among(branches, &found))
    }

    /// The refs that a branch may be kept under.
    pub(super) fn names<'a>(
        &self,
        branches: impl Iterator<Item = &'a BranchName>,
    ) -> impl Iterator<Item = String> {
        branches.flat_map(|branch| self.tracking_ref(branch).into_iter().chain([branch.full_ref()]))
    }

    /// Where those of these refs point that exist.
    async fn found(
        &self,
        names: impl Iterator<Item = String>,
    ) -> Result<BTreeMap<String, CommitId>, GitError> {
        let names: Vec<String> = names.collect();
        let Some(known) = self.git.known() else { return self.found_by_git(names.iter()).await };
        if let Some(found) = known.refs(&names) {
            return Ok(found.into_iter().collect());
        }
        let (as_of, asked) = (known.refs_as_of(), known.usual_refs(&names));
        let found = self.found_by_git(asked.iter()).await?;
        known.note_refs(as_of, asked.into_iter().map(|name| (name.clone(), found.get(&name).copied())));
        Ok(found)
    }

    async fn found_by_git(
        &self,
        names: impl Iterator<Item = &String>,
    ) -> Result<BTreeMap<String, CommitId>, GitError> {
        let call = Call::new("for-each-ref").arg("--format=%(refname) %(objectname)").args(names);
        read_refs(&self.git.ask(call).await?)
    }

    pub(super) fn tips_among<'a>(
        &self,
        branches: impl IntoIterator<Item = &'a BranchName>,
        found: &BTreeMap<String, CommitId>,
    ) -> BTreeMap<BranchName, BranchTip> {
        let tip = |branch: &BranchName| {
            let full_ref = self.names(std::iter::once(branch)).find(|name| found.contains_key(name))?;
            let commit = *found.get(&full_ref)?;
            Some((branch.clone(), BranchTip { branch: branch.clone(), full_ref, commit }))
        };
        branches.into_iter().filter_map(tip).collect()
    }

    pub(super) fn tracking_ref(&self, branch: &BranchName) -> Option<String> {
        // Under this name a clone keeps which branch is the remote's default one.
        let tracking = self.tracking.as_ref().filter(|_| branch.as_str() != "HEAD");
        tracking.map(|remote| format!("refs/remotes/{remote}/{branch}"))
    }

    async fn is_empty(&self) -> Result<bool, GitError> {
        let refs = self.git.ask(Call::new("for-each-ref").args(["--count=1", "--format=%(refname)"])).await?;
        Ok(refs.is_empty() && self.resolve("HEAD").await?.is_none())
    }

    /// Which of `commits` are not in this repository.
    pub async fn missing(&self, commits: &[CommitId]) -> Result<Vec<CommitId>, GitError> {
        let is_known = |id: &CommitId| self.git.known().is_some_and(|known| known.has_commit(*id));
        let asked: Vec<CommitId> = commits.iter().copied().filter(|id| !is_known(id)).collect();
        if asked.is_empty() {
            return Ok(asked);
        }
        let call = Call::new("cat-file").arg("--batch-check=%(objecttype)").input(lines::list(&asked));
        let answer = self.git.ask(call).await?;
        let kinds = text(&answer);
        let kinds = kinds.lines().zip(asked);
        let (there, missing): (Vec<_>, Vec<_>) = kinds.partition(|(kind, _)| *kind == "commit");
        if let Some(known) = self.git.known() {
            known.note_commits(there.into_iter().map(|(_, id)| id));
        }
        let missing: Vec<CommitId> = missing.into_iter().map(|(_, id)| id).collect();
        if !missing.is_empty() && self.writable {
            // Where a branch points at what is missing, git says so, and the mirror is to be mended.
            let _ = self.git.run(Call::new("for-each-ref").arg("--format=%(tree)")).await?;
        }
        Ok(missing)
    }

    /// The metadata of commits `revisions` names, in the order `options` ask for.
    pub(super) async fn log(&self, options: &[&str], revisions: &[String]) -> Result<Vec<Commit>, GitError> {
        let call = Call::new("rev-list")
            .args(["--no-commit-header", lines::COMMIT_FORMAT])
            .args(options)
            .arg("--end-of-options")
            .args(revisions);
        lines::read_commits(&self.git.ask(call).await?)
    }
}
