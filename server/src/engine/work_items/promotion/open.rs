//! Taking a `/promote` up: the pull request is found, or opened.

use super::contents::Ends;
use super::current::AT_MOST_EVERY;
use super::{Outcome, PromotionWork};
use crate::engine::work_error::WorkError;
use crate::engine::work_items::desired_manifest::StoredManifest;
use crate::engine::work_items::open_promotions::promotes;
use crate::engine::work_items::promotion_source::source_of;
use crate::engine::work_items::too_old::too_old;
use crate::github::{ApiError, NewPull, PullJson};
use crate::lineage::Repository;
use crate::model::{CommentWhen, CommitId, Environment, Lock, PullNumber};
use crate::report::{self, BroughtPull};
use crate::store::{ActOutcome, Change, RequestedAct, RequestedActRow, WorkItem};

/// The pull request of a promotion.
struct Promotion {
    number: PullNumber,
    /// How it came to be there, in words that begin a sentence.
    words: String,
}

/// How GitHub begins to say that one branch has nothing new for another one.
const NO_COMMITS: &str = "No commits between";

impl PromotionWork<'_> {
    /// What came of an act; `None` while it goes on.
    pub(super) async fn take_up(&mut self, row: &RequestedActRow) -> Result<Option<Outcome>, WorkError> {
        let RequestedAct::Promote { from, head, base, merge, .. } = &row.act else { return Ok(None) };
        if let Some(begun) = self.ctx.store.requested_merge(row.id).await? {
            let is_known = begun.uuid.is_some();
            let outcome = self.follow_merge(row, begun).await?;
            if is_known || outcome.is_some() {
                return Ok(outcome);
            }
        }
        if let Some(said) = too_old(row.origin.as_ref(), self.ctx.now()) {
            return Ok(Some(Outcome { said, ends: (None, None) }));
        }
        let Some(target) = self.target else {
            let why = format!("there is no environment {} any more", row.environment);
            return Ok(Some(Outcome::refused(why)));
        };
        if self.config.invalid.is_some() {
            let why = "the configuration cannot be used, so nothing is promoted until it is repaired";
            return Ok(Some(Outcome::refused(why)));
        }
        let source = match source_of(&self.config.path, target, from.as_deref()) {
            Ok(source) => source,
            Err(why) => return Ok(Some(Outcome::refused(why))),
        };
        if let Some(locked) = self.locked((source, target)).await? {
            return Ok(Some(Outcome::refused(locked)));
        }
        let mirror = self.ctx.mirror(self.repository).await?;
        let repository = mirror.fetched(&[]).await?;
        let again = |head| self.comment_commands().promote(&target.name, from.as_deref(), *merge, head);
        let ends = match self.ends(&repository, (source, target), (*head, *base), again).await? {
            Ok(ends) => ends,
            Err(why) => return Ok(Some(Outcome::refused(why))),
        };
        let Promotion { number, words } = match self.promotion(&repository, ends).await? {
            Ok(promotion) => promotion,
            Err(why) => return Ok(Some(Outcome::refused(why))),
        };
        if *merge {
            return self.begin_merge(row, (number, &words), ends).await;
        }
        let merge = self.comment_commands().promote(&target.name, from.as_deref(), true, None);
        let next = format!("The check of #{number} says whether it may merge. To merge it, write `{merge}`.");
        let said = ActOutcome::accepted(words, None).by_pull_request(number).next(next);
        Ok(Some(Outcome { said, ends: (Some(ends.head), Some(ends.base)) }))
    }

    /// That a lock is in force on the target, in words; unless the target is locked for this very promotion.
    pub(super) async fn locked(
        &self,
        (source, target): (&Environment, &Environment),
    ) -> Result<Option<String>, WorkError> {
        let id = self.repository.id;
        let lock = self.ctx.store.lock(id, &target.name).await?;
        let Some(lock) = lock.filter(|lock| lock.is_in_force(self.ctx.now())) else { return Ok(None) };
        let holder = match lock.while_open {
            Some(number) => self.ctx.store.pull(id, number).await?,
            None => None,
        };
        let ends = holder.as_ref().and_then(|it| promotes(&self.config.path, &it.pull));
        let is_own = ends.is_some_and(|(from, into)| from.name == source.name && into.name == target.name);
        let unlock = self.comment_commands().unlock(&target.name);
        Ok((!is_own).then(|| format!("{}; `{unlock}` ends the lock", locked(target, &lock))))
    }

    /// What would be merged where, or why there is nothing to promote. `seen` is the source's commit and the
    /// target's as they were when it was asked for; `again` is the command for what is there now.
    async fn ends<'e>(
        &self,
        repository: &Repository,
        (source, target): (&'e Environment, &'e Environment),
        seen: (Option<CommitId>, Option<CommitId>),
        again: impl Fn(Option<CommitId>) -> String,
    ) -> Result<Result<Ends<'e>, String>, WorkError> {
        let mut tips = Vec::new();
        for environment in [source, target] {
            match repository.branch(&environment.branch).await? {
                Some(tip) => tips.push(tip),
                None => return Ok(Err(format!("there is no branch {}", environment.branch))),
            }
        }
        let (head, base) = (tips[0], tips[1]);
        if let Some(expected) = seen.0.filter(|expected| *expected != head) {
            let why = format!(
                "{} has moved since the comment was written, or just before: {} → {}; to promote that, write `{}`",
                source.branch,
                expected.short(),
                head.short(),
                again(Some(head)),
            );
            return Ok(Err(why));
        }
        if repository.reaches(base, head).await? {
            let (source, target) = (&source.name, &target.name);
            return Ok(Err(format!("there is nothing to promote: {target} has all of {source} already")));
        }
        if let Some(expected) = seen.1.filter(|expected| *expected != base) {
            let why = format!(
                "{} has moved since the comment was written, or just before: {} → {}; look at the check, and write `{}` again",
                target.branch,
                expected.short(),
                base.short(),
                again(None),
            );
            return Ok(Err(why));
        }
        Ok(Ok(Ends { source, target, head, base }))
    }

    /// The pull request of a promotion, or in words why there is none.
    async fn promotion(
        &mut self,
        repository: &Repository,
        ends: Ends<'_>,
    ) -> Result<Result<Promotion, String>, WorkError> {
        let brought = self.brought(repository, ends).await?;
        let found = self.found_or_opened(repository, ends, &brought).await?;
        let waits = self.waits_for_hold(ends.target).await?.unwrap_or_default();
        Ok(found.map(|found| Promotion { words: format!("{}{waits}", found.words), ..found }))
    }

    async fn waits_for_hold(&self, target: &Environment) -> Result<Option<String>, WorkError> {
        let hold = self.ctx.store.hold(self.repository.id, &target.name).await?;
        let (name, resume) = (&target.name, self.comment_commands().resume(&target.name));
        Ok(hold
            .filter(|hold| hold.lifted.is_none())
            .map(|hold| format!("; {name} was rolled back by {}, so it waits for `{resume}`", hold.by)))
    }

    /// The one open pull request from the source into the target, ours or somebody's; where there is none, a new one.
    async fn found_or_opened(
        &mut self,
        repository: &Repository,
        ends: Ends<'_>,
        brought: &[BroughtPull],
    ) -> Result<Result<Promotion, String>, WorkError> {
        let (installation, full_name) = (self.repository.installation, &self.repository.full_name);
        let branches = (&ends.source.branch, &ends.target.branch);
        let known = self.ctx.api.open_pull_between(installation, full_name, branches).await?;
        if let Some(known) = known {
            return self.used(repository, ends, (brought, &known)).await.map(Ok);
        }
        let body = self.manifest(repository, ends, (brought, None)).await?;
        let title = report::promotion_title(ends.source, ends.target);
        let new = NewPull { head: branches.0, base: branches.1, title: &title, body: &body };
        let made = match self.ctx.api.create_pull(installation, full_name, &new).await {
            Ok(made) => made,
            // Somebody has merged it meanwhile.
            Err(ApiError::Refused { message, .. }) if message.contains(NO_COMMITS) => {
                let (source, target) = branches;
                return Ok(Err(format!(
                    "{target} has all that {source} has by now, so there is nothing to promote"
                )));
            }
            Err(ApiError::Forbidden { message, .. } | ApiError::Refused { message, .. }) => {
                return Ok(Err(format!("GitHub does not open the pull request: {message}")));
            }
            Err(error) => return Err(self.ctx.not_made(error)),
        };
        self.shown_by_opening(made.number, body)?;
        let words = format!("opened #{}, {}", made.number, what(ends, brought));
        Ok(Ok(Promotion { number: made.number, words }))
    }

    /// The manifest came with the pull request.
    fn shown_by_opening(&mut self, number: PullNumber, body: String) -> Result<(), WorkError> {
        let stored = StoredManifest { body, in_comment: false, worded_at: self.ctx.now(), merged: false };
        let item = WorkItem::Manifest(self.repository.id, number);
        self.changes.push(stored.desired(self.repository.id, number)?);
        self.changes.push(Change::Applied { item, github_id: number.0, substance: stored.substance() });
        self.worded.insert(number);
        self.look_again();
        Ok(())
    }

    /// What has changed before the manifest was stored has marked nothing.
    fn look_again(&mut self) {
        let at = self.ctx.now() + AT_MOST_EVERY;
        self.changes.push(Change::MarkAt(self.lease.item.clone(), at));
    }

    /// One that is there already.
    async fn used(
        &mut self,
        repository: &Repository,
        ends: Ends<'_>,
        (brought, known): (&[BroughtPull], &PullJson),
    ) -> Result<Promotion, WorkError> {
        let (id, number) = (self.repository.id, known.number);
        let author = known.user.as_ref().map_or("ghost", |user| user.login.as_str());
        let is_ours = author == format!("{}[bot]", self.ctx.handle().await?);
        let has_manifest = self.ctx.store.effect(&WorkItem::Manifest(id, number)).await?.is_some();
        let is_wanted = is_ours || self.config.path.comment != CommentWhen::Never;
        if !has_manifest && is_wanted && self.worded.insert(number) {
            let judged = self.ctx.store.pull(id, number).await?;
            let body = self.manifest(repository, ends, (brought, judged.as_ref())).await?;
            let stored =
                StoredManifest { body, in_comment: !is_ours, worded_at: self.ctx.now(), merged: false };
            self.changes.push(stored.desired(id, number)?);
            self.look_again();
        }
        let what = what(ends, brought);
        let words = if is_ours {
            format!("#{number} is up to date, {what}")
        } else {
            format!("uses #{number}, which {author} opened, {what}")
        };
        Ok(Promotion { number, words })
    }
}

/// `integration → staging, with 3 pull requests`.
fn what(ends: Ends<'_>, brought: &[BroughtPull]) -> String {
    let pulls = report::pull_requests(brought.len());
    format!("{} → {}, with {pulls}", ends.source.name, ends.target.name)
}

fn locked(target: &Environment, lock: &Lock) -> String {
    let end = match (lock.until, lock.while_open) {
        (Some(until), _) => Some(format!(", until {}", report::moment(until.to_seconds()))),
        (None, Some(number)) => Some(format!(", until #{number} is closed")),
        (None, None) => None,
    };
    format!(
        "{} is locked by {} since {}{}: {}",
        target.name,
        lock.by,
        report::moment(lock.since.to_seconds()),
        end.unwrap_or_default(),
        lock.reason
    )
}
