//! The copy branch: moved along with its environment, never by force; where that cannot be, said so.
//!
//! Races, and how they end: the branch is moved only if GitHub still has it where the decision found it, and GitHub
//! itself refuses what is no fast-forward. A push in between is seen by its own event, and looked at again.

mod asked_for;

use super::applied_check::{AppliedCheck, checks};
use super::desired_check_run::{DesiredCheckRun, digest};
use super::pull_request::Memory;
use crate::engine::context::EngineContext;
use crate::engine::judge::judge_copy;
use crate::engine::work_error::WorkError;
use crate::github::{ApiError, NewPull};
use crate::lineage::Repository;
use crate::model::config::RepositoryConfig;
use crate::model::{
    Base, BranchName, Cause, Commit, CommitId, CopyAfter, CopyBranch, CopyMode, DriverSettings, Environment,
    Head, Outcome, PromotionPath, PullEnds, RepositoryId, Verdict,
};
use crate::report::{self, CopyStanding, Guard, NotCopied, Refuser, Subject, Withdrawn};
use crate::store::{Change, ChecksOf, Desired, RepositoryRow, WorkItem};
use asked_for::{AfterLook, AskedFor};
use serde_json::json;

pub(super) async fn run(ctx: &EngineContext, id: RepositoryId) -> Result<Vec<Change>, WorkError> {
    let row = ctx.active_repository(id).await?;
    let Some(row) = row else { return Ok(Vec::new()) };
    let config = ctx.repository_config(&row).await?;
    let mut asked_for = AskedFor::of(ctx, &row, &config).await?;
    // First: what keeps the others waiting may go on for long.
    let mut changes = asked_for.end_too_old(ctx.now());
    match look(ctx, &row, &config, asked_for).await {
        Ok(more) => {
            changes.extend(more);
            Ok(changes)
        }
        Err(error) => {
            changes.extend(error.changes);
            Err(WorkError { changes, ..error })
        }
    }
}

async fn look(
    ctx: &EngineContext,
    row: &RepositoryRow,
    config: &RepositoryConfig,
    asked_for: AskedFor,
) -> Result<Vec<Change>, WorkError> {
    if config.invalid.is_some() {
        let why = "the configuration cannot be used, so nothing is moved until it is repaired";
        return Ok(asked_for.refused(why, ctx.now()));
    }
    let original =
        config.path.copy.as_ref().and_then(|copy| Some((copy, config.path.environment(&copy.of)?)));
    let Some((copy, original)) = original else {
        let mut changes = asked_for.refused("the configuration names no copy branch", ctx.now());
        changes.extend(taken_back(ctx, row).await?);
        return Ok(changes);
    };
    let mirror = ctx.mirror(row).await?;
    let mut tips = None;
    if mirror.has_environments(&config.path).await? {
        let repository = mirror.fetched(&[]).await?;
        let ends = (repository.branch(&copy.branch).await?, repository.branch(&original.branch).await?);
        tips = ends.0.zip(ends.1).map(|ends| (repository, ends));
    }
    let Some((repository, (copied, tip))) = tips else {
        let why = format!("there is no branch {} or {}", copy.branch, original.branch);
        let mut changes = asked_for.refused(why, ctx.now());
        changes.extend(taken_back(ctx, row).await?);
        return Ok(changes);
    };
    let work = CopyWork { ctx, row, path: &config.path, copy, original, repository, copied, tip };
    work.run(asked_for).await
}

/// Looks at the copy branch, where something is said of it.
pub(super) async fn to_take_back(ctx: &EngineContext, id: RepositoryId) -> Result<Option<Change>, WorkError> {
    let is_alarmed = alarm(ctx, id).await?.is_some_and(|content| content["open"] == true);
    let is_said = is_alarmed || !standing(ctx, id).await?.is_empty();
    Ok(is_said.then_some(Change::Mark(WorkItem::Copy(id))))
}

/// There is nothing to copy any more: what was said of it is taken back, and the issue closed.
async fn taken_back(ctx: &EngineContext, row: &RepositoryRow) -> Result<Vec<Change>, WorkError> {
    let mut changes = Vec::new();
    let shown = standing(ctx, row.id).await?;
    if !shown.is_empty() {
        let at = ctx.mirror(row).await?.branches_at(&commits(&shown)).await?;
        changes.extend(withdrawn(ctx, &shown, at).await?);
    }
    changes.extend(alarm_over(ctx, row.id).await?);
    Ok(changes)
}

/// How many of the last checks on the copy branch are looked through.
const LAST_CHECKS: usize = 16;

/// The last checks on the copy branch that were not taken back.
async fn standing(ctx: &EngineContext, id: RepositoryId) -> Result<Vec<AppliedCheck>, WorkError> {
    let mut shown = checks(ctx, id, ChecksOf::Copy).await?;
    shown.truncate(LAST_CHECKS);
    shown.retain(|check| !check.is_withdrawn());
    Ok(shown)
}

fn commits(shown: &[AppliedCheck]) -> Vec<CommitId> {
    shown.iter().map(|check| check.body.head_sha).collect()
}

/// Takes back those checks whose commit a branch still stands at. Where the branch has gone on the check is a record.
async fn withdrawn(
    ctx: &EngineContext,
    shown: &[AppliedCheck],
    at: Vec<(CommitId, BranchName)>,
) -> Result<Vec<Change>, WorkError> {
    let mut changes = Vec::new();
    for (at, branch) in at {
        if let Some(check) = shown.iter().find(|check| check.body.head_sha == at) {
            changes.push(check.withdrawn(ctx, &Withdrawn::NotCopied, (branch.as_str(), None)).await?);
        }
    }
    Ok(changes)
}

/// Closes the issue about the copy branch, where one was raised.
async fn alarm_over(ctx: &EngineContext, id: RepositoryId) -> Result<Option<Change>, WorkError> {
    let Some(mut content) = alarm(ctx, id).await? else { return Ok(None) };
    content["open"] = json!(false);
    let content = content.to_string();
    let (item, substance) = (WorkItem::Alarm(id), digest(&content));
    Ok(Some(Change::Desire(Desired { item, content, substance, siblings: Vec::new() })))
}

/// The issue about the copy branch as it is to be.
async fn alarm(ctx: &EngineContext, id: RepositoryId) -> Result<Option<serde_json::Value>, WorkError> {
    let effect = ctx.store.effect(&WorkItem::Alarm(id)).await?;
    Ok(effect.map(|effect| serde_json::from_str(&effect.content).unwrap_or_default()))
}

/// The rules that never stand in the way of moving a branch along.
const NO_OBSTACLE: [&str; 3] = ["creation", "deletion", "non_fast_forward"];
/// The rules that refuse a push by force.
const REFUSE_FORCE: [&str; 4] = ["non_fast_forward", "update", "pull_request", "required_status_checks"];

/// What the copy holds is looked for among so many deploys.
const LOOKED_THROUGH: u32 = 10;

struct CopyWork<'a> {
    ctx: &'a EngineContext,
    row: &'a RepositoryRow,
    path: &'a PromotionPath,
    copy: &'a CopyBranch,
    original: &'a Environment,
    repository: Repository,
    /// Where the copy branch is.
    copied: CommitId,
    /// Where its environment is.
    tip: CommitId,
}

impl CopyWork<'_> {
    async fn run(&self, asked_for: AskedFor) -> Result<Vec<Change>, WorkError> {
        let verdict = self.verdict().await?;
        let mut copied = self.copied;
        let error = self.diverged(&verdict).await?;
        let mut standing = CopyStanding { problem: error, ..CopyStanding::default() };
        let target = self.target().await?;
        if let Some(to) = target.filter(|to| *to != self.copied) {
            let ahead = self.repository.reaches(to, self.copied).await?;
            let behind = !ahead && self.repository.reaches(self.copied, to).await?;
            match self.copy.mode {
                CopyMode::FastForward if ahead => match self.move_along(to).await? {
                    None => copied = to,
                    refused => standing.problem = refused,
                },
                // Nothing to bring over: what it has besides is seen by its files.
                CopyMode::Report => {}
                _ if behind => {}
                // A merge would keep on it what it has of its own, which is told to be kept aside.
                _ if has_diverged(&verdict) => {}
                CopyMode::FastForward | CopyMode::PullRequest => self.sync(&mut standing).await?,
            }
        }
        let verdict = if copied == self.copied { verdict } else { self.verdict_at(copied).await? };
        let mut changes = vec![self.check(&verdict, copied, &standing)?];
        changes.extend(self.alarm(standing.problem.as_ref()).await?);
        changes.extend(self.has_come_along().await?);
        changes.extend(self.of_another_environment().await?);
        if !asked_for.is_empty() {
            let step = self.sync_step(&AfterLook { target, copied, standing: &standing }).await?;
            changes.extend(asked_for.told(&step, self.ctx.now(), Some((self.tip, self.copied))));
        }
        Ok(changes)
    }

    /// What was said while another environment was copied.
    async fn of_another_environment(&self) -> Result<Vec<Change>, WorkError> {
        let shown = standing(self.ctx, self.row.id).await?;
        if shown.iter().all(|check| check.body.head_sha == self.tip) {
            return Ok(Vec::new());
        }
        let branches = std::slice::from_ref(&self.original.branch);
        let ledger = self.ctx.store.ledger(self.row.id, branches, None).await?;
        let line: Vec<CommitId> = ledger.tips.iter().map(|(_, tip)| tip.commit).chain([self.tip]).collect();
        let elsewhere: Vec<CommitId> = commits(&shown).into_iter().filter(|it| !line.contains(it)).collect();
        withdrawn(self.ctx, &shown, self.repository.branches_at(&elsewhere).await?).await
    }

    async fn verdict(&self) -> Result<Verdict, WorkError> {
        let memory = Memory::of(self.ctx, self.path, self.row.id, &self.copy.branch).await?;
        Ok(judge_copy(&self.repository, self.path, self.copy, &memory.ledger(None)).await)
    }

    /// After it was moved to the environment's own commit there is nothing to find; elsewhere the mirror has to see it
    /// first.
    async fn verdict_at(&self, copied: CommitId) -> Result<Verdict, WorkError> {
        if copied == self.tip {
            return Ok(Verdict::default());
        }
        let mirror = self.ctx.mirror(self.row).await?;
        let repository = mirror.fetched(&[]).await?;
        let memory = Memory::of(self.ctx, self.path, self.row.id, &self.copy.branch).await?;
        Ok(judge_copy(&repository, self.path, self.copy, &memory.ledger(None)).await)
    }

    /// What the copy has to hold by now; `None` where it is not time yet.
    async fn target(&self) -> Result<Option<CommitId>, WorkError> {
        let is_deployed = self.original.deploy.driver != DriverSettings::None
            || self.ctx.drivers.has_programs(self.row, self.original);
        let follows_merges = self.copy.after == CopyAfter::Merge
            // What nobody deploys would be waited for in vain.
            || (!self.copy.after_is_written && self.ctx.is_dormant(self.row, self.path).await?);
        if follows_merges || !is_deployed {
            return Ok(Some(self.tip));
        }
        let environment_deploys = self
            .ctx
            .store
            .environment_deploys(self.row.id, &self.original.name, &self.original.branch)
            .await?;
        let queue = crate::deploy::DeployQueue::new(
            environment_deploys.deploys,
            environment_deploys.hold,
            environment_deploys.baseline,
        );
        let live = queue.live().map(|live| live.commit);
        let Some(live) = live else { return Ok(None) };
        // What was deployed and is in no branch any more is nothing to copy.
        let is_there = self.repository.missing(&[live]).await?.is_empty();
        Ok((is_there && self.repository.reaches(self.tip, live).await?).then_some(live))
    }

    /// Those that were brought by what the copy holds now: they have come one step further.
    async fn has_come_along(&self) -> Result<Vec<Change>, WorkError> {
        let id = self.row.id;
        let deploys = self.ctx.store.newest_deploys(id, &self.original.name, LOOKED_THROUGH).await?;
        let copied = deploys.into_iter().find(|deploy| deploy.commit == self.copied);
        let pulls = copied.map(|deploy| deploy.pulls).unwrap_or_default();
        Ok(pulls.into_iter().map(|number| Change::Mark(WorkItem::ChangeStatus(id, number))).collect())
    }

    /// Moves the branch along. Answers what stands in the way, if something does.
    async fn move_along(&self, to: CommitId) -> Result<Option<NotCopied>, WorkError> {
        let (installation, name) = (self.row.installation, &self.row.full_name);
        let now = self.ctx.api.branch_tip(installation, name, &self.copy.branch).await?;
        if now != Some(self.copied) {
            return Err(WorkError::later(format!("{} has moved meanwhile", self.copy.branch)));
        }
        let (message, forbidden) =
            match self.ctx.api.fast_forward(installation, name, &self.copy.branch, to).await {
                Ok(()) => {
                    tracing::info!(branch = %self.copy.branch, %to, "the copy branch was moved along");
                    return Ok(None);
                }
                Err(ApiError::Refused { message, .. }) if message.contains("fast forward") => {
                    return Err(WorkError::later(message));
                }
                Err(ApiError::Refused { message, .. }) => (message, false),
                Err(ApiError::Forbidden { message, .. }) => (message, true),
                Err(error) => return Err(error.into()),
            };
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        let by = self.refused_by(&message, forbidden, to).await?;
        Ok(Some(NotCopied::Refused { message, by }))
    }

    /// What it is that refuses to let the branch be moved to a commit. GitHub's sentence speaks of rule violations where
    /// rulesets do; what else refuses is a permission, or protection of the older kind, which has no bypass list.
    async fn refused_by(&self, message: &str, forbidden: bool, to: CommitId) -> Result<Refuser, WorkError> {
        let words = message.to_lowercase();
        if words.contains("rule violation") {
            return Ok(Refuser::Rulesets(self.rules(|kind| !NO_OBSTACLE.contains(&kind)).await?));
        }
        let of_workflows = words.contains("workflow");
        if of_workflows || (forbidden && words.contains("not accessible")) {
            let changed = self.repository.changes_below(self.copied, to, ".github/workflows/").await?;
            return Ok(Refuser::Permission { workflows: of_workflows || changed });
        }
        if self.is_protected().await? {
            return Ok(Refuser::Classic);
        }
        Ok(if forbidden { Refuser::Permission { workflows: false } } else { Refuser::Unknown })
    }

    /// Why it is no copy, where it has something of its own: with what keeps people from putting it back.
    async fn diverged(&self, verdict: &Verdict) -> Result<Option<NotCopied>, WorkError> {
        if verdict.outcome() != Outcome::Fail {
            return Ok(None);
        }
        let rules = self.rules(|kind| REFUSE_FORCE.contains(&kind)).await?;
        let guard = if !rules.is_empty() {
            Guard::Rulesets(rules)
        } else if self.is_protected().await? {
            Guard::Classic
        } else {
            Guard::Nothing
        };
        Ok(Some(NotCopied::Diverged { only_there: only_on_copy(verdict).to_vec(), guard }))
    }

    /// Whether anything protects the branch, be it a ruleset or a branch protection rule.
    async fn is_protected(&self) -> Result<bool, WorkError> {
        let (installation, name) = (self.row.installation, &self.row.full_name);
        let branch = self.ctx.api.branch(installation, name, &self.copy.branch).await?;
        let missing = || ApiError::NotFound { call: format!("the branch {}", self.copy.branch) };
        Ok(branch.ok_or_else(missing)?.protected)
    }

    /// The rules of rulesets that hold for the branch, as far as `counts` wants them, each with its ruleset.
    async fn rules(&self, counts: impl Fn(&str) -> bool) -> Result<Vec<String>, WorkError> {
        let (installation, name) = (self.row.installation, &self.row.full_name);
        let rules = self.ctx.api.branch_rules(installation, name, &self.copy.branch).await?;
        let rules = rules.into_iter().filter(|rule| counts(&rule.kind)).map(|rule| {
            let of = rule.ruleset_source.map(|source| format!(" of {source}")).unwrap_or_default();
            let ruleset = rule.ruleset_id.map(|id| format!(" (ruleset {id}{of})")).unwrap_or_default();
            format!("{}{ruleset}", rule.kind)
        });
        Ok(rules.collect())
    }

    /// The one pull request from the environment to its copy. Where somebody has closed it, or merged it in a way that
    /// left the copy behind, no other one is opened until the environment moves.
    async fn sync(&self, standing: &mut CopyStanding) -> Result<(), WorkError> {
        let (head, base) = (&self.original.branch, &self.copy.branch);
        let known =
            self.ctx.api.pulls_between(self.row.installation, &self.row.full_name, (head, base)).await?;
        standing.sync = known.iter().find(|it| it.state == "open").map(|it| it.number.0);
        if standing.sync.is_some() {
            return Ok(());
        }
        if let Some(ended) = known.iter().find(|it| it.head.sha == self.tip) {
            standing.closed_sync = ended.merged_at.is_none().then_some(ended.number.0);
            return Ok(());
        }
        let title = format!("Make {base} a copy of {head} again");
        let body = report::sync_pull(base, head);
        let new = NewPull { head, base, title: &title, body: &body };
        let opened = self.ctx.api.open_pull(self.row.installation, &self.row.full_name, &new).await;
        let opened = opened.map_err(|error| self.ctx.not_made(error))?;
        standing.sync = Some(opened.0);
        Ok(())
    }

    /// The environment as if it was to be merged into its copy, which is at `copied`.
    fn subject(&self, copied: CommitId) -> Subject {
        let pull = PullEnds {
            head: Head { branch: Some(self.original.branch.clone()), commit: self.tip, fork: false },
            base: Base { branch: self.copy.branch.clone(), commit: copied },
        };
        Subject {
            repository: self.row.full_name.clone(),
            web_url: self.row.html_url.clone(),
            docs_url: Some(self.ctx.settings.docs.findings()),
            number: 0,
            pull,
            judged_at: self.ctx.now().to_seconds(),
        }
    }

    fn check(
        &self,
        verdict: &Verdict,
        copied: CommitId,
        standing: &CopyStanding,
    ) -> Result<Change, WorkError> {
        let text = report::check_of_copy(self.path, &self.subject(copied), verdict, standing);
        let shown = DesiredCheckRun {
            item: WorkItem::CopyCheck(self.row.id, self.tip),
            commit: self.tip,
            name: self.path.check_of_copy(),
            text: &text,
            annotations: Vec::new(),
            siblings: Vec::new(),
            put_on: None,
        };
        shown.desired()
    }

    /// The issue, raised on the first trouble and closed once there is none.
    async fn alarm(&self, error: Option<&NotCopied>) -> Result<Option<Change>, WorkError> {
        let Some(why) = error else { return alarm_over(self.ctx, self.row.id).await };
        let (title, body) = report::alarm(self.path, &self.subject(self.copied), why);
        let content = json!({ "title": title, "body": body, "open": true }).to_string();
        let (item, substance) = (WorkItem::Alarm(self.row.id), digest(&content));
        Ok(Some(Change::Desire(Desired { item, content, substance, siblings: Vec::new() })))
    }
}

fn only_on_copy(verdict: &Verdict) -> &[Commit] {
    let causes = verdict.findings.iter().map(|finding| &finding.cause);
    let found = causes.filter_map(|cause| match cause {
        Cause::CopyDiverged { only_on_copy, .. } => Some(only_on_copy.as_slice()),
        _ => None,
    });
    found.into_iter().next().unwrap_or_default()
}

fn has_diverged(verdict: &Verdict) -> bool {
    verdict.findings.iter().any(|finding| matches!(finding.cause, Cause::CopyDiverged { .. }))
}
