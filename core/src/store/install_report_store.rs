//! What was found of repositories once the App was installed on them.

use super::StoreError;
use crate::model::{InstallReport, RepositoryId};
use async_trait::async_trait;

/// The reports that there are, as a page shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstallReports {
    /// Those with a path first, and of each kind the newest first.
    pub first: Vec<(RepositoryId, InstallReport)>,
    /// How many there are in all.
    pub made: usize,
    /// Of how many repositories there is none yet.
    pub waiting: usize,
    /// For how many a configuration is to be proposed.
    pub proposing: usize,
}

/// Questions about install reports. They are written by [`super::Change::InstallReport`].
#[async_trait]
pub trait InstallReportStore {
    /// The report on a repository.
    async fn install_report(&self, repository: RepositoryId) -> Result<Option<InstallReport>, StoreError>;

    /// The reports: at most `limit` of them, and how many there are.
    async fn install_reports(&self, limit: u32) -> Result<InstallReports, StoreError>;
}
