//! `towpath hook install` and `towpath hook run`: the pre-push hook.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::exit::Status;
use super::local::RepositoryArguments;
use super::{UsageError, check_pr, print};
use crate::engine::write_whole_file;
use crate::lineage::{GitError, HookFolder, hook_folder};
use crate::model::ForPeople;
use crate::report::shell_word;

/// What git runs before it pushes.
const SCRIPT: &str = include_str!("hook/pre-push.sh");
/// By this line the hook is known as ours, in whatever version it was written.
const RUNS_US: &str = "exec towpath hook run \"$@\"";
/// What somebody adds to a hook of their own.
const LINE: &str = "towpath hook run \"$@\" || exit 1";
/// No push names so many branches that its lines are longer, in bytes.
const LINES_MAX: u64 = 4 << 20;

/// What `towpath hook` takes.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Put the pre-push hook where git looks for it, or take it away
    #[command(after_help = "\
Examples:
  towpath hook install             in the repository of this folder
  towpath hook install --repo ~/store
  towpath hook install --remove

From then on git push checks each topic first, and stops one that would fail. To push all the
same: git push --no-verify

The hook finds towpath by the PATH that git is started with. Where it is not there, git pushes all
the same, and a line says that nothing was checked.

A pre-push hook that is there and is not Towpath's stays as it is; the error tells the line to add.")]
    Install(InstallArguments),
    /// Check what git is about to push: the hook calls it
    #[command(after_help = "\
Example, in .git/hooks/pre-push:
  towpath hook run \"$@\" || exit 1

Git writes what it pushes to standard input, one line for each branch.

Exit status: 0 all of it may be pushed; 1 something would fail, or could not be checked; 2 the
request is wrong, or standard input cannot be read.")]
    Run(RunArguments),
}

/// What `towpath hook install` takes.
#[derive(Debug, clap::Args)]
pub(super) struct InstallArguments {
    /// A directory in the repository [default: the current directory]
    #[arg(long, value_name = "DIR", default_value = ".", hide_default_value = true)]
    repo: PathBuf,
    /// Take the hook away
    #[arg(long)]
    remove: bool,
}

/// What `towpath hook run` takes: what git gives to its pre-push hook.
#[derive(Debug, clap::Args)]
pub(super) struct RunArguments {
    /// The remote's name, or its address where it has none
    #[arg(value_name = "REMOTE", allow_hyphen_values = true)]
    remote: String,
    /// The remote's address
    #[arg(value_name = "URL", allow_hyphen_values = true)]
    _address: Option<String>,
}

pub(super) async fn run(command: Command) -> Result<ExitCode, UsageError> {
    match command {
        Command::Install(arguments) => install(&arguments).await.map(|()| ExitCode::SUCCESS),
        Command::Run(arguments) => check(&arguments).await,
    }
}

async fn install(arguments: &InstallArguments) -> Result<(), UsageError> {
    let folder = hook_folder(&arguments.repo).await;
    let HookFolder { path, is_shared } = folder.map_err(|error| match error {
        GitError::NotARepository { .. } => {
            UsageError::new(format!("{}; go into one, or name one with --repo DIR", error.for_people()))
        }
        error => error.into(),
    })?;
    let hook = path.join("pre-push");
    let place = hook.display();
    let present = match std::fs::read(&hook) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed("read", &hook, &error)),
    };
    let is_ours = present.as_ref().is_some_and(|text| text.lines().any(|line| line == RUNS_US));
    match (arguments.remove, present) {
        (true, None) => print::to_stdout(&format!("There is no pre-push hook at {place}\n")),
        (true, Some(_)) if is_ours => {
            std::fs::remove_file(&hook).map_err(|error| failed("removed", &hook, &error))?;
            print::to_stdout(&format!("The pre-push hook is gone: {place}\n"));
        }
        (true, Some(text)) if !text.contains("towpath") => print::to_stdout(&format!(
            "There is no hook of Towpath's: {place} is another one, does not run towpath, and stays as it is\n"
        )),
        (true, Some(_)) => {
            return Err(UsageError::new(format!(
                "{place} is not Towpath's hook, so it stays; take the line out of it that runs towpath"
            )));
        }
        (false, Some(_)) if !is_ours => {
            return Err(UsageError::new(format!(
                "{place} is there and is not Towpath's, so it stays; add this line to it: {LINE}"
            )));
        }
        (false, None) if is_shared => {
            return Err(UsageError::new(format!(
                "git looks for the hooks of all your repositories in {} (core.hooksPath); if all are to be checked, add \
                 this line to a pre-push hook there: {LINE}",
                path.display()
            )));
        }
        (false, _) => {
            write(&path, &hook).map_err(|error| failed("written", &hook, &error))?;
            print::to_stdout(&format!(
                "The pre-push hook is there: {place}\nFrom now on git push stops a topic that would fail. To push all the \
                 same: git push --no-verify\nThe hook finds towpath by the PATH that git is started with; where it is not there, git \
                 pushes all the same, and a line says that nothing was checked.\n"
            ));
        }
    }
    Ok(())
}

/// Writes the hook, so that git never finds half of it, nor one that may not be run.
fn write(folder: &Path, hook: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    write_whole_file(hook, SCRIPT, 0o755)
}

fn failed(what: &str, hook: &Path, error: &std::io::Error) -> UsageError {
    UsageError::new(format!("{} could not be {what}: {}", hook.display(), error.for_people()))
}

async fn check(arguments: &RunArguments) -> Result<ExitCode, UsageError> {
    let mut lines = String::new();
    std::io::stdin().take(LINES_MAX + 1).read_to_string(&mut lines).map_err(|error| {
        UsageError::new(format!("standard input could not be read: {}", error.for_people()))
    })?;
    if lines.len() as u64 > LINES_MAX {
        return Err(UsageError::new(format!(
            "standard input has more than {LINES_MAX} bytes, so not all that is pushed could be checked; push fewer branches \
             at once"
        )));
    }
    let place = RepositoryArguments::pushing_to(&arguments.remote).await?;
    let mut all_may = true;
    for (commit, branch) in lines.lines().filter_map(pushed) {
        // What is wrong with one is no reason to say nothing of the others.
        let may = check_pr::may_be_pushed(place.clone(), (commit, branch)).await.unwrap_or_else(|error| {
            print::to_stderr(&format!("error: {branch}: {error}\n"));
            false
        });
        if !may {
            print::to_stderr(&format!("{}\n", by_hand(commit, branch)));
        }
        all_may &= may;
    }
    if all_may {
        return Ok(ExitCode::SUCCESS);
    }
    print::to_stderr("Not pushed. To push all the same: git push --no-verify\n");
    Ok(ExitCode::from(Status::NOT_PUSHED))
}

/// How to ask what the hook could not, since neither it nor git push takes options of ours.
fn by_hand(commit: &str, branch: &str) -> String {
    let (commit, branch) = (commit.get(..9).unwrap_or(commit), shell_word(branch));
    format!(
        "To ask by hand, with options such as --remote, --config or --repo (or --base instead of --pre-push):\n  towpath check pr \
         --pre-push --head {commit} --head-name {branch}"
    )
}

/// The commit and the branch of a line by git: local ref, local commit, remote ref, remote commit. Tags are not checked,
/// and what is deleted has no commit.
///
/// Source: githooks(5), "pre-push".
fn pushed(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split(' ');
    let (_, commit, name) = (words.next()?, words.next()?, words.next()?);
    let branch = name.strip_prefix("refs/heads/")?;
    (!commit.bytes().all(|it| it == b'0')).then_some((commit, branch))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_can_be_known_by_its_line() {
        assert!(SCRIPT.starts_with("#!/bin/sh\n"));
        assert_eq!(SCRIPT.lines().filter(|line| *line == RUNS_US).count(), 1);
    }

    #[test]
    fn branches_are_checked_and_neither_tags_nor_deletions() {
        let line = |of: &str, to: &str| format!("refs/heads/x {of} {to} {}", "0".repeat(40));
        let one = "1".repeat(40);
        assert_eq!(pushed(&line(&one, "refs/heads/feature/x")), Some((one.as_str(), "feature/x")));
        for (of, to) in [
            (one.as_str(), "refs/tags/v1"),
            (&"0".repeat(40), "refs/heads/x"),
            (&"0".repeat(64), "refs/heads/x"),
        ] {
            assert_eq!(pushed(&line(of, to)), None);
        }
        for cut in ["", "refs/heads/x", "refs/heads/x 1"] {
            assert_eq!(pushed(cut), None);
        }
    }
}
