//! What a look at a repository shows once the App is installed on it: its path, what that would have stopped, what is
//! missing in its rules, and the smallest configuration that fits. It is kept as JSON.

use super::{BranchName, Code, PullNumber, UnixMillis, UnixSeconds};
use serde::{Deserialize, Serialize};

/// The report on one repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstallReport {
    /// `owner/name` as GitHub spells it.
    pub repository: String,
    /// The repository's page, without a slash at its end.
    pub html_url: String,
    /// Its default branch, from which the configuration is read.
    pub default_branch: String,
    /// When it was made.
    pub made_at: UnixMillis,
    /// What was found.
    pub found: Found,
    /// What came of it when the operator asked last for the configuration to be proposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<ProposedConfiguration>,
}

/// What came of a configuration that was to be proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProposedConfiguration {
    /// A pull request was opened, or was open already.
    Opened(PullNumber),
    /// None was, and why not.
    Refused(String),
}

/// What a repository is to Towpath.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// It can only be read: nothing moves there.
    Archived,
    /// It has no branch yet.
    Empty,
    /// It has no branches of environments, and costs nothing.
    NoEnvironments,
    /// Its configuration cannot be used: where it is, and what is wrong first.
    InvalidConfiguration {
        /// The file, as people call it.
        place: String,
        /// The first mistake, with its line and column.
        problem: String,
    },
    /// It has a path.
    Path(Box<PathReport>),
}

/// Where a path is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathSource {
    /// It is the built-in one, whose branches are all there.
    BuiltIn,
    /// A configuration file: where it is, as people call it.
    File(String),
    /// The names of branches, and who merges into whom.
    Guessed,
}

/// The report on a repository that has a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathReport {
    /// Where the path is from.
    pub source: PathSource,
    /// The path in one line, such as `integration → staging → production, no copy branch`.
    pub path: String,
    /// How many of the last pull requests that were merged into it were judged again.
    pub judged: usize,
    /// How many of them could not be: their commits are gone, or git could not tell.
    pub unknown: usize,
    /// Those that would have been stopped, the newest first.
    pub stopped: Vec<StoppedPull>,
    /// What is missing in the rules of its branches, and what of them could not be read.
    pub rules: Vec<RuleGap>,
    /// The smallest configuration that fits; `None` where a file is there, or none is needed.
    pub configuration: Option<String>,
}

/// A merged pull request that would have been stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoppedPull {
    /// Its number.
    pub number: PullNumber,
    /// Its author's login.
    pub author: String,
    /// The branch that it came from.
    pub head: BranchName,
    /// The branch that it went into.
    pub base: BranchName,
    /// When it was merged.
    pub merged_at: UnixSeconds,
    /// Why, the most fundamental reason first; at least one.
    pub reasons: Vec<StopReason>,
}

/// One reason for which a pull request would have been stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopReason {
    /// The finding's code, such as `TP201`.
    pub code: String,
    /// In one line.
    pub title: String,
}

impl StopReason {
    /// A reason of this code.
    pub fn new(code: Code, title: String) -> Self {
        Self { code: code.as_str().to_owned(), title }
    }
}

/// Something that rules of branches lack, or that could not be read of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleGap {
    /// The word for it that programs may rely on, such as `required-check`.
    pub code: String,
    /// What it is about: the repository, or a branch in it.
    pub about: String,
    /// Whether it is known to be missing; otherwise it could not be read, which is no fault.
    pub is_fault: bool,
    /// What was found, in one sentence.
    pub found: String,
    /// What follows from it; empty where nothing does.
    pub effect: String,
    /// How it is put right: a word for the kind (`do`, `open`, `run`), and what.
    pub repair: Option<(String, String)>,
}

impl PathReport {
    /// How many would have been stopped by each code, the most frequent first. One that has several reasons counts for each
    /// of their codes once.
    pub fn stopped_by_code(&self) -> Vec<(&str, usize)> {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for pull in &self.stopped {
            let mut codes: Vec<&str> = pull.reasons.iter().map(|it| it.code.as_str()).collect();
            codes.sort_unstable();
            codes.dedup();
            for code in codes {
                match counts.iter_mut().find(|(known, _)| *known == code) {
                    Some((_, count)) => *count += 1,
                    None => counts.push((code, 1)),
                }
            }
        }
        counts.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(other.0)));
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pull_request_counts_once_for_each_code() {
        let pull = |codes: &[&str]| StoppedPull {
            number: PullNumber(1),
            author: "ana".to_owned(),
            head: "topic".parse().unwrap(),
            base: "staging".parse().unwrap(),
            merged_at: UnixSeconds(0),
            reasons: codes
                .iter()
                .map(|code| StopReason { code: (*code).to_owned(), title: String::new() })
                .collect(),
        };
        let stopped = vec![pull(&["TP102"]), pull(&["TP201", "TP201", "TP102"]), pull(&["TP101"])];
        let report = PathReport {
            source: PathSource::Guessed,
            path: String::new(),
            judged: 3,
            unknown: 0,
            stopped,
            rules: Vec::new(),
            configuration: None,
        };
        assert_eq!(report.stopped_by_code(), [("TP102", 2), ("TP101", 1), ("TP201", 1)]);
    }
}
