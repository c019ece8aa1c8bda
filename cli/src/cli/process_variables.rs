//! Reading variables of the environment, and noting what is wrong with them.

use super::problem::Problem;
use crate::model::ForPeople;
use std::cell::RefCell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Looks a variable of the environment up.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Looks a variable of this process up.
pub(super) fn of_process(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// The variables, and what was found wrong with them so far.
pub(super) struct Variables<'a> {
    lookup: Lookup<'a>,
    problems: RefCell<Vec<Problem>>,
}

impl<'a> Variables<'a> {
    pub(super) fn new(lookup: Lookup<'a>) -> Self {
        Self { lookup, problems: RefCell::default() }
    }

    /// What a variable is set to. One that is set to nothing counts as not set, as templates of deployments leave them.
    pub(super) fn raw(&self, name: &str) -> Option<OsString> {
        (self.lookup)(name).filter(|value| !value.to_string_lossy().trim().is_empty())
    }

    /// Whether a variable is there and holds nothing but blanks.
    pub(super) fn is_blank(&self, name: &str) -> bool {
        (self.lookup)(name).is_some() && self.raw(name).is_none()
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        let value = self.raw(name)?.into_string();
        self.good(value.map_err(|value| {
            Problem::of(
                name,
                &value.to_string_lossy(),
                "it holds bytes that are no UTF-8, and should be text",
            )
        }))
    }

    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.raw(name).map(PathBuf::from)
    }

    pub(super) fn good<T>(&self, read: Result<T, Problem>) -> Option<T> {
        read.map_err(|problem| self.bad(problem)).ok()
    }

    pub(super) fn bad(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// All that was found wrong.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }

    /// What a variable says in the end; its default where it is not set, nothing where it cannot be read.
    pub(super) fn read<T>(
        &self,
        name: &str,
        default: T,
        read: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        match (self.raw(name).is_some(), self.text(name)) {
            (false, _) => Some(default),
            (true, None) => None,
            (true, Some(text)) => self.good(read(text.trim())),
        }
    }
}

/// The text of a file that a variable names.
pub(super) fn file(name: &str, path: &Path) -> Result<String, Problem> {
    std::fs::read_to_string(path).map_err(|error| {
        let shown = path.to_string_lossy();
        let error = error.for_people();
        let from = match std::env::current_dir() {
            Ok(folder) if path.is_relative() => format!(" (from {})", folder.display()),
            _ => String::new(),
        };
        Problem::of(name, &shown, format!("this file{from} cannot be read: {error}"))
    })
}
