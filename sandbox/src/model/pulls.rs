//! Pull requests, and whether they may be merged.

use chrono::{DateTime, Utc};

use super::{CheckRun, Protection, RequiredCheck, World};
use crate::git::Stats;

/// A pull request.
#[derive(Debug, Clone)]
pub(crate) struct Pull {
    pub(crate) id: u64,
    pub(crate) number: u64,
    pub(crate) repository: u64,
    pub(crate) title: String,
    pub(crate) body: Option<String>,
    pub(crate) open: bool,
    pub(crate) draft: bool,
    pub(crate) head: PullHead,
    pub(crate) base_ref: String,
    /// The base's tip when the pull request was opened, pushed to or retargeted: like GitHub, it
    /// does *not* follow later moves of the base branch.
    pub(crate) base_sha: String,
    pub(crate) author: u64,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) closed_at: Option<DateTime<Utc>>,
    pub(crate) merged_at: Option<DateTime<Utc>>,
    pub(crate) merged_by: Option<u64>,
    /// The test merge while open (`None` on conflict), the merge itself once merged.
    pub(crate) merge_commit: Option<String>,
    pub(crate) stats: Stats,
}

/// Where the changes come from.
#[derive(Debug, Clone)]
pub(crate) struct PullHead {
    pub(crate) branch: String,
    pub(crate) sha: String,
    /// `None` once the fork was deleted.
    pub(crate) repository: Option<u64>,
    pub(crate) owner: u64,
}

impl Pull {
    /// Whether it was merged.
    pub(crate) const fn merged(&self) -> bool {
        self.merged_at.is_some()
    }
}

/// How a required check stands on a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Green,
    Expected,
    InProgress,
    Failing,
}

impl World {
    /// Open pull requests whose head is this branch.
    pub(crate) fn pulls_from(&self, repository: u64, branch: &str) -> Vec<(u64, u64)> {
        self.pulls
            .values()
            .filter(|pull| {
                pull.open && pull.head.repository == Some(repository) && pull.head.branch == branch
            })
            .map(|pull| (pull.repository, pull.number))
            .collect()
    }

    /// Open pull requests into this branch.
    pub(crate) fn pulls_into(&self, repository: u64, branch: &str) -> Vec<u64> {
        self.pulls
            .values()
            .filter(|pull| pull.open && pull.repository == repository && pull.base_ref == branch)
            .map(|pull| pull.number)
            .collect()
    }

    /// Open pull requests of the same repository whose head is this commit. Those from forks are
    /// left out, as GitHub does.
    pub(crate) fn pulls_at(&self, repository: u64, sha: &str) -> Vec<&Pull> {
        self.pulls
            .values()
            .filter(|pull| {
                pull.open
                    && pull.repository == repository
                    && pull.head.sha == sha
                    && pull.head.repository == Some(repository)
            })
            .collect()
    }

    /// The newest run of that name on a commit, of one app or of anybody.
    pub(crate) fn latest_run(
        &self,
        repository: u64,
        sha: &str,
        name: &str,
        app: Option<u64>,
    ) -> Option<&CheckRun> {
        self.runs.values().rev().find(|run| {
            run.repository == repository
                && run.head_sha == sha
                && run.name == name
                && app.is_none_or(|app| run.app == app)
        })
    }

    fn standing(&self, repository: u64, sha: &str, required: &RequiredCheck) -> Standing {
        match self.latest_run(repository, sha, &required.context, required.app) {
            None => Standing::Expected,
            Some(run) => match run.conclusion.as_deref() {
                Some("success" | "neutral" | "skipped") => Standing::Green,
                Some(_) => Standing::Failing,
                None => Standing::InProgress,
            },
        }
    }

    /// What protects the branch that a pull request is to be merged into.
    pub(crate) fn protection_of(&self, pull: &Pull) -> Option<&Protection> {
        self.repository(pull.repository)?.protections.get(self.rules_for(pull))
    }

    /// Why the protection of the base forbids the merge, in GitHub's words; `None` if it does not.
    pub(crate) fn blocked(&self, pull: &Pull) -> Option<String> {
        let protection = self.protection_of(pull)?;
        let reasons = [self.unapproved(pull, protection), self.unchecked(pull, protection)];
        let reasons: Vec<String> = reasons.into_iter().flatten().collect();
        (!reasons.is_empty()).then(|| reasons.join(" "))
    }

    /// Which checks are missing, in GitHub's words.
    fn unchecked(&self, pull: &Pull, protection: &Protection) -> Option<String> {
        let open: Vec<(&RequiredCheck, Standing)> = protection
            .required
            .iter()
            .map(|required| {
                let standing = self.standing(pull.repository, &pull.head.sha, required);
                (required, standing)
            })
            .filter(|(_, standing)| *standing != Standing::Green)
            .collect();
        match open.as_slice() {
            [] if protection.strict && pull.stats.behind => {
                Some("Head branch is out of date. Review and try the merge again.".to_owned())
            }
            [] => None,
            [(required, standing)] => {
                Some(format!("Required status check \"{}\" is {}.", required.context, standing.word()))
            }
            many => Some(several(many, protection.required.len())),
        }
    }

    /// Why a pull request may not be merged in this way.
    pub(crate) fn refused_method(&self, pull: &Pull, method: &str) -> Option<String> {
        let home = self.repository(pull.repository)?;
        if !home.methods.iter().any(|it| it == method) {
            let kind = match method {
                "merge" => "Merge commits",
                "squash" => "Squash merges",
                _ => "Rebase merges",
            };
            return Some(format!("{kind} are not allowed on this repository."));
        }
        let protection = self.protection_of(pull)?;
        let allowed = protection.methods.as_ref()?.iter().any(|it| it == method);
        (!allowed)
            .then(|| format!("Repository rule violations found: {method} is not an allowed merge method"))
    }

    /// GitHub's `mergeable_state`.
    pub(crate) fn mergeable_state(&self, pull: &Pull) -> &'static str {
        if !pull.open {
            return "unknown";
        }
        if pull.merge_commit.is_none() {
            return "dirty";
        }
        if pull.draft {
            return "draft";
        }
        if let Some(protection) = self.protection_of(pull) {
            let checks = &protection.required;
            let green = checks
                .iter()
                .all(|required| self.standing(pull.repository, &pull.head.sha, required) == Standing::Green);
            if !green || self.unapproved(pull, protection).is_some() {
                return "blocked";
            }
            if protection.strict && pull.stats.behind {
                return "behind";
            }
        }
        let red = self
            .current_runs(pull.repository, &pull.head.sha)
            .any(|run| !matches!(run.conclusion.as_deref(), Some("success" | "neutral" | "skipped")));
        if red { "unstable" } else { "clean" }
    }
}

impl Standing {
    const fn word(self) -> &'static str {
        match self {
            Self::Green => "successful",
            Self::Expected => "expected",
            Self::InProgress => "in progress",
            Self::Failing => "failing",
        }
    }
}

fn several(open: &[(&RequiredCheck, Standing)], all: usize) -> String {
    let count = |wanted| open.iter().filter(|(_, standing)| *standing == wanted).count();
    let parts: Vec<String> = [Standing::Failing, Standing::InProgress, Standing::Expected]
        .into_iter()
        .filter(|standing| count(*standing) > 0)
        .map(|standing| format!("{} {}", count(standing), standing.word()))
        .collect();
    match parts.as_slice() {
        [_] if open.len() == all => {
            format!("{all} of {all} required status checks are {}.", open[0].1.word())
        }
        _ => format!(
            "{} of {all} required status checks have not succeeded: {}.",
            open.len(),
            parts.join(" and ")
        ),
    }
}
