//! Locks: put on by people, ended by them, by the clock, or with a pull request.

use super::EnvironmentWork;
use crate::engine::work_error::WorkError;
use crate::model::{
    EnvironmentName, Lock, LockEnd, PullNumber, PullRequestState, UnixMillis, UserId, UserKey,
};
use crate::report;
use crate::store::{ActOutcome, Change};

/// What a lock is to be like.
pub(super) struct WantedLock {
    pub(super) by: String,
    pub(super) by_id: Option<UserId>,
    pub(super) reason: String,
    pub(super) until: Option<UnixMillis>,
    pub(super) while_open: Option<PullNumber>,
}

impl EnvironmentWork<'_> {
    /// The lock that is in force.
    pub(super) fn locked(&self) -> Option<&Lock> {
        self.lock.as_ref().filter(|lock| lock.is_in_force(self.site.ctx.now()))
    }

    /// Locks the environment; who holds its lock gives it another reason or end.
    pub(super) fn lock_for(&mut self, wanted: WantedLock) -> ActOutcome {
        let now = self.site.ctx.now();
        let name = &self.site.environment.name;
        let present = self.locked().cloned();
        let who = UserKey { login: &wanted.by, id: wanted.by_id };
        if let Some(lock) = present.as_ref().filter(|lock| !lock.holder().is(who)) {
            return ActOutcome::refused(format!("{name} is locked already: {}", report::lock_line(lock)));
        }
        if wanted.until.is_some_and(|until| until <= now) {
            return ActOutcome::refused("the time at which the lock was to end is over");
        }
        let WantedLock { by, by_id, reason, until, while_open } = wanted;
        let anew = Lock {
            id: self.lock.as_ref().map_or(1, |lock| lock.id + 1),
            since: now,
            by: by.clone(),
            by_id,
            reason: reason.clone(),
            until,
            while_open,
            ended: None,
        };
        let (lock, words) = if let Some(held) = present {
            // Whoever ends the one that they have seen does not end this one.
            let held = Lock { ended: Some(LockEnd { at: now, by: Some(by.clone()) }), ..held.clone() };
            let lock = Lock { by_id: by_id.or(held.by_id), ..anew };
            let words =
                format!("{name} stays locked: {}, in place of lock {}", report::lock_line(&lock), held.id);
            self.set_lock(held);
            (lock, words)
        } else {
            let line = report::lock_line(&anew);
            (anew, format!("{name} is locked: {line}"))
        };
        let unlock = self.comment_commands().unlock(name);
        let but = lock.while_open.map(|number| format!(", but for #{number}")).unwrap_or_default();
        let next =
            format!("Pull requests into {name} wait from now on{but}. To end the lock, write `{unlock}`.");
        self.set_lock(lock);
        ActOutcome::accepted(words, None).next(next)
    }

    /// Ends the lock that is in force.
    pub(super) fn unlock_for(&mut self, (by, by_id): (String, Option<UserId>), force: bool) -> ActOutcome {
        let now = self.site.ctx.now();
        let name = &self.site.environment.name;
        let Some(lock) = self.locked().cloned() else {
            return ActOutcome::refused(format!("{name} is not locked"));
        };
        if !force && !lock.holder().is(UserKey { login: &by, id: by_id }) {
            let line = report::lock_line(&lock);
            return ActOutcome::refused(format!("the lock is somebody else's: {line}"));
        }
        let after = report::length(now.since(lock.since));
        let words = format!("{name} is unlocked after {after}; {} had locked it", lock.by);
        self.set_lock(Lock { ended: Some(LockEnd { at: now, by: Some(by) }), ..lock });
        ActOutcome::accepted(words, None).next(format!("Pull requests into {name} are checked again now."))
    }

    /// Ends the lock whose time is over, or whose pull request is closed.
    pub(super) async fn end_what_is_over(&mut self) -> Result<(), WorkError> {
        let now = self.site.ctx.now();
        let Some(lock) = self.lock.clone().filter(|lock| lock.ended.is_none()) else { return Ok(()) };
        let is_over = match lock.while_open {
            _ if lock.until.is_some_and(|until| until <= now) => true,
            Some(number) => {
                let pull = self.site.ctx.store.pull(self.site.repository.id, number).await?;
                pull.is_none_or(|it| it.pull.state != PullRequestState::Open)
            }
            None => false,
        };
        if is_over {
            self.set_lock(Lock { ended: Some(LockEnd { at: now, by: None }), ..lock });
        }
        Ok(())
    }

    fn set_lock(&mut self, lock: Lock) {
        let name = EnvironmentName::from(&self.site.environment.name);
        self.changes.push(Change::Lock(self.site.repository.id, name, lock.clone()));
        self.lock = Some(lock);
    }
}
