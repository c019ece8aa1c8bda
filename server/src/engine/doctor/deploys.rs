//! How a repository is deployed: workflows and their inputs, GitHub's environments, the protection rule, what the
//! operator's file allows.

use super::facts::{Asked, asked, listed};
use super::repository::RepositoryFacts;
use crate::deploy::drivers::ACTIONS_INPUTS;
use crate::deploy::operator::Allowed;
use crate::deploy::refuses_branches;
use crate::github::{Api, ApiError};
use crate::model::{
    DriverSettings, Environment, EnvironmentName, ForPeople as _, ForeignDeployments, Grants, SetupFinding,
    SetupRepair, WorkflowInputs, workflow_inputs,
};
use std::collections::BTreeMap;

/// What is known of how a repository is deployed.
#[derive(Debug)]
pub(super) struct DeployFacts<'a> {
    pub(super) repository: &'a RepositoryFacts,
    /// The operator's entry for it.
    pub(super) allowed: Option<&'a Allowed>,
    /// GitHub's environments, as it spells them.
    pub(super) environments: Asked<Vec<String>>,
    /// By the environment's name on the path.
    pub(super) of: BTreeMap<String, EnvironmentFacts>,
}

/// What is known of one environment.
#[derive(Debug, Default)]
pub(super) struct EnvironmentFacts {
    /// The workflow that is dispatched, on the default branch and on the environment's own.
    pub(super) workflow: Option<[Asked<Option<String>>; 2]>,
    /// Whether Towpath's protection rule is switched on; `None` where nobody needs it.
    pub(super) watched: Option<Asked<bool>>,
    /// Whether the operator names the host keys of the platform's git remote; `None` where nobody needs them.
    pub(super) host_keys: Option<Asked<bool>>,
}

pub(super) async fn gather<'a>(
    api: &Api,
    repository: &'a RepositoryFacts,
    allowed: Option<&'a Allowed>,
) -> DeployFacts<'a> {
    let mut facts = DeployFacts { repository, allowed, environments: Ok(Vec::new()), of: BTreeMap::new() };
    if !repository.is_used() || repository.path.environments.iter().all(|it| !is_deployed(&facts, it)) {
        return facts;
    }
    let (id, name) = (repository.installation, repository.name());
    facts.environments = asked(api.environments(id, name).await);
    for environment in &repository.path.environments {
        let mut of = EnvironmentFacts::default();
        if let DriverSettings::Actions { file } = &environment.deploy.driver {
            let default = repository.settings.default_branch.as_str();
            let branches = [default, environment.branch.as_str()];
            of.workflow = Some([
                workflow(api, repository, (file, branches[0])).await,
                workflow(api, repository, (file, branches[1])).await,
            ]);
        }
        if let (DriverSettings::CommerceCloud { .. }, Some(project)) =
            (&environment.deploy.driver, allowed.and_then(|it| it.commerce.as_ref()))
        {
            let keys = project.read_known_hosts().await;
            of.host_keys = Some(keys.map(|keys| keys.is_some()).map_err(|error| error.to_string()));
        }
        let spelled = facts.environments.iter().flatten().find(|it| environment.is_called(it));
        if let (true, Some(spelled)) = (has_jobs(environment), spelled) {
            of.watched = Some(asked(api.watches_jobs(id, name, spelled).await));
        }
        facts.of.insert(environment.name.clone(), of);
    }
    facts
}

async fn workflow(
    api: &Api,
    repository: &RepositoryFacts,
    (file, branch): (&str, &str),
) -> Asked<Option<String>> {
    let path = format!(".github/workflows/{file}");
    match api.file(repository.installation, repository.name(), &path, Some(branch)).await {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(ApiError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.for_people().into()),
    }
}

/// Whether a project has said how the environment is deployed, so that it means to.
fn is_deployed(facts: &DeployFacts<'_>, environment: &Environment) -> bool {
    let by_programs = facts.allowed.is_some_and(|it| it.programs(&environment.name).is_some());
    environment.deploy.driver_is_written && environment.deploy.driver != DriverSettings::None || by_programs
}

/// Whether jobs of workflows deploy it, which can be made to wait for Towpath.
fn has_jobs(environment: &Environment) -> bool {
    matches!(environment.deploy.driver, DriverSettings::Actions { .. })
        || matches!(environment.deploy.foreign, ForeignDeployments::OfWorkflow { .. })
}

pub(super) fn judge(facts: &DeployFacts<'_>) -> Vec<SetupFinding> {
    let mut findings = Vec::new();
    if !facts.repository.is_used() {
        return findings;
    }
    for environment in &facts.repository.path.environments {
        if !is_deployed(facts, environment) {
            continue;
        }
        let label = format!("{}: {}", facts.repository.name(), environment.name);
        let at = (environment, label.as_str());
        findings.extend(rights(facts, at));
        findings.extend(workflow_file(facts, at));
        findings.push(environment_name(facts, at));
        findings.extend(protection_rule(facts, at));
        findings.extend(endpoint(facts, at));
        findings.extend(cloud_project(facts, at));
        findings.extend(branches(facts, at));
        findings.extend(aftercare(facts, at));
    }
    findings
}

/// An environment, and how findings name it.
type At<'a> = (&'a Environment, &'a str);

/// Whether the App may do what the driver needs.
fn rights(facts: &DeployFacts<'_>, (environment, label): At<'_>) -> Option<SetupFinding> {
    const CODE: &str = "deploy-rights";
    let (permission, level) = match environment.deploy.driver {
        DriverSettings::Actions { .. } => ("actions", "write"),
        _ => ("deployments", "write"),
    };
    let grants = facts.repository.grants.as_ref()?;
    let driver = environment.deploy.driver.as_str();
    if grants.allows(permission, level) {
        return Some(SetupFinding::ok(CODE, label, format!("Towpath has the right for driver: {driver}")));
    }
    let found = format!("driver: {driver} needs {permission}: {level}, which is not granted");
    let what = format!("ask for {permission}: {level} in the App's settings, and accept it for the account");
    let finding = SetupFinding::fault(CODE, label, found, "merges into it are not deployed");
    Some(finding.repaired_by(SetupRepair::Words(what)))
}

fn workflow_file(facts: &DeployFacts<'_>, (environment, label): At<'_>) -> Option<SetupFinding> {
    const CODE: &str = "workflow";
    let DriverSettings::Actions { file } = &environment.deploy.driver else { return None };
    let on = facts.of.get(&environment.name)?.workflow.as_ref()?;
    let default = &facts.repository.settings.default_branch;
    let mut seen = Vec::new();
    for (found, branch) in on.iter().zip([default.as_str(), environment.branch.as_str()]) {
        let text = match found {
            Ok(Some(text)) => text,
            Err(why) => return Some(SetupFinding::unknown(CODE, label, why)),
            Ok(None) => {
                let found = format!("there is no .github/workflows/{file} on {branch}");
                let page = format!("new/{branch}?filename=.github/workflows/{file}");
                let finding = SetupFinding::fault(
                    CODE,
                    label,
                    found,
                    "GitHub dispatches nothing, and nothing is deployed",
                );
                return Some(finding.repaired_by(facts.repository.page("add the workflow there", &page)));
            }
        };
        if let Some((found, what)) = fault_of_workflow(file, branch, workflow_inputs(text).as_ref()) {
            let finding = SetupFinding::fault(
                CODE,
                label,
                found,
                "GitHub refuses to dispatch it, and nothing is deployed",
            );
            let page = format!("edit/{branch}/.github/workflows/{file}");
            return Some(finding.repaired_by(facts.repository.page(&what, &page)));
        }
        seen.push(branch.to_owned());
    }
    seen.dedup();
    Some(SetupFinding::ok(CODE, label, format!("{file} can be dispatched on {}", listed(&seen))))
}

/// What keeps a workflow from being dispatched, and what to do about it.
fn fault_of_workflow(file: &str, branch: &str, inputs: Option<&WorkflowInputs>) -> Option<(String, String)> {
    let Some(inputs) = inputs else {
        let what = "add workflow_dispatch to its triggers, with the inputs that docs/deploys.md lists";
        return Some((format!("{file} on {branch} is not run by workflow_dispatch"), what.to_owned()));
    };
    let missing: Vec<String> =
        ACTIONS_INPUTS.into_iter().filter(|name| !inputs.names.contains(*name)).map(str::to_owned).collect();
    if !missing.is_empty() {
        let found = format!("workflow_dispatch of {file} on {branch} lacks the inputs {}", listed(&missing));
        return Some((found, "name these inputs".to_owned()));
    }
    let demanded: Vec<String> =
        inputs.demanded.iter().filter(|name| !ACTIONS_INPUTS.contains(&name.as_str())).cloned().collect();
    (!demanded.is_empty()).then(|| {
        let found = format!(
            "workflow_dispatch of {file} on {branch} demands {}, which Towpath does not give",
            listed(&demanded)
        );
        (found, "give these inputs a default".to_owned())
    })
}

fn environment_name(facts: &DeployFacts<'_>, (environment, label): At<'_>) -> SetupFinding {
    const CODE: &str = "environment-name";
    let name = &environment.name;
    let all = match &facts.environments {
        Ok(all) => all,
        Err(why) => return SetupFinding::unknown(CODE, label, why),
    };
    if all.contains(name) {
        return SetupFinding::ok(CODE, label, format!("GitHub has an environment {name:?}"));
    }
    match all.iter().find(|it| EnvironmentName::are_alike(it, name)) {
        None => SetupFinding::ok(
            CODE,
            label,
            format!("GitHub makes the environment {name:?} with its first deploy"),
        ),
        Some(other) => {
            let found = format!("GitHub calls the environment {other:?}, and the configuration {name:?}");
            let effect =
                "GitHub shows its deploys under the other name, and who looks for this one finds none";
            SetupFinding::fault(CODE, label, found, effect)
                .repaired_by(SetupRepair::Words(format!("write name: {other} in the configuration")))
        }
    }
}

fn protection_rule(facts: &DeployFacts<'_>, (environment, label): At<'_>) -> Option<SetupFinding> {
    const CODE: &str = "protection-rule";
    let watched = facts.of.get(&environment.name)?.watched.as_ref()?;
    let settings = || facts.repository.page("switch it on for the environment", "settings/environments");
    Some(match watched {
        Err(why) => SetupFinding::unknown(CODE, label, why),
        Ok(false) => {
            let found = "Towpath's protection rule is not switched on for GitHub's environment";
            let effect = "jobs deploy there without asking: past holds, locks and whatever was not tested";
            SetupFinding::fault(CODE, label, found, effect).repaired_by(settings())
        }
        Ok(true) if facts.repository.grants.as_ref().is_some_and(|it| !answers_jobs(it)) => {
            let found = "Towpath's protection rule is switched on, and Towpath may not answer";
            let what = "ask for Actions: write, Deployments: write and the event Deployment protection rule, and accept them";
            SetupFinding::fault(CODE, label, found, "each job there waits for ever")
                .repaired_by(SetupRepair::Words(what.to_owned()))
        }
        Ok(true) => SetupFinding::ok(CODE, label, "Towpath's protection rule is switched on"),
    })
}

/// Whether jobs that wait get an answer.
fn answers_jobs(grants: &Grants) -> bool {
    grants.hears("deployment_protection_rule")
        && grants.allows("actions", "read")
        && grants.allows("deployments", "write")
}

/// Whether the operator's file says where on the platform of Adobe Commerce an environment is.
fn cloud_project(facts: &DeployFacts<'_>, (environment, label): At<'_>) -> Option<SetupFinding> {
    const CODE: &str = "cloud-project";
    let DriverSettings::CommerceCloud { .. } = &environment.deploy.driver else { return None };
    let project = facts.allowed.and_then(|it| it.commerce.as_ref());
    let target = project.and_then(|it| it.environment(&environment.name));
    if let Some(target) = target {
        let found = format!("the operator's file has the platform's environment {target:?} for it");
        let found = match facts.of.get(&environment.name).and_then(|it| it.host_keys.as_ref()) {
            Some(Err(why)) => {
                let effect = "where the project has no source integration, merges into it are not deployed";
                let repair = "a file with the host key of the platform's git server that the server may read";
                return Some(
                    SetupFinding::fault(CODE, label, why.clone(), effect)
                        .repaired_by(SetupRepair::Words(repair.to_owned())),
                );
            }
            Some(Ok(false)) => format!(
                "{found}; it names no known_hosts, so Towpath deploys only where the project has a source integration"
            ),
            Some(Ok(true)) | None => found,
        };
        return Some(SetupFinding::ok(CODE, label, found));
    }
    let (found, what) = match project {
        None => (
            "the operator's file has no project of the platform for this repository",
            format!("add [repository.\"{}\".commerce] to the operator's file", facts.repository.name()),
        ),
        Some(_) => (
            "the operator's file has no environment of the platform for it",
            format!("add {} to commerce.environments in the operator's file", environment.name),
        ),
    };
    let finding = SetupFinding::fault(CODE, label, found, "merges into it are not deployed");
    Some(finding.repaired_by(SetupRepair::Words(what)))
}

/// Whether branches that have a place beside an environment can be deployed there.
fn branches(facts: &DeployFacts<'_>, (environment, label): At<'_>) -> Option<SetupFinding> {
    const CODE: &str = "branch-deploys";
    if environment.active.places == 0 {
        return None;
    }
    let Some(why) = refuses_branches(facts.allowed, environment) else {
        return Some(SetupFinding::ok(CODE, label, "branches can be deployed beside it"));
    };
    let active = environment.active.places + 1;
    let found = format!("active: {active} gives branches places beside it, and {why}");
    let finding = SetupFinding::fault(CODE, label, found, "/activate is refused there");
    let what = "let branches be deployed so, or write active: 1 for it in the configuration";
    Some(finding.repaired_by(SetupRepair::Words(what.to_owned())))
}

/// Whether there is a verify step to be run again.
fn aftercare(facts: &DeployFacts<'_>, (environment, label): At<'_>) -> Option<SetupFinding> {
    const CODE: &str = "aftercare";
    if environment.aftercare.is_empty() {
        return None;
    }
    let programs = facts.allowed.and_then(|it| it.programs(&environment.name));
    if programs.is_some_and(|it| !it.verify.is_empty()) {
        return Some(SetupFinding::ok(CODE, label, "its verify step is run again after each deploy"));
    }
    let found = "aftercare is to run its verify step again, and the operator's programs have none for it";
    let what = "add a step of verify to its programs in the operator's file, or take aftercare out of the configuration";
    let finding = SetupFinding::fault(CODE, label, found, "nothing is run again after a deploy");
    Some(finding.repaired_by(SetupRepair::Words(what.to_owned())))
}

fn endpoint(facts: &DeployFacts<'_>, (environment, label): At<'_>) -> Option<SetupFinding> {
    const CODE: &str = "endpoint";
    let DriverSettings::Webhook { endpoint, secret } = &environment.deploy.driver else { return None };
    let endpoints = facts.allowed.map(|it| &it.endpoints);
    let secrets = facts.allowed.map(|it| &it.secrets);
    let mut missing = Vec::new();
    if endpoints.is_none_or(|it| !it.contains_key(endpoint)) {
        missing.push(format!("endpoint {endpoint:?}"));
    }
    missing.extend(
        secret
            .iter()
            .filter(|it| secrets.is_none_or(|all| !all.contains_key(*it)))
            .map(|it| format!("secret {it:?}")),
    );
    if missing.is_empty() {
        return Some(SetupFinding::ok(
            CODE,
            label,
            format!("the operator's file has the endpoint {endpoint:?}"),
        ));
    }
    let found = format!("the operator's file has no {} for this repository", listed(&missing));
    let finding = SetupFinding::fault(CODE, label, found, "merges into it are not deployed");
    let what = format!("add it under [repository.\"{}\"] in the operator's file", facts.repository.name());
    Some(finding.repaired_by(SetupRepair::Words(what)))
}
