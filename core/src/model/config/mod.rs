//! A project's configuration, `.github/towpath.yml`: from text to a [`PromotionPath`], or to all that is wrong with
//! it.
//!
//! The text becomes a `tree` in which everything has its place; the tree is held against the `layout` of the types in
//! `file`, which also make the JSON `schema`; what is laid out well is checked for its `meaning`. Each step continues
//! behind a mistake, so that one reading finds as many as there are.
//!
//! It has a reader of its own, on granit-parser, because people want everything that is wrong with a file at once,
//! each with its line and column. A test holds reader, schema and documentation together.
//!
//! Open first: `file.rs`, the keys as types.

mod at;
mod commerce;
mod commerce_keys;
mod deploy;
mod effective;
mod elsewhere;
mod file;
mod graph;
mod guess;
mod layout;
mod meaning;
mod merged_lines;
mod nearest;
mod notices;
mod path;
mod repository;
mod schema;
mod smallest;
mod tree;
mod unreadable;

pub use guess::{BranchHistory, BranchMerges};
pub use merged_lines::{LineCommit, merges_of_lines};
pub use nearest::nearest;
pub use path::in_words as in_one_line;
pub use repository::{CONFIGURATION_PATH, RepositoryConfig, configuration_text};
pub use smallest::smallest;
pub use unreadable::unreadable as yaml_problem;

use std::fmt;

use super::{Code, PromotionPath};

/// The most that a configuration file may hold, in bytes. A long one holds a twentieth of it.
pub const CONFIGURATION_BYTES_MAX: usize = 64 * 1024;

/// How many problems are told at once. Where there are more, something else was meant by the file.
const PROBLEMS_MAX: usize = 50;

/// How deep keys and lists may lie in each other. The deepest thing there is to write lies six deep.
const DEPTH_MAX: usize = 16;

/// A place in a text: both count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

impl Place {
    const START: Self = Self { line: 1, column: 1 };

    /// Where the parser is.
    pub fn of(marker: &granit_parser::Marker) -> Self {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self { line: count(marker.line()).max(1), column: count(marker.col()).saturating_add(1) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// What is wrong in a configuration: where, what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{place}: {message}; {hint}")]
pub struct Problem {
    /// Whether it goes with another one that is told too: causes come first.
    follows: bool,
    /// Where it is.
    pub place: Place,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do, in one line.
    pub hint: String,
}

impl Problem {
    fn new(place: Place, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { follows: false, place, message: message.into(), hint: hint.into() }
    }

    /// The same as what most likely goes with the cause.
    fn following(self) -> Self {
        Self { follows: true, ..self }
    }
}

/// What is accepted and still worth saying: above all, what this version does not act on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notice {
    /// Where it is.
    pub place: Place,
    /// What there is to know, in one line.
    pub message: String,
}

/// Something that a configuration can set, to ask where it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Setting<'a> {
    /// How much findings of this code count.
    Rule(Code),
    /// The environment of this name.
    Environment(&'a str),
    /// What is asked of a promotion into the environment of this name.
    Tested(&'a str),
    /// The copy branch.
    Copy,
    /// The paths whose differences count for nothing.
    IgnorePaths,
    /// When the comment is written.
    Comment,
}

/// A project's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    path: PromotionPath,
    notices: Vec<Notice>,
    places: meaning::Places,
}

impl Configuration {
    /// What holds where a repository has no configuration: the Pro workflow.
    pub fn built_in() -> Self {
        Self { path: PromotionPath::pro(), notices: Vec::new(), places: meaning::Places::default() }
    }

    /// Reads the text of a configuration file.
    ///
    /// # Errors
    ///
    /// All problems that can be found in one look, at least one: the most likely causes in the order of the text,
    /// then what may only follow from them. Where the text is no YAML, those before the place where reading stops.
    /// No more than fifty are named.
    pub fn read(text: &str) -> Result<Self, Vec<Problem>> {
        Self::read_with(text, meaning::refuse_shared_checks)
    }

    /// The path of a file that was accepted when it was kept, also where only a check's name is refused by now: its
    /// branches are still the ones on which a check is waited for.
    pub fn read_kept(text: &str) -> Option<PromotionPath> {
        Self::read_with(text, |_, _| ()).ok().map(|read| read.path)
    }

    fn read_with(
        text: &str,
        refuse: impl FnOnce(&meaning::Places, &mut Vec<Problem>),
    ) -> Result<Self, Vec<Problem>> {
        if text.len() > CONFIGURATION_BYTES_MAX {
            return Err(vec![too_large()]);
        }
        let mut problems = Vec::new();
        let root = tree::read(text, &mut problems);
        let unread = root.is_none() && !problems.is_empty();
        let read = root.filter(|root| root.content != tree::Content::Nothing);
        match read {
            _ if unread => {}
            None => problems.push(Problem::new(
                Place::START,
                "the file is empty",
                "write version: 1, or remove the file: both mean the built-in path",
            )),
            Some(root) => {
                let file = layout::read(&root, &mut problems);
                let (path, places) = meaning::of(&file, &root, &mut problems);
                refuse(&places, &mut problems);
                if problems.is_empty() {
                    return Ok(Self { notices: notices::of(&root, &path), path, places });
                }
            }
        }
        if let Some(cause) = unreadable::false_spaces(text) {
            problems = problems.into_iter().map(Problem::following).chain([cause]).collect();
        }
        problems.sort();
        problems.dedup();
        Err(first_of(problems))
    }

    /// The same for bytes, as a file or GitHub gives them.
    ///
    /// # Errors
    ///
    /// As [`Configuration::read`]; also where the bytes are no UTF-8.
    pub fn read_bytes(bytes: &[u8]) -> Result<Self, Vec<Problem>> {
        if bytes.len() > CONFIGURATION_BYTES_MAX {
            return Err(vec![too_large()]);
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::read(text),
            Err(error) => Err(vec![not_utf8(&bytes[..error.valid_up_to()])]),
        }
    }

    /// The path and its rules.
    pub fn path(&self) -> &PromotionPath {
        &self.path
    }

    /// What was accepted and is still worth saying, in the order of the text.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// The line that sets this, from 1; `None` where the file does not.
    pub fn line_of(&self, setting: Setting<'_>) -> Option<u32> {
        self.places.of(setting).map(|place| place.line)
    }

    /// The same as YAML with every default spelled out. Reading it gives an equal [`PromotionPath`].
    pub fn effective(&self) -> String {
        effective::yaml(&self.path)
    }

    /// The path in one line: `integration → staging → production, master is a copy of production`.
    pub fn in_one_line(&self) -> String {
        path::in_words(&self.path)
    }
}

/// The JSON Schema (2020-12) of the file. What only a look at the whole shows, a loop for instance, is beyond it.
pub fn schema() -> serde_json::Value {
    schema::schema().clone()
}

fn too_large() -> Problem {
    Problem::new(
        Place::START,
        format!("the file has more than {CONFIGURATION_BYTES_MAX} bytes, the most that are read"),
        "keep only the configuration in it",
    )
}

fn not_utf8(valid: &[u8]) -> Problem {
    let text = String::from_utf8_lossy(valid);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1);
    let place = Place {
        line: count(text.matches('\n').count()),
        column: count(text.rsplit('\n').next().unwrap_or_default().chars().count()),
    };
    Problem::new(
        place,
        "the file is not UTF-8",
        "save it as UTF-8, without a byte-order mark for another encoding",
    )
}

fn first_of(mut problems: Vec<Problem>) -> Vec<Problem> {
    let more = problems.len().saturating_sub(PROBLEMS_MAX);
    problems.truncate(PROBLEMS_MAX);
    if more > 0
        && let Some(last) = problems.last()
    {
        let message = format!("{more} more problems follow");
        problems.push(Problem::new(last.place, message, "repair these first"));
    }
    problems
}

/// A text from a file as a message shows it: in quotes, harmless, and not for ever.
pub(crate) fn quoted(text: &str) -> String {
    const SHOWN: usize = 60;
    let mut short: String = text.chars().take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() {
        short.push('…');
    }
    format!("{short:?}")
}

/// The same without the quotes, for what stands for itself.
fn shown(text: &str) -> String {
    let quoted = quoted(text);
    quoted.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(&quoted).to_owned()
}

#[cfg(test)]
mod tests;
