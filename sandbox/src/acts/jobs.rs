//! Jobs of runs. One that names an environment makes GitHub keep a deployment of its own for it, which
//! says how the job goes; where the environment has reviewers, it waits for one of them.

use chrono::TimeDelta;
use sha2::{Digest, Sha256};

use super::deploys::{self, NewDeployment};
use super::runs::{begin, bot, end, finish, going, job, tell};
use crate::Refused;
use crate::model::{Job, Kind, LogAddress, World};

fn named(world: &mut World, run: u64, name: &str) -> Result<Option<u64>, Refused> {
    Ok(going(world, run)?.jobs.iter().find(|job| job.name == name).map(|job| job.id))
}

fn add(world: &mut World, run: u64, name: &str, deployment: bool) -> Result<u64, Refused> {
    let (id, now) = (world.next(Kind::WorkflowJob), world.now);
    let status = if deployment { "queued" } else { "in_progress" };
    going(world, run)?.jobs.push(Job {
        id,
        name: name.to_owned(),
        status: status.to_owned(),
        conclusion: None,
        started_at: now,
        completed_at: None,
        deployment: None,
        log: String::new(),
    });
    Ok(id)
}

/// A job that names an environment is about to begin; answers its deployment's id.
pub(crate) fn come(world: &mut World, run: u64, name: &str, environment: &str) -> Result<u64, Refused> {
    if named(world, run, name)?.is_some() {
        return Err(Refused::new(409, format!("The job {name} is there already.")));
    }
    let found = going(world, run)?;
    let (repository, sha, branch, sender) =
        (found.repository, found.sha.clone(), found.branch.clone(), found.actor);
    let id = add(world, run, name, true)?;
    let creator = bot(world);
    let new = NewDeployment { job: Some((run, id)), ..NewDeployment::new(&sha, &branch, environment) };
    let deployment = deploys::make(world, repository, new, creator, sender)?;
    job(world, run, id)?.deployment = Some(deployment);
    if world.environment(repository, environment).reviewed {
        "waiting".clone_into(&mut job(world, run, id)?.status);
        let found = going(world, run)?;
        if found.jobs.iter().all(|job| matches!(job.status.as_str(), "waiting" | "completed")) {
            "waiting".clone_into(&mut found.status);
        }
        tell(world, run, id, "waiting")?;
    }
    Ok(deployment)
}

/// A reviewer lets a waiting job into its environment, or stops it and with it the run.
pub(crate) fn review(world: &mut World, run: u64, name: &str, approved: bool) -> Result<(), Refused> {
    let nobody = || Refused::new(422, format!("The job {name} waits for nobody."));
    let id = named(world, run, name)?.ok_or_else(nobody)?;
    let waiting = job(world, run, id)?;
    if waiting.status != "waiting" {
        return Err(nobody());
    }
    if !approved {
        return end(world, run, "failure");
    }
    "queued".clone_into(&mut waiting.status);
    let found = going(world, run)?;
    if found.status == "waiting" {
        "queued".clone_into(&mut found.status);
    }
    tell(world, run, id, "queued")
}

/// A runner takes a job up, and with it the run if that was queued.
pub(crate) fn take(world: &mut World, run: u64, name: &str) -> Result<(), Refused> {
    begin(world, run)?;
    let Some(id) = named(world, run, name)? else {
        return add(world, run, name, false).map(drop);
    };
    let found = job(world, run, id)?;
    match found.status.as_str() {
        "queued" => {
            "in_progress".clone_into(&mut found.status);
            tell(world, run, id, "in_progress")
        }
        "waiting" => Err(Refused::new(409, format!("The job {name} waits for a review."))),
        _ => Ok(()),
    }
}

/// A job that was taken up prints more.
pub(crate) fn print(world: &mut World, run: u64, name: &str, text: &str) -> Result<(), Refused> {
    take(world, run, name)?;
    let now = world.now.format("%Y-%m-%dT%H:%M:%S%.6f0Z").to_string();
    let id = named(world, run, name)?.ok_or_else(Refused::not_found)?;
    let log = &mut job(world, run, id)?.log;
    // GitHub's logs begin so, and each line with its time.
    if log.is_empty() {
        log.push('\u{feff}');
    }
    for line in text.lines() {
        log.extend([now.as_str(), " ", line, "\n"]);
    }
    Ok(())
}

/// Where a job's log lies for the next minute, once the job is over.
pub(crate) fn log_address(world: &mut World, repository: u64, id: u64) -> Result<String, Refused> {
    let (run, job) = world.job(repository, id).ok_or_else(Refused::not_found)?;
    if job.conclusion.is_none() {
        return Err(Refused::not_found());
    }
    let ends_at = world.now + TimeDelta::minutes(1);
    let address = LogAddress { run: run.id, job: id, ends_at };
    let text = format!("{}:{}:{ends_at}:{}", run.id, id, world.log_addresses.len());
    let key = hex::encode(Sha256::digest(text));
    world.log_addresses.insert(key.clone(), address);
    // Another host, as GitHub's storage is.
    Ok(format!("{}/job-logs/{key}", world.urls.html.replacen("127.0.0.1", "localhost", 1)))
}

/// A job ends with a conclusion; one that was not taken up yet begins first. The run goes on.
pub(crate) fn over(world: &mut World, run: u64, name: &str, conclusion: &str) -> Result<(), Refused> {
    take(world, run, name)?;
    let id = named(world, run, name)?.ok_or_else(Refused::not_found)?;
    finish(world, run, id, conclusion)
}
