//! A pull request that has to do with a hotfix: one that a person has opened is recorded when it is merged.

use super::{PullRequestWork, ends};
use crate::engine::work_error::WorkError;
use crate::model::{CarryBack, Hotfix, PullRequest, PullRequestState, Role};
use crate::policy;
use crate::store::{Change, WorkItem};
use std::time::Duration;

/// What was merged longer ago is no hotfix that was missed.
const MISSED_FOR: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// After so long it is looked whether the configuration can be read again.
const LOOKED_AGAIN: Duration = Duration::from_secs(15 * 60);

impl PullRequestWork<'_> {
    /// Has hotfixes looked at where this pull request brings one, or carries one back, and has changed; records one that was
    /// merged and is not known.
    pub(super) async fn hotfix(&self, row: &PullRequest) -> Result<Option<Change>, WorkError> {
        let before = self.before.map(|before| before.pull.state);
        let is_news = before != Some(row.state) && (before.is_some() || row.state != PullRequestState::Open);
        if !is_news && !self.may_be_missed(row) {
            return Ok(None);
        }
        let id = row.repository;
        let known = self.ctx.store.hotfixes(id).await?;
        let is_own = row.head_repository == Some(id);
        let concerns = |it: &Hotfix| {
            let is_its_branch = is_own && it.branch == row.head_branch && it.landed.is_none();
            let carries_back = it.carry_back.as_ref().and_then(CarryBack::pull) == Some(row.number);
            is_its_branch || carries_back || it.pull == Some(row.number)
        };
        if known.iter().any(concerns) {
            return Ok(is_news.then_some(Change::Mark(WorkItem::Hotfixes(id))));
        }
        if row.state != PullRequestState::Merged || self.ctx.store.has_hotfix_of(id, row.number).await? {
            return Ok(None);
        }
        if self.config.invalid.is_some() {
            // Whether it is a hotfix is not known before the file can be read.
            let again = Change::MarkAt(WorkItem::PullRequest(id, row.number), self.ctx.now() + LOOKED_AGAIN);
            return Ok(self.may_be_missed(row).then_some(again));
        }
        let path = &self.config.path;
        let Role::Environment(base) = path.role(&row.base_branch) else { return Ok(None) };
        let is_hotfix = policy::is_hotfix(path, &ends(row, row.base_branch.clone()));
        if !is_hotfix {
            return Ok(None);
        }
        let hold = self.ctx.store.hold(id, &base.name).await?;
        if hold.and_then(|it| it.revert).is_some_and(|it| is_own && it.branch == row.head_branch) {
            // It takes the environment back; nobody wants that carried anywhere else.
            return Ok(None);
        }
        let hotfix = Hotfix {
            key: format!("#{}", row.number),
            environment: base.name.clone(),
            branch: row.head_branch.clone(),
            title: row.details.title.clone().unwrap_or_else(|| row.head_branch.to_string()),
            by: row.author.clone(),
            by_id: None,
            since: self.ctx.now(),
            cut_from: None,
            pull: Some(row.number),
            refused: None,
            landed: None,
            carry_back: None,
            mended: Vec::new(),
            accounts: Vec::new(),
            closed: None,
            over: None,
        };
        Ok(Some(Change::HotfixRecorded(id, Box::new(hotfix))))
    }

    /// Whether it was merged lately, so that it may be a hotfix though its merge is no news: it was found by looking, or the
    /// configuration could not be read then.
    fn may_be_missed(&self, row: &PullRequest) -> bool {
        let merged = row.merged.filter(|_| row.state == PullRequestState::Merged);
        merged.is_some_and(|it| it.at.to_millis() + MISSED_FOR > self.ctx.now())
    }
}
