use super::error::DemoError;
use crate::model::ForPeople;
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;

/// The first block of commands in a check's summary.
pub(super) fn commands_in(summary: &str) -> Option<&str> {
    let block = summary.split_once("```sh\n")?.1;
    Some(block.split_once("\n```")?.0)
}

/// Does in a fresh clone what a person does who copies the commands from the check.
pub(super) async fn follow(
    commands: &str,
    clone_url: &str,
    folder: &Path,
    by: &str,
) -> Result<(), DemoError> {
    let clone = folder.join("clone-of-".to_owned() + by);
    let address = clone_url.replacen("://", &format!("://{by}:demo@"), 1);
    run(Command::new("git").args(["clone", "--quiet", &address]).arg(&clone), by).await?;
    run(Command::new("sh").arg("-c").arg(commands).current_dir(&clone), by).await
}

async fn run(command: &mut Command, by: &str) -> Result<(), DemoError> {
    let email = format!("{by}@acme.example");
    let output = command
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_AUTHOR_NAME", by)
        .env("GIT_AUTHOR_EMAIL", &email)
        .env("GIT_COMMITTER_NAME", by)
        .env("GIT_COMMITTER_EMAIL", &email)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await;
    let otherwise = |what: String| DemoError::Otherwise(format!("the repair could not be followed: {what}"));
    let output = output.map_err(|error| otherwise(error.for_people().into()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(otherwise(String::from_utf8_lossy(&output.stderr).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_what_stands_in_the_block() {
        let summary = "words\n\n```sh\ngit fetch origin &&\ngit push\n```\n\nmore";
        assert_eq!(commands_in(summary), Some("git fetch origin &&\ngit push"));
        assert_eq!(commands_in("no block"), None);
    }
}
