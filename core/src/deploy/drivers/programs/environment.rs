//! What programs see, and what of an order may become part of a path or a variable.

use crate::deploy::drivers::{DeployRequest, DriverError, or_empty};
use crate::deploy::operator::{Programs, Step};
use crate::model::Phase;
use std::collections::BTreeMap;
use std::path::Path;

/// Where programs look for others.
const SEARCHED: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// What the operator's own variables may not begin with: programs are told by these what is deployed.
const OUR_OWN: &str = "TOWPATH_";

/// The secrets of a run: by the variables that hold them. Never printed.
#[derive(Clone, Default)]
pub(super) struct Secrets(pub(super) BTreeMap<String, String>);

/// The variables of one step. A build sees nothing that differs between two deploys of one slug to two environments:
/// it could not be used again. Only a build sees what the repository has set: the other phases hold secrets.
pub(super) fn variables(
    request: &DeployRequest,
    programs: &Programs,
    secrets: &Secrets,
    place: (Phase, &Step),
    home: &Path,
) -> BTreeMap<String, String> {
    let (phase, step) = place;
    let deploy = &request.deploy;
    let mut all = BTreeMap::new();
    let mut set = |name: &str, value: String| all.insert(name.to_owned(), value);
    set("PATH", SEARCHED.to_owned());
    set("HOME", home.display().to_string());
    set("LANG", "C.UTF-8".to_owned());
    if phase == Phase::Build {
        for (name, value) in &request.build_settings {
            set(&programs.allow_settings.variable(name), value.clone());
        }
    } else {
        for (name, value) in programs.variables.iter().chain(&secrets.0) {
            set(name, value.clone());
        }
        let pulls: Vec<String> = deploy.pulls.iter().map(ToString::to_string).collect();
        set("TOWPATH_DEPLOY", request.key.clone());
        set("TOWPATH_REPOSITORY", request.repository.clone());
        set("TOWPATH_ENVIRONMENT", deploy.environment.clone());
        set("TOWPATH_BRANCH", request.branch.as_str().to_owned());
        set("TOWPATH_PREVIOUS_SHA", or_empty(deploy.previous));
        set("TOWPATH_ROLLBACK", u8::from(deploy.is_rollback()).to_string());
        set("TOWPATH_PULL_REQUESTS", pulls.join(","));
    }
    set("TOWPATH_SHA", deploy.commit.to_string());
    set("TOWPATH_TREE", deploy.tree.to_string());
    set("TOWPATH_SLUG", deploy.slug.clone());
    set("TOWPATH_PHASE", phase.as_str().to_owned());
    set("TOWPATH_STEP", step.step.clone());
    all
}

/// Refuses an order or programs that cannot be carried out whenever they are tried.
pub(super) fn check(
    request: &DeployRequest,
    programs: &Programs,
    secrets: &Secrets,
) -> Result<(), DriverError> {
    let refused = |words: String| Err(DriverError::refused(words));
    check_key(&request.key)?;
    if !is_plain(&request.deploy.slug, "-_") {
        return refused(format!("{:?} cannot name a slug", request.deploy.slug));
    }
    if programs.deploy.is_empty() {
        return refused("there are no deploy steps; add some to the operator's file".to_owned());
    }
    for step in programs.build.iter().chain(&programs.deploy).chain(&programs.verify) {
        if !step.run.first().is_some_and(|program| program.starts_with('/')) {
            return refused(format!("step {:?} does not name its program by a whole path", step.step));
        }
    }
    for (name, value) in &request.build_settings {
        if !is_variable(name, value) {
            return refused(format!("the build setting {name:?} cannot be set for programs; rename it"));
        }
    }
    for (name, value) in programs.variables.iter().chain(&secrets.0) {
        if !is_variable(name, value) || name == "HOME" || name.starts_with(OUR_OWN) {
            return refused(format!("the variable {name:?} cannot be set for programs; rename it"));
        }
    }
    Ok(())
}

/// Refuses the key of a deploy that would lead elsewhere as part of a path.
pub(super) fn check_key(key: &str) -> Result<(), DriverError> {
    if is_plain(key, "-_.") && !key.starts_with('.') {
        return Ok(());
    }
    Err(DriverError::refused(format!("{key:?} cannot name a deploy")))
}

/// The folder of a repository's slugs: its number, with which every key of a deploy begins.
pub(super) fn repository_key(request: &DeployRequest) -> &str {
    request.key.split('.').next().unwrap_or_default()
}

fn is_plain(text: &str, besides: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || besides.contains(c);
    !text.is_empty() && text.len() <= 250 && text.chars().all(plain)
}

fn is_variable(name: &str, value: &str) -> bool {
    is_plain(name, "_") && !name.starts_with(|c: char| c.is_ascii_digit()) && !value.contains('\0')
}
