//! The app itself, and how much may still be asked.

use serde_json::json;

use super::{Answer, Call, Caller, Reply};
use crate::Refused;
use crate::acts::apps::HookChange;
use crate::acts::{apps, manifests};
use crate::shape;

/// `GET /app`
pub(crate) async fn show(call: Call) -> Answer {
    let id = call.app()?;
    call.hub.with(|world| {
        let app = world.apps.get(&id).ok_or_else(Refused::not_found)?;
        let mut shaped = shape::app(world, app);
        let installed = world.installations.values().filter(|found| found.app == id).count();
        shaped["installations_count"] = json!(installed);
        Ok(Reply::ok(shaped))
    })
}

/// `POST /app-manifests/{code}/conversions`: the code is all that whoever asks has to show.
pub(crate) async fn convert_manifest(call: Call) -> Answer {
    Ok(Reply::created(manifests::convert(&call.hub, call.param("code"))?))
}

/// `GET /app/hook/config`
pub(crate) async fn hook_config(call: Call) -> Answer {
    let id = call.app()?;
    call.hub.with(|world| {
        let app = world.apps.get(&id).ok_or_else(Refused::not_found)?;
        Ok(Reply::ok(shape::hook_config(&app.hook)))
    })
}

/// `PATCH /app/hook/config`
pub(crate) async fn update_hook_config(call: Call) -> Answer {
    let id = call.app()?;
    let url = call.text("url")?;
    if let Some(wrong) = url.as_deref().filter(|url| !manifests::is_web_address(url)) {
        return Err(Refused::unprocessable(format!("For 'properties/url', \"{wrong}\" is not a valid URL.")));
    }
    let form = match call.text("content_type")?.as_deref() {
        None => None,
        Some("form") => Some(true),
        Some("json") => Some(false),
        Some(_) => return Err(Refused::unprocessable("content_type must be one of: json, form")),
    };
    let insecure = call.text("insecure_ssl")?.map(|word| word == "1");
    apps::change_hook(&call.hub, id, HookChange { url, secret: call.text("secret")?, form, insecure })?;
    hook_config(call).await
}

/// `GET /rate_limit`
pub(crate) async fn rate_limit(call: Call) -> Answer {
    let limit = if matches!(call.caller, Caller::Nobody) { 60 } else { call.hub.rate_limit };
    let purse = call.caller.purse();
    let (usage, _) = call.hub.with(|world| world.spend(&purse, limit, true));
    let core = json!({
        "limit": usage.limit,
        "used": usage.used,
        "remaining": usage.limit.saturating_sub(usage.used),
        "reset": usage.reset.timestamp(),
    });
    let search = json!({ "limit": 30, "used": 0, "remaining": 30, "reset": usage.reset.timestamp() });
    Ok(Reply::ok(json!({ "resources": { "core": core, "search": search }, "rate": core })))
}

/// `GET /meta`
pub(crate) async fn meta(_call: Call) -> Answer {
    Ok(Reply::ok(json!({ "verifiable_password_authentication": false })))
}
