//! `towpath completions` and `towpath man`: what shells and `man` know of the commands, made from the commands themselves.

use std::path::PathBuf;

use clap::Command;

use super::{UsageError, print};
use crate::model::ForPeople;

/// What `towpath completions` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath completions bash > ~/.local/share/bash-completion/completions/towpath
  towpath completions zsh > ~/.zfunc/_towpath
  towpath completions fish > ~/.config/fish/completions/towpath.fish")]
pub(super) struct CompletionsArguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: clap_complete::Shell,
}

/// What `towpath man` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  mkdir -p ~/.local/share/man/man1 && towpath man ~/.local/share/man/man1 && man towpath-check-pr")]
pub(super) struct ManArguments {
    /// The folder for the pages: towpath.1 and one for each command
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

pub(super) fn completions(arguments: &CompletionsArguments, mut command: Command) {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "towpath", &mut script);
    print::to_stdout(&String::from_utf8_lossy(&script));
}

pub(super) fn pages(arguments: &ManArguments, command: Command) -> Result<(), UsageError> {
    clap_mangen::generate_to(command, &arguments.folder).map_err(|error| {
        let folder = arguments.folder.display();
        let why = error.for_people();
        let what = if arguments.folder.is_dir() {
            "name a folder that you may write to"
        } else {
            "make that folder first"
        };
        UsageError::new(format!("the pages could not be written to {folder}: {why}; {what}"))
    })
}
