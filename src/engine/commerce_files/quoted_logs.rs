//! Who can read what is said of a repository. In a public one, what the log of a Commerce project's deploy says is the
//! operator's alone.

use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::model::{Deploy, PromotionPath};
use crate::report::BranchStatus;
use crate::store::{Change, RepositoryRow, WorkItem};

/// Of an environment's newest deploys so many may be quoted in comments.
const LOOKED_THROUGH: u32 = 30;

impl EngineContext {
    /// Whether only those who are let see the repository, by what GitHub says now. What is not known is public.
    pub(in crate::engine) async fn is_private(&self, row: &RepositoryRow) -> bool {
        let found = self.api.repository(row.installation, row.id).await;
        found.is_ok_and(|it| it.private)
    }

    /// Has all comments worded anew that quote a log: who can read them may be others now.
    pub(in crate::engine) async fn quoted_anew(&self, row: &RepositoryRow) -> Result<Vec<Change>, WorkError> {
        let path = self.repository_config(row).await?.path;
        let mut changes = Vec::new();
        for environment in &path.environments {
            let newest = self.store.newest_deploys(row.id, &environment.name, LOOKED_THROUGH).await?;
            let quoting = newest.iter().filter(|it| is_of_commerce(&path, it) && it.quotes_its_log());
            let concerned = quoting.flat_map(|it| it.pulls.iter().chain(&it.takes_back));
            changes.extend(concerned.map(|pull| Change::Mark(WorkItem::ChangeStatus(row.id, *pull))));
        }
        Ok(changes)
    }

    /// Takes out of what GitHub is to show whatever logs have said themselves, where everybody can read it.
    pub(in crate::engine) async fn leave_out_logs(
        &self,
        row: &RepositoryRow,
        path: &PromotionPath,
        places: &mut [BranchStatus],
    ) {
        let mut quoting: Vec<&mut Deploy> = places
            .iter_mut()
            .filter_map(|place| place.deploy.as_mut())
            .filter(|deploy| is_of_commerce(path, deploy) && deploy.quotes_its_log())
            .collect();
        if quoting.is_empty() || self.is_private(row).await {
            return;
        }
        for deploy in &mut quoting {
            deploy.leave_out_log();
        }
    }
}

/// Whether a deploy is one of a Commerce project.
pub(in crate::engine) fn is_of_commerce(path: &PromotionPath, deploy: &Deploy) -> bool {
    path.commerce.is_some() || deploy.is_on_platform()
}
