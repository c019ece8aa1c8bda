//! The five lights: how far the set-up has come, and what to do where it has not.

use super::Shared;
use crate::engine::{Access, Engine, WebhookSeen};
use crate::model::error_chain;
use crate::web::markup::text;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// One light.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Light {
    /// What it is about.
    pub(super) name: &'static str,
    /// Whether it is green.
    pub(super) is_green: bool,
    /// What there is to say, in HTML: of one that is not green, what to do.
    pub(super) words: String,
}

impl Light {
    fn green(name: &'static str, words: impl Into<String>) -> Self {
        Self { name, is_green: true, words: words.into() }
    }

    fn waits(name: &'static str, words: impl Into<String>) -> Self {
        Self { name, is_green: false, words: words.into() }
    }
}

const REGISTERED: &str = "App registered";
const ACCEPTED: &str = "GitHub accepts our credentials";
const REACHED: &str = "Webhook reachable, signature right";
const INSTALLED: &str = "Installed";
const VERDICT: &str = "First verdict";

/// All five, in their order.
pub(super) async fn lights(shared: &Shared) -> Vec<Light> {
    let engine = shared.live.engine();
    vec![
        registered(shared),
        accepted(engine.as_deref()),
        reached(shared, engine.as_ref()).await,
        installed(shared, engine.as_deref()).await,
        verdict(engine.as_deref()).await,
    ]
}

fn registered(shared: &Shared) -> Light {
    match shared.app() {
        Some(app) => {
            let (name, page) = (text(&app.name), text(&app.html_url));
            Light::green(REGISTERED, format!("<a href=\"{page}\">{name}</a>"))
        }
        None if shared.set_up.by_variables => {
            Light::green(REGISTERED, "its credentials stand in variables of the environment")
        }
        None => Light::waits(REGISTERED, "press the button above"),
    }
}

fn accepted(engine: Option<&Engine>) -> Light {
    let Some(engine) = engine else { return Light::waits(ACCEPTED, "comes after the registration") };
    match engine.access() {
        Access::Accepted => Light::green(ACCEPTED, ""),
        Access::Unknown => Light::waits(ACCEPTED, "GitHub is being asked"),
        Access::Refused | Access::Unreachable => Light::waits(ACCEPTED, text(&engine.why_no_access())),
    }
}

async fn reached(shared: &Shared, engine: Option<&Arc<Engine>>) -> Light {
    let Some(engine) = engine else { return Light::waits(REACHED, "comes after the registration") };
    match engine.webhook_seen() {
        WebhookSeen::Signed => Light::green(REACHED, ""),
        WebhookSeen::Unsigned => Light::waits(
            REACHED,
            "something comes in whose signature is wrong: the webhook secret on the App's page is another one than here",
        ),
        WebhookSeen::Nothing => {
            let ping = engine.last_ping().await;
            let address = shared.set_up.public_url.as_deref().unwrap_or("this server's address");
            let words = match ping {
                Some(status) if (200..300).contains(&status) => {
                    "GitHub has reached it; its call is being read".to_owned()
                }
                Some(0) => format!("GitHub cannot reach {}: is it open to the internet?", text(address)),
                Some(status) => format!("GitHub reaches {} and is answered {status}", text(address)),
                None => "no call has come yet".to_owned(),
            };
            Light::waits(REACHED, words)
        }
    }
}

async fn installed(shared: &Shared, engine: Option<&Engine>) -> Light {
    let Some(engine) = engine else { return Light::waits(INSTALLED, "comes after the registration") };
    let count = engine.repositories_covered().await;
    if count > 0 {
        let are = if count == 1 { "repository" } else { "repositories" };
        return Light::green(INSTALLED, format!("on {count} {are}"));
    }
    let page = shared.app().map(|app| app.installation_page());
    let words = match page {
        Some(page) => format!("<a href=\"{}\">install it on your repositories</a>", text(&page)),
        None => "install it on your repositories, from its page on GitHub".to_owned(),
    };
    Light::waits(INSTALLED, words)
}

async fn verdict(engine: Option<&Engine>) -> Light {
    let Some(engine) = engine else { return Light::waits(VERDICT, "comes after the installation") };
    match engine.first_verdict().await {
        Some(page) => Light::green(VERDICT, format!("<a href=\"{0}\">{0}</a>", text(&page))),
        None => Light::waits(
            VERDICT,
            "open a pull request into integration, staging or production, or into what your configuration names",
        ),
    }
}

/// How often the lights are looked at for the log.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How many times GitHub is asked to call again while no call has come: its first call came before there was a secret to check
/// it with.
const PINGS_MAX: u32 = 10;

/// After how many looks it is asked the next time.
const LOOKS_BETWEEN_PINGS: u32 = 8;

/// Tells the log of each light that turns green, until all are; meanwhile has GitHub call again until it gets through.
pub(super) async fn tell(shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    let (mut told, mut looks) = (0, 0);
    loop {
        let engine = tokio::select! {
            engine = shared.live.begun() => engine,
            _ = stopped.changed() => return,
        };
        let nothing_came =
            engine.access() == Access::Accepted && engine.webhook_seen() == WebhookSeen::Nothing;
        if nothing_came && looks < PINGS_MAX * LOOKS_BETWEEN_PINGS {
            if looks % LOOKS_BETWEEN_PINGS == 0
                && let Err(error) = engine.ping_again().await
            {
                tracing::info!(error = error_chain(&error), "GitHub does not call again yet");
            }
            looks += 1;
        }
        let all = lights(&shared).await;
        let green = all.iter().take_while(|it| it.is_green).count();
        for light in all.iter().take(green).skip(told) {
            tracing::info!("set-up: {} is done", light.name);
        }
        told = told.max(green);
        if told == all.len() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopped.changed() => return,
        }
    }
}
