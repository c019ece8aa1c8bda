//! `towpath check carried`

use std::process::ExitCode;

use super::local::{Local, RepositoryArguments};
use super::{UsageError, print};
use crate::lineage::GitError;
use crate::model::{BranchName, ForPeople};
use crate::report::{self, SeenAs, fetch_every_branch, moment, shell_word};

/// What `towpath check carried` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath check carried --repo . --commit 1f0c2d7 --into staging
  towpath check carried --commit hotfix/login --into integration --json

It prints the first answer that is true:
  ancestor   the commit is part of the branch's history, even if somebody reverted it there later
  patch-id   a commit of the branch makes the same change
  similar    a commit with the same author, date and subject, or with the same (#12), changes the
             same lines in other places
  trailer    a commit of the branch says: (cherry picked from commit …)
  no-op      applying the commit to the branch would change nothing
  missing    none of these; it says what it compared

A merge counts as what it changed on the branch that it was merged into. It also counts as carried
if each commit that it merged does; the answer is then the weakest of theirs.
It looks at what you last fetched: run git fetch first.

Exit status: 0 carried; 1 missing or unknown; 2 the request is wrong.")]
pub(super) struct Arguments {
    #[command(flatten)]
    place: RepositoryArguments,
    /// The commit: a SHA, whole or abbreviated, or any name that git knows
    #[arg(long, value_name = "SHA", allow_hyphen_values = true)]
    commit: String,
    /// The branch it should be in: the remote's of that name as last fetched, else a local one
    #[arg(long, value_name = "BRANCH", allow_hyphen_values = true)]
    into: String,
    /// Print one JSON object: the answer, the commit that shows it, what was compared
    #[arg(long)]
    pub(super) json: bool,
}

/// Asks and prints.
pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, UsageError> {
    let local = arguments.place.open(Some(&arguments.into), &[]).await?;
    let failed = |error: GitError| local.failed(&error);
    let (branch, tip) = local.base("--into", &arguments.into).await?;
    if local.repository.is_shallow().await {
        return Ok(arguments.unknown(&local, &GitError::Shallow));
    }
    let Some(into) = tip else { return Err(local.no_such_branch(&branch, "--into")) };
    let Some(commit) = local.repository.resolve(&arguments.commit).await.map_err(failed)? else {
        let fetch =
            local.repository.tracked_remote().map(|it| format!("run git fetch {}, or ", shell_word(it)));
        return Err(UsageError::new(format!(
            "{:?} is no commit in {}; {}name one that exists with --commit",
            arguments.commit,
            local.place,
            fetch.unwrap_or_default()
        )));
    };
    let answer = match local.repository.carried(commit, into.commit).await {
        Ok(answer) => answer,
        Err(error) => return Ok(arguments.unknown(&local, &error)),
    };
    let seen = local.seen(&into).await?;
    print::to_stdout(&if arguments.json {
        let into = print::branch(&branch, into.commit, &seen);
        format!("{}\n", report::carried_as_json(commit, &into, &answer))
    } else {
        format!("{}{}", report::carried_on_terminal(commit, &branch, &answer), age(&branch, &seen))
    });
    Ok(if answer.carried.is_carried() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// When what was looked at was fetched, as a line.
fn age(branch: &BranchName, seen: &SeenAs) -> String {
    let fetched = seen.fetched_at.map(|at| format!("{branch} was fetched {}.\n", moment(at)));
    fetched.unwrap_or_default()
}

impl Arguments {
    /// Not knowing is no answer, so nothing but an error is printed where answers go.
    fn unknown(&self, local: &Local, error: &GitError) -> ExitCode {
        let why = match (error, local.repository.tracked_remote()) {
            (GitError::Shallow, Some(remote)) => format!(
                "the clone is shallow and lacks older commits; run {}",
                fetch_every_branch(remote, "--unshallow")
            ),
            (other, _) => other.for_people().into(),
        };
        let why = format!("{} does not tell: {why}", local.place);
        if self.json {
            print::to_stdout(&print::error(&why));
        } else {
            print::to_stderr(&format!("{why}\n"));
        }
        ExitCode::FAILURE
    }
}
