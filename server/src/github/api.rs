use super::access::AccessWatch;
use super::blocking::off_the_runtime;
pub use super::caller::Caller;
use super::endpoint::{endpoint_of, status_word};
use super::error::{ApiError, TransportError, permissions_in_words};
use super::jwt::{AppKey, LIFETIME};
use super::rate_limits::{Budget, RateLimits, date_in};
use super::tokens::{Scope, Tokens};
use crate::metrics::Metrics;
use crate::model::{InstallationId, UnixMillis};
use bytes::Bytes;
use chrono::TimeDelta;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use http_body_util::{BodyExt, Limited};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Tells the time.
pub type Now = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

/// What a connection to GitHub needs.
pub struct ApiConfig {
    /// Where the REST API is, without a slash at its end: `https://api.github.com`, or
    /// `https://host/api/v3` for GitHub Enterprise Server.
    pub base_url: String,
    /// Who we are.
    pub key: AppKey,
    /// How long one call may take, its body included.
    pub timeout: Duration,
    /// Tells the time.
    pub now: Now,
}

/// The connection to GitHub's REST API.
///
/// A call is sent once and its end is classified ([`ApiError`]); trying again is the engine's business.
/// Two things are settled here because no work is repeated by them: a token that GitHub no longer takes
/// is replaced and the refused call sent again, and a moved resource is followed once.
pub struct Api {
    client: octocrab::Octocrab,
    base: Uri,
    key: AppKey,
    tokens: Tokens,
    /// The token with which the App introduces itself: signing one takes a millisecond.
    introduction: Mutex<Option<Introduction>>,
    timeout: Duration,
    now: Now,
    rate_limits: RateLimits,
    metrics: Arc<Metrics>,
    /// What the calls in the App's own name have shown.
    pub(super) access: AccessWatch,
    clock_ahead: Mutex<TimeDelta>,
    first_answer: OnceLock<UnixMillis>,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("base", &self.base).field("key", &self.key).finish_non_exhaustive()
    }
}

/// The largest answer taken. A page of a hundred pull requests is about 2 MB.
const ANSWER_MAX: usize = 32 * 1024 * 1024;
/// How long the App's own token is used; well below [`LIFETIME`].
const INTRODUCED_FOR: Duration = Duration::from_secs(LIFETIME.as_secs() / 2);

struct Introduction {
    token: String,
    made_at: UnixMillis,
}

/// One call, before it is sent.
pub(super) struct Call<'a> {
    pub(super) caller: Caller,
    pub(super) method: Method,
    /// Path and query, or an absolute address on the same host (a `next` link).
    pub(super) path: &'a str,
    pub(super) body: Option<serde_json::Value>,
}

/// An answer that went well.
pub(super) struct Answer {
    pub(super) headers: HeaderMap,
    body: Bytes,
    call: String,
}

impl Answer {
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        off_the_runtime(self.body.len(), || serde_json::from_slice(&self.body))
            .map_err(|error| ApiError::unreadable(&self.call, error))
    }
}

impl Api {
    /// Makes the connection; nothing is sent yet. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// When the base address cannot be read or TLS cannot be set up.
    pub fn new(config: ApiConfig) -> Result<Self, ApiError> {
        let setting_up = "set-up of the connection";
        let base: Uri = config
            .base_url
            .trim_end_matches('/')
            .parse()
            .map_err(|error: http::uri::InvalidUri| ApiError::no_answer(setting_up, error))?;
        if base.authority().is_none() {
            let why = format!("{} is not an absolute address", config.base_url);
            return Err(ApiError::no_answer(setting_up, why));
        }
        let client = octocrab::Octocrab::builder()
            .base_uri(base.clone())
            .map_err(|error| ApiError::no_answer(setting_up, TransportError(error)))?
            .set_connect_timeout(Some(config.timeout))
            .build()
            .map_err(|error| ApiError::no_answer(setting_up, TransportError(error)))?;
        Ok(Self {
            client,
            base,
            key: config.key,
            tokens: Tokens::default(),
            introduction: Mutex::default(),
            timeout: config.timeout,
            now: config.now,
            rate_limits: RateLimits::default(),
            metrics: Arc::default(),
            access: AccessWatch::default(),
            clock_ahead: Mutex::default(),
            first_answer: OnceLock::new(),
        })
    }

    /// Counts the requests in these.
    #[must_use]
    pub fn counted_in(self, metrics: Arc<Metrics>) -> Self {
        Self { metrics, ..self }
    }

    /// What is left of each budget that GitHub has told of.
    pub fn budgets(&self) -> Vec<(Caller, Budget)> {
        self.rate_limits.budgets(self.now(), self.clock_ahead())
    }

    /// The App's id, as configured.
    pub fn app_id(&self) -> &str {
        self.key.app_id()
    }

    /// Whether the API is spoken to without TLS, which is for stand-ins on one's own machine.
    pub fn is_plain_http(&self) -> bool {
        self.base.scheme_str() == Some("http")
    }

    /// A token that lets git read the installation's repositories and nothing else.
    pub async fn git_token(&self, installation: InstallationId) -> Result<String, ApiError> {
        Ok(self.token(installation, Scope::Git).await?.0)
    }

    /// A token that lets git push to the installation's repositories.
    pub async fn push_token(&self, installation: InstallationId) -> Result<String, ApiError> {
        Ok(self.token(installation, Scope::Push).await?.0)
    }

    /// Asks for new tokens when they are needed next: these have the rights that were granted when they were made.
    pub async fn forget_tokens(&self, installation: InstallationId) {
        for scope in [Scope::Api, Scope::Git, Scope::Push] {
            self.tokens.drop_held(installation, scope).await;
        }
    }

    /// Asks for a new one when git needs a token next.
    pub async fn forget_git_token(&self, installation: InstallationId) {
        self.tokens.drop_held(installation, Scope::Git).await;
    }

    /// Where the API is.
    pub fn base_url(&self) -> String {
        self.base.to_string()
    }

    /// Whether GitHub's clock had shown this moment before GitHub first answered this process: what happened then may
    /// be the work of an earlier one. Both are GitHub's own times, in whole seconds, so that ours may be wrong.
    pub fn is_before_first_answer(&self, at: UnixMillis) -> bool {
        self.first_answer.get().is_none_or(|first| at <= *first)
    }

    pub(super) fn client(&self) -> &octocrab::Octocrab {
        &self.client
    }

    pub(super) fn clock_ahead(&self) -> TimeDelta {
        *self.clock_ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What our own clock showed at a moment that GitHub tells, as far as is known how far apart the two are.
    pub fn our_time_of(&self, moment: UnixMillis) -> UnixMillis {
        UnixMillis(moment.0.saturating_add(self.clock_ahead().num_milliseconds()))
    }

    pub(super) fn now(&self) -> UnixMillis {
        (self.now)()
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, caller: Caller, path: &str) -> Result<T, ApiError> {
        self.send(Call { caller, method: Method::GET, path, body: None }).await?.read()
    }

    pub(super) async fn write<T: DeserializeOwned>(
        &self,
        caller: Caller,
        method: Method,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, ApiError> {
        let body = serde_json::to_value(body)
            .map_err(|error| ApiError::unreadable(format!("{method} {path}"), error))?;
        self.send(Call { caller, method, path, body: Some(body) }).await?.read()
    }

    /// Sends a call. Whoever comes while the caller's brake is on is refused without a call.
    pub(super) async fn send(&self, call: Call<'_>) -> Result<Answer, ApiError> {
        self.send_and_hear(call, &[]).await
    }

    /// The same for a call whose refusals with these statuses are answers: they say more than an error holds.
    pub(super) async fn send_and_hear(&self, call: Call<'_>, answers: &[u16]) -> Result<Answer, ApiError> {
        self.rate_limits.check(call.caller, self.now())?;
        let Caller::Installation(id) = call.caller else { return self.send_as_app(&call).await };
        let (token, generation) = self.token(id, Scope::Api).await?;
        match self.send_with(&call, &token, answers).await {
            Err(ApiError::Unauthorized { .. }) => {
                self.tokens.forget(id, Scope::Api, generation).await;
                let (token, _) = self.token(id, Scope::Api).await?;
                self.send_with(&call, &token, answers).await
            }
            Err(error @ ApiError::Forbidden { .. }) => {
                // A token has the rights that were granted when it was made, and nobody may have told of new ones.
                self.tokens.forget_old(id, generation, self.now()).await;
                Err(error)
            }
            result => result,
        }
    }

    /// Sends a call in the App's own name.
    async fn send_as_app(&self, call: &Call<'_>) -> Result<Answer, ApiError> {
        let sent = self.send_with(call, &self.app_token()?, &[]).await;
        self.access.note_call(call.path, sent.as_ref().err(), self.clock_ahead());
        sent
    }

    async fn token(&self, id: InstallationId, scope: Scope) -> Result<(String, u64), ApiError> {
        self.tokens
            .get(id, scope, self.now(), async {
                self.rate_limits.check(Caller::App, self.now())?;
                self.rate_limits.check(Caller::Installation(id), self.now())?;
                let path = format!("/app/installations/{id}/access_tokens");
                let body = scope.request_body();
                let call = Call { caller: Caller::App, method: Method::POST, path: &path, body };
                self.send_as_app(&call).await?.read()
            })
            .await
    }

    fn app_token(&self) -> Result<String, ApiError> {
        let now = self.now();
        let mut introduction = self.introduction.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back would make the token one from the future.
        let is_fresh = |it: &&Introduction| (it.made_at..it.made_at + INTRODUCED_FOR).contains(&now);
        if let Some(made) = introduction.as_ref().filter(is_fresh) {
            return Ok(made.token.clone());
        }
        let token = self.key.token(now.to_seconds()).ok_or_else(|| {
            ApiError::no_answer("signing our own token", "the system has no randomness to give")
        })?;
        *introduction = Some(Introduction { token: token.clone(), made_at: now });
        Ok(token)
    }

    /// Sends a call with this token, following one redirect on the same host.
    async fn send_with(&self, call: &Call<'_>, token: &str, answers: &[u16]) -> Result<Answer, ApiError> {
        let name = format!("{} {}", call.method, call.path.split('?').next().unwrap_or_default());
        let mut address = self.address(call.path, &name)?;
        for _ in 0..2 {
            let answered = self.exchange(call, &address, token, &name).await;
            let failed = answered.as_ref().map_or(true, |(status, ..)| status.is_server_error());
            self.access.note_answer(!failed);
            self.count(call, &address, answered.as_ref().ok().map(|(status, ..)| *status));
            let (status, headers, body) = answered?;
            self.rate_limits.note_budget(call.caller, &headers);
            if status.is_success() || answers.contains(&status.as_u16()) {
                return Ok(Answer { headers, body, call: name });
            }
            match redirect(status, &headers) {
                Some(target) => address = self.address(&target, &name)?,
                None => return Err(self.classify(call.caller, name, status, &headers, &body)),
            }
        }
        Err(ApiError::unreadable(name, "it redirects more than once"))
    }

    fn count(&self, call: &Call<'_>, address: &Uri, status: Option<StatusCode>) {
        let path = address.path();
        let below = path.strip_prefix(self.base.path().trim_end_matches('/')).unwrap_or(path);
        let status = status_word(status.map(|status| status.as_u16()));
        self.metrics.note_request(endpoint_of(&call.method, below), status);
    }

    async fn exchange(
        &self,
        call: &Call<'_>,
        address: &Uri,
        token: &str,
        name: &str,
    ) -> Result<(StatusCode, HeaderMap, Bytes), ApiError> {
        let no_connection = |error| ApiError::no_answer(name, TransportError(error));
        let mut authorization = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|_| ApiError::no_answer(name, "the token holds characters no header takes"))?;
        authorization.set_sensitive(true);
        let request = http::Request::builder()
            .method(call.method.clone())
            .uri(address.clone())
            .header(header::AUTHORIZATION, authorization)
            .header(header::ACCEPT, "application/vnd.github+json");
        let request = self.client.build_request(request, call.body.as_ref()).map_err(no_connection)?;
        let whole = async {
            let answer = self.client.send(request).await.map_err(no_connection)?;
            let (parts, body) = answer.into_parts();
            if let Some(date) = date_in(&parts.headers) {
                let ahead = self.now().ahead_of(date);
                *self.clock_ahead.lock().unwrap_or_else(PoisonError::into_inner) = ahead;
                self.first_answer.get_or_init(|| date);
            }
            let body = Limited::new(body, ANSWER_MAX).collect().await;
            let body = body.map_err(|error| ApiError::no_answer(name, error))?.to_bytes();
            Ok((parts.status, parts.headers, body))
        };
        tokio::time::timeout(self.timeout, whole).await.unwrap_or_else(|_| {
            let why = format!("no answer within {} s", self.timeout.as_secs());
            Err(ApiError::no_answer(name, why))
        })
    }

    /// The absolute address of a path, or of an absolute address on the API's own host.
    fn address(&self, path: &str, name: &str) -> Result<Uri, ApiError> {
        let unreadable = |what: &'static str| ApiError::unreadable(name, what);
        let uri = if path.starts_with('/') {
            format!("{}{path}", self.base.to_string().trim_end_matches('/')).parse()
        } else {
            path.parse::<Uri>()
        };
        let uri = uri.map_err(|_| unreadable("the address is malformed"))?;
        if uri.authority() == self.base.authority() && uri.scheme() == self.base.scheme() {
            Ok(uri)
        } else {
            Err(unreadable("it leads to another host, where our token must not go"))
        }
    }

    fn classify(
        &self,
        caller: Caller,
        call: String,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> ApiError {
        let message = message_in(body);
        if let Some(until) = self.rate_limits.set_by((status, headers), &message, caller, self.now()) {
            return ApiError::RateLimited { until };
        }
        match status.as_u16() {
            401 => ApiError::Unauthorized { call, message },
            403 if message.contains("suspended") => ApiError::Suspended,
            403 => {
                let named = headers.get("x-accepted-github-permissions").and_then(|it| it.to_str().ok());
                ApiError::Forbidden { call, message, needs: named.and_then(permissions_in_words) }
            }
            404 | 410 => ApiError::NotFound { call },
            status @ 500.. => ApiError::Failed { call, status },
            status => ApiError::Refused { call, status, message },
        }
    }
}

fn redirect(status: StatusCode, headers: &HeaderMap) -> Option<String> {
    let moved = matches!(status.as_u16(), 301 | 302 | 307 | 308);
    moved.then(|| headers.get(header::LOCATION)?.to_str().ok().map(str::to_owned)).flatten()
}

pub(super) fn message_in(body: &[u8]) -> String {
    #[derive(serde::Deserialize)]
    struct Basic {
        message: String,
        #[serde(default)]
        errors: serde_json::Value,
    }
    let mut message = match serde_json::from_slice::<Basic>(body) {
        Ok(Basic { message, errors }) => {
            // What is wrong is often said there alone, beneath "Validation Failed".
            let errors = errors.as_array().map(Vec::as_slice).unwrap_or_default();
            let said = errors.iter().filter_map(|one| one.as_str().or_else(|| one.get("message")?.as_str()));
            std::iter::once(message.as_str()).chain(said).collect::<Vec<_>>().join(": ")
        }
        Err(_) => "without a message".to_owned(),
    };
    if let Some((end, _)) = message.char_indices().nth(300) {
        message.truncate(end);
    }
    message
}
