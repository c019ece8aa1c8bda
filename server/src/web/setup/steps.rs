//! The way through the set-up page.

use super::choice::{Choice, is_loopback};
use super::doctor;
use super::lights::lights;
use super::pages::{self, Fields};
use super::reports;
use super::visits::Visit;
use super::{SetUp, Shared, operator_of};
use crate::engine::{
    InstallReports, REGISTER_AGAIN, RegisteredApp, SetupAddress, SetupKey, register as exchange,
};
use crate::model::{ErrorContext, ForPeople, RepositoryId, error_chain};
use crate::web::body::Limits;
use crate::web::routes;
use axum::extract::{Form, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use std::sync::{Arc, PoisonError};

/// What may stand behind the address of the page.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    key: Option<String>,
}

/// The page itself; with a key the visit begins.
pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let now = shared.set_up.clock.now();
    if let Some(key) = asked.key {
        if !is_good(&shared, &key) {
            tracing::warn!("somebody came to the set-up page with a key that is not good");
            return nothing();
        }
        tracing::info!("a visit of the set-up page begins");
        let cookie = shared.visits.begin(now, is_secure(&shared, &headers));
        return ([(header::SET_COOKIE, cookie)], Redirect::to("setup")).into_response();
    }
    let Some(visit) = shared.visits.of(&headers, now) else { return nothing() };
    if !shared.is_registered() {
        let fields = Fields { address: address_of(&shared, &headers), ..Fields::default() };
        return shown(false, &pages::choose(&fields, &visit.form, None));
    }
    let all = lights(&shared).await;
    let (found, wait) = match shared.live.engine() {
        Some(engine) => (engine.install_reports(reports::SHOWN).await, engine.reports_wait()),
        None => (InstallReports::default(), None),
    };
    let goes_on = !all.iter().all(|it| it.is_green) || found.waiting + found.proposing > 0;
    let examined = shared.live.engine().map(|engine| doctor::on_first_page(&engine.examination().standing()));
    let body = pages::lights(&all, &visit.form) + &examined.unwrap_or_default();
    shown(goes_on, &(body + &reports::section((&found, wait), &visit.form)))
}

/// Whether this is the key of the newest link.
fn is_good(shared: &Shared, key: &str) -> bool {
    let spent = SetupKey::of(&shared.set_up.data_dir).spend(key, shared.set_up.clock.now());
    spent.unwrap_or_else(|error| {
        // Strangers could have it said as often as they like.
        shared.unreadable_key.call_once(|| {
            let error = error_chain(&error);
            tracing::error!(
                error,
                "the key of the link to the set-up page cannot be read, so no link works; run `towpath setup-link` as this \
                 server's user or as root"
            );
        });
        false
    })
}

/// What is right and wrong with the set-up, as it was found last.
pub(super) async fn examined(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let Some(visit) = shared.visits.of(&headers, shared.set_up.clock.now()) else { return nothing() };
    let Some(engine) = shared.live.engine() else { return Redirect::to("../setup").into_response() };
    let standing = engine.examination().standing();
    let page = pages::page(standing.running.is_some(), &doctor::page(&standing, &visit.form));
    Html(deeper(&page)).into_response()
}

/// Has it looked at.
pub(super) async fn examine(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(bare): Form<Bare>,
) -> Response {
    if own(&shared, &headers, &bare.form).is_none() {
        return nothing();
    }
    if let Some(engine) = shared.live.engine() {
        engine.examination().begin();
    }
    Redirect::to("../setup/doctor").into_response()
}

/// What somebody has typed.
#[derive(Debug, Deserialize)]
pub(super) struct Typed {
    form: String,
    github: String,
    organisation: String,
    address: String,
}

/// Shows the button that leads to GitHub.
pub(super) async fn register(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    let Some(visit) = own(&shared, &headers, &typed.form) else { return nothing() };
    if shared.is_registered() {
        return problem(StatusCode::CONFLICT, "An App is registered already, and in use.");
    }
    let choice = match Choice::new(&typed.github, &typed.organisation, &typed.address) {
        Ok(choice) => choice,
        Err(why) => {
            let Typed { github, organisation, address, .. } = typed;
            let fields = Fields { github, organisation, address };
            let page = pages::page(false, &pages::choose(&fields, &visit.form, Some(&why)));
            return (StatusCode::UNPROCESSABLE_ENTITY, Html(deeper(&page))).into_response();
        }
    };
    let policy = format!(
        "default-src 'none'; style-src 'self'; form-action 'self' {}; frame-ancestors 'none'; base-uri 'none'",
        choice.github
    );
    let state = shared.visits.hand_over(&visit, choice.clone());
    let page = deeper(&pages::page(false, &pages::confirm(&choice, &state)));
    let mut response = Html(page).into_response();
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// What GitHub sends the browser back with.
#[derive(Debug, Deserialize)]
pub(super) struct BroughtBack {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
}

/// Exchanges the code, keeps the credentials, and begins to work.
pub(super) async fn registered(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Query(brought): Query<BroughtBack>,
) -> Response {
    let Some(visit) = shared.visits.of(&headers, shared.set_up.clock.now()) else { return nothing() };
    let _one = shared.registering.lock().await;
    let Some(choice) = shared.visits.brought_back(&visit, &brought.state) else {
        // A second tab, or a page that was loaded again.
        return if shared.is_registered() {
            Redirect::to("../setup").into_response()
        } else {
            problem(
                StatusCode::BAD_REQUEST,
                "This does not belong to a registration that began on this page.",
            )
        };
    };
    if shared.is_registered() {
        return problem(StatusCode::CONFLICT, "An App is registered already, and in use.");
    }
    let app = match exchange(&choice.api_url(), &brought.code, &choice.address).await {
        Ok(app) => app,
        Err(error) => {
            tracing::error!(error = error_chain(&error), "the App could not be registered");
            return problem(StatusCode::BAD_GATEWAY, error.for_people().as_str());
        }
    };
    if let Err(error) = keep(&shared.set_up, &app) {
        tracing::error!(error = error_chain(&error), "the App's credentials could not be kept");
        let why = error.for_people();
        return problem(
            StatusCode::INTERNAL_SERVER_ERROR,
            &format!("The credentials could not be kept: {why}. Repair that. {REGISTER_AGAIN}"),
        );
    }
    tracing::info!(app = app.id, "the App is registered");
    let opened = (shared.set_up.open)(app.clone()).await;
    *shared.app.lock().unwrap_or_else(PoisonError::into_inner) = Some(app);
    match opened {
        Ok(engine) => {
            let engine = Arc::new(engine);
            let token = shared.set_up.metrics_token.clone();
            let is_operator = operator_of(&shared.visits, &shared.set_up);
            let routes = routes::of(Arc::clone(&engine), Limits::of_this_machine(), token, is_operator);
            shared.live.begin(engine, routes);
            Redirect::to("../setup").into_response()
        }
        Err(why) => {
            tracing::error!("the server cannot begin to work: {why}");
            problem(StatusCode::INTERNAL_SERVER_ERROR, &format!("The App is registered, but {why}"))
        }
    }
}

/// Keeps the App's credentials where they are wanted, and where links to the set-up page lead from now on.
fn keep(set_up: &SetUp, app: &RegisteredApp) -> Result<(), ErrorContext> {
    match &set_up.print_credentials {
        Some(file) => app.write_variables(file)?,
        None => app.keep_in(&set_up.data_dir)?,
    }
    if set_up.public_url.is_none()
        && let Err(error) = SetupAddress::of(&set_up.data_dir).keep(&app.address)
    {
        tracing::warn!(error = error_chain(&error), "the address of the set-up page could not be kept");
    }
    Ok(())
}

/// A form without fields of its own.
#[derive(Debug, Deserialize)]
pub(super) struct Bare {
    form: String,
}

/// Has GitHub call once more.
pub(super) async fn ping(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(bare): Form<Bare>,
) -> Response {
    if own(&shared, &headers, &bare.form).is_none() {
        return nothing();
    }
    if let Some(engine) = shared.live.engine()
        && let Err(error) = engine.ping_again().await
    {
        return problem(StatusCode::BAD_GATEWAY, &format!("GitHub does not call again: {error}."));
    }
    Redirect::to("../setup").into_response()
}

/// Which repository's configuration is to be proposed.
#[derive(Debug, Deserialize)]
pub(super) struct Proposed {
    form: String,
    repository: u64,
}

/// Has a configuration proposed.
pub(super) async fn propose(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(proposed): Form<Proposed>,
) -> Response {
    if own(&shared, &headers, &proposed.form).is_none() {
        return nothing();
    }
    if let Some(engine) = shared.live.engine()
        && let Err(error) = engine.propose_configuration(RepositoryId(proposed.repository)).await
    {
        return problem(StatusCode::SERVICE_UNAVAILABLE, error.for_people().as_str());
    }
    Redirect::to("../setup").into_response()
}

/// The visit that a form belongs to.
fn own(shared: &Shared, headers: &HeaderMap, form: &str) -> Option<Visit> {
    let visit = shared.visits.of(headers, shared.set_up.clock.now())?;
    visit.is_own_form(form).then_some(visit)
}

/// What strangers get: nothing of a repository, and not whether there is one.
fn nothing() -> Response {
    (StatusCode::NOT_FOUND, "Nothing here. `towpath setup-link` prints the address of this page.\n")
        .into_response()
}

fn shown(refresh: bool, body: &str) -> Response {
    Html(pages::page(refresh, body)).into_response()
}

fn problem(status: StatusCode, words: &str) -> Response {
    (status, Html(deeper(&pages::page(false, &pages::problem(words))))).into_response()
}

/// The same page one step deeper in the path: addresses stay relative, whatever path a proxy puts before them.
fn deeper(page: &str) -> String {
    page.replace("href=\"setup/", "href=\"../setup/").replace("action=\"setup/", "action=\"../setup/")
}

/// This server's address as the browser has it.
fn address_of(shared: &Shared, headers: &HeaderMap) -> String {
    if let Some(address) = &shared.set_up.public_url {
        return address.clone();
    }
    let said = |name: &str| {
        headers.get(name)?.to_str().ok().map(|it| it.split(',').next().unwrap_or_default().trim())
    };
    let host = said("x-forwarded-host").or_else(|| said("host")).unwrap_or_default();
    let bare = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let default = if is_loopback(bare) { "http" } else { "https" };
    format!("{}://{host}", said("x-forwarded-proto").unwrap_or(default))
}

fn is_secure(shared: &Shared, headers: &HeaderMap) -> bool {
    address_of(shared, headers).starts_with("https://")
}
