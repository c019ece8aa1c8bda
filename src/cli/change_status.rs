//! `towpath where`: where a merged pull request has come to.

use super::opened::path_of;
use super::{UsageError, opened, print};
use crate::engine::{change_status, mirror_of};
use crate::model::PullNumber;
use crate::report;
use crate::store::Store;
use std::process::ExitCode;

/// What `towpath where` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath where 81 --repository acme/store
  towpath where 81 --repository acme/store --json

For each environment: whether its branch has the change, whether it was deployed, runs, was
superseded or rolled back there, and since when. It reads what the server has stored.")]
pub(super) struct Arguments {
    /// The pull request's number
    #[arg(value_name = "PR")]
    number: u64,
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
    let number = PullNumber(arguments.number);
    let pull = store.pull(row.id, number).await?.map(|it| it.pull);
    let pull =
        pull.ok_or_else(|| UsageError::new(format!("Towpath does not know #{number} of {}", row.full_name)))?;
    if pull.merged.is_none() {
        return Err(UsageError::new(format!("#{number} is not merged, so no environment has it yet")));
    }
    let path = path_of(&store, &row).await?;
    let mirror = mirror_of(&places.data_dir, row.id);
    let mirror = mirror.ok_or_else(|| {
        UsageError::new(format!(
            "the server has no copy of {} at the moment; the next event of the repository makes one",
            row.full_name
        ))
    })?;
    let reached = change_status(&store, &mirror, &path, &pull).await?;
    store.close().await;
    print::to_stdout(&if arguments.json {
        format!("{}\n", report::change_status_as_json(&reached))
    } else {
        report::change_status_on_terminal(&reached)
    });
    Ok(ExitCode::SUCCESS)
}
