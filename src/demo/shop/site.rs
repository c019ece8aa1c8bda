use crate::demo::error::DemoError;
use crate::model::{ForPeople, error_chain, shared_error};
use axum::Router;
use axum::extract::{Path as InPath, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const MAINTENANCE: &str = "<!doctype html><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"1\">\
    <title>Back soon</title><body style=\"font:1.1rem system-ui;max-width:32rem;margin:3rem auto;padding:0 1rem\">\
    <h1>Back soon</h1><p>The shop is in maintenance mode.</p>";

/// The sites of all environments, served on one port of this machine.
pub(in crate::demo) struct Sites {
    address: SocketAddr,
    task: JoinHandle<()>,
}

/// What a customer sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::demo) enum Seen {
    /// The shop, with these words in it.
    Shop(String),
    /// The page that asks for patience.
    Maintenance,
    /// Nothing was ever deployed there.
    Nothing,
}

impl Sites {
    /// Serves the sites in `folder`, one folder for each environment.
    pub(in crate::demo) async fn serve(folder: &Path) -> Result<Self, DemoError> {
        let failed = |error: std::io::Error| DemoError::SetUp(shared_error(error));
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let folder: Arc<Path> = folder.into();
        let routes = Router::new()
            .route("/{environment}/", get(index))
            .route("/{environment}/style.css", get(style))
            .with_state(folder);
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, routes).await {
                tracing::error!(error = error_chain(&error), "the sites are served no more");
            }
        });
        Ok(Self { address, task })
    }

    /// Where they are, without a slash at the end.
    pub(in crate::demo) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Looks at a site as a customer does.
    pub(in crate::demo) async fn look(&self, environment: &str) -> Result<Seen, DemoError> {
        let answer = ask(self.address, environment).await;
        let answer = answer.map_err(|error| {
            DemoError::Otherwise(format!("the shop does not answer: {}", error.for_people()))
        })?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        Ok(match head.split(' ').nth(1) {
            Some("200") => Seen::Shop(body.to_owned()),
            Some("503") => Seen::Maintenance,
            _ => Seen::Nothing,
        })
    }
}

impl Drop for Sites {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn ask(address: SocketAddr, environment: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /{environment}/ HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// A folder of the sites; names from outside lead nowhere else.
fn site(folder: &Path, environment: &str) -> Option<PathBuf> {
    environment.bytes().all(|byte| byte.is_ascii_alphanumeric()).then(|| folder.join(environment))
}

async fn index(State(folder): State<Arc<Path>>, InPath(environment): InPath<String>) -> Response {
    let Some(site) = site(&folder, &environment) else { return nothing() };
    if tokio::fs::try_exists(site.join("maintenance")).await.unwrap_or_default() {
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], Html(MAINTENANCE))
            .into_response();
    }
    match tokio::fs::read_to_string(site.join("current/index.html")).await {
        Ok(page) => Html(page).into_response(),
        Err(_) => nothing(),
    }
}

async fn style(State(folder): State<Arc<Path>>, InPath(environment): InPath<String>) -> Response {
    let Some(site) = site(&folder, &environment) else { return nothing() };
    match tokio::fs::read(site.join("current/style.css")).await {
        Ok(sheet) => ([(header::CONTENT_TYPE, "text/css")], sheet).into_response(),
        Err(_) => nothing(),
    }
}

fn nothing() -> Response {
    (StatusCode::NOT_FOUND, Html("<h1>Nothing was deployed here yet</h1>")).into_response()
}
