//! `towpath check pr`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{UsageError, config, print, repair};
use crate::engine::judge::{judge, obstacle};
use crate::flow::{Base, BranchName, CommitId, Flow, Head, Outcome, Pull, Role, Undecided, Verdict};
use crate::lineage::{GitError, Ledger, Repository, Survey};
use crate::report;

/// What `towpath check pr` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath check pr --repo . --base integration --head HEAD      the branch that is checked out
  towpath check pr --repo . --base staging --head integration   a promotion
  towpath check pr --repo ~/store --base integration --head feature/cart --json
  towpath check pr --base main --head HEAD --config .github/towpath.yml
  towpath check pr --base integration --head feature/cart --repair    how it becomes clean

With --apply behind it, the last one makes the clean branch, and touches nothing that is there.

As a pre-push hook it stops what would fail; the README has the script.

It judges what was last fetched: run git fetch first.

Exit status: 0 pass, warn or wait; 1 fail or unknown; 2 the request is wrong.
With --apply: 0 the clean branch was made; 1 a commit conflicts.")]
pub(super) struct Arguments {
    /// A directory in the repository, which has to be a clone with its whole history
    #[arg(long, value_name = "DIR", default_value = ".")]
    repo: PathBuf,
    /// The branch to merge into: the remote's of that name as last fetched, else a local one
    #[arg(long, value_name = "BRANCH", allow_hyphen_values = true)]
    base: String,
    /// What to merge: a branch of the clone, else of its remote, else any commit (HEAD, a SHA)
    #[arg(long, value_name = "HEAD", allow_hyphen_values = true)]
    head: String,
    /// The name of the branch to merge, where --head is only a commit
    #[arg(long, value_name = "BRANCH", allow_hyphen_values = true)]
    head_name: Option<String>,
    /// The branch to merge lives in a fork
    #[arg(long)]
    fork: bool,
    /// A configuration file to judge by, in place of the built-in path
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A tip ledger (JSON): which commits the branches have pointed at, and when
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Print one JSON object: the verdict, and its findings with their codes
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    repair: repair::Options,
}

/// Judges and prints.
pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, UsageError> {
    let configuration = config::named(arguments.config.as_deref())?;
    let flow = configuration.flow();
    let base = branch_name("--base", &arguments.base)?;
    let ledger = match &arguments.ledger {
        Some(file) => read_ledger(file)?,
        None => Ledger::default(),
    };
    let repository = open(&arguments.repo).await?;
    let failed = |error: GitError| git_failed(&arguments.repo, &error);
    let base_commit = repository.branch(&base).await.map_err(failed)?;
    let verdict_without_ends = match base_commit {
        Some(_) => None,
        None => obstacle_without(&base, flow, &repository.survey(flow).await.map_err(failed)?),
    };
    if let Some(why) = verdict_without_ends {
        let nothing = nothing();
        let head = Head { branch: None, commit: nothing, fork: arguments.fork };
        let pull = Pull { head, base: Base { branch: base, commit: nothing } };
        return conclude(&arguments, &repository, flow, &pull, &Verdict::undecided(why)).await;
    }
    let Some(commit) = base_commit else { return Err(no_such_base(&arguments, &repository)) };
    let head = find_head(&arguments, &repository).await?;
    let pull = Pull { head, base: Base { branch: base, commit } };
    let verdict = judge(&repository, flow, &pull, &ledger).await;
    conclude(&arguments, &repository, flow, &pull, &verdict).await
}

async fn conclude(
    arguments: &Arguments,
    repository: &Repository,
    flow: &Flow,
    pull: &Pull,
    verdict: &Verdict,
) -> Result<ExitCode, UsageError> {
    if arguments.repair.is_wanted() {
        let (place, json) = (arguments.repo.as_path(), arguments.json);
        let judged = repair::Judged { place, repository, flow, pull, verdict, json };
        return repair::run(&arguments.repair, &judged).await;
    }
    Ok(answer(arguments, flow, verdict, pull))
}

/// The repository that a directory is part of.
pub(super) async fn open(directory: &Path) -> Result<Repository, UsageError> {
    Repository::open(directory).await.map_err(|error| match error {
        GitError::NotARepository { .. } => UsageError(format!(
            "{} is not part of a git repository; name one with --repo DIR",
            directory.display()
        )),
        other => git_failed(directory, &other),
    })
}

/// Why nothing can be decided where the base does not exist, unless the base itself is a mistake.
fn obstacle_without(base: &BranchName, flow: &Flow, survey: &Survey) -> Option<Undecided> {
    let is_environment = matches!(flow.role(base), Role::Environment(_));
    obstacle(flow, survey).filter(|why| is_environment || *why == Undecided::EmptyRepository)
}

/// git's name for no commit, where there is none to name.
pub(super) fn nothing() -> CommitId {
    "0".repeat(40).parse().expect("forty digits are an id")
}

fn answer(arguments: &Arguments, flow: &Flow, verdict: &Verdict, pull: &Pull) -> ExitCode {
    print::to_stdout(&if arguments.json {
        print::json(flow, verdict, pull)
    } else {
        report::terminal(flow, pull, verdict, print::colour())
    });
    exit(verdict)
}

/// The exit status that a verdict gives.
pub(super) fn exit(verdict: &Verdict) -> ExitCode {
    match verdict.outcome() {
        Outcome::Pass | Outcome::Warn | Outcome::Wait => ExitCode::SUCCESS,
        Outcome::Unknown | Outcome::Fail => ExitCode::FAILURE,
    }
}

/// The head: a branch of the clone, else one of its remote, else any commit.
async fn find_head(arguments: &Arguments, repository: &Repository) -> Result<Head, UsageError> {
    let failed = |error: GitError| git_failed(&arguments.repo, &error);
    let given = arguments.head_name.as_ref().map(|name| branch_name("--head-name", name)).transpose()?;
    // As git reads them, even where a branch is called so; that one has to be named in full.
    let is_head = matches!(arguments.head.as_str(), "HEAD" | "@");
    let mut found = None;
    if let Some(branch) = branch_name("--head", &arguments.head).ok().filter(|_| !is_head) {
        found = repository.head_branch(&branch).await.map_err(failed)?;
    }
    if found.is_none()
        && let Some(commit) = repository.resolve(&arguments.head).await.map_err(failed)?
    {
        let branch = if is_head { repository.checked_out().await.map_err(failed)? } else { None };
        found = Some((branch, commit));
    }
    let Some((branch, commit)) = found else { return Err(no_such_head(arguments)) };
    Ok(Head { branch: given.or(branch), commit, fork: arguments.fork })
}

fn branch_name(option: &str, text: &str) -> Result<BranchName, UsageError> {
    let short = text.strip_prefix("refs/heads/").unwrap_or(text);
    BranchName::new(short).map_err(|error| UsageError(format!("{option}: {error}")))
}

pub(super) fn read_ledger(file: &Path) -> Result<Ledger, UsageError> {
    let place = file.display();
    let json = std::fs::read_to_string(file)
        .map_err(|error| UsageError(format!("--ledger {place} could not be read: {error}")))?;
    Ledger::parse(&json).map_err(|error| UsageError(format!("--ledger {place}: {error}")))
}

fn no_such_base(arguments: &Arguments, repository: &Repository) -> UsageError {
    let Arguments { base, repo, .. } = arguments;
    let (place, fetch) = match repository.tracked_remote() {
        Some(remote) => (format!(" or on its remote {remote}"), format!("run `git fetch {remote}` or ")),
        None => (String::new(), String::new()),
    };
    UsageError(format!(
        "there is no branch {base} in {}{place}; {fetch}name an existing branch with --base",
        repo.display()
    ))
}

fn no_such_head(arguments: &Arguments) -> UsageError {
    UsageError(format!(
        "{:?} is neither a branch nor a commit in {}; name one that exists with --head",
        arguments.head,
        arguments.repo.display()
    ))
}

fn git_failed(repo: &Path, error: &GitError) -> UsageError {
    UsageError(format!("{} could not be read: {error}", repo.display()))
}
