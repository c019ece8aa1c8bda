//! The pull request of a hotfix: opened at the first push, and what became of it.

use super::HotfixWork;
use crate::engine::work_error::WorkError;
use crate::engine::work_items::pending_deliveries::pull_row;
use crate::github::{ApiError, NewPull};
use crate::model::{
    Environment, Hotfix, HotfixEnd, LandedHotfix, PullNumber, PullRequest, PullRequestState, error_chain,
};
use crate::report;
use crate::report::CommentCommands;
use std::time::Duration;

/// So many commits of a hotfix are known one by one.
const KNOWN_AT_MOST: usize = 1_000;
/// By how much a branch's move may be dated before the merge that made it.
const CLOCKS_APART: Duration = Duration::from_secs(60 * 60);

impl HotfixWork<'_> {
    /// Opens its pull request once there is something in its branch; one that is there is found.
    pub(super) async fn open(
        &mut self,
        hotfix: &mut Hotfix,
        environment: &Environment,
    ) -> Result<(), WorkError> {
        if hotfix.pull.is_some() {
            return Ok(());
        }
        let (installation, name) = (self.row.installation, &self.row.full_name);
        let ends = (&hotfix.branch, &environment.branch);
        let tip = self.repository.branch(&hotfix.branch).await?;
        if tip.is_some() && tip == hotfix.cut_from {
            return Ok(());
        }
        if let Some(known) = self.ctx.api.pulls_between(installation, name, ends).await?.first() {
            hotfix.pull = Some(known.number);
            return Ok(());
        }
        let Some(tip) = tip else {
            hotfix.over = Some(HotfixEnd::Dropped { at: self.ctx.now() });
            return Ok(());
        };
        let Some(base) = self.repository.branch(&environment.branch).await? else { return Ok(()) };
        if self.repository.brought(tip, base).await?.is_empty() {
            return Ok(());
        }
        let command =
            format!("{} {}", CommentCommands { prefix: &self.path.command_prefix }.hotfix(), hotfix.title);
        let entry = self.path.entry_of(environment).map(|entry| &entry.branch);
        let body = report::hotfix_pull(hotfix, &command, entry);
        let new = NewPull { head: ends.0, base: ends.1, title: &hotfix.title, body: &body };
        match self.ctx.api.create_pull(installation, name, &new).await {
            Ok(made) => hotfix.pull = Some(made.number),
            Err(error @ (ApiError::Forbidden { .. } | ApiError::Refused { .. })) => {
                // The next push is another try.
                tracing::warn!(
                    error = error_chain(&error),
                    "GitHub does not take the pull request of a hotfix"
                );
            }
            Err(error @ ApiError::Exists { .. }) => return Err(self.ctx.not_made(error)),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Sees what its environment got, once it was merged.
    pub(super) async fn land(
        &mut self,
        hotfix: &mut Hotfix,
        environment: &Environment,
    ) -> Result<(), WorkError> {
        let Some(number) = hotfix.pull else { return Ok(()) };
        let pull = self.pull(number).await?;
        let went_elsewhere = pull.base_branch != environment.branch && pull.state != PullRequestState::Open;
        if pull.state == PullRequestState::Closed || went_elsewhere {
            hotfix.over = Some(HotfixEnd::Dropped { at: self.ctx.now() });
            return Ok(());
        }
        let Some(merged) = pull.merged else { return Ok(()) };
        let made = merged.commit.unwrap_or(pull.head_commit);
        let since = merged.at - CLOCKS_APART;
        let tips = self.ctx.store.tips_since(self.row.id, &environment.branch, since).await?;
        let before = tips.iter().find(|tip| tip.commit == Some(made)).and_then(|tip| tip.before);
        let landed = self.repository.landed(made, before, KNOWN_AT_MOST).await?;
        hotfix.landed = Some(LandedHotfix {
            at: merged.at.to_millis(),
            made,
            picks: landed.picks,
            as_one: landed.as_one,
            brought: landed.brought,
        });
        Ok(())
    }

    /// A pull request as it was told of last; asked of GitHub where nothing is known of it.
    pub(super) async fn pull(&self, number: PullNumber) -> Result<PullRequest, WorkError> {
        if let Some(known) = self.ctx.store.pull(self.row.id, number).await? {
            return Ok(known.pull);
        }
        let asked = self.ctx.api.pull(self.row.installation, &self.row.full_name, number).await?;
        pull_row(&asked, self.row.id)
    }
}
