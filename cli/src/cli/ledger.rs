//! `towpath ledger`: what each environment's branch pointed at, and when.

use super::moment::Moment;
use super::{UsageError, opened};
use crate::lineage::Ledger;
use crate::model::{BranchName, LedgerEntry, PullRequest, TipSource};
use crate::store::{SqliteStore, Store};
use serde_json::json;
use std::fmt::Write as _;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Show what a branch pointed at, the newest first, or at one moment
    #[command(after_help = "\
Examples:
  towpath ledger show --repository acme/store --branch production
  towpath ledger show --repository acme/store --branch production --at \"2026-11-23 14:02\"
  towpath ledger show --repository acme/store --branch staging --limit 5 --json

Times are in UTC unless they say otherwise: 2026-11-23 14:02, 2026-11-23T14:02:30+01:00, or Unix
seconds. Entries that rest only on the commits' own dates say so.")]
    Show {
        /// The repository: acme/store, or its number
        #[arg(long, value_name = "REPOSITORY")]
        repository: String,
        /// The branch of an environment, or the copy branch
        #[arg(long, value_name = "BRANCH", allow_hyphen_values = true)]
        branch: String,
        /// Only what it pointed at then
        #[arg(long, value_name = "TIME")]
        at: Option<Moment>,
        /// At most this many entries
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: usize,
        /// Print JSON: a list, or with --at one entry or null
        #[arg(long)]
        json: bool,
    },
    /// Print the ledger as a file that check pr --ledger reads
    #[command(after_help = "\
Examples:
  towpath ledger export --repository acme/store > ledger.json
  towpath check pr --base integration --head feature/cart --ledger ledger.json")]
    Export {
        /// The repository: acme/store, or its number
        #[arg(long, value_name = "REPOSITORY")]
        repository: String,
    },
}

impl Command {
    /// Whether a program reads the answer.
    pub(super) fn prints_json(&self) -> bool {
        matches!(self, Self::Show { json: true, .. })
    }
}

/// Answers from the database of the server that runs with the same environment, or ran.
pub(super) async fn run(command: Command) -> Result<String, UsageError> {
    let (_, store) = opened::open()?;
    let answer = match command {
        Command::Show { repository, branch, at, limit, json } => {
            let wanted = Wanted { at, limit, json };
            show(&store, &repository, &branch, &wanted).await
        }
        Command::Export { repository } => export(&store, &repository).await,
    };
    store.close().await;
    answer
}

struct Wanted {
    at: Option<Moment>,
    limit: usize,
    json: bool,
}

/// An entry with the pull request by whose merge the branch came there.
struct Entry {
    tip: LedgerEntry,
    pull: Option<PullRequest>,
}

async fn show(
    store: &SqliteStore,
    repository: &str,
    branch: &str,
    wanted: &Wanted,
) -> Result<String, UsageError> {
    let row = opened::repository(store, repository).await?;
    let name = BranchName::new(branch).map_err(|error| UsageError::new(format!("--branch: {error}")))?;
    let tips = store.tips(row.id, Some(&name)).await?;
    if tips.is_empty() {
        let known = branches(&store.tips(row.id, None).await?);
        let known: Vec<&str> = known.iter().map(BranchName::as_str).collect();
        let known = if known.is_empty() { "none yet".to_owned() } else { known.join(", ") };
        return Err(UsageError::new(format!(
            "nothing is known of a branch {branch} of {}; branches that are: {known}",
            row.full_name
        )));
    }
    let merged = store.merged_pulls(row.id, u32::MAX).await?;
    let entry = |tip: &LedgerEntry| Entry {
        pull: merged
            .iter()
            .find(|it| it.base_branch == tip.branch && it.merged.is_some_and(|m| m.commit == tip.commit))
            .filter(|_| tip.commit.is_some())
            .cloned(),
        tip: tip.clone(),
    };
    if let Some(at) = wanted.at {
        let tips = witnessed(tips);
        let (past, later) = tips.split_at(tips.partition_point(|tip| tip.at <= at.seconds()));
        let stay = past.last().map(|tip| Stay { entry: entry(tip), next: later.first() });
        return Ok(match stay {
            _ if wanted.json => format!("{}\n", stay.as_ref().map_or(serde_json::Value::Null, Stay::object)),
            None => {
                format!("nothing is known of {branch} at {at}; the first entry is of {}\n", tips[0].at)
            }
            Some(stay) => stay.told(branch, at),
        });
    }
    let newest: Vec<Entry> = tips.iter().rev().take(wanted.limit).map(entry).collect();
    Ok(if wanted.json {
        format!("{}\n", serde_json::Value::Array(newest.iter().map(object).collect()))
    } else {
        newest.iter().map(line).collect()
    })
}

/// The entries that tell when a branch was where. Commits' own dates say nothing against what was seen: they
/// count up to the first push that was seen, and of commits that none was seen of.
fn witnessed(tips: Vec<LedgerEntry>) -> Vec<LedgerEntry> {
    let seen: Vec<LedgerEntry> =
        tips.iter().filter(|tip| tip.source != TipSource::Backfill).cloned().collect();
    let Some(first) = seen.iter().map(|tip| tip.at).min() else { return tips };
    let counts = |tip: &LedgerEntry| {
        tip.source != TipSource::Backfill
            || (tip.at < first && !seen.iter().any(|it| it.commit == tip.commit))
    };
    tips.into_iter().filter(counts).collect()
}

/// A time that a branch spent at one commit.
struct Stay<'a> {
    entry: Entry,
    next: Option<&'a LedgerEntry>,
}

impl Stay<'_> {
    fn told(&self, branch: &str, at: Moment) -> String {
        let tip = &self.entry.tip;
        let mut text = match tip.commit {
            Some(commit) => format!("At {at} {branch} was at {commit}\n"),
            None => format!("At {at} there was no branch {branch}\n"),
        };
        let _ = writeln!(text, "  since   {}{}", tip.at, by(&self.entry));
        if let Some(before) = tip.before {
            let _ = writeln!(text, "  before  {before}");
        }
        let _ = match self.next {
            None => writeln!(text, "  until   no later move is known"),
            Some(LedgerEntry { source: TipSource::Reconciled, at, .. }) => {
                writeln!(text, "  until   {at} at the latest, when another state was noticed")
            }
            Some(LedgerEntry { commit: Some(commit), at, .. }) => {
                writeln!(text, "  until   {at}, when it went to {}", commit.short())
            }
            Some(next) => writeln!(text, "  until   {}, when it was deleted", next.at),
        };
        text
    }

    fn object(&self) -> serde_json::Value {
        let mut object = object(&self.entry);
        object["until"] = json!(self.next.map(|next| next.at));
        object
    }
}

fn line(entry: &Entry) -> String {
    let tip = &entry.tip;
    let commit = tip.commit.map_or_else(|| "deleted  ".to_owned(), |commit| commit.short());
    let before = tip.before.map(|before| format!(", before {}", before.short())).unwrap_or_default();
    format!("{}  {commit}{before}{}\n", tip.at, by(entry))
}

/// Who moved it, how, and how that is known.
fn by(entry: &Entry) -> String {
    let tip = &entry.tip;
    let mut text = String::new();
    if let Some(actor) = &tip.actor {
        let _ = write!(text, ", moved there by {actor}");
    }
    // One that was forced there did not come by the merge that once made the commit.
    if let Some(pull) = entry.pull.as_ref().filter(|_| !tip.forced) {
        let _ = write!(text, ", with #{} by {} ({})", pull.number, pull.author, pull.head_branch);
    }
    if tip.forced {
        text.push_str(", by force");
    }
    text.push_str(match tip.source {
        TipSource::Push => "",
        TipSource::Backfill => " (by the commits' own dates)",
        TipSource::Reconciled => " (noticed then; when it moved is not known)",
    });
    text
}

fn object(entry: &Entry) -> serde_json::Value {
    let tip = &entry.tip;
    json!({
        "branch": tip.branch,
        "sha": tip.commit,
        "before": tip.before,
        "at": tip.at,
        "forced": tip.forced,
        "actor": tip.actor,
        "source": tip.source,
        "pull_request": entry.pull.as_ref().map(|pull| pull.number),
    })
}

/// The ledger file: everything that a verdict on any branch may rest on.
async fn export(store: &SqliteStore, repository: &str) -> Result<String, UsageError> {
    let row = opened::repository(store, repository).await?;
    let branches = branches(&store.tips(row.id, None).await?);
    let rows = store.ledger(row.id, &branches, None).await?;
    let mut ledger = Ledger::default();
    for (branch, tip) in rows.tips {
        ledger.add_tip(branch, tip);
    }
    for (branch, push) in store.pushes(row.id).await? {
        ledger.add_push(branch, push);
    }
    ledger.set_merged(rows.merged.iter().map(PullRequest::as_merged).collect());
    ledger.set_open(rows.open.iter().map(PullRequest::as_open).collect());
    ledger.set_reported(rows.verified, rows.reported);
    Ok(ledger.to_file())
}

/// The branches that have entries, by name.
fn branches(tips: &[LedgerEntry]) -> Vec<BranchName> {
    let mut names: Vec<BranchName> = tips.iter().map(|tip| tip.branch.clone()).collect();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CommitId, RepositoryId, UnixSeconds};

    fn tip(commit: u8, at: i64, source: TipSource) -> LedgerEntry {
        LedgerEntry {
            repository: RepositoryId(1),
            branch: BranchName::new("production").unwrap(),
            commit: Some(CommitId::from_bytes([commit; 20])),
            before: None,
            at: UnixSeconds(at),
            forced: false,
            actor: None,
            source,
        }
    }

    #[test]
    fn a_commits_own_date_says_nothing_against_a_push_that_was_seen() {
        use TipSource::{Backfill, Push, Reconciled};
        // Made at 200, and pushed at 500; what was made at 600 came with a later push nobody saw in time.
        let known = [
            (1, 100, Backfill),
            (2, 200, Backfill),
            (2, 500, Push),
            (3, 600, Backfill),
            (3, 700, Reconciled),
        ];
        let witnessed = witnessed(known.map(|(commit, at, source)| tip(commit, at, source)).to_vec());
        assert_eq!(witnessed.iter().map(|tip| tip.at.0).collect::<Vec<_>>(), [100, 500, 700]);
        let only_dates = vec![tip(1, 100, Backfill), tip(2, 200, Backfill)];
        assert_eq!(super::witnessed(only_dates.clone()), only_dates);
    }
}
