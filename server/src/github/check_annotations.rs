//! Remarks of a check run at lines of files. GitHub adds those of each request to the ones that are there, and takes none
//! back.

use super::api::{Api, Caller};
use super::error::ApiError;
use crate::model::InstallationId;
use serde::{Deserialize, Serialize};

/// A remark at lines of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRunAnnotation {
    /// The file.
    pub path: String,
    /// The first line.
    pub start_line: u32,
    /// The last line.
    pub end_line: u32,
    /// `notice`, `warning` or `failure`.
    pub annotation_level: String,
    /// What it is about, in one line of at most 255 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The words.
    pub message: String,
}

impl CheckRunAnnotation {
    /// Whether both say the same at the same line, however heavy they have it.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let said = |it: &Self| if it.title.is_some() { it.title.clone() } else { Some(it.message.clone()) };
        (&self.path, self.start_line, said(self)) == (&other.path, other.start_line, said(other))
    }
}

impl Api {
    /// The remarks that a check run has.
    pub async fn check_annotations(
        &self,
        id: InstallationId,
        repository: &str,
        check_id: u64,
    ) -> Result<Vec<CheckRunAnnotation>, ApiError> {
        let path = format!("/repos/{repository}/check-runs/{check_id}/annotations?per_page=100");
        self.all_pages(Caller::Installation(id), &path, |page: Vec<CheckRunAnnotation>| page).await
    }
}
