//! `towpath check copy`

use std::path::PathBuf;
use std::process::ExitCode;

use super::check_pr::{exit, nothing, open, read_ledger};
use super::{UsageError, config, print};
use crate::engine::judge::judge_copy;
use crate::flow::{Base, BranchName, CopyBranch, Flow, Head, Pull, Verdict};
use crate::lineage::{GitError, Ledger, Repository};
use crate::report;

/// What `towpath check copy` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath check copy --repo .             is master a copy of production?
  towpath check copy --repo . --json

It passes if the files are the same. Differences in .github/ count for nothing, or in the paths
that the configuration ignores.

It judges what was last fetched: run git fetch first.

Exit status: 0 pass or warn (an earlier state); 1 fail or unknown; 2 the request is wrong.")]
pub(super) struct Arguments {
    /// A directory in the repository, which has to be a clone with its whole history
    #[arg(long, value_name = "DIR", default_value = ".")]
    repo: PathBuf,
    /// A tip ledger (JSON): which commits the branches have pointed at, and when
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// A configuration file to judge by, in place of the built-in path
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print one JSON object: the verdict, and its findings with their codes
    #[arg(long)]
    json: bool,
}

/// Judges and prints.
pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, UsageError> {
    let configuration = config::named(arguments.config.as_deref())?;
    let flow = configuration.flow();
    let Some(copy) = &flow.copy else {
        return Err(UsageError::new(
            "the configuration names no copy branch, so there is nothing to compare",
        ));
    };
    let ledger = arguments.ledger.as_deref().map_or_else(|| Ok(Ledger::default()), read_ledger)?;
    let repository = open(&arguments.repo).await?;
    let failed =
        |error: GitError| UsageError(format!("{} could not be read: {error}", arguments.repo.display()));
    let pull = ends(&repository, flow, copy).await.map_err(failed)?;
    let verdict = judge_copy(&repository, flow, copy, &ledger).await;
    print::to_stdout(&if arguments.json {
        print::json(flow, &verdict, &pull)
    } else {
        words(flow, &pull, &verdict)
    });
    Ok(exit(&verdict))
}

fn words(flow: &Flow, pull: &Pull, verdict: &Verdict) -> String {
    report::copy_on_terminal(flow, pull, verdict, print::colour())
}

/// The environment and its copy, as if the one was to be merged into the other.
async fn ends(repository: &Repository, flow: &Flow, copy: &CopyBranch) -> Result<Pull, GitError> {
    let original: &BranchName = flow.environment(&copy.of).map_or(&copy.branch, |it| &it.branch);
    let head = repository.branch(original).await?.unwrap_or_else(nothing);
    let base = repository.branch(&copy.branch).await?.unwrap_or_else(nothing);
    Ok(Pull {
        head: Head { branch: Some(original.clone()), commit: head, fork: false },
        base: Base { branch: copy.branch.clone(), commit: base },
    })
}
