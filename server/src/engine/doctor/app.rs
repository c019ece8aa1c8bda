//! The App and its credentials: whether GitHub takes us, whether its webhooks reach us, what the App asks for.

use super::facts::{Asked, asked, listed};
use crate::engine::github_access::{CLOCKS_APART, reason};
use crate::github::{Access, AccessState, Api, FailedDeliveryJson, RegisteredAppJson, WebhookConfigJson};
use crate::model::{SetupCall, SetupCaller, SetupChange, SetupFinding, SetupRepair, UnixMillis};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::time::Duration;

/// How far back failed deliveries count: github.com keeps them no longer.
const DELIVERIES_SINCE: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// Where the server takes webhooks in.
const WEBHOOK_PATH: &str = "/webhooks/github";

/// How many webhooks are asked for again in one go. The running server asks for the others by itself.
const SENT_AGAIN_AT_MOST: usize = 50;

/// What is known of the App.
#[derive(Debug)]
pub(super) struct AppFacts {
    /// The App's number, as configured.
    pub(super) id: String,
    /// Where GitHub's API is.
    pub(super) base_url: String,
    /// Whether GitHub takes us, and by how much our clock is ahead of its own.
    pub(super) access: AccessState,
    /// The App as GitHub has it.
    pub(super) app: Asked<RegisteredAppJson>,
    pub(super) hook: Asked<WebhookConfigJson>,
    /// Where the server is reached from outside.
    pub(super) public_url: Option<String>,
    /// The deliveries of the last three days that failed and did not come later.
    pub(super) lost: Asked<Vec<FailedDeliveryJson>>,
}

pub(super) async fn gather(api: &Api, public_url: Option<&String>, now: UnixMillis) -> AppFacts {
    let app = api.app().await;
    let access = api.access_changes().borrow().clone();
    let is_accepted = app.is_ok();
    let (hook, lost) = if is_accepted {
        (asked(api.webhook_config().await), lost_deliveries(api, now - DELIVERIES_SINCE).await)
    } else {
        let why = "GitHub does not take us for the App".to_owned();
        (Err(why.clone()), Err(why))
    };
    AppFacts {
        id: api.app_id().to_owned(),
        base_url: api.base_url(),
        access,
        app: asked(app),
        hook,
        public_url: public_url.cloned(),
        lost,
    }
}

async fn lost_deliveries(api: &Api, since: UnixMillis) -> Asked<Vec<FailedDeliveryJson>> {
    let mut failed = asked(api.failed_deliveries(since).await)?;
    // GitHub sends a ping when the address is set, perhaps before anybody listens there. It tells of nothing.
    failed.retain(|it| it.event != "ping");
    if !failed.is_empty() {
        let taken = asked(api.taken_deliveries(since).await)?;
        let mut seen = std::collections::BTreeSet::new();
        // The newest first: of each delivery its last attempt.
        failed.retain(|it| !taken.contains(&it.guid) && seen.insert(it.guid.clone()));
    }
    Ok(failed)
}

/// What is missing where no App is configured.
pub const NO_APP: &str = "no App is configured: GITHUB_APP_ID, its key and its webhook secret are not set, and the data folder \
                          (TOWPATH_DATA_DIR) holds no app.json of the set-up page";

/// What to do about that.
pub const GIVE_APP: &str = "set TOWPATH_DATA_DIR or these variables as the server has them; to register an App, run `towpath \
                            serve`, and `towpath setup-link` beside it";

/// What there is to say where no App is configured.
pub(super) fn not_configured() -> SetupFinding {
    SetupFinding::fault("credentials", "", NO_APP, "nothing of GitHub can be looked at")
        .repaired_by(SetupRepair::Words(GIVE_APP.to_owned()))
}

pub(super) fn judge(facts: &AppFacts) -> Vec<SetupFinding> {
    let mut findings = vec![credentials(facts), clock(facts)];
    if facts.app.is_ok() {
        findings.extend([permissions(facts), address(facts), secret(facts), deliveries(facts)]);
    }
    findings
}

fn credentials(facts: &AppFacts) -> SetupFinding {
    let AppFacts { id, base_url, access, .. } = facts;
    match &facts.app {
        Ok(app) => {
            SetupFinding::ok("credentials", "", format!("GitHub takes us for the App {id}, {:?}", app.name))
        }
        Err(why) if access.access == Access::Refused => {
            let why = if access.error.is_some() { reason((id, base_url), access) } else { why.clone() };
            let found = format!("GitHub does not accept our credentials: {why}");
            SetupFinding::fault("credentials", "", found, "no check is shown and nothing is deployed")
                .repaired_by(SetupRepair::Words(
                    "put GITHUB_APP_ID, GITHUB_APP_PRIVATE_KEY or the clock right".to_owned(),
                ))
        }
        // What does not answer may have reasons that are no fault of the set-up; what answers and is no GitHub has not.
        Err(_) if matches!(access.error, Some(crate::github::ApiError::Unreadable { .. })) => {
            let found = reason((id, base_url), access);
            SetupFinding::fault("credentials", "", found, "no check is shown and nothing is deployed")
                .repaired_by(SetupRepair::Words("put GITHUB_API_URL right".to_owned()))
        }
        Err(why) => SetupFinding::unknown("credentials", "", format!("GitHub could not be asked: {why}")),
    }
}

fn clock(facts: &AppFacts) -> SetupFinding {
    let AccessState { access, clock_ahead, .. } = &facts.access;
    if *access == Access::Unreachable || *access == Access::Unknown {
        return SetupFinding::unknown("clock", "", "GitHub did not tell the time");
    }
    let seconds = clock_ahead.abs().num_seconds();
    let side = if *clock_ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
    let found = format!("this machine's clock is {seconds} s {side} GitHub's");
    if clock_ahead.abs() < CLOCKS_APART {
        return SetupFinding::ok("clock", "", found);
    }
    SetupFinding::fault(
        "clock",
        "",
        found,
        "GitHub refuses our credentials when a clock is wrong by a minute or more",
    )
    .repaired_by(SetupRepair::Command("sudo timedatectl set-ntp true".to_owned()))
}

fn permissions(facts: &AppFacts) -> SetupFinding {
    let Ok(app) = &facts.app else {
        return SetupFinding::unknown("app-permissions", "", "the App is not known");
    };
    let Some(grants) = &app.grants else {
        return SetupFinding::unknown("app-permissions", "", "GitHub does not tell what the App asks for");
    };
    let missing = grants.missing_of_manifest();
    if missing.is_empty() {
        return SetupFinding::ok("app-permissions", "", "the App asks for all that app-manifest.yml has");
    }
    let labels: Vec<String> = missing.iter().map(|it| it.label.clone()).collect();
    let found = format!("the App does not ask for {}", listed(&labels));
    let mut without: Vec<String> = missing.iter().map(|it| it.without.to_owned()).collect();
    without.dedup();
    let effect = without.join("; ");
    if missing.iter().all(|it| !it.is_essential) {
        // Whoever leaves such a permission away does so on purpose.
        return SetupFinding::ok("app-permissions", "", found).with_effect(effect);
    }
    SetupFinding::fault("app-permissions", "", found, effect)
        .repaired_by(app_page(facts, "add them in the App's settings, Permissions & events"))
}

/// The App's page, from which its owner comes to its settings.
fn app_page(facts: &AppFacts, what: &str) -> SetupRepair {
    match facts.app.as_ref().ok().and_then(|app| app.html_url.clone()) {
        Some(url) => SetupRepair::Page(what.to_owned(), url),
        None => SetupRepair::Words(what.to_owned()),
    }
}

/// What is wrong with where webhooks go, and what follows from it.
fn fault_of_address(hook: &WebhookConfigJson, wanted: Option<&str>) -> Option<(String, &'static str)> {
    let Some(url) = hook.url.as_deref().filter(|url| !url.is_empty()) else {
        return Some(("the App has no webhook address".to_owned(), "what happens on GitHub is noticed late"));
    };
    let nobody = "webhooks reach nobody, and what happens on GitHub is noticed late";
    if let Some(wanted) = wanted.filter(|wanted| *wanted != url) {
        return Some((format!("webhooks go to {url}, and PUBLIC_URL says {wanted}"), nobody));
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        return Some((format!("webhooks go to {url}, which is no address"), nobody));
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if !path.split('?').next().unwrap_or_default().ends_with(WEBHOOK_PATH) {
        return Some((format!("webhooks go to {url}, and the server takes them at {WEBHOOK_PATH}"), nobody));
    }
    let host = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_here = matches!(host, "localhost" | "[::1]") || host.starts_with("127.");
    let open = "others can read and change what GitHub sends";
    if scheme != "https" && !is_here {
        return Some((format!("webhooks go to {url} without TLS"), open));
    }
    let is_on = |value: &Value| value.as_str() == Some("1") || value.as_u64() == Some(1);
    is_on(&hook.insecure_ssl).then(|| (format!("GitHub does not look at the certificate of {url}"), open))
}

fn address(facts: &AppFacts) -> SetupFinding {
    const CODE: &str = "webhook-address";
    let hook = match &facts.hook {
        Ok(hook) => hook,
        Err(why) => return SetupFinding::unknown(CODE, "", why),
    };
    let wanted = facts.public_url.as_ref().map(|url| format!("{url}{WEBHOOK_PATH}"));
    let Some((found, effect)) = fault_of_address(hook, wanted.as_deref()) else {
        let url = hook.url.as_deref().unwrap_or_default();
        return SetupFinding::ok(CODE, "", format!("webhooks go to {url}"));
    };
    let finding = SetupFinding::fault(CODE, "", found, effect);
    let Some(wanted) = wanted else {
        return finding.repaired_by(app_page(facts, "set it in the App's settings, Webhook URL"));
    };
    let line = |url: &str, insecure: bool| {
        [format!("url: {url}"), format!("insecure_ssl: {}", u8::from(insecure))].to_vec()
    };
    let is_insecure = hook.insecure_ssl.as_str() == Some("1") || hook.insecure_ssl.as_u64() == Some(1);
    let change = SetupChange {
        of: "the App's webhook".to_owned(),
        before: line(hook.url.as_deref().unwrap_or("none"), is_insecure),
        after: line(&wanted, false),
    };
    finding.repaired_by(SetupRepair::Call(SetupCall {
        by: SetupCaller::App,
        method: "PATCH",
        path: "/app/hook/config".to_owned(),
        body: json!({ "url": wanted, "content_type": "json", "insecure_ssl": "0" }),
        change,
    }))
}

fn secret(facts: &AppFacts) -> SetupFinding {
    const CODE: &str = "webhook-secret";
    let page =
        || app_page(facts, "set it in the App's settings, Webhook secret, to what GITHUB_WEBHOOK_SECRET is");
    let refused = "each webhook is refused, and what happens on GitHub is noticed late";
    match &facts.hook {
        Ok(hook) if hook.secret.as_deref().is_none_or(str::is_empty) => {
            SetupFinding::fault(CODE, "", "the App signs its webhooks with no secret", refused)
                .repaired_by(page())
        }
        Ok(_) => match &facts.lost {
            Ok(lost) if lost.iter().any(|it| it.status_code == 401) => {
                let found = "webhooks were refused since their signature is not by our secret";
                SetupFinding::fault(CODE, "", found, refused).repaired_by(page())
            }
            Ok(_) => SetupFinding::ok(CODE, "", "the App signs its webhooks, and none was refused for it"),
            Err(why) => SetupFinding::unknown(CODE, "", why),
        },
        Err(why) => SetupFinding::unknown(CODE, "", why),
    }
}

fn deliveries(facts: &AppFacts) -> SetupFinding {
    const CODE: &str = "deliveries";
    let lost = match &facts.lost {
        Ok(lost) => lost,
        Err(why) => return SetupFinding::unknown(CODE, "", why),
    };
    let Some(newest) = lost.first() else {
        return SetupFinding::ok(CODE, "", "no webhook of the last three days is missing");
    };
    let how = match newest.status_code {
        // GitHub writes these where it cannot connect, and where nobody answers in time.
        0 | 502 | 504 => "found no server that answered".to_owned(),
        status => format!("was answered with {status}"),
    };
    let count = if lost.len() == 1 { "1 webhook".to_owned() } else { format!("{} webhooks", lost.len()) };
    let found = format!(
        "{count} of the last three days did not arrive; the newest, {} of {}, {how}",
        newest.event,
        newest.delivered_at.format("%Y-%m-%d %H:%M UTC")
    );
    let effect =
        "what they told of is noticed when the server next compares with GitHub, a quarter of an hour later";
    SetupFinding::fault(CODE, "", found, effect).repaired_by(redelivery(lost))
}

/// Asking GitHub for them once more.
fn redelivery(lost: &[FailedDeliveryJson]) -> SetupRepair {
    let call = |it: &FailedDeliveryJson| SetupCall {
        by: SetupCaller::App,
        method: "POST",
        path: format!("/app/hook/deliveries/{}/attempts", it.id),
        body: Value::Null,
        change: SetupChange {
            of: format!("the webhook {}, {}", it.guid, it.event),
            before: vec!["failed".to_owned()],
            after: vec!["sent again".to_owned()],
        },
    };
    SetupRepair::OwnCalls(lost.iter().take(SENT_AGAIN_AT_MOST).map(call).collect())
}
