//! Which App we are on GitHub, where it is installed, and whether GitHub lets us ask: told once it is known, and
//! whenever that changes.

use super::context::EngineContext;
use super::supervisor::over;
use crate::github::{Access, AccessState, Api, ApiError, Installation, RegisteredApp};
use crate::model::{InstallationId, Millis};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// How long is waited for installations that do not answer before the others are told, in milliseconds.
const TOLD_WITHIN: Millis = 10_000;
/// How many accounts are told by name.
const NAMED: usize = 10;
/// How far apart clocks may be before that is what is wrong, in milliseconds. Our tokens are dated back by as much.
const CLOCKS_APART: Millis = 60_000;

/// What an installation covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coverage {
    /// So many repositories.
    Repositories(usize),
    /// None, until its account takes the App into use again.
    Suspended,
    /// It did not answer yet.
    Unknown,
}

/// What is known of us since the start, or since GitHub took us in again.
#[derive(Debug, Default)]
pub(super) struct Presence(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    app: Option<RegisteredApp>,
    installed: BTreeMap<InstallationId, (String, Coverage)>,
    told: bool,
}

impl Presence {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which App we are, and where it is installed. What each installation covers comes later, if it was not told yet;
    /// answers whether.
    fn is(&self, app: RegisteredApp, installations: &[Installation]) -> bool {
        let mut seen = self.seen();
        if seen.told {
            return false;
        }
        let of = |it: &Installation| {
            let login = it.account.as_ref().map_or_else(|| format!("#{}", it.id), |it| it.login.clone());
            (it.id, (login, Coverage::Unknown))
        };
        (seen.app, seen.installed) = (Some(app), installations.iter().map(of).collect());
        seen.tell_if_complete();
        !seen.told
    }

    /// What an installation covers, or that it is none any more.
    pub(super) fn covers(&self, id: InstallationId, coverage: Option<Coverage>) {
        let mut seen = self.seen();
        match (coverage, seen.installed.get_mut(&id)) {
            (Some(coverage), Some((_, known))) => *known = coverage,
            (Some(_), None) => {}
            (None, _) => drop(seen.installed.remove(&id)),
        }
        seen.tell_if_complete();
    }

    fn tell(&self) {
        self.seen().tell();
    }

    /// It is told again once it is known again.
    fn forget(&self) {
        *self.seen() = Seen::default();
    }
}

impl Seen {
    fn tell_if_complete(&mut self) {
        if self.installed.values().all(|(_, coverage)| *coverage != Coverage::Unknown) {
            self.tell();
        }
    }

    fn tell(&mut self) {
        let Some(app) = self.app.as_ref().filter(|_| !self.told) else { return };
        tracing::info!("{}", sentence(app, self.installed.values()));
        self.told = true;
    }
}

fn sentence<'a>(app: &RegisteredApp, installed: impl Iterator<Item = &'a (String, Coverage)>) -> String {
    let slug = app.slug.as_ref().map(|slug| format!(" ({slug})")).unwrap_or_default();
    let (mut named, mut others, mut all) = (Vec::new(), 0, 0);
    for (login, coverage) in installed {
        if let Coverage::Repositories(count) = coverage {
            all += count;
        }
        if named.len() == NAMED {
            others += 1;
            continue;
        }
        named.push(match coverage {
            Coverage::Repositories(count) => format!("{login} ({})", repositories(*count)),
            Coverage::Suspended => format!("{login} (suspended)"),
            Coverage::Unknown => format!("{login} (no answer yet)"),
        });
    }
    let us = format!("this is the GitHub App {:?}{slug}, installed", app.name);
    if named.is_empty() {
        let page = app.html_url.as_ref().map(|url| format!(": {url}/installations/new")).unwrap_or_default();
        return format!("{us} nowhere yet{page}");
    }
    let more = if others > 0 { format!(" and {others} accounts more") } else { String::new() };
    format!("{us} in {}{more}; {} in all", named.join(", "), repositories(all))
}

fn repositories(count: usize) -> String {
    if count == 1 { "1 repository".to_owned() } else { format!("{count} repositories") }
}

/// Notes which App we are. Some installations may never answer: the others are told without them.
pub(super) fn is(ctx: &EngineContext, app: RegisteredApp, installations: &[Installation]) {
    if ctx.presence.is(app, installations) {
        let (ctx, at, clock) = (ctx.this.clone(), ctx.now() + TOLD_WITHIN, Arc::clone(&ctx.clock));
        tokio::spawn(async move {
            clock.sleep_until(at).await;
            if let Some(ctx) = ctx.upgrade() {
                ctx.presence.tell();
            }
        });
    }
}

/// Tells whenever GitHub takes us otherwise than before.
pub(super) async fn tell_changes(ctx: Arc<EngineContext>, mut stop: watch::Receiver<bool>) {
    let mut states = ctx.api.access_changes();
    let mut before = Access::Unknown;
    loop {
        tokio::select! {
            changed = states.changed() => if changed.is_err() { return },
            () = over(&mut stop) => return,
        }
        let state = states.borrow_and_update().clone();
        match state.access {
            Access::Refused => {
                tracing::error!("GitHub does not accept our credentials: {}", why(&ctx.api, &state));
            }
            Access::Unreachable => tracing::warn!("GitHub cannot be asked: {}", why(&ctx.api, &state)),
            Access::Accepted if before != Access::Unknown => {
                tracing::info!("GitHub accepts our credentials again");
            }
            Access::Accepted | Access::Unknown => {}
        }
        if matches!(state.access, Access::Refused | Access::Unreachable) {
            ctx.presence.forget();
        }
        before = state.access;
    }
}

fn why(api: &Api, state: &AccessState) -> String {
    reason((api.app_id(), &api.base_url()), state)
}

/// Why GitHub does not let us ask, and what to do. We are the App `id`, and ask at `base`.
fn reason((id, base): (&str, &str), state: &AccessState) -> String {
    let seconds = state.clock_ahead.abs() / 1000;
    match &state.error {
        Some(ApiError::Unauthorized { .. }) if state.clock_ahead.abs() >= CLOCKS_APART => {
            let side = if state.clock_ahead > 0 { "ahead of" } else { "behind" };
            format!("this machine's clock is {seconds} s {side} GitHub's; set it right")
        }
        Some(ApiError::Unauthorized { message, .. })
            if message.contains("('iat')") || message.contains("('exp')") =>
        {
            format!("{message}; is this machine's clock right?")
        }
        Some(ApiError::Unauthorized { message, .. }) if message.contains("could not be decoded") => format!(
            "GITHUB_APP_PRIVATE_KEY (or the file that GITHUB_APP_PRIVATE_KEY_PATH names) holds no key of the App {id}; \
             generate one on the App's page"
        ),
        Some(ApiError::NotFound { .. }) => {
            format!("{base} knows no App {id}; GITHUB_APP_ID or GITHUB_API_URL is wrong")
        }
        Some(ApiError::Unreadable { .. }) => {
            format!("what answers at {base} is not GitHub's REST API; GITHUB_API_URL is wrong")
        }
        Some(ApiError::NoAnswer { what, .. }) => format!("{base} does not answer: {what}; it is asked again"),
        Some(error) => error.to_string(),
        None => "nothing is known of the reason".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app() -> RegisteredApp {
        let html_url = Some("https://github.com/apps/towpath-acme".to_owned());
        RegisteredApp { name: "Towpath".to_owned(), slug: Some("towpath-acme".to_owned()), html_url }
    }

    #[test]
    fn a_clock_that_is_wrong_is_told_from_a_wrong_key() {
        let reason = |clock_ahead: Millis, message: &str| {
            let error = ApiError::Unauthorized { call: "GET /app".to_owned(), message: message.to_owned() };
            let state = AccessState { access: Access::Refused, error: Some(error), clock_ahead };
            reason(("12", "https://api.github.com/"), &state)
        };
        let undecodable = "A JSON web token could not be decoded";
        assert!(reason(900, undecodable).contains("holds no key of the App 12;"));
        let early = "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued";
        assert_eq!(
            reason(1_200_500, early),
            "this machine's clock is 1200 s ahead of GitHub's; set it right"
        );
        assert_eq!(
            reason(-61_000, undecodable),
            "this machine's clock is 61 s behind GitHub's; set it right"
        );
        assert!(reason(0, early).ends_with("is this machine's clock right?"));
    }

    #[test]
    fn who_we_are_is_one_sentence() {
        let installed = [
            ("acme".to_owned(), Coverage::Repositories(1)),
            ("emca".to_owned(), Coverage::Suspended),
            ("widgets".to_owned(), Coverage::Repositories(12)),
        ];
        assert_eq!(
            sentence(&app(), installed.iter()),
            "this is the GitHub App \"Towpath\" (towpath-acme), installed in acme (1 repository), emca (suspended), \
             widgets (12 repositories); 13 repositories in all"
        );
        assert_eq!(
            sentence(&app(), std::iter::empty()),
            "this is the GitHub App \"Towpath\" (towpath-acme), installed nowhere yet: \
             https://github.com/apps/towpath-acme/installations/new"
        );
        let many: Vec<_> = (0..13).map(|it| (format!("a{it}"), Coverage::Repositories(2))).collect();
        let told = sentence(&app(), many.iter());
        assert!(told.ends_with("a9 (2 repositories) and 3 accounts more; 26 repositories in all"), "{told}");
    }
}
