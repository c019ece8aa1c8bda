//! What is right and wrong with how Towpath is set up: one list for the command line and for pages.
//!
//! Lives here: for each family of things that can be wrong a file that gathers what is known and judges it. What gathers
//! asks GitHub, the disk and the database, and answers plain data; what judges is pure, and its tests are tables. `run.rs`
//! goes over the installations and their repositories, several at a time.
//!
//! Does not live here: how the list is shown (`report::setup_findings`), who asks.
//!
//! Open first: this file, for what is looked at and in which order; then `branch_rules.rs`, the longest list of mistakes.
//!
//! What may not be read is said, and is no fault.

mod app;
mod branch_rules;
mod deploys;
mod examination;
mod facts;
mod installation;
mod latest;
mod machine;
mod repository;
mod ruleset_repair;
mod run;
#[cfg(test)]
mod tests;

pub use app::{GIVE_APP, NO_APP};
pub use examination::{Examination, Progress};
pub(super) use installation::LEFT_TO_CHECKS;
pub use latest::{ExaminationStanding, LatestExamination, MadeExamination};

use super::{Clock, Deploying, MirrorBounds, OpenError, Parts, Places};
use crate::github::{Api, ApiConfig, AppKey, InstallationJson};
use crate::model::{InstallationId, PromotionPath, SetupCall, SetupCaller, SetupFinding, SetupState};
use facts::asked;
use http::Method;
use repository::AccountFiles;
use run::Run;
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
    api: Option<Arc<Api>>,
    places: Places,
    path: Arc<PromotionPath>,
    clock: Arc<dyn Clock>,
    mirrors: MirrorBounds,
    deploying: Deploying,
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
        let api = app.map(connect).transpose()?.map(Arc::new);
        Ok(Self { api, places, path: Arc::new(path), clock, mirrors, deploying })
    }

    /// The one of a running server, by the server's own connection: its budgets are the same.
    pub(super) fn of_server(parts: &Parts) -> Self {
        Self {
            api: Some(Arc::clone(&parts.api)),
            places: Places { data_dir: parts.data_dir.clone(), database: parts.database.clone() },
            path: Arc::new(parts.path.clone()),
            clock: Arc::clone(&parts.clock),
            mirrors: parts.settings.mirrors,
            deploying: parts.deploying.clone(),
        }
    }

    /// Looks at everything, or at one repository alone, and notes in `progress` how far it has come.
    pub async fn examine(&self, only: Option<&str>, progress: &Arc<Progress>) -> Examination {
        let mut examination = Examination::default();
        match (&self.api, only) {
            (None, _) => examination.findings.push(app::not_configured()),
            (Some(api), None) => self.everything(api, progress, &mut examination).await,
            (Some(api), Some(name)) => self.one(api, (name, progress), &mut examination).await,
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

    async fn everything(&self, api: &Arc<Api>, progress: &Arc<Progress>, examination: &mut Examination) {
        let public_url = self.deploying.public_url.as_ref();
        let facts = app::gather(api, public_url, self.clock.now()).await;
        examination.findings.extend(app::judge(&facts));
        let Ok(app) = &facts.app else { return };
        let installations = match asked(api.installations().await) {
            Ok(installations) => installations,
            Err(why) => return examination.findings.push(SetupFinding::unknown("installation", "", why)),
        };
        if installations.is_empty() {
            examination.findings.push(installation::nowhere(app.html_url.as_deref()));
        }
        for installation in &installations {
            examination.note(installation);
        }
        let run = Arc::new(self.run(api, progress));
        let (findings, listed) = Box::pin(run.installations(installations, app.grants.as_ref())).await;
        examination.findings.extend(findings);
        examination.findings.extend(machine::operator(&self.deploying.operator, &listed));
    }

    async fn one(
        &self,
        api: &Arc<Api>,
        (name, progress): (&str, &Arc<Progress>),
        examination: &mut Examination,
    ) {
        match asked(api.installation_of(name).await) {
            Ok(Some(installation)) if installation.suspended_at.is_some() => {
                examination.findings.push(installation::suspended(&installation));
            }
            Ok(Some(installation)) => {
                examination.note(&installation);
                let run = self.run(api, progress);
                examination.findings.extend(Box::pin(run.repository(&installation, name)).await);
            }
            Ok(None) => {
                let page = api.app().await.ok().and_then(|it| it.html_url);
                examination.findings.push(installation::missing(name, page.as_deref()));
            }
            Err(why) => {
                examination.findings.push(SetupFinding::unknown("installation", name, why));
                // Nothing of the repository can be known, and the reason may be a fault.
                let facts = app::gather(api, None, self.clock.now()).await;
                let faults = app::judge(&facts).into_iter().filter(|it| it.state == SetupState::Fault);
                examination.findings.extend(faults);
            }
        }
    }

    fn run(&self, api: &Arc<Api>, progress: &Arc<Progress>) -> Run {
        let (path, operator) = (Arc::clone(&self.path), self.deploying.operator.clone());
        Run::new(Arc::clone(api), path, operator, Arc::clone(progress))
    }
}

/// Where the configuration of a repository is, and its text; empty where it has none.
pub(super) async fn configuration_file(
    api: &Api,
    id: InstallationId,
    (name, default_branch): (&str, &str),
) -> Result<(String, String), String> {
    let file = repository::read_file(api, id, (name, default_branch), &AccountFiles::default()).await?;
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
