//! Keeping the manifests of promotions true: worded anew when something in them has changed, at most once a minute, and a
//! last time when they are merged.

use super::PromotionWork;
use super::contents::Ends;
use crate::engine::work_error::WorkError;
use crate::engine::work_items::desired_manifest::StoredManifest;
use crate::engine::work_items::open_promotions::promotes;
use crate::lineage::Repository;
use crate::model::{Environment, PullNumber, PullRequest};
use crate::store::{Change, JudgedPull, WorkItem};
use std::time::Duration;

/// How many of the last merged pull requests are looked through for a promotion whose manifest does not say so, and how
/// long ago it may have been merged.
const LOOKED_THROUGH: u32 = 50;
const MERGED_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);

/// A manifest that is shown: of which pull request, and where that comes from.
type Shown = (JudgedPull, Environment, StoredManifest);

/// How often one may be worded anew.
pub(super) const AT_MOST_EVERY: Duration = Duration::from_secs(60);

impl PromotionWork<'_> {
    /// Words the manifests of this environment's promotions anew, where they read otherwise now.
    pub(super) async fn keep_current(&mut self) -> Result<(), WorkError> {
        let Some(target) = self.target else { return Ok(()) };
        let mut shown = self.shown_on_open(target).await?;
        shown.extend(self.shown_on_merged(target).await?);
        if shown.is_empty() {
            return Ok(());
        }
        let mirror = self.ctx.mirror(self.repository).await?;
        let repository = mirror.fetched(&[]).await?;
        for (judged, source, stored) in shown {
            let Some(body) = self.worded_now(&repository, (&source, target), &judged).await? else {
                continue;
            };
            let merged = judged.pull.merged.is_some();
            self.reword(judged.pull.number, StoredManifest { body, merged, ..stored.clone() }, &stored)?;
        }
        Ok(())
    }

    async fn shown_on_open(&self, target: &Environment) -> Result<Vec<Shown>, WorkError> {
        let mut shown = Vec::new();
        for judged in self.ctx.store.open_pulls(self.repository.id).await? {
            if let Some((source, stored)) = self.stored(&judged.pull, target).await? {
                shown.push((judged, source, stored));
            }
        }
        Ok(shown)
    }

    /// Those of promotions that were merged and whose manifest does not tell it.
    async fn shown_on_merged(&self, target: &Environment) -> Result<Vec<Shown>, WorkError> {
        let (id, now) = (self.repository.id, self.ctx.now());
        let mut shown = Vec::new();
        for pull in self.ctx.store.merged_pulls(id, LOOKED_THROUGH).await? {
            let is_new = pull.merged.is_some_and(|it| now.since(it.at.to_millis()) < MERGED_WITHIN);
            if !is_new {
                continue;
            }
            let Some((source, stored)) = self.stored(&pull, target).await?.filter(|(_, it)| !it.merged)
            else {
                continue;
            };
            let judged = self.ctx.store.pull(id, pull.number).await?;
            shown.extend(judged.map(|judged| (judged, source, stored)));
        }
        Ok(shown)
    }

    /// The manifest that is shown on a promotion into this environment, and where that comes from.
    async fn stored(
        &self,
        pull: &PullRequest,
        target: &Environment,
    ) -> Result<Option<(Environment, StoredManifest)>, WorkError> {
        let promoted = promotes(&self.config.path, pull).filter(|(_, into)| into.name == target.name);
        let Some((source, _)) = promoted.filter(|_| !self.worded.contains(&pull.number)) else {
            return Ok(None);
        };
        let effect = self.ctx.store.effect(&WorkItem::Manifest(pull.repository, pull.number)).await?;
        let stored = effect.map(|effect| StoredManifest::read(&effect.content)).transpose()?;
        Ok(stored.map(|stored| (source.clone(), stored)))
    }

    /// The manifest as it reads now, of a merged one as it was merged; `None` where there is nothing to promote any more.
    async fn worded_now(
        &self,
        repository: &Repository,
        (source, target): (&Environment, &Environment),
        judged: &JudgedPull,
    ) -> Result<Option<String>, WorkError> {
        let ends = match judged.pull.merged {
            Some(merged) => {
                let before = match merged.commit {
                    Some(made) => repository.resolve(&format!("{made}^1")).await?,
                    None => None,
                };
                (Some(judged.pull.head_commit), before)
            }
            None => (repository.branch(&source.branch).await?, repository.branch(&target.branch).await?),
        };
        let (Some(head), Some(base)) = ends else { return Ok(None) };
        if repository.reaches(base, head).await? {
            return Ok(None);
        }
        let ends = Ends { source, target, head, base };
        let brought = self.brought(repository, ends).await?;
        self.manifest(repository, ends, (&brought, Some(judged))).await.map(Some)
    }

    fn reword(
        &mut self,
        number: PullNumber,
        reworded: StoredManifest,
        stored: &StoredManifest,
    ) -> Result<(), WorkError> {
        if reworded.body == stored.body {
            return Ok(());
        }
        let (now, due) = (self.ctx.now(), stored.worded_at + AT_MOST_EVERY);
        // What was worded in the future was worded by a clock that was set back since.
        if now < due && stored.worded_at <= now {
            self.changes.push(Change::MarkAt(self.lease.item.clone(), due));
            return Ok(());
        }
        let reworded = StoredManifest { worded_at: now, ..reworded };
        self.changes.push(reworded.desired(self.repository.id, number)?);
        self.worded.insert(number);
        Ok(())
    }
}
