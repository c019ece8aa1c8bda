//! Who hears of a change, and what they hear.

use serde_json::{Value, json};

use crate::model::{AccountKind, App, Installation, Level, Parcel, World};
use crate::shape;

/// Whom a change concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Every app installed on the repository and subscribed to the event.
    Repository(u64),
    /// One app, if it is installed on the repository.
    OneApp { repository: u64, app: u64 },
    /// The installation itself: goes to its app, always.
    Installation(u64),
}

/// A change worth a webhook.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: &'static str,
    pub(crate) action: Option<&'static str>,
    pub(crate) scope: Scope,
    pub(crate) sender: u64,
    /// What the event carries besides repository, sender and installation.
    pub(crate) fields: Value,
}

/// The permission that an installation needs to receive an event; `None` where the stand-in asks for none.
fn readable(event: &str) -> Option<&'static str> {
    match event {
        "issues" | "issue_comment" => Some("issues"),
        "pull_request" | "pull_request_review" | "pull_request_review_comment" => Some("pull_requests"),
        _ => None,
    }
}

/// Whether an installation hears of an event. Checks come unasked to whoever may write them.
fn subscribed(installation: &Installation, event: &str) -> bool {
    let reads = readable(event).is_none_or(|permission| installation.grants(permission, Level::Read));
    (installation.events.contains(event) && reads)
        || (matches!(event, "check_run" | "check_suite") && installation.grants("checks", Level::Write))
}

impl World {
    /// Renders an event for everybody it concerns.
    pub(crate) fn emit(&mut self, event: &Event) {
        let receivers = self.receivers(event);
        for (app, installation) in receivers {
            let payload = self.payload(event, installation);
            let guid = self.next_guid();
            self.outbox.push(Parcel {
                app,
                installation: Some(installation),
                repository: repository_of(event.scope),
                event: event.name.to_owned(),
                action: event.action.map(str::to_owned),
                guid,
                payload,
                redelivery: false,
                excused: false,
            });
        }
    }

    fn receivers(&self, event: &Event) -> Vec<(u64, u64)> {
        if let Scope::Installation(id) = event.scope {
            let app = self.installations.get(&id).map(|found| (found.app, id));
            return app.into_iter().collect();
        }
        let Some(repository) = repository_of(event.scope) else {
            return Vec::new();
        };
        let wanted = |app: &App| match event.scope {
            Scope::OneApp { app: only, .. } => app.id == only,
            _ => true,
        };
        self.apps
            .values()
            .filter(|app| wanted(app))
            .filter_map(|app| self.installation_covering(app.id, repository))
            .filter(|installation| installation.suspended_at.is_none())
            .filter(|installation| subscribed(installation, event.name))
            .map(|installation| (installation.app, installation.id))
            .collect()
    }

    /// Like `installation_on`, but also for a repository that has just been deleted.
    fn installation_covering(&self, app: u64, repository: u64) -> Option<&Installation> {
        let repository = self.repositories.get(&repository)?;
        self.installations.values().find(|candidate| {
            let chosen = candidate.repositories.as_ref();
            candidate.app == app
                && candidate.account == repository.owner
                && chosen.is_none_or(|chosen| chosen.contains(&repository.id))
        })
    }

    fn payload(&self, event: &Event, installation: u64) -> Value {
        let mut payload = json!({});
        if let Some(action) = event.action {
            payload["action"] = json!(action);
        }
        shape::merge(&mut payload, event.fields.clone());
        if let Some(repository) = repository_of(event.scope).and_then(|id| self.repositories.get(&id)) {
            payload["repository"] = shape::minimal(self, repository);
            if event.name == "push" {
                // In pushes alone GitHub gives these two in Unix seconds.
                payload["repository"]["pushed_at"] = json!(repository.pushed_at.timestamp());
                payload["repository"]["created_at"] = json!(repository.created_at.timestamp());
            }
            let owner = self.accounts.get(&repository.owner);
            if owner.is_some_and(|owner| owner.kind == AccountKind::Organization) {
                payload["organization"] = shape::organization(self, repository.owner);
            }
        }
        payload["sender"] = shape::user(self, event.sender);
        payload["installation"] = match (event.scope, self.installations.get(&installation)) {
            (Scope::Installation(_), Some(found)) => shape::installation(self, found),
            _ => json!({
                "id": installation,
                "node_id": shape::node_id("IntegrationInstallation", installation),
            }),
        };
        payload
    }
}

const fn repository_of(scope: Scope) -> Option<u64> {
    match scope {
        Scope::Repository(id) | Scope::OneApp { repository: id, .. } => Some(id),
        Scope::Installation(_) => None,
    }
}
