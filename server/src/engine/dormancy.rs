//! Whether anybody deploys a repository: while nobody does and nobody said that somebody would, Deployments are made
//! for nothing.
//!
//! This is worked out anew each time, from what was ever seen in the repository (firsts are stored for ever) and from
//! the configuration and workflows as they are. So nothing has to be taken back when somebody comes after all.

use super::context::EngineContext;
use super::work_error::WorkError;
use crate::github::ApiError;
use crate::github::events::WORKFLOWS;
use crate::model::{PromotionPath, runs_on_deployments};
use crate::store::{Change, DeployActivity, RepositoryRow, StoreError};

/// So many of the newest Deployments are looked at for words of others.
const LOOKED_AT: usize = 10;

/// So many workflows are read.
const WORKFLOWS_AT_MOST: usize = 50;

/// Whether nobody is known to deploy, and no configuration says who would.
pub(super) fn nobody_deploys(activity: &DeployActivity, path: &PromotionPath) -> bool {
    activity.reported_at.is_none()
        && activity.taken_up_at.is_none()
        && activity.workflow.is_none()
        && path.environments.iter().all(|it| !it.deploy.driver_is_written)
}

/// Whether Deployments were found to be made for nobody, and nothing has changed about that.
pub(super) fn is_dormant(activity: &DeployActivity, path: &PromotionPath) -> bool {
    let found = activity.dormant_at.is_some_and(|at| activity.woken_at.is_none_or(|woken| woken < at));
    found && nobody_deploys(activity, path)
}

impl EngineContext {
    /// The same for who asks about a repository as it is now. The operator's programs are somebody who deploys.
    pub(super) async fn is_dormant(
        &self,
        row: &RepositoryRow,
        path: &PromotionPath,
    ) -> Result<bool, StoreError> {
        let activity = self.store.deploy_activity(row.id).await?;
        Ok(is_dormant(&activity, path) && !self.has_any_programs(row, path))
    }

    /// Whether the operator deploys any environment of the path by programs.
    pub(super) fn has_any_programs(&self, row: &RepositoryRow, path: &PromotionPath) -> bool {
        path.environments.iter().any(|environment| self.drivers.has_programs(row, environment))
    }

    /// What GitHub remembers of those who deployed before anybody listened: bounded, and asked once.
    pub(super) async fn earlier_activity(&self, row: &RepositoryRow) -> Result<DeployActivity, WorkError> {
        let (installation, name, now) = (row.installation, &row.full_name, self.now());
        let mut found = DeployActivity { asked_at: Some(now), ..DeployActivity::default() };
        let mut made = self.api.newest_deployments(installation, name).await?;
        // Those of Towpath's tell most.
        made.sort_by_key(|it| !is_towpaths(&it.payload));
        for deployment in made.iter().take(LOOKED_AT) {
            let said = self.api.deployment_statuses(installation, name, deployment.id).await?;
            if said.iter().any(|status| self.api.was_said_by_others(deployment, status)) {
                found.reported_at = Some(now);
                if is_towpaths(&deployment.payload) {
                    found.taken_up_at = Some(now);
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Looks for a workflow of the default branch that runs on Deployments, where the folder is not as it was seen last.
    pub(super) async fn look_for_workflow(
        &self,
        row: &RepositoryRow,
        known: &DeployActivity,
    ) -> Result<Option<Change>, WorkError> {
        let (installation, name, branch) = (row.installation, &row.full_name, &row.default_branch);
        let (parent, folder) = WORKFLOWS.trim_end_matches('/').split_once('/').unwrap_or_default();
        let above = match self.api.folder(installation, name, parent, branch).await {
            Ok(entries) => entries,
            Err(ApiError::NotFound { .. }) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let seen = above.into_iter().find(|it| it.kind == "dir" && it.name == folder).map(|it| it.sha);
        let seen = seen.unwrap_or_default();
        if known.workflows_seen.as_ref() == Some(&seen) {
            return Ok(None);
        }
        let files = if seen.is_empty() {
            Vec::new()
        } else {
            self.api.folder(installation, name, WORKFLOWS.trim_end_matches('/'), branch).await?
        };
        let is_workflow = |name: &str| {
            let path = std::path::Path::new(name);
            path.extension()
                .is_some_and(|it| it.eq_ignore_ascii_case("yml") || it.eq_ignore_ascii_case("yaml"))
        };
        let files = files.iter().filter(|it| it.kind == "file" && is_workflow(&it.name));
        let mut workflow = None;
        for file in files.take(WORKFLOWS_AT_MOST) {
            let path = format!("{WORKFLOWS}{}", file.name);
            let text = match self.api.file(installation, name, &path, Some(branch)).await {
                Ok(text) => text,
                // It was taken away meanwhile; the push that did so is looked at by itself.
                Err(ApiError::NotFound { .. }) => continue,
                Err(error) => return Err(error.into()),
            };
            if runs_on_deployments(&String::from_utf8_lossy(&text)) {
                workflow = Some(file.name.clone());
                break;
            }
        }
        Ok(Some(Change::DeployWorkflow(row.id, workflow, seen)))
    }
}

/// Whether a Deployment's payload is one of Towpath's.
fn is_towpaths(payload: &serde_json::Value) -> bool {
    payload["towpath"] == 1 && payload["deploy"].is_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UnixMillis;

    #[test]
    fn it_rests_only_while_nothing_says_that_anybody_deploys() {
        let found = DeployActivity { dormant_at: Some(UnixMillis(10)), ..DeployActivity::default() };
        let dormant = |activity: DeployActivity| is_dormant(&activity, &PromotionPath::pro());
        assert!(!dormant(DeployActivity::default()));
        assert!(dormant(found.clone()));
        assert!(dormant(DeployActivity { woken_at: Some(UnixMillis(9)), ..found.clone() }));
        assert!(!dormant(DeployActivity { woken_at: Some(UnixMillis(10)), ..found.clone() }));
        assert!(!dormant(DeployActivity { reported_at: Some(UnixMillis(1)), ..found.clone() }));
        assert!(!dormant(DeployActivity { taken_up_at: Some(UnixMillis(1)), ..found.clone() }));
        assert!(!dormant(DeployActivity { workflow: Some("ship.yml".to_owned()), ..found.clone() }));
        let mut path = PromotionPath::pro();
        path.environments[2].deploy.driver_is_written = true;
        assert!(!is_dormant(&found, &path));
    }
}
