//! What `serve --check` looks at: whether `serve` would run with these settings. Nothing is changed, and a server that runs
//! on the same data is not disturbed.

use super::credentials::Credentials;
use super::problem::{Problem, Problems};
use super::settings::{Reading, Settings};
use super::{UsageError, print, process_variables, serve};
use crate::engine::{CALL_WITHIN, Clock as _, Places, SystemClock};
use crate::github::{Api, ApiConfig};
use crate::model::ForPeople;
use crate::store::database_version;
use crate::web::BindError;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// Looks at the settings and what they name, the database and the credentials. What is wrong with any of them is told in one go.
///
/// # Errors
/// When a setting, the database or the App's credentials are wrong. Where GitHub does not answer, that is no error: nothing
/// says that they are.
pub(super) async fn run(print_credentials: Option<&Path>) -> Result<ExitCode, UsageError> {
    let mut reading = Reading::of(&process_variables::of_process);
    let bound = serve::look_at_named(&mut reading, Places::look, print_credentials).await;
    let Reading { settings, places, mut problems, .. } = reading;
    let mut found = Vec::new();
    match bound {
        Some(Err(BindError::Taken { address })) => {
            found.push(format!(
                "address: something listens on {address} already, and has to stop before the start"
            ));
        }
        Some(Err(error)) => problems.push(Problem::told(&error)),
        Some(Ok(_)) | None => {}
    }
    if let Some(places) = places.filter(|places| places.look().is_ok()) {
        match database(&places.database) {
            Ok(line) => found.push(line),
            Err(problem) => problems.push(problem),
        }
    }
    let mut unknown = false;
    match settings {
        Some(Settings { app: Some(app), api_url, .. }) => match credentials(app, &api_url).await {
            Ok(Known::Accepted(line)) => found.push(line),
            Ok(Known::NotAnswered(line)) => {
                unknown = true;
                found.push(line);
            }
            Err(problem) => problems.push(problem),
        },
        Some(Settings { app: None, .. }) => {
            problems.push(Problem::new("no App is registered: the server would start in set-up mode"));
        }
        None => {}
    }
    if !problems.is_empty() {
        return Err(UsageError::new(Problems(&problems).to_string()));
    }
    for line in found {
        print::to_stdout(&format!("{line}\n"));
    }
    Ok(if unknown { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What the database is, where there is one.
fn database(path: &Path) -> Result<String, Problem> {
    let shown = path.display();
    if !path.exists() {
        return Ok(format!("database: none at {shown} yet; the start makes one"));
    }
    let known = database_version(path);
    let known = known.map_err(|error| Problem::new(format!("{shown}: {}", error.for_people())))?;
    Ok(match known.newest - known.version {
        0 => format!("database: {shown}, version {}", known.version),
        _ => format!(
            "database: {shown}, version {}; the start brings it to version {}",
            known.version, known.newest
        ),
    })
}

/// What GitHub says of the credentials.
enum Known {
    Accepted(String),
    NotAnswered(String),
}

async fn credentials(app: Credentials, api_url: &str) -> Result<Known, Problem> {
    let id = app.id;
    let api = Api::new(ApiConfig {
        base_url: api_url.to_owned(),
        key: app.key,
        timeout: CALL_WITHIN,
        now: Arc::new(|| SystemClock.now()),
    });
    let api = api.map_err(|error| Problem::told(&error))?;
    match api.app().await {
        Ok(known) => Ok(Known::Accepted(format!(
            "credentials: GitHub accepts them, of the App {:?} ({id})",
            known.name
        ))),
        Err(error) if api.access().is_refusal() => {
            Err(Problem::new(format!("GitHub does not accept the App's credentials: {}", error.for_people())))
        }
        Err(error) => Ok(Known::NotAnswered(format!(
            "credentials: {api_url} could not be asked: {}",
            error.for_people()
        ))),
    }
}
