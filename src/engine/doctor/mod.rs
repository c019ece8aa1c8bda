//! What is right and wrong with how Towpath is set up: one list for the command line and for pages.
//!
//! Lives here: for each family of things that can be wrong a file that gathers what is known and judges it. What gathers
//! asks GitHub, the disk and the database, and answers plain data; what judges is pure, and its tests are tables.
//!
//! Does not live here: how the list is shown (`report::setup_findings`), who asks.
//!
//! Open first: this file, for what is looked at and in which order; then `branch_rules.rs`, the longest list of mistakes.
//!
//! What may not be read is said, and is no fault.

mod app;
mod branch_rules;
mod deploys;
mod facts;
mod installation;
mod machine;
mod repository;
mod ruleset_repair;
#[cfg(test)]
mod tests;

pub(super) use installation::LEFT_TO_CHECKS;

use super::{Clock, Deploying, MirrorBounds, OpenError, Places};
use crate::deploy::operator::Allowed;
use crate::github::{Api, ApiConfig, AppKey, InstallationJson};
use crate::model::{
    ForPeople as _, Grants, InstallationId, PromotionPath, RepositoryId, RepositoryName, SetupCall,
    SetupCaller, SetupFinding, SetupRepair, SetupState,
};
use app::AppFacts;
use facts::{Asked, asked};
use http::Method;
use installation::InstallationFacts;
use repository::AccountFiles;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What a doctor is made of.
pub struct DoctorConfig {
    /// The App's number and key; `None` while no App is configured.
    pub app: Option<AppKey>,
    /// Where GitHub's REST API is.
    pub api_url: String,
    /// How long one call to it may take.
    pub call_within: Duration,
    /// Where the server keeps what it knows.
    pub places: Places,
    /// The path of those who have no configuration.
    pub path: PromotionPath,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// How much room mirrors may take.
    pub mirrors: MirrorBounds,
    /// What the operator allows and holds for deploys.
    pub deploying: Deploying,
}

/// Looks at how Towpath is set up.
pub struct Doctor {
    api: Option<Api>,
    places: Places,
    path: Arc<PromotionPath>,
    clock: Arc<dyn Clock>,
    mirrors: MirrorBounds,
    deploying: Deploying,
}

/// What was found, and what is needed to act on it.
#[derive(Debug, Default)]
pub struct Examination {
    /// One for each thing that was looked at.
    pub findings: Vec<SetupFinding>,
    /// What each installation grants, to tell what the App may repair itself.
    grants: BTreeMap<u64, Grants>,
    account_files: AccountFiles,
}

impl Examination {
    /// The calls that put faults right and that the App has the right to make, each once.
    pub fn own_repairs(&self) -> Vec<&SetupCall> {
        let mut calls: Vec<&SetupCall> = Vec::new();
        for finding in &self.findings {
            let of_this = match &finding.repair {
                Some(SetupRepair::Call(call)) => std::slice::from_ref(call),
                Some(SetupRepair::OwnCalls(calls)) => calls,
                _ => continue,
            };
            for call in of_this.iter().filter(|call| self.may_make(call)) {
                if !calls.contains(&call) {
                    calls.push(call);
                }
            }
        }
        calls
    }

    /// Whether the App may make a call itself.
    pub fn may_make(&self, call: &SetupCall) -> bool {
        match call.by {
            SetupCaller::App => true,
            SetupCaller::Holder(installation, permission) => {
                let grants = self.grants.get(&installation.0);
                // What an organisation has made for all its repositories is its administrators' alone.
                call.path.starts_with("/repos/") && grants.is_some_and(|it| it.allows(permission, "write"))
            }
        }
    }
}

impl Doctor {
    /// Makes one; nothing is asked yet. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// When the connection to GitHub cannot be set up.
    pub fn new(config: DoctorConfig) -> Result<Self, OpenError> {
        let DoctorConfig { app, api_url, call_within, places, path, clock, mirrors, deploying } = config;
        let now = {
            let clock = Arc::clone(&clock);
            Arc::new(move || clock.now())
        };
        let connect = |key| Api::new(ApiConfig { base_url: api_url, key, timeout: call_within, now });
        let api = app.map(connect).transpose()?;
        Ok(Self { api, places, path: Arc::new(path), clock, mirrors, deploying })
    }

    /// Looks at everything, or at one repository alone.
    pub async fn examine(&self, only: Option<&str>) -> Examination {
        let mut examination = Examination::default();
        match (&self.api, only) {
            (None, _) => examination.findings.push(app::not_configured()),
            (Some(api), None) => self.everything(api, &mut examination).await,
            (Some(api), Some(name)) => self.one(api, name, &mut examination).await,
        }
        if only.is_none() {
            let bounds = (self.mirrors, self.deploying.slug_bytes);
            let facts = machine::gather(&self.places, bounds, self.clock.now()).await;
            examination.findings.extend(machine::judge(&facts));
        }
        examination
    }

    /// Makes a call that puts something right.
    ///
    /// # Errors
    /// In words, why GitHub did not take it.
    pub async fn repair(&self, call: &SetupCall) -> Result<(), String> {
        let Some(api) = &self.api else { return Err("no App is configured".to_owned()) };
        let by = match call.by {
            SetupCaller::App => None,
            SetupCaller::Holder(installation, _) => Some(installation),
        };
        let method = Method::from_bytes(call.method.as_bytes()).map_err(|error| error.to_string())?;
        asked(api.change_setup(by, &method, (&call.path, &call.body)).await)
    }

    async fn everything(&self, api: &Api, examination: &mut Examination) {
        let public_url = self.deploying.public_url.as_ref();
        let facts: AppFacts = app::gather(api, public_url, self.clock.now()).await;
        examination.findings.extend(app::judge(&facts));
        if !facts.is_accepted() {
            return;
        }
        let installations = match api.installations().await {
            Ok(installations) => installations,
            Err(error) => {
                let why = String::from(error.for_people());
                return examination.findings.push(SetupFinding::unknown("installation", "", why));
            }
        };
        if installations.is_empty() {
            let page = facts.app.as_ref().ok().and_then(|it| it.html_url.as_ref());
            examination.findings.push(nowhere(page));
        }
        let asked_for = facts.app.as_ref().ok().and_then(|it| it.grants.as_ref());
        let mut listed: Asked<Vec<(RepositoryId, String)>> = Ok(Vec::new());
        for installation in &installations {
            let repositories = self.installation(api, (installation, asked_for), examination).await;
            match (repositories, &mut listed) {
                (Ok(more), Ok(all)) => all.extend(more),
                (Err(why), _) => listed = Err(why),
                (Ok(_), Err(_)) => {}
            }
        }
        examination.findings.extend(machine::operator(&self.deploying.operator, &listed));
    }

    /// Looks at an installation and at its repositories; answers which these are.
    async fn installation(
        &self,
        api: &Api,
        (installation, asked_for): (&InstallationJson, Option<&Grants>),
        examination: &mut Examination,
    ) -> Asked<Vec<(RepositoryId, String)>> {
        examination.note(installation);
        let is_suspended = installation.suspended_at.is_some();
        let budget = if is_suspended { Ok(None) } else { asked(api.rate_budget(installation.id).await) };
        let facts = InstallationFacts { installation, asked_for, budget };
        examination.findings.extend(installation::judge(&facts));
        if is_suspended {
            return Err(format!("{} has suspended the App", installation::account(installation)));
        }
        let repositories = asked(api.repositories(installation.id).await);
        match &repositories {
            Err(why) => {
                let account = installation::account(installation);
                examination.findings.push(SetupFinding::unknown("installation", &account, why));
            }
            Ok(repositories) => {
                let names: Vec<&str> = repositories.iter().map(|it| it.full_name.as_str()).collect();
                self.repositories(api, (&facts, &names), examination).await;
            }
        }
        repositories.map(|all| all.into_iter().map(|it| (it.id, it.full_name)).collect())
    }

    /// Looks at repositories as long as that leaves the server enough of the hour's calls.
    async fn repositories(
        &self,
        api: &Api,
        (facts, names): (&InstallationFacts<'_>, &[&str]),
        examination: &mut Examination,
    ) {
        let before = api.calls_sent();
        for (at, name) in names.iter().enumerate() {
            if !facts.leaves_enough(api.calls_sent() - before) {
                let why = format!(
                    "{} repositories were not looked at, to leave this hour's calls to checks; look at one with --repository",
                    names.len() - at
                );
                let account = installation::account(facts.installation);
                return examination.findings.push(SetupFinding::unknown("repository", &account, why));
            }
            Box::pin(self.repository(api, (facts.installation, name), examination)).await;
        }
    }

    async fn one(&self, api: &Api, name: &str, examination: &mut Examination) {
        match api.installation_of(name).await {
            Ok(Some(installation)) if installation.suspended_at.is_some() => {
                let facts =
                    InstallationFacts { installation: &installation, asked_for: None, budget: Ok(None) };
                examination.findings.extend(installation::judge(&facts));
            }
            Ok(Some(installation)) => {
                examination.note(&installation);
                Box::pin(self.repository(api, (&installation, name), examination)).await;
            }
            Ok(None) => {
                let found = "the App is not installed on it, or there is no such repository";
                let finding =
                    SetupFinding::fault("installation", name, found, "nothing is checked or deployed there");
                let page = api.app().await.ok().and_then(|it| it.html_url);
                examination.findings.push(match page {
                    Some(url) => finding.repaired_by(install_at(&url)),
                    None => finding,
                });
            }
            Err(error) => {
                let why = String::from(error.for_people());
                examination.findings.push(SetupFinding::unknown("installation", name, why));
                // Nothing of the repository can be known, and the reason may be a fault.
                let facts = app::gather(api, None, self.clock.now()).await;
                let faults = app::judge(&facts).into_iter().filter(|it| it.state == SetupState::Fault);
                examination.findings.extend(faults);
            }
        }
    }

    async fn repository(
        &self,
        api: &Api,
        (installation, name): (&InstallationJson, &str),
        examination: &mut Examination,
    ) {
        let means = (&self.path, &mut examination.account_files);
        let facts = match repository::gather(api, (installation, name), means).await {
            Ok(facts) => facts,
            Err(why) => return examination.findings.push(SetupFinding::unknown("repository", name, why)),
        };
        examination.findings.extend(repository::judge(&facts));
        examination.findings.extend(branch_rules::judge(&facts));
        let allowed = self.allowed(&facts.settings.full_name);
        let deploys = deploys::gather(api, &facts, allowed).await;
        examination.findings.extend(deploys::judge(&deploys));
    }

    /// The operator's entry of this name.
    fn allowed(&self, name: &str) -> Option<&Allowed> {
        let mut entries = self.deploying.operator.entries();
        entries.find(|(entry, _)| RepositoryName::are_alike(entry, name)).map(|(_, entry)| entry)
    }
}

impl Examination {
    fn note(&mut self, installation: &InstallationJson) {
        if let Some(grants) = &installation.grants {
            self.grants.insert(installation.id.0, grants.clone());
        }
    }
}

/// Where the configuration of a repository is, and its text; empty where it has none.
pub(super) async fn configuration_file(
    api: &Api,
    id: InstallationId,
    (name, default_branch): (&str, &str),
) -> Result<(String, String), String> {
    let file = repository::read_file(api, id, (name, default_branch), &mut AccountFiles::default()).await?;
    Ok((file.place, file.text))
}

/// What is missing in the rules of a repository's branches on this path, and what of them could not be read.
pub(super) async fn rule_faults(
    api: &Api,
    (installation, name): (&InstallationJson, &str),
    path: &Arc<PromotionPath>,
) -> Vec<SetupFinding> {
    let mut findings = match repository::gather_rules(api, (installation, name), path).await {
        Ok(facts) => branch_rules::judge(&facts),
        Err(why) => vec![SetupFinding::unknown("branch-rules", name, why)],
    };
    findings.retain(|it| it.state != SetupState::Ok);
    findings
}

fn nowhere(page: Option<&String>) -> SetupFinding {
    let finding = SetupFinding::fault(
        "installation",
        "",
        "the App is installed nowhere",
        "nothing is checked or deployed",
    );
    match page {
        Some(url) => finding.repaired_by(install_at(url)),
        None => finding,
    }
}

fn install_at(app_page: &str) -> SetupRepair {
    SetupRepair::Page("install the App".to_owned(), format!("{app_page}/installations/new"))
}
