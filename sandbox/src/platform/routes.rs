//! What the API answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Form, Json, Router};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::{Value, json};

use super::hub::Hub;
use super::world::{ActivityState, Grant, Project, Role, World};
use super::{certifier, code, handles, logs, shape};

type Here = State<Arc<Hub>>;
type Asker = Extension<Grant>;

pub(super) fn router() -> Router<Arc<Hub>> {
    let environment = "/api/projects/{project}/environments/{environment}";
    let activity = "/api/projects/{project}/activities/{activity}";
    let noted = post(|| async { refused(StatusCode::BAD_REQUEST, "This act is not played.") });
    let mut router = Router::new()
        .route("/oauth2/token", post(token))
        .route("/ssh", post(certificate))
        .route("/me", get(me))
        .route("/api/projects/{project}", get(project))
        .route("/projects/{project}", get(project))
        .route("/api/projects/{project}/environments", get(environments))
        .route(environment, get(one_environment).delete(|| async { StatusCode::BAD_REQUEST }))
        .route(&format!("{environment}/redeploy"), post(redeploy))
        .route(&format!("{environment}/activities"), get(environment_activities))
        .route(&format!("{environment}/deployments/current"), get(deployment))
        .route("/api/projects/{project}/activities", get(activities))
        .route(activity, get(one_activity))
        .route(&format!("{activity}/log"), get(log))
        .route(&format!("{activity}/cancel"), post(cancel))
        .route("/api/projects/{project}/integrations", get(integrations))
        .route("/api/projects/{project}/git/refs", get(refs))
        .route("/api/projects/{project}/git/commits/{commit}", get(commit));
    for act in ["merge", "synchronize", "deactivate", "activate"] {
        router = router.route(&format!("{environment}/{act}"), noted.clone());
    }
    router
}

/// Why something is not answered.
struct Refusal(StatusCode, &'static str);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self(status, message) = self;
        (status, Json(json!({ "code": status.as_u16(), "message": message }))).into_response()
    }
}

fn refused(status: StatusCode, message: &'static str) -> Response {
    Refusal(status, message).into_response()
}

const MISSING: Refusal = Refusal(StatusCode::NOT_FOUND, "Not found.");

/// What is asked about a project by somebody who may see it.
fn seen<T>(
    hub: &Hub,
    grant: &Grant,
    project: &str,
    look: impl FnOnce(&Project, Role) -> Option<T>,
) -> Result<T, Refusal> {
    if !grant.projects.iter().any(|id| id == project) {
        return Err(Refusal(StatusCode::FORBIDDEN, "You have no access to this project."));
    }
    hub.with(|world| look(world.project(project)?, grant.role)).ok_or(MISSING)
}

#[derive(Deserialize)]
struct TokenForm {
    grant_type: String,
    #[serde(default)]
    api_token: String,
}

async fn token(State(hub): Here, Form(form): Form<TokenForm>) -> Response {
    let exchanged = (form.grant_type == "api_token").then_some(form.api_token);
    let exchanged = exchanged.and_then(|token| hub.with(|world| world.exchange(&token)));
    if let Some((token, life)) = exchanged {
        return Json(json!({ "access_token": token, "expires_in": life, "token_type": "bearer" }))
            .into_response();
    }
    let body = json!({ "error": "invalid_grant", "error_description": "Invalid API token." });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

#[derive(Deserialize)]
struct PublicKey {
    key: String,
}

async fn certificate(
    State(hub): Here,
    Extension(grant): Asker,
    Json(PublicKey { key }): Json<PublicKey>,
) -> Response {
    match certifier::sign(&hub, &grant, &key).await {
        Ok(certificate) => Json(json!({ "certificate": certificate })).into_response(),
        Err(refused) => refused.into_response(),
    }
}

async fn me(State(hub): Here, Extension(grant): Asker) -> Json<Value> {
    let projects: Vec<Value> = hub.with(|world: &mut World| {
        let mine = world.projects.iter().filter(|it| grant.projects.contains(&it.id));
        mine.map(|it| shape::project(&hub.url, it, grant.role)).collect()
    });
    Json(json!({ "id": "machine-user", "display_name": "Machine user", "projects": projects }))
}

async fn project(State(hub): Here, Extension(grant): Asker, Path(id): Path<String>) -> Response {
    let found = seen(&hub, &grant, &id, |project, role| Some(shape::project(&hub.url, project, role)));
    found.map_or_else(IntoResponse::into_response, |it| Json(it).into_response())
}

async fn environments(State(hub): Here, Extension(grant): Asker, Path(id): Path<String>) -> Response {
    let found = seen(&hub, &grant, &id, |project, role| {
        let all = project.environments.iter();
        Some(all.map(|it| shape::environment(&hub.url, project, it, role)).collect::<Vec<_>>())
    });
    found.map_or_else(IntoResponse::into_response, |it| Json(it).into_response())
}

async fn one_environment(
    State(hub): Here,
    Extension(grant): Asker,
    Path((id, environment)): Path<(String, String)>,
) -> Response {
    let found = seen(&hub, &grant, &id, |project, role| {
        Some(shape::environment(&hub.url, project, project.environment(&environment)?, role))
    });
    found.map_or_else(IntoResponse::into_response, |it| Json(it).into_response())
}

async fn deployment(
    State(hub): Here,
    Extension(grant): Asker,
    Path((id, environment)): Path<(String, String)>,
) -> Response {
    let found = seen(&hub, &grant, &id, |project, _| {
        shape::deployment(&hub.url, project, project.environment(&environment)?)
    });
    found.map_or_else(IntoResponse::into_response, |it| Json(it).into_response())
}

/// Of which activities a list is asked for: `type`, `state` and `result` may be named more than once.
fn listed(project: &Project, role: Role, environment: Option<&str>, query: &str, url: &str) -> Vec<Value> {
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs: Vec<(String, String)> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name).replace("[]", ""), decoded(value)))
        .collect();
    let named = |name: &str, value: &str| {
        let mut wanted = pairs.iter().filter(|(it, _)| it == name).peekable();
        wanted.peek().is_none() || wanted.any(|(_, it)| it == value)
    };
    let count = pairs.iter().find(|(name, _)| name == "count").and_then(|(_, it)| it.parse().ok());
    let all = project.activities.iter().rev();
    let fits = all.filter(|it| {
        (environment.is_none() || it.environment.as_deref() == environment)
            && named("type", &it.kind)
            && named("state", it.state.as_str())
            && named("result", it.result.unwrap_or_default())
    });
    fits.take(count.unwrap_or(10)).map(|it| shape::activity(url, project, it, role)).collect()
}

async fn activities(
    State(hub): Here,
    Extension(grant): Asker,
    Path(id): Path<String>,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let found = seen(&hub, &grant, &id, |project, role| Some(listed(project, role, None, &query, &hub.url)));
    found.map_or_else(IntoResponse::into_response, |it| Json(it).into_response())
}

async fn environment_activities(
    State(hub): Here,
    Extension(grant): Asker,
    Path((id, environment)): Path<(String, String)>,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let found = seen(&hub, &grant, &id, |project, role| {
        project.environment(&environment)?;
        Some(listed(project, role, Some(&environment), &query, &hub.url))
    });
    found.map_or_else(IntoResponse::into_response, |it| Json(it).into_response())
}

async fn one_activity(
    State(hub): Here,
    Extension(grant): Asker,
    Path((id, activity)): Path<(String, String)>,
) -> Response {
    let found = seen(&hub, &grant, &id, |project, role| {
        Some(shape::activity(&hub.url, project, project.activity(&activity)?, role))
    });
    found.map_or_else(IntoResponse::into_response, |it| Json(it).into_response())
}

#[derive(Deserialize)]
struct LogQuery {
    #[serde(default)]
    start_at: usize,
    /// How long to wait for more; -1 for as long as it takes.
    #[serde(default)]
    max_delay: i64,
}

async fn log(
    State(hub): Here,
    Extension(grant): Asker,
    Path((id, activity)): Path<(String, String)>,
    Query(query): Query<LogQuery>,
) -> Response {
    let known = seen(&hub, &grant, &id, |project, _| project.activity(&activity).map(|_| ()));
    if let Err(refused) = known {
        return refused.into_response();
    }
    let body = if query.max_delay < 0 {
        Body::new(logs::followed(&hub, (id, activity), query.start_at))
    } else {
        Body::from(logs::so_far(&hub, (&id, &activity), query.start_at).unwrap_or_default())
    };
    ([(CONTENT_TYPE, "application/x-ndjson")], body).into_response()
}

async fn cancel(
    State(hub): Here,
    Extension(grant): Asker,
    Path((id, activity)): Path<(String, String)>,
) -> Response {
    if grant.role < Role::Contributor {
        return refused(StatusCode::FORBIDDEN, "You may not do that.");
    }
    let cancelled = hub.with(|world| {
        let now = world.now;
        let found = world.project_mut(&id)?.activity_mut(&activity)?;
        let may = found.can_be_cancelled();
        if may {
            found.state = ActivityState::Cancelled;
            (found.result, found.completed_at, found.updated_at) = (Some("failure"), Some(now), now);
        }
        Some(may)
    });
    match cancelled {
        None => MISSING.into_response(),
        Some(false) => refused(StatusCode::BAD_REQUEST, "The activity cannot be cancelled."),
        Some(true) => {
            hub.logged.notify_waiters();
            accepted(&[])
        }
    }
}

fn accepted(activities: &[Value]) -> Response {
    let body = json!({ "status": "Accepted", "code": 202, "_embedded": { "activities": activities } });
    (StatusCode::ACCEPTED, Json(body)).into_response()
}

async fn redeploy(
    State(hub): Here,
    Extension(grant): Asker,
    Path((id, environment)): Path<(String, String)>,
    _: Bytes,
) -> Response {
    if grant.role < Role::Contributor || !grant.projects.contains(&id) {
        return refused(StatusCode::FORBIDDEN, "You may not do that.");
    }
    let begun = handles::begin_redeploy(&hub, &id, &environment).await;
    let shown = begun.and_then(|activity| {
        hub.with(|world| {
            let project = world.project(&id)?;
            Some(shape::activity(&hub.url, project, project.activity(&activity)?, grant.role))
        })
    });
    shown.map_or_else(
        || refused(StatusCode::BAD_REQUEST, "The environment is busy or not active."),
        |it| accepted(&[it]),
    )
}

async fn integrations(State(hub): Here, Extension(grant): Asker, Path(id): Path<String>) -> Response {
    if grant.role < Role::Admin {
        return refused(StatusCode::FORBIDDEN, "You may not see the integrations.");
    }
    let found = seen(&hub, &grant, &id, |project, _| {
        let own = project.integration.iter();
        Some(own.map(|it| shape::integration(&hub.url, project, it)).collect::<Vec<_>>())
    });
    found.map_or_else(IntoResponse::into_response, |it| Json(it).into_response())
}

async fn refs(State(hub): Here, Extension(grant): Asker, Path(id): Path<String>) -> Response {
    let number = match seen(&hub, &grant, &id, |project, _| Some(project.number)) {
        Ok(number) => number,
        Err(refused) => return refused.into_response(),
    };
    let refs: BTreeMap<String, String> = hub.git.refs(number).await.unwrap_or_default();
    let shown: Vec<Value> = refs
        .iter()
        .map(|(name, sha)| json!({ "id": name.trim_start_matches("refs/"), "ref": name, "object": { "type": "commit", "sha": sha } }))
        .collect();
    Json(shown).into_response()
}

async fn commit(
    State(hub): Here,
    Extension(grant): Asker,
    Path((id, sha)): Path<(String, String)>,
) -> Response {
    let number = match seen(&hub, &grant, &id, |project, _| Some(project.number)) {
        Ok(number) => number,
        Err(refused) => return refused.into_response(),
    };
    match code::commit(&hub.git, number, &sha).await {
        Some((tree, parents, message)) => {
            let shown =
                json!({ "id": sha, "sha": sha, "tree": tree, "parents": parents, "message": message });
            Json(shown).into_response()
        }
        None => MISSING.into_response(),
    }
}
