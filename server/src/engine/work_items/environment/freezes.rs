//! Freezes: put on by people for a while, or there by the project's calendar. What was merged all the same waits for their end.

use super::EnvironmentWork;
use crate::engine::work_error::WorkError;
use crate::engine::work_items::freeze::rests_on;
use crate::model::calendar::{FreezePeriod, Incoming};
use crate::model::{
    Deploy, EnvironmentName, LockEnd, ManualFreeze, PullNumber, Role, Source, UnixMillis, UnixSeconds, UserId,
};
use crate::report;
use crate::store::{ActOutcome, Change, WorkItem};

/// What a freeze is to be like.
pub(super) struct WantedFreeze {
    pub(super) by: String,
    pub(super) by_id: Option<UserId>,
    pub(super) reason: String,
    pub(super) private: bool,
    pub(super) until: UnixMillis,
    pub(super) allow: Vec<PullNumber>,
    pub(super) hotfixes: bool,
}

/// So many freezes by commands an environment has at once.
const AT_ONCE: usize = 20;

impl EnvironmentWork<'_> {
    /// Freezes the environment, beside whatever freezes it already.
    pub(super) fn freeze_for(&mut self, wanted: WantedFreeze) -> ActOutcome {
        let now = self.site.ctx.now();
        let name = &self.site.environment.name;
        if wanted.until <= now {
            return ActOutcome::refused("the time at which the freeze was to end is over");
        }
        if self.frozen_by_people().count() >= AT_ONCE {
            return ActOutcome::refused(format!("{name} has {AT_ONCE} freezes already"));
        }
        if wanted.hotfixes && !self.site.environment.takes_hotfixes_alone() {
            return ActOutcome::refused(format!(
                "{name} admits no hotfixes, or all topics with them, so there is no lane for hotfixes: leave --hotfixes out, or \
                 name pull requests by --allow"
            ));
        }
        let WantedFreeze { by, by_id, reason, private, until, allow, hotfixes } = wanted;
        let id = self.freezes.iter().map(|it| it.id).max().unwrap_or_default() + 1;
        let freeze =
            ManualFreeze { id, by, by_id, reason, private, since: now, until, allow, hotfixes, ended: None };
        let end = report::moment_in(&self.site.path.calendar.zone, until.to_seconds());
        let lane = freeze.hotfixes.then(|| "hotfixes".to_owned());
        let but: Vec<String> =
            lane.into_iter().chain(freeze.allow.iter().map(|it| format!("#{it}"))).collect();
        let but = if but.is_empty() { String::new() } else { format!(", but for {}", but.join(", ")) };
        let words = format!("{name} is frozen until {end}{but}");
        let thaw = self.comment_commands().thaw(name);
        let next = format!(
            "Pull requests into {name} wait from now on, and what is merged all the same is deployed at the end. Rollbacks \
             still go. To end it before, write `{thaw}`."
        );
        self.set_freeze(freeze);
        ActOutcome::accepted(words, None).next(next)
    }

    /// Ends every freeze that a command has put on. Those of the configuration go on, and are named.
    pub(super) fn thaw_for(&mut self, by: &str) -> ActOutcome {
        let now = self.site.ctx.now();
        let name = self.site.environment.name.clone();
        let in_force: Vec<ManualFreeze> = self.frozen_by_people().cloned().collect();
        let goes_on = self.frozen_by_calendar(now.to_seconds()).map(|period| {
            let until = period.until.map(|at| report::moment_in(&self.site.path.calendar.zone, at));
            let until = until.map(|at| format!(" until {at}")).unwrap_or_default();
            let why = period.reasons.join("; ");
            format!("{name} stays frozen{until} by the configuration: {why}")
        });
        if in_force.is_empty() {
            return ActOutcome::refused(goes_on.unwrap_or_else(|| format!("{name} is not frozen")));
        }
        let count = in_force.len();
        for freeze in in_force {
            self.set_freeze(ManualFreeze {
                ended: Some(LockEnd { at: now, by: Some(by.to_owned()) }),
                ..freeze
            });
        }
        let what = if count == 1 { "the freeze".to_owned() } else { format!("{count} freezes") };
        let next = goes_on.map_or_else(
            || format!("Pull requests into {name} are checked again now, and what waits is deployed."),
            |line| format!("{line}."),
        );
        ActOutcome::accepted(format!("{what} of {name} is over"), None).next(next)
    }

    /// How long nothing may be deployed here that comes by these pull requests, where it is so now.
    pub(super) async fn frozen_for(&self, deploy: &Deploy) -> Result<Option<FreezePeriod>, WorkError> {
        let site = self.site;
        let now = site.ctx.now().to_seconds();
        let path = site.ctx.with_manual_freezes(site.path, site.repository.id).await?;
        let name = &site.environment.name;
        let Some(period) = path.calendar.frozen_at(name, now, Incoming::default()) else { return Ok(None) };
        let takes = &site.environment.accepts;
        let takes_hotfixes_alone = takes.contains(&Source::Hotfixes) && !takes.contains(&Source::Topics);
        let mut came_by_exceptions = false;
        for number in &deploy.pulls {
            let pull = site.ctx.store.pull(site.repository.id, *number).await?;
            let Some(pull) = pull.filter(|it| it.pull.base_branch == site.environment.branch) else {
                continue;
            };
            let is_hotfix = takes_hotfixes_alone && site.path.role(&pull.pull.head_branch) == Role::Topic;
            let incoming = Incoming { number: Some(*number), is_hotfix };
            if path.calendar.frozen_at(name, now, incoming).is_some() {
                return Ok(Some(period));
            }
            came_by_exceptions = true;
        }
        // What came by no pull request has no exception.
        Ok((!came_by_exceptions).then_some(period))
    }

    /// Who is judged again once a command has changed what is frozen here.
    pub(super) async fn judged_by_new_freezes(&self) -> Result<Vec<Change>, WorkError> {
        let site = self.site;
        let open = site.ctx.open_to_tell(site.repository.id).await?;
        let concerned = open.iter().filter(|it| rests_on(site.path, it, &site.environment.branch));
        Ok(concerned
            .map(|it| Change::Mark(WorkItem::PullRequest(site.repository.id, it.pull.number)))
            .collect())
    }

    fn frozen_by_calendar(&self, at: UnixSeconds) -> Option<FreezePeriod> {
        let site = self.site;
        site.path.calendar.frozen_at(&site.environment.name, at, Incoming::default())
    }

    fn frozen_by_people(&self) -> impl Iterator<Item = &ManualFreeze> {
        let now = self.site.ctx.now();
        self.freezes.iter().filter(move |it| it.is_in_force(now))
    }

    fn set_freeze(&mut self, freeze: ManualFreeze) {
        let name = EnvironmentName::from(&self.site.environment.name);
        self.changes.push(Change::Freeze(self.site.repository.id, name, Box::new(freeze.clone())));
        self.freezes.retain(|it| it.id != freeze.id);
        self.freezes.push(freeze);
    }
}
