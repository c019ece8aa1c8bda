//! `towpath audit`: who made Towpath do what, and whether the log is as it was written.

use super::moment::Moment;
use super::{UsageError, opened, print};
use crate::commands::did_you_mean;
use crate::engine::act_names;
use crate::model::{AuditEntry, AuditHash, AuditRow, RepositoryId, UnixMillis, audit_faults};
use crate::report::{self, one_line};
use crate::store::{AuditFilter, SqliteStore, Store};
use clap::builder::PossibleValuesParser;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

/// How long what others have said may be on a line, in characters.
const SHOWN: usize = 400;

/// What `towpath audit` takes.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  towpath audit --repository acme/store --since 2026-11-01
  towpath audit --action rollback --csv > rollbacks.csv
  towpath audit verify

It has every act that somebody asked for, refused ones too: by a command in a comment, by a button
on a check, or as the operator. Of each it tells when (UTC), who, their role at that time, what,
where, why, and what came of it. Nothing is ever taken out.

It reads the database of the server, running or not, at the place that the same variables name:
TOWPATH_DATA_DIR [default: data] or DATABASE_URL."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    pub(super) asked: EntryFilter,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Check that no entry was changed, removed or moved
    #[command(after_help = "\
Examples:
  towpath audit verify
  towpath audit verify --head 5d1f…   it still ends with, or has, the entry with this hash

Each entry has a hash over itself and all before it. The server logs the newest hash once an hour:
give one from the log to find out whether somebody has cut the end off.

Exit status: 0 the log is as it was written; 1 it is not; 2 the request is wrong.")]
    Verify {
        /// A hash that the server has logged
        #[arg(long, value_name = "HASH")]
        head: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct EntryFilter {
    /// Only those about this repository: acme/store, or its number
    #[arg(long, value_name = "REPOSITORY")]
    repository: Option<String>,
    /// Only those about this environment
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Only what this person asked for
    #[arg(long, value_name = "LOGIN")]
    actor: Option<String>,
    /// Only those since then: 2026-11-23, "2026-11-23 14:02" (UTC), or Unix seconds
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
    /// Only acts of this name, such as rollback
    #[arg(long, value_name = "NAME", ignore_case = true, value_parser = PossibleValuesParser::new(act_names()))]
    action: Option<String>,
    /// Print JSON, one object a line
    #[arg(long, conflicts_with = "csv")]
    pub(super) json: bool,
    /// Print comma-separated values with a line of names first
    #[arg(long)]
    csv: bool,
}

/// Answers from the database of the server that runs with the same environment, or ran.
pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, UsageError> {
    let (_, store) = opened::open()?;
    let exit = match arguments.command {
        Some(Command::Verify { head }) => verify(&store, head.as_deref()).await,
        None => list(&store, &arguments.asked).await,
    };
    store.close().await;
    exit
}

async fn verify(store: &SqliteStore, head: Option<&str>) -> Result<ExitCode, UsageError> {
    let known = head.map(str::parse::<AuditHash>).transpose();
    let known = known.map_err(|error| UsageError::new(format!("--head: {error}")))?;
    let rows = store.audit(AuditFilter::default()).await?;
    let faults = audit_faults(&rows, known);
    if !faults.is_empty() {
        let lines: Vec<String> = faults.iter().map(|fault| format!("{fault}\n")).collect();
        print::to_stdout(&lines.concat());
        return Ok(ExitCode::FAILURE);
    }
    let newest = rows.last().map_or(AuditHash::NONE, |row| row.hash);
    let entries = if rows.len() == 1 { "1 entry".to_owned() } else { format!("{} entries", rows.len()) };
    print::to_stdout(&format!("{entries}, all as written; the newest hash is {newest}\n"));
    Ok(ExitCode::SUCCESS)
}

async fn list(store: &SqliteStore, asked: &EntryFilter) -> Result<ExitCode, UsageError> {
    let of = match &asked.repository {
        Some(name) => Some(opened::repository(store, name).await?.id),
        None => None,
    };
    let since = asked.since.map_or_else(UnixMillis::default, |since| since.seconds().to_millis());
    let rows = store.audit(AuditFilter { repository: of, since }).await?;
    let repositories = store.repositories(None).await?;
    let names = repositories.into_iter().map(|row| (row.id, row.full_name)).collect();
    let mut shown = Vec::new();
    let mut environments = BTreeSet::new();
    for row in &rows {
        let entry = serde_json::from_str::<AuditEntry>(&row.text).map_err(|error| {
            UsageError::new(format!("entry {} cannot be read: {error}; see towpath audit verify", row.number))
        })?;
        environments.extend(entry.environment.clone());
        if entry.at >= since && is_asked_for(&entry, asked) {
            shown.push((row, entry));
        }
    }
    if let Some(named) = &asked.environment
        && !environments.iter().any(|known| known.eq_ignore_ascii_case(named))
    {
        let near = did_you_mean(named, environments.iter().map(String::as_str));
        let hint = near.map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
        print::to_stderr(&format!("note: no entry is about an environment {named:?}{hint}\n"));
    }
    print::to_stdout(&printed(&shown, &names, asked));
    Ok(ExitCode::SUCCESS)
}

fn is_asked_for(entry: &AuditEntry, asked: &EntryFilter) -> bool {
    // GitHub's names are the same in any case, and so are environments'.
    let is = |wanted: &Option<String>, has: Option<&str>| {
        wanted.as_ref().is_none_or(|wanted| has.is_some_and(|has| has.eq_ignore_ascii_case(wanted)))
    };
    is(&asked.environment, entry.environment.as_deref())
        && is(&asked.actor, Some(&entry.actor))
        && is(&asked.action, Some(&entry.action))
}

fn printed(
    shown: &[(&AuditRow, AuditEntry)],
    names: &BTreeMap<RepositoryId, String>,
    asked: &EntryFilter,
) -> String {
    let name = |entry: &AuditEntry| {
        names.get(&entry.repository).cloned().unwrap_or_else(|| format!("repository {}", entry.repository))
    };
    if asked.json {
        return lines(shown.iter().map(|(row, entry)| as_json(row, entry, &name(entry)).to_string()));
    }
    if asked.csv {
        let lines = shown.iter().map(|(row, entry)| csv(&fields(row, entry, name(entry))));
        return std::iter::once(csv(&COLUMNS.map(str::to_owned))).chain(lines).collect();
    }
    if shown.is_empty() {
        return "nothing\n".to_owned();
    }
    lines(shown.iter().map(|(row, entry)| format!("{:>6}  {}", row.number, line(entry, &name(entry)))))
}

/// Each of these on a line.
fn lines(each: impl Iterator<Item = String>) -> String {
    each.flat_map(|line| [line, "\n".to_owned()]).collect()
}

fn line(entry: &AuditEntry, repository: &str) -> String {
    let short = |text: &str| one_line(text, SHOWN).into_owned();
    let place = match (&entry.environment, entry.pull_request) {
        (Some(environment), Some(number)) => format!("{repository}#{number} {environment}"),
        (Some(environment), None) => format!("{repository} {environment}"),
        (None, Some(number)) => format!("{repository}#{number}"),
        (None, None) => repository.to_owned(),
    };
    let why = entry.reason.as_deref().map(|reason| format!(" ({})", short(reason))).unwrap_or_default();
    let came = if entry.done { "" } else { "refused: " };
    format!(
        "{}  {} [{}]  {}  {}{why}: {came}{}",
        report::moment(entry.at.to_seconds()),
        short(&entry.actor),
        short(&entry.role),
        short(&entry.action),
        short(&place),
        short(&entry.result),
    )
}

fn as_json(row: &AuditRow, entry: &AuditEntry, repository: &str) -> Value {
    let mut object = json!(entry);
    object["schema_version"] = json!(1);
    object["number"] = json!(row.number);
    object["hash"] = json!(row.hash.to_string());
    object["repository_name"] = json!(repository);
    object
}

const COLUMNS: [&str; 15] = [
    "number",
    "at",
    "actor",
    "role",
    "action",
    "repository",
    "environment",
    "pull_request",
    "reason",
    "head",
    "base",
    "done",
    "result",
    "hash",
    "delivery",
];

fn fields(row: &AuditRow, entry: &AuditEntry, repository: String) -> [String; 15] {
    let commit = |commit: Option<crate::model::CommitId>| commit.map(|it| it.to_string()).unwrap_or_default();
    [
        row.number.to_string(),
        report::moment(entry.at.to_seconds()),
        entry.actor.clone(),
        entry.role.clone(),
        entry.action.clone(),
        repository,
        entry.environment.clone().unwrap_or_default(),
        entry.pull_request.map(|it| it.to_string()).unwrap_or_default(),
        entry.reason.clone().unwrap_or_default(),
        commit(entry.head),
        commit(entry.base),
        entry.done.to_string(),
        entry.result.clone(),
        row.hash.to_string(),
        entry.delivery.clone().unwrap_or_default(),
    ]
}

/// A line as RFC 4180 has it. What begins like a formula is told by a quote that it is none: spreadsheets would run it.
fn csv(fields: &[String]) -> String {
    let field = |text: &String| {
        let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            format!("'{text}")
        } else {
            text.clone()
        };
        if text.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text
        }
    };
    let fields: Vec<String> = fields.iter().map(field).collect();
    format!("{}\r\n", fields.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_gets_values_and_no_formulas() {
        let fields = ["plain", "a, b", "say \"x\"", "=1+1"].map(str::to_owned);
        assert_eq!(csv(&fields), "plain,\"a, b\",\"say \"\"x\"\"\",'=1+1\r\n");
    }
}
