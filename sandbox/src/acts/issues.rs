//! Issues: written, changed, closed and reopened.

use serde_json::{Value, json};

use super::Actor;
use crate::Refused;
use crate::hub::Hub;
use crate::model::{Issue, Kind, World};
use crate::shape;
use crate::webhooks::{Event, Scope};

/// What a request says about an issue; `None` leaves a property as it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct IssueChange {
    pub(crate) title: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) open: Option<bool>,
    pub(crate) state_reason: Option<String>,
    pub(crate) labels: Option<Vec<String>>,
}

/// Sends an `issues` event about the present state.
pub(super) fn event(
    world: &mut World,
    (repository, number): (u64, u64),
    action: &'static str,
    sender: u64,
    extra: Value,
) {
    let Some(home) = world.repository(repository) else {
        return;
    };
    let mut fields = json!({ "issue": shape::issue(world, home, number) });
    shape::merge(&mut fields, extra);
    let scope = Scope::Repository(repository);
    world.emit(&Event { name: "issues", action: Some(action), scope, sender, fields });
}

fn titled(title: Option<&String>) -> Result<(), Refused> {
    if title.is_some_and(|title| title.trim().is_empty()) {
        return Err(Refused::invalid("Issue", "title", "missing_field", ""));
    }
    Ok(())
}

/// Writes an issue; answers its number.
pub(crate) fn open(hub: &Hub, repository: u64, new: IssueChange, actor: Actor) -> Result<u64, Refused> {
    titled(Some(new.title.as_ref().unwrap_or(&String::new())))?;
    hub.with(|world| {
        world.repository(repository).ok_or_else(Refused::not_found)?;
        let (number, id, now) = (world.next_number(repository), world.next(Kind::Issue), world.now);
        let issue = Issue {
            id,
            number,
            repository,
            title: new.title.unwrap_or_default(),
            body: new.body,
            open: true,
            state_reason: None,
            labels: new.labels.unwrap_or_default(),
            author: actor.account,
            app: actor.app,
            created_at: now,
            updated_at: now,
            closed_at: None,
            closed_by: None,
        };
        world.issues.insert((repository, number), issue);
        event(world, (repository, number), "opened", actor.account, json!({}));
        Ok(number)
    })
}

/// Changes an issue.
pub(crate) fn change(
    hub: &Hub,
    repository: u64,
    number: u64,
    change: IssueChange,
    actor: Actor,
) -> Result<(), Refused> {
    titled(change.title.as_ref())?;
    hub.with(|world| {
        let now = world.now;
        let key = (repository, number);
        let issue = world.issues.get_mut(&key).ok_or_else(Refused::not_found)?;
        issue.updated_at = now;
        if let Some(labels) = change.labels {
            issue.labels = labels;
        }
        let mut changes = json!({});
        if let Some(title) = change.title.filter(|title| *title != issue.title) {
            changes["title"] = json!({ "from": std::mem::replace(&mut issue.title, title) });
        }
        if let Some(body) = change.body.filter(|body| Some(body) != issue.body.as_ref()) {
            changes["body"] = json!({ "from": issue.body.replace(body).unwrap_or_default() });
        }
        let turned = change.open.filter(|open| *open != issue.open);
        if let Some(open) = turned {
            let usual = if open { "reopened" } else { "completed" };
            issue.open = open;
            issue.state_reason = Some(change.state_reason.unwrap_or_else(|| usual.to_owned()));
            issue.closed_at = (!open).then_some(now);
            issue.closed_by = (!open).then_some(actor.account);
        }
        if changes != json!({}) {
            event(world, key, "edited", actor.account, json!({ "changes": changes }));
        }
        if let Some(open) = turned {
            event(world, key, if open { "reopened" } else { "closed" }, actor.account, json!({}));
        }
        Ok(())
    })
}
