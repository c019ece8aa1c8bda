//! Whether GitHub lets us ask: told whenever that changes, with what to do about it.
//!
//! While GitHub answers nobody, work that needs it waits, and news brings none of it forward: one call now and then finds
//! out whether GitHub is back, and then all of it goes on.

use super::context::EngineContext;
use super::supervisor::{is_over, over};
use crate::github::{Access, AccessState, Api, ApiError};
use crate::model::{ForPeople, error_chain};
use chrono::TimeDelta;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How far apart clocks may be before that is what is wrong. Our tokens are dated back by as much.
pub(super) const CLOCKS_APART: TimeDelta = TimeDelta::minutes(1);

/// The longest that passes until GitHub is asked again whether it is back.
const ASK_EVERY: Duration = Duration::from_secs(5);
/// The longest that work waits for that.
const OUTAGE_WAIT: Duration = Duration::from_secs(2 * 60);
/// Over how long the work is spread that goes on then.
const BACK_WITHIN: Duration = Duration::from_secs(3);

/// Watches whether GitHub lets us ask, until the engine stops.
pub(super) async fn watch(ctx: Arc<EngineContext>, stop: watch::Receiver<bool>) {
    tokio::join!(tell_changes(Arc::clone(&ctx), stop.clone()), end_outages(ctx, stop));
}

/// Finds out when GitHub is away, and when it is back.
async fn end_outages(ctx: Arc<EngineContext>, mut stop: watch::Receiver<bool>) {
    let mut states = ctx.api.access_changes();
    // A former run may have ended in one.
    go_on(&ctx).await;
    while !is_over(&stop) {
        tokio::select! {
            () = ctx.api.may_be_away() => {
                tokio::select! {
                    () = ask(&ctx) => {}
                    () = over(&mut stop) => return,
                }
                // One may have come and gone meanwhile.
                if !ctx.api.answers_nobody() {
                    go_on(&ctx).await;
                }
            }
            is_watched = until(&mut states, AccessState::answers_nobody) => {
                if !is_watched {
                    return;
                }
                outage(&ctx, &mut stop).await;
            }
            () = over(&mut stop) => {}
        }
    }
}

/// Waits until GitHub takes us in such a way; answers whether that is still watched.
async fn until(states: &mut watch::Receiver<AccessState>, so: impl FnMut(&AccessState) -> bool) -> bool {
    states.wait_for(so).await.is_ok()
}

/// What the answer shows is noted where the call is made.
async fn ask(ctx: &EngineContext) {
    if let Err(error) = ctx.api.app().await {
        tracing::debug!(error = error_chain(&error), "GitHub was asked whether it is there");
    }
}

/// Asks until GitHub answers, and has the work go on. Ends early where GitHub goes away again.
async fn outage(ctx: &EngineContext, stop: &mut watch::Receiver<bool>) {
    let mut states = ctx.api.access_changes();
    let mut asked = 0;
    while ctx.api.answers_nobody() {
        asked += 1;
        let wait = ctx.settings.back_off.wait(asked, (ctx.random)()).unwrap_or(ASK_EVERY).min(ASK_EVERY);
        let asking = async {
            ctx.clock.sleep(wait).await;
            ask(ctx).await;
        };
        tokio::select! {
            () = asking => {}
            is_watched = until(&mut states, |it| !it.answers_nobody()) => if !is_watched { return },
            () = over(stop) => return,
        }
    }
    // Twice: what settles meanwhile may still note that it waits for the end.
    for wait in [Duration::ZERO, ASK_EVERY.min(ctx.settings.back_off.longest)] {
        tokio::select! {
            () = ctx.clock.sleep(wait) => {}
            _ = until(&mut states, AccessState::answers_nobody) => return,
            () = over(stop) => return,
        }
        go_on(ctx).await;
    }
}

/// Has the work go on that waits for the end of an outage.
async fn go_on(ctx: &EngineContext) {
    let within = BACK_WITHIN.min(ctx.settings.back_off.longest);
    match ctx.store.end_outage(ctx.now(), within).await {
        Ok(0) => {}
        Ok(work_items) => {
            tracing::info!(work_items, "what has waited for GitHub goes on");
            ctx.wake.notify_one();
        }
        Err(error) => {
            let error = error_chain(&error);
            tracing::error!(error, "what has waited for GitHub goes on when its time comes");
        }
    }
}

/// How long work waits that could not be done because GitHub answers nobody: the end of that brings it forward.
pub(super) fn outage_wait(ctx: &EngineContext) -> Option<Duration> {
    let longest = OUTAGE_WAIT.min(ctx.settings.back_off.longest);
    ctx.api.answers_nobody().then(|| longest / 2 + longest / 2 * (ctx.random)() / u32::MAX)
}

/// Tells whenever GitHub takes us otherwise than before.
async fn tell_changes(ctx: Arc<EngineContext>, mut stop: watch::Receiver<bool>) {
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
                let error = state.error.as_ref().map(|error| error_chain(error));
                tracing::error!(error, "GitHub does not accept our credentials: {}", why(&ctx.api, &state));
            }
            Access::Unreachable => {
                let error = state.error.as_ref().map(|error| error_chain(error));
                tracing::warn!(error, "GitHub cannot be asked: {}", why(&ctx.api, &state));
            }
            Access::Accepted if before != Access::Unknown => {
                tracing::info!("GitHub accepts our credentials again");
            }
            Access::Accepted | Access::Unknown => {}
        }
        if matches!(state.access, Access::Refused | Access::Unreachable) {
            ctx.installation_summary.forget();
        }
        before = state.access;
    }
}

/// Why GitHub does not let us ask now; empty where it does.
pub(super) fn why_now(api: &Api) -> String {
    let state = api.access_changes().borrow().clone();
    match state.access {
        Access::Refused | Access::Unreachable => why(api, &state),
        Access::Accepted | Access::Unknown => String::new(),
    }
}

fn why(api: &Api, state: &AccessState) -> String {
    reason((api.app_id(), &api.base_url()), state)
}

/// Why GitHub does not let us ask, and what to do. We are the App `id`, and ask at `base`.
pub(super) fn reason((id, base): (&str, &str), state: &AccessState) -> String {
    let seconds = state.clock_ahead.abs().num_seconds();
    match &state.error {
        Some(ApiError::Unauthorized { .. }) if state.clock_ahead.abs() >= CLOCKS_APART => {
            let side = if state.clock_ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
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
        Some(ApiError::NoAnswer { .. }) => format!("{base} does not answer; it is asked again"),
        Some(error) => error.for_people().into(),
        None => "nothing is known of the reason".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_wrong_is_told_from_a_wrong_key() {
        let reason = |clock_ahead: i64, message: &str| {
            let clock_ahead = TimeDelta::milliseconds(clock_ahead);
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
}
