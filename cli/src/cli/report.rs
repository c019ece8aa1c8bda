//! `towpath report`: what a repository's path seems to be, and what it would have stopped.

use super::exit::Status;
use super::problem::Problems;
use super::repository_name::is_full_name;
use super::settings::Reading;
use super::{UsageError, print, process_variables};
use crate::engine::doctor::{GIVE_APP, NO_APP};
use crate::engine::{CALL_WITHIN, NoReport, Reporter, ReporterConfig, SystemClock};
use crate::model::Found;
use crate::report::{install_report_as_json, install_report_on_terminal};
use std::process::ExitCode;
use std::sync::Arc;

/// What `towpath report` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath report --repository acme/store           the path, what it would have stopped, what is
                                                   missing, and the configuration that fits
  towpath report --repository acme/store --json    the same for programs

It takes the App's settings from the same variables as the server (towpath serve --help), and may
run beside it. It changes nothing on GitHub: it reads branches, rules and the last pull requests,
and copies the commits into a folder that goes afterwards.

Exit status: 0 the report; 1 GitHub or git did not answer; 2 the request is wrong, or
a setting or the repository's configuration is.")]
pub(super) struct Arguments {
    /// The repository
    #[arg(long, value_name = "OWNER/NAME")]
    repository: String,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

/// Makes the report and prints it.
pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, UsageError> {
    let Arguments { repository, json } = arguments;
    if !is_full_name(&repository) {
        let name = format!("--repository: {repository:?} is no owner/name, such as acme/store");
        return Err(UsageError::new(name));
    }
    let report = match reporter()?.report(&repository).await {
        Ok(report) => report,
        Err(NoReport::NoAnswer(why)) => return Ok(no_answer(&why, json)),
        Err(NoReport::NotInstalled) => {
            let what = format!("the App is not installed on {repository}, or there is no such repository");
            return Err(UsageError::new(what));
        }
        Err(NoReport::Suspended) => {
            return Err(UsageError::new(format!("the account of {repository} has suspended the App")));
        }
    };
    if json {
        print::to_stdout(&format!("{}\n", install_report_as_json(&report)));
    } else {
        print::to_stdout(&install_report_on_terminal(&report));
    }
    let is_invalid = matches!(report.found, Found::InvalidConfiguration { .. });
    Ok(if is_invalid { ExitCode::from(Status::USAGE_ERROR) } else { ExitCode::SUCCESS })
}

fn reporter() -> Result<Reporter, UsageError> {
    let Reading { settings, problems, .. } = Reading::of(&process_variables::of_process);
    let settings = settings.ok_or_else(|| UsageError::new(Problems(&problems).to_string()))?;
    let app = settings.app.ok_or_else(|| UsageError::new(format!("{NO_APP}; {GIVE_APP}")))?;
    let (app, clock) = (app.key, Arc::new(SystemClock));
    let config = ReporterConfig { app, api_url: settings.api_url, call_within: CALL_WITHIN, clock };
    Ok(Reporter::new(config)?)
}

fn no_answer(why: &str, json: bool) -> ExitCode {
    let what = format!("there is no report: {why}");
    if json {
        print::to_stdout(&print::error(&what));
    } else {
        print::to_stderr(&format!("error: {what}\n"));
    }
    ExitCode::FAILURE
}
