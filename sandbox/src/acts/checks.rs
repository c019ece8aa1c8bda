//! Check runs: created and changed by apps, re-requested and pressed by people.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::Refused;
use crate::hub::Hub;
use crate::model::{CheckRun, Kind, RunAction, World};
use crate::shape;
use crate::webhooks::{Event, Scope};

/// What a request says about a check run; `None` leaves a property as it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunChange {
    pub(crate) name: Option<String>,
    pub(crate) details_url: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) conclusion: Option<String>,
    pub(crate) started_at: Option<DateTime<Utc>>,
    pub(crate) completed_at: Option<DateTime<Utc>>,
    pub(crate) title: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) annotations: Vec<Value>,
    pub(crate) actions: Option<Vec<RunAction>>,
}

impl RunChange {
    fn apply(self, run: &mut CheckRun, now: DateTime<Utc>) {
        let set = |slot: &mut Option<String>, value: Option<String>| {
            if value.is_some() {
                *slot = value;
            }
        };
        if let Some(name) = self.name {
            run.name = name;
        }
        if let Some(external_id) = self.external_id {
            run.external_id = external_id;
        }
        set(&mut run.details_url, self.details_url);
        set(&mut run.output.title, self.title);
        set(&mut run.output.summary, self.summary);
        set(&mut run.output.text, self.text);
        run.output.annotations.extend(self.annotations);
        if let Some(actions) = self.actions {
            run.actions = actions;
        }
        if let Some(started) = self.started_at {
            run.started_at = started;
        }
        if let Some(status) = self.status {
            if status != "completed" {
                run.conclusion = None;
                run.completed_at = None;
            }
            run.status = status;
        }
        if let Some(conclusion) = self.conclusion {
            // A conclusion completes a run by itself.
            "completed".clone_into(&mut run.status);
            run.conclusion = Some(conclusion);
            run.completed_at = Some(now);
        }
        if self.completed_at.is_some() && run.conclusion.is_some() {
            run.completed_at = self.completed_at;
        }
    }
}

/// Sends a `check_suite` event to the app that owns the suite.
pub(crate) fn suite_event(world: &mut World, suite: u64, action: &'static str, sender: u64) {
    let Some(found) = world.suites.get(&suite) else {
        return;
    };
    let (repository, app) = (found.repository, found.app);
    let Some(home) = world.repository(repository) else {
        return;
    };
    let fields = json!({ "check_suite": shape::webhook_suite(world, home, found) });
    let scope = Scope::OneApp { repository, app };
    world.emit(&Event { name: "check_suite", action: Some(action), scope, sender, fields });
}

fn run_event(world: &mut World, run: u64, action: &'static str, scope: Scope, sender: u64, extra: Value) {
    let Some(found) = world.runs.get(&run) else {
        return;
    };
    let Some(home) = world.repository(found.repository) else {
        return;
    };
    let mut fields = json!({ "check_run": shape::webhook_run(world, home, found) });
    shape::merge(&mut fields, extra);
    world.emit(&Event { name: "check_run", action: Some(action), scope, sender, fields });
}

/// Creates a check run for an app; answers its id.
pub(crate) async fn create(
    hub: &Arc<Hub>,
    repository: u64,
    app: u64,
    head_sha: &str,
    change: RunChange,
) -> Result<u64, Refused> {
    let info = hub.git.commit_info(repository, head_sha).await?;
    let Some(info) = info else {
        let sentence = format!("No commit found for SHA: {head_sha}");
        return Err(Refused::new(422, sentence));
    };
    hub.with(|world| {
        let home = world.repository(repository).ok_or_else(Refused::not_found)?;
        let branch = home.branches().find(|(_, tip)| *tip == head_sha);
        let branch = branch.map(|(name, _)| name.to_owned());
        let commit = shape::simple_commit(&info);
        let suite = world.ensure_suite(repository, app, head_sha, branch, None, commit);
        let id = world.next(Kind::CheckRun);
        let now = world.now;
        let mut run = CheckRun {
            id,
            repository,
            suite,
            app,
            name: String::new(),
            head_sha: head_sha.to_owned(),
            status: "queued".to_owned(),
            conclusion: None,
            external_id: String::new(),
            details_url: None,
            started_at: now,
            completed_at: None,
            output: crate::model::CheckOutput::default(),
            actions: Vec::new(),
        };
        change.apply(&mut run, now);
        let completed = run.status == "completed";
        world.runs.insert(id, run);
        touch(world, suite);
        let sender = world.apps.get(&app).map_or(0, |app| app.bot);
        let scope = Scope::Repository(repository);
        run_event(world, id, "created", scope, sender, json!({}));
        if completed {
            run_event(world, id, "completed", scope, sender, json!({}));
        }
        Ok(id)
    })
}

fn touch(world: &mut World, suite: u64) {
    let now = world.now;
    if let Some(suite) = world.suites.get_mut(&suite) {
        suite.updated_at = now;
    }
}

/// Changes a check run.
pub(crate) fn update(hub: &Hub, id: u64, change: RunChange) {
    hub.with(|world| {
        let now = world.now;
        let Some(run) = world.runs.get_mut(&id) else {
            return;
        };
        let before = run.status.clone();
        change.apply(run, now);
        let completed = before != "completed" && run.status == "completed";
        let (suite, app, repository) = (run.suite, run.app, run.repository);
        touch(world, suite);
        if completed {
            let sender = world.apps.get(&app).map_or(0, |app| app.bot);
            run_event(world, id, "completed", Scope::Repository(repository), sender, json!({}));
        }
    });
}

/// How long a check run may be incomplete.
const STALE_AFTER: TimeDelta = TimeDelta::days(14);

/// What is incomplete for too long becomes stale, whatever was said in it meanwhile: GitHub does not tell whether an update
/// begins the time again, and this is the stricter reading.
pub(super) fn give_up_stale(world: &mut World) {
    let now = world.now;
    if now - world.checks_looked_at < TimeDelta::minutes(1) {
        return;
    }
    world.checks_looked_at = now;
    for run in world.runs.values_mut() {
        if run.status != "completed" && now - run.started_at > STALE_AFTER {
            "completed".clone_into(&mut run.status);
            run.conclusion = Some("stale".to_owned());
            run.completed_at = Some(now);
        }
    }
}

/// Somebody asks for one check again. As on GitHub the run itself stays as it is.
pub(crate) fn rerequest(hub: &Hub, id: u64, sender: u64) -> Result<(), Refused> {
    hub.with(|world| {
        let run = world.runs.get(&id).ok_or_else(Refused::not_found)?;
        let scope = Scope::OneApp { repository: run.repository, app: run.app };
        run_event(world, id, "rerequested", scope, sender, json!({}));
        Ok(())
    })
}

/// Somebody asks for all checks of a suite again.
pub(crate) fn rerequest_suite(hub: &Hub, id: u64, sender: u64) -> Result<(), Refused> {
    hub.with(|world| {
        if !world.suites.contains_key(&id) {
            return Err(Refused::not_found());
        }
        suite_event(world, id, "rerequested", sender);
        Ok(())
    })
}

/// Somebody presses a button of a completed check run.
pub(crate) fn press(hub: &Hub, id: u64, identifier: &str, sender: u64) -> Result<(), Refused> {
    hub.with(|world| {
        let run = world.runs.get(&id).ok_or_else(Refused::not_found)?;
        let shown =
            run.status == "completed" && run.actions.iter().any(|action| action.identifier == identifier);
        if !shown {
            let sentence = format!("There is no button \"{identifier}\" on this check run");
            return Err(Refused::new(404, sentence));
        }
        Ok(())
    })?;
    press_late(hub, id, identifier, sender)
}

/// Presses a button on a page that was loaded when it was still shown.
pub(crate) fn press_late(hub: &Hub, id: u64, identifier: &str, sender: u64) -> Result<(), Refused> {
    hub.with(|world| {
        let run = world.runs.get(&id).ok_or_else(Refused::not_found)?;
        let scope = Scope::OneApp { repository: run.repository, app: run.app };
        let extra = json!({ "requested_action": { "identifier": identifier } });
        run_event(world, id, "requested_action", scope, sender, extra);
        Ok(())
    })
}
