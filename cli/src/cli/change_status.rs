//! `towpath where`: where a pull request or a commit has come to, or what runs in an environment.

use super::opened::path_of;
use super::values::pull_number;
use super::{UsageError, opened, print};
use crate::engine::{
    Clock as _, Places, SystemClock, change_status, commit_status, commits_that_begin, environment_status,
    mirror_of, owed_hotfixes,
};
use crate::lineage::Repository;
use crate::model::{CommitId, Hotfix, PromotionPath};
use crate::report::{self, BranchStatus};
use crate::store::{RepositoryRow, SqliteStore, Store};
use std::process::ExitCode;

/// The fewest digits by which a commit is found.
const DIGITS_MIN: usize = 7;

/// What `towpath where` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath where 81 --repository acme/store            a pull request
  towpath where 1f0c2d7 --repository acme/store       a commit, by its first digits
  towpath where production --repository acme/store    an environment
  towpath where 81 --repository acme/store --json

Of a pull request or a commit, for each environment: whether its branch has the change, whether it
was deployed, runs, was superseded or rolled back there, and since when; of a hotfix also where it
is owed. Of an environment: what runs there since when, what is to come, and whether it is held,
locked or frozen. It reads what the server has stored.")]
pub(super) struct Arguments {
    /// A pull request's number, with # or without, a commit, or an environment's name
    #[arg(value_name = "PR|COMMIT|ENVIRONMENT")]
    subject: String,
    /// The repository: acme/store, or its number
    #[arg(long, value_name = "REPOSITORY")]
    repository: String,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

/// Asks the database and the mirror, and prints.
pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, UsageError> {
    let (places, store) = opened::open()?;
    let row = opened::repository(&store, &arguments.repository).await?;
    let path = path_of(&store, &row).await?;
    let subject = arguments.subject.as_str();
    let answer = if let Some(environment) = path.environment(subject) {
        let status = environment_status(&store, row.id, &path, environment, SystemClock.now()).await?;
        if arguments.json {
            format!("{}\n", report::environment_status_as_json(&status))
        } else {
            report::environment_status_on_terminal(&status)
        }
    } else {
        let (reached, owed) = reached(&store, (&places, &row), &path, subject).await?;
        if arguments.json {
            format!("{}\n", report::change_status_as_json(&reached, &owed))
        } else {
            let owed = report::hotfix_debts_on_terminal(&owed, SystemClock.now());
            report::change_status_on_terminal(&reached) + &owed
        }
    };
    store.close().await;
    print::to_stdout(&answer);
    Ok(ExitCode::SUCCESS)
}

/// Where a pull request or a commit has come to, and the hotfixes that a pull request has to do with.
async fn reached(
    store: &SqliteStore,
    (places, row): (&Places, &RepositoryRow),
    path: &PromotionPath,
    subject: &str,
) -> Result<(Vec<BranchStatus>, Vec<Hotfix>), UsageError> {
    let is_commit = subject.len() >= DIGITS_MIN && subject.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Ok(number) = pull_number(subject) {
        match store.pull(row.id, number).await?.map(|it| it.pull) {
            Some(pull) if pull.merged.is_some() => {
                let reached = change_status(store, &mirror(places, row)?, path, &pull).await?;
                return Ok((reached, owed_hotfixes(store, path, &pull).await?));
            }
            Some(pull) => {
                let owed = owed_hotfixes(store, path, &pull).await?;
                let owed = report::hotfix_debts_on_terminal(&owed, SystemClock.now());
                let why = format!("#{number} is not merged, so no environment has it yet\n{owed}");
                return Err(UsageError::new(why.trim_end()));
            }
            // A commit may begin with digits alone.
            None if is_commit => {}
            None => {
                let why = format!("Towpath does not know #{number} of {}", row.full_name);
                return Err(UsageError::new(why));
            }
        }
    }
    if !is_commit {
        let known: Vec<&str> = path.environments.iter().map(|it| it.name.as_str()).collect();
        let known = known.join(", ");
        return Err(UsageError::new(format!(
            "{subject:?} is no pull request, no commit of 7 digits or more, and no environment; those are {known}"
        )));
    }
    let mirror = mirror(places, row)?;
    let digits = subject.to_ascii_lowercase();
    let found = commits_that_begin(store, &mirror, path, (row.id, &digits)).await?;
    let all: Vec<String> = found.iter().map(CommitId::to_string).collect();
    match (found.first(), all.as_slice()) {
        (Some(commit), [_]) => {
            Ok((commit_status(store, &mirror, path, (row.id, *commit)).await?, Vec::new()))
        }
        (None, _) => Err(UsageError::new(format!("no commit of {} begins with {digits}", row.full_name))),
        (Some(_), all) => Err(UsageError::new(format!("several commits begin so: {}", all.join(", ")))),
    }
}

fn mirror(places: &Places, row: &RepositoryRow) -> Result<Repository, UsageError> {
    mirror_of(&places.data_dir, row.id).ok_or_else(|| {
        UsageError::new(format!(
            "the server has no copy of {} at the moment; the next event of the repository makes one",
            row.full_name
        ))
    })
}
