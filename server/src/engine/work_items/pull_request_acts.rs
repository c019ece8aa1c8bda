//! What Towpath does to a pull request when somebody asks for it, by a button or by a command: another base, or a clean
//! branch with the author's own commits.

use super::first_free_branch::{self, push_to_first_free};
use super::not_done::NotDone;
use super::pull_request::{Memory, last_verdict};
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::github::{self, ApiError, NewPull};
use crate::lineage::{Committer, Conflict, Pushed, Rebuild, Repository};
use crate::model::{BranchName, Carried, CommitId, PullNumber, PullRequest, Repair};
use crate::report;
use crate::store::{JudgedPull, RepositoryRow};

/// A pull request that something is to be done to.
pub(super) struct PullRequestActs<'a> {
    pub(super) ctx: &'a EngineContext,
    pub(super) repository: &'a RepositoryRow,
    pub(super) pull: &'a JudgedPull,
    /// The login of who asks.
    pub(super) who: &'a str,
}

/// What was done, in words for people.
pub(super) type Done = String;

/// What is said of another base.
pub(super) fn retargeted(to: &BranchName) -> Done {
    format!("changed the base to {to}")
}

impl PullRequestActs<'_> {
    /// Sends it to another base.
    pub(super) async fn retarget(&self, to: &BranchName) -> Result<Done, NotDone> {
        let RepositoryRow { installation, full_name, .. } = self.repository;
        self.ctx.api.retarget(*installation, full_name, self.pull.pull.number, to).await?;
        Ok(retargeted(to))
    }

    /// Where the verdict says that it belongs.
    pub(super) fn base_by_verdict(&self) -> Result<BranchName, NotDone> {
        let verdict = last_verdict(self.pull);
        let mut findings = verdict.iter().flat_map(|it| &it.findings);
        let to = findings.find_map(|finding| finding.cause.retarget_to().cloned());
        to.ok_or_else(|| NotDone::refused("its base is already the right one"))
    }

    /// A clean branch with the topic's own commits, and a pull request from it. Nothing is made where a
    /// commit would conflict, or where such a pull request is open, unless this very act `may_be_done`.
    pub(super) async fn rebuild(&self, now: &github::PullJson, may_be_done: bool) -> Result<Done, NotDone> {
        let (Some(repair), Some(aimed)) = (self.repair(), self.pull.judged_base.clone()) else {
            return Err(NotDone::refused("nothing is left to rebuild"));
        };
        // By number: a fork may have any name. One whose repository is gone is from elsewhere too.
        if now.head.repo.map(|it| it.id) != Some(self.repository.id) {
            return Err(NotDone::refused(FROM_A_FORK));
        }
        let mirror = self.ctx.mirror_to_push(self.repository).await?;
        let repository = mirror.fetched(&[self.pull.pull.number.0]).await?;
        if let Some((number, branch)) = self.rebuilt_before(&repository, &repair, &aimed).await? {
            return is_there(number, &branch, may_be_done);
        }
        let target = self.target(&repository, &aimed).await?;
        // The same commits come of it each time, so an attempt that was cut off is gone on with.
        let made_at = repair.picks.iter().map(|it| it.committed_at).max().unwrap_or_default();
        let committer = Committer::new("Towpath", "towpath@users.noreply.github.com", made_at);
        let picks: Vec<CommitId> = repair.picks.iter().map(|commit| commit.id).collect();
        let rebuilt = match repository.rebuild(target, &picks, &committer).await? {
            Rebuild::Clean(rebuilt) if !rebuilt.made.is_empty() => rebuilt,
            Rebuild::Clean(_) => {
                return Err(NotDone::refused(format!("{aimed} already has all of its own changes")));
            }
            Rebuild::Conflict(conflict) => return Err(NotDone::refused(conflicts(&conflict, &aimed))),
        };
        let (branch, pushed) =
            push_to_first_free(&repository, &self.rebuilt_name(&aimed), rebuilt.tip).await?;
        match (self.open(now, &branch, &aimed, rebuilt.made.len()).await?, pushed) {
            (Opened::Before(number), _) => is_there(number, &branch, may_be_done),
            (Opened::New(number), Pushed::WasThere) if !may_be_done => {
                Ok(format!("opened #{number} from the branch {branch}, which had its commits already"))
            }
            (Opened::New(number), _) => Ok(format!("made the branch {branch} and opened #{number} from it")),
        }
    }

    /// How the branch is called that a rebuild makes.
    fn rebuilt_name(&self, aimed: &BranchName) -> String {
        format!("{}-on-{aimed}", self.pull.pull.head_branch)
    }

    /// The open pull request of a rebuild that has all of the commits to be picked.
    async fn rebuilt_before(
        &self,
        repository: &Repository,
        repair: &Repair,
        aimed: &BranchName,
    ) -> Result<Option<(PullNumber, BranchName)>, NotDone> {
        let id = self.repository.id;
        let names: Vec<BranchName> = first_free_branch::names(&self.rebuilt_name(aimed)).collect();
        let open = self.ctx.store.open_pulls_alone(id).await.map_err(WorkError::from)?;
        let is_one = |it: &&PullRequest| {
            it.head_repository == Some(id) && it.base_branch == *aimed && names.contains(&it.head_branch)
        };
        'pulls: for pull in open.iter().filter(is_one) {
            if !repository.missing(&[pull.head_commit]).await?.is_empty() {
                continue;
            }
            for pick in repair.to_pick() {
                let answer = repository.carried(pick.id, pull.head_commit).await?;
                if answer.carried == Carried::Missing {
                    continue 'pulls;
                }
            }
            return Ok(Some((pull.number, pull.head_branch.clone())));
        }
        Ok(None)
    }

    fn repair(&self) -> Option<Repair> {
        let verdict = last_verdict(self.pull)?;
        verdict.findings.iter().find_map(|finding| finding.cause.repair().cloned())
    }

    /// Where the base was when the pull request was judged; where it is, if that is not known.
    async fn target(&self, repository: &Repository, aimed: &BranchName) -> Result<CommitId, WorkError> {
        let row = &self.pull.pull;
        let path = self.ctx.repository_config(self.repository).await?.path;
        let ledger = Memory::of(self.ctx, &path, row.repository, &row.head_branch).await?.ledger(None);
        let judged_at = self.pull.judged_at.unwrap_or_default().to_seconds();
        let present = repository.branch(aimed).await?;
        let present = present.ok_or_else(|| WorkError::later(format!("there is no branch {aimed}")))?;
        let Some(then) = ledger.tip_at(aimed, judged_at).map(|tip| tip.commit) else { return Ok(present) };
        let still_there =
            repository.missing(&[then]).await?.is_empty() && repository.reaches(present, then).await?;
        Ok(if still_there { then } else { present })
    }

    async fn open(
        &self,
        now: &github::PullJson,
        branch: &BranchName,
        aimed: &BranchName,
        kept: usize,
    ) -> Result<Opened, NotDone> {
        let number = self.pull.pull.number;
        let title = now.details.title.clone().unwrap_or_else(|| format!("Instead of #{number}"));
        let body = report::replacement(number.0, aimed, kept, self.who);
        let RepositoryRow { installation, full_name, .. } = self.repository;
        let known = self.ctx.api.open_pull_between(*installation, full_name, (branch, aimed)).await?;
        if let Some(known) = known {
            return Ok(Opened::Before(known.number));
        }
        let new = NewPull { head: branch, base: aimed, title: &title, body: &body };
        match self.ctx.api.create_pull(*installation, full_name, &new).await {
            Ok(opened) => Ok(Opened::New(opened.number)),
            Err(error @ ApiError::Exists { .. }) => Err(self.ctx.not_made(error).into()),
            Err(error) => Err(error.into()),
        }
    }
}

/// A pull request of a rebuild.
enum Opened {
    New(PullNumber),
    /// It was open already.
    Before(PullNumber),
}

/// What is said of a rebuild whose pull request is open: by this very act, or by an earlier one.
fn is_there(number: PullNumber, branch: &BranchName, may_be_done: bool) -> Result<Done, NotDone> {
    if may_be_done {
        return Ok(format!("its own commits are on the branch {branch}, and #{number} is open from it"));
    }
    Err(NotDone::refused(format!("#{number}, from the branch {branch}, has its own commits already")))
}

/// Whoever may open a pull request from a fork may not have code of theirs run with this repository's secrets.
const FROM_A_FORK: &str = "it comes from a fork: workflows would run a branch made from it here with this repository's \
                           secrets; its author can run the check's commands in the fork";

fn conflicts(conflict: &Conflict, aimed: &BranchName) -> String {
    const SHOWN: usize = 5;
    let paths: Vec<&str> = conflict.paths.iter().take(SHOWN).map(String::as_str).collect();
    let more = match conflict.paths.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "its commit {} conflicts with {aimed} in {}{more}; nothing was changed",
        conflict.pick.short(),
        paths.join(", ")
    )
}
