//! What is done for each kind of work item. All of it can be done again at any time with the same result.

mod affected_pull_requests;
mod aim;
mod app;
mod backfill;
mod branch;
mod branch_rewrite;
mod button;
mod change_status;
mod config_change;
mod config_preview;
mod configuration;
mod copy;
mod deployment_protection;
mod desired_check_run;
mod effect;
mod environment;
mod installation;
mod introduction;
mod merge_group;
mod pending_deliveries;
mod pull_request;
mod recheck;
mod repository;
mod stack;
mod withdrawal;
mod workflow_runs;

use super::context::EngineContext;
use super::work_error::WorkError;
use crate::store::{Change, Lease, WorkItem};

/// Works on a work item; the answer is what is to be stored.
pub(super) async fn run(ctx: &EngineContext, lease: &Lease) -> Result<Vec<Change>, WorkError> {
    match &lease.item {
        WorkItem::App => app::run(ctx, &lease.item).await,
        WorkItem::Installation(id) => installation::run(ctx, &lease.item, *id).await,
        WorkItem::Repository(id) => repository::run(ctx, &lease.item, *id).await,
        WorkItem::Configuration(id) => configuration::run(ctx, *id).await,
        WorkItem::ConfigPreview(id, number) => config_preview::run(ctx, *id, *number).await,
        WorkItem::Branch(id, branch) => branch::run(ctx, &lease.item, *id, branch).await,
        WorkItem::Backfill(id, branch) => backfill::run(ctx, *id, branch).await,
        WorkItem::Environment(id, name) => environment::run(ctx, lease, *id, name).await,
        WorkItem::WorkflowRuns(id) => workflow_runs::run(ctx, &lease.item, *id).await,
        WorkItem::DeploymentProtection(id, run, name) => {
            deployment_protection::run(ctx, lease, *id, *run, name).await
        }
        WorkItem::ChangeStatus(id, number) => change_status::run(ctx, *id, *number).await,
        WorkItem::Copy(id) => copy::run(ctx, *id).await,
        WorkItem::BranchRewrite(id, branch) => branch_rewrite::run(ctx, *id, branch).await,
        WorkItem::MergeGroup(id, head, base) => merge_group::run(ctx, &lease.item, *id, *head, base).await,
        WorkItem::Button(id, check) => button::run(ctx, &lease.item, *id, *check).await,
        WorkItem::PullRequest(id, number) => pull_request::run(ctx, &lease.item, *id, *number).await,
        WorkItem::Stack(id, number) => stack::run(ctx, *id, *number).await,
        WorkItem::Check(id, ..)
        | WorkItem::ConfigurationCheck(id, _)
        | WorkItem::CopyCheck(id, _)
        | WorkItem::Alarm(id)
        | WorkItem::BranchAlarm(id, _)
        | WorkItem::Comment(id, _) => effect::run(ctx, lease, *id).await,
    }
}
