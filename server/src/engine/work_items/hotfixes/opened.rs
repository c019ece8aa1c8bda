//! The pull request of a hotfix: opened at the first push, and what became of it.

use super::HotfixWork;
use crate::engine::work_error::WorkError;
use crate::engine::work_items::pending_deliveries::pull_row;
use crate::github::{ApiError, NewPull, PullJson};
use crate::model::{
    CommitId, Environment, Hotfix, HotfixEnd, LandedHotfix, PullNumber, PullRequest, PullRequestState,
    UnixMillis,
};
use crate::report;
use crate::report::CommentCommands;
use crate::store::{Change, WorkItem};
use std::time::Duration;

/// So many commits of a hotfix are known one by one.
const KNOWN_AT_MOST: usize = 1_000;
/// By how much a branch's move may be dated before the merge that made it.
const CLOCKS_APART: Duration = Duration::from_secs(60 * 60);
/// So long after a merge the push that it was is waited for.
const TOLD_WITHIN: Duration = Duration::from_secs(10 * 60);

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
        let known = self.ctx.api.pulls_between(installation, name, ends).await?;
        if let Some(known) = known.iter().find(|it| is_of_hotfix(it, tip, hotfix.since)) {
            (hotfix.pull, hotfix.refused) = (Some(known.number), None);
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
            Ok(made) => (hotfix.pull, hotfix.refused) = (Some(made.number), None),
            // The next push is another try.
            Err(ApiError::Forbidden { message, .. } | ApiError::Refused { message, .. }) => {
                hotfix.refused = Some(message);
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
        let tip = tips.iter().find(|tip| tip.commit == Some(made));
        let is_merge = self.repository.resolve(&format!("{made}^2")).await?.is_some();
        let told_by = merged.at.to_millis() + TOLD_WITHIN;
        if tip.is_none() && !is_merge && self.ctx.now() < told_by {
            // What was rebased is told from what was squashed by where the branch was before.
            self.changes.push(Change::MarkAt(WorkItem::Hotfixes(self.row.id), told_by));
            return Ok(());
        }
        let before = tip.and_then(|tip| tip.before);
        let landed = self.repository.landed(made, (pull.head_commit, before), KNOWN_AT_MOST).await?;
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

/// Whether a pull request from the branch of a hotfix is its own, and not one of something older by the same name.
fn is_of_hotfix(pull: &PullJson, tip: Option<CommitId>, since: UnixMillis) -> bool {
    let merged_since = pull.merged_at.is_some_and(|at| at.timestamp_millis() >= since.0);
    pull.state == "open" || tip == Some(pull.head.sha) || merged_since
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_request_of_an_older_hotfix_by_the_same_name_is_not_its_own() {
        let (old, new) = ("a".repeat(40), "b".repeat(40));
        let pull = |state: &str, merged_at: Option<&str>| -> PullJson {
            let end = |sha: &str| serde_json::json!({ "ref": "hotfix/cart", "sha": sha, "repo": null });
            let pull = serde_json::json!({
                "number": 7, "state": state, "merged_at": merged_at, "user": null, "head": end(&old), "base": end(&old),
                "updated_at": "2026-01-01T00:00:00Z",
            });
            serde_json::from_value(pull).unwrap()
        };
        let since = UnixMillis(1_767_225_600_000); // 2026-01-01T00:00:00Z
        let (old, new) = (Some(old.parse().unwrap()), Some(new.parse().unwrap()));
        for (pull, tip, wanted) in [
            (pull("open", None), new, true),
            (pull("closed", None), old, true),
            (pull("closed", None), new, false),
            (pull("closed", None), None, false),
            (pull("closed", Some("2025-12-31T23:59:59Z")), new, false),
            (pull("closed", Some("2025-12-31T23:59:59Z")), None, false),
            (pull("closed", Some("2026-01-02T00:00:00Z")), None, true),
        ] {
            assert_eq!(is_of_hotfix(&pull, tip, since), wanted, "{pull:?} {tip:?}");
        }
    }
}
