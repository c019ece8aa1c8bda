//! `towpath forecast`

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::check_commerce::{End, environment, head, named_base, require_project};
use super::local::{Named, RepositoryArguments};
use super::{UsageError, opened, print};
use crate::engine::{CommerceProject, DeployRecords};
use crate::lineage::GitError;
use crate::model::{
    BranchName, CommerceSettings, DeployRecord, Environment, Forecast, ForecastFact, PromotionPath, Role,
};
use crate::report::said_plainly;

/// What `towpath forecast` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath forecast --base production --head staging    what the next release will do to the shop
  towpath forecast --base integration --head HEAD      what your branch will do there
  towpath forecast --base production --head staging --repository acme/store
                                                       with what the server knows of its deploys
  towpath forecast --base production --head staging --json

It reads the files of an Adobe Commerce project on cloud infrastructure: whether they were built
already; where static content is made; whether the database is upgraded; which services, routes,
crons and disks change, and which of them take a ticket; what cannot be undone. Each fact names the
file that it is from, and what no file tells is said to be so: see docs/commerce.md. It reads git
only, runs nothing of the project and asks no network.

The change is what the head has changed since it left the base. It looks at what you last fetched.

Exit status: 0 told; 1 the configuration cannot be used, or is not known; 2 the request is wrong.")]
pub(super) struct Arguments {
    #[command(flatten)]
    place: RepositoryArguments,
    /// Where it goes: a branch of the remote as last fetched, else a local one, else any commit
    #[arg(long, value_name = "BASE", allow_hyphen_values = true)]
    base: String,
    /// What is released: a branch of the clone, else of its remote, else any commit (HEAD, a SHA)
    #[arg(long, value_name = "HEAD", allow_hyphen_values = true)]
    head: String,
    /// The environment that it goes into [default: the one of the base]
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// The repository whose deploys are on the server's record: acme/store, or its number. It is read
    /// where the server has it (`TOWPATH_DATA_DIR`): how long deploys took, and what is built
    #[arg(long, value_name = "REPOSITORY")]
    repository: Option<String>,
    /// A configuration file, in place of the one on the default branch
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print one JSON object: what is expected, and the facts with their files and lines
    #[arg(long)]
    pub(super) json: bool,
}

/// Tells and prints.
pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, UsageError> {
    let config = Named::read(arguments.config.as_deref())?;
    let local = arguments.place.open(Some(&arguments.base), &[&arguments.head]).await?;
    let failed = |error: GitError| local.failed(&error);
    let head = head(&arguments.head, &local).await?;
    let base = named_base(&arguments.base, &local).await?;
    let rules = local.rules(config, head.branch.as_ref()).await;
    if rules.instead.is_some() {
        let why = "the configuration cannot be used, or is not known; see towpath config check";
        if arguments.json {
            print::to_stdout(&print::error(why));
        } else {
            print::to_stderr(&format!("error: {why}\n"));
        }
        return Ok(ExitCode::FAILURE);
    }
    let path = &rules.path;
    let environment = match &arguments.environment {
        Some(name) => Some(environment(path, name)?),
        None => of_base(path, base.branch.as_ref()),
    };
    let settings = path.commerce.clone().unwrap_or_else(|| CommerceSettings::built_in(&path.environments));
    require_project(&local, (&head, Some(&base)), &settings.root).await?;
    let records = records(arguments.repository.as_deref(), path).await?;
    let project = CommerceProject { path, settings: &settings, target: environment };
    let ends = (head.commit, base.commit);
    let told = project.forecast(&local.repository, ends, &records).await.map_err(failed)?;
    print::to_stdout(&if arguments.json {
        format!("{}\n", as_json(&told, (&head, &base, environment)))
    } else {
        in_words(&told, (&head, &base, environment))
    });
    Ok(ExitCode::SUCCESS)
}

fn of_base<'a>(path: &'a PromotionPath, base: Option<&BranchName>) -> Option<&'a Environment> {
    match path.role(base?) {
        Role::Environment(environment) => Some(environment),
        Role::Copy(_) | Role::Topic => None,
    }
}

/// What the server has on record of deploys; nothing where nobody asked for it.
async fn records(repository: Option<&str>, path: &PromotionPath) -> Result<DeployRecords, UsageError> {
    let Some(repository) = repository else { return Ok(DeployRecords::default()) };
    let (_, store) = opened::open()?;
    let id = opened::repository(&store, repository).await?.id;
    Ok(DeployRecords::read(&store, id, path).await?)
}

type Asked<'a> = (&'a End, &'a End, Option<&'a Environment>);

fn in_words(told: &Forecast, (head, base, environment): Asked<'_>) -> String {
    let mut text = String::new();
    let mut topic = None;
    for fact in &told.facts {
        if topic.replace(fact.topic) != Some(fact.topic) {
            let gap = if text.is_empty() { "" } else { "\n" };
            // Writing into a text does not fail.
            let _ = writeln!(text, "{gap}{}", fact.topic.heading());
        }
        let place =
            fact.place.as_ref().map(|place| format!(" ({}:{})", print::printable(&place.path), place.line));
        let _ = writeln!(text, "  {}{}", said_plainly(&fact.says), place.unwrap_or_default());
    }
    let environment =
        environment.map_or_else(|| "no environment".to_owned(), |it| print::printable(&it.name));
    let (head, base) = (head.commit.short(), base.commit.short());
    text + &format!("\nRead from {head} against {base}, for {environment}.\n")
}

fn as_json(told: &Forecast, (head, base, environment): Asked<'_>) -> Value {
    let end = |end: &End| {
        let name = end.branch.as_ref().map(BranchName::as_str);
        json!({ "name": name, "commit": end.commit.to_string() })
    };
    json!({
        "schema_version": print::SCHEMA_VERSION,
        "built": told.is_built,
        "static_content_in_maintenance": told.static_content_in_maintenance.as_flag(),
        "database_upgrade": told.database_upgrade.as_flag(),
        "deploy_phase": deploy_phase(told.record),
        "facts": told.facts.iter().map(fact).collect::<Vec<_>>(),
        "head": end(head),
        "base": end(base),
        "environment": environment.map(|it| it.name.as_str()),
    })
}

/// How long deploys took there, where that is on record.
fn deploy_phase(record: DeployRecord) -> Option<Value> {
    match record {
        DeployRecord::NotAsked | DeployRecord::Empty => None,
        DeployRecord::Known(it) | DeployRecord::OnPlatform(it) => Some(json!({
            "deploys": it.deploys,
            "median_seconds": it.median.as_secs(),
            "longest_seconds": it.longest.as_secs(),
        })),
    }
}

fn fact(fact: &ForecastFact) -> Value {
    json!({
        "topic": fact.topic.as_str(),
        "says": said_plainly(&fact.says),
        "ticket": fact.ticket,
        "file": fact.place.as_ref().map(|place| place.path.as_str()),
        "line": fact.place.as_ref().map(|place| place.line),
    })
}
