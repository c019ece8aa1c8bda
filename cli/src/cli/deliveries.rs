use super::UsageError;
use super::opened;
use crate::engine::{Clock, SystemClock};
use crate::model::UnixMillis;
use crate::report::one_line;
use crate::store::{DeliveryFilter, DeliveryRow, DeliveryState, GivenUp, SqliteStore, Store, WorkItem};
use std::fmt::Write as _;

/// How long what others have said may be, in characters.
const SHOWN: usize = 1_000;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List deliveries, the newest first; with `--state dead` everything that Towpath gave up
    #[command(after_help = "\
Examples:
  towpath deliveries list
  towpath deliveries list --state dead --limit 10

Columns: number, time (UTC), state, event, GitHub's id, and what it is about.")]
    List {
        /// Only those in this state
        #[arg(long, value_enum)]
        state: Option<State>,
        /// At most this many deliveries
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: u32,
    },
    /// Show one delivery with its body
    #[command(after_help = "\
Examples:
  towpath deliveries show 4711
  towpath deliveries show 72d3162e-cc78-11e3-81ab-4c9367dc0958")]
    Show {
        /// GitHub's id of the delivery, or the number from the list
        id: String,
    },
    /// Process a delivery again, and revive what Towpath gave up because of it
    #[command(after_help = "\
Examples:
  towpath deliveries replay 4711
  towpath deliveries replay 72d3162e-cc78-11e3-81ab-4c9367dc0958

Towpath looks at the present state of what it is about, and does nothing twice.")]
    Replay {
        /// GitHub's id of the delivery, the number from the list, or the name of what Towpath gave up
        id: String,
    },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum State {
    /// Stored, not yet processed
    Pending,
    /// Processed
    Done,
    /// Given up; a replay revives it
    Dead,
}

impl From<State> for DeliveryState {
    fn from(state: State) -> Self {
        match state {
            State::Pending => Self::Pending,
            State::Done => Self::Done,
            State::Dead => Self::Dead,
        }
    }
}

/// Answers from the database of the server that runs with the same environment, or ran.
pub(super) async fn run(command: Command) -> Result<String, UsageError> {
    let (places, store) = opened::open()?;
    let failed =
        |error: &dyn std::fmt::Display| UsageError::new(format!("{}: {error}", places.database.display()));
    let answer = answer(&store, command).await;
    store.close().await;
    answer.map_err(|error| failed(&error))
}

async fn answer(store: &SqliteStore, command: Command) -> Result<String, UsageError> {
    match command {
        Command::List { state, limit } => {
            let filter = DeliveryFilter { state: state.map(DeliveryState::from), limit };
            let rows = store.deliveries(&filter).await?;
            let given_up = match filter.state {
                Some(DeliveryState::Dead) => store.given_up(limit).await?,
                _ => Vec::new(),
            };
            let text = list(&rows) + &without_delivery(&rows, &given_up);
            Ok(if text.is_empty() { "no deliveries\n".to_owned() } else { text })
        }
        Command::Show { id } => Ok(show(&found(store, &id).await?)),
        Command::Replay { id } => {
            if let Ok(item) = id.parse::<WorkItem>() {
                return revive(store, item).await;
            }
            let row = found(store, &id).await?;
            let done = store.replay(row.id, SystemClock.now()).await?;
            if done {
                Ok(format!("{} is processed again: {}\n", row.guid, row.item))
            } else {
                Err(UsageError::new(format!(
                    "Towpath has dropped the body of {}, because it is too old",
                    row.guid
                )))
            }
        }
    }
}

async fn revive(store: &SqliteStore, item: WorkItem) -> Result<String, UsageError> {
    let given_up = store.given_up(u32::MAX).await?;
    if given_up.iter().all(|it| it.item != item) {
        return Err(UsageError::new(format!(
            "{item} was not given up; see towpath deliveries list --state dead"
        )));
    }
    let done = format!("{item} is tried again\n");
    store.mark(vec![item], SystemClock.now()).await?;
    Ok(done)
}

async fn found(store: &SqliteStore, id: &str) -> Result<DeliveryRow, UsageError> {
    let row = store.delivery(id).await?;
    row.ok_or_else(|| UsageError::new(format!("no delivery {id:?} is known; see towpath deliveries list")))
}

fn list(rows: &[DeliveryRow]) -> String {
    let mut text = String::new();
    for row in rows {
        let event = match &row.action {
            Some(action) => format!("{}.{}", row.event, one_line(action, SHOWN)),
            None => row.event.clone(),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:>8}  {}  {:<7}  {event:<28}  {}  {}",
            row.id.0,
            when(row.received_at),
            state_name(row.state),
            row.guid,
            row.item
        );
        if let Some(error) = &row.error {
            let _ = writeln!(text, "          {}", one_line(error, SHOWN));
        }
    }
    text
}

/// What was given up and stands behind no delivery in the list: showing something on GitHub, for one.
fn without_delivery(rows: &[DeliveryRow], given_up: &[GivenUp]) -> String {
    let mut text = String::new();
    for GivenUp { item, error } in given_up.iter().filter(|it| rows.iter().all(|row| row.item != it.item)) {
        let error = one_line(error.as_deref().unwrap_or("it is not known why"), SHOWN);
        // Writing to a String cannot fail.
        let _ = write!(text, "given up  {item}\n          {error}\n");
    }
    text
}

fn show(row: &DeliveryRow) -> String {
    let mut text = list(std::slice::from_ref(row));
    match &row.body {
        Some(body) => {
            let pretty = serde_json::from_slice::<serde_json::Value>(body);
            let pretty = pretty.and_then(|value| serde_json::to_string_pretty(&value));
            let pretty = pretty.unwrap_or_else(|_| String::from_utf8_lossy(body).into_owned());
            let lines: Vec<_> = pretty.lines().map(|line| one_line(line, usize::MAX)).collect();
            text.push_str(&lines.join("\n"));
        }
        None => text.push_str("the body was dropped for its age"),
    }
    text.push('\n');
    text
}

fn state_name(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Pending => "pending",
        DeliveryState::Done => "done",
        DeliveryState::Dead => "dead",
    }
}

fn when(at: UnixMillis) -> String {
    let time = at.to_date().unwrap_or_default();
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}
