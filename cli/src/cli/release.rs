//! `towpath release` and `towpath stats`: what a release brought and how it was deployed, and how deliveries go.

use super::opened::path_of;
use super::values::{days, pull_number};
use super::{UsageError, opened, print};
use crate::deploy::delivery_stats;
use crate::engine::{Clock as _, SystemClock, release_log};
use crate::model::{PullNumber, Role, UnixMillis};
use crate::report;
use crate::store::Store as _;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

/// How many pull requests and deploys are looked through.
const LOOKED_THROUGH: u32 = 10_000;

const DAY: Duration = Duration::from_secs(86_400);

/// What `towpath release` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath release --repository acme/store          the newest release to production
  towpath release 118 --repository acme/store      that of a promotion, by its number
  towpath release 118 --repository acme/store --json

It tells what a merged promotion brought, the overrides on it, who accepted it, how its deploys
went, phase by phase, and whether it was rolled back. It reads what the server has stored.

Exit status: 0 told; 2 the request is wrong, or there is no such release.")]
pub(super) struct ReleaseArguments {
    /// The number of the promotion's pull request [default: the newest release]
    #[arg(value_name = "N", value_parser = pull_number)]
    number: Option<PullNumber>,
    /// The repository: acme/store, or its number
    #[arg(long, value_name = "REPOSITORY")]
    repository: String,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

/// What `towpath stats` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath stats --repository acme/store
  towpath stats --repository acme/store --environment staging --days 30 --json

It tells how often an environment is deployed to, how long work takes from its merge until it is
live, how often a deploy fails or is rolled back, and how soon that is mended. It reads what the
server has stored.")]
pub(super) struct StatsArguments {
    /// The repository: acme/store, or its number
    #[arg(long, value_name = "REPOSITORY")]
    repository: String,
    /// The environment [default: each one that no other accepts]
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Of how many days
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = days)]
    days: u32,
    /// Print JSON, one object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// Tells of one release.
pub(super) async fn release(arguments: ReleaseArguments) -> Result<ExitCode, UsageError> {
    let number = arguments.number;
    let (_, store) = opened::open()?;
    let row = opened::repository(&store, &arguments.repository).await?;
    let path = path_of(&store, &row).await?;
    let log = release_log(&store, row.id, &path, number).await?;
    store.close().await;
    let Some(log) = log else {
        return Err(UsageError::new(match number {
            Some(number) => {
                format!("#{number} of {} is no merged promotion that is on record", row.full_name)
            }
            None => format!("no promotion of {} that was merged is on record", row.full_name),
        }));
    };
    let answer = if arguments.json {
        format!("{}\n", report::release_as_json(&log))
    } else {
        report::release_on_terminal(&log)
    };
    print::to_stdout(&answer);
    Ok(ExitCode::SUCCESS)
}

/// Tells how deliveries go.
pub(super) async fn stats(arguments: StatsArguments) -> Result<ExitCode, UsageError> {
    let (_, store) = opened::open()?;
    let row = opened::repository(&store, &arguments.repository).await?;
    let path = path_of(&store, &row).await?;
    let named = match &arguments.environment {
        Some(name) => vec![opened::environment(&path, name)?],
        None => path.environments.iter().filter(|it| path.is_production(&it.name)).collect(),
    };
    let merged = store.merged_pulls(row.id, LOOKED_THROUGH).await?;
    let work = merged.iter().filter(|it| path.role(&it.head_branch) == Role::Topic);
    let merged: BTreeMap<PullNumber, UnixMillis> =
        work.filter_map(|it| Some((it.number, it.merged?.at.to_millis()))).collect();
    let now = SystemClock.now();
    let mut answer = String::new();
    for environment in named {
        let deploys = store.newest_deploys(row.id, &environment.name, LOOKED_THROUGH).await?;
        // The clock of the server may be ahead of this one's.
        let newest = deploys.iter().map(|it| it.requested_at.unwrap_or(it.made_at)).max();
        let until = newest.map_or(now, |newest| now.max(newest.just_after()));
        let range = (until - DAY * arguments.days, until);
        let stats = delivery_stats(&deploys, range, |number| merged.get(&number).copied());
        let told = if arguments.json {
            report::stats_as_json(&environment.name, &stats).to_string() + "\n"
        } else {
            report::stats_on_terminal(&environment.name, &stats)
        };
        answer.push_str(&told);
    }
    store.close().await;
    print::to_stdout(&answer);
    Ok(ExitCode::SUCCESS)
}
