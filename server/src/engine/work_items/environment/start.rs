//! Handing the next deploy over to whoever carries it out.

use super::announce::Announced;
use super::{COMMAND, EnvironmentWork};
use crate::deploy::CarriedOutBy;
use crate::deploy::drivers::DriverError;
use crate::engine::work_error::WorkError;
use crate::model::{Deploy, ForPeople, UnixSeconds, error_chain};
use std::time::Duration;

/// How often the end of a freeze is looked for that is far away.
const LOOKED_FOR_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// A deploy by programs is begun no more often than this.
const HAND_OVERS_AT_MOST: u32 = 3;

impl EnvironmentWork<'_> {
    /// Hands over what was cut off in being handed over; else the one whose turn it is, if the environment is free.
    pub(super) async fn hand_over_next(&mut self) -> Result<(), WorkError> {
        self.outrun_what_waits_for_approval().await?;
        if self.queue.cancelling().is_some() {
            return Ok(());
        }
        if let Some(begun) = self.under_way() {
            if self.was_cut_off(&begun)
                && let Some(deploy) = self.queue.get_mut(begun.number)
            {
                // It begins from the beginning.
                deploy.phases.clear();
                deploy.handing_over = true;
            }
            return match self.under_way().filter(|it| it.handing_over) {
                Some(begun) => self.start(begun, true).await,
                None => Ok(()),
            };
        }
        if !self.may_begin() {
            return Ok(());
        }
        let now = self.site.ctx.now();
        if self.waits_for_the_end_of_a_freeze().await? {
            return Ok(());
        }
        let carried_out_by = self.carried_out_by();
        // One that is refused makes room for the next.
        while let Some(number) = self.queue.next_to_start(now) {
            if self.refuse_older(number).await? {
                continue;
            }
            if self.end_what_was_given_up().await? {
                continue;
            }
            self.bring_up_to_date(number).await?;
            let number = self.number_to_begin_with(number).await?;
            self.queue.begin(number, carried_out_by.clone(), now);
            let Some(deploy) = self.queue.get(number).cloned() else { return Ok(()) };
            // Before anybody is told: a second attempt looks first for what the first one has begun.
            self.note().await?;
            self.start(deploy, false).await?;
        }
        Ok(())
    }

    /// Whether the next one is kept back by a freeze, whose end is looked for. Rollbacks still go.
    async fn waits_for_the_end_of_a_freeze(&mut self) -> Result<bool, WorkError> {
        let next = self.queue.next_in_line().and_then(|number| self.queue.get(number));
        // What is deployed beside an environment is no promotion.
        let is_kept_back = |it: &&Deploy| !it.is_rollback() && self.site.of_branch.is_none();
        let Some(next) = next.filter(is_kept_back).cloned() else { return Ok(false) };
        let Some(period) = self.frozen_for(&next).await? else { return Ok(false) };
        let now = self.site.ctx.now();
        let until = period.until.map_or_else(|| now + LOOKED_FOR_EVERY, UnixSeconds::to_millis);
        // An end that is far away is looked for once a day: clocks are set, and calendars change.
        self.frozen_until = Some(until.min(now + LOOKED_FOR_EVERY));
        Ok(true)
    }

    /// Whether its programs ran under a server that has ended since. They are run again, but not for ever: it may be
    /// they that end it.
    fn was_cut_off(&mut self, deploy: &Deploy) -> bool {
        let site = self.site;
        if deploy.handing_over
            || deploy.driver != COMMAND
            || site.ctx.drivers.commands.knows(&site.key(deploy.number))
        {
            return false;
        }
        if deploy.hand_overs < HAND_OVERS_AT_MOST {
            return true;
        }
        self.queue.cut_off(deploy.number, site.ctx.now());
        false
    }

    /// By whom a deploy that begins now is carried out.
    fn carried_out_by(&self) -> CarriedOutBy {
        if self.has_programs() {
            (COMMAND.to_owned(), None)
        } else {
            let settings = &self.site.environment.deploy.driver;
            (settings.as_str().to_owned(), Some(settings.clone()))
        }
    }

    async fn start(&mut self, deploy: Deploy, again: bool) -> Result<(), WorkError> {
        let again = match self.announce(&deploy, again).await? {
            Announced::Not => return Ok(()),
            // The driver is asked to start it after that, so nobody was asked before.
            Announced::Now => false,
            Announced::Before => again,
        };
        let number = deploy.number;
        let Some(deploy) = self.queue.get(number).cloned() else { return Ok(()) };
        let site = self.site;
        let driver = match site.programs_may_begin(&deploy).and_then(|()| site.driver_of(&deploy)) {
            Ok(driver) => driver,
            Err(error) => {
                self.driver_refused(number, &error);
                return Ok(());
            }
        };
        let request = site.request(&deploy);
        if again {
            // It may be begun once more by this.
            self.note_begun(&deploy).await?;
        }
        let started = driver.start(&request, again).await;
        let drivers = &site.ctx.drivers;
        let has_log = drivers.commands.log(&request.key).exists();
        let has_page = has_log || deploy.driver == COMMAND || deploy.is_on_platform();
        let log_url = has_page.then(|| drivers.log_url(&request.key)).flatten();
        match started {
            Ok(handed) => {
                let now = site.ctx.now();
                if let Some(deploy) = self.queue.get_mut(number) {
                    deploy.handing_over = false;
                    deploy.requested_at = Some(now);
                    deploy.hand_overs += 1;
                    deploy.handle = handed.handle.or_else(|| deploy.handle.take());
                    deploy.log_url = handed.log_url.or(log_url).or_else(|| deploy.log_url.take());
                }
                Ok(())
            }
            Err(error @ DriverError::Refused { .. }) => {
                if let Some(deploy) = self.queue.get_mut(number).filter(|it| has_log && it.driver != COMMAND)
                {
                    deploy.log_url = log_url;
                }
                self.driver_refused(number, &error);
                Ok(())
            }
            Err(DriverError::NotBefore(at)) => {
                Err(WorkError::not_before(at, "the deploy may not be handed over yet"))
            }
            Err(error) => Err(error.into()),
        }
    }
    fn driver_refused(&mut self, number: u64, error: &DriverError) {
        tracing::warn!(error = error_chain(error), number, "a deploy was not handed over");
        let log_tail = match error {
            DriverError::Refused { log_tail, .. } => log_tail.clone(),
            _ => None,
        };
        self.not_handed_over(number, error.for_people(), log_tail);
    }
}
