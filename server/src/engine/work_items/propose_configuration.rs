//! The pull request that proposes the configuration of an install report: opened once the operator has asked for it, and
//! for nobody else.

use super::first_free_branch::{names, push_to_first_free};
use super::not_done::NotDone;
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::github::NewPull;
use crate::lineage::Committer;
use crate::model::config::CONFIGURATION_PATH;
use crate::model::{
    AuditEntry, BranchName, Found, InstallReport, ProposedConfiguration, PullNumber, RepositoryId,
};
use crate::report;
use crate::store::{Change, RepositoryRow};

/// What the audit log calls it.
pub(super) const PROPOSES_CONFIGURATION: &str = "propose-configuration";

/// The branch that the file lies on.
const BRANCH: &str = "towpath-configuration";

pub(super) async fn run(ctx: &EngineContext, id: RepositoryId) -> Result<Vec<Change>, WorkError> {
    let row = ctx.active_repository(id).await?;
    let (Some(row), Some(mut report)) = (row, ctx.store.install_report(id).await?) else {
        return Ok(Vec::new());
    };
    let proposed = match Box::pin(Proposal { ctx, row: &row, report: &report }.opened()).await {
        Ok(number) => ProposedConfiguration::Opened(number),
        Err(NotDone::Refused(why)) => ProposedConfiguration::Refused(why.into()),
        Err(NotDone::WorkError(error)) => return Err(error),
    };
    tracing::info!(repository = %id, ?proposed, "the operator has asked for a configuration to be proposed");
    let (pull_request, result) = match &proposed {
        ProposedConfiguration::Opened(number) => (Some(*number), format!("opened #{number}")),
        ProposedConfiguration::Refused(why) => (None, why.clone()),
    };
    let entry = AuditEntry {
        at: ctx.now(),
        actor: "operator".to_owned(),
        role: "operator".to_owned(),
        action: PROPOSES_CONFIGURATION.to_owned(),
        repository: id,
        environment: None,
        pull_request,
        reason: None,
        head: None,
        base: None,
        done: pull_request.is_some(),
        result,
        delivery: None,
    };
    report.proposed = Some(proposed);
    Ok(vec![Change::Audit(Box::new(entry)), Change::InstallReport(id, Some(Box::new(report)))])
}

/// A report whose configuration is to be proposed.
struct Proposal<'a> {
    ctx: &'a EngineContext,
    row: &'a RepositoryRow,
    report: &'a InstallReport,
}

impl Proposal<'_> {
    /// The pull request; one that is open already is found.
    async fn opened(&self) -> Result<PullNumber, NotDone> {
        let Found::Path(path) = &self.report.found else {
            return Err(NotDone::refused("the report has no path to propose"));
        };
        let Some(text) = &path.configuration else {
            return Err(NotDone::refused("the repository needs no configuration"));
        };
        let RepositoryRow { installation, full_name, default_branch, .. } = self.row;
        let no_name = |_| NotDone::refused("its default branch has a name that git cannot have");
        let base = BranchName::new(default_branch.as_str()).map_err(no_name)?;
        let mirror = self.ctx.mirror_to_push(self.row).await?;
        let repository = mirror.fetched(&[]).await?;
        for head in names(BRANCH) {
            if repository.branch(&head).await?.is_none() {
                continue;
            }
            let open = self.ctx.api.open_pull_between(*installation, full_name, (&head, &base)).await?;
            if let Some(open) = open {
                return Ok(open.number);
            }
        }
        let tip = repository.branch(&base).await?;
        let tip = tip.ok_or_else(|| NotDone::refused(format!("there is no branch {base}")))?;
        if repository.file_at(tip, CONFIGURATION_PATH).await?.is_some() {
            return Err(NotDone::refused(format!("{base} has a {CONFIGURATION_PATH} by now")));
        }
        // The same commit comes of it each time, so an attempt that was cut off is gone on with.
        let at = self.report.made_at.to_seconds();
        let committer = Committer::new("Towpath", "towpath@users.noreply.github.com", at);
        let title = report::PROPOSAL_TITLE;
        let said = (title, &committer);
        let commit = repository.with_file(tip, CONFIGURATION_PATH, text.as_bytes(), said).await?;
        let (head, _) = push_to_first_free(&repository, BRANCH, commit).await?;
        let body = report::proposal(self.report, path, text);
        let new = NewPull { head: &head, base: &base, title, body: &body };
        Ok(self.ctx.api.open_pull(*installation, full_name, &new).await?)
    }
}
