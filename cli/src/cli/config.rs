//! `towpath config`

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::exit::Status;
use super::{UsageError, print};
use crate::engine::command_documentation;
use crate::model::config::{CONFIGURATION_BYTES_MAX, CONFIGURATION_PATH, Configuration, Problem, schema};
use crate::model::{DocsUrl, ForPeople, Level};

/// What `towpath config` takes.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Say whether a configuration file is valid, and what is wrong with it
    #[command(after_help = "\
Example:
  towpath config check .github/towpath.yml

It prints each problem as FILE:LINE:COLUMN, with what to do on the line below: the most likely
causes first, then what may only follow from them.
It prints a note for what is valid but has no effect in this version, and where the repository
holds an Adobe Commerce project and preset: commerce is not set.

Exit status: 0 valid; 2 the request is wrong, or the file is not valid.")]
    Check(CheckArguments),
    /// Print the JSON Schema of the file, for editors
    #[command(after_help = "\
Example:
  towpath config schema > towpath.schema.json

An editor with the YAML language server takes it from the first line of the file:
  # yaml-language-server: $schema=towpath.schema.json")]
    Schema,
    /// Print the commands that comments can give, as Markdown
    #[command(after_help = "\
Example:
  towpath config commands > commands.md

It is docs/commands.md of this version: how commands are written, where they are recognised, how
Towpath answers, and what each command does and takes.")]
    Commands,
    /// Print the configuration with every default spelled out
    #[command(after_help = "\
Examples:
  towpath config show                                  of the repository in this directory
  towpath config show --config other/towpath.yml

It reads .github/towpath.yml from the work tree; without one it prints the built-in configuration.
The App reads the file on the default branch.")]
    Show(ShowArguments),
}

/// What `towpath config check` takes.
#[derive(Debug, clap::Args)]
pub(super) struct CheckArguments {
    /// The file to check
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// What `towpath config show` takes.
#[derive(Debug, clap::Args)]
pub(super) struct ShowArguments {
    /// The file to show, in place of the repository's own
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Does what was asked.
pub(super) fn run(command: &Command) -> Result<ExitCode, UsageError> {
    match command {
        Command::Check(arguments) => check(&arguments.file),
        Command::Schema => {
            print::to_stdout(&format!("{:#}\n", schema()));
            Ok(ExitCode::SUCCESS)
        }
        Command::Commands => {
            print::to_stdout(&command_documentation());
            Ok(ExitCode::SUCCESS)
        }
        Command::Show(arguments) => {
            print::to_stdout(&show(arguments.config.as_deref())?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The configuration that `--config` names. What it asks for in vain is said on stderr.
pub(super) fn named(file: &Path) -> Result<Configuration, UsageError> {
    let read = read(file)?.map_err(|problems| invalid(file, &problems))?;
    print::to_stderr(&notes(file, &read));
    Ok(read)
}

/// The configuration of the repository that the current directory is part of: the built-in one where it has no file.
pub(super) fn of_work_tree() -> Result<Configuration, UsageError> {
    of_this_repository()?.map_or_else(|| Ok(Configuration::built_in()), |file| named(&file))
}

fn check(file: &Path) -> Result<ExitCode, UsageError> {
    let configuration = match read(file)? {
        Ok(configuration) => configuration,
        Err(problems) => {
            print::to_stdout(&in_lines(file, &problems));
            print::to_stderr(&format!("error: {}\n{}\n", verdict(file, &problems), documented()));
            return Ok(ExitCode::from(Status::USAGE_ERROR));
        }
    };
    let mut answer = notes(file, &configuration);
    answer += &preset_proposed(file, &configuration).unwrap_or_default();
    // Writing into a text does not fail.
    let _ = writeln!(answer, "{} is valid: {}", file.display(), configuration.in_one_line());
    let softened: Vec<_> = configuration
        .path()
        .rules
        .iter()
        .filter(|(_, level)| *level != Level::Enforce)
        .map(|(code, level)| format!("{code} {}", level.as_str()))
        .collect();
    if !softened.is_empty() {
        let _ = writeln!(answer, "softened: {}", softened.join(", "));
    }
    print::to_stdout(&answer);
    Ok(ExitCode::SUCCESS)
}

/// Where a project of Adobe Commerce lies, relative to its repository.
const COMMERCE_FILES: [&str; 2] = [".magento.app.yaml", ".magento/applications.yaml"];

/// The note that the repository of the file holds a Commerce project whose rules judge nothing.
fn preset_proposed(file: &Path, configuration: &Configuration) -> Option<String> {
    if configuration.path().commerce.is_some() {
        return None;
    }
    let top = top_of(&file.canonicalize().ok()?)?;
    let found = COMMERCE_FILES.into_iter().find(|name| top.join(name).is_file())?;
    Some(format!(
        "{}:1:1: note: {found} is there; with preset: commerce the rules of Adobe Commerce judge pull requests too\n",
        file.display()
    ))
}

/// The top of the repository that a configuration file is for.
fn top_of(file: &Path) -> Option<PathBuf> {
    let in_git = file.ancestors().find(|folder| folder.join(".git").exists());
    let by_its_place = || file.ends_with(CONFIGURATION_PATH).then(|| file.ancestors().nth(2)).flatten();
    in_git.or_else(by_its_place).map(Path::to_owned)
}

fn show(named: Option<&Path>) -> Result<String, UsageError> {
    let file = match named {
        Some(file) => Some(file.to_owned()),
        None => of_this_repository()?,
    };
    let Some(file) = file else {
        let built_in = Configuration::built_in().effective();
        return Ok(format!(
            "# The built-in configuration: there is no {CONFIGURATION_PATH} here\n{built_in}"
        ));
    };
    let configuration = read(&file)?.map_err(|problems| invalid(&file, &problems))?;
    let place = print::printable(&file.display().to_string());
    let mut answer = format!("# From {place}\n");
    for notice in configuration.notices() {
        let _ = writeln!(answer, "# Note on line {}: {}", notice.place.line, notice.message);
    }
    Ok(answer + &configuration.effective())
}

/// The file of the repository that the current directory is part of, if it has one.
fn of_this_repository() -> Result<Option<PathBuf>, UsageError> {
    let here = std::env::current_dir().map_err(|error| {
        UsageError::new(format!("the current directory could not be read: {}", error.for_people()))
    })?;
    let top = here.ancestors().find(|folder| folder.join(".git").exists());
    // What cannot be looked at is named when it is read.
    Ok(top.map(|top| top.join(CONFIGURATION_PATH)).filter(|file| file.symlink_metadata().is_ok()))
}

fn read(file: &Path) -> Result<Result<Configuration, Vec<Problem>>, UsageError> {
    let failed = |error: std::io::Error| {
        UsageError::new(format!("{} could not be read: {}", file.display(), error.for_people()))
    };
    let mut bytes = Vec::new();
    // One byte more than is taken shows that there are too many.
    let most = CONFIGURATION_BYTES_MAX as u64 + 1;
    std::fs::File::open(file).and_then(|open| open.take(most).read_to_end(&mut bytes)).map_err(failed)?;
    Ok(Configuration::read_bytes(&bytes))
}

fn invalid(file: &Path, problems: &[Problem]) -> UsageError {
    let (verdict, lines) = (verdict(file, problems), in_lines(file, problems));
    UsageError::new(format!("{verdict}\n{lines}{}", documented()))
}

/// Where the file is explained.
fn documented() -> String {
    format!("its keys are explained in {}", DocsUrl::default().configuration())
}

fn verdict(file: &Path, problems: &[Problem]) -> String {
    let count = match problems.len() {
        1 => "1 problem".to_owned(),
        more => format!("{more} problems"),
    };
    format!("{} is not valid: {count}", file.display())
}

fn in_lines(file: &Path, problems: &[Problem]) -> String {
    let file = file.display();
    let line = |problem: &Problem| {
        format!("{file}:{}: {}\n  hint: {}\n", problem.place, problem.message, problem.hint)
    };
    problems.iter().map(line).collect()
}

fn notes(file: &Path, configuration: &Configuration) -> String {
    let line = |notice: &crate::model::config::Notice| {
        format!("{}:{}: note: {}\n", file.display(), notice.place, notice.message)
    };
    configuration.notices().iter().map(line).collect()
}
