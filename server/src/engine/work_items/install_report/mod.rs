//! The install report: what a repository's path seems to be, which of the last merged pull requests it would have stopped,
//! what its rules lack, and the smallest configuration that fits.
//!
//! The server and the command line ask here: `after_install.rs` is the former's, `reporter.rs` the latter's. What is asked of GitHub is little, and of a
//! repository whose branches are not called like environments nothing: git tells which branches there are.

mod after_install;
mod reporter;

pub(in crate::engine) use after_install::{AT_A_TIME, wait_until};
pub(super) use after_install::{asked, run};
pub use reporter::{NoReport, Reporter, ReporterConfig};

use super::back_test::{BeforeMerge, TRIED};
use super::pending_deliveries::pull_row;
use crate::engine::doctor;
use crate::engine::work_error::WorkError;
use crate::github::{Api, RepositoryJson};
use crate::lineage::{GitError, Ledger, Repository};
use crate::model::config::{
    BranchHistory, BranchMerges, Configuration, in_one_line, merges_of_lines, smallest,
};
use crate::model::{
    BranchName, Found, InstallReport, InstallationId, LedgerTip, Outcome, PathReport, PathSource,
    PromotionPath, PullNumber, PullRequest, Role, StopReason, StoppedPull, TipSource, UnixMillis, Verdict,
};
use crate::report::{self, GitHubCli, LocalCheck};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many pages of closed pull requests are read at most: where few of them go into the path, the older ones say little.
const PAGES_MAX: usize = 5;

/// How much of a branch's line is read at most, in commits, where pull requests do not tell who was merged into whom.
const LINE_MAX: usize = 2_000;

/// How many pull requests are on a full page.
const PAGE: usize = 100;

/// A repository as git tells of it.
pub(super) trait GitSource: Send + Sync {
    /// Its branches, without a copy being made.
    fn branches(&self) -> impl Future<Output = Result<BTreeSet<BranchName>, GitError>> + Send;

    /// A copy of its commits, with those of these pull requests.
    fn fetched(&self, pulls: &[u64]) -> impl Future<Output = Result<Repository, GitError>> + Send;
}

/// What a report is made of.
pub(super) struct Look<'a> {
    pub(super) api: &'a Api,
    pub(super) installation: InstallationId,
    pub(super) repository: &'a RepositoryJson,
    /// Where the repository's configuration is, and its text; empty where there is none.
    pub(super) file: (&'a str, &'a str),
    pub(super) now: UnixMillis,
}

impl Look<'_> {
    /// Looks, and reports.
    ///
    /// # Errors
    /// Where GitHub or git does not answer.
    pub(super) async fn report(&self, git: &impl GitSource) -> Result<InstallReport, WorkError> {
        let RepositoryJson { full_name, html_url, default_branch, .. } = self.repository;
        Ok(InstallReport {
            repository: full_name.clone(),
            html_url: html_url.trim_end_matches('/').to_owned(),
            default_branch: default_branch.clone(),
            made_at: self.now,
            found: Box::pin(self.found(git)).await?,
            proposed: None,
        })
    }

    async fn found(&self, git: &impl GitSource) -> Result<Found, WorkError> {
        if self.repository.archived {
            return Ok(Found::Archived);
        }
        let configured = match self.configured() {
            Ok(configured) => configured,
            Err(invalid) => return Ok(invalid),
        };
        let branches = git.branches().await?;
        if branches.is_empty() {
            return Ok(Found::Empty);
        }
        let mut merged = MergedPulls::default();
        let (path, source) = match configured {
            Some(path) => {
                if !path.environments.iter().any(|it| branches.contains(&it.branch)) {
                    return Ok(Found::NoEnvironments);
                }
                (path, PathSource::File(self.file.0.to_owned()))
            }
            None => match self.guessed(branches, (&mut merged, git)).await? {
                Some(path) if path == PromotionPath::pro() => (path, PathSource::BuiltIn),
                Some(path) => (path, PathSource::Guessed),
                None => return Ok(Found::NoEnvironments),
            },
        };
        self.path(path, source, (merged, git)).await
    }

    /// The path that the configuration describes, where there is one.
    fn configured(&self) -> Result<Option<PromotionPath>, Found> {
        let (place, text) = self.file;
        if place.is_empty() {
            return Ok(None);
        }
        Configuration::read(text).map(|it| Some(it.path().clone())).map_err(|problems| {
            let problem = problems.first().map(ToString::to_string).unwrap_or_default();
            Found::InvalidConfiguration { place: place.to_owned(), problem }
        })
    }

    /// The path that names and merges suggest. Nobody is asked about merges where the names suggest none, and git is where
    /// pull requests tell of none from one branch to another.
    async fn guessed(
        &self,
        branches: BTreeSet<BranchName>,
        (merged, git): (&mut MergedPulls, &impl GitSource),
    ) -> Result<Option<PromotionPath>, WorkError> {
        let default_branch = BranchName::new(self.repository.default_branch.as_str()).ok();
        let mut history = BranchHistory { branches, default_branch, merges: Vec::new() };
        if !history.may_have_environments() {
            return Ok(None);
        }
        self.read_page(merged).await?;
        history.merges = merged.between_branches();
        let guess = history.guess();
        if guess.is_some() || history.has_promotions() {
            return Ok(guess);
        }
        let repository = git.fetched(&[]).await?;
        let mut lines = BTreeMap::new();
        for branch in history.called_like_environments() {
            let Some(tip) = repository.branch(branch).await? else { continue };
            lines.insert(branch.clone(), repository.newest_of_line(tip, LINE_MAX).await?);
        }
        history.merges.extend(merges_of_lines(&lines));
        Ok(history.guess())
    }

    async fn path(
        &self,
        path: PromotionPath,
        source: PathSource,
        (mut merged, git): (MergedPulls, &impl GitSource),
    ) -> Result<Found, WorkError> {
        while merged.on_path(&path).len() < TRIED && merged.goes_on() {
            self.read_page(&mut merged).await?;
        }
        let BackTested { judged, unknown, stopped } = self.back_tested(&path, &merged, git).await?;
        let (name, cli) = (self.repository.full_name.as_str(), GitHubCli::of(&self.api.base_url()));
        let path = Arc::new(path);
        let installation = self.api.installation(self.installation).await?;
        let faults = Box::pin(doctor::rule_faults(self.api, (&installation, name), &path)).await;
        let configuration = if matches!(source, PathSource::File(_)) { None } else { smallest(&path) };
        Ok(Found::Path(Box::new(PathReport {
            source,
            path: in_one_line(&path),
            judged,
            unknown,
            stopped,
            rules: faults.iter().map(|it| cli.rule_gap(it)).collect(),
            configuration,
        })))
    }

    /// Reads the next page of closed pull requests.
    async fn read_page(&self, merged: &mut MergedPulls) -> Result<(), WorkError> {
        let (id, name) = (self.installation, self.repository.full_name.as_str());
        merged.pages += 1;
        let page = self.api.closed_pulls(id, name, merged.pages).await?;
        merged.is_last = page.len() < PAGE;
        let merged_ones = page.iter().filter(|it| it.merged_at.is_some());
        // What cannot be read is nothing to judge.
        merged.pulls.extend(merged_ones.filter_map(|it| pull_row(it, self.repository.id).ok()));
        Ok(())
    }

    /// Judges the last merged pull requests by the path, each as things stood when it was merged.
    async fn back_tested(
        &self,
        path: &PromotionPath,
        merged: &MergedPulls,
        git: &impl GitSource,
    ) -> Result<BackTested, WorkError> {
        let tried = merged.on_path(path);
        let numbers: Vec<u64> = tried.iter().map(|it| it.number.0).collect();
        let repository = git.fetched(&numbers).await?;
        let mut ledger = self.lines(&repository, path).await?;
        let mut tested = BackTested::default();
        for row in tried {
            let Some(before) = BeforeMerge::of(&repository, row).await else {
                tested.unknown += 1;
                continue;
            };
            ledger.set_merged(merged.before(row).into_iter().map(PullRequest::as_merged).collect());
            let verdict = Box::pin(before.verdict(&repository, path, &ledger)).await;
            match verdict.outcome() {
                Outcome::Unknown => tested.unknown += 1,
                Outcome::Fail => {
                    tested.judged += 1;
                    tested.stopped.push(stopped(path, row, (&before, &verdict)));
                }
                Outcome::Pass | Outcome::Warn | Outcome::Wait => tested.judged += 1,
            }
        }
        Ok(tested)
    }

    /// What the branches of the path have pointed at, as far as git still has it.
    async fn lines(&self, repository: &Repository, path: &PromotionPath) -> Result<Ledger, WorkError> {
        let mut ledger = Ledger::default();
        for branch in path.judged_branches() {
            let Some(tip) = repository.branch(branch).await? else { continue };
            for (commit, at) in repository.first_parents(tip, self.now.to_seconds()).await? {
                ledger.add_tip(branch.clone(), LedgerTip { commit, at, source: TipSource::Backfill });
            }
        }
        Ok(ledger)
    }
}

/// The merged pull requests of a repository, as far as they were read; those first that changed last.
#[derive(Debug, Default)]
struct MergedPulls {
    pulls: Vec<PullRequest>,
    pages: usize,
    is_last: bool,
}

impl MergedPulls {
    fn goes_on(&self) -> bool {
        !self.is_last && self.pages < PAGES_MAX
    }

    /// The newest that went into a branch of the path.
    fn on_path(&self, path: &PromotionPath) -> Vec<&PullRequest> {
        let is_on_path = |it: &&PullRequest| !matches!(path.role(&it.base_branch), Role::Topic);
        let mut found: Vec<&PullRequest> = self.pulls.iter().filter(is_on_path).collect();
        found.sort_by_key(|it| std::cmp::Reverse((it.merged.map(|merged| merged.at), it.number)));
        found.dedup_by_key(|it| it.number);
        found.truncate(TRIED);
        found
    }

    /// Those that were merged before this one, the oldest first.
    fn before(&self, row: &PullRequest) -> Vec<&PullRequest> {
        let at = |it: &PullRequest| it.merged.map(|merged| merged.at);
        let mut earlier: Vec<_> = self.pulls.iter().filter(|it| at(it) < at(row)).collect();
        earlier.sort_by_key(|it| (at(it), it.number));
        earlier
    }

    /// Who was merged into whom, of branches of the repository's own.
    fn between_branches(&self) -> Vec<BranchMerges> {
        let mut times: BTreeMap<(BranchName, BranchName), BTreeSet<PullNumber>> = BTreeMap::new();
        for pull in self.pulls.iter().filter(|it| it.head_repository == Some(it.repository)) {
            let pair = (pull.head_branch.clone(), pull.base_branch.clone());
            times.entry(pair).or_default().insert(pull.number);
        }
        let merges = times.into_iter();
        merges.map(|((from, into), times)| BranchMerges { from, into, times: times.len() }).collect()
    }
}

/// What came of judging merged pull requests again.
#[derive(Debug, Default)]
struct BackTested {
    judged: usize,
    unknown: usize,
    stopped: Vec<StoppedPull>,
}

fn stopped(
    path: &PromotionPath,
    row: &PullRequest,
    (before, verdict): (&BeforeMerge, &Verdict),
) -> StoppedPull {
    let check = LocalCheck::new(path, &before.pull, None);
    let failing = verdict.findings.iter().filter(|it| it.severity == Outcome::Fail);
    let reasons = failing.map(|finding| {
        let title = report::words(&check, verdict, finding).title;
        StopReason::new(finding.cause.code(), title)
    });
    StoppedPull {
        number: row.number,
        author: row.author.clone(),
        head: row.head_branch.clone(),
        base: row.base_branch.clone(),
        merged_at: row.merged.map(|it| it.at).unwrap_or_default(),
        reasons: reasons.collect(),
    }
}
