//! Deployments: made by apps and people, and reported on.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Actor;
use super::merging::{FastForward, merge_branch};
use crate::Refused;
use crate::hub::Hub;
use crate::model::{Deployment, DeploymentStatus, Kind, World};
use crate::shape;
use crate::webhooks::{Event, Scope};

/// Every state a deployment can be reported in.
const STATES: [&str; 7] = ["error", "failure", "inactive", "in_progress", "queued", "pending", "success"];

/// GitHub takes no longer description of a status, in characters.
const LONGEST: usize = 140;

/// What is to be deployed, and where to.
#[derive(Debug, Clone)]
pub(crate) struct NewDeployment {
    pub(crate) sha: String,
    /// The branch, tag or SHA that was asked for.
    pub(crate) git_ref: String,
    pub(crate) task: String,
    pub(crate) payload: Value,
    pub(crate) environment: String,
    pub(crate) description: Option<String>,
    pub(crate) transient: bool,
    /// As the environment's name tells, unless said otherwise.
    pub(crate) production: Option<bool>,
    /// The run and the job it is for, if that is why it is made.
    pub(crate) job: Option<(u64, u64)>,
}

impl NewDeployment {
    /// A commit for an environment, and nothing unusual about it.
    pub(crate) fn new(sha: &str, git_ref: &str, environment: &str) -> Self {
        Self {
            sha: sha.to_owned(),
            git_ref: git_ref.to_owned(),
            task: "deploy".to_owned(),
            payload: json!({}),
            environment: environment.to_owned(),
            description: None,
            transient: false,
            production: None,
            job: None,
        }
    }
}

/// What is reported of a deployment.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewStatus {
    pub(crate) state: String,
    pub(crate) description: String,
    pub(crate) log_url: String,
    pub(crate) environment_url: String,
    /// Another name for the deployment's environment.
    pub(crate) environment: Option<String>,
    /// Leaves earlier deployments as they are, even if this one succeeded.
    pub(crate) keep_others: bool,
}

/// Brings the default branch into what is to be deployed, if it is not there yet. Answers GitHub's
/// sentence if something was merged; then nothing is deployed.
pub(crate) async fn auto_merge(
    hub: &Arc<Hub>,
    repository: u64,
    git_ref: &str,
    sha: &str,
    sender: u64,
) -> Result<Option<String>, Refused> {
    let (default, tip, branch) = hub.with(|world| {
        let home = world.repository(repository).ok_or_else(Refused::not_found)?;
        let default = home.default_branch.clone();
        let tip = home.branch(&default).map(str::to_owned);
        let branch = git_ref.strip_prefix("refs/heads/").unwrap_or(git_ref);
        let branch = home.branch(branch).map(|_| branch.to_owned());
        Ok::<_, Refused>((default, tip, branch))
    })?;
    let Some(tip) = tip else {
        return Ok(None);
    };
    if hub.git.contains(repository, sha, &tip).await? {
        return Ok(None);
    }
    if let Some(branch) = branch {
        let message = format!("Merge {default} into {branch}\n");
        let sides = (branch.as_str(), tip.as_str());
        merge_branch(hub, repository, sides, &message, FastForward::Never, sender)
            .await
            .map_err(|_| Refused::new(409, format!("Conflict merging {default} into {git_ref}.")))?;
    }
    Ok(Some(format!("Auto-merged {default} into {git_ref} on deployment.")))
}

/// Insists on the success of what was checked on a commit: of everything, or of what is named.
pub(crate) fn insist(
    hub: &Hub,
    repository: u64,
    sha: &str,
    git_ref: &str,
    contexts: Option<&[String]>,
) -> Result<(), Refused> {
    let states: Vec<(String, bool)> = hub.with(|world| {
        let runs = world.current_runs(repository, sha);
        let good = |conclusion: Option<&str>| matches!(conclusion, Some("success" | "neutral" | "skipped"));
        runs.map(|run| (run.name.clone(), good(run.conclusion.as_deref()))).collect()
    });
    let fine = match contexts {
        None => states.iter().all(|(_, good)| *good),
        Some(wanted) => wanted.iter().all(|name| states.iter().any(|(known, good)| known == name && *good)),
    };
    if fine {
        return Ok(());
    }
    let mut refused = Refused::new(409, format!("Conflict: Commit status checks failed for {git_ref}."));
    let contexts: Vec<Value> = states
        .iter()
        .map(|(name, good)| json!({ "context": name, "state": if *good { "success" } else { "pending" } }))
        .collect();
    refused.errors.push(json!({
        "resource": "Deployment", "field": "required_contexts", "code": "invalid", "contexts": contexts,
    }));
    Err(refused)
}

/// Makes a deployment; answers its id.
pub(crate) fn create(hub: &Hub, repository: u64, new: NewDeployment, actor: Actor) -> Result<u64, Refused> {
    hub.with(|world| make(world, repository, new, actor, actor.account))
}

/// Makes a deployment on behalf of somebody; answers its id.
pub(super) fn make(
    world: &mut World,
    repository: u64,
    new: NewDeployment,
    creator: Actor,
    sender: u64,
) -> Result<u64, Refused> {
    world.repository(repository).ok_or_else(Refused::not_found)?;
    let environment = world.spelled(repository, &new.environment);
    let id = world.next(Kind::Deployment);
    let now = world.now;
    let deployment = Deployment {
        id,
        repository,
        sha: new.sha,
        git_ref: new.git_ref,
        task: new.task,
        payload: new.payload,
        production: new.production.unwrap_or(environment.eq_ignore_ascii_case("production")),
        original_environment: environment.clone(),
        environment,
        description: new.description,
        creator: creator.account,
        app: creator.app,
        job: new.job,
        transient: new.transient,
        created_at: now,
        updated_at: now,
        statuses: Vec::new(),
    };
    world.deployments.insert(id, deployment);
    event(world, "deployment", id, None, sender);
    Ok(id)
}

/// Reports on a deployment; answers the status's id.
pub(crate) fn report(hub: &Hub, id: u64, new: NewStatus, actor: Actor) -> Result<u64, Refused> {
    if !STATES.contains(&new.state.as_str()) {
        let sentence = "state is not included in the list";
        return Err(Refused::invalid("DeploymentStatus", "state", "custom", sentence));
    }
    if new.description.chars().count() > LONGEST {
        let sentence = "description is too long (maximum is 140 characters)";
        return Err(Refused::invalid("DeploymentStatus", "description", "custom", sentence));
    }
    hub.with(|world| tell(world, id, new, actor, actor.account))
}

/// Adds a status on behalf of somebody, with all that follows from it; answers its id.
pub(super) fn tell(
    world: &mut World,
    id: u64,
    new: NewStatus,
    creator: Actor,
    sender: u64,
) -> Result<u64, Refused> {
    let silent = new.state == "inactive";
    let retires = new.state == "success" && !new.keep_others;
    let status = add(world, id, new, creator).ok_or_else(Refused::not_found)?;
    if retires {
        retire(world, id, creator);
    }
    // Of a deployment that rests GitHub tells nobody.
    if !silent {
        event(world, "deployment_status", id, Some(status), sender);
    }
    Ok(status)
}

fn add(world: &mut World, deployment: u64, new: NewStatus, actor: Actor) -> Option<u64> {
    let number = world.next(Kind::DeploymentStatus);
    let now = world.now;
    let repository = world.deployments.get(&deployment)?.repository;
    let environment = new.environment.map(|name| world.spelled(repository, &name));
    let found = world.deployments.get_mut(&deployment)?;
    if let Some(environment) = environment {
        found.environment = environment;
    }
    found.updated_at = now;
    found.statuses.push(DeploymentStatus {
        id: number,
        state: new.state,
        environment: found.environment.clone(),
        description: new.description,
        log_url: new.log_url,
        environment_url: new.environment_url,
        creator: actor.account,
        app: actor.app,
        created_at: now,
    });
    Some(number)
}

/// Lets the earlier deployments to the same environment rest that had succeeded; not those to
/// transient or production environments.
fn retire(world: &mut World, newest: u64, actor: Actor) {
    let Some(found) = world.deployments.get(&newest) else {
        return;
    };
    let earlier: Vec<u64> = world
        .deployments_of(found.repository)
        .filter(|other| other.id < newest && other.environment == found.environment)
        .filter(|other| !other.transient && !other.production && other.state() == Some("success"))
        .map(|other| other.id)
        .collect();
    for id in earlier {
        let last = world.deployments.get(&id).and_then(|other| other.statuses.last()).cloned();
        let Some(last) = last else {
            continue;
        };
        let rest = NewStatus {
            state: "inactive".to_owned(),
            log_url: last.log_url,
            environment_url: last.environment_url,
            ..NewStatus::default()
        };
        add(world, id, rest, actor);
    }
}

fn event(world: &mut World, name: &'static str, id: u64, status: Option<u64>, sender: u64) {
    let Some(found) = world.deployments.get(&id) else {
        return;
    };
    let repository = found.repository;
    let Some(home) = world.repository(repository) else {
        return;
    };
    let mut fields = json!({
        "deployment": shape::webhook_deployment(world, home, found),
        "workflow": null,
        "workflow_run": null,
    });
    let made_for = found.job.and_then(|(run, job)| shape::made_for(world, home, run, job));
    if let Some((workflow, run, _)) = &made_for {
        shape::merge(&mut fields, json!({ "workflow": workflow, "workflow_run": run }));
    }
    let status = found.statuses.iter().find(|one| Some(one.id) == status);
    if let Some(status) = status {
        let shaped = shape::webhook_deployment_status(world, home, id, status);
        let check_run = made_for.map(|(_, _, job)| job);
        shape::merge(&mut fields, json!({ "deployment_status": shaped, "check_run": check_run }));
    }
    let scope = Scope::Repository(repository);
    world.emit(&Event { name, action: Some("created"), scope, sender, fields });
}
