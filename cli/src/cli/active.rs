//! `towpath active`: the branches that are active beside environments, and who waits for a place.

use super::opened::path_of;
use super::{UsageError, opened, print};
use crate::model::ActivePlaces;
use crate::report;
use crate::store::{ActivePlaceStore as _, Store as _};
use std::process::ExitCode;

/// What `towpath active` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath active --repository acme/store
  towpath active --repository acme/store --json

It tells which branches have a place beside an environment, since when and until when, which places
are to be freed, and who waits. It reads what the server has stored.

Exit status: 0 told; 2 the request is wrong.")]
pub(super) struct Arguments {
    /// The repository: acme/store, or its number
    #[arg(long, value_name = "REPOSITORY")]
    repository: String,
    /// Print JSON, one object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// Tells of every environment that has places, or had.
pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, UsageError> {
    let (_, store) = opened::open()?;
    let row = opened::repository(&store, &arguments.repository).await?;
    let path = path_of(&store, &row).await?;
    let mut answer = String::new();
    for environment in &path.environments {
        let places = store.active_places(row.id, &environment.name).await?;
        if environment.active.places == 0 && places == ActivePlaces::default() {
            continue;
        }
        let told = if arguments.json {
            format!("{}\n", report::active_as_json(environment, &places))
        } else {
            report::active_on_terminal(&path.calendar.zone, environment, &places)
        };
        answer.push_str(&told);
    }
    store.close().await;
    print::to_stdout(&answer);
    Ok(ExitCode::SUCCESS)
}
