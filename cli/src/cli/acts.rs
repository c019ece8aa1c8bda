//! Asking the server for an act of the operator's, and following what comes of it.

use super::exit::Status;
use super::opened::{environment, path_of};
use super::values::minutes;
use super::{UsageError, opened, print};
use crate::deploy::DeployQueue;
use crate::engine::{Clock as _, SystemClock};
use crate::model::{Deploy, DeployState, Environment, RepositoryId};
use crate::report;
use crate::store::{
    ActOutcome, CommandStore as _, RequestedAct, RequestedActId, RequestedActRow, SqliteStore, Store,
};
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Duration;

/// How long the server is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often it is looked how a deploy stands.
const FOLLOW_EVERY: Duration = Duration::from_millis(500);

/// Where something is asked for.
#[derive(Debug, clap::Args)]
pub(super) struct At {
    /// The environment's name; needed, here or by --environment
    #[arg(value_name = "ENV", required_unless_present = "environment")]
    named: Option<String>,
    /// The repository: acme/store, or its number
    #[arg(long, value_name = "REPOSITORY")]
    pub(super) repository: String,
    /// The same as ENV
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
}

impl At {
    /// The environment that is named, once.
    pub(super) fn environment(&self) -> Result<&str, UsageError> {
        match (&self.named, &self.environment) {
            (Some(name), None) | (None, Some(name)) => Ok(name),
            (Some(name), Some(_)) => Err(UsageError::new(format!(
                "{name:?} is one word too many: --environment names the environment"
            ))),
            (None, None) => Err(UsageError::new("name the environment")),
        }
    }

    /// What stands in the place of the environment though a flag names that: what is meant comes behind it then.
    pub(super) fn beside_flag(&mut self) -> Option<String> {
        self.environment.as_ref()?;
        self.named.take()
    }
}

/// Who the operator says asks. It is no login, or whoever has that on GitHub could go on with what the operator began.
pub(super) fn operators_name(name: &str) -> Result<String, &'static str> {
    const LONGEST: usize = 100;
    let is_fit = !name.trim().is_empty() && name.len() <= LONGEST && !name.contains(char::is_control);
    match name {
        "operator" => Ok(name.to_owned()),
        _ if is_fit => Ok(format!("{name} (operator)")),
        _ => Err("name who asks, in at most 100 letters on one line"),
    }
}

/// What to tell of it.
#[derive(Debug, clap::Args)]
pub(super) struct Telling {
    /// Follow the deploy to its end: exit status 0 if it succeeds, 1 if not
    #[arg(long)]
    wait: bool,
    /// How long to follow it, with --wait
    #[arg(long, value_name = "MINUTES", default_value = "120", value_parser = minutes, requires = "wait")]
    timeout: Duration,
    /// Print JSON objects, one a line
    #[arg(long)]
    pub(super) json: bool,
}

/// What to tell of an act that begins no deploy.
#[derive(Debug, clap::Args)]
pub(super) struct TellingAtOnce {
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

impl From<TellingAtOnce> for Telling {
    fn from(TellingAtOnce { json }: TellingAtOnce) -> Self {
        Self { wait: false, timeout: Duration::ZERO, json }
    }
}

impl Telling {
    fn tell(&self, words: &str, object: impl FnOnce() -> Value) {
        print::to_stdout(&if self.json { format!("{}\n", object()) } else { format!("{words}\n") });
    }
}

/// Asks the server, and answers when it has accepted or refused; or follows it to its end.
pub(super) async fn ask(at: &At, act: RequestedAct, telling: &Telling) -> Result<ExitCode, UsageError> {
    let (_, store) = opened::open()?;
    let row = opened::repository(&store, &at.repository).await?;
    let path = path_of(&store, &row).await?;
    let environment = environment(&path, at.environment()?)?;
    let asked = RequestedActRow {
        id: RequestedActId(0),
        repository: row.id,
        environment: environment.name.clone(),
        act,
        made_at: SystemClock.now(),
        origin: None,
        progress: None,
        outcome: None,
    };
    let id = store.request_act(asked).await?;
    let exit = if let Ok(outcome) = tokio::time::timeout(PATIENCE, answer(&store, id)).await {
        let outcome = outcome?;
        telling.tell(&said(&outcome), || as_json(&outcome));
        match (outcome.accepted, outcome.deploy) {
            (false, _) => ExitCode::from(Status::REFUSED),
            (true, Some(number)) if telling.wait => {
                Following { store: &store, repository: row.id, environment, telling }.to_end(number).await?
            }
            (true, _) => ExitCode::SUCCESS,
        }
    } else {
        let words = "no server has answered; the next one that runs on this data folder does it";
        telling.tell(words, || json!({ "schema_version": 1, "accepted": null, "words": words }));
        ExitCode::FAILURE
    };
    store.close().await;
    Ok(exit)
}

fn as_json(outcome: &ActOutcome) -> Value {
    let ActOutcome { accepted, words, deploy, .. } = outcome;
    json!({ "schema_version": 1, "accepted": accepted, "deploy": deploy, "words": words })
}

fn said(outcome: &ActOutcome) -> String {
    if outcome.accepted { outcome.words.clone() } else { format!("refused: {}", outcome.words) }
}

async fn answer(store: &SqliteStore, id: RequestedActId) -> Result<ActOutcome, UsageError> {
    loop {
        match store.requested_act(id).await?.and_then(|row| row.outcome) {
            Some(outcome) => return Ok(outcome),
            None => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

/// A deploy that is followed to its end.
struct Following<'a> {
    store: &'a SqliteStore,
    repository: RepositoryId,
    environment: &'a Environment,
    telling: &'a Telling,
}

impl Following<'_> {
    async fn to_end(&self, number: u64) -> Result<ExitCode, UsageError> {
        let within = self.telling.timeout;
        if let Ok(went_well) = tokio::time::timeout(within, self.follow(number)).await {
            return Ok(if went_well? { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        let minutes = within.as_secs() / 60;
        let words = format!("not ended within {minutes} min; it goes on, and towpath where shows how");
        self.telling.tell(&words, || json!({ "state": "timeout", "words": words }));
        Ok(ExitCode::FAILURE)
    }

    async fn follow(&self, mut number: u64) -> Result<bool, UsageError> {
        let mut told = String::new();
        loop {
            let environment_deploys = self.store.environment_deploys(
                self.repository,
                &self.environment.name,
                &self.environment.branch,
            );
            let environment_deploys = environment_deploys.await?;
            let queue = DeployQueue::new(
                environment_deploys.deploys,
                environment_deploys.hold,
                environment_deploys.baseline,
            );
            let Some(deploy) = queue.get(number) else {
                return Err(UsageError::new(format!("Towpath no longer knows deploy {number}")));
            };
            let words = how_it_stands(&queue, deploy);
            if words != told {
                self.telling.tell(&words, || {
                    json!({ "deploy": number, "sha": deploy.commit, "state": deploy.state.as_str(), "words": words })
                });
                told = words;
            }
            if let Some(next) = queue.goes_on_as(deploy) {
                number = next;
            } else if !deploy.state.is_open() {
                return Ok(deploy.state == DeployState::Succeeded);
            }
            tokio::time::sleep(FOLLOW_EVERY).await;
        }
    }
}

fn how_it_stands(queue: &DeployQueue, deploy: &Deploy) -> String {
    let waits = queue.waits_for(deploy.number).and_then(report::waits_for);
    waits.map_or_else(|| report::deploy_line(deploy), |words| format!("deploy {}: {words}", deploy.number))
}
