//! Starting, listening, planted failures, and who asks.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tower::ServiceExt;

use super::handles::{NewProject, ProjectHandle};
use super::routes;
use super::world::{Grant, Role, World};
use crate::clock::{Clock, SystemClock};
use crate::cut_short::{CutShort, whole};
use crate::faults::{Faults, RestEffect};
use crate::git::Git;
use crate::rest::{Dropped, planted};
use crate::sandbox::Error;

/// The longest body taken.
const LONGEST: usize = 1024 * 1024;

/// How a platform is started.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens; a free loopback port unless said otherwise.
    pub listen: SocketAddr,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

impl Default for Config {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 0)), clock: Arc::new(SystemClock) }
    }
}

/// A request that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// The path, with its query.
    pub path: String,
    /// What was answered; 0 where nothing was.
    pub status: u16,
}

/// What every room of the platform shares.
#[derive(Debug)]
pub(super) struct Hub {
    world: Mutex<World>,
    clock: Arc<dyn Clock>,
    pub(super) git: Git,
    pub(super) url: String,
    /// Something was logged, or a log has ended.
    pub(super) logged: Notify,
    faults: Faults,
    asked: Mutex<Vec<Asked>>,
    /// Holds the folder of the repositories; it goes when the last handle goes.
    _folder: tempfile::TempDir,
}

impl Hub {
    /// One short, pure look at or change of the world.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.now = self.clock.now();
        act(&mut world)
    }

    fn note(&self, asked: Asked) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    }
}

/// A running platform. Clones are handles on the same one; it stops when [`Platform::shutdown`] is called or the last
/// handle is dropped.
#[derive(Debug, Clone)]
pub struct Platform {
    pub(super) hub: Arc<Hub>,
    stop: Arc<watch::Sender<bool>>,
}

impl Platform {
    /// Starts one without projects.
    ///
    /// # Errors
    /// If the address cannot be listened on, or there is no temporary folder, or no git.
    pub async fn start(config: Config) -> Result<Self, Error> {
        let folder = tempfile::Builder::new().prefix("platform-").tempdir()?;
        crate::git::command(folder.path()).arg("--version").output().await.map_err(Error::Git)?;
        let listener = TcpListener::bind(config.listen).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let hub = Arc::new(Hub {
            world: Mutex::new(World::new(config.clock.now())),
            clock: config.clock,
            git: Git::new(folder.path().to_owned()),
            url,
            logged: Notify::new(),
            faults: Faults::default(),
            asked: Mutex::default(),
            _folder: folder,
        });
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(serve(Arc::clone(&hub), listener, stopped));
        Ok(Self { hub, stop: Arc::new(stop) })
    }

    /// Stops listening and drops all connections.
    pub fn shutdown(&self) {
        // Nobody listening any more means it has stopped already.
        let _ = self.stop.send(true);
    }

    /// The root of the API, without a trailing slash.
    pub fn api_url(&self) -> String {
        self.hub.url.clone()
    }

    /// Where an API token is exchanged for an access token.
    pub fn auth_url(&self) -> String {
        format!("{}/oauth2/token", self.hub.url)
    }

    /// The book in which failures are planted, by the paths of the API.
    pub fn faults(&self) -> &Faults {
        &self.hub.faults
    }

    /// Begins the sentence that makes a project.
    pub fn project(&self, id: &str) -> NewProject {
        NewProject::new(Arc::clone(&self.hub), id)
    }

    /// A project that is there already.
    pub fn known_project(&self, id: &str) -> ProjectHandle {
        ProjectHandle { hub: Arc::clone(&self.hub), id: id.to_owned() }
    }

    /// Takes a token of a user who has this role in these projects, from now on.
    pub fn api_token(&self, token: &str, projects: &[&str], role: Role) {
        let projects = projects.iter().map(|id| (*id).to_owned()).collect();
        self.hub.with(|world| world.grants.insert(token.to_owned(), Grant { projects, role }));
    }

    /// Takes no such token any more.
    pub fn revoke(&self, token: &str) {
        self.hub.with(|world| world.grants.remove(token));
    }

    /// Ends the life of every access token.
    pub fn expire_access(&self) {
        self.hub.with(World::expire_access);
    }

    /// All that was asked so far, the oldest first.
    pub fn asked(&self) -> Vec<Asked> {
        self.hub.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often this was asked: a method, and how the path ends, without its query.
    pub fn count(&self, method: &str, path_end: &str) -> usize {
        let path = |asked: &Asked| asked.path.split('?').next().unwrap_or_default().to_owned();
        self.asked().iter().filter(|it| it.method == method && path(it).ends_with(path_end)).count()
    }
}

async fn serve(hub: Arc<Hub>, listener: TcpListener, mut stop: watch::Receiver<bool>) {
    let router = routes::router().with_state(Arc::clone(&hub));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => return,
        };
        let Ok((stream, _)) = accepted else { continue };
        let (hub, router, mut stop) = (Arc::clone(&hub), router.clone(), stop.clone());
        tokio::spawn(async move {
            let service = service_fn(|request| handle(&hub, &router, request));
            let connection =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                // A broken connection, by accident or on purpose, concerns only its client.
                _ = connection => {}
                _ = stop.changed() => {}
            }
        });
    }
}

async fn handle(
    hub: &Arc<Hub>,
    router: &Router,
    request: Request<Incoming>,
) -> Result<Response<Body>, Dropped> {
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    let shown = request.uri().path_and_query().map_or(path.clone(), ToString::to_string);
    let effect = hub.faults.rest_effect(&method, &path);
    let note = |status| hub.note(Asked { method: method.clone(), path: shown.clone(), status });
    match &effect {
        Some(RestEffect::ResetBefore) => {
            note(0);
            return Err(Dropped);
        }
        Some(RestEffect::Hang(Some(duration))) => tokio::time::sleep(*duration).await,
        Some(RestEffect::Hang(None)) => hub.faults.wait_for_release().await,
        _ => {}
    }
    if let Some(response) = effect.as_ref().and_then(planted) {
        note(response.status().as_u16());
        return Ok(response);
    }
    let response = answer(hub, router, request).await;
    match effect {
        Some(RestEffect::ResetAfter) => {
            note(0);
            return Err(Dropped);
        }
        Some(RestEffect::HoldAnswer) => hub.faults.wait_for_release().await,
        Some(RestEffect::CutShort(after)) => {
            note(response.status().as_u16());
            let (parts, body) = response.into_parts();
            let body = CutShort::new(whole(body).await, after);
            return Ok(Response::from_parts(parts, Body::new(body)));
        }
        _ => {}
    }
    note(response.status().as_u16());
    Ok(response)
}

async fn answer(hub: &Hub, router: &Router, request: Request<Incoming>) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LONGEST).collect().await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    if parts.uri.path() != "/oauth2/token" {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default();
        let Some(grant) = hub.with(|world| world.grant(token).cloned()) else { return unauthorized() };
        parts.extensions.insert(grant);
    }
    let request = Request::from_parts(parts, Body::from(body.to_bytes()));
    router.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
}

fn unauthorized() -> Response<Body> {
    let body = json!({ "code": 401, "message": "The access token is not good or has expired." }).to_string();
    let mut response = (StatusCode::UNAUTHORIZED, body).into_response();
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}
