//! `towpath check carried`

use std::path::PathBuf;
use std::process::ExitCode;

use super::{UsageError, print};
use crate::flow::{BranchName, Carried, CommitId};
use crate::lineage::{GitError, Repository};

/// What `towpath check carried` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath check carried --repo . --commit 1f0c2d7 --into staging
  towpath check carried --commit hotfix/login --into integration --json

The first answer that holds is given:
  ancestor   the commit is part of the branch's history, also if it was reverted there later
  patch-id   a commit of the branch makes the same change
  trailer    a commit of the branch says: (cherry picked from commit …)
  no-op      applying the commit to the branch would change nothing
  missing    none of these

A merge counts as what it changed on the branch that it was merged into.
It looks at what was last fetched: run git fetch first.

Exit status: 0 carried; 1 missing, or it cannot be known; 2 the request is wrong.")]
pub(super) struct Arguments {
    /// A directory in the repository, which has to be a clone with its whole history
    #[arg(long, value_name = "DIR", default_value = ".")]
    repo: PathBuf,
    /// The commit: a SHA, whole or abbreviated, or any name git knows it by
    #[arg(long, value_name = "SHA", allow_hyphen_values = true)]
    commit: String,
    /// The branch it should be in: the remote's of that name as last fetched, else a local one
    #[arg(long, value_name = "BRANCH", allow_hyphen_values = true)]
    into: String,
    /// Print one JSON object with the word of the answer
    #[arg(long)]
    json: bool,
}

/// Asks and prints.
pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, UsageError> {
    let place = arguments.repo.display().to_string();
    let failed = |error: GitError| match error {
        GitError::NotARepository { .. } => {
            UsageError(format!("{place} is not part of a git repository; name one with --repo DIR"))
        }
        other => UsageError(format!("{place} could not be read: {other}")),
    };
    let short = arguments.into.strip_prefix("refs/heads/").unwrap_or(&arguments.into);
    let branch = BranchName::new(short).map_err(|error| UsageError(format!("--into: {error}")))?;
    let repository = Repository::open(&arguments.repo).await.map_err(failed)?;
    if repository.is_shallow().await {
        return Ok(unknown(&place, &GitError::Shallow));
    }
    let Some(into) = repository.branch(&branch).await.map_err(failed)? else {
        return Err(UsageError(format!(
            "there is no branch {branch} in {place}; run git fetch, or name an existing branch with --into"
        )));
    };
    let Some(commit) = repository.resolve(&arguments.commit).await.map_err(failed)? else {
        return Err(UsageError(format!(
            "{:?} is no commit in {place}; run git fetch, or name one that exists with --commit",
            arguments.commit
        )));
    };
    let carried = match repository.carried(commit, into).await {
        Ok(carried) => carried,
        Err(error) => return Ok(unknown(&place, &error)),
    };
    print::to_stdout(&if arguments.json {
        format!("{}\n", serde_json::json!({ "carried": carried.as_str() }))
    } else {
        sentence(commit, &branch, carried) + "\n"
    });
    Ok(if carried.is_carried() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Not knowing is no answer, so nothing is printed where answers go.
fn unknown(place: &str, error: &GitError) -> ExitCode {
    print::to_stderr(&format!("it cannot be known from {place}: {error}\n"));
    ExitCode::FAILURE
}

fn sentence(commit: CommitId, branch: &BranchName, carried: Carried) -> String {
    let commit = commit.short();
    match carried {
        Carried::Ancestor => format!("{commit} is in {branch}: it is part of its history."),
        Carried::PatchId(by) => {
            format!("{commit} is in {branch}: {} makes the same change there.", by.short())
        }
        Carried::Trailer(by) => {
            format!("{commit} is in {branch}: {} says that it was picked from it.", by.short())
        }
        Carried::NoOp => format!("{commit} is in {branch}: applying it there would change nothing."),
        Carried::Missing => format!(
            "{commit} is not in {branch}: nothing there is it, repeats it or names it, and applying it would \
             change files."
        ),
    }
}
