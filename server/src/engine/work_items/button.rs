//! A button that somebody pressed on one of our checks: Retarget and Rebuild branch.
//!
//! A button does what the command of the same name does, for who may give that command: GitHub is asked, whatever it
//! shows to whom. What was carried out is on record and is not done twice for the same head.

use super::command::Right;
use super::commented_on::CommentedOn;
use super::not_done::NotDone;
use super::pending_deliveries::PendingDeliveries;
use super::pull_request_acts::{Done, PullRequestActs, retargeted};
use super::recheck::about;
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::engine::work_span;
use crate::github::events::ButtonEvent;
use crate::model::{AuditEntry, CheckName, RepositoryId, UserKey};
use crate::report::{REBUILD, RETARGET};
use crate::store::{ActRow, Change, JudgedPull, RepositoryRow, WorkItem};

pub(super) async fn run(
    ctx: &EngineContext,
    item: &WorkItem,
    id: RepositoryId,
    check: u64,
) -> Result<Vec<Change>, WorkError> {
    let pending = PendingDeliveries::of(ctx, item).await?;
    let mut changes = pending.processed(item);
    let (events, _) = pending.events::<ButtonEvent>(&["check_run"]);
    let Some(repository) = ctx.active_repository(id).await? else {
        tracing::warn!(check, "a button was pressed in a repository that is not looked after");
        return Ok(changes);
    };
    let open = ctx.store.open_pulls(id).await?;
    for (delivery, event) in events {
        let (head, name) = (event.check_run.head_sha, event.check_run.name.as_str());
        let is_meant = |it: &&JudgedPull| {
            let base = it.judged_base.as_ref();
            it.judged_head == Some(head) && base.is_some_and(|base| CheckName::is_about(name, base))
        };
        if !open.iter().any(|it| is_meant(&it)) {
            // What it was about is over, though a page still shows the button.
            changes.extend(about(ctx, id, &open, (head, Some(name))).await?);
        }
        for pull in open.iter().filter(is_meant) {
            work_span::note_pull_request(pull.pull.number);
            let (who, id, delivery) = (&event.sender.login, event.sender.id, &delivery.guid);
            let press =
                Press { ctx, repository: &repository, pull, who: UserKey { login: who, id }, delivery };
            changes.extend(press.carried_out(&event.requested_action.identifier).await?);
        }
    }
    Ok(changes)
}

/// One press of a button, on one pull request.
struct Press<'a> {
    ctx: &'a EngineContext,
    repository: &'a RepositoryRow,
    pull: &'a JudgedPull,
    who: UserKey<'a>,
    /// GitHub's id of the delivery that told of it.
    delivery: &'a str,
}

impl Press<'_> {
    async fn carried_out(&self, what: &str) -> Result<Vec<Change>, WorkError> {
        let row = &self.pull.pull;
        let known = self.ctx.store.acts(row.repository, row.number).await?;
        if known.iter().any(|act| act.done && act.what == what && act.head == row.head_commit) {
            // It is not done twice, and what came of it is shown once more.
            return Ok(self.shown_again().collect());
        }
        let right = Right::of(self.ctx, self.repository, self.who, (what, self.pull)).await?;
        let (done, outcome) = match self.act(what, &right).await {
            Ok(outcome) => (true, outcome),
            Err(NotDone::Refused(why)) => (false, String::from(why)),
            Err(NotDone::WorkError(error)) => return Err(error),
        };
        tracing::info!(what, who = self.who.login, done, outcome, "a button was pressed");
        let entry = AuditEntry {
            at: self.ctx.now(),
            actor: self.who.login.to_owned(),
            role: right.role,
            action: what.to_owned(),
            repository: row.repository,
            environment: None,
            pull_request: Some(row.number),
            reason: None,
            head: Some(row.head_commit),
            base: CommentedOn::of(self.ctx, self.pull).await?.base,
            done,
            result: outcome.clone(),
            delivery: Some(self.delivery.to_owned()),
        };
        let act = ActRow {
            repository: row.repository,
            number: row.number,
            head: row.head_commit,
            what: what.to_owned(),
            who: self.who.login.to_owned(),
            at: self.ctx.now(),
            outcome,
            done,
        };
        // The check and the comment then say what came of it.
        let kept = [Change::Act(act), Change::Audit(Box::new(entry))];
        Ok(kept.into_iter().chain(self.shown_again()).collect())
    }

    /// Something is shown for each press, even if it comes to the same as one before.
    fn shown_again(&self) -> impl Iterator<Item = Change> {
        let row = &self.pull.pull;
        let base = self.pull.judged_base.clone();
        let check = base.map(|base| WorkItem::Check(row.repository, row.head_commit, base));
        let check = check.map(Change::Outdated);
        check.into_iter().chain([Change::Mark(WorkItem::PullRequest(row.repository, row.number))])
    }

    async fn act(&self, what: &str, right: &Right) -> Result<Done, NotDone> {
        let RepositoryRow { installation, full_name, .. } = self.repository;
        let row = &self.pull.pull;
        if let Some(why) = &right.missing {
            return Err(NotDone::refused(why));
        }
        // What was judged may not be what is there any more.
        let now = self.ctx.api.pull(*installation, full_name, row.number).await.map_err(WorkError::from)?;
        if now.head.sha != row.head_commit || now.state != "open" {
            return Err(NotDone::refused("the pull request has changed since; press the button again"));
        }
        let Self { ctx, repository, pull, who, .. } = self;
        let acts = PullRequestActs { ctx, repository, pull, who: who.login };
        if what == RETARGET.identifier {
            let to = acts.base_by_verdict()?;
            if now.base.branch == to.as_str() {
                return Ok(retargeted(&to));
            }
            return acts.retarget(&to).await;
        }
        if what == REBUILD.identifier {
            // Nothing tells whether an earlier attempt at this very press was cut off.
            return acts.rebuild(&now, true).await;
        }
        Err(NotDone::refused(format!("there is no button {what:?}")))
    }
}
