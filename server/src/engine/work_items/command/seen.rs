//! Whether things are as they were when the comment was written: the event carries no head, so our own record of pushes
//! tells where a branch was. Where that says nothing sure, an act is refused, with the command that names the commit.

use super::call::Call;
use super::state::refused;
use super::topic_then::{Known, Then, UNSURE, as_moves, topic_then};
use crate::engine::work_error::WorkError;
use crate::github::PullJson;
use crate::model::{BranchName, CommitId, TipSource, UnixSeconds};
use crate::report::{self, CommandReply};

/// What is to be acted on, or why not.
pub(super) type AsSeen<T> = Result<Result<T, CommandReply>, WorkError>;

impl Call<'_> {
    /// The pull request as GitHub has it now, where its head and base are as they were when the comment was written.
    pub(super) async fn pull_as_seen(&self) -> AsSeen<PullJson> {
        let row = self.repository;
        let now = self.ctx.api.pull(row.installation, &row.full_name, self.number).await?;
        if now.state != "open" {
            return Ok(Err(refused("not_open", self.spec.unchanged, "The pull request is closed.")));
        }
        let head = now.head.sha;
        let then = match self.arguments.head() {
            Some(named) if named.is_of(head) => Then::At(head),
            Some(named) => return Ok(Err(self.is_not(named.as_str(), (&now.head.branch, head)))),
            None => self.head_then(&now).await?,
        };
        let then = match then {
            Then::At(then) if then == head => None,
            Then::At(then) => Some(Then::Moved(Some(then))),
            other => Some(other),
        };
        if let Some(then) = then {
            return Ok(Err(self.moved(&now.head.branch, then, head)));
        }
        if let Ok(base) = BranchName::new(&now.base.branch)
            && let Err(said) = self.base_as_seen(&base).await?
        {
            return Ok(Err(said));
        }
        Ok(Ok(now))
    }

    /// The commit that a branch was at when the comment was written, or that the command names. The branch may have moved
    /// since, and we may not have been told yet.
    pub(super) async fn tip_as_seen(&self, branch: &BranchName) -> AsSeen<CommitId> {
        let store = &self.ctx.store;
        let newest = store.newest_tip(self.repository.id, branch).await?.and_then(|tip| tip.commit);
        let Some(newest) = newest else {
            let why = report::sentence("There is no branch %.", &[branch.as_str()]);
            return Ok(Err(refused("no_branch", self.spec.unchanged, &why)));
        };
        if let Some(named) = self.arguments.head() {
            return Ok(if named.is_of(newest) {
                Ok(newest)
            } else {
                Err(self.is_not(named.as_str(), (branch.as_str(), newest)))
            });
        }
        Ok(match self.tip_then(branch).await? {
            Then::At(then) => Ok(then),
            then => Err(self.moved(branch.as_str(), then, newest)),
        })
    }

    async fn head_then(&self, now: &PullJson) -> Result<Then, WorkError> {
        let (id, seen_at) = (self.repository.id, self.seen_at.to_seconds());
        let Ok(branch) = BranchName::new(&now.head.branch) else { return Ok(Then::Unknown) };
        let is_own = now.head.repo.map(|it| it.id) == Some(id);
        if is_own && !self.ctx.store.tips_since(id, &branch, UnixSeconds(0)).await?.is_empty() {
            return self.tip_then(&branch).await;
        }
        let judged = self.pull.and_then(|it| Some((it.judged_head?, it.judged_at?.to_seconds())));
        if is_own {
            let mut moves = self.ctx.store.topic_moves(id, &branch).await?;
            if moves.is_empty() {
                moves = as_moves(&self.ctx.store.topic_pushes(id, &branch).await?);
            }
            if !moves.is_empty() {
                return Ok(topic_then(&moves, Known { now: now.head.sha, judged }, seen_at));
            }
        }
        // Of forks, and of what was pushed before anybody told us, what was judged tells.
        Ok(match judged {
            Some((head, at)) if is_before(at, seen_at) => Then::At(head),
            _ => Then::Unknown,
        })
    }

    async fn tip_then(&self, branch: &BranchName) -> Result<Then, WorkError> {
        let (store, id, seen_at) = (&self.ctx.store, self.repository.id, self.seen_at.to_seconds());
        let mut moves =
            store.tips_since(id, branch, UnixSeconds(seen_at.0 - UNSURE.as_secs().cast_signed())).await?;
        moves.retain(|tip| tip.source != TipSource::Backfill);
        if let Some(first) = moves.first() {
            return Ok(Then::Moved(first.before));
        }
        let newest = store.newest_tip(id, branch).await?;
        Ok(newest.and_then(|tip| tip.commit).map_or(Then::Unknown, Then::At))
    }

    /// The base's commit, where it is what it was when the comment was written. One of which nothing is recorded has no
    /// environment, and nothing rests on it.
    pub(super) async fn base_as_seen(&self, base: &BranchName) -> AsSeen<Option<CommitId>> {
        let row = self.repository;
        let recorded = self.ctx.store.newest_tip(row.id, base).await?.and_then(|tip| tip.commit);
        let Some(recorded) = recorded else { return Ok(Ok(None)) };
        // News of a move may come later than the comment.
        let now = self.ctx.api.branch_tip(row.installation, &row.full_name, base).await?;
        let now = now.unwrap_or(recorded);
        let then = match self.tip_then(base).await? {
            Then::Moved(then) => then,
            Then::At(_) | Then::Unknown => Some(recorded),
        };
        if then == Some(now) {
            return Ok(Ok(Some(now)));
        }
        let what = report::sentence("%", &[base.as_str()]);
        let why =
            format!("{what} has moved since the comment was written, or just before: {}.", moves(then, now));
        let again = report::sentence("Look at the check, then write % again.", &[&self.written()]);
        Ok(Err(refused("moved", self.spec.unchanged, &why).next(again).commits(None, Some(now))))
    }

    fn is_not(&self, named: &str, (what, now): (&str, CommitId)) -> CommandReply {
        let why = report::sentence("The command is for %, and % is at %.", &[named, what, &now.short()]);
        let next = self.corrected(now);
        refused("moved", self.spec.unchanged, &why).next(next).commits(Some(now), None)
    }

    fn moved(&self, what: &str, then: Then, now: CommitId) -> CommandReply {
        let what = report::sentence("%", &[what]);
        let why = match then {
            Then::Moved(then) => format!(
                "{what} has moved since the comment was written, or just before: {}.",
                moves(then, now)
            ),
            Then::At(_) | Then::Unknown => format!(
                "Towpath cannot tell where {what} was when the comment was written; it is at {} now.",
                report::sentence("%", &[&now.short()])
            ),
        };
        refused("moved", self.spec.unchanged, &why).next(self.corrected(now)).commits(Some(now), None)
    }

    /// The same command for what is there now.
    fn corrected(&self, now: CommitId) -> String {
        let command = self.written_with("head", &now.to_string());
        format!("If you mean what is there now: {}", report::sentence("%", &[&command]))
    }
}

fn is_before(at: UnixSeconds, seen_at: UnixSeconds) -> bool {
    at.0 < seen_at.0 - UNSURE.as_secs().cast_signed()
}

fn moves(then: Option<CommitId>, now: CommitId) -> String {
    match then {
        Some(then) if then != now => report::sentence("% → %", &[&then.short(), &now.short()]),
        _ => report::sentence("it is at % now", &[&now.short()]),
    }
}
