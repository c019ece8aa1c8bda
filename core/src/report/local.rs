//! What a verdict in a clone rests on: which commits, how old they are, and by which configuration they were judged.

use super::deploy_status::length;
use super::markdown::clean;
use super::stamp;
use crate::model::config::CONFIGURATION_PATH;
use crate::model::{CommitId, PromotionPath, PullEnds, UnixSeconds};

/// What is judged in a clone, and what the words on it need to know of that clone.
#[derive(Debug, Clone, Copy)]
pub struct LocalCheck<'a> {
    /// The path.
    pub path: &'a PromotionPath,
    /// The two ends.
    pub pull: &'a PullEnds,
    /// The remote that commands name; `None` where there is none.
    pub remote: Option<&'a str>,
    /// Where all this was read, where that is to be said.
    pub basis: Option<&'a Basis>,
}

/// Where what was judged was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// The head, unless it is only a commit.
    pub head: Option<SeenAs>,
    /// The base, if it was found.
    pub base: Option<SeenAs>,
    /// Where the remote's branch of the head's name was when it was last fetched; `None` where none is known.
    pub pushed: Option<CommitId>,
    /// The configuration.
    pub configuration: ConfigSource,
    /// The time at which it was read.
    pub now: UnixSeconds,
}

/// A ref, and how old what it says is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenAs {
    /// The ref's full name.
    pub full_ref: String,
    /// When it was fetched; `None` for a local branch, or where nothing tells.
    pub fetched_at: Option<UnixSeconds>,
}

/// Which configuration a local check goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigSource {
    /// The file that was named.
    Named(String),
    /// The file on the default branch, or the built-in one where there is none.
    DefaultBranch {
        /// Where the default branch was read.
        seen: SeenAs,
        /// Its commit.
        commit: CommitId,
        /// Whether it has a file.
        has_file: bool,
    },
    /// What all local branches agree on, where no remote says which is the default one.
    EveryBranch {
        /// Whether they have a file.
        has_file: bool,
    },
    /// It is not known.
    NotKnown,
}

impl<'a> LocalCheck<'a> {
    /// A check of which only the verdict is shown.
    pub fn new(path: &'a PromotionPath, pull: &'a PullEnds, remote: Option<&'a str>) -> Self {
        Self { path, pull, remote, basis: None }
    }

    /// What the verdict rests on, as a paragraph; nothing where it is not to be said.
    pub(super) fn rests_on(&self) -> Option<String> {
        let basis = self.basis?;
        let ends =
            [(&basis.head, self.pull.head.branch.as_ref()), (&basis.base, Some(&self.pull.base.branch))];
        let ends = ends.into_iter().filter_map(|(seen, branch)| {
            let (seen, branch) = (seen.as_ref()?, branch?);
            let name = clean(branch.as_str());
            let end = if seen.is_local() {
                // Where there is no remote, no other could be meant.
                self.remote.map(|_| format!("{name} is the local branch."))?
            } else {
                format!("{name} is {}.", seen.shown(basis.now))
            };
            Some(end)
        });
        let sentences: Vec<String> = ends.chain(basis.configuration.shown(basis.now)).collect();
        (!sentences.is_empty()).then(|| sentences.join("\n"))
    }
}

impl SeenAs {
    /// Whether it is a branch of the clone's own.
    pub fn is_local(&self) -> bool {
        !self.full_ref.starts_with("refs/remotes/") && self.fetched_at.is_none()
    }

    /// `origin/staging as fetched 2026-11-23 08:24 UTC, 3 h ago`
    fn shown(&self, now: UnixSeconds) -> String {
        let name = clean(short(&self.full_ref));
        if self.is_local() {
            return name;
        }
        match self.fetched_at {
            Some(at) => {
                let age = length(now.since(at));
                format!("{name} as fetched {}, {age} ago", stamp::utc(at))
            }
            None => format!("{name} as last fetched, at an unknown time"),
        }
    }
}

fn short(full_ref: &str) -> &str {
    let names = ["refs/remotes/", "refs/heads/"];
    names.iter().find_map(|prefix| full_ref.strip_prefix(prefix)).unwrap_or(full_ref)
}

const ACCOUNT_NOT_READ: &str =
    "Towpath did not read the account's own .github repository: if it has a file, name that with --config.";

impl ConfigSource {
    fn shown(&self, now: UnixSeconds) -> Option<String> {
        let (place, has_file) = match self {
            Self::Named(file) => return Some(format!("Configuration: {}.", clean(file))),
            Self::NotKnown => return None,
            Self::DefaultBranch { seen, commit, has_file } => {
                (format!("{} ({})", commit.short(), seen.shown(now)), *has_file)
            }
            Self::EveryBranch { has_file } => ("every local branch".to_owned(), *has_file),
        };
        Some(if has_file {
            format!("Configuration: {CONFIGURATION_PATH} of {place}.")
        } else {
            format!(
                "Configuration: the built-in path, since {place} has no {CONFIGURATION_PATH}.\n{ACCOUNT_NOT_READ}"
            )
        })
    }
}
