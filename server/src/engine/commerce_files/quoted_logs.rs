//! Who can read what is said of a repository. In a public one, what the log of a Commerce project's deploy says is the
//! operator's alone.

use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::model::{Deploy, PromotionPath};
use crate::report::BranchStatus;
use crate::store::{Change, RepositoryRow, WorkItem};

impl EngineContext {
    /// Whether only those who are let see the repository, by what GitHub says now. What is not known is public.
    pub(in crate::engine) async fn is_private(&self, row: &RepositoryRow) -> bool {
        self.visibility(row).await == Some(true)
    }

    /// The same; `None` where GitHub does not say.
    async fn visibility(&self, row: &RepositoryRow) -> Option<bool> {
        self.api.repository(row.installation, row.id).await.ok().map(|it| it.private)
    }

    /// Has the comments that quote logs worded anew if others can read them now than before.
    pub(in crate::engine) async fn quoted_as_seen(
        &self,
        row: &RepositoryRow,
    ) -> Result<Vec<Change>, WorkError> {
        if self.store.was_private(row.id).await?.is_none() {
            return Ok(Vec::new());
        }
        match self.visibility(row).await {
            Some(is_private) => self.quoted_anew(row, is_private).await,
            None => Ok(Vec::new()),
        }
    }

    /// Keeps by what comments that quote logs are worded. Where that has changed, all of them are worded anew: GitHub may have
    /// told of it, and nobody heard.
    pub(in crate::engine) async fn quoted_anew(
        &self,
        row: &RepositoryRow,
        is_private: bool,
    ) -> Result<Vec<Change>, WorkError> {
        if self.store.was_private(row.id).await? == Some(is_private) {
            return Ok(Vec::new());
        }
        let on_platform = self.repository_config(row).await?.path.commerce.is_none();
        let quoting = self.store.pulls_that_quote(row.id, on_platform).await?;
        let marks = quoting.into_iter().map(|pull| Change::Mark(WorkItem::ChangeStatus(row.id, pull)));
        Ok(marks.chain([Change::Visibility(row.id, is_private)]).collect())
    }

    /// Takes out of what GitHub is to show whatever logs have said themselves, where everybody can read it. Answers whether the
    /// repository is private, where there was something to ask for and GitHub says it.
    pub(in crate::engine) async fn leave_out_logs(
        &self,
        row: &RepositoryRow,
        path: &PromotionPath,
        places: &mut [BranchStatus],
    ) -> Option<bool> {
        let mut quoting: Vec<&mut Deploy> = places
            .iter_mut()
            .filter_map(|place| place.deploy.as_mut())
            .filter(|deploy| is_of_commerce(path, deploy) && deploy.quotes_its_log())
            .collect();
        if quoting.is_empty() {
            return None;
        }
        let is_private = self.visibility(row).await;
        if is_private != Some(true) {
            for deploy in &mut quoting {
                deploy.leave_out_log();
            }
        }
        is_private
    }
}

/// Whether a deploy is one of a Commerce project.
pub(in crate::engine) fn is_of_commerce(path: &PromotionPath, deploy: &Deploy) -> bool {
    path.commerce.is_some() || deploy.is_on_platform()
}
