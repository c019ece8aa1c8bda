//! The set-up page: from nothing to the first verdict.
//!
//! Who holds the link that the server printed exchanges its key, once, for a cookie. The page then has one button that
//! leads to GitHub with the manifest; GitHub sends the browser back with a code, for which it hands the App's credentials
//! out; from then on five lights tell how far it has come. It works without JavaScript.
//!
//! `visits.rs` knows who may see it, `choice.rs` where the App is to be registered, `pages.rs` has the markup, `reports.rs`
//! what was found of repositories, `doctor.rs` what is right and wrong with the set-up, `steps.rs` the way through.

mod choice;
mod doctor;
mod lights;
mod pages;
mod reports;
mod steps;
mod visits;

use super::live::Live;
use super::metrics_token::MetricsToken;
use super::shared::IsOperator;
use super::style::style;
use crate::engine::{Clock, Engine, RandomBytes, RegisteredApp};
use axum::Router;
use axum::routing::{get, post};
use http::HeaderValue;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, Once, PoisonError};
use tokio::sync::watch;
use visits::Visits;

/// Opens the engine of an App that was just registered; in words for people why not.
pub type OpenEngine =
    Arc<dyn Fn(RegisteredApp) -> Pin<Box<dyn Future<Output = Result<Engine, String>> + Send>> + Send + Sync>;

/// What the set-up page needs to know.
pub struct SetUp {
    /// Where the key of the link and the App's credentials are kept.
    pub data_dir: PathBuf,
    /// The server's address from outside, where the operator has said it.
    pub public_url: Option<String>,
    /// Writes the credentials into this file, for a secret store, and not into the data folder.
    pub print_credentials: Option<PathBuf>,
    /// The App, where there is one.
    pub app: Option<RegisteredApp>,
    /// Whether the App's credentials stand in variables of the environment.
    pub by_variables: bool,
    /// Who has it is told the server's numbers.
    pub metrics_token: Option<MetricsToken>,
    /// Opens the engine once there is an App.
    pub open: OpenEngine,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives keys that nobody may guess.
    pub random: RandomBytes,
}

/// What all requests share.
pub(super) struct Shared {
    set_up: SetUp,
    live: Arc<Live>,
    visits: Arc<Visits>,
    app: Mutex<Option<RegisteredApp>>,
    /// Told once that no key can be read.
    unreadable_key: Once,
    /// One registration at a time.
    registering: tokio::sync::Mutex<()>,
}

impl Shared {
    fn app(&self) -> Option<RegisteredApp> {
        self.app.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether there is an App already: then none is registered beside it.
    fn is_registered(&self) -> bool {
        self.set_up.by_variables || self.app().is_some()
    }
}

/// Who has come to the page with the key of a link. They are the operator, for the other pages too.
pub(super) fn visits(set_up: &SetUp) -> Arc<Visits> {
    Arc::new(Visits::new(Arc::clone(&set_up.random)))
}

/// Whether a request belongs to one of these visits.
pub(super) fn operator_of(visits: &Arc<Visits>, set_up: &SetUp) -> IsOperator {
    let (visits, clock) = (Arc::clone(visits), Arc::clone(&set_up.clock));
    Arc::new(move |headers| visits.of(headers, clock.now()).is_some())
}

/// The pages. Nothing of them is kept, framed, or told to other sites.
pub(super) fn router(
    set_up: SetUp,
    visits: Arc<Visits>,
    live: Arc<Live>,
    stopped: watch::Receiver<bool>,
) -> Router {
    let app = Mutex::new(set_up.app.clone());
    let shared = Arc::new(Shared {
        visits,
        set_up,
        live,
        app,
        unreadable_key: Once::new(),
        registering: tokio::sync::Mutex::default(),
    });
    if !shared.is_registered() {
        tokio::spawn(lights::tell(Arc::clone(&shared), stopped));
    }
    Router::new()
        .route("/setup", get(steps::page))
        .route("/setup/register", post(steps::register))
        .route("/setup/registered", get(steps::registered))
        .route("/setup/ping", post(steps::ping))
        .route("/setup/propose", post(steps::propose))
        .route("/setup/doctor", get(steps::examined).post(steps::examine))
        .route("/setup/style.css", get(style))
        .layer(axum::middleware::map_response(guarded))
        .with_state(shared)
}

async fn guarded(mut response: axum::response::Response) -> axum::response::Response {
    let headers = response.headers_mut();
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry("content-security-policy").or_insert(HeaderValue::from_static(POLICY));
    response
}

/// Nothing but our own style, and forms to ourselves.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
