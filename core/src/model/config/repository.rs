//! What a repository is judged by: its file, or what holds where it has none. The App and the command line both
//! ask here.

use std::sync::Arc;

use super::{Configuration, Problem};
use crate::model::{Cause, PromotionPath};

/// Where a project keeps its configuration.
pub const CONFIGURATION_PATH: &str = ".github/towpath.yml";

/// More of a file than any configuration may have: enough to see that it is too large.
const KEPT_BYTES: usize = 128 * 1024;

/// The rules of one repository, as they were last read.
#[derive(Debug, Clone)]
pub struct RepositoryConfig {
    /// The path. Where the file is invalid, the last one that was valid: it tells which branches are judged.
    pub path: Arc<PromotionPath>,
    /// What is wrong with the file: nothing is judged by it then.
    pub invalid: Option<Cause>,
    /// Whether the path is no more than a guess: the file is invalid, and what held before is not known. By it nobody has
    /// the right to act.
    pub is_guess: bool,
}

impl RepositoryConfig {
    /// What holds where there is no file.
    pub fn built_in(path: &Arc<PromotionPath>) -> Self {
        Self { path: Arc::clone(path), invalid: None, is_guess: false }
    }

    /// What a file means. `place` names it for people; `valid` is its text as it was last valid, where that is known.
    pub fn of_file(place: &str, text: &str, valid: Option<&str>, built_in: &Arc<PromotionPath>) -> Self {
        match Configuration::read(text) {
            Ok(configuration) => Self::built_in(&Arc::new(configuration.path().clone())),
            Err(problems) => {
                let was_none = valid == Some("");
                let valid = valid.filter(|text| !text.is_empty());
                // Where no other is known, the file itself may have been good for an earlier version.
                let kept = valid.into_iter().chain([text]).find_map(Configuration::read_kept);
                let is_guess = kept.is_none() && !was_none;
                let path = kept.map_or_else(|| Arc::clone(built_in), Arc::new);
                let invalid = problems.first().map(|first| cause(place, first, problems.len()));
                Self { path, invalid, is_guess }
            }
        }
    }
}

/// The text of a file as it is read and kept.
pub fn configuration_text(mut bytes: Vec<u8>) -> String {
    bytes.truncate(KEPT_BYTES);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn cause(place: &str, first: &Problem, all: usize) -> Cause {
    Cause::ConfigurationInvalid {
        place: place.to_owned(),
        message: format!("{}; {}", first.message, first.hint),
        line: first.place.line as usize,
        column: first.place.column as usize,
        more: all - 1,
    }
}
