//! Reading commands out of a comment, and printing them again.
//!
//! A command is one line: `/name arguments`, or `@handle name arguments` with the App's own handle. It begins at the
//! start of a line of plain text, behind at most three spaces (four would make it code), and ends with the line. GitHub
//! shows a comment as Markdown, so it is read as Markdown: what a reader does not see as plain text is no command.
//!
//! | where | a command? | why |
//! |---|---|---|
//! | a paragraph, on any of its lines | yes | |
//! | a line with `---` or `-- ` below it | yes | Markdown makes it a heading, but its author drew a line or signed a mail |
//! | a heading with `#`, a table, an item of a list or of a task list | no | the line begins with something else; people list commands to talk about them |
//! | a line that goes on a list's item or a quote without an empty line between | no | GitHub shows it as part of them |
//! | code: in backticks, fenced, indented; math; a footnote | no | they are shown, not said |
//! | a block quote, struck-out text | no | somebody else said it, or nobody says it any more |
//! | HTML: a comment, a tag, all from a tag to its end (`<details>`), also with empty lines between | no | it may be hidden, quoted or code |
//! | the text of a link or an image, a link's address | no | it leads to something |
//! | behind `On … wrote:`, `-----Original Message-----`, `From:` with `Sent:` below, a line of `-- ` | no | a mail program has added the mail that is answered, or the signature |
//! | behind bold or italic text that began on a line before | yes | emphasis is still said |
//! | a backslash, a full-width slash or a character without width before it, or such a character in the name | no | it is not written as a command is |
//!
//! `/name@handle` is the command for that handle; for another handle it is none of ours. What is no command of ours is
//! passed over without a word, because other bots live in the same comments; only who asks the App by its handle for a
//! command that it does not have is told so.
//!
//! Words are separated by white space. `'…'` and `"…"` keep white space; in the latter `\"` and `\\` stand for the second
//! character. A quotation mark inside a word is a plain character: `don't` is one word. What begins with `--` outside of
//! quotes is a flag, `--flag` or `--flag=value`; whether the next word is the value of `--flag` is for the command's
//! [spec](super::spec) to say. The rest of the line is taken as it is written, Markdown or not. Where a command takes a free
//! text ([`FreeText`]), all of the line is that text, whatever is in it, but for the command's own flags.
//!
//! Lines end with a line feed, a carriage return, or both.

mod html;
mod mail;
mod plain_text;
mod print;
mod words;

use super::{CommandError, ErrorKind, did_you_mean};
use crate::model::config::{Place, quoted};
use plain_text::Line;
use serde::{Deserialize, Serialize};

/// The most commands in one comment.
pub const COMMANDS_MAX: usize = 5;

/// As much as is repeated of a line that cannot be understood, in characters.
const WRITTEN_MAX: usize = 80;

/// How commands are written in one repository.
#[derive(Debug, Clone, Copy)]
pub struct Dialect<'a> {
    /// What stands between the slash and a command's name, such as `tp-`; empty where nothing does. Behind the handle it
    /// may be there or not.
    pub prefix: &'a str,
    /// The App's handle, without the `@`.
    pub handle: &'a str,
    /// The names of all commands, in small letters.
    pub names: &'a [&'a str],
    /// Those of them that take a free text.
    pub free_text: &'a [FreeText],
}

/// A command that takes a free text, such as a title: quotation marks and dashes mean nothing in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeText {
    /// The command's name, in small letters.
    pub command: &'static str,
    /// The flags that are no part of the text, without their hyphens; none of them has a value.
    pub flags: Vec<&'static str>,
}

impl Dialect<'_> {
    fn free_text(&self, command: &str) -> Option<&FreeText> {
        self.free_text.iter().find(|it| it.command == command)
    }
}

/// How a command was addressed to the App.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Form {
    /// `/name`
    Slash,
    /// `@handle name` or `/name@handle`
    Mention,
}

/// A command as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// Where it begins.
    pub place: Place,
    /// How it was addressed.
    pub form: Form,
    /// Its name, one of [`Dialect::names`], without a prefix.
    pub name: String,
    /// Its arguments, in their order.
    pub arguments: Vec<Argument>,
}

/// One argument of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Argument {
    /// Where it begins.
    pub place: Place,
    /// What it is.
    pub content: Content,
}

/// What an argument is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// A word, without its quotes: a value of the command, or of the flag before it.
    Word(String),
    /// A flag.
    Flag {
        /// Its name without the hyphens, in small letters.
        name: String,
        /// What stands behind the `=`, where there is one.
        value: Option<String>,
    },
}

/// The commands of a comment that are the App's own, in the order of the text. What could not be understood takes the
/// place of its command.
///
/// A comment has at most [`COMMANDS_MAX`]; the next one is an error, and what follows it is not read.
pub fn parse(text: &str, dialect: &Dialect<'_>) -> Vec<Result<Invocation, CommandError>> {
    let mut found = Vec::new();
    for line in plain_text::lines(&plain_text::prepared(text)) {
        let Some(read) = read(&line, dialect) else { continue };
        let is_full = found.len() == COMMANDS_MAX;
        let read = if is_full { Err(too_many(line.place)) } else { read };
        found.push(read.map_err(|error| CommandError { written: shortened(line.text), ..error }));
        if is_full {
            break;
        }
    }
    found
}

/// The commands that an edit of a comment has added: whatever stood there before is not given again.
pub fn added_by_edit(before: &str, after: &str, dialect: &Dialect<'_>) -> Vec<Invocation> {
    let mut before: Vec<_> = parse(before, dialect).into_iter().flatten().collect();
    let mut added: Vec<_> = parse(after, dialect).into_iter().flatten().collect();
    added.retain(|new| match before.iter().position(|old| old.says_the_same_as(new)) {
        Some(at) => {
            before.swap_remove(at);
            false
        }
        None => true,
    });
    added
}

impl Invocation {
    /// Whether both say the same, wherever in a comment, and however addressed.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let contents = |it: &Self| it.arguments.iter().map(|it| it.content.clone()).collect::<Vec<_>>();
        self.name == other.name && contents(self) == contents(other)
    }

    /// The same with this flag and its value at the end, in place of one of its name.
    #[must_use]
    pub fn with_flag(mut self, name: &str, value: &str) -> Self {
        let is_it = |it: &Argument| matches!(&it.content, Content::Flag { name: other, .. } if other == name);
        if let Some(at) = self.arguments.iter().position(is_it) {
            let former = self.arguments.remove(at).content;
            let next = self.arguments.get(at).map(|it| &it.content);
            if let (Content::Flag { value: None, .. }, Some(Content::Word(_))) = (former, next) {
                self.arguments.remove(at);
            }
        }
        let content = Content::Flag { name: name.to_owned(), value: Some(value.to_owned()) };
        self.arguments.push(Argument { place: self.place, content });
        self
    }
}

/// The command that a line holds; `None` where it is none of the App's.
fn read(line: &Line<'_>, dialect: &Dialect<'_>) -> Option<Result<Invocation, CommandError>> {
    let addressed = addressed(line.text, dialect)?;
    let rest = &line.text[addressed.read..];
    let start = Place { column: columns(line.place.column, &line.text[..addressed.read]), ..line.place };
    if !dialect.names.contains(&addressed.name.as_str()) {
        let name_at = columns(line.place.column, &line.text[..addressed.name_at]);
        let place = Place { column: name_at, ..line.place };
        let asked = addressed.form == Form::Mention;
        return asked.then(|| Err(unknown_command(place, &addressed.name, dialect)));
    }
    let free_text = dialect.free_text(&addressed.name);
    let shown = without_comments(rest, free_text.is_none());
    let arguments = match free_text {
        Some(free_text) => Ok(words::read_text(shown.chars(), start, &free_text.flags)),
        None => words::read(shown.chars(), start),
    };
    let arguments = match arguments {
        Ok(arguments) => arguments,
        Err(error) => return Some(Err(error)),
    };
    Some(Ok(Invocation { place: line.place, form: addressed.form, name: addressed.name, arguments }))
}

/// The same text with spaces in place of HTML comments, which nobody sees; those in quotes are text, where there are quotes.
fn without_comments(text: &str, has_quotes: bool) -> String {
    let (mut shown, mut rest, mut quote) = (String::new(), text, None);
    while let Some(c) = rest.chars().next() {
        if quote.is_none()
            && let Some(comment) = rest.strip_prefix("<!--").and_then(|it| it.split_once("-->"))
        {
            let hidden = &rest[..rest.len() - comment.1.len()];
            shown.extend(hidden.chars().map(|_| ' '));
            rest = comment.1;
            continue;
        }
        quote = match quote {
            None if has_quotes && matches!(c, '"' | '\'') => Some(c),
            Some(open) if open == c => None,
            same => same,
        };
        shown.push(c);
        rest = &rest[c.len_utf8()..];
    }
    shown
}

/// To whom a line is addressed.
struct Addressed {
    form: Form,
    /// In small letters, without the prefix.
    name: String,
    /// The byte of the line at which the name begins.
    name_at: usize,
    /// How many bytes of the line have been read.
    read: usize,
}

/// What a line asks of the App; `None` where it asks nothing, or somebody else.
fn addressed(line: &str, dialect: &Dialect<'_>) -> Option<Addressed> {
    let first = first_word(line);
    if let Some(name) = first.strip_prefix('/') {
        let read = first.len();
        if let Some((name, handle)) = name.split_once('@') {
            let name = without_prefix(&name_of(name)?, dialect.prefix);
            let addressed = Addressed { form: Form::Mention, name, name_at: 1, read };
            return is_handle(handle, dialect.handle).then_some(addressed);
        }
        let name = name_of(name)?.strip_prefix(dialect.prefix)?.to_owned();
        return Some(Addressed { form: Form::Slash, name, name_at: 1, read });
    }
    let mentioned = first.strip_prefix('@')?;
    if !is_handle(mentioned.strip_suffix([':', ',']).unwrap_or(mentioned), dialect.handle) {
        return None;
    }
    let behind = line[first.len()..].trim_start();
    // Who knows the commands by their slash writes it here as well.
    let name_at = line.len() - behind.strip_prefix('/').unwrap_or(behind).len();
    let second = first_word(&line[name_at..]);
    let name = without_prefix(&name_of(second)?, dialect.prefix);
    Some(Addressed { form: Form::Mention, name, name_at, read: name_at + second.len() })
}

/// The text up to the first white space.
fn first_word(text: &str) -> &str {
    text.split(char::is_whitespace).next().unwrap_or_default()
}

/// A word as the name of a command, in small letters; `None` where it can be none.
fn name_of(word: &str) -> Option<String> {
    let fits = word.starts_with(|c: char| c.is_ascii_alphanumeric());
    let fits = fits && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    fits.then(|| word.to_ascii_lowercase())
}

fn without_prefix(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).filter(|rest| !rest.is_empty()).unwrap_or(name).to_owned()
}

/// Whether somebody means the App: GitHub takes small letters and capitals for the same, and shows an App as `handle[bot]`.
fn is_handle(word: &str, handle: &str) -> bool {
    word.strip_suffix("[bot]").unwrap_or(word).eq_ignore_ascii_case(handle)
}

/// A line as it is repeated.
fn shortened(line: &str) -> String {
    let mut short: String = line.chars().take(WRITTEN_MAX).collect();
    if line.chars().nth(WRITTEN_MAX).is_some() {
        short.push('…');
    }
    short
}

/// The column behind `text`, which begins at `column`.
fn columns(column: u32, text: &str) -> u32 {
    column.saturating_add(u32::try_from(text.chars().count()).unwrap_or(u32::MAX))
}

fn too_many(place: Place) -> CommandError {
    let message = format!("a comment may have {COMMANDS_MAX} commands, and this is one more");
    let hint = "write it, and what follows it, in another comment";
    CommandError::new(place, ErrorKind::TooManyCommands, message, hint)
}

/// What is said of a command that there is not: which one may have been meant.
pub fn unknown_command(place: Place, name: &str, dialect: &Dialect<'_>) -> CommandError {
    let hint = match did_you_mean(name, dialect.names.iter().copied()) {
        Some(meant) => format!("did you mean `/{}{meant}`?", dialect.prefix),
        None => format!("`/{}help` lists the commands", dialect.prefix),
    };
    CommandError::new(place, ErrorKind::UnknownCommand, format!("there is no command {}", quoted(name)), hint)
}

#[cfg(test)]
mod tests;
