//! `towpath doctor`: what is right and wrong with how Towpath is set up.

use super::problem::Problems;
use super::repository_name::is_full_name;
use super::settings::Reading;
use super::{UsageError, print, process_variables};
use crate::engine::doctor::{Doctor, DoctorConfig, Examination, Progress};
use crate::engine::{CALL_WITHIN, SystemClock};
use crate::model::{PromotionPath, SetupCall, SetupState};
use crate::report::{GitHubCli, setup_findings_as_json, setup_findings_on_terminal, setup_plan};
use std::io::{BufRead as _, IsTerminal as _};
use std::process::ExitCode;
use std::sync::Arc;

/// What `towpath doctor` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath doctor                                    the App, its repositories, this machine
  towpath doctor --repository acme/store            one repository alone
  towpath doctor --repository acme/store --fix      show what can be repaired, ask, repair it

It takes the settings of the server from the same variables (towpath serve --help), and may run
beside it. For each thing it says ok, fault or unknown: what it may not read is unknown, and no
fault. With a fault comes what follows from it, and the repair: a page, or a command that runs as it
is. Commands that begin with gh need an administrator of the repository.

Exit status: 0 no fault; 1 faults; 2 the request is wrong, or a setting is.")]
pub(super) struct Arguments {
    /// Look at this repository alone
    #[arg(long, value_name = "OWNER/NAME")]
    repository: Option<String>,
    /// Print one JSON object
    #[arg(long, conflicts_with = "fix")]
    pub(super) json: bool,
    /// Repair what the App has the right to repair, after asking
    #[arg(long)]
    fix: bool,
    /// Do not ask before repairing
    #[arg(long, requires = "fix")]
    yes: bool,
}

/// Looks at the set-up, and repairs it where that is wanted.
pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, UsageError> {
    let Arguments { repository, json, fix, yes } = arguments;
    if let Some(name) = repository.as_deref().filter(|name| !is_full_name(name)) {
        return Err(UsageError::new(format!("--repository: {name:?} is no owner/name, such as acme/store")));
    }
    let (doctor, cli) = doctor()?;
    let mut examination = doctor.examine(repository.as_deref(), &Arc::new(Progress::default())).await;
    if json {
        print::to_stdout(&format!("{}\n", setup_findings_as_json(&examination.findings, &cli)));
        return Ok(exit(&examination));
    }
    print::to_stdout(&setup_findings_on_terminal(&examination.findings, &cli));
    if fix && repair(&doctor, &examination, yes).await? {
        examination = doctor.examine(repository.as_deref(), &Arc::new(Progress::default())).await;
        print::to_stdout(&format!("\n{}", setup_findings_on_terminal(&examination.findings, &cli)));
    }
    Ok(exit(&examination))
}

fn doctor() -> Result<(Doctor, GitHubCli), UsageError> {
    let Reading { settings, problems, .. } = Reading::of(&process_variables::of_process);
    let settings = settings.ok_or_else(|| UsageError::new(Problems(&problems).to_string()))?;
    let cli = GitHubCli::of(&settings.api_url);
    let doctor = Doctor::new(DoctorConfig {
        app: settings.app.map(|app| app.key),
        api_url: settings.api_url,
        call_within: CALL_WITHIN,
        places: settings.places,
        path: PromotionPath::pro(),
        clock: Arc::new(SystemClock),
        mirrors: settings.mirrors,
        deploying: settings.deploying,
    })?;
    Ok((doctor, cli))
}

fn exit(examination: &Examination) -> ExitCode {
    let has_fault = examination.findings.iter().any(|it| it.state == SetupState::Fault);
    if has_fault { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Shows what is going to be changed, asks, and changes it; answers whether anything was changed.
async fn repair(doctor: &Doctor, examination: &Examination, yes: bool) -> Result<bool, UsageError> {
    let calls = examination.own_repairs();
    if calls.is_empty() {
        print::to_stdout("\nThe App has the right to repair nothing of this.\n");
        return Ok(false);
    }
    print::to_stdout(&format!("\nThe App can repair this:\n{}", setup_plan(calls.iter().copied())));
    if !yes && !agreed()? {
        print::to_stdout("Nothing was changed.\n");
        return Ok(false);
    }
    let mut changed = false;
    for call in calls {
        changed |= make(doctor, call).await;
    }
    Ok(changed)
}

async fn make(doctor: &Doctor, call: &SetupCall) -> bool {
    let of = &call.change.of;
    match doctor.repair(call).await {
        Ok(()) => {
            print::to_stdout(&format!("repaired: {of}\n"));
            true
        }
        Err(why) => {
            print::to_stderr(&format!("not repaired: {of}: {why}\n"));
            false
        }
    }
}

/// Whether the person at the terminal agrees.
fn agreed() -> Result<bool, UsageError> {
    if !std::io::stdin().is_terminal() {
        return Err(UsageError::new(
            "--fix asks at a terminal, and there is none; add --yes to repair without asking",
        ));
    }
    print::to_stdout("Repair it? [y/N] ");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
