//! The verify step of what runs, run again at the times that the configuration names, by whoever has run it in the deploy.
//!
//! It is bound to what runs: nothing of it is begun, or goes on, once a later deploy may have changed the site.

use super::EnvironmentWork;
use crate::deploy::drivers::{DeployRequest, Driver, DriverError, aftercare_key};
use crate::deploy::{DeployReport, NextCheck, ReportedState, aftercare_end, next_check, overtaken_by};
use crate::engine::work_error::WorkError;
use crate::model::{AftercareEnd, AftercareRun, Deploy, DeployOutcome, ForPeople, error_chain, late_failure};
use crate::store::{Change, WorkItem};
use std::time::Duration;

/// It is begun no more often than this: it may be what ends the server.
const HAND_OVERS_AT_MOST: u32 = 3;

impl EnvironmentWork<'_> {
    /// Runs the verify step of what runs again where it is time for that, and reads how it went.
    pub(super) async fn look_after(&mut self) -> Result<(), WorkError> {
        self.end_overtaken().await?;
        let Some(live) = self.queue.live().filter(|it| overtaken_by(&self.queue, it).is_none()).cloned()
        else {
            return Ok(());
        };
        match live.aftercare.last().filter(|run| run.is_open()).cloned() {
            Some(run) => self.follow(&live, &run).await,
            None => self.begin_check(&live).await,
        }
    }

    /// Ends what still looks at something that a later deploy may have changed.
    async fn end_overtaken(&mut self) -> Result<(), WorkError> {
        let is_open = |it: &&Deploy| it.aftercare.last().is_some_and(AftercareRun::is_open);
        let open: Vec<Deploy> = self.queue.deploys().iter().filter(is_open).cloned().collect();
        for deploy in open {
            let Some(later) = overtaken_by(&self.queue, &deploy) else { continue };
            let request = self.request_after(&deploy);
            if let Ok(driver) = self.site.driver_of(&deploy)
                && let Err(error) = driver.cancel(&request).await
            {
                tracing::debug!(
                    error = error_chain(&error),
                    "a verify step that was run again cannot be ended"
                );
            }
            let words = format!("deploy {later} was begun meanwhile");
            self.ended_check(deploy.number, &request.key, AftercareEnd::NotRun { words }).await?;
        }
        Ok(())
    }

    async fn begin_check(&mut self, live: &Deploy) -> Result<(), WorkError> {
        let site = self.site;
        if !site.is_named || !site.is_readable {
            return Ok(());
        }
        let now = site.ctx.now();
        let after = match next_check(&site.environment.aftercare, live, now) {
            Some(NextCheck::Now(after)) => after,
            Some(NextCheck::At(at)) => {
                self.check_at = Some(at);
                return Ok(());
            }
            None => return Ok(()),
        };
        let Ok(driver) = site.driver_of(live) else { return Ok(()) };
        if !driver.can_verify() {
            return Ok(());
        }
        if let Some(live) = self.queue.get_mut(live.number) {
            let after = after.as_secs();
            live.aftercare.push(AftercareRun { after, begun_at: now, hand_overs: 0, ended: None });
        }
        self.hand_over_check(live.number, driver.as_ref()).await
    }

    /// Sets the newest one of a deploy going; that this is about to happen is on record first.
    async fn hand_over_check(&mut self, number: u64, driver: &dyn Driver) -> Result<(), WorkError> {
        if let Some(run) = self.queue.get_mut(number).and_then(|it| it.aftercare.last_mut()) {
            run.hand_overs += 1;
        }
        self.note().await?;
        let Some(deploy) = self.queue.get(number).cloned() else { return Ok(()) };
        let request = self.request_after(&deploy);
        match driver.verify(&request).await {
            Ok(()) => Ok(()),
            Err(error @ DriverError::Refused { .. }) => {
                tracing::warn!(error = error_chain(&error), number, "a verify step was not run again");
                let words = error.for_people().to_string();
                self.ended_check(number, &request.key, AftercareEnd::NotRun { words }).await
            }
            Err(error) => {
                self.uncount_hand_over(number);
                Err(match error {
                    DriverError::NotBefore(at) => {
                        WorkError::not_before(at, "the verify step may not be run yet")
                    }
                    error => error.into(),
                })
            }
        }
    }

    /// Takes back that the newest one of a deploy was begun, since it was not.
    fn uncount_hand_over(&mut self, number: u64) {
        let Some(deploy) = self.queue.get_mut(number) else { return };
        if let Some(run) = deploy.aftercare.last_mut() {
            run.hand_overs = run.hand_overs.saturating_sub(1);
        }
        // It may be as it was when this look began, and is another than was noted since.
        self.changes.push(Change::Deploy(self.site.repository.id, Box::new(deploy.clone())));
    }

    async fn follow(&mut self, live: &Deploy, run: &AftercareRun) -> Result<(), WorkError> {
        let site = self.site;
        let request = self.request_after(live);
        let is_known = site.ctx.drivers.commands.knows(&request.key);
        let driver = match site.driver_of(live) {
            Ok(driver) if is_known || driver.can_verify() => driver,
            Ok(_) => {
                let words = "the operator of Towpath has no verify step for it any more".to_owned();
                return self.ended_check(live.number, &request.key, AftercareEnd::NotRun { words }).await;
            }
            Err(error @ DriverError::Refused { .. }) => {
                let words = error.for_people().to_string();
                return self.ended_check(live.number, &request.key, AftercareEnd::NotRun { words }).await;
            }
            Err(error) => return Err(error.into()),
        };
        if !is_known {
            // The server has ended since.
            if run.hand_overs >= HAND_OVERS_AT_MOST {
                let words = format!("it was cut off {} times", run.hand_overs);
                return self.ended_check(live.number, &request.key, AftercareEnd::NotRun { words }).await;
            }
            return self.hand_over_check(live.number, driver.as_ref()).await;
        }
        let reports = driver.poll(&request).await?;
        let is_end =
            |it: &&DeployReport| matches!(it.state, ReportedState::Succeeded | ReportedState::Failed);
        let Some(report) = reports.iter().rev().find(is_end) else { return Ok(()) };
        let mut end = aftercare_end(report);
        if let AftercareEnd::Failed { words, named } = &mut end {
            let log = format!("{words}\n{}", report.log_tail.as_deref().unwrap_or_default());
            *named = self.named_in(live, &log).await;
        }
        self.ended_check(live.number, &request.key, end).await
    }

    /// Keeps how the newest one of a deploy has ended, and has those told who brought the change.
    async fn ended_check(&mut self, number: u64, key: &str, end: AftercareEnd) -> Result<(), WorkError> {
        let (id, now) = (self.site.repository.id, self.site.ctx.now());
        if let Some(deploy) = self.queue.get(number).cloned()
            && let Some(outcome) = self.outcome_of_check(&deploy, &end).await?
        {
            self.record((deploy.tree, deploy.commit), (now, 0), outcome);
        }
        if let Some(deploy) = self.queue.get_mut(number) {
            if let Some(run) = deploy.aftercare.last_mut() {
                run.ended = Some((now, end));
            }
            let told = deploy.pulls.iter().map(|pull| Change::Mark(WorkItem::ChangeStatus(id, *pull)));
            self.changes.extend(told);
        }
        self.note().await?;
        self.site.ctx.drivers.commands.forget(key);
        // What comes next is seen at the next look.
        self.check_at = Some(now.just_after());
        Ok(())
    }

    /// What the end of the newest one says of the files of a deploy. What has failed is tested no more, until it passes
    /// again, here or in another deploy; what was said of these files since, such as by a rollback, stays.
    async fn outcome_of_check(
        &self,
        deploy: &Deploy,
        end: &AftercareEnd,
    ) -> Result<Option<DeployOutcome>, WorkError> {
        let failed = match end {
            AftercareEnd::Failed { .. } => return Ok(Some(DeployOutcome::Failure)),
            AftercareEnd::Passed => late_failure(&deploy.aftercare).and_then(|run| run.ended.as_ref()),
            AftercareEnd::NotRun { .. } => None,
        };
        let Some((failed_at, _)) = failed else { return Ok(None) };
        let newest = self.newest_outcome(deploy.tree).await?;
        let is_own = newest.is_some_and(|it| it.outcome == DeployOutcome::Failure && it.at == *failed_at);
        // One that failed after the rollback is the newest word, and what was rolled back stays so.
        let went_back = self.queue.hold().filter(|hold| hold.to != deploy.commit);
        let is_rolled_back = went_back.is_some_and(|hold| deploy.made_at <= hold.since);
        Ok((is_own && !is_rolled_back).then_some(DeployOutcome::Success))
    }

    /// What whoever deploys is asked, for the newest one of a deploy.
    fn request_after(&self, deploy: &Deploy) -> DeployRequest {
        let request = self.site.request(deploy);
        let after = deploy.aftercare.last().map_or(Duration::ZERO, AftercareRun::after);
        DeployRequest { key: aftercare_key(&request.key, after), ..request }
    }
}
