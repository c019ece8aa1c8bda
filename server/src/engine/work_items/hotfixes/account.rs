//! What is owed of a hotfix where, and when it is owed no more.

use super::HotfixWork;
use crate::engine::work_error::WorkError;
use crate::engine::work_items::hotfix_standing::{
    is_gone_where_it_went, is_in, paths_of, standing, taken_back_where_it_went,
};
use crate::model::{
    BranchName, CommitId, Environment, Hotfix, HotfixAccount, HotfixEnd, HotfixStanding, LandedHotfix,
};

impl HotfixWork<'_> {
    /// Reckons how it stands on each environment that leads to its own, and whether it is owed at all.
    pub(super) async fn reckon(
        &self,
        hotfix: &mut Hotfix,
        environment: &Environment,
    ) -> Result<(), WorkError> {
        let (Some(landed), Some(tip)) =
            (hotfix.landed.clone(), self.repository.branch(&environment.branch).await?)
        else {
            return Ok(());
        };
        if let Some(by) = taken_back_where_it_went(self.repository, &landed, tip).await? {
            hotfix.over = Some(HotfixEnd::Reverted { at: self.ctx.now(), by });
            return Ok(());
        }
        if is_gone_where_it_went(self.repository, (hotfix, &landed), tip).await? {
            hotfix.over = Some(HotfixEnd::Gone { at: self.ctx.now(), tip });
            return Ok(());
        }
        let mut accounts = Vec::new();
        for upstream in self.path.upstream_of(environment) {
            let Some(now) = self.repository.branch(&upstream.branch).await? else { continue };
            let standing = standing(self.repository, (hotfix, &landed), (&upstream.name, now), tip).await?;
            let before = hotfix.account(&upstream.name).filter(|before| before.standing == standing);
            let tip = before.map_or(now, |before| before.tip);
            accounts.push(HotfixAccount { environment: upstream.name.clone(), standing, tip });
        }
        hotfix.accounts = accounts;
        let is_owed = hotfix.accounts.iter().any(|it| it.standing.is_owed());
        if !is_owed && self.has_come_down((hotfix, &landed), (environment, tip)).await? {
            hotfix.over = Some(HotfixEnd::Home { at: self.ctx.now() });
        }
        Ok(())
    }

    /// Whether it has come down by promotion: its environment has a state of where promotions come from which had it, or the
    /// same files. One whose fault was mended in another way has not, as long as its own files are still its environment's
    /// alone. Where nothing leads to its environment there is nothing to come down from.
    async fn has_come_down(
        &self,
        (hotfix, landed): (&Hotfix, &LandedHotfix),
        (environment, tip): (&Environment, CommitId),
    ) -> Result<bool, WorkError> {
        let sources = self.path.sources_of(environment);
        if sources.is_empty() {
            return Ok(true);
        }
        for source in sources {
            let Some(account) = hotfix.account(&source.name) else { continue };
            if matches!(account.standing, HotfixStanding::Mended { .. }) {
                if self.has_the_same(landed, (&source.branch, tip)).await? {
                    return Ok(true);
                }
                continue;
            }
            if is_in(self.repository, tip, account.tip).await? {
                return Ok(true);
            }
            if let Some(now) = self.repository.branch(&source.branch).await?
                && self.repository.tree(now).await? == self.repository.tree(tip).await?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a branch and a commit have the same in each file that the hotfix has changed.
    async fn has_the_same(
        &self,
        landed: &LandedHotfix,
        (branch, tip): (&BranchName, CommitId),
    ) -> Result<bool, WorkError> {
        let Some(now) = self.repository.branch(branch).await? else { return Ok(false) };
        let (Some(one), Some(other)) = (self.repository.tree(now).await?, self.repository.tree(tip).await?)
        else {
            return Ok(false);
        };
        let paths = paths_of(self.repository, landed).await?;
        let differing = self.repository.differing_paths(one, other).await?;
        Ok(!differing.iter().any(|path| paths.contains(path)))
    }
}
