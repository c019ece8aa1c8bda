//! The way in: from a webhook's headers and body to a stored delivery.

mod written;

use super::monitor::LastWebhook;
use super::received::{Received, Refusal};
use crate::github::events::{Changes, Envelope};
use crate::github::{Secret, Signature, SignatureError, Verifier, off_the_runtime};
use crate::metrics::Metrics;
use crate::model::{BranchName, UnixMillis, error_chain};
use crate::report::{REBUILD, RETARGET};
use crate::store::{Accepted, NewDelivery, Store, WorkItem};
use bytes::Bytes;
use http::HeaderMap;
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;
use written::{comment_with_command, reviewed};

/// Takes webhook calls in.
#[derive(Debug, Clone)]
pub struct Inbox {
    secrets: Arc<[Secret]>,
    /// The App's own id, to tell its checks from others'.
    app_id: u64,
    store: Arc<dyn Store>,
    wake: Arc<Notify>,
    /// Whether the last delivery could not be stored, which is told once.
    failing: Arc<AtomicBool>,
    metrics: Arc<Metrics>,
    last_webhook: Arc<LastWebhook>,
    /// Whether any call was signed as it should be, and whether any was not.
    signed: Arc<[AtomicBool; 2]>,
}

/// What has come in at the webhook's address since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookSeen {
    /// Nothing.
    Nothing,
    /// Calls, none of them signed as it should be.
    Unsigned,
    /// At least one that was.
    Signed,
}

/// A call whose body is being read.
pub struct Reception {
    signature: Result<Signature, SignatureError>,
    verifier: Verifier,
}

impl Reception {
    /// Takes the next piece of the raw body.
    pub fn update(&mut self, piece: &[u8]) {
        self.verifier.update(piece);
    }

    /// Whether the body is worth keeping: without a signature it will be refused whatever it holds.
    pub fn may_be_signed(&self) -> bool {
        self.signature.is_ok()
    }

    fn verify(self) -> Result<(), SignatureError> {
        self.verifier.finish(self.signature?)
    }
}

impl Inbox {
    pub(super) fn new(
        secrets: Arc<[Secret]>,
        app_id: u64,
        store: Arc<dyn Store>,
        wake: Arc<Notify>,
        (metrics, last_webhook): (Arc<Metrics>, Arc<LastWebhook>),
    ) -> Self {
        let (failing, signed) = (Arc::default(), Arc::default());
        Self { secrets, app_id, store, wake, failing, metrics, last_webhook, signed }
    }

    /// Whether a delivery of this event and action may be needed; its body decides.
    pub(super) fn may_need(event: &str, action: Option<&str>) -> bool {
        let actions = NEEDED.iter().find(|(name, _)| *name == event).map(|(_, actions)| *actions);
        actions.is_some_and(|needed| needed.is_empty() || action.is_some_and(|it| needed.contains(&it)))
    }

    /// Begins with a call's headers, before its body has come.
    pub fn begin(&self, headers: &HeaderMap) -> Reception {
        let bytes = |name: &str| headers.get(name).map(http::HeaderValue::as_bytes);
        Reception {
            signature: Signature::from_headers(bytes("x-hub-signature-256"), bytes("x-hub-signature")),
            verifier: Verifier::new(&self.secrets),
        }
    }

    /// Ends with the whole body: verified first, then read, then stored. Durable when it returns.
    pub async fn finish(
        &self,
        reception: Reception,
        headers: &HeaderMap,
        body: Bytes,
        now: UnixMillis,
    ) -> Result<Received, Refusal> {
        self.verified(reception)?;
        self.last_webhook.note(now);
        let event = text_header(headers, "x-github-event")?;
        let guid = text_header(headers, "x-github-delivery")?;
        let received = self.take(event, guid, (headers, body), now).await?;
        self.metrics.note_received(event_word(event), received.as_str());
        Ok(received)
    }

    /// Takes a call that GitHub has signed.
    async fn take(
        &self,
        event: &str,
        guid: &str,
        (headers, body): (&HeaderMap, Bytes),
        now: UnixMillis,
    ) -> Result<Received, Refusal> {
        let size = body.len();
        let body = off_the_runtime(size, || json_body(headers, body))?;
        let Some(delivery) = off_the_runtime(size, || self.needed(event, guid, &body, now))? else {
            return self.not_needed(guid, &body).await;
        };
        let item = delivery.item.clone();
        match self.store.accept(delivery).await {
            Ok(Accepted::Stored) => {
                tracing::debug!(work_item = %item, "stored");
                self.note_stored();
                self.wake.notify_one();
                Ok(Received::Stored)
            }
            // Whoever made its work item wait has woken the work, too.
            Ok(Accepted::Joined) => {
                tracing::debug!(work_item = %item, "stored for work that waits");
                Ok(Received::Stored)
            }
            Ok(Accepted::Repeated) => {
                self.wake.notify_one();
                Ok(Received::Repeated)
            }
            Ok(Accepted::Conflicting) => Err(conflicting(guid)),
            Err(error) => {
                if self.failing.swap(true, Ordering::Relaxed) {
                    tracing::debug!(error = error_chain(&error), "another delivery could not be stored");
                } else {
                    tracing::error!(
                        error = error_chain(&error),
                        "a delivery could not be stored; others are not told of"
                    );
                }
                Err(Refusal::NotStored(error))
            }
        }
    }

    fn verified(&self, reception: Reception) -> Result<(), SignatureError> {
        let verified = reception.verify();
        let [good, bad] = &*self.signed;
        if verified.is_ok() { good } else { bad }.store(true, Ordering::Relaxed);
        verified
    }

    /// What has come in since the start.
    pub(super) fn seen(&self) -> WebhookSeen {
        let [good, bad] = self.signed.each_ref().map(|it| it.load(Ordering::Relaxed));
        match (good, bad) {
            (true, _) => WebhookSeen::Signed,
            (false, true) => WebhookSeen::Unsigned,
            (false, false) => WebhookSeen::Nothing,
        }
    }

    fn note_stored(&self) {
        if self.failing.load(Ordering::Relaxed) && self.failing.swap(false, Ordering::Relaxed) {
            tracing::info!("deliveries can be stored again");
        }
    }

    /// Answers for what is not stored; under the id of something that is, another body is refused all the same.
    async fn not_needed(&self, guid: &str, body: &Bytes) -> Result<Received, Refusal> {
        let known = self.store.delivery(guid).await.map_err(Refusal::NotStored)?;
        // A number would be found as a row's, too.
        let known = known.filter(|row| row.guid == guid).and_then(|row| row.body);
        if known.is_some_and(|known| known != *body) {
            return Err(conflicting(guid));
        }
        tracing::debug!("nobody needs this event");
        Ok(Received::NotNeeded)
    }

    fn needed(
        &self,
        event: &str,
        guid: &str,
        body: &Bytes,
        now: UnixMillis,
    ) -> Result<Option<NewDelivery>, Refusal> {
        // A list would be read as an event too, its first value as the first field.
        if body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return Err(Refusal::Malformed(format!("{NOT_JSON}: it is no object")));
        }
        if NEEDED.iter().all(|(name, _)| *name != event) {
            serde_json::from_slice::<serde::de::IgnoredAny>(body).map_err(|error| not_json(&error))?;
            return Ok(None);
        }
        let envelope: Envelope = serde_json::from_slice(body).map_err(|error| not_json(&error))?;
        let (Some(item), Some(installation)) =
            (unit_of(event, &envelope, self.app_id)?, envelope.installation.as_ref())
        else {
            return Ok(None);
        };
        Ok(Some(NewDelivery {
            guid: guid.to_owned(),
            event: event.to_owned(),
            action: envelope.action.as_deref().map(str::to_owned),
            installation: Some(installation.id),
            item,
            received_at: now,
            body: body.clone(),
        }))
    }
}

/// The word by which an event is counted: of those that are not needed GitHub's greeting alone has one.
fn event_word(event: &str) -> &'static str {
    let known = NEEDED.iter().map(|(name, _)| *name).chain(["ping"]);
    known.into_iter().find(|name| *name == event).unwrap_or("other")
}

/// Branches that merge queues make and unmake: their groups have events of their own.
pub(super) const OF_QUEUES: &str = "gh-readonly-queue/";

/// The events that are needed, with the actions of theirs that are; none named stands for all.
const NEEDED: [(&str, &[&str]); 14] = [
    ("check_run", &["rerequested", "requested_action"]),
    ("check_suite", &["rerequested", "requested_action"]),
    ("deployment_protection_rule", &["requested"]),
    ("deployment_status", &[]),
    ("installation", &[]),
    ("installation_repositories", &[]),
    ("issue_comment", &["created", "edited"]),
    ("merge_group", &["checks_requested"]),
    (
        "pull_request",
        &[
            "opened",
            "synchronize",
            "reopened",
            "edited",
            "closed",
            "ready_for_review",
            "converted_to_draft",
            "stacked",
        ],
    ),
    ("pull_request_review", &["submitted", "edited", "dismissed"]),
    ("pull_request_review_comment", &["created", "edited"]),
    ("push", &[]),
    (
        "repository",
        &[
            "renamed",
            "transferred",
            "deleted",
            "archived",
            "unarchived",
            "edited",
            "privatized",
            "publicized",
        ],
    ),
    ("workflow_run", &["in_progress", "completed"]),
];

/// What has to be looked at because of an event; `None` when nothing has to.
///
/// # Errors
/// When an event that is needed does not say what it is about.
fn unit_of(event: &str, envelope: &Envelope<'_>, app_id: u64) -> Result<Option<WorkItem>, Refusal> {
    let lacks = |what: &str| Refusal::Malformed(format!("the {event} event has no {what}"));
    let repository = || envelope.repository.map(|it| it.id).ok_or_else(|| lacks("repository.id"));
    let action = envelope.action.as_deref();
    if !Inbox::may_need(event, action) {
        return Ok(None);
    }
    Ok(match event {
        "pull_request" => {
            // Of what can be edited these are known to the rules.
            let is_known = |it: &Changes| it.base.is_some() || it.title.is_some();
            if action == Some("edited") && !envelope.changes.as_ref().is_some_and(is_known) {
                return Ok(None);
            }
            let number = envelope.pull_request.ok_or_else(|| lacks("pull_request.number"))?.number;
            Some(WorkItem::PullRequest(repository()?, number))
        }
        "push" => {
            let pushed = envelope.pushed_ref.as_deref().ok_or_else(|| lacks("ref"))?;
            let branch = pushed.strip_prefix("refs/heads/").filter(|name| !name.starts_with(OF_QUEUES));
            match branch.map(BranchName::new) {
                Some(Ok(branch)) => Some(WorkItem::Branch(repository()?, branch)),
                // Refusing it would have it asked for again and again, and it would come as it is each time.
                Some(Err(error)) => {
                    tracing::debug!(error = error_chain(&error), "a push to what is no branch");
                    None
                }
                None => None,
            }
        }
        "check_run" | "check_suite" => {
            let made = envelope.check_run.as_ref().or(envelope.check_suite.as_ref());
            let ours = made.filter(|it| it.app.is_some_and(|app| app.id == app_id));
            let pressed = envelope.requested_action.as_ref().map(|it| it.identifier.as_ref());
            match (ours, pressed) {
                (None, _) => None,
                (Some(made), Some(name)) if [RETARGET, REBUILD].iter().any(|it| it.identifier == name) => {
                    let check = made.id.ok_or_else(|| lacks("check_run.id"))?;
                    Some(WorkItem::Button(repository()?, check))
                }
                (Some(_), _) => Some(WorkItem::Repository(repository()?)),
            }
        }
        "deployment_status" => {
            let to = envelope.deployment.as_ref().ok_or_else(|| lacks("deployment.environment"))?;
            Some(WorkItem::Environment(repository()?, to.environment.as_ref().into()))
        }
        "deployment_protection_rule" => {
            // What GitHub leaves out of one nobody can answer.
            let run = envelope.deployment_callback_url.as_deref().and_then(run_in);
            let to = envelope.environment.as_deref();
            match (run, to) {
                (Some(run), Some(to)) => Some(WorkItem::DeploymentProtection(repository()?, run, to.into())),
                _ => return Err(lacks("environment and deployment_callback_url")),
            }
        }
        "workflow_run" => Some(WorkItem::WorkflowRuns(repository()?)),
        "merge_group" => {
            let group = envelope.merge_group.as_ref().ok_or_else(|| lacks("merge_group"))?;
            let base = group.base_ref.strip_prefix("refs/heads/").unwrap_or(&group.base_ref);
            let base = BranchName::new(base).map_err(|error| Refusal::Malformed(error.to_string()))?;
            Some(WorkItem::MergeGroup(repository()?, group.head_sha, base))
        }
        "installation" | "installation_repositories" => {
            let installation = envelope.installation.ok_or_else(|| lacks("installation.id"))?;
            Some(WorkItem::Installation(installation.id))
        }
        "repository" => Some(WorkItem::Repository(repository()?)),
        "issue_comment" | "pull_request_review" | "pull_request_review_comment" => {
            match comment_with_command(event, envelope)? {
                Some((number, comment)) => Some(WorkItem::Command(repository()?, number, comment)),
                None => match reviewed(event, envelope)? {
                    Some(number) => Some(WorkItem::Reviews(repository()?, number)),
                    None => None,
                },
            }
        }
        _ => None,
    })
}

/// The number of the run in the address that a job's answer goes to.
fn run_in(address: &str) -> Option<u64> {
    let (_, behind) = address.split_once("/actions/runs/")?;
    behind.split('/').next()?.parse().ok()
}

fn text_header<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Refusal> {
    let value =
        headers.get(name).ok_or_else(|| Refusal::Malformed(format!("the header {name} is missing")))?;
    let text = value.to_str().ok().filter(|text| !text.is_empty() && text.len() <= 200);
    text.ok_or_else(|| Refusal::Malformed(format!("the header {name} is not a short text")))
}

/// The JSON in a body, which GitHub sends bare or as the form field `payload`.
fn json_body(headers: &HeaderMap, body: Bytes) -> Result<Bytes, Refusal> {
    let kind =
        headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/json" => Ok(body),
        "application/x-www-form-urlencoded" => form_urlencoded::parse(&body)
            .find(|(name, _)| name == "payload")
            .map(|(_, payload)| Bytes::from(Cow::into_owned(payload)))
            .ok_or_else(|| Refusal::Malformed("the form has no field payload".to_owned())),
        "" => Err(Refusal::Malformed("the header content-type is missing".to_owned())),
        _ => Err(Refusal::Malformed(format!(
            "the content type {:?} is neither application/json nor application/x-www-form-urlencoded",
            kind.chars().take(60).collect::<String>()
        ))),
    }
}

fn conflicting(guid: &str) -> Refusal {
    tracing::warn!("refused: this delivery id is known with another body");
    Refusal::Conflicting { guid: guid.to_owned() }
}

const NOT_JSON: &str = "the body is not the JSON that is expected";

/// The parser's own words hold parts of the body, which may come from anybody.
pub(super) fn not_json(error: &serde_json::Error) -> Refusal {
    let (line, column) = (error.line(), error.column());
    Refusal::Malformed(format!("{NOT_JSON}: line {line}, column {column}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(event: &str, body: &str) -> String {
        let envelope: Envelope = serde_json::from_str(body).unwrap();
        match unit_of(event, &envelope, 5) {
            Ok(Some(item)) => item.to_string(),
            Ok(None) => "none".to_owned(),
            Err(refusal) => refusal.to_string(),
        }
    }

    #[test]
    fn an_event_marks_what_it_is_about() {
        let pull = |action: &str, more: &str| {
            format!(r#"{{"action":"{action}","repository":{{"id":7}},"pull_request":{{"number":3}}{more}}}"#)
        };
        assert_eq!(item("pull_request", &pull("opened", "")), "pull-request:7:3");
        assert_eq!(item("pull_request", &pull("labeled", "")), "none");
        assert_eq!(item("pull_request", &pull("stacked", r#","stack":{"number":9}"#)), "pull-request:7:3");
        assert_eq!(item("pull_request", &pull("edited", r#","changes":{"body":{"from":"x"}}"#)), "none");
        let title = pull("edited", r#","changes":{"title":{"from":"x"}}"#);
        assert_eq!(item("pull_request", &title), "pull-request:7:3");
        assert_eq!(
            item("pull_request", &pull("edited", r#","changes":{"base":{"ref":{}}}"#)),
            "pull-request:7:3"
        );
        assert_eq!(item("push", r#"{"ref":"refs/heads/a/b","repository":{"id":7}}"#), "branch:7:a/b");
        for name in ["-x", "@", "HEAD"] {
            let push = format!(r#"{{"ref":"refs/heads/{name}","repository":{{"id":7}}}}"#);
            assert_eq!(item("push", &push), format!("branch:7:{name}"));
        }
        assert_eq!(item("push", r#"{"ref":"refs/heads/a..b","repository":{"id":7}}"#), "none");
        assert_eq!(item("push", r#"{"ref":"refs/tags/v1","repository":{"id":7}}"#), "none");
        let check = |app: u64| {
            format!(
                r#"{{"action":"rerequested","repository":{{"id":7}},"check_run":{{"app":{{"id":{app}}}}}}}"#
            )
        };
        assert_eq!(item("check_run", &check(5)), "repository:7");
        assert_eq!(item("check_run", &check(6)), "none");
        assert_eq!(item("installation", r#"{"action":"created","installation":{"id":9}}"#), "installation:9");
        assert_eq!(item("repository", r#"{"action":"renamed","repository":{"id":7}}"#), "repository:7");
    }

    #[test]
    fn an_event_that_does_not_say_what_it_is_about_is_named() {
        assert_eq!(
            item("pull_request", r#"{"action":"opened","repository":{"id":7}}"#),
            "not taken: the pull_request event has no pull_request.number"
        );
        assert_eq!(item("push", "{}"), "not taken: the push event has no ref");
    }

    #[test]
    fn forms_and_content_types() {
        let read = |kind: &str, body: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("content-type", kind.parse().unwrap());
            json_body(&headers, Bytes::from_static(body.as_bytes())).map_err(|error| error.to_string())
        };
        assert_eq!(read("application/json; charset=utf-8", "{}").unwrap(), "{}");
        assert_eq!(
            read("application/x-www-form-urlencoded", "payload=%7B%22a+b%22%3A1%7D").unwrap(),
            "{\"a b\":1}"
        );
        assert_eq!(
            read("application/x-www-form-urlencoded", "x=1").unwrap_err(),
            "not taken: the form has no field payload"
        );
        assert!(read("text/plain", "{}").unwrap_err().contains("\"text/plain\""));
    }
}
