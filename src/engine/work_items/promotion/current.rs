//! Keeping the manifests of open promotions true: worded anew when something in them has changed, at most once a minute.

use super::PromotionWork;
use super::contents::Ends;
use crate::engine::work_error::WorkError;
use crate::engine::work_items::desired_manifest::StoredManifest;
use crate::engine::work_items::open_promotions::promotes;
use crate::lineage::Repository;
use crate::model::{Environment, PullNumber};
use crate::store::{Change, JudgedPull, WorkItem};
use std::time::Duration;

/// How often one may be worded anew.
pub(super) const AT_MOST_EVERY: Duration = Duration::from_secs(60);

impl PromotionWork<'_> {
    /// Words the manifests of this environment's promotions anew, where they read otherwise now.
    pub(super) async fn keep_current(&mut self) -> Result<(), WorkError> {
        let Some(target) = self.target else { return Ok(()) };
        let id = self.repository.id;
        let mut shown = Vec::new();
        for judged in self.ctx.store.open_pulls(id).await? {
            let number = judged.pull.number;
            let promoted =
                promotes(&self.config.path, &judged.pull).filter(|(_, into)| into.name == target.name);
            let Some((source, _)) = promoted.filter(|_| !self.worded.contains(&number)) else { continue };
            let effect = self.ctx.store.effect(&WorkItem::Manifest(id, number)).await?;
            if let Some(effect) = effect {
                shown.push((judged, source.clone(), StoredManifest::read(&effect.content)?));
            }
        }
        if shown.is_empty() {
            return Ok(());
        }
        let mirror = self.ctx.mirror(self.repository).await?;
        let repository = mirror.fetched(&[]).await?;
        for (judged, source, stored) in shown {
            let Some(body) = self.worded_now(&repository, (&source, target), &judged).await? else {
                continue;
            };
            self.reword(judged.pull.number, body, &stored)?;
        }
        Ok(())
    }

    /// The manifest as it reads now; `None` where there is nothing to promote any more.
    async fn worded_now(
        &self,
        repository: &Repository,
        (source, target): (&Environment, &Environment),
        judged: &JudgedPull,
    ) -> Result<Option<String>, WorkError> {
        let tips = (repository.branch(&source.branch).await?, repository.branch(&target.branch).await?);
        let (Some(head), Some(base)) = tips else { return Ok(None) };
        if repository.reaches(base, head).await? {
            return Ok(None);
        }
        let ends = Ends { source, target, head, base };
        let brought = self.brought(repository, ends).await?;
        self.manifest(repository, ends, (&brought, Some(judged))).await.map(Some)
    }

    fn reword(&mut self, number: PullNumber, body: String, stored: &StoredManifest) -> Result<(), WorkError> {
        if body == stored.body {
            return Ok(());
        }
        let (now, due) = (self.ctx.now(), stored.worded_at + AT_MOST_EVERY);
        // What was worded in the future was worded by a clock that was set back since.
        if now < due && stored.worded_at <= now {
            self.changes.push(Change::MarkAt(self.lease.item.clone(), due));
            return Ok(());
        }
        let reworded = StoredManifest { body, worded_at: now, ..*stored };
        self.changes.push(reworded.desired(self.repository.id, number)?);
        self.worded.insert(number);
        Ok(())
    }
}
