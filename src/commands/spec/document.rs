//! `docs/commands.md`, from what the commands say of themselves.

use super::{Kind, Spec, WorksOn};
use crate::commands::grammar::COMMANDS_MAX;

const INTRODUCTION: &str = "\
# Commands

A comment on a pull request can tell Towpath what to do:

```
/promote staging
```

This page is made from what each command says of itself.

## How a command is written

A command is one line: `/name`, or `@towpath name` with the App's own handle (`/name@towpath` is the same), and its arguments.

* It begins at the start of a line of plain text, behind at most three spaces. In code, quotes, lists, tables, headings with `#`,
  HTML and its comments, links, struck-out text, and in the mail that a reply by mail quotes, nothing is a command.
* Values with spaces go in quotes: `--reason \"the shop is slow\"`. In double quotes `\\\"` is a quotation mark.
* A flag's value stands behind it or behind `=`: `--until 2h`, `--until=2h`. TIME is a time from now on (`30m`, `2h`, `3d`) or a
  moment with its zone (`2026-12-20T18:00Z`). SHA is the first 7 to 40 digits of a commit, `#N` a pull request.
* A reason is plain text on one line, at most 200 characters.
* The environment is never guessed: what deploys or unlocks names it.
* Small letters and capitals are the same in names of commands, flags and environments.
";

const AT_LAST: &str = "\
Towpath carries them out in their order and stops at the first that it refuses.
* Towpath says nothing to a `/name` that it does not know: other bots live there. To `@towpath` with an unknown name it says which
  one you may have meant.
* With `command_prefix: tp-` in the [configuration](configuration.md#who-may-give-commands), `/lock` is written `/tp-lock`.

## All commands

| command | what it does | where | who, unless the configuration says otherwise |
|---|---|---|---|
";

/// The Markdown of `docs/commands.md`.
pub fn docs(specs: &[Spec]) -> String {
    let rows = specs.iter().map(|spec| {
        let (name, place) = (spec.name, spec.works_on.in_words());
        format!("| [`/{name}`](#{name}) | {} | {place} | {} |\n", spec.summary, spec.right)
    });
    let parts =
        [INTRODUCTION.to_owned(), format!("* A comment has at most {COMMANDS_MAX} commands. {AT_LAST}")];
    parts.into_iter().chain(rows).chain(specs.iter().map(section)).collect()
}

/// What a command says of itself, under its name.
fn section(spec: &Spec) -> String {
    let (name, usage, summary, example) = (spec.name, spec.usage(""), spec.summary, spec.example(""));
    let changes = if spec.kind == Kind::Read { " It changes nothing." } else { "" };
    let flags = spec.flags.iter().map(|flag| {
        let needed = if flag.required { " (required)" } else { "" };
        format!("| `{}` | {}{needed} |\n", flag.form().replace('|', "\\|"), flag.summary)
    });
    let head = if spec.flags.is_empty() { "" } else { "\n| flag | |\n|---|---|\n" };
    format!(
        "\n## {name}\n\n```\n{usage}\n```\n\nIt {summary}.{changes} For example:\n\n```\n{example}\n```\n{head}{}",
        flags.collect::<String>()
    )
}

impl WorksOn {
    /// Where that is, as people say it.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::OpenPullRequests => "open pull requests",
            Self::PullRequests => "pull requests",
            Self::PullRequestsOrNamedEnvironment => "pull requests; issues if you name an environment",
            Self::Anywhere => "pull requests and issues",
        }
    }
}
