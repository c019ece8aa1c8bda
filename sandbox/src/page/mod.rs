//! A plain web page on the stand-in, so that it can be tried by hand: look at pull requests, checks and comments;
//! comment, commit, merge.
//!
//! `view` turns view structs into markup, `show` and `conversation` fill them from the model, `act` takes the forms to the same acts
//! that REST and the verbs use, so that the same webhooks leave; `door` keeps other sites' forms out; `markdown` makes
//! strangers' texts harmless.
//!
//! `apps` is where an app is found and installed, `registration` is where another site sends a browser with the manifest of an app.
//!
//! `storage` is where logs of jobs lie.
//!
//! Does not live here: rules of GitHub. The model says what may be merged.

mod act;
mod apps;
mod conversation;
mod door;
mod markdown;
mod registration;
mod show;
mod storage;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};

use crate::hub::Hub;

/// The pages and their forms.
pub(crate) fn router() -> Router<Arc<Hub>> {
    Router::new()
        .route("/", get(show::home))
        .route("/deliveries", get(show::deliveries))
        .route("/deliveries/{id}/redeliver", post(act::redeliver))
        .route("/settings/apps", post(registration::create_own))
        .route("/settings/apps/new", post(registration::ask_own))
        .route("/organizations/{organization}/settings/apps", post(registration::create))
        .route("/organizations/{organization}/settings/apps/new", post(registration::ask))
        .route("/settings/installations/{id}", get(apps::installation))
        .route("/job-logs/{key}", get(storage::job_log))
        .route("/apps/{slug}", get(apps::show))
        .route("/apps/{slug}/installations", post(apps::install))
        .route("/apps/{slug}/installations/new", get(apps::new_installation))
        .route("/{owner}", get(apps::account))
        .route("/{owner}/{repo}", get(show::repository))
        .route("/{owner}/{repo}/commits", post(act::commit))
        .route("/{owner}/{repo}/commit/{sha}", get(show::commit))
        .route("/{owner}/{repo}/pulls", post(act::open))
        .route("/{owner}/{repo}/pulls/new", get(show::new_pull))
        .route("/{owner}/{repo}/pull/{number}", get(show::pull))
        .route("/{owner}/{repo}/pull/{number}/comments", post(act::comment))
        .route("/{owner}/{repo}/pull/{number}/merge", post(act::merge))
        .route("/{owner}/{repo}/pull/{number}/close", post(act::close))
        .route("/{owner}/{repo}/pull/{number}/reopen", post(act::reopen))
        .route("/{owner}/{repo}/pull/{number}/retarget", post(act::retarget))
        .route("/{owner}/{repo}/pull/{number}/checks/{id}", post(act::check))
        .route("/{owner}/{repo}/issues/{number}", get(show::issue))
        .route("/{owner}/{repo}/issues/{number}/comments", post(act::comment_on_issue))
        .route("/{owner}/{repo}/issues/{number}/close", post(act::close_issue))
        .route("/{owner}/{repo}/issues/{number}/reopen", post(act::reopen_issue))
        .fallback(door::nothing)
        .layer(from_fn(door::guard))
}
