//! What somebody has asked for by `/sync`: it goes on until the copy branch has come along, until a pull request is there
//! that brings it along, or until it is known what stands in the way.

use super::CopyWork;
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::engine::work_items::too_old::too_old;
use crate::model::config::RepositoryConfig;
use crate::model::{AuditEntry, CommitId, CopyMode, UnixMillis};
use crate::report::{self, CopyStanding, NotCopied};
use crate::store::{ActOutcome, Change, RepositoryRow, RequestedAct, RequestedActRow, WorkItem};
use std::time::Duration;

/// A moment after an act has become too old.
const TOO_OLD_AFTER: Duration = Duration::from_secs(60 * 60 + 1);

/// A branch that has just moved has its deploy by then, if it gets one.
const DEPLOY_MADE_WITHIN: Duration = Duration::from_secs(60);

/// What people have asked for and nobody has answered yet.
pub(super) struct AskedFor(Vec<RequestedActRow>);

/// How things stand after a look at the copy branch.
pub(super) struct AfterLook<'a> {
    /// What the copy has to hold by now; `None` where it is not time yet.
    pub(super) target: Option<CommitId>,
    /// Where it is.
    pub(super) copied: CommitId,
    pub(super) standing: &'a CopyStanding,
}

/// What came of it: the end, or what is waited for.
pub(super) enum SyncStep {
    Ended(ActOutcome),
    Waits(String),
}

impl AskedFor {
    /// All of it, whatever environment the copy branch followed when it was asked for.
    pub(super) async fn of(
        ctx: &EngineContext,
        row: &RepositoryRow,
        config: &RepositoryConfig,
    ) -> Result<Self, WorkError> {
        let mut all = Vec::new();
        for environment in &config.path.environments {
            let acts = ctx.store.open_acts(row.id, &environment.name).await?;
            all.extend(acts.into_iter().filter(|act| matches!(act.act, RequestedAct::Sync { .. })));
        }
        Ok(Self(all))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Ends those that are too old, whatever keeps the others waiting.
    pub(super) fn end_too_old(&mut self, now: UnixMillis) -> Vec<Change> {
        let (old, waiting) = std::mem::take(&mut self.0)
            .into_iter()
            .partition(|act: &RequestedActRow| too_old(act.origin.as_ref(), now).is_some());
        self.0 = waiting;
        let ended = |act: &RequestedActRow| {
            let waited = act.progress.as_ref().map(|what| {
                let words =
                    format!("{what}; that has taken more than an hour, and this reply follows it no longer");
                ActOutcome::refused(words)
            });
            let outcome = waited.or_else(|| too_old(act.origin.as_ref(), now));
            outcome.map(|outcome| ended(act, outcome, (now, None))).unwrap_or_default()
        };
        old.iter().flat_map(ended).collect()
    }

    /// Tells everybody who has asked what came of it. `commits` are where the environment and its copy were.
    pub(super) fn told(
        self,
        step: &SyncStep,
        now: UnixMillis,
        commits: Option<(CommitId, CommitId)>,
    ) -> Vec<Change> {
        let told = |act: &RequestedActRow| match step {
            SyncStep::Ended(outcome) => ended(act, outcome.clone(), (now, commits)),
            SyncStep::Waits(words) => {
                let again = act
                    .origin
                    .as_ref()
                    .map(|it| Change::MarkAt(WorkItem::Copy(act.repository), it.seen_at + TOO_OLD_AFTER));
                let news = (act.progress.as_ref() != Some(words))
                    .then(|| Change::RequestedActProgress(act.id, words.clone()));
                let look = news.is_some().then(|| answered(act)).flatten();
                news.into_iter().chain(look).chain(again).collect()
            }
        };
        self.0.iter().flat_map(told).collect()
    }

    /// Tells everybody that nothing was moved, and why.
    pub(super) fn refused(self, why: impl Into<String>, now: UnixMillis) -> Vec<Change> {
        self.told(&SyncStep::Ended(ActOutcome::refused(why)), now, None)
    }
}

/// Stores what came of an act, and has whoever has asked for it look.
fn ended(
    act: &RequestedActRow,
    outcome: ActOutcome,
    (now, commits): (UnixMillis, Option<(CommitId, CommitId)>),
) -> Vec<Change> {
    let (action, by, reason) = act.act.named();
    let origin = act.origin.as_ref();
    let entry = AuditEntry {
        at: now,
        actor: by.to_owned(),
        role: origin.map_or("operator", |it| it.role.as_str()).to_owned(),
        action: action.to_owned(),
        repository: act.repository,
        environment: Some(act.environment.clone()),
        pull_request: outcome.pull_request.or(origin.map(|it| it.number)),
        reason: reason.map(str::to_owned),
        head: commits.map(|(head, _)| head),
        base: commits.map(|(_, base)| base),
        done: outcome.accepted,
        result: outcome.words.clone(),
        delivery: origin.and_then(|it| it.delivery.clone()),
    };
    let kept = [Change::Audit(Box::new(entry)), Change::RequestedActDone(act.id, outcome)];
    kept.into_iter().chain(answered(act)).collect()
}

fn answered(act: &RequestedActRow) -> Option<Change> {
    let origin = act.origin.as_ref()?;
    Some(Change::Mark(WorkItem::Command(act.repository, origin.number, origin.comment)))
}

impl CopyWork<'_> {
    /// What a `/sync` comes to as things stand after a look.
    pub(super) async fn sync_step(&self, after: &AfterLook<'_>) -> Result<SyncStep, WorkError> {
        let (copy, of) = (&self.copy.branch, &self.original.name);
        let ended = |outcome| Ok(SyncStep::Ended(outcome));
        let refused = |why: String| ended(ActOutcome::refused(why));
        if let Some(problem) = &after.standing.problem {
            let advice = format!(
                "the check {} on {} says what to do",
                self.path.check_of_copy().text(),
                self.original.branch
            );
            return refused(match problem {
                NotCopied::Diverged { .. } => format!("{copy} has commits that {of} does not have; {advice}"),
                NotCopied::Refused { message, .. } => {
                    format!("GitHub does not let Towpath move {copy}: {message}; {advice}")
                }
            });
        }
        let is_along =
            after.copied == self.tip || (after.target == Some(after.copied) && after.copied != self.copied);
        if is_along {
            return ended(ActOutcome::accepted(
                format!("{copy} is at {}, as {of} is", after.copied.short()),
                None,
            ));
        }
        if let Some(number) = after.standing.sync {
            let words = format!("#{number} brings {copy} along with {of}; merge it with a merge commit");
            return ended(
                ActOutcome::accepted(words, None).by_pull_request(crate::model::PullNumber(number)),
            );
        }
        if let Some(number) = after.standing.closed_sync {
            return refused(format!(
                "#{number} was to bring {copy} along, and was closed; no other is opened before {of} moves"
            ));
        }
        if self.copy.mode == CopyMode::Report {
            return refused(format!("by the configuration Towpath only reports on {copy}; people move it"));
        }
        let known = self.ctx.store.environment_deploys(self.row.id, of, &self.original.branch).await?;
        if let Some(going) = known.deploys.iter().rev().find(|deploy| deploy.state.is_open()) {
            let line = report::deploy_line(going);
            return Ok(SyncStep::Waits(format!(
                "{copy} follows {of} once its deploy has ended well: {line}"
            )));
        }
        let (copied, tip) = (after.copied.short(), self.tip.short());
        let moved = self.ctx.store.newest_tip(self.row.id, &self.original.branch).await?.map(|tip| tip.at);
        let is_new = moved.is_some_and(|at| self.ctx.now().since(at.to_millis()) < DEPLOY_MADE_WITHIN);
        if is_new && !known.deploys.iter().any(|deploy| deploy.commit == self.tip) {
            return Ok(SyncStep::Waits(format!("{copy} follows {of} once {tip} runs there")));
        }
        refused(format!(
            "{copy} stays at {copied}: {tip}, where {of} is, does not run there; {copy} follows once it does"
        ))
    }
}
