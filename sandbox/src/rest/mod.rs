//! REST as GitHub speaks it: one file for each family of endpoints, on top of the acts and the model.
//!
//! Does not live here: decisions about pull requests, git, JSON shapes.
//!
//! Open first: this file, for the routes; `door.rs` is what every call passes.

mod actions;
mod apps;
mod async_merges;
mod auth;
mod call;
mod checks;
mod comments;
mod commits;
mod deliveries;
mod deployments;
mod door;
mod environments;
mod installations;
mod issues;
mod line_comments;
mod paging;
mod pulls;
mod reactions;
mod refs;
mod repositories;
mod reviews;
mod rules;
mod stacks;
mod teams;

use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{delete, get, patch, post, put};

pub(crate) use auth::{Caller, caller, installation_token};
pub(crate) use call::{Answer, Call, Reply};
pub(crate) use door::{Dropped, Route, handle, hold_answer, is_rest, planted, wait};

use crate::Refused;
use crate::hub::Hub;

/// All endpoints.
pub(crate) fn router() -> Router<Arc<Hub>> {
    Router::new()
        .merge(app_routes())
        .merge(repository_routes())
        .merge(deployment_routes())
        .merge(action_routes())
        .merge(issue_routes())
        .merge(pull_routes())
        .merge(review_routes())
        .merge(stack_routes())
        .route("/orgs/{org}/teams/{team}/members", get(teams::members))
        .route("/orgs/{org}/teams/{team}/memberships/{login}", get(teams::membership))
        .route("/rate_limit", get(apps::rate_limit))
        .route("/meta", get(apps::meta))
        .fallback(async |_: Call| -> Answer { Err(Refused::not_found()) })
        .route_layer(from_fn(remember_route))
}

fn app_routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/app", get(apps::show))
        .route("/app/installations", get(installations::list))
        .route("/app/installations/{id}", get(installations::show))
        .route("/app/installations/{id}/access_tokens", post(installations::issue_token))
        .route("/app-manifests/{code}/conversions", post(apps::convert_manifest))
        .route("/app/hook/config", get(apps::hook_config).patch(apps::update_hook_config))
        .route("/app/hook/deliveries", get(deliveries::list))
        .route("/app/hook/deliveries/{id}", get(deliveries::show))
        .route("/app/hook/deliveries/{id}/attempts", post(deliveries::redeliver))
        .route("/installation/repositories", get(installations::repositories))
        .route("/repos/{owner}/{repo}/installation", get(installations::of_repository))
}

fn repository_routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/repos/{owner}/{repo}", get(repositories::show).patch(repositories::change))
        .route("/repos/{owner}/{repo}/environments", get(environments::list))
        .route(
            "/repos/{owner}/{repo}/environments/{environment}/deployment_protection_rules",
            get(environments::protection_rules),
        )
        .route("/repos/{owner}/{repo}/branches", get(repositories::branches))
        .route("/repos/{owner}/{repo}/branches/{*branch}", get(repositories::branch))
        .route("/repos/{owner}/{repo}/rules/branches/{*branch}", get(rules::of_branch))
        .route("/repos/{owner}/{repo}/rulesets", get(rules::list).post(rules::create))
        .route("/repos/{owner}/{repo}/rulesets/{ruleset}", get(rules::show).put(rules::change))
        .route("/repos/{owner}/{repo}/collaborators/{login}", get(repositories::collaborator))
        .route("/repos/{owner}/{repo}/collaborators/{login}/permission", get(repositories::permission))
        .route("/repos/{owner}/{repo}/git/refs", post(refs::create))
        .route("/repos/{owner}/{repo}/git/ref/{*name}", get(refs::show))
        .route("/repos/{owner}/{repo}/git/matching-refs/{*name}", get(refs::matching))
        .route("/repos/{owner}/{repo}/git/refs/{*name}", patch(refs::update).delete(refs::delete))
        .route("/repos/{owner}/{repo}/commits/{sha}", get(commits::show))
        .route("/repos/{owner}/{repo}/commits/{sha}/check-runs", get(checks::list))
        .route("/repos/{owner}/{repo}/commits/{sha}/pulls", get(commits::pulls))
        .route("/repos/{owner}/{repo}/contents/{*path}", get(commits::contents))
        .route("/repos/{owner}/{repo}/check-runs", post(checks::create))
        .route("/repos/{owner}/{repo}/check-runs/{id}", get(checks::show).patch(checks::update))
        .route("/repos/{owner}/{repo}/check-runs/{id}/annotations", get(checks::annotations))
        .route("/repos/{owner}/{repo}/check-suites/{id}", get(checks::suite))
}

fn deployment_routes() -> Router<Arc<Hub>> {
    let statuses = get(deployments::statuses).post(deployments::report);
    Router::new()
        .route("/repos/{owner}/{repo}/deployments", get(deployments::list).post(deployments::create))
        .route("/repos/{owner}/{repo}/deployments/{id}", get(deployments::show))
        .route("/repos/{owner}/{repo}/deployments/{id}/statuses", statuses)
        .route("/repos/{owner}/{repo}/deployments/{id}/statuses/{status}", get(deployments::status))
}

fn action_routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/repos/{owner}/{repo}/actions/workflows/{workflow}/dispatches", post(actions::dispatch))
        .route("/repos/{owner}/{repo}/actions/workflows/{workflow}/runs", get(actions::list))
        .route("/repos/{owner}/{repo}/actions/runs/{run}", get(actions::show))
        .route("/repos/{owner}/{repo}/actions/runs/{run}/jobs", get(actions::list_jobs))
        .route("/repos/{owner}/{repo}/actions/jobs/{job}/logs", get(actions::job_log))
        .route("/repos/{owner}/{repo}/actions/runs/{run}/cancel", post(actions::cancel))
        .route("/repos/{owner}/{repo}/actions/runs/{run}/deployment_protection_rule", post(actions::review))
}

fn issue_routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/repos/{owner}/{repo}/issues", get(issues::list).post(issues::create))
        .route("/repos/{owner}/{repo}/issues/{number}", get(issues::show).patch(issues::update))
        .route("/repos/{owner}/{repo}/issues/{number}/lock", put(comments::lock).delete(comments::unlock))
        .route("/repos/{owner}/{repo}/issues/{number}/comments", get(comments::list).post(comments::create))
        .route(
            "/repos/{owner}/{repo}/issues/comments/{id}",
            get(comments::show).patch(comments::update).delete(comments::delete),
        )
        .route(
            "/repos/{owner}/{repo}/issues/comments/{id}/reactions",
            get(reactions::list).post(reactions::add),
        )
        .route("/repos/{owner}/{repo}/issues/comments/{id}/reactions/{reaction}", delete(reactions::remove))
}

fn pull_routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/repos/{owner}/{repo}/pulls", get(pulls::list).post(pulls::create))
        .route("/repos/{owner}/{repo}/pulls/{number}", get(pulls::show).patch(pulls::update))
        .route("/repos/{owner}/{repo}/pulls/{number}/merge", put(pulls::merge))
        .route("/repos/{owner}/{repo}/pulls/{number}/merge-async", put(async_merges::request))
        .route("/repos/{owner}/{repo}/pulls/{number}/merge-async/{uuid}", get(async_merges::result))
        .route("/repos/{owner}/{repo}/pulls/{number}/commits", get(pulls::commits))
}

fn review_routes() -> Router<Arc<Hub>> {
    let comment = get(line_comments::show).patch(line_comments::update).delete(line_comments::delete);
    let reactions = get(reactions::list_on_line).post(reactions::add_on_line);
    Router::new()
        .route("/repos/{owner}/{repo}/pulls/{number}/reviews", get(reviews::list).post(reviews::create))
        .route("/repos/{owner}/{repo}/pulls/{number}/reviews/{review}", get(reviews::show))
        .route("/repos/{owner}/{repo}/pulls/{number}/reviews/{review}/dismissals", put(reviews::dismiss))
        .route(
            "/repos/{owner}/{repo}/pulls/{number}/comments",
            get(line_comments::list).post(line_comments::create),
        )
        .route("/repos/{owner}/{repo}/pulls/{number}/comments/{id}/replies", post(line_comments::reply))
        .route("/repos/{owner}/{repo}/pulls/comments/{id}", comment)
        .route("/repos/{owner}/{repo}/pulls/comments/{id}/reactions", reactions)
        .route(
            "/repos/{owner}/{repo}/pulls/comments/{id}/reactions/{reaction}",
            delete(reactions::remove_on_line),
        )
}

fn stack_routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/repos/{owner}/{repo}/stacks", get(stacks::list).post(stacks::create))
        .route("/repos/{owner}/{repo}/stacks/{number}", get(stacks::show))
        .route("/repos/{owner}/{repo}/stacks/{number}/add", post(stacks::add))
        .route("/repos/{owner}/{repo}/stacks/{number}/unstack", post(stacks::unstack))
}

/// Tells the door which route answered, for the counts.
async fn remember_route(matched: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(matched) = matched {
        response.extensions_mut().insert(Route(matched.as_str().to_owned()));
    }
    response
}
