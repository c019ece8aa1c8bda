//! What somebody has asked for, the operator or whoever has the right: taking an environment back, deploying its branch's
//! tip, ending what is under way, and letting it go on. Whether they may was asked before: see `engine::commands`.

use super::EnvironmentWork;
use super::freezes::WantedFreeze;
use super::locks::WantedLock;
use crate::deploy::RollbackPlan;
use crate::deploy::drivers::{DriverError, RollbackWay};
use crate::engine::work_error::WorkError;
use crate::engine::work_items::commented_on::CommentedOn;
use crate::engine::work_items::too_old::too_old;
use crate::model::{
    AuditEntry, CommitId, Deploy, DeployState, Ending, Hold, Lifted, PullNumber, TipSource, Trigger,
    UnixMillis, error_chain,
};
use crate::report::{self, AskedFor, CommentCommands};
use crate::store::{
    ActOutcome, Change, CommandOrigin, DeployActivity, RequestedAct, RequestedActRow, WorkItem,
};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
/// Who ends somebody else's hold or lock that was put on so shortly before has meant the one before it.
const UNREAD: Duration = Duration::from_secs(2);

impl EnvironmentWork<'_> {
    /// Takes up each act. Its outcome is stored with what it changes, and whoever asked for it in a comment is told.
    pub(super) async fn take_orders(
        &mut self,
        requested_acts: Vec<RequestedActRow>,
    ) -> Result<(), WorkError> {
        // One that cannot be taken up now does not hold the others up.
        let mut went = Ok(());
        for row in requested_acts.into_iter().filter(|row| is_taken_up_here(&row.act)) {
            went = went.and(self.take_order(row).await);
        }
        went
    }

    async fn take_order(&mut self, row: RequestedActRow) -> Result<(), WorkError> {
        let mut entry = self.audited(&row).await?;
        let origin = row.origin.as_ref();
        let late = self.is_not_named().or_else(|| too_old(origin, self.site.ctx.now()));
        let refused = late.or_else(|| self.is_not_what_was_seen(&row.act, origin));
        self.in_a_comment = origin.is_some();
        let is_freeze = matches!(row.act, RequestedAct::Freeze { .. } | RequestedAct::Thaw { .. });
        let outcome = match (refused, row.act) {
            (Some(refused), _) => refused,
            (None, RequestedAct::Rollback { to, by, reason }) => {
                Box::pin(self.roll_back(to, (by, reason))).await?
            }
            (None, RequestedAct::Deploy { again, by, reason, tip }) => {
                self.deploy_tip(again, (by, reason), tip).await?
            }
            (None, RequestedAct::Cancel { by }) => self.cancel_for(by),
            (None, RequestedAct::LiftHold { by, reason }) => self.lift(by, reason).await?,
            (None, RequestedAct::Lock { by, by_id, reason, until, while_open }) => {
                self.lock_for(WantedLock { by, by_id, reason, until, while_open })
            }
            (None, RequestedAct::Unlock { by, by_id, force }) => self.unlock_for((by, by_id), force),
            (None, RequestedAct::Freeze { by, by_id, reason, private, until, allow, hotfixes }) => {
                self.freeze_for(WantedFreeze { by, by_id, reason, private, until, allow, hotfixes })
            }
            (None, RequestedAct::Thaw { by, .. }) => self.thaw_for(&by),
            (
                None,
                RequestedAct::Promote { .. }
                | RequestedAct::Sync { .. }
                | RequestedAct::Activate { .. }
                | RequestedAct::Deactivate { .. },
            ) => return Ok(()),
        };
        if is_freeze && outcome.accepted {
            let again = self.judged_by_new_freezes().await?;
            self.changes.extend(again);
        }
        let deploy = outcome.deploy.and_then(|number| self.queue.get(number));
        entry.head = deploy.map(|deploy| deploy.commit).or(entry.head);
        (entry.done, entry.result) = (outcome.accepted, outcome.words.clone());
        let outcome = outcome.commits(entry.head, entry.base);
        self.changes.push(Change::Audit(Box::new(entry)));
        self.changes.push(Change::RequestedActDone(row.id, outcome));
        let command = row.origin.map(|it| WorkItem::Command(self.site.repository.id, it.number, it.comment));
        self.changes.extend(command.map(Change::Mark));
        Ok(())
    }

    /// What the audit log says of an act, before anything came of it.
    async fn audited(&self, row: &RequestedActRow) -> Result<AuditEntry, WorkError> {
        let (action, by, reason) = row.act.named();
        let origin = row.origin.as_ref();
        let (ctx, id) = (self.site.ctx, self.site.repository.id);
        let seen = match origin {
            Some(origin) => CommentedOn::at(ctx, id, origin.number).await?,
            None => CommentedOn::default(),
        };
        Ok(AuditEntry {
            at: self.site.ctx.now(),
            actor: by.to_owned(),
            role: origin.map_or("operator", |it| it.role.as_str()).to_owned(),
            action: action.to_owned(),
            repository: self.site.repository.id,
            environment: Some(self.site.environment.name.clone()),
            pull_request: origin.map(|it| it.number),
            reason: reason.map(str::to_owned),
            head: seen.head,
            base: self.queue.live().map(|live| live.commit).or(seen.base),
            done: false,
            result: String::new(),
            delivery: origin.and_then(|it| it.delivery.clone()),
        })
    }

    /// Why an act is not meant for what is there now: that began after the comment that asks for it was made.
    fn is_not_what_was_seen(&self, act: &RequestedAct, origin: Option<&CommandOrigin>) -> Option<ActOutcome> {
        let seen_at = origin?.seen_at;
        let (_, asks, _) = act.named();
        // What somebody has asked for themselves, in the same comment perhaps, they know of.
        let is_own = |by: &str| by.eq_ignore_ascii_case(asks);
        // GitHub tells whole seconds.
        let is_newer = |at: UnixMillis| at >= seen_at + SECOND;
        // Nobody reads and writes within two seconds.
        let is_unseen = |at: UnixMillis| at > seen_at - UNREAD;
        let name = &self.site.environment.name;
        let words = match act {
            RequestedAct::Rollback { to: None, .. } => {
                let live = self.queue.live().filter(|it| it.ended_at.is_some_and(is_newer))?;
                let to = self.queue.rollback_target()?;
                format!(
                    "{} went live on {name} after the comment was written; to go back to {}, write `{}`",
                    live.commit.short(),
                    to.short(),
                    self.comment_commands().rollback(name, Some(to))
                )
            }
            RequestedAct::Cancel { .. } => {
                let waits = || self.queue.deploys().iter().rfind(|it| it.state == DeployState::Waiting);
                let going = self.queue.under_way().or_else(waits)?;
                if !is_newer(going.requested_at.unwrap_or(going.made_at)) {
                    return None;
                }
                if going.asked_for_by().is_some_and(is_own) {
                    return None;
                }
                format!(
                    "deploy {} ({}) came after the comment was written; to cancel it, write `{}`",
                    going.number,
                    going.commit.short(),
                    self.comment_commands().cancel(name)
                )
            }
            RequestedAct::LiftHold { .. } => {
                let hold = self.queue.hold().filter(|hold| is_unseen(hold.since) && !is_own(&hold.by))?;
                format!(
                    "{} rolled {name} back after the comment was written, or just before; to lift that hold, write `{}`",
                    hold.by,
                    self.comment_commands().resume(name)
                )
            }
            RequestedAct::Unlock { .. } => {
                let lock = self.locked().filter(|lock| is_unseen(lock.since) && !is_own(&lock.by))?;
                format!(
                    "{} locked {name} after the comment was written, or just before; to end that lock, write `{} --force`",
                    lock.by,
                    self.comment_commands().unlock(name)
                )
            }
            RequestedAct::Rollback { .. }
            | RequestedAct::Deploy { .. }
            | RequestedAct::Lock { .. }
            | RequestedAct::Freeze { .. }
            | RequestedAct::Thaw { .. }
            | RequestedAct::Promote { .. }
            | RequestedAct::Activate { .. }
            | RequestedAct::Deactivate { .. }
            | RequestedAct::Sync { .. } => {
                return None;
            }
        };
        Some(ActOutcome::refused(words))
    }

    pub(super) fn asked_for(&self) -> AskedFor<'_> {
        AskedFor {
            repository: &self.site.repository.full_name,
            environment: self.site.environment,
            in_comments: self.in_a_comment.then_some(self.comment_commands()),
        }
    }

    pub(super) fn comment_commands(&self) -> CommentCommands<'_> {
        CommentCommands { prefix: &self.site.path.command_prefix }
    }

    fn is_not_deployed(&self) -> Option<ActOutcome> {
        let name = &self.site.environment.name;
        (!self.is_deployed()).then(|| ActOutcome::refused(format!("Towpath does not deploy {name}")))
    }

    async fn roll_back(
        &mut self,
        to: Option<CommitId>,
        (by, reason): (String, String),
    ) -> Result<ActOutcome, WorkError> {
        if let Some(refused) = self.is_not_deployed() {
            return Ok(refused);
        }
        if let Some(outcome) = self.go_on_reverting(to).await? {
            return Ok(outcome);
        }
        let plan = match self.queue.rollback(to.or_else(|| self.held_for_later())) {
            Ok(plan) => plan,
            Err(why) => return Ok(ActOutcome::refused(report::rollback_refused(self.asked_for(), &why))),
        };
        let pulls = self.taken_back_by(&plan).await;
        let target = plan.target.commit;
        let Some(hold) = Hold::new((plan.from, target), (by, reason), self.site.ctx.now(), pulls) else {
            return Ok(ActOutcome::refused(format!("{} is the release to roll back from", target.short())));
        };
        match self.rollback_way(&plan.target).await {
            Ok(RollbackWay::Deploy) => self.begin_rollback(&plan, hold, target).await,
            Ok(RollbackWay::Revert) => self.revert(&plan, hold).await,
            Err(DriverError::Refused { message, .. }) => Ok(self.not_from_here(&message)),
            Err(error) => {
                self.hold_for_later(&plan, hold).await?;
                Err(error.into())
            }
        }
    }

    /// Holds the environment from now on: what ran until now is taken back.
    pub(super) async fn hold(&mut self, plan: &RollbackPlan, hold: Hold) -> Result<(), WorkError> {
        let site = self.site;
        self.take_back(plan.from, (hold.to, plan.target.tree)).await?;
        self.queue.set_hold(hold.clone());
        self.changes.push(Change::Hold(site.repository.id, site.environment.name.clone(), hold));
        self.others_wait = true;
        Ok(())
    }

    /// Has the old files deployed by this commit, which has them.
    pub(super) async fn begin_rollback(
        &mut self,
        plan: &RollbackPlan,
        hold: Hold,
        commit: CommitId,
    ) -> Result<ActOutcome, WorkError> {
        let site = self.site;
        let reuses_slug = site.ctx.store.was_built(site.repository.id, &plan.target.slug).await?;
        let (by, reason, pulls) = (hold.by.clone(), hold.reason.clone(), hold.pulls.clone());
        self.hold(plan, hold).await?;
        if let Err(error) = self.learn_numbers().await {
            // On the worst day GitHub may be silent, too.
            tracing::warn!(
                error = error_chain(&error.failure),
                "which numbers deploys were given before cannot be told"
            );
        }
        let number = self.queue.next_number();
        let ends = (commit, plan.target.tree);
        let deploy = Deploy {
            previous: self.queue.live().map(|it| it.commit),
            slug: plan.target.slug.clone(),
            reuses_slug,
            production: site.path.is_production(&site.environment.name),
            made_at: site.ctx.now(),
            takes_back: pulls,
            ..Deploy::new(number, &site.environment.name, ends, Trigger::Rollback { by, reason })
        };
        self.queue.add(deploy);
        let back_to = plan.target.commit.short();
        let what = format!("deploy {number} rolls {} back to {back_to}", site.environment.name);
        let ends_first = plan.cancels.and_then(|going| self.end_for(going, number));
        Ok(self.on_its_way(number, what, ends_first))
    }

    /// Begins to end what is under way, so that a rollback can go. Answers in words what comes of that.
    fn end_for(&mut self, going: u64, rollback: u64) -> Option<String> {
        let deploy = self.queue.get(going).cloned()?;
        let now = self.site.ctx.now();
        let why = Ending::Cancelled { by: rollback, phase: deploy.phase() };
        self.queue.cancel(going, why, now);
        let commit = deploy.commit.short();
        Some(if self.can_cancel(&deploy) {
            let within = report::length(self.site.limits().cancel);
            format!("Towpath cancels deploy {going} ({commit}) first and gives it {within}")
        } else {
            format!("deploy {going} ({commit}) cannot be cancelled from here and may still run beside it")
        })
    }

    async fn deploy_tip(
        &mut self,
        again: bool,
        (by, reason): (String, Option<String>),
        expected: Option<CommitId>,
    ) -> Result<ActOutcome, WorkError> {
        if let Some(refused) = self.is_not_deployed() {
            return Ok(refused);
        }
        let site = self.site;
        if let Some(lock) = self.locked() {
            let (name, line) = (&site.environment.name, report::lock_line(lock));
            let unlock = self.comment_commands().unlock(name);
            let refused = ActOutcome::refused(format!("{name} is locked: {line}"));
            return Ok(refused.next(format!(
                "Once the lock has ended, by `{unlock}` or at its time, write the command again."
            )));
        }
        let branch = &site.environment.branch;
        let known = site.ctx.store.newest_tip(site.repository.id, branch).await?;
        let was_there = known.as_ref().is_some_and(|tip| tip.source == TipSource::Backfill);
        let tip = match known {
            Some(tip) => Some(self.as_it_is(tip).await?),
            None => None,
        };
        let Some((tip, commit)) = tip.and_then(|tip| tip.commit.map(|commit| (tip, commit))) else {
            return Ok(ActOutcome::refused(format!("there is no branch {branch}")));
        };
        if let Some(expected) = expected.filter(|expected| *expected != commit) {
            let name = &site.environment.name;
            return Ok(ActOutcome::refused(format!(
                "{branch} has moved since the comment was written, or just before: {} → {}; to deploy that, write `{}`",
                expected.short(),
                commit.short(),
                self.comment_commands().deploy_at(name, commit)
            )));
        }
        if let Err(why) = self.queue.may_deploy(commit, again) {
            return Ok(ActOutcome::refused(report::deploy_refused(self.asked_for(), commit, &why)));
        }
        let (deploy, reverted) = self.made_of(&tip, commit).await?;
        if let Some(period) = self.frozen_for(&deploy).await? {
            let (name, line) =
                (&site.environment.name, report::frozen_line(&site.path.calendar.zone, &period));
            return Ok(ActOutcome::refused(format!("{name} is frozen {line}")));
        }
        // One that goes again is another one, whatever was made of the commit before.
        let number = if again { self.queue.next_number() } else { deploy.number };
        let trigger = match reverted {
            // Whoever asks for it first makes nothing else of a rollback.
            Some(hold) => {
                self.keep_hold(&hold);
                deploy.trigger
            }
            None => Trigger::Requested { by, reason },
        };
        self.queue.add(Deploy { number, trigger, ..deploy });
        // Where nobody was there for the last one, somebody says so now.
        self.seen(&DeployActivity { woken_at: Some(site.ctx.now()), ..DeployActivity::default() });
        // Where that cannot be told now, it is asked again at its turn.
        if self.refuse_older(number).await.unwrap_or_default() {
            let why = self.queue.get(number).map(report::ended).unwrap_or_default();
            return Ok(ActOutcome::refused(why));
        }
        // What was read off the history was there before anybody asked; now somebody has.
        let first = if was_there { ", for the first time" } else { "" };
        let what = format!("deploy {number} brings {} to {}{first}", commit.short(), site.environment.name);
        let beside = self
            .queue
            .unconfirmed()
            .map(|it| format!("deploy {} ({}) may still run beside it", it.number, it.commit.short()));
        Ok(self.on_its_way(number, what, beside))
    }

    fn on_its_way(&self, number: u64, what: String, more: Option<String>) -> ActOutcome {
        let waits = self.queue.waits_for(number).and_then(report::waits_for).filter(|_| more.is_none());
        let unreadable = (!self.site.is_readable)
            .then(|| "it begins once .github/towpath.yml can be read again".to_owned());
        let parts: Vec<String> = [Some(what), more, waits, unreadable].into_iter().flatten().collect();
        ActOutcome::accepted(parts.join("; "), Some(number))
    }

    /// The pull requests that a rollback takes back. It goes without them where git does not answer.
    async fn taken_back_by(&self, plan: &RollbackPlan) -> Vec<PullNumber> {
        match self.pulls_between(plan.from, plan.target.commit).await {
            Ok(pulls) => pulls,
            Err(error) => {
                tracing::warn!(
                    error = error_chain(&error.failure),
                    "what a rollback takes back cannot be told"
                );
                self.queue.hold().map(|hold| hold.pulls.clone()).unwrap_or_default()
            }
        }
    }

    pub(super) async fn pulls_between(
        &self,
        from: CommitId,
        to: CommitId,
    ) -> Result<Vec<PullNumber>, WorkError> {
        let repository = self.with(from).await?;
        if !repository.missing(&[from, to]).await?.is_empty() {
            return Ok(Vec::new());
        }
        let brought = repository.brought(from, to).await?;
        let merged = self.site.ctx.store.merged_pulls(self.site.repository.id, 1_000).await?;
        let taken = |made: CommitId| made == from || brought.contains(&made);
        let taken_back = merged.iter().filter(|it| it.merged.and_then(|it| it.commit).is_some_and(taken));
        let mut numbers: Vec<_> = taken_back.map(|it| it.number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Begins to end what is under way, because somebody wants it to.
    fn cancel_for(&mut self, by: String) -> ActOutcome {
        let Some(deploy) = self.queue.under_way().cloned() else {
            return self.cancel_waiting(&by);
        };
        let (number, commit) = (deploy.number, deploy.commit.short());
        if let Some(cancellation) = &deploy.cancellation {
            let since = report::length(self.site.ctx.now().since(cancellation.since));
            return ActOutcome::refused(format!(
                "deploy {number} ({commit}) is being cancelled already, since {since}"
            ));
        }
        if !self.can_cancel(&deploy) {
            return ActOutcome::refused(report::cannot_cancel(&deploy, self.site.of_branch.is_some()));
        }
        let why = Ending::CancelledByPerson { by, phase: deploy.phase() };
        self.queue.cancel(number, why, self.site.ctx.now());
        let within = report::length(self.site.limits().cancel);
        let words = format!("Towpath cancels deploy {number} ({commit}) and gives it {within}");
        ActOutcome::accepted(words, Some(number))
    }

    /// What nobody was told of needs nobody to end it.
    fn cancel_waiting(&mut self, by: &str) -> ActOutcome {
        let name = &self.site.environment.name;
        let ended = self.queue.cancel_waiting(by, self.site.ctx.now());
        let Some(deploy) = ended.and_then(|number| self.queue.get(number)) else {
            return ActOutcome::refused(format!("no deploy of {name} is running, and none waits"));
        };
        let words = format!("deploy {} ({}) will not begin", deploy.number, deploy.commit.short());
        ActOutcome::accepted(words, ended)
    }

    async fn lift(&mut self, by: String, reason: String) -> Result<ActOutcome, WorkError> {
        let site = self.site;
        let name = &site.environment.name;
        let Some(hold) = self.queue.hold().cloned() else {
            return Ok(ActOutcome::refused(format!("{name} is not held")));
        };
        let now = site.ctx.now();
        let since = report::length(now.since(hold.since));
        let lifted = Hold { lifted: Some(Lifted { at: now, by, reason }), ..hold };
        self.queue.set_hold(lifted.clone());
        self.changes.push(Change::Hold(site.repository.id, name.clone(), lifted));
        self.others_wait = true;
        let what = format!("the hold on {name} is lifted after {since}");
        if let Some(next) = self.queue.next_in_line() {
            return Ok(self.on_its_way(next, format!("{what}; deploy {next} goes ahead"), None));
        }
        let tip = site.ctx.store.newest_tip(site.repository.id, &site.environment.branch).await?;
        let (tip, live) = (tip.and_then(|tip| tip.commit), self.queue.live().map(|live| live.commit));
        // What was taken back is on the branch still, and nobody brings it again by lifting the hold.
        let ahead = tip.zip(live).filter(|(tip, live)| tip != live).map(|(tip, live)| {
            format!(
                " Its branch is at {}, and {} runs there: the next merge deploys both, or `{}` deploys it now.",
                tip.short(),
                live.short(),
                self.comment_commands().deploy(name)
            )
        });
        Ok(ActOutcome::accepted(what, None).next(format!(
            "No deploy waits. Pull requests into {name} are checked again now, and what is merged from now on is \
             deployed at once.{}",
            ahead.unwrap_or_default()
        )))
    }
}

/// Promotions into the environment, the places beside it, and its copy, are somebody else's work.
fn is_taken_up_here(act: &RequestedAct) -> bool {
    !matches!(
        act,
        RequestedAct::Promote { .. }
            | RequestedAct::Sync { .. }
            | RequestedAct::Activate { .. }
            | RequestedAct::Deactivate { .. }
    )
}
