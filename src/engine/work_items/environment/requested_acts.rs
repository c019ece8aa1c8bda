//! What the operator has asked for: taking an environment back, deploying its branch's tip, and letting it go on.

use super::EnvironmentWork;
use crate::deploy::RollbackPlan;
use crate::engine::work_error::WorkError;
use crate::model::{AuditEntry, CommitId, Deploy, Hold, Lifted, PullNumber, TipSource, Trigger, error_chain};
use crate::report::{self, AskedFor};
use crate::store::{ActOutcome, Change, DeployActivity, RequestedAct, RequestedActRow};

impl EnvironmentWork<'_> {
    /// Takes up each order. Its outcome is stored with what it changes.
    pub(super) async fn take_orders(
        &mut self,
        requested_acts: Vec<RequestedActRow>,
    ) -> Result<(), WorkError> {
        for row in requested_acts {
            let (action, by, reason) = row.act.named();
            let mut entry = self.audited(action, by, reason);
            let outcome = match (self.is_not_named(), row.act) {
                (Some(refused), _) => refused,
                (None, RequestedAct::Rollback { to, by, reason }) => self.roll_back(to, (by, reason)).await?,
                (None, RequestedAct::Deploy { again, by, reason }) => {
                    self.deploy_tip(again, by, reason).await?
                }
                (None, RequestedAct::LiftHold { by, reason }) => self.lift(by, reason),
            };
            let deploy = outcome.deploy.and_then(|number| self.queue.get(number));
            entry.head = deploy.map(|deploy| deploy.commit);
            (entry.done, entry.result) = (outcome.accepted, outcome.words.clone());
            self.changes.push(Change::Audit(Box::new(entry)));
            self.changes.push(Change::RequestedActDone(row.id, outcome));
        }
        Ok(())
    }

    /// What the audit log says of an act, before anything came of it.
    fn audited(&self, action: &str, by: &str, reason: Option<&str>) -> AuditEntry {
        AuditEntry {
            at: self.site.ctx.now(),
            actor: by.to_owned(),
            role: "operator".to_owned(),
            action: action.to_owned(),
            repository: self.site.repository.id,
            environment: Some(self.site.environment.name.clone()),
            pull_request: None,
            reason: reason.map(str::to_owned),
            head: None,
            base: self.queue.live().map(|live| live.commit),
            done: false,
            result: String::new(),
            delivery: None,
        }
    }

    fn asked_for(&self) -> AskedFor<'_> {
        AskedFor { repository: &self.site.repository.full_name, environment: self.site.environment }
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
        let plan = match self.queue.rollback(to) {
            Ok(plan) => plan,
            Err(why) => return Ok(ActOutcome::refused(report::rollback_refused(self.asked_for(), &why))),
        };
        let site = self.site;
        let now = site.ctx.now();
        let pulls = self.taken_back_by(&plan).await;
        let target = plan.target.commit;
        let who = (by.clone(), reason.clone());
        let Some(hold) = Hold::new((plan.from, target), who, now, pulls.clone()) else {
            return Ok(ActOutcome::refused(format!("{} is the release to roll back from", target.short())));
        };
        let reuses_slug = site.ctx.store.was_built(site.repository.id, &plan.target.slug).await?;
        self.take_back(plan.from, (target, plan.target.tree)).await?;
        self.queue.set_hold(hold.clone());
        self.changes.push(Change::Hold(site.repository.id, site.environment.name.clone(), hold));
        self.others_wait = true;
        let ends = (target, plan.target.tree);
        if let Err(error) = self.learn_numbers().await {
            // On the worst day GitHub may be silent, too.
            tracing::warn!(
                error = error_chain(&error.failure),
                "which numbers deploys were given before cannot be told"
            );
        }
        let number = self.queue.next_number();
        let deploy = Deploy {
            previous: self.queue.live().map(|it| it.commit),
            slug: plan.target.slug.clone(),
            reuses_slug,
            production: site.is_production(),
            made_at: now,
            takes_back: pulls,
            ..Deploy::new(number, &site.environment.name, ends, Trigger::Rollback { by, reason })
        };
        self.queue.add(deploy);
        let what = format!("deploy {number} rolls {} back to {}", site.environment.name, target.short());
        let ends_first = plan.cancels.and_then(|going| self.end_for(going, number));
        Ok(self.on_its_way(number, what, ends_first))
    }

    /// Begins to end what is under way, so that a rollback can go. Answers in words what comes of that.
    fn end_for(&mut self, going: u64, rollback: u64) -> Option<String> {
        let deploy = self.queue.get(going).cloned()?;
        let now = self.site.ctx.now();
        let why = crate::model::Ending::Cancelled { by: rollback, phase: deploy.phase() };
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
        by: String,
        reason: Option<String>,
    ) -> Result<ActOutcome, WorkError> {
        if let Some(refused) = self.is_not_deployed() {
            return Ok(refused);
        }
        let site = self.site;
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
        if let Err(why) = self.queue.may_deploy(commit, again) {
            return Ok(ActOutcome::refused(report::deploy_refused(self.asked_for(), commit, &why)));
        }
        let deploy = self.made_of(&tip, commit).await?;
        // One that goes again is another one, whatever was made of the commit before.
        let number = if again { self.queue.next_number() } else { deploy.number };
        self.queue.add(Deploy { number, trigger: Trigger::Requested { by, reason }, ..deploy });
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

    async fn pulls_between(&self, from: CommitId, to: CommitId) -> Result<Vec<PullNumber>, WorkError> {
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

    fn lift(&mut self, by: String, reason: String) -> ActOutcome {
        let site = self.site;
        let name = &site.environment.name;
        let Some(hold) = self.queue.hold().cloned() else {
            return ActOutcome::refused(format!("{name} is not held"));
        };
        let now = site.ctx.now();
        let since = report::length(now.since(hold.since));
        let lifted = Hold { lifted: Some(Lifted { at: now, by, reason }), ..hold };
        self.queue.set_hold(lifted.clone());
        self.changes.push(Change::Hold(site.repository.id, name.clone(), lifted));
        self.others_wait = true;
        let what = format!("the hold on {name} is lifted after {since}");
        match self.queue.next_in_line() {
            Some(next) => self.on_its_way(next, format!("{what}; deploy {next} goes ahead"), None),
            None => ActOutcome::accepted(what, None),
        }
    }
}
