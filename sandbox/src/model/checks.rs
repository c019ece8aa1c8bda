//! Check suites and check runs.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{Kind, World};

/// One app's checks on one commit.
#[derive(Debug, Clone)]
pub(crate) struct CheckSuite {
    pub(crate) id: u64,
    pub(crate) repository: u64,
    pub(crate) app: u64,
    pub(crate) head_sha: String,
    /// `None` for a commit that came from a fork, as on GitHub.
    pub(crate) head_branch: Option<String>,
    pub(crate) before: Option<String>,
    pub(crate) head_commit: serde_json::Value,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// One check on one commit.
#[derive(Debug, Clone)]
pub(crate) struct CheckRun {
    pub(crate) id: u64,
    pub(crate) repository: u64,
    pub(crate) suite: u64,
    pub(crate) app: u64,
    pub(crate) name: String,
    pub(crate) head_sha: String,
    /// `queued`, `in_progress` or `completed`.
    pub(crate) status: String,
    pub(crate) conclusion: Option<String>,
    pub(crate) external_id: String,
    pub(crate) details_url: Option<String>,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) completed_at: Option<DateTime<Utc>>,
    pub(crate) output: CheckOutput,
    pub(crate) actions: Vec<RunAction>,
}

/// The text of a check run.
#[derive(Debug, Clone, Default)]
pub(crate) struct CheckOutput {
    pub(crate) title: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) annotations: Vec<serde_json::Value>,
}

/// A button on a completed check run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunAction {
    pub(crate) label: String,
    pub(crate) description: String,
    pub(crate) identifier: String,
}

impl World {
    /// The app's suite on a commit, made if there is none yet.
    pub(crate) fn ensure_suite(
        &mut self,
        repository: u64,
        app: u64,
        sha: &str,
        branch: Option<String>,
        before: Option<String>,
        head_commit: serde_json::Value,
    ) -> u64 {
        let known = self
            .suites
            .values()
            .find(|suite| suite.repository == repository && suite.app == app && suite.head_sha == sha);
        if let Some(known) = known {
            return known.id;
        }
        let id = self.next(Kind::CheckSuite);
        let now = self.now;
        self.suites.insert(
            id,
            CheckSuite {
                id,
                repository,
                app,
                head_sha: sha.to_owned(),
                head_branch: branch,
                before,
                head_commit,
                created_at: now,
                updated_at: now,
            },
        );
        id
    }

    /// The newest run of each app and name on a commit: GitHub's `filter=latest`.
    pub(crate) fn current_runs(&self, repository: u64, sha: &str) -> impl Iterator<Item = &CheckRun> {
        let mut seen = BTreeSet::new();
        self.runs
            .values()
            .rev()
            .filter(move |run| run.repository == repository && run.head_sha == sha)
            .filter(move |run| seen.insert((run.app, run.name.clone())))
    }

    /// All runs of a suite, oldest first.
    pub(crate) fn runs_of_suite(&self, suite: u64) -> impl Iterator<Item = &CheckRun> {
        self.runs.values().filter(move |run| run.suite == suite)
    }
}
