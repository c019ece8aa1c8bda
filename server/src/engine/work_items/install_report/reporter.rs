//! The install report for whoever asks on the command line: beside a running server or without one, with a copy of the
//! repository that goes afterwards.

use super::{GitSource, Look};
use crate::engine::doctor::configuration_file;
use crate::engine::{Clock, OpenError};
use crate::github::{Api, ApiConfig, ApiError, AppKey};
use crate::lineage::{Authorization, GitError, Mirror, Remote, Repository};
use crate::model::{BranchName, ForPeople as _, InstallReport, InstallationId};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// What a reporter is made of.
pub struct ReporterConfig {
    /// The App's number and key.
    pub app: AppKey,
    /// Where GitHub's REST API is.
    pub api_url: String,
    /// How long one call to it may take.
    pub call_within: Duration,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// Makes install reports.
pub struct Reporter {
    api: Api,
    clock: Arc<dyn Clock>,
}

/// Why there is no report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoReport {
    /// The App is not installed on the repository, or there is none.
    NotInstalled,
    /// Its account has suspended the App.
    Suspended,
    /// GitHub or git did not answer; in words for people.
    NoAnswer(String),
}

impl From<ApiError> for NoReport {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Suspended => Self::Suspended,
            other => Self::NoAnswer(other.for_people().into()),
        }
    }
}

impl Reporter {
    /// Makes one; nothing is asked yet. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// When the connection to GitHub cannot be set up.
    pub fn new(config: ReporterConfig) -> Result<Self, OpenError> {
        let ReporterConfig { app, api_url, call_within, clock } = config;
        let telling = Arc::clone(&clock);
        let now = Arc::new(move || telling.now());
        let api = Api::new(ApiConfig { base_url: api_url, key: app, timeout: call_within, now })?;
        Ok(Self { api, clock })
    }

    /// The report on a repository, `owner/name`.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn report(&self, name: &str) -> Result<InstallReport, NoReport> {
        let installation = self.api.installation_of(name).await?.ok_or(NoReport::NotInstalled)?;
        if installation.suspended_at.is_some() {
            return Err(NoReport::Suspended);
        }
        let repository = self.api.repository_named(installation.id, name).await?;
        let place = (repository.full_name.as_str(), repository.default_branch.as_str());
        let read = configuration_file(&self.api, installation.id, place).await;
        let (file, text) = read.map_err(NoReport::NoAnswer)?;
        let git = self.copy_of(installation.id, &repository.clone_url).await?;
        let look = Look {
            api: &self.api,
            installation: installation.id,
            repository: &repository,
            file: (&file, &text),
            now: self.clock.now(),
        };
        let made = Box::pin(look.report(&git)).await;
        made.map_err(|error| NoReport::NoAnswer(error.failure.for_people().into()))
    }

    async fn copy_of(&self, installation: InstallationId, url: &str) -> Result<PassingCopy, NoReport> {
        let token = self.api.git_token(installation).await?;
        let remote = Remote {
            url: url.to_owned(),
            authorization: Some(Authorization::installation_token(&token)),
            // Only whoever speaks to the API itself without TLS has chosen so.
            allow_http: self.api.is_plain_http(),
            allow_file: false,
        };
        let no_folder = |error: std::io::Error| NoReport::NoAnswer(error.for_people().into());
        let folder = tempfile::Builder::new().prefix("towpath-report-").tempdir().map_err(no_folder)?;
        Ok(PassingCopy { mirror: Mirror::new(folder.path().join("mirror")), remote, _folder: folder })
    }
}

/// A mirror that goes with its folder.
struct PassingCopy {
    mirror: Mirror,
    remote: Remote,
    _folder: tempfile::TempDir,
}

impl GitSource for PassingCopy {
    async fn branches(&self) -> Result<BTreeSet<BranchName>, GitError> {
        self.mirror.branches_of(&self.remote).await
    }

    async fn fetched(&self, pulls: &[u64]) -> Result<Repository, GitError> {
        self.mirror.fetch(&self.remote, pulls).await?;
        Ok(self.mirror.repository(Some(self.remote.clone())))
    }
}
