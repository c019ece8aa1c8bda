//! What is done for each kind of work item. All of it can be done again at any time with the same result: a work item
//! is something to look at, and no event to handle.
//!
//! | work item | is marked by | does |
//! |---|---|---|
//! | `app` | start, every 15 minutes | asks who we are, compares the installations, asks for failed deliveries again |
//! | `installation` | `installation*` events, `app` | which repositories it covers, and what it does not grant |
//! | `repository` | `installation`, start, `repository`, re-run requests, a first environment's branch | compares open pull requests and refs with what is stored; without environments, the configuration alone |
//! | `configuration` | `push` to the default branch that may touch the file or a workflow, `repository` | reads the file; looks for a workflow on deployments where nobody deploys; marks what it can change |
//! | `install-report` | `installation` | looks at the path of a repository that was not covered before: `install_report` |
//! | `propose-configuration` | the operator | opens one pull request with the configuration of an install report |
//! | `branch` | `push` | writes the ledger; marks the pull requests whose verdict it can alter |
//! | `backfill` | `repository`, itself | reads the line of a branch into the ledger, part by part |
//! | `environment` | `branch`, `deployment_status`, calls back, `workflow-runs`, programs, the operator, the clock | makes deploys, starts the one whose turn it is, follows it, has GitHub show it |
//! | `promotion` | `command`, `branch`, `environment`, `pull-request`, the clock | opens the pull request that promotes an environment, keeps its manifest true, merges it |
//! | `workflow-runs` | `workflow_run` | finds whose deploy it is |
//! | `deployment-protection` | `deployment_protection_rule` | lets a job into an environment, or keeps it out |
//! | `copy` | `branch`, `environment` | moves the copy branch along, or says why not |
//! | `change-status` | `environment` | says in a merged pull request how far it has come |
//! | `pull-request` | `pull_request`, `branch`, `repository`, `stack`, `lock`, `freeze`, overrides, the clock | judges |
//! | `stack` | `pull-request`, `repository` | marks those that stand on it, and those in a stack with it |
//! | `lock` | commands, `pull-request`, the clock | marks those whose verdict rests on a lock |
//! | `freeze` | `configuration`, `repository`, the clock | marks those that are not told of a freeze that has begun or ended |
//! | `active-places` | `command`, `pull-request`, `environment`, `configuration`, `repository`, the clock | gives places beside an environment, and says which are to be freed |
//! | `hotfixes` | commands, `branch`, `pull-request`, `repository` | opens the pull requests of hotfixes and of what carries them back; keeps their accounts |
//! | `merge-group` | `merge_group`, `environment`, `lock`, `freeze` | judges a merge queue's entry |
//! | `config-preview` | `pull-request` | checks a pull request's configuration file and back-tests it |
//! | `command` | `issue_comment`, `pull_request_review`, `pull_request_review_comment`, `environment`, `pull-request` | carries out the commands of a comment, reacts and replies |
//! | `reviews` | `pull_request_review`, `command`, `configuration`, `repository`, `pull-request` | takes approving reviews of a promotion for sign-offs, and back |
//! | `button` | `check_run` | retargets or rebuilds, once, for who may write |
//! | `branch-rewrite` | `branch`, `repository` | tells whether *Rebase stack* has rewritten an environment's branch |
//! | `check`, `comment`, `active-comment`, `hotfix-comment`, `reply`, `manifest`, `copy-check`, `alarm`, `branch-alarm` | `pull-request`, `merge-group`, `config-preview`, `button`, `command`, `promotion`, `copy`, `branch-rewrite` | makes GitHub agree |
//!
//! Open first: `pull_request.rs`. `effect.rs` makes GitHub agree; `environment` has the deploys.

mod active_places;
mod affected_pull_requests;
mod aim;
mod app;
mod applied_check;
mod attested;
mod back_test;
mod backfill;
mod branch;
mod branch_rewrite;
mod button;
mod change_status;
pub(super) mod command;
mod commented_on;
mod config_change;
mod config_preview;
mod configuration;
mod copy;
mod decisions;
mod deployment_protection;
mod desired_check_run;
mod desired_manifest;
mod effect;
mod environment;
mod first_free_branch;
mod freeze;
mod hotfix_standing;
mod hotfixes;
pub(super) mod install_report;
mod installation;
mod introduction;
mod lock;
mod merge_group;
mod not_done;
mod open_promotions;
mod owed_hotfixes;
mod pending_deliveries;
mod promotion;
mod promotion_source;
mod propose_configuration;
mod pull_request;
mod pull_request_acts;
mod recheck;
mod renewal;
mod repository;
mod reviews;
mod stack;
mod too_old;
mod waiting_commands;
mod workflow_runs;

use super::context::EngineContext;
use super::work_error::WorkError;
use crate::store::{Change, Lease, WorkItem};

/// Whether all that comes of it is shown by GitHub, so that nothing does while GitHub answers nobody. Of the kinds like that
/// these are many: each would keep a worker until its call is too late, and others with it.
pub(super) fn is_vain_without_github(item: &WorkItem) -> bool {
    matches!(item, WorkItem::PullRequest(..) | WorkItem::Check(..) | WorkItem::Comment(..))
}

/// Works on a work item; the answer is what is to be stored.
pub(super) async fn run(ctx: &EngineContext, lease: &Lease) -> Result<Vec<Change>, WorkError> {
    match &lease.item {
        WorkItem::App => app::run(ctx, &lease.item).await,
        WorkItem::Installation(id) => installation::run(ctx, &lease.item, *id).await,
        WorkItem::Repository(id) => repository::run(ctx, &lease.item, *id).await,
        WorkItem::Configuration(id) => configuration::run(ctx, *id).await,
        WorkItem::InstallReport(id) => install_report::run(ctx, *id).await,
        WorkItem::ProposeConfiguration(id) => propose_configuration::run(ctx, *id).await,
        WorkItem::ConfigPreview(id, number) => config_preview::run(ctx, *id, *number).await,
        WorkItem::Branch(id, branch) => branch::run(ctx, &lease.item, *id, branch).await,
        WorkItem::Backfill(id, branch) => backfill::run(ctx, *id, branch).await,
        WorkItem::Environment(id, name) => Box::pin(environment::run(ctx, lease, *id, name)).await,
        WorkItem::Promotion(id, name) => promotion::run(ctx, lease, *id, name).await,
        WorkItem::WorkflowRuns(id) => workflow_runs::run(ctx, &lease.item, *id).await,
        WorkItem::DeploymentProtection(id, run, name) => {
            deployment_protection::run(ctx, lease, *id, *run, name).await
        }
        WorkItem::ChangeStatus(id, number) => change_status::run(ctx, *id, *number).await,
        WorkItem::Copy(id) => copy::run(ctx, *id).await,
        WorkItem::BranchRewrite(id, branch) => branch_rewrite::run(ctx, *id, branch).await,
        WorkItem::MergeGroup(id, head, base) => merge_group::run(ctx, &lease.item, *id, *head, base).await,
        WorkItem::Button(id, check) => button::run(ctx, &lease.item, *id, *check).await,
        WorkItem::PullRequest(id, number) => {
            Box::pin(pull_request::run(ctx, &lease.item, *id, *number)).await
        }
        WorkItem::Stack(id, number) => stack::run(ctx, *id, *number).await,
        WorkItem::Command(id, number, comment) => command::run(ctx, lease, *id, *number, *comment).await,
        WorkItem::Reviews(id, number) => reviews::run(ctx, &lease.item, *id, *number).await,
        WorkItem::Lock(id, name) => lock::run(ctx, &lease.item, *id, name).await,
        WorkItem::Freeze(id, name) => freeze::run(ctx, &lease.item, *id, name).await,
        WorkItem::ActivePlaces(id, name) => active_places::run(ctx, &lease.item, *id, name).await,
        WorkItem::Hotfixes(id) => Box::pin(hotfixes::run(ctx, lease, *id)).await,
        WorkItem::Check(id, ..)
        | WorkItem::ConfigurationCheck(id, _)
        | WorkItem::CopyCheck(id, _)
        | WorkItem::Alarm(id)
        | WorkItem::BranchAlarm(id, _)
        | WorkItem::Comment(id, _)
        | WorkItem::ActiveComment(id, _)
        | WorkItem::HotfixComment(id, _)
        | WorkItem::Manifest(id, _)
        | WorkItem::Reply(id, ..) => effect::run(ctx, lease, *id).await,
    }
}
