//! What the operator has asked for: taking an environment back, and letting it go on.

use super::Work;
use crate::engine::room::Trouble;
use crate::flow::{CommitId, Deploy, DeployState, Hold, Lifted, Trigger};
use crate::report;
use crate::store::{Change, Order, OrderRow};

impl Work<'_> {
    /// Takes up each order. Its outcome is stored with what it changes.
    pub(super) async fn take_orders(&mut self, orders: Vec<OrderRow>) -> Result<(), Trouble> {
        for row in orders {
            let outcome = match row.order {
                Order::Rollback { to, by, reason } => self.roll_back(to, by, reason).await?,
                Order::LiftHold { by, reason } => self.lift(by, reason),
            };
            self.changes.push(Change::OrderDone(row.id, outcome));
        }
        Ok(())
    }

    async fn roll_back(
        &mut self,
        to: Option<CommitId>,
        by: String,
        reason: String,
    ) -> Result<String, Trouble> {
        let site = self.site;
        if !self.is_deployed() {
            return Ok(format!("refused: {} is not deployed by Towpath", site.environment.name));
        }
        let from = self.course.live().map(|it| it.commit);
        let Some(target) = self.target(to) else {
            return Ok(match to {
                Some(to) => format!(
                    "refused: no deploy of {} to {} has ended well",
                    to.short(),
                    site.environment.name
                ),
                None => format!("refused: nothing ran on {} before", site.environment.name),
            });
        };
        if Some(target.commit) == from && self.course.under_way().is_none() && !self.is_broken() {
            return Ok(format!("refused: {} is live already", target.commit.short()));
        }
        let from = self.rolled_back_from().or(from).unwrap_or(target.commit);
        let now = site.room.now();
        let pulls = self.pulls_between(from, target.commit).await?;
        let hold = Hold {
            from,
            to: target.commit,
            by: by.clone(),
            reason: reason.clone(),
            since: now,
            pulls,
            lifted: None,
        };
        self.course.set_hold(hold.clone());
        self.changes.push(Change::Hold(site.repository.id, site.environment.name.clone(), hold));
        self.others_wait = true;
        let reuses_slug = site.room.store.was_built(site.repository.id, &target.slug).await?;
        let ends = (target.commit, target.tree);
        let trigger = Trigger::Rollback { by, reason };
        let deploy = Deploy {
            previous: self.course.live().map(|it| it.commit),
            slug: target.slug,
            reuses_slug,
            production: site.is_production(),
            made_at: now,
            ..Deploy::new(self.course.next_number(), &site.environment.name, ends, trigger)
        };
        let number = deploy.number;
        self.course.add(deploy);
        Ok(format!("deploy {number} takes {} back to {}", site.environment.name, target.commit.short()))
    }

    /// What to go back to: a deploy that ended well, the named one or the last one before what runs now.
    fn target(&self, to: Option<CommitId>) -> Option<Deploy> {
        let well = |it: &&Deploy| it.state == DeployState::Succeeded;
        let mut all = self.course.deploys().iter().rev().filter(well);
        match to {
            Some(to) => all.find(|it| it.commit == to).cloned(),
            // After a deploy that broke the site, what ran before it is what is known to be live.
            None if self.is_broken() => self.course.live().cloned(),
            None => {
                let live = self.course.live()?.commit;
                all.find(|it| it.commit != live).cloned()
            }
        }
    }

    /// Whether the newest deploy that was begun has ended badly and may have touched the site.
    fn is_broken(&self) -> bool {
        let begun = self.course.deploys().iter().rev().find(|it| it.requested_at.is_some());
        begun.is_some_and(|it| {
            matches!(it.state, DeployState::Failed | DeployState::Error) && it.picked_up_at.is_some()
        })
    }

    /// The newest commit that was begun to be brought there.
    fn rolled_back_from(&self) -> Option<CommitId> {
        self.course
            .deploys()
            .iter()
            .rev()
            .find(|it| it.requested_at.is_some() && !it.is_rollback())
            .map(|it| it.commit)
    }

    /// The pull requests that are taken back.
    async fn pulls_between(
        &self,
        from: CommitId,
        to: CommitId,
    ) -> Result<Vec<crate::flow::PullNumber>, Trouble> {
        let repository = self.with(from).await?;
        if !repository.missing(&[from, to]).await?.is_empty() {
            return Ok(Vec::new());
        }
        let brought = repository.brought(from, to).await?;
        let merged = self.site.room.store.merged_pulls(self.site.repository.id, 1_000).await?;
        let taken = |made: CommitId| made == from || brought.contains(&made);
        let taken_back = merged.iter().filter(|it| it.merged.and_then(|it| it.commit).is_some_and(taken));
        let mut numbers: Vec<_> = taken_back.map(|it| it.number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn lift(&mut self, by: String, reason: String) -> String {
        let site = self.site;
        let name = &site.environment.name;
        let Some(hold) = self.course.hold().cloned() else { return format!("refused: {name} is not held") };
        let now = site.room.now();
        let since = report::length(now - hold.since);
        let lifted = Hold { lifted: Some(Lifted { at: now, by, reason }), ..hold };
        self.course.set_hold(lifted.clone());
        self.changes.push(Change::Hold(site.repository.id, name.clone(), lifted));
        self.others_wait = true;
        format!("{name} is held no more, after {since}")
    }
}
