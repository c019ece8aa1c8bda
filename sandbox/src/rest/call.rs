//! One request taken apart, and what a handler answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{FromRequest, RawPathParams, Request};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use super::Caller;
use crate::Refused;
use crate::acts::Actor;
use crate::hub::Hub;
use crate::model::{Level, Repository, Token, World};

/// What a handler answers.
pub(crate) type Answer = Result<Reply, Refused>;

/// A good answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Option<Value>,
    pub(crate) link: Option<String>,
    /// Bytes instead of JSON.
    pub(crate) raw: Option<Vec<u8>>,
}

impl Reply {
    pub(crate) const fn ok(body: Value) -> Self {
        Self { status: 200, body: Some(body), link: None, raw: None }
    }

    pub(crate) const fn created(body: Value) -> Self {
        Self { status: 201, body: Some(body), link: None, raw: None }
    }

    /// It was taken, and comes about later.
    pub(crate) fn accepted() -> Self {
        Self { status: 202, body: Some(Value::Object(serde_json::Map::new())), link: None, raw: None }
    }

    pub(crate) const fn empty() -> Self {
        Self { status: 204, body: None, link: None, raw: None }
    }
}

fn json_response(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = [(CONTENT_TYPE, "application/json; charset=utf-8")];
    (status, kind, body.to_string()).into_response()
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = match (&self.body, self.raw) {
            (Some(body), _) => json_response(self.status, body),
            (None, Some(raw)) => {
                ([(CONTENT_TYPE, "application/vnd.github.raw+json; charset=utf-8")], raw).into_response()
            }
            (None, None) => {
                StatusCode::from_u16(self.status).unwrap_or(StatusCode::NO_CONTENT).into_response()
            }
        };
        if let Some(link) = self.link.and_then(|link| HeaderValue::from_str(&link).ok()) {
            response.headers_mut().insert(http::header::LINK, link);
        }
        response
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = json_response(self.status, &self.json());
        if let Some(location) = self.location.and_then(|to| HeaderValue::from_str(&to).ok()) {
            response.headers_mut().insert(LOCATION, location);
        }
        if let Some(accepted) = self.accepted.and_then(|named| HeaderValue::from_str(&named).ok()) {
            response.headers_mut().insert("x-accepted-github-permissions", accepted);
        }
        response
    }
}

/// A request, taken apart.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) hub: Arc<Hub>,
    pub(crate) caller: Caller,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) accept: String,
    params: BTreeMap<String, String>,
    body: Result<Value, Refused>,
}

impl FromRequest<Arc<Hub>> for Call {
    type Rejection = Refused;

    async fn from_request(request: Request, hub: &Arc<Hub>) -> Result<Self, Refused> {
        let (mut parts, body) = request.into_parts();
        let params =
            <RawPathParams as axum::extract::FromRequestParts<Arc<Hub>>>::from_request_parts(&mut parts, hub)
                .await
                .map_err(|_| Refused::not_found())?;
        let params = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let bytes = axum::body::to_bytes(body, usize::MAX)
            .await
            .map_err(|_| Refused::new(400, "Problems parsing JSON"))?;
        let body = if bytes.is_empty() {
            Ok(json!({}))
        } else {
            serde_json::from_slice(&bytes).map_err(|_| Refused::new(400, "Problems parsing JSON"))
        };
        let accept = parts.headers.get(http::header::ACCEPT).and_then(|value| value.to_str().ok());
        Ok(Self {
            hub: Arc::clone(hub),
            caller: parts.extensions.remove::<Caller>().unwrap_or(Caller::Nobody),
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: query(parts.uri.query().unwrap_or_default()),
            accept: accept.unwrap_or_default().to_owned(),
            params,
            body,
        })
    }
}

/// A query string as pairs; the last of equal names counts.
pub(crate) fn query(text: &str) -> BTreeMap<String, String> {
    let decode = |part: &str| {
        let part = part.replace('+', " ");
        percent_encoding::percent_decode_str(&part).decode_utf8_lossy().into_owned()
    };
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

impl Call {
    /// A parameter of the path.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.get(name).map(String::as_str).unwrap_or_default()
    }

    /// A number in the path.
    pub(crate) fn number(&self, name: &str) -> Result<u64, Refused> {
        self.param(name).parse().map_err(|_| Refused::not_found())
    }

    /// The JSON object sent, or `{}`.
    pub(crate) fn body(&self) -> Result<&Value, Refused> {
        let body = self.body.as_ref().map_err(Clone::clone)?;
        if body.is_object() {
            return Ok(body);
        }
        Err(Refused::new(400, "Body should be a JSON object"))
    }

    /// A string of the body, if it is there.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Refused> {
        match &self.body()?[name] {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            other => Err(Refused::unprocessable(format!("For '{name}', {other} is not a string."))),
        }
    }

    /// A string of the body that must be there.
    pub(crate) fn needed(&self, name: &str) -> Result<String, Refused> {
        self.text(name)?.ok_or_else(|| Refused::unprocessable(format!("\"{name}\" wasn't supplied.")))
    }

    /// The app that asks, by JSON web token only.
    pub(crate) fn app(&self) -> Result<u64, Refused> {
        match &self.caller {
            Caller::App(id) => Ok(*id),
            Caller::Installation(_) => Err(Refused::new(401, "A JSON web token could not be decoded")),
            Caller::Nobody => Err(Refused::new(401, "Requires authentication")),
        }
    }

    /// The installation token that asks, if its installation is not suspended.
    pub(crate) fn token(&self) -> Result<&Token, Refused> {
        let token = match &self.caller {
            Caller::Installation(token) => token,
            Caller::App(_) => {
                return Err(Refused::new(403, "Resource not accessible by integration"));
            }
            Caller::Nobody => return Err(Refused::new(401, "Requires authentication")),
        };
        let suspended = self.hub.with(|world| {
            let found = world.installations.get(&token.installation);
            found.is_none_or(|found| found.suspended_at.is_some())
        });
        if suspended {
            return Err(Refused::new(403, "This installation has been suspended"));
        }
        Ok(token)
    }

    /// Who acts: the bot of the token's app.
    pub(crate) fn actor(&self) -> Result<Actor, Refused> {
        let token = self.token()?;
        self.hub.with(|world| {
            let installation = world.installations.get(&token.installation);
            let app = installation.and_then(|found| world.apps.get(&found.app));
            let app = app.ok_or_else(Refused::bad_credentials)?;
            Ok(Actor { account: app.bot, app: Some(app.id) })
        })
    }

    /// The repository of the path, if the token reaches it and holds one of these permissions.
    pub(crate) fn repository(&self, any_of: &[(&str, Level)]) -> Result<u64, Refused> {
        let token = self.token()?;
        let id = self.hub.with(|world| self.find(world).map(|found| found.id))?;
        let reaches = self.hub.with(|world| world.reachable(token).iter().any(|found| found.id == id));
        if !reaches {
            return Err(Refused::not_found());
        }
        if !any_of.iter().any(|(permission, level)| token.grants(permission, *level)) {
            let named = any_of.iter().map(|(permission, level)| format!("{permission}={}", level.as_str()));
            return Err(Refused::forbidden_without(named.collect::<Vec<_>>().join("; ")));
        }
        Ok(id)
    }

    fn find<'world>(&self, world: &'world World) -> Result<&'world Repository, Refused> {
        let (owner, name) = (self.param("owner"), self.param("repo"));
        if let Some(found) = world.repository_named(owner, name) {
            return Ok(found);
        }
        let Some(moved) = world.repository_formerly(owner, name) else {
            return Err(Refused::not_found());
        };
        let rest = self.path.splitn(5, '/').nth(4).map(|rest| format!("/{rest}"));
        let status = if self.method == Method::GET { 301 } else { 307 };
        let mut refused = Refused::new(status, "Moved Permanently");
        let api = &world.urls.api;
        refused.location = Some(format!("{api}/repositories/{}{}", moved.id, rest.unwrap_or_default()));
        Err(refused)
    }

    /// Shapes something of a repository.
    pub(crate) fn shaped<T>(
        &self,
        repository: u64,
        shape: impl FnOnce(&World, &Repository) -> Option<T>,
    ) -> Result<T, Refused> {
        self.hub.with(|world| {
            let found = world.repository(repository).ok_or_else(Refused::not_found)?;
            shape(world, found).ok_or_else(Refused::not_found)
        })
    }
}
