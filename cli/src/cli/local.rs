//! The repository of a local check: where it is, which remote counts, and by which configuration the App judges it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{UsageError, config};
use crate::engine::{Clock as _, SystemClock};
use crate::lineage::{BranchTip, GitError, Repository};
use crate::model::config::{CONFIGURATION_PATH, RepositoryConfig, configuration_text};
use crate::model::{BranchName, Finding, ForPeople, Outcome, PromotionPath, Undecided, UnixSeconds, Verdict};
use crate::report::{ConfigSource, SeenAs, shell_word};

/// Where a local check looks.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct RepositoryArguments {
    /// A directory in the repository, which has to be a clone with its whole history; without it
    /// the variable `GIT_DIR` counts, else the current directory
    #[arg(long, value_name = "DIR")]
    repo: Option<PathBuf>,
    /// The remote whose branches count [default: the upstream's of the branch, else the only one]
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    remote: Option<String>,
}

/// The repository that was found there.
#[derive(Debug)]
pub(super) struct Local {
    /// What people call the place.
    pub(super) place: String,
    pub(super) repository: Repository,
    /// When it was looked at.
    pub(super) now: UnixSeconds,
}

/// The configuration that `--config` names.
#[derive(Debug)]
pub(super) struct Named {
    path: Arc<PromotionPath>,
    source: ConfigSource,
}

impl Named {
    /// Reads it, if there is one.
    pub(super) fn read(file: Option<&Path>) -> Result<Option<Self>, UsageError> {
        let Some(file) = file else { return Ok(None) };
        let path = Arc::new(config::named(file)?.path().clone());
        Ok(Some(Self { path, source: ConfigSource::Named(file.display().to_string()) }))
    }
}

/// By what is judged.
#[derive(Debug)]
pub(super) struct Rules {
    /// The path; the built-in one where nothing can be judged.
    pub(super) path: Arc<PromotionPath>,
    /// Why nothing can be judged, if so.
    pub(super) instead: Option<Verdict>,
    pub(super) source: ConfigSource,
}

impl RepositoryArguments {
    /// Opens the repository. `branches` are those whose upstream says which remote is meant, the likeliest first; in
    /// `spelled` a remote may stand before the name of a branch.
    pub(super) async fn open(&self, spelled: Option<&str>, branches: &[&str]) -> Result<Local, UsageError> {
        let local = self.found().await?;
        self.with_remote(local, spelled, branches).await
    }

    /// For what git is about to push to this remote: its name, or an address, which tells nothing of whose branches count.
    pub(super) async fn pushing_to(remote: &str) -> Result<Self, UsageError> {
        let here = Self { repo: None, remote: None };
        let found = here.found().await.map_err(|error| {
            UsageError::new(format!(
                "{error}; git calls the hook in the repository that it pushes from, so do so, too"
            ))
        })?;
        let is_known = found.repository.remotes().iter().any(|it| it == remote);
        Ok(Self { remote: is_known.then(|| remote.to_owned()), ..here })
    }

    async fn found(&self) -> Result<Local, UsageError> {
        let git_dir = std::env::var_os("GIT_DIR").filter(|it| !it.is_empty()).map(PathBuf::from);
        let (place, opened) = match (&self.repo, git_dir) {
            (Some(directory), _) => (directory.clone(), Repository::open(directory).await),
            (None, Some(git_dir)) => {
                let opened = Repository::open_git_dir(&git_dir).await;
                (git_dir, opened)
            }
            (None, None) => (PathBuf::from("."), Repository::open(Path::new(".")).await),
        };
        let place = place.display().to_string();
        let repository = opened.map_err(|error| match error {
            GitError::NotARepository { .. } => {
                UsageError::new(format!("{place} is not part of a git repository; name one with --repo DIR"))
            }
            other => failed(&place, &other),
        })?;
        Ok(Local { place, repository, now: SystemClock.now().to_seconds() })
    }

    async fn with_remote(
        &self,
        local: Local,
        spelled: Option<&str>,
        branches: &[&str],
    ) -> Result<Local, UsageError> {
        let known = local.repository.remotes().to_vec();
        let names = known.join(", ");
        if let Some(wanted) = &self.remote {
            if !known.contains(wanted) {
                let those =
                    if known.is_empty() { "it has none".to_owned() } else { format!("it has {names}") };
                return Err(UsageError::new(format!(
                    "--remote: {} knows no remote {wanted}; {those}",
                    local.place
                )));
            }
            return Ok(local.tracking(wanted));
        }
        if known.len() < 2 {
            return Ok(local);
        }
        if let Some(remote) = local.spelled_out(spelled, &known).await? {
            return Ok(local.tracking(&remote));
        }
        let checked_out = local.repository.checked_out().await.map_err(|error| local.failed(&error))?;
        let branches = branches.iter().filter_map(|name| BranchName::new(*name).ok()).chain(checked_out);
        for branch in branches {
            let upstream = local.repository.upstream_remote(&branch).await;
            if let Some(remote) = upstream.map_err(|error| local.failed(&error))? {
                return Ok(local.tracking(&remote));
            }
        }
        Err(UsageError::new(format!(
            "{} has several remotes, and nothing says which of them has the environments: {names}; name it with \
             --remote",
            local.place
        )))
    }
}

impl Local {
    fn tracking(mut self, remote: &str) -> Self {
        self.repository = self.repository.tracking(remote);
        self
    }

    /// The remote in `origin/staging`, if that is a branch of it.
    async fn spelled_out(
        &self,
        spelled: Option<&str>,
        known: &[String],
    ) -> Result<Option<String>, UsageError> {
        let Some(spelled) = spelled.map(|it| it.strip_prefix("refs/remotes/").unwrap_or(it)) else {
            return Ok(None);
        };
        for remote in known {
            if spelled.strip_prefix(remote.as_str()).is_some_and(|rest| rest.starts_with('/')) {
                let found = self.repository.resolve(&format!("refs/remotes/{spelled}")).await;
                if found.map_err(|error| self.failed(&error))?.is_some() {
                    return Ok(Some(remote.clone()));
                }
            }
        }
        Ok(None)
    }

    /// A branch to merge into or to look in: `staging`, or `origin/staging` for the remote that counts.
    pub(super) async fn base(
        &self,
        option: &str,
        text: &str,
    ) -> Result<(BranchName, Option<BranchTip>), UsageError> {
        let short = text.strip_prefix("refs/heads/").or_else(|| text.strip_prefix("refs/remotes/"));
        let name = branch_name(option, short.unwrap_or(text))?;
        let failed = |error: GitError| self.failed(&error);
        if let Some(tip) = self.repository.tip(&name).await.map_err(failed)? {
            return Ok((name, Some(tip)));
        }
        let Some(bare) = self.repository.without_remote(&name) else { return Ok((name, None)) };
        match self.repository.fetched(&bare).await.map_err(failed)? {
            Some(tip) => Ok((bare, Some(tip))),
            None => Ok((name, None)),
        }
    }

    /// A remote other than the one that counts that has one of these branches, where that one has none of them.
    pub(super) async fn remote_with_any(
        &self,
        branches: &[&BranchName],
    ) -> Result<Option<String>, UsageError> {
        let Some(own) = self.repository.tracked_remote() else { return Ok(None) };
        let others = self.repository.remotes().iter().map(String::as_str).filter(|it| *it != own);
        for remote in std::iter::once(own).chain(others) {
            for branch in branches {
                let found = self.repository.resolve(&format!("refs/remotes/{remote}/{branch}")).await;
                if found.map_err(|error| self.failed(&error))?.is_some() {
                    return Ok((remote != own).then(|| remote.to_owned()));
                }
            }
        }
        Ok(None)
    }

    /// What is to be done where a branch is not here.
    pub(super) fn no_such_branch(&self, branch: &BranchName, option: &str) -> UsageError {
        let (place, fetch) = match self.repository.tracked_remote() {
            Some(remote) => {
                let refspec = format!("+refs/heads/{branch}:refs/remotes/{remote}/{branch}");
                let fetch = format!("git fetch {} {}", shell_word(remote), shell_word(&refspec));
                (format!(" or on its remote {remote}"), format!("run `{fetch}` or "))
            }
            None => (String::new(), String::new()),
        };
        UsageError::new(format!(
            "there is no branch {branch} in {}{place}; {fetch}name an existing branch with {option}",
            self.place
        ))
    }

    pub(super) fn failed(&self, error: &GitError) -> UsageError {
        failed(&self.place, error)
    }

    /// How old a ref is.
    pub(super) async fn seen(&self, tip: &BranchTip) -> Result<SeenAs, UsageError> {
        let fetched_at = self.repository.fetched_at(tip).await.map_err(|error| self.failed(&error))?;
        Ok(SeenAs { full_ref: tip.full_ref.clone(), fetched_at })
    }

    /// The configuration that was named, else the one that the App goes by, as far as this clone knows it. What the
    /// branch `judged` makes of the file counts for nothing.
    pub(super) async fn rules(&self, named: Option<Named>, judged: Option<&BranchName>) -> Rules {
        if let Some(Named { path, source }) = named {
            return Rules { path, instead: None, source };
        }
        match self.of_the_repository(judged).await {
            Ok(Read::File { source, place, bytes }) => Rules::of(source, &place, bytes),
            Ok(Read::Unknown { why, commands }) => Rules::unknown(why, commands),
            Err(error) => Rules::unknown(format!("git did not answer: {}", error.for_people()), Vec::new()),
        }
    }

    async fn of_the_repository(&self, judged: Option<&BranchName>) -> Result<Read, GitError> {
        let repository = &self.repository;
        let known = repository.default_branch().await?;
        let remote = repository.tracked_remote().map(str::to_owned);
        let branch = match (known, &remote) {
            (None, Some(_)) => repository.ask_for_default_branch().await?,
            (known, _) => known,
        };
        let tip = match &branch {
            Some(branch) => repository.fetched(branch).await?,
            None => None,
        };
        match (tip, remote, branch) {
            (Some(tip), _, _) => self.of_tip(&tip).await,
            (None, None, _) => self.of_every_branch(judged).await,
            (None, Some(remote), Some(branch)) => {
                let refspec = format!("+refs/heads/{branch}:refs/remotes/{remote}/{branch}");
                let fetch = format!("git fetch {} {}", shell_word(&remote), shell_word(&refspec));
                let why = format!("{branch}, the default branch of {remote}, was not fetched");
                Ok(Read::Unknown { why, commands: vec![fetch] })
            }
            (None, Some(remote), None) => Ok(Read::Unknown {
                why: format!(
                    "This clone does not know the default branch of {remote}, and {remote} did not answer"
                ),
                commands: vec![format!("git remote set-head {} --auto", shell_word(&remote))],
            }),
        }
    }

    async fn of_tip(&self, tip: &BranchTip) -> Result<Read, GitError> {
        let fetched_at = self.repository.fetched_at(tip).await?;
        let seen = SeenAs { full_ref: tip.full_ref.clone(), fetched_at };
        let bytes = match self.repository.file_at(tip.commit, CONFIGURATION_PATH).await {
            Err(GitError::FilesLeftOut) => {
                let wanted = shell_word(&format!("{}:{CONFIGURATION_PATH}", tip.full_ref));
                return Ok(Read::Unknown {
                    why: format!("This clone is partial, and lacks the files of {}", tip.branch),
                    commands: vec![format!("git cat-file -e {wanted}")],
                });
            }
            outcome => outcome?,
        };
        let source = ConfigSource::DefaultBranch { seen, commit: tip.commit, has_file: bytes.is_some() };
        let place = match self.repository.tracked_remote() {
            Some(remote) => format!("{CONFIGURATION_PATH} of {} of {remote}", tip.branch),
            None => format!("{CONFIGURATION_PATH} of {}", tip.branch),
        };
        Ok(Read::File { source, place, bytes })
    }

    /// Where no remote says which branch is the default one, what all of them have holds whichever it is.
    async fn of_every_branch(&self, judged: Option<&BranchName>) -> Result<Read, GitError> {
        let mut branches = self.repository.on_every_branch(CONFIGURATION_PATH, judged).await?;
        if branches.is_empty() {
            branches = self.repository.on_every_branch(CONFIGURATION_PATH, None).await?;
        }
        let first = branches.first().cloned();
        let agree = branches.iter().all(|(_, object)| Some(object) == first.as_ref().map(|(_, it)| it));
        if !agree {
            let why = "No remote says which branch is the default one, and the branches here differ in";
            return Ok(Read::Unknown { why: format!("{why} {CONFIGURATION_PATH}"), commands: Vec::new() });
        }
        let Some((branch, Some(_))) = first else {
            let source = ConfigSource::EveryBranch { has_file: false };
            return Ok(Read::File { source, place: String::new(), bytes: None });
        };
        let bytes = match self.repository.tip(&branch).await? {
            Some(tip) => self.repository.file_at(tip.commit, CONFIGURATION_PATH).await?,
            None => None,
        };
        let source = ConfigSource::EveryBranch { has_file: bytes.is_some() };
        Ok(Read::File { source, place: CONFIGURATION_PATH.to_owned(), bytes })
    }
}

/// What became of reading the file.
enum Read {
    File { source: ConfigSource, place: String, bytes: Option<Vec<u8>> },
    Unknown { why: String, commands: Vec<String> },
}

impl Rules {
    fn of(source: ConfigSource, place: &str, bytes: Option<Vec<u8>>) -> Self {
        let built_in = Arc::new(PromotionPath::pro());
        let config = match bytes {
            Some(bytes) => RepositoryConfig::of_file(place, &configuration_text(bytes), None, &built_in),
            None => RepositoryConfig::built_in(&built_in),
        };
        let unusable = |cause| Verdict { findings: vec![Finding::new(Outcome::Unknown, cause)] };
        Self { path: config.path, instead: config.invalid.map(unusable), source }
    }

    fn unknown(why: String, commands: Vec<String>) -> Self {
        Self {
            path: Arc::new(PromotionPath::pro()),
            instead: Some(Verdict::undecided(Undecided::ConfigurationNotRead { why, commands })),
            source: ConfigSource::NotKnown,
        }
    }
}

/// A branch's name as it is given on the command line.
pub(super) fn branch_name(option: &str, text: &str) -> Result<BranchName, UsageError> {
    let short = text.strip_prefix("refs/heads/").unwrap_or(text);
    BranchName::new(short).map_err(|error| UsageError::new(format!("{option}: {error}")))
}

fn failed(place: &str, error: &GitError) -> UsageError {
    UsageError::new(format!("{place} could not be read: {}", error.for_people()))
}
