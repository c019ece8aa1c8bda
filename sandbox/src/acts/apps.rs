//! Registering apps and installing them.

use std::collections::{BTreeMap, BTreeSet};

use ring::signature::KeyPair;
use serde_json::{Value, json};

use crate::Refused;
use crate::hub::Hub;
use crate::model::{AccountKind, App, Hook, Installation, Kind, Parcel, World};
use crate::shape;
use crate::webhooks::{Event, Scope};

/// A GitHub App to be registered.
#[derive(Debug, Clone)]
pub struct AppConfig {
    /// The handle: `@slug`, and `slug[bot]` for what it writes.
    pub slug: String,
    /// The name people see.
    pub name: String,
    /// The account that owns the app; made as an organisation if there is none.
    pub owner: String,
    /// Its RSA key, PEM, PKCS#1 (`BEGIN RSA PRIVATE KEY`) or PKCS#8. Only the public half is kept.
    pub private_key_pem: String,
    /// Where webhooks go (`http://…` only); `None` sends none. Can be changed later.
    pub webhook_url: Option<String>,
    /// What webhooks are signed with.
    pub webhook_secret: String,
    /// Webhooks come form-encoded instead of as JSON.
    pub form_encoded: bool,
    /// `("checks", "write")` and so on; `metadata: read` is always there.
    pub permissions: BTreeMap<String, String>,
    /// Events subscribed to.
    pub events: BTreeSet<String>,
    /// Its own site, if it has one.
    pub url: Option<String>,
    /// Where whoever installed it on its page goes on; `None` leads to the account.
    pub setup_url: Option<String>,
    /// Whether its page offers it to accounts that do not own it.
    pub public: bool,
}

impl AppConfig {
    /// An app with the demo key, no permissions but metadata and no events.
    pub fn new(slug: &str) -> Self {
        Self {
            slug: slug.to_owned(),
            name: slug.to_owned(),
            owner: "makers".to_owned(),
            private_key_pem: Self::demo_key().to_owned(),
            webhook_url: None,
            webhook_secret: "It's a Secret to Everybody".to_owned(),
            form_encoded: false,
            permissions: BTreeMap::from([("metadata".to_owned(), "read".to_owned())]),
            events: BTreeSet::new(),
            url: None,
            setup_url: None,
            public: true,
        }
    }

    /// Adds a permission: `read` or `write`.
    #[must_use]
    pub fn permission(mut self, name: &str, level: &str) -> Self {
        self.permissions.insert(name.to_owned(), level.to_owned());
        self
    }

    /// Subscribes to events.
    #[must_use]
    pub fn events<'a>(mut self, events: impl IntoIterator<Item = &'a str>) -> Self {
        self.events.extend(events.into_iter().map(str::to_owned));
        self
    }

    /// Sets where webhooks go.
    #[must_use]
    pub fn webhook(mut self, url: impl Into<String>) -> Self {
        self.webhook_url = Some(url.into());
        self
    }

    /// A fixed RSA key pair for demos and tests, PEM. It is published with the source and therefore
    /// worth nothing: it opens only stand-ins.
    pub const fn demo_key() -> &'static str {
        include_str!("../../fixtures/app.pem")
    }
}

/// The public half of a PEM private key.
fn public_key(pem: &str) -> Result<Vec<u8>, Refused> {
    use base64::Engine as _;
    let bad = || Refused::new(422, "The private key is not an RSA key in PEM");
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    let der = base64::engine::general_purpose::STANDARD.decode(base64).map_err(|_| bad())?;
    let pair = if pem.contains("BEGIN RSA PRIVATE KEY") {
        ring::rsa::KeyPair::from_der(&der)
    } else {
        ring::rsa::KeyPair::from_pkcs8(&der)
    };
    Ok(pair.map_err(|_| bad())?.public_key().as_ref().to_vec())
}

/// Registers an app and pings it; answers its id.
pub(crate) fn register(hub: &Hub, config: AppConfig) -> Result<u64, Refused> {
    hub.with(|world| add(world, config))
}

/// The same, as part of a greater change.
pub(super) fn add(world: &mut World, config: AppConfig) -> Result<u64, Refused> {
    let public_key = public_key(&config.private_key_pem)?;
    if world.apps.values().any(|app| app.slug == config.slug) {
        return Err(Refused::invalid("App", "slug", "already_exists", ""));
    }
    let id = world.next(Kind::App);
    let owner = world.ensure_account(&config.owner, AccountKind::Organization);
    let bot = world.ensure_account(&format!("{}[bot]", config.slug), AccountKind::Bot);
    let hook = Hook {
        id: world.next(Kind::Hook),
        url: config.webhook_url,
        secret: config.webhook_secret,
        form: config.form_encoded,
        insecure: false,
    };
    let app = App {
        id,
        slug: config.slug,
        name: config.name,
        owner,
        bot,
        url: config.url,
        setup_url: config.setup_url,
        public: config.public,
        client_id: format!("Iv23sandbox{id}"),
        public_key,
        hook,
        permissions: config.permissions,
        events: config.events,
        created_at: world.now,
    };
    ping(world, &app);
    world.apps.insert(id, app);
    Ok(id)
}

/// Changes where an app's webhooks go and how; what is `None` stays.
pub(crate) fn change_hook(hub: &Hub, app: u64, change: HookChange) -> Result<(), Refused> {
    hub.with(|world| {
        let hook = &mut world.apps.get_mut(&app).ok_or_else(Refused::not_found)?.hook;
        hook.url = change.url.or_else(|| hook.url.take());
        hook.form = change.form.unwrap_or(hook.form);
        hook.insecure = change.insecure.unwrap_or(hook.insecure);
        if let Some(secret) = change.secret {
            hook.secret = secret;
        }
        Ok(())
    })
}

/// What is to change about an app's webhooks.
#[derive(Debug, Default)]
pub(crate) struct HookChange {
    pub(crate) url: Option<String>,
    pub(crate) secret: Option<String>,
    pub(crate) form: Option<bool>,
    pub(crate) insecure: Option<bool>,
}

fn ping(world: &mut World, app: &App) {
    let payload = json!({
        "zen": "Half measures are as bad as nothing at all.",
        "hook_id": app.hook.id,
        "hook": {
            "type": "App",
            "id": app.hook.id,
            "name": "web",
            "active": true,
            "events": app.events,
            "config": shape::hook_config(&app.hook),
            "updated_at": shape::time(world.now),
            "created_at": shape::time(app.created_at),
            "app_id": app.id,
            "deliveries_url": format!("{}/app/hook/deliveries", world.urls.api),
        },
    });
    let guid = world.next_guid();
    world.outbox.push(Parcel {
        app: app.id,
        installation: None,
        repository: None,
        event: "ping".to_owned(),
        action: None,
        guid,
        payload,
        redelivery: false,
        excused: false,
    });
}

fn event(world: &mut World, id: u64, action: &'static str, sender: u64, fields: Value) {
    let scope = Scope::Installation(id);
    world.emit(&Event { name: "installation", action: Some(action), scope, sender, fields });
}

fn stubs(world: &World, id: u64) -> Vec<Value> {
    let Some(installation) = world.installations.get(&id) else {
        return Vec::new();
    };
    let covered = world.repositories.values().filter(|found| installation.covers(found));
    covered.map(|found| shape::repository_stub(world, found)).collect()
}

/// Installs an app on an account; `None` as repositories: on all. Answers the installation's id.
pub(crate) fn install(
    hub: &Hub,
    app: u64,
    account: &str,
    repositories: Option<BTreeSet<u64>>,
    sender: u64,
) -> Result<u64, Refused> {
    hub.with(|world| {
        let found = world.apps.get(&app).ok_or_else(Refused::not_found)?.clone();
        let account = world.ensure_account(account, AccountKind::Organization);
        if world.installations.values().any(|known| known.app == app && known.account == account) {
            return Err(Refused::new(422, "The app is already installed on this account"));
        }
        let id = world.next(Kind::Installation);
        let installation = Installation {
            id,
            app,
            account,
            repositories,
            permissions: found.permissions,
            events: found.events,
            suspended_at: None,
            suspended_by: None,
            created_at: world.now,
            updated_at: world.now,
        };
        world.installations.insert(id, installation);
        let fields = json!({ "repositories": stubs(world, id), "requester": null });
        event(world, id, "created", sender, fields);
        Ok(id)
    })
}

/// Suspends an installation, or lets it work again.
pub(crate) fn suspend(hub: &Hub, id: u64, suspended: bool, sender: u64) -> Result<(), Refused> {
    hub.with(|world| {
        let now = world.now;
        let found = world.installations.get_mut(&id).ok_or_else(Refused::not_found)?;
        found.suspended_at = suspended.then_some(now);
        found.suspended_by = suspended.then_some(sender);
        found.updated_at = now;
        let fields = json!({ "repositories": stubs(world, id) });
        event(world, id, if suspended { "suspend" } else { "unsuspend" }, sender, fields);
        Ok(())
    })
}

/// Removes an installation; its tokens stop working at once.
pub(crate) fn uninstall(hub: &Hub, id: u64, sender: u64) -> Result<(), Refused> {
    hub.with(|world| {
        if !world.installations.contains_key(&id) {
            return Err(Refused::not_found());
        }
        let fields = json!({ "repositories": stubs(world, id) });
        event(world, id, "deleted", sender, fields);
        world.installations.remove(&id);
        world.tokens.retain(|_, token| token.installation != id);
        Ok(())
    })
}

/// Changes what the app asks for; installations keep what they had granted until they accept.
pub(crate) fn change_app(
    hub: &Hub,
    app: u64,
    permissions: BTreeMap<String, String>,
    events: BTreeSet<String>,
) {
    hub.with(|world| {
        if let Some(app) = world.apps.get_mut(&app) {
            app.permissions = permissions;
            app.events = events;
        }
    });
}

/// Grants an installation what the app asks for by now.
pub(crate) fn accept(hub: &Hub, id: u64, sender: u64) -> Result<(), Refused> {
    hub.with(|world| {
        let app = world.installations.get(&id).map(|found| found.app).ok_or_else(Refused::not_found)?;
        let app = world.apps.get(&app).cloned().ok_or_else(Refused::not_found)?;
        let now = world.now;
        if let Some(found) = world.installations.get_mut(&id) {
            found.permissions = app.permissions;
            found.events = app.events;
            found.updated_at = now;
        }
        let fields = json!({ "repositories": stubs(world, id) });
        event(world, id, "new_permissions_accepted", sender, fields);
        Ok(())
    })
}

/// Adds repositories to an installation, or takes them away.
pub(crate) fn select(
    hub: &Hub,
    id: u64,
    repositories: &[u64],
    add: bool,
    sender: u64,
) -> Result<(), Refused> {
    hub.with(|world| {
        let now = world.now;
        let found = world.installations.get_mut(&id).ok_or_else(Refused::not_found)?;
        let chosen = found.repositories.get_or_insert_default();
        for repository in repositories {
            if add {
                chosen.insert(*repository);
            } else {
                chosen.remove(repository);
            }
        }
        found.updated_at = now;
        let listed: Vec<Value> = repositories
            .iter()
            .filter_map(|id| world.repositories.get(id))
            .map(|found| shape::repository_stub(world, found))
            .collect();
        let (action, added, removed) =
            if add { ("added", listed, Vec::new()) } else { ("removed", Vec::new(), listed) };
        let fields = json!({
            "repository_selection": "selected",
            "repositories_added": added,
            "repositories_removed": removed,
            "requester": null,
        });
        let scope = Scope::Installation(id);
        let action = Some(action);
        world.emit(&Event { name: "installation_repositories", action, scope, sender, fields });
        Ok(())
    })
}
