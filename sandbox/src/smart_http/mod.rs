//! Git over HTTP: `/{owner}/{repo}.git/…`, for installations with their tokens and for people. A push becomes what it
//! would be on GitHub.
//!
//! Does not live here: rules about refs; those follow in the acts.

mod fetch;
mod ls_refs;
mod request;
mod stream;

use std::process::Stdio;
use std::sync::Arc;

use axum::body::Body;
use axum::response::IntoResponse;
use base64::Engine as _;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::io::AsyncWriteExt;

use crate::Refused;
use crate::acts::refs::notice;
use crate::cut_short::{CutShort, whole};
use crate::faults::RestEffect;
use crate::hub::Hub;
use crate::inflate;
use crate::model::{Level, Permission};
use crate::rest::{self, Dropped};

/// The version of git's protocol that is spoken with whoever knows it, as the header `Git-Protocol` names it.
const VERSION_2: &str = "version=2";
/// What the answer to who fetches is.
const UPLOADED: &str = "application/x-git-upload-pack-result";

/// Who speaks git.
#[derive(Debug, Clone, Copy)]
struct Guest {
    account: u64,
    /// The app, if it is one with its token.
    app: Option<u64>,
    reads: bool,
    writes: bool,
}

/// `(owner, name, rest)` of a path that is git's, otherwise `None`.
pub(crate) fn split(path: &str) -> Option<(String, String, String)> {
    let mut parts = path.trim_start_matches('/').splitn(3, '/');
    let (owner, repository, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let name = repository.strip_suffix(".git")?;
    Some((owner.to_owned(), name.to_owned(), rest.to_owned()))
}

/// Answers one git request.
pub(crate) async fn handle(hub: &Arc<Hub>, request: Request<Incoming>) -> Result<Response<Body>, Dropped> {
    let effect = hub.faults.rest_effect(request.method().as_str(), request.uri().path());
    if effect == Some(RestEffect::ResetBefore) {
        return Err(Dropped);
    }
    rest::wait(hub, effect.as_ref()).await;
    if let Some(response) = effect.as_ref().and_then(rest::planted) {
        return Ok(response);
    }
    let response = serve(hub, request).await.unwrap_or_else(refusal);
    if effect == Some(RestEffect::ResetAfter) {
        return Err(Dropped);
    }
    rest::hold_answer(hub, effect.as_ref()).await;
    if let Some(RestEffect::CutShort(after)) = effect {
        let (parts, body) = response.into_parts();
        return Ok(Response::from_parts(parts, Body::new(CutShort::new(whole(body).await, after))));
    }
    Ok(response)
}

/// Refusals in plain text, as git shows them to people.
fn refusal(refused: Refused) -> Response<Body> {
    let status = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, refused.message).into_response();
    if status == StatusCode::UNAUTHORIZED {
        let realm = http::HeaderValue::from_static("Basic realm=\"GitHub\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, realm);
    }
    response
}

async fn serve(hub: &Arc<Hub>, request: Request<Incoming>) -> Result<Response<Body>, Refused> {
    let (parts, body) = request.into_parts();
    let missing = || Refused::new(404, "Repository not found.");
    let (owner, name, rest) = split(parts.uri.path()).ok_or_else(missing)?;
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let service = match (&parts.method, rest.as_str()) {
        (&Method::GET, "info/refs") => match query.as_str() {
            "service=git-upload-pack" => "upload-pack",
            "service=git-receive-pack" => "receive-pack",
            _ => return Err(Refused::new(403, "Please upgrade your git client.")),
        },
        (&Method::POST, "git-upload-pack") => "upload-pack",
        (&Method::POST, "git-receive-pack") => "receive-pack",
        _ => return Err(missing()),
    };
    hub.recorder.count(parts.method.as_str(), &format!("/{{owner}}/{{repo}}.git/{rest} {service}"));
    let (repository, guest) = admitted(hub, &parts.headers, &owner, &name)?;
    if service == "receive-pack" && !guest.writes {
        let sentence = format!("Permission to {owner}/{name}.git denied.");
        return Err(Refused::new(403, sentence));
    }
    let protocol = parts.headers.get("git-protocol").and_then(|value| value.to_str().ok());
    let protocol = protocol.filter(|text| text.split(':').any(|it| it == VERSION_2)).map(|_| VERSION_2);
    if rest == "info/refs" {
        return advertise(hub, repository, service, protocol).await;
    }
    let body = body.collect().await.map_err(|_| Refused::new(400, "The request broke off."))?.to_bytes();
    let zipped =
        parts.headers.get(CONTENT_ENCODING).is_some_and(|value| value == "gzip" || value == "x-gzip");
    let input = if zipped {
        let plain = inflate::gzip(&body).ok_or_else(|| Refused::new(400, "The request is not gzip."))?;
        Bytes::from(plain)
    } else {
        body
    };
    if service == "receive-pack" {
        return receive(hub, repository, guest, protocol, &input).await;
    }
    if protocol == Some(VERSION_2)
        && let Some(answer) = answered(hub, repository, &input).await?
    {
        return Ok(git_response(UPLOADED.to_owned(), Body::from(answer)));
    }
    upload(hub, repository, protocol, input)
}

/// What can be told without a git.
async fn answered(hub: &Hub, repository: u64, input: &[u8]) -> Result<Option<Vec<u8>>, Refused> {
    if let Some(question) = ls_refs::Question::read(input) {
        return question.answer(hub, repository).await;
    }
    match fetch::Question::read(input) {
        Some(question) => question.answer(hub, repository).await,
        None => Ok(None),
    }
}

/// The repository and what the asker may do there. People may only see what they may read.
fn admitted(hub: &Hub, headers: &HeaderMap, owner: &str, name: &str) -> Result<(u64, Guest), Refused> {
    let unauthorised = || Refused::new(401, "Invalid username or token.");
    let (login, secret) = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(credentials)
        .ok_or_else(unauthorised)?;
    hub.with(|world| {
        let found = world.repository_named(owner, name).or_else(|| world.repository_formerly(owner, name));
        let missing = || Refused::new(404, "Repository not found.");
        let guest = if secret.starts_with("ghs_") {
            let token = rest::installation_token(world, &secret).ok_or_else(unauthorised)?;
            let installation = world.installations.get(&token.installation).ok_or_else(unauthorised)?;
            if installation.suspended_at.is_some() {
                return Err(Refused::new(403, "This installation has been suspended"));
            }
            let found = found.ok_or_else(missing)?;
            if !world.reachable(&token).iter().any(|reached| reached.id == found.id) {
                return Err(missing());
            }
            let app = world.apps.get(&installation.app).ok_or_else(unauthorised)?;
            Guest {
                account: app.bot,
                app: Some(app.id),
                reads: token.grants("contents", Level::Read),
                writes: token.grants("contents", Level::Write),
            }
        } else {
            let person = world.account_named(&login).ok_or_else(unauthorised)?;
            let permission = world.permission_of(found.ok_or_else(missing)?, person.id);
            Guest {
                account: person.id,
                app: None,
                reads: permission >= Permission::Read,
                writes: permission >= Permission::Write,
            }
        };
        let found = found.ok_or_else(missing)?;
        if guest.reads { Ok((found.id, guest)) } else { Err(missing()) }
    })
}

/// Login and secret of a `Basic` or `Bearer` header.
fn credentials(header: &str) -> Option<(String, String)> {
    let (scheme, value) = header.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some((String::new(), value.trim().to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD.decode(value.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (login, secret) = text.split_once(':')?;
    // Git lets the token be the user name, too.
    let secret = if secret.is_empty() || secret == "x-oauth-basic" { login } else { secret };
    Some((login.to_owned(), secret.to_owned()))
}

fn service_command(
    hub: &Hub,
    repository: u64,
    service: &str,
    protocol: Option<&str>,
    advertise: bool,
) -> tokio::process::Command {
    let mut command = hub.git.command(repository);
    command.arg(service).arg("--stateless-rpc");
    if advertise {
        command.arg("--http-backend-info-refs");
    }
    command.arg(hub.git.path(repository));
    if let Some(protocol) = protocol {
        command.env("GIT_PROTOCOL", protocol);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

fn broken(error: &std::io::Error) -> Refused {
    Refused::new(500, format!("git did not run: {error}"))
}

fn git_response(kind: String, body: Body) -> Response<Body> {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache".to_owned())], body).into_response()
}

async fn advertise(
    hub: &Hub,
    repository: u64,
    service: &str,
    protocol: Option<&str>,
) -> Result<Response<Body>, Refused> {
    let said = async {
        let said = service_command(hub, repository, service, protocol, true).output().await;
        let said = said.map_err(|error| broken(&error))?;
        let failed = || Refused::new(500, format!("git {service} ended with {}", said.status));
        said.status.success().then_some(Bytes::from(said.stdout)).ok_or_else(failed)
    };
    let kind = format!("application/x-git-{service}-advertisement");
    // A push knows no version 2.
    if service == "upload-pack" && protocol == Some(VERSION_2) {
        return Ok(git_response(kind, Body::from(hub.git.greeting(said).await?)));
    }
    let line = format!("# service=git-{service}\n");
    let mut body = format!("{:04x}{line}0000", line.len() + 4).into_bytes();
    body.extend_from_slice(&said.await?);
    Ok(git_response(kind, Body::from(body)))
}

/// Answers a fetch while git is still packing.
fn upload(
    hub: &Hub,
    repository: u64,
    protocol: Option<&str>,
    input: Bytes,
) -> Result<Response<Body>, Refused> {
    let mut command = service_command(hub, repository, "upload-pack", protocol, false);
    let mut child = command.spawn().map_err(|error| broken(&error))?;
    if let Some(mut stdin) = child.stdin.take() {
        tokio::spawn(async move {
            // A git that has heard enough closes its input.
            let _ = stdin.write_all(&input).await;
        });
    }
    let stdout = child.stdout.take().ok_or_else(|| Refused::new(500, "git has no output"))?;
    let body = Body::new(stream::Output::new(child, stdout));
    Ok(git_response(UPLOADED.to_owned(), body))
}

/// The refs that an app may not move by hand. Git refuses to move what is hidden from it.
fn closed(hub: &Hub, repository: u64, app: Option<u64>) -> Vec<String> {
    hub.with(|world| {
        let names = world.repository(repository).map(|found| {
            let names = found.protections.keys().map(|branch| format!("refs/heads/{branch}"));
            names.filter(|name| found.refuses(name, app).is_some()).collect()
        });
        names.unwrap_or_default()
    })
}

/// Takes a push in, and lets everything follow from it before git hears of its success.
async fn receive(
    hub: &Arc<Hub>,
    repository: u64,
    guest: Guest,
    protocol: Option<&str>,
    input: &Bytes,
) -> Result<Response<Body>, Refused> {
    let _guard = hub.lock(repository).await;
    let mut command = service_command(hub, repository, "receive-pack", protocol, false);
    for (index, name) in closed(hub, repository, guest.app).iter().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{index}"), "receive.hideRefs");
        command.env(format!("GIT_CONFIG_VALUE_{index}"), name);
        command.env("GIT_CONFIG_COUNT", (index + 1).to_string());
    }
    let mut child = command.spawn().map_err(|error| broken(&error))?;
    let stdin = child.stdin.take();
    let feed = async {
        if let Some(mut stdin) = stdin {
            let _ = stdin.write_all(input).await;
        }
    };
    let (output, ()) = tokio::join!(child.wait_with_output(), feed);
    let output = output.map_err(|error| broken(&error))?;
    notice(hub, repository, guest.account).await?;
    let kind = "application/x-git-receive-pack-result".to_owned();
    Ok(git_response(kind, Body::from(output.stdout)))
}
