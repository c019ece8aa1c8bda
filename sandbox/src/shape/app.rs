//! Apps, installations, tokens, deliveries.

use serde_json::{Map, Value, json};

use super::{maybe_time, node_id, nullable_user, time, user};
use crate::model::{App, Conversion, Delivery, Hook, Installation, Repository, Token, World};

/// `integration`.
pub(crate) fn app(world: &World, app: &App) -> Value {
    let html_url = format!("{}/apps/{}", world.urls.html, app.slug);
    json!({
        "id": app.id,
        "client_id": app.client_id,
        "slug": app.slug,
        "node_id": node_id("App", app.id),
        "owner": user(world, app.owner),
        "name": app.name,
        "description": "",
        "external_url": app.url.as_ref().unwrap_or(&html_url),
        "html_url": html_url,
        "created_at": time(app.created_at),
        "updated_at": time(app.created_at),
        "permissions": app.permissions,
        "events": app.events,
    })
}

/// What a manifest's code is exchanged for: `integration` with its secrets.
pub(crate) fn conversion(world: &World, app: &App, conversion: &Conversion) -> Value {
    let mut shaped = self::app(world, app);
    let secrets = json!({
        "client_secret": conversion.client_secret,
        "webhook_secret": app.hook.secret,
        "pem": conversion.pem,
    });
    super::merge(&mut shaped, secrets);
    shaped
}

/// `webhook-config`.
pub(crate) fn hook_config(hook: &Hook) -> Value {
    let mut shaped = json!({
        "content_type": if hook.form { "form" } else { "json" },
        "insecure_ssl": if hook.insecure { "1" } else { "0" },
    });
    if !hook.secret.is_empty() {
        shaped["secret"] = json!("********");
    }
    if let Some(url) = &hook.url {
        shaped["url"] = json!(url);
    }
    shaped
}

/// `installation`.
pub(crate) fn installation(world: &World, installation: &Installation) -> Value {
    let id = installation.id;
    let app = world.apps.get(&installation.app);
    let selection = if installation.repositories.is_some() { "selected" } else { "all" };
    let kind = world.accounts.get(&installation.account).map_or("User", |account| account.kind.as_str());
    json!({
        "id": id,
        "client_id": app.map(|app| app.client_id.as_str()),
        "account": user(world, installation.account),
        "repository_selection": selection,
        "access_tokens_url": format!("{}/app/installations/{id}/access_tokens", world.urls.api),
        "repositories_url": format!("{}/installation/repositories", world.urls.api),
        "html_url": format!("{}/settings/installations/{id}", world.urls.html),
        "app_id": installation.app,
        "app_slug": app.map_or("", |app| app.slug.as_str()),
        "target_id": installation.account,
        "target_type": kind,
        "permissions": installation.permissions,
        "events": installation.events,
        "single_file_name": null,
        "has_multiple_single_files": false,
        "single_file_paths": [],
        "created_at": time(installation.created_at),
        "updated_at": time(installation.updated_at),
        "suspended_by": nullable_user(world, installation.suspended_by),
        "suspended_at": maybe_time(installation.suspended_at),
    })
}

/// A repository as installation events name it.
pub(crate) fn repository_stub(world: &World, repository: &Repository) -> Value {
    json!({
        "id": repository.id,
        "node_id": node_id("Repository", repository.id),
        "name": repository.name,
        "full_name": world.full_name(repository),
        "private": repository.private,
    })
}

/// `installation-token`.
pub(crate) fn token(world: &World, token: &Token) -> Value {
    let mut shaped = json!({
        "token": token.value,
        "expires_at": time(token.expires_at),
        "permissions": token.permissions,
        "repository_selection": "all",
    });
    let chosen = world
        .installations
        .get(&token.installation)
        .is_some_and(|installation| installation.repositories.is_some());
    if chosen || token.repositories.is_some() {
        shaped["repository_selection"] = json!("selected");
    }
    if token.repositories.is_some() {
        let listed = world.reachable(token).into_iter();
        shaped["repositories"] = listed.map(|found| super::minimal(world, found)).collect();
    }
    shaped
}

/// `hook-delivery-item`.
pub(crate) fn delivery_item(delivery: &Delivery) -> Value {
    json!({
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": time(delivery.delivered_at),
        "redelivery": delivery.redelivery,
        "duration": delivery.duration,
        "status": delivery.status,
        "status_code": delivery.status_code,
        "event": delivery.event,
        "action": delivery.action,
        "installation_id": delivery.installation,
        "repository_id": delivery.repository,
        "throttled_at": null,
    })
}

/// `hook-delivery`.
pub(crate) fn delivery(delivery: &Delivery, url: Option<&str>) -> Value {
    let mut shaped = delivery_item(delivery);
    let headers = |headers: &std::collections::BTreeMap<String, String>| {
        let pairs = headers.iter().map(|(name, value)| (name.clone(), json!(value)));
        Value::Object(pairs.collect::<Map<_, _>>())
    };
    let rest = json!({
        "url": url.unwrap_or_default(),
        "request": { "headers": headers(&delivery.request_headers), "payload": delivery.payload },
        "response": { "headers": headers(&delivery.response_headers), "payload": delivery.response_body },
    });
    super::merge(&mut shaped, rest);
    shaped
}
