//! `docs/commands.md`, from what the commands say of themselves.

use super::{Kind, Spec, WorksOn};
use crate::commands::grammar::COMMANDS_MAX;

const INTRODUCTION: &str = "\
# Commands

A comment on a pull request can tell Towpath what to do:

```
/deploy staging
```

This page is made from what each command says of itself. `/help` answers with the part of it that you may give.

## How a command is written

A command is one line: `/name`, or `@towpath name` with the App's own handle (`/name@towpath` is the same), and its arguments.

* Values with spaces go in quotes: `--reason \"the shop is slow\"`. In double quotes `\\\"` is a quotation mark.
* A flag's value stands behind it or behind `=`: `--reason slow`, `--reason=slow`. TIME is a time from now on (`30m`, `2h`, `3d`), a
  day or a day and a time by the project's clocks (`2026-12-27`, `\"2026-12-27 08:00\"`), or a moment with its zone
  (`2026-12-20T18:00Z`). SHA is the first 7 to 40 digits of a commit, `#N` a pull request.
* A reason is plain text on one line, at most 200 characters.
* The environment is never guessed: what deploys or unlocks names it.
* Small letters and capitals are the same in names of commands, flags and environments.
";

const AT_LAST: &str = "\
Towpath carries them out in their order and stops at the first that it refuses.
  `/where`, `/why` and `/check` below one that acts tell how things are once that has ended.
* Towpath says nothing to a `/name` that it does not know: other bots live there. To `@towpath` with an unknown name it says which
  one you may have meant.
* With `command_prefix: tp-` in the [configuration](configuration.md#who-may-give-commands), `/check` is written `/tp-check`.

## Where a command is recognised

Towpath reads a comment as Markdown. What people do not see as plain text is no command.

| where | a command? |
|---|---|
| at the start of any line of plain text, behind at most three spaces | yes |
| on a line with `---` or `-- ` below it | yes |
| in bold or italic text that began on a line before | yes |
| after other words on the line | no |
| in a heading with `#`, a table, an item of a list or of a task list, or the line right below an item | no |
| in code: between backticks, fenced, indented by four spaces or a tab; in math; in a footnote | no |
| in a quote (`>`), or the line right below one; in struck-out text | no |
| in HTML: a comment, a tag, all from a tag to its end, such as `<details>` | no |
| in the text of a link or an image, or in a link's address | no |
| below `On … wrote:`, `-----Original Message-----`, `From:` with `Sent:`, or a line of `-- `: what a mail program adds | no |
| behind a backslash, with a full-width slash, or with characters that nobody sees | no |
| `/name@somebody-else` | no |

## How Towpath answers

It reacts to the comment, and writes one reply, which it edits as things go on:

| reaction | |
|---|---|
| 👀 | Towpath has seen the comment |
| 🚀 | it is at work, or waits: for the verdict on a new pull request or push, or for a second person |
| 👍 | done |
| 👎 | refused, or ended badly |
| 😕 | not understood; the reply names line and column |

A refusal says what did not happen, which right is missing, and who has it. What acts is bound to the commits that you saw: if
one has moved since you wrote the comment, Towpath refuses and gives the command for what is there now. Every act is in the
operator's audit log, also if it was refused, unless a stranger has asked for it.

| where, or who | what happens |
|---|---|
| you edit your comment | commands that only ask, and that the edit has added, are answered. Those that act are *not carried out*: write a new comment. What stood there before is not given again. |
| somebody edits another one's comment | nothing |
| a comment is deleted | nothing, if Towpath had not taken it up. What was begun goes on. |
| Towpath comes to a comment more than an hour late | what acts is refused: write it again. What asks is answered. |
| a locked conversation | commands are carried out, but GitHub takes neither replies nor reactions there: only the audit log answers |
| a pull request that was opened or pushed to just now | commands that rest on its verdict wait for that, for ten minutes at most |
| a closed pull request | commands that need an open one say so; the others work |
| an issue | commands for pull requests say so; those with an environment work, if you name one |
| the text of a review | as in a comment. GitHub's API takes no reactions there, so the reply alone answers. |
| a comment on lines of a review | as in a comment; the reply is in the conversation |
| a bot, an App, also where it writes in a user's name, or a user who is deleted | nothing |
| you take another login | your locks and overrides stay yours; whoever takes the old one does not get them |
| the App is renamed | its new handle counts within a quarter of an hour |
| who is no collaborator of a public repository, nor in a team that may | 👎, and no words; past twenty comments within an hour, nothing |
| who may only read | ten replies within an hour, then reactions alone |

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
            Self::PullRequestsOrNamed => "pull requests; issues if you name what you mean",
            Self::Anywhere => "pull requests and issues",
        }
    }
}
