//! The command line, as the operator uses it beside the server.

use super::error::DemoError;
use crate::model::ForPeople;
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;

/// Runs this very program on the folder `data` of a server; answers what it prints.
pub(super) async fn towpath(data: &Path, arguments: &[&str]) -> Result<String, DemoError> {
    let otherwise = |what: String| DemoError::Otherwise(format!("towpath {}: {what}", arguments.join(" ")));
    let program = std::env::current_exe().map_err(|error| otherwise(error.for_people().into()))?;
    let mut command = Command::new(program);
    command.args(arguments).env("TOWPATH_DATA_DIR", data).env_remove("DATABASE_URL");
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.map_err(|error| otherwise(error.for_people().into()))?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if output.status.success() { Ok(said) } else { Err(otherwise(said)) }
}
